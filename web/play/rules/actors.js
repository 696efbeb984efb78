// The entities that the driver ticks. They only name a thing in the world, where its state is; when
// the thing is gone, its actor leaves the scene at its next tick.

import { tickBot } from "./bot.js";
import { tickPuck } from "./puck.js";
import { tickReferee } from "./referee.js";
import { tickSpark } from "./spark.js";

/** @typedef {import("@stadion/client").Sim} Sim */
/** @typedef {import("./world.js").World} World */

/** @typedef {RefereeActor | PuckActor | SparkActor} Actor */

export class RefereeActor {
  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /** @param {Sim} sim */
  simTick(sim) {
    tickReferee(this.world, sim);
  }
}

export class PuckActor {
  /**
   * @param {World} world
   * @param {number} serial
   */
  constructor(world, serial) {
    this.world = world;
    this.serial = serial;
  }

  /** @param {Sim} sim */
  simTick(sim) {
    const puck = this.world.pucks.find(({ serial }) => serial === this.serial);
    if (!puck) {
      sim.despawn(this);
      return;
    }
    if (puck.bot) tickBot(this.world, sim, puck);
    tickPuck(this.world, sim, puck);
  }
}

export class SparkActor {
  /**
   * @param {World} world
   * @param {number} serial
   */
  constructor(world, serial) {
    this.world = world;
    this.serial = serial;
  }

  /** @param {Sim} sim */
  simTick(sim) {
    const spark = this.world.sparks.find(({ serial }) => serial === this.serial);
    if (spark) tickSpark(this.world, spark);
    else sim.despawn(this);
  }
}

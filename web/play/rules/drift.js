// The game as the driver sees it.

import { ACTORS } from "./actors.js";
import { parseName, parseSteer } from "./messages.js";
import { dash } from "./puck.js";
import { seat, unseat } from "./referee.js";
import { copyWorld, hashWorld, makeWorld } from "./world.js";

/** @typedef {import("./actors.js").Sim} Sim */

export class Drift {
  constructor() {
    this.world = makeWorld();
  }

  /** @param {Sim} sim */
  onReset(sim) {
    this.world = makeWorld();
    sim.spawn(ACTORS.referee);
  }

  /** @param {Sim} sim @param {string} id */
  onConnect(sim, id) {
    seat(this.world, sim, id);
  }

  /** @param {Sim} sim @param {string} id */
  onDisconnect(sim, id) {
    unseat(this.world, sim, id);
  }

  /** @param {Sim} _sim @param {{type: string, origin: string, body: string}} event */
  onClientEvent(_sim, event) {
    const puck = this.world.pucks.find(({ id }) => id === event.origin);
    if (!puck) return;
    if (event.type === "steer") {
      const steer = parseSteer(event.body);
      if (steer) [puck.dx, puck.dy] = steer;
    } else if (event.type === "dash") {
      dash(this.world, puck);
    } else if (event.type === "name") {
      puck.name = parseName(event.body) ?? puck.name;
    }
  }

  /** @param {Sim} _sim @param {{i32(value: number): void, str(value: string): void}} hasher */
  hash(_sim, hasher) {
    hashWorld(this.world, hasher);
  }

  save() {
    return copyWorld(this.world);
  }

  /** @param {Sim} _sim @param {import("./world.js").World} saved */
  load(_sim, saved) {
    this.world = copyWorld(saved);
  }

  /** @param {import("./actors.js").ActorName} name */
  loadEntity(name) {
    return ACTORS[name];
  }
}

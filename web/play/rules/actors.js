// The entities that the driver ticks. They only point at a thing in the world, by the id that the
// simulation gave them, so that the world alone is the game's state.

import { tickBot } from "./bot.js";
import { tickPuck } from "./puck.js";
import { tickReferee } from "./referee.js";
import { tickSpark } from "./spark.js";

/** @typedef {import("/_/client/index.js").Sim<Actor>} Sim */
/** @typedef {"referee" | "puck" | "spark"} ActorName */
/** @typedef {{simTick(sim: Sim, id: number): void, save(): ActorName}} Actor */

/** @type {Record<ActorName, Actor>} */
export const ACTORS = {
  referee: {
    simTick(sim) {
      tickReferee(worldOf(sim), sim);
    },
    save: () => "referee",
  },

  // A puck or spark that is gone from the world stays in the scene to the end of the next tick.
  puck: {
    simTick(sim, id) {
      const world = worldOf(sim);
      const puck = world.pucks.find(({ serial }) => serial === id);
      if (!puck) return;
      if (puck.bot) tickBot(world, sim, puck);
      tickPuck(world, sim, puck);
    },
    save: () => "puck",
  },

  spark: {
    simTick(sim, id) {
      const world = worldOf(sim);
      const spark = world.sparks.find(({ serial }) => serial === id);
      if (spark) tickSpark(world, sim, spark);
    },
    save: () => "spark",
  },
};

/** @param {Sim} sim */
function worldOf(sim) {
  return /** @type {import("./drift.js").Drift} */ (sim.game).world;
}

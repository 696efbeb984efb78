// Finds a game that is not deterministic before its players do: every tick is simulated twice,
// once by the game as it runs and once by a new one that was loaded from its saved state.

import { Lockstep } from "./lockstep.js";
import { Sim } from "./sim.js";

/** @import { Answer } from "./answer.js" */
/** @import { Entity, Game } from "./sim.js" */
/** @import { Request } from "./lockstep.js" */

/** Two simulations of the same tick differ. */
export class SyncTestError extends Error {
  /**
   * @param {"load" | "tick"} what the copy differs right after loading, or only after simulating the tick
   * @param {number} t
   * @param {string} first the hash of the game that runs
   * @param {string} second the hash of the copy
   */
  constructor(what, t, first, second) {
    super(
      what === "load"
        ? `what save() gave after tick ${t} loads as another state: ${first} became ${second}`
        : `tick ${t} is not deterministic, or uses state that save() leaves out: ${first}, then ${second}`,
    );
    this.name = "SyncTestError";
    this.what = what;
    this.t = t;
    this.first = first;
    this.second = second;
  }
}

/**
 * Simulates each tick of a stream twice from the same state and compares the hashes. Events that
 * the game sends are dropped.
 * @template {Entity} [E=any]
 * @param {() => Game<E>} makeGame makes a game, called for each tick; no two of them share anything
 * @param {Iterable<Pick<Answer, "T" | "Events">>} answers of one stream, from its beginning
 * @returns {number} how many ticks were compared
 * @throws {SyncTestError} at the first difference
 */
export function syncTest(makeGame, answers) {
  const lockstep = new Lockstep();
  const running = new Sim(makeGame());
  /** @type {Request[]} */
  const requests = [];
  let compared = 0;
  for (const answer of answers) {
    lockstep.push(answer);
    for (let request = lockstep.next(); request !== undefined; request = lockstep.next()) {
      requests.push(request);
      if (request.kind !== "tick") continue;
      compareTick(running, new Sim(makeGame()), requests);
      requests.length = 0;
      compared += 1;
    }
  }
  return compared;
}

/**
 * @template {Entity} E
 * @param {Sim<E>} running
 * @param {Sim<E>} copy a new one: what load() does not bring, it does not have
 * @param {Request[]} requests of one whole tick
 */
function compareTick(running, copy, requests) {
  copy.load(running.save());
  compareHash("load", running, copy);
  for (const request of requests) running.play(request);
  for (const request of requests) copy.play(request);
  compareHash("tick", running, copy);
}

/**
 * @template {Entity} E
 * @param {"load" | "tick"} what
 * @param {Sim<E>} running
 * @param {Sim<E>} copy
 */
function compareHash(what, running, copy) {
  const first = running.hash();
  const second = copy.hash();
  if (first !== second) throw new SyncTestError(what, running.t, first, second);
}

import type { Answer } from "./answer.js";
import type { Entity, Game } from "./sim.js";
/** @import { Answer } from "./answer.js" */
/** @import { Entity, Game } from "./sim.js" */
/** @import { Request } from "./lockstep.js" */
/** Two simulations of the same tick differ. */
export declare class SyncTestError extends Error {
    what: "load" | "tick";
    t: number;
    first: string;
    second: string;
    /**
     * @param {"load" | "tick"} what the copy differs right after loading, or only after simulating the tick
     * @param {number} t
     * @param {string} first the hash of the game that runs
     * @param {string} second the hash of the copy
     */
    constructor(what: "load" | "tick", t: number, first: string, second: string);
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
export declare function syncTest<E extends Entity = any>(makeGame: () => Game<E>, answers: Iterable<Pick<Answer, "T" | "Events">>): number;

import { Seed } from "./random.js";
import type { Answer } from "./answer.js";
export type Request = {
    kind: "reset";
    t: number;
    seed: Seed;
} | {
    kind: "connect";
    t: number;
    id: string;
} | {
    kind: "disconnect";
    t: number;
    id: string;
} | {
    kind: "event";
    t: number;
    type: string;
    origin: string;
    body: string;
} | {
    kind: "tick";
    t: number;
};
/** @import { Answer, StreamEvent } from "./answer.js" */
/**
 * What the simulation has to do next. Every client of a stream gets the same requests in the same order.
 *
 * - `reset`: begin a new game with this seed, nobody is there yet
 * - `connect`, `disconnect`: the client with this public id came or went
 * - `event`: a client's event
 * - `tick`: simulate tick `t`; everything that belongs before it has been said
 * @typedef {{kind: "reset", t: number, seed: Seed}
 *   | {kind: "connect", t: number, id: string}
 *   | {kind: "disconnect", t: number, id: string}
 *   | {kind: "event", t: number, type: string, origin: string, body: string}
 *   | {kind: "tick", t: number}} Request
 */
/** An answer that does not continue the ones before it. Nothing of it was taken. */
export declare class LockstepError extends Error {
    code: "backwards" | "bad_seed" | "beyond_answer" | "closed_tick" | "not_opened" | "passed" | "unordered";
    /**
     * @param {"backwards" | "unordered" | "closed_tick" | "beyond_answer" | "not_opened" | "bad_seed" | "passed"} code
     * @param {string} message
     * @param {ErrorOptions} [options]
     */
    constructor(code: "backwards" | "unordered" | "closed_tick" | "beyond_answer" | "not_opened" | "bad_seed" | "passed", message: string, options?: ErrorOptions);
}
/** Turns answers into requests, tick by tick, and never passes the last tick that the server announced. */
export declare class Lockstep {
    #private;
    /** The last tick that was handed out; 0 before the first. */
    get t(): number;
    /** The last tick that the server announced: as far as a simulation may go. */
    get lastKnown(): number;
    /** How many ticks are ready to be simulated. */
    get behind(): number;
    /** Forgets everything: the stream has a new epoch. */
    reset(): void;
    /**
     * Goes on after tick `t` of a saved simulation, without the requests up to it.
     * @param {number} t
     * @throws {LockstepError} `passed` if a later tick was handed out already
     */
    skipTo(t: number): void;
    /**
     * Takes the next answer.
     * @param {Pick<Answer, "T" | "Events">} answer
     * @throws {LockstepError} if it does not continue the ones before it
     */
    push(answer: Pick<Answer, "T" | "Events">): void;
    /**
     * The next thing to do, `undefined` when the last known tick is reached.
     * @returns {Request | undefined}
     */
    next(): Request | undefined;
}

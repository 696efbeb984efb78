import { Sim } from "./sim.js";
import type { Answer, ClientHash, Desync, State } from "./answer.js";
import type { Entity, Game, SavedSim } from "./sim.js";
export type Transport = {
    send: (type: string, body: string) => void;
    reportHash: (t: number, hash: string) => void;
};
export type Stream = Transport & {
    onAnswer?: (answer: Answer) => void;
    onReset?: (reset: any) => void;
};
export type SimDriverOptions = {
    /**
     * may also be set later
     */
    transport?: Transport;
    /**
     * the stream's tick, 50 by default
     */
    tickMs?: number;
    /**
     * how long one frame may simulate, 8 by default
     */
    frameBudgetMs?: number;
    /**
     * how long one answer may simulate while the page is hidden, 40 by default
     */
    hiddenBudgetMs?: number;
    /**
     * hashes after every n-th tick, 1 by default; 0: never
     */
    hashEvery?: number;
    /**
     * sees every hash
     */
    onHash?: (t: number, hash: string) => void;
    /**
     * takes what a callback threw in `start`'s loop or in `onAnswer`
     */
    onError?: (error: unknown) => void;
    /**
     * whether nothing is shown; by default asks the document
     */
    hidden?: () => boolean;
    /**
     * milliseconds, for the budgets; by default `performance.now`
     */
    clock?: () => number;
};
/** @import { Answer, ClientHash, Desync, State } from "./answer.js" */
/** @import { Entity, Game, SavedSim } from "./sim.js" */
/**
 * Where events and hashes go: an EventStream, or anything with its methods.
 * @typedef {object} Transport
 * @property {(type: string, body: string) => void} send
 * @property {(t: number, hash: string) => void} reportHash
 */
/**
 * What `attach` needs of a stream; an EventStream has it.
 * @typedef {Transport & {onAnswer?: (answer: Answer) => void, onReset?: (reset: any) => void}} Stream
 */
/**
 * @typedef {object} SimDriverOptions
 * @property {Transport} [transport] may also be set later
 * @property {number} [tickMs] the stream's tick, 50 by default
 * @property {number} [frameBudgetMs] how long one frame may simulate, 8 by default
 * @property {number} [hiddenBudgetMs] how long one answer may simulate while the page is hidden, 40 by default
 * @property {number} [hashEvery] hashes after every n-th tick, 1 by default; 0: never
 * @property {(t: number, hash: string) => void} [onHash] sees every hash
 * @property {(error: unknown) => void} [onError] takes what a callback threw in `start`'s loop or in `onAnswer`
 * @property {() => boolean} [hidden] whether nothing is shown; by default asks the document
 * @property {() => number} [clock] milliseconds, for the budgets; by default `performance.now`
 */
/** @template {Entity} [E=any] */
export declare class SimDriver<E extends Entity = any> {
    #private;
    /**
     * @param {Game<E>} game
     * @param {SimDriverOptions} [options]
     */
    constructor(game: Game<E>, options?: SimDriverOptions);
    /** The simulation: its entities are what there is to draw. */
    get sim(): Sim<E>;
    /** The last simulated tick. */
    get t(): number;
    /** The last tick that the server announced. */
    get lastKnown(): number;
    /** How many ticks could be simulated now. */
    get behind(): number;
    /** How far the time between the last tick and the next one has passed, 0 to 1: for drawing between the two. */
    get interpolation(): number;
    /** The latest hash of this simulation. */
    get lastHash(): {
        t: number;
        hash: string;
    } | undefined;
    /** Each client's latest hash, as the server last told. */
    get hashes(): ClientHash[];
    /** The disagreement that the server tells of, until everybody agrees again. */
    get desync(): Desync | undefined;
    /** The clients' volatile state, as the server last told. Never use it in a simulation. */
    get states(): State[];
    /**
     * Joins this driver to a stream: answers come from it, events and hashes go to it. Handlers that it
     * had are called after the driver.
     * @param {Stream} stream
     * @returns {this}
     */
    attach(stream: Stream): this;
    /** Where events and hashes go. */
    get transport(): Transport | undefined;
    set transport(transport: Transport | undefined);
    /**
     * Sends an event to all clients, this one included: it is simulated when it comes back.
     * @param {string} type must not begin with `_`
     * @param {string} body
     * @throws {SimError} without a transport
     */
    sendEvent(type: string, body: string): void;
    /**
     * Takes the stream's next answer. While the page is hidden this also simulates it, since no frames come then.
     * @param {Pick<Answer, "T" | "Events"> & Partial<Answer>} answer
     * @throws {import("./lockstep.js").LockstepError} if it does not continue the ones before it
     * @throws {SimError} if a callback throws and there is no `onError`
     */
    onAnswer(answer: Pick<Answer, "T" | "Events"> & Partial<Answer>): void;
    /** The stream has a new epoch: everything begins anew. */
    onReset(): void;
    /**
     * Simulates what is due, once a frame.
     * @param {number} nowMs of any clock that does not go backwards
     * @returns {number} how many ticks were simulated
     * @throws {SimError} if a callback throws
     */
    advance(nowMs: number): number;
    /**
     * Simulates without a pace, up to the last known tick: for bots, tests and hidden pages.
     * @param {number} [budgetMs] how long at most; one tick is always played
     * @returns {number} how many ticks were simulated
     * @throws {SimError} if a callback throws
     */
    catchUp(budgetMs?: number): number;
    /**
     * Simulates one tick and everything stamped with it.
     * @returns {boolean} false at the last known tick
     * @throws {SimError} if a callback throws
     */
    step(): boolean;
    /**
     * Advances with each frame, and draws: by `requestAnimationFrame` where there is one, else by a timer.
     * @param {(driver: this) => void} [render] called after each frame's ticks
     */
    start(render?: (driver: this) => void): void;
    /** Ends what `start` began. */
    stop(): void;
    /**
     * A copy of the whole simulation.
     * @returns {SavedSim}
     * @throws {SimError} if the game or an entity has no `save`
     */
    save(): SavedSim;
    /**
     * Goes on from a saved simulation of the same stream.
     * @param {SavedSim} saved
     * @throws {import("./lockstep.js").LockstepError} if this one is further already
     * @throws {SimError} if the game cannot load
     */
    load(saved: SavedSim): void;
}

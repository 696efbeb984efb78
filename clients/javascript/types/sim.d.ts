import { Hasher } from "./hash.js";
import { Random } from "./random.js";
import type { Request } from "./lockstep.js";
export type Entity = {
    /**
     * one tick of its life
     */
    simTick: (sim: Sim<any>, id: number) => void;
    /**
     * its state, for `load` of the game; needed only by who saves
     */
    save?: () => unknown;
};
export type Game<E extends Entity = any> = {
    /**
     * a new game begins: drop all state; the scene is empty
     */
    onReset?: (sim: Sim<E>) => void;
    /**
     * the client with this public id is there
     */
    onConnect?: (sim: Sim<E>, id: string) => void;
    /**
     * it is gone
     */
    onDisconnect?: (sim: Sim<E>, id: string) => void;
    /**
     * a client sent an event
     */
    onClientEvent?: (sim: Sim<E>, event: ClientEvent) => void;
    /**
     * feeds the whole state that matters
     */
    hash?: (sim: Sim<E>, hasher: Hasher) => void;
    /**
     * the game's own state, a value that `structuredClone` can copy
     */
    save?: (sim: Sim<E>) => unknown;
    /**
     * takes such a value; the entities are back already
     */
    load?: (sim: Sim<E>, saved: any) => void;
    /**
     * makes an entity of what its `save` gave
     */
    loadEntity?: (saved: any) => E;
};
export type ClientEvent = Extract<Request, {
    kind: "event";
}>;
export type SavedSim = {
    /**
     * the last simulated tick
     */
    t: number;
    seed: string;
    nextId: number;
    /**
     * in spawn order; those that have yet
     * to enter, or are about to leave, with the tick at whose end they do
     */
    entities: {
        id: number;
        state: unknown;
        enters?: number;
        leaves?: number;
    }[];
    game: unknown;
};
/** @import { Request } from "./lockstep.js" */
/**
 * A thing that lives in the scene and moves in each tick.
 * @typedef {object} Entity
 * @property {(sim: Sim<any>, id: number) => void} simTick one tick of its life
 * @property {() => unknown} [save] its state, for `load` of the game; needed only by who saves
 */
/**
 * What a game does. All callbacks are optional; all of them must do the same on every client, so they
 * look at nothing but the simulation: no clock, no `Math.random`, no rendering state.
 * @template {Entity} [E=any]
 * @typedef {object} Game
 * @property {(sim: Sim<E>) => void} [onReset] a new game begins: drop all state; the scene is empty
 * @property {(sim: Sim<E>, id: string) => void} [onConnect] the client with this public id is there
 * @property {(sim: Sim<E>, id: string) => void} [onDisconnect] it is gone
 * @property {(sim: Sim<E>, event: ClientEvent) => void} [onClientEvent] a client sent an event
 * @property {(sim: Sim<E>, hasher: Hasher) => void} [hash] feeds the whole state that matters
 * @property {(sim: Sim<E>) => unknown} [save] the game's own state, a value that `structuredClone` can copy
 * @property {(sim: Sim<E>, saved: any) => void} [load] takes such a value; the entities are back already
 * @property {(saved: any) => E} [loadEntity] makes an entity of what its `save` gave
 */
/** @typedef {Extract<Request, {kind: "event"}>} ClientEvent */
/**
 * A simulation between two ticks; a JSON value if the game's and its entities' own are.
 * @typedef {object} SavedSim
 * @property {number} t the last simulated tick
 * @property {string} seed
 * @property {number} nextId
 * @property {{id: number, state: unknown, enters?: number, leaves?: number}[]} entities in spawn order; those that have yet
 *   to enter, or are about to leave, with the tick at whose end they do
 * @property {unknown} game
 */
/** A callback threw, or the simulation was used wrongly. The simulation is broken from then on. */
export declare class SimError extends Error {
    /**
     * @param {string} message
     * @param {ErrorOptions} [options]
     */
    constructor(message: string, options?: ErrorOptions);
}
/** @template {Entity} [E=any] */
export declare class Sim<E extends Entity = any> {
    #private;
    /**
     * @param {Game<E>} game
     * @param {(type: string, body: string) => void} [send] takes what `sendEvent` sends; by default it is dropped
     */
    constructor(game: Game<E>, send?: (type: string, body: string) => void);
    /** The tick that is being simulated; between ticks the last one. */
    get t(): number;
    /** The game whose callbacks are called. */
    get game(): Game<E>;
    /** The random numbers of this tick, the same on every client. */
    get random(): Random;
    /** The scene in spawn order, without those who have yet to enter it. @type {readonly E[]} */
    get entities(): readonly E[];
    /** The ids of `entities`, in the same order. @type {readonly number[]} */
    get ids(): readonly number[];
    /** The next 32 random bits of this tick. */
    getRandom(): number;
    /**
     * Lets an entity into the scene at the end of the next tick: during tick 5 that is the end of tick 6, in an event
     * before tick 5 the end of tick 5.
     * @param {E} entity
     * @returns {number} its id, counted from 1 in spawn order and never used again
     * @throws {SimError} outside a tick or event
     */
    spawn(entity: E): number;
    /**
     * Takes an entity out of the scene at the end of the next tick, by the same rule; until then it goes on.
     * @param {number} id
     * @returns {boolean} whether it was there and not yet leaving
     * @throws {SimError} outside a tick or event
     */
    despawn(id: number): boolean;
    /**
     * The entity with this id, also while it has yet to enter the scene.
     * @param {number} id
     * @returns {E | undefined}
     */
    get(id: number): E | undefined;
    /**
     * Sends an event to all clients. It is simulated when it comes back, like everybody else's.
     * Who calls this from inside the simulation sends once from each client.
     * @param {string} type must not begin with `_`
     * @param {string} body
     */
    sendEvent(type: string, body: string): void;
    /**
     * Plays one request. For who drives a simulation without a SimDriver.
     * @param {Request} request the next one of a Lockstep
     * @throws {SimError} if a callback throws, with its error as `cause`, and at every call from then on
     */
    play(request: Request): void;
    /** Empties the scene and forgets an error: the stream begins anew. */
    clear(): void;
    /**
     * The hash of the state after a tick: the tick, the seed, who is in the scene, and what the game feeds.
     * @returns {string} 16 hexadecimal digits
     */
    hash(): string;
    /**
     * A copy of everything, to be loaded later or elsewhere. Between two ticks only.
     * @returns {SavedSim}
     * @throws {SimError} if the game or an entity has no `save`
     */
    save(): SavedSim;
    /**
     * Takes a saved simulation in place of this one.
     * @param {SavedSim} saved stays untouched
     * @throws {SimError} if the game has no `load` or no `loadEntity`
     */
    load(saved: SavedSim): void;
}

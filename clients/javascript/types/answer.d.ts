export type Answer = {
    /**
     * the server's tick: a client simulates up to it and never past it
     */
    T: number;
    /**
     * every event that is new to this client, in stream order, none stamped later than `T`
     */
    Events: StreamEvent[];
    /**
     * the clients' volatile state, in no order; no part of a simulation
     */
    States: State[];
    /**
     * the caller's public id, empty for a spectator
     */
    ProxyId: string;
    /**
     * which life of the stream this is
     */
    Epoch?: string;
    /**
     * how many of this client's events are in the stream
     */
    Seq?: number;
    /**
     * each client's latest state hash
     */
    Hashes?: ClientHash[];
    /**
     * there when clients computed different states for one tick
     */
    Desync?: Desync;
};
export type StreamEvent = {
    /**
     * the tick it belongs to
     */
    T: number;
    Type: string;
    /**
     * the public id of the client that sent it, `_` for the server
     */
    Origin: string;
    /**
     * whatever the game put into it; of `_a` the seed, of `_c` and `_d` the public id
     */
    Body: string;
};
export type State = {
    /**
     * the tick it was stamped with
     */
    T: number;
    /**
     * the client's public id
     */
    Origin: string;
    Data: Record<string, string>;
};
export type ClientHash = {
    /**
     * the client's public id
     */
    Origin: string;
    /**
     * the tick it had simulated
     */
    T: number;
    /**
     * sixteen hexadecimal digits
     */
    Hash: string;
};
export type Desync = {
    /**
     * the tick whose hashes differ
     */
    T: number;
    /**
     * the public ids that differ
     */
    Origins: string[];
};
/**
 * The answer to one sync, or one pushed frame.
 * @typedef {object} Answer
 * @property {number} T the server's tick: a client simulates up to it and never past it
 * @property {StreamEvent[]} Events every event that is new to this client, in stream order, none stamped later than `T`
 * @property {State[]} States the clients' volatile state, in no order; no part of a simulation
 * @property {string} ProxyId the caller's public id, empty for a spectator
 * @property {string} [Epoch] which life of the stream this is
 * @property {number} [Seq] how many of this client's events are in the stream
 * @property {ClientHash[]} [Hashes] each client's latest state hash
 * @property {Desync} [Desync] there when clients computed different states for one tick
 */
/**
 * One event of the stream. Types that begin with `_` are the server's: `_a` opens the stream,
 * `_c` and `_d` say who comes and goes.
 * @typedef {object} StreamEvent
 * @property {number} T the tick it belongs to
 * @property {string} Type
 * @property {string} Origin the public id of the client that sent it, `_` for the server
 * @property {string} Body whatever the game put into it; of `_a` the seed, of `_c` and `_d` the public id
 */
/**
 * The volatile state of one client: the whole map it set last.
 * @typedef {object} State
 * @property {number} T the tick it was stamped with
 * @property {string} Origin the client's public id
 * @property {Record<string, string>} Data
 */
/**
 * A client's hash of its simulation after tick `T`.
 * @typedef {object} ClientHash
 * @property {string} Origin the client's public id
 * @property {number} T the tick it had simulated
 * @property {string} Hash sixteen hexadecimal digits
 */
/**
 * The server saw different hashes for one tick.
 * @typedef {object} Desync
 * @property {number} T the tick whose hashes differ
 * @property {string[]} Origins the public ids that differ
 */
export {};

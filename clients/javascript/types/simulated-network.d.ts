/**
 * @typedef {import("./transport-websocket.js").SocketLike} SocketLike
 * @typedef {import("./transport-websocket.js").SocketConstructor} SocketConstructor
 * @typedef {import("./transport-poll.js").Fetch} Fetch
 *
 * A worse network than there is, to try a game on.
 * @typedef {object} Simulate
 * @property {number} [latencyMs] added to each way, so that the ping grows by twice as much
 * @property {number} [jitterMs] up to this much more, drawn for each message
 * @property {number} [loss] 0 to 1, each way. A lost poll or a lost answer is an error; on a WebSocket, which
 * repeats what is lost, the message and those behind it are late by a retransmission
 * @property {() => number} [random] 0 ≤ x < 1; for tests
 */
export type SocketLike = import("./transport-websocket.js").SocketLike;
export type SocketConstructor = import("./transport-websocket.js").SocketConstructor;
export type Fetch = import("./transport-poll.js").Fetch;
export type Simulate = {
    /**
     * added to each way, so that the ping grows by twice as much
     */
    latencyMs?: number;
    /**
     * up to this much more, drawn for each message
     */
    jitterMs?: number;
    /**
     * 0 to 1, each way. A lost poll or a lost answer is an error; on a WebSocket, which
     * repeats what is lost, the message and those behind it are late by a retransmission
     */
    loss?: number;
    /**
     * 0 ≤ x < 1; for tests
     */
    random?: () => number;
};
/**
 * @param {SocketConstructor} Real
 * @param {Simulate} simulate
 * @returns {SocketConstructor}
 */
export declare function simulatedWebSocket(Real: SocketConstructor, simulate: Simulate): SocketConstructor;
/**
 * @param {Fetch} real
 * @param {Simulate} simulate
 * @returns {Fetch}
 */
export declare function simulatedFetch(real: Fetch, simulate: Simulate): Fetch;

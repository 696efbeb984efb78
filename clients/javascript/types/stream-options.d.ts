/**
 * @typedef {import("./answer.js").Answer} Answer
 * @typedef {import("./ending.js").Cause} Cause
 * @typedef {import("./identity.js").IdentityOption} IdentityOption
 * @typedef {import("./progress.js").Reset} Reset
 * @typedef {import("./stream-error.js").StreamError} StreamError
 *
 * `connecting`, then `open` (WebSocket) or `polling`; `waiting` before the next attempt; `closed` for good.
 * @typedef {"connecting" | "open" | "polling" | "waiting" | "closed"} Status
 *
 * @typedef {string | (() => string | Promise<string>)} Token a function is asked for a fresh one before each
 * attempt to connect
 *
 * @typedef {object} Handlers
 * @property {(answer: Answer) => void} [onAnswer] in order, without gap or duplicate
 * @property {(reset: Reset) => void} [onReset] before the first answer of each epoch
 * @property {(status: Status, cause: Cause) => void} [onStatus] the cause is that of the change, `joined` at first;
 * `replaced`: a newer connection took this private id, and a new one was made
 * @property {(error: StreamError) => void} [onError] what was refused or given up; a server that cannot be reached is a
 * status, no error
 *
 * @typedef {object} StreamOptions
 * @property {Token} [token] a credential
 * @property {IdentityOption} [identity] who this client is to the server; default `"tab"`
 * @property {import("./identity.js").KeyStorage | null} [storage] where the identity is kept, in place of the browser's
 * @property {number} [every] push every n-th tick only; default 1
 * @property {number} [delayMs] for a spectator: stay this far behind
 * @property {import("./simulated-network.js").Simulate} [simulate] a worse network, to try a game on
 * @property {import("./transport-websocket.js").SocketConstructor | null} [WebSocket] in place of the global one;
 * null: poll
 * @property {import("./transport-poll.js").Fetch} [fetch] in place of the global one
 * @property {number} [pollMs] from poll to poll where there is no WebSocket; default 200
 * @property {number} [firstAnswerMs] how long a WebSocket may take until its first answer; default 5000
 * @property {number} [retrySocketMs] while polling, when to try a WebSocket again, doubling up to a minute;
 * default 10000
 * @property {() => number} [random] for the backoff's jitter; 0 ≤ x < 1
 */
export type Answer = import("./answer.js").Answer;
export type Cause = import("./ending.js").Cause;
export type IdentityOption = import("./identity.js").IdentityOption;
export type Reset = import("./progress.js").Reset;
export type StreamError = import("./stream-error.js").StreamError;
export type Status = "connecting" | "open" | "polling" | "waiting" | "closed";
export type Token = string | (() => string | Promise<string>);
export type Handlers = {
    /**
     * in order, without gap or duplicate
     */
    onAnswer?: (answer: Answer) => void;
    /**
     * before the first answer of each epoch
     */
    onReset?: (reset: Reset) => void;
    /**
     * the cause is that of the change, `joined` at first;
     * `replaced`: a newer connection took this private id, and a new one was made
     */
    onStatus?: (status: Status, cause: Cause) => void;
    /**
     * what was refused or given up; a server that cannot be reached is a
     * status, no error
     */
    onError?: (error: StreamError) => void;
};
export type StreamOptions = {
    /**
     * a credential
     */
    token?: Token;
    /**
     * who this client is to the server; default `"tab"`
     */
    identity?: IdentityOption;
    /**
     * where the identity is kept, in place of the browser's
     */
    storage?: import("./identity.js").KeyStorage | null;
    /**
     * push every n-th tick only; default 1
     */
    every?: number;
    /**
     * for a spectator: stay this far behind
     */
    delayMs?: number;
    /**
     * a worse network, to try a game on
     */
    simulate?: import("./simulated-network.js").Simulate;
    /**
     * in place of the global one;
     * null: poll
     */
    WebSocket?: import("./transport-websocket.js").SocketConstructor | null;
    /**
     * in place of the global one
     */
    fetch?: import("./transport-poll.js").Fetch;
    /**
     * from poll to poll where there is no WebSocket; default 200
     */
    pollMs?: number;
    /**
     * how long a WebSocket may take until its first answer; default 5000
     */
    firstAnswerMs?: number;
    /**
     * while polling, when to try a WebSocket again, doubling up to a minute;
     * default 10000
     */
    retrySocketMs?: number;
    /**
     * for the backoff's jitter; 0 ≤ x < 1
     */
    random?: () => number;
};
export {};

export type Answer = import("./answer.js").Answer;
export type Connection = import("./connection.js").Connection;
export type Ending = import("./ending.js").Ending;
export type Cause = import("./ending.js").Cause;
export type Handlers = import("./stream-options.js").Handlers;
export type StreamOptions = import("./stream-options.js").StreamOptions;
export type Status = import("./stream-options.js").Status;
/**
 * A lockstep stream as one client sees it (wire/event-stream.md): answers come down in order, without a gap and
 * none twice, whatever happens to connections; events go up exactly once.
 *
 * It connects by itself, by WebSocket or else by polling, and goes on after losses until {@link EventStream.close}
 * or until the server refuses it for good. Handlers may be given as options or set as fields; they are called from
 * a later turn of the event loop, never from inside the constructor or a method (but for `close`, and for a `send`
 * that fails).
 */
export declare class EventStream {
    #private;
    /** @type {Handlers["onAnswer"]} */ onAnswer: Handlers["onAnswer"];
    /** @type {Handlers["onReset"]} */ onReset: Handlers["onReset"];
    /** @type {Handlers["onStatus"]} */ onStatus: Handlers["onStatus"];
    /** @type {Handlers["onError"]} */ onError: Handlers["onError"];
    /** @type {Status} */
    status: Status;
    /**
     * @param {string | undefined} url the server's base, as "http://127.0.0.1:9922"; in a page by default its own
     * @param {string} stream
     * @param {StreamOptions & Handlers & { watch?: boolean }} [options]
     * @throws {StreamError} `bad_url`, `bad_name`, `no_websocket` (a spectator needs one)
     */
    constructor(url: string | undefined, stream: string, options?: StreamOptions & Handlers & {
        watch?: boolean;
    });
    /**
     * Watches a stream without taking part: no events, no state, nothing upward. One that does not exist yet is
     * waited for.
     * @param {string | undefined} url
     * @param {string} stream
     * @param {StreamOptions & Handlers} [options]
     * @returns {EventStream}
     */
    static watch(url: string | undefined, stream: string, options?: StreamOptions & Handlers): EventStream;
    /** The identity of the stream's present life; "" while it is not known. */
    get epoch(): string;
    /** The caller's name in the stream's events, as `"1"`; "" before the first answer and for a spectator. */
    get publicId(): string;
    /** No tick after this one was handed out. */
    get lastKnownTick(): number;
    /**
     * Smoothed milliseconds from sending an event until the server confirms it, the wait for the next tick
     * included; while polling, of a poll. Undefined before the first.
     * @returns {number | undefined}
     */
    get pingMs(): number | undefined;
    /** Events that were sent and are not confirmed. */
    get unconfirmed(): number;
    /**
     * Sends an event, exactly once: it is kept until the server confirms it, over lost connections and over a reload
     * of the page. It takes effect when it comes back in an answer. Given up (and said) are only what the server
     * refuses, and what is unconfirmed when the epoch changes or this client is replaced.
     * @param {string} type not beginning with "_"
     * @param {string} [body]
     * @returns {boolean} false when the outbox is full, after minutes without a connection
     * @throws {StreamError} `bad_event`, `closed`, `spectator`
     */
    send(type: string, body?: string): boolean;
    /**
     * Replaces this client's volatile state, which the others see in `States`; no part of the simulation.
     * @param {Record<string, string>} state
     */
    setState(state: Record<string, string>): void;
    /**
     * Tells the hash of the simulation after tick `t`, for desync detection; only the latest goes out.
     * @param {number} t
     * @param {string} hex
     */
    reportHash(t: number, hex: string): void;
    /** Ends it for good. What is unconfirmed stays in storage for the next one of the same identity. */
    close(): void;
}

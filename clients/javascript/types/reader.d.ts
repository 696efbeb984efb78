import { StreamError } from "./stream-error.js";
export type Ending = import("./ending.js").Ending;
export type Cause = import("./ending.js").Cause;
export type ReadEvent = import("./read-cursor.js").ReadEvent;
export type ReaderStatus = "connecting" | "open" | "waiting" | "closed";
export type ResetReason = "position_lost" | "skipped" | "interrupted";
export type ReaderHandlers = {
    /**
     * an event that restores the present
     */
    onState?: (event: ReadEvent) => void;
    /**
     * live state is complete, events follow;
     * `truncated`: there is more of it than the server keeps
     */
    onLive?: (position: string, more: {
        truncated: boolean;
    }) => void;
    /**
     * in order, without gap or duplicate
     */
    onEvent?: (event: ReadEvent) => void;
    /**
     * so many events were left out; a reset follows
     */
    onSkipped?: (count: number) => void;
    /**
     * forget what was told; live state comes anew
     */
    onReset?: (reason: ResetReason) => void;
    /**
     * the cause is that of the change, `joined` at first
     */
    onStatus?: (status: ReaderStatus, cause: Cause) => void;
    /**
     * the server ended it for good, by this close code; not
     * called by {@link Reader.close}
     */
    onClosed?: (code: number, reason: string) => void;
    /**
     * what went wrong and is mended by itself: `bad_answer`, `token`
     */
    onError?: (error: StreamError) => void;
};
export type ReaderOptions = {
    /**
     * `"live"` (default), `"head"`, `"start"`, a position, a time, or `"-5m"`
     */
    from?: string;
    /**
     * where it ends, likewise
     */
    to?: string;
    /**
     * a credential
     */
    token?: import("./stream-options.js").Token;
    /**
     * in place of the global one
     */
    WebSocket?: import("./transport-websocket.js").SocketConstructor;
    /**
     * a worse network, to try a page on
     */
    simulate?: import("./simulated-network.js").Simulate;
    /**
     * for the backoff's jitter; 0 ≤ x < 1
     */
    random?: () => number;
};
/**
 * Reads any stream (wire/stadion.md, *Reading*): live state, then events as they come. It connects by itself and
 * resumes after losses behind the last event that it told, until {@link Reader.close} or until the server refuses it
 * for good. Handlers may be given as options or set as fields; they are called from a later turn of the event loop.
 *
 * Outside of browsers a refusal at the upgrade looks like any other failure to connect, and is tried again.
 */
export declare class Reader {
    #private;
    /** @type {ReaderHandlers["onState"]} */ onState: ReaderHandlers["onState"];
    /** @type {ReaderHandlers["onLive"]} */ onLive: ReaderHandlers["onLive"];
    /** @type {ReaderHandlers["onEvent"]} */ onEvent: ReaderHandlers["onEvent"];
    /** @type {ReaderHandlers["onSkipped"]} */ onSkipped: ReaderHandlers["onSkipped"];
    /** @type {ReaderHandlers["onReset"]} */ onReset: ReaderHandlers["onReset"];
    /** @type {ReaderHandlers["onStatus"]} */ onStatus: ReaderHandlers["onStatus"];
    /** @type {ReaderHandlers["onClosed"]} */ onClosed: ReaderHandlers["onClosed"];
    /** @type {ReaderHandlers["onError"]} */ onError: ReaderHandlers["onError"];
    /** @type {ReaderStatus} */
    status: ReaderStatus;
    /**
     * @param {string | undefined} url the server's base, as "http://127.0.0.1:9922"; in a page by default its own
     * @param {string} stream
     * @param {ReaderOptions & ReaderHandlers} [options]
     * @throws {StreamError} `bad_url`, `bad_name`, `no_websocket`
     */
    constructor(url: string | undefined, stream: string, options?: ReaderOptions & ReaderHandlers);
    /** `{epoch}:{offset}` of the last event that was told; "" while none is known. As `from` it goes on behind it. */
    get position(): string;
    /** Ends it for good. */
    close(): void;
}

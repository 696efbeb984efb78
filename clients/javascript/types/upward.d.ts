/**
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {import("./outbox.js").Outgoing} Outgoing
 *
 * @typedef {object} Request
 * @property {{ Type: string, Body: string }[]} [Events]
 * @property {number} Seq
 * @property {Record<string, string>} [State]
 * @property {{ T: number, Hash: string }} [Hash]
 * @property {string} [Epoch]
 */
export type Outbox = import("./outbox.js").Outbox;
export type Outgoing = import("./outbox.js").Outgoing;
export type Request = {
    Events?: {
        Type: string;
        Body: string;
    }[];
    Seq: number;
    State?: Record<string, string>;
    Hash?: {
        T: number;
        Hash: string;
    };
    Epoch?: string;
};
/**
 * What goes up on the present connection: which events were sent on it, the newest state and hash, and how
 * long events take until they are confirmed.
 *
 * Normally everything goes out at once. When the server has refused something and did not say what, it is
 * *careful*: one thing at a time, so that the next refusal names the culprit.
 */
export declare class Upward {
    #private;
    /** Milliseconds from sending an event until it is confirmed, smoothed; undefined before the first. */
    pingMs: number | undefined;
    /**
     * @param {Outbox} outbox
     * @param {() => number} [now] milliseconds
     */
    constructor(outbox: Outbox, now?: () => number);
    /** @param {Record<string, string>} state */
    setState(state: Record<string, string>): void;
    /**
     * @param {number} T
     * @param {string} Hash
     */
    setHash(T: number, Hash: string): void;
    /** Everything that is not known to be written is to be sent (again), and the state with it. */
    rewind(): void;
    /** Another life of the stream: its ticks are not those that were hashed. */
    forgetHash(): void;
    /**
     * The next message, or undefined when there is nothing to say.
     * @returns {Request | undefined}
     */
    take(): Request | undefined;
    /**
     * A message that only asks how much was written.
     * @returns {Request}
     */
    idle(): Request;
    /**
     * @param {number} written the server's count
     * @returns {boolean} whether that was news
     */
    acknowledge(written: number): boolean;
    /** @param {number} ms one round trip */
    measured(ms: number): void;
    /**
     * The server refused what was sent.
     * @returns {Outgoing | "state" | "unknown" | "nothing"} what was taken out of the way; `unknown`: from now on
     * one thing at a time, after a fresh start; `nothing`: the refusal is not about anything that was sent
     */
    refused(): Outgoing | "state" | "unknown" | "nothing";
}

import { Identity } from "./identity.js";
import { Upward } from "./upward.js";
export type Answer = import("./answer.js").Answer;
export type Ending = import("./ending.js").Ending;
export type Reset = {
    epoch: string;
    /**
     * `joined`: the first of this object
     */
    reason: "joined" | "epoch_changed" | "ended";
    /**
     * events that were sent into another epoch and are given up with it
     */
    dropped: number;
};
/**
 * @typedef {import("./answer.js").Answer} Answer
 * @typedef {import("./ending.js").Ending} Ending
 *
 * A life of the stream begins for this client: whatever was built from earlier answers is void.
 * @typedef {object} Reset
 * @property {string} epoch
 * @property {"joined" | "epoch_changed" | "ended"} reason `joined`: the first of this object
 * @property {number} dropped events that were sent into another epoch and are given up with it
 */
/**
 * How far this client is: in which life of the stream, up to which tick, and how much of its own the stream has.
 * It knows nothing of connections but that each begins with an answer that holds `Epoch` and `Seq`.
 */
export declare class Progress {
    #private;
    /** "" while it is not known. */
    epoch: string;
    publicId: string;
    /** No tick after this one was handed out. */
    lastKnownTick: number;
    /** @readonly */
    readonly identity: Identity;
    /** @readonly */
    readonly upward: Upward;
    /** @param {Identity} identity */
    constructor(identity: Identity);
    /**
     * The first answer of a connection: which epoch it is in, and how much of what was sent is written.
     * @param {string} asked the epoch that the connection asked for; "" for any
     * @param {Answer} answer
     * @returns {Reset | undefined} to be announced
     * @throws {StreamError} `bad_answer`
     */
    begin(asked: string, answer: Answer): Reset | undefined;
    /**
     * @param {Answer} answer
     * @returns {Ending | undefined}
     */
    acknowledge(answer: Answer): Ending | undefined;
    /**
     * Takes what is new. A connection that was opened beside the present one begins with what that one had already
     * brought; both read one log, so that leaving out the known ticks leaves no gap.
     * @param {Answer} answer
     * @returns {Answer | undefined} undefined when it is older than what is known
     */
    advance(answer: Answer): Answer | undefined;
    /**
     * The life of the stream that was known is over.
     * @param {"epoch_changed" | "ended"} reason
     */
    startOver(reason: "epoch_changed" | "ended"): void;
    /** The page comes back; another one of its tab may have gone on under its identity. */
    comeBack(): void;
}

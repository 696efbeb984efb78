import { Identity } from "./identity.js";
import { StreamError } from "./stream-error.js";
import { Upward } from "./upward.js";

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
export class Progress {
  /** "" while it is not known. */
  epoch;
  publicId = "";
  /** No tick after this one was handed out. */
  lastKnownTick = 0;
  /** @readonly */
  identity;
  /** @readonly */
  upward;
  /** @type {Reset["reason"] | undefined} what the next first answer is to be announced as */
  #resetReason = /** @type {const} */ ("joined");
  #dropped = 0;

  /** @param {Identity} identity */
  constructor(identity) {
    this.identity = identity;
    this.epoch = identity.epoch;
    this.upward = new Upward(identity.outbox);
  }

  /**
   * The first answer of a connection: which epoch it is in, and how much of what was sent is written.
   * @param {string} asked the epoch that the connection asked for; "" for any
   * @param {Answer} answer
   * @returns {Reset | undefined} to be announced
   * @throws {StreamError} `bad_answer`
   */
  begin(asked, answer) {
    const epoch = answer.Epoch;
    if (!epoch || (asked !== "" && asked !== epoch)) {
      throw new StreamError("bad_answer", "the first answer is not of the epoch that was asked for");
    }
    this.epoch = epoch;
    this.#dropped += this.identity.enterEpoch(epoch);
    this.identity.outbox.align(answer.Seq ?? 0);
    this.identity.save();
    this.upward.rewind();
    if (!this.#resetReason) return undefined;
    const reset = { epoch, reason: this.#resetReason, dropped: this.#dropped };
    this.#resetReason = undefined;
    this.#dropped = 0;
    return reset;
  }

  /**
   * @param {Answer} answer
   * @returns {Ending | undefined}
   */
  acknowledge(answer) {
    if (answer.Seq === undefined) return undefined;
    if (answer.Seq > this.identity.outbox.last && this.identity.renewable) {
      // Somebody else sends under this id, a duplicated tab that polls: only one of the two can keep it.
      return { remedy: "renew_identity", cause: "replaced", message: "another client uses the same private id" };
    }
    if (this.upward.acknowledge(answer.Seq)) this.identity.save();
    return undefined;
  }

  /**
   * Takes what is new. A connection that was opened beside the present one begins with what that one had already
   * brought; both read one log, so that leaving out the known ticks leaves no gap.
   * @param {Answer} answer
   * @returns {Answer | undefined} undefined when it is older than what is known
   */
  advance(answer) {
    this.publicId = answer.ProxyId;
    if (answer.T < this.lastKnownTick) return undefined;
    const known = this.lastKnownTick;
    this.lastKnownTick = answer.T;
    return { ...answer, Events: answer.Events.filter((event) => event.T > known) };
  }

  /**
   * The life of the stream that was known is over.
   * @param {"epoch_changed" | "ended"} reason
   */
  startOver(reason) {
    if (this.epoch !== "") this.#dropped += this.identity.leaveEpoch();
    this.#enter("", reason);
  }

  /** The page comes back; another one of its tab may have gone on under its identity. */
  comeBack() {
    this.identity.refresh();
    if (this.identity.epoch !== this.epoch) this.#enter(this.identity.epoch, "epoch_changed");
  }

  /**
   * @param {string} epoch
   * @param {"epoch_changed" | "ended"} reason
   */
  #enter(epoch, reason) {
    this.epoch = epoch;
    this.lastKnownTick = 0;
    this.upward.forgetHash();
    this.upward.rewind();
    this.#resetReason ??= reason;
  }
}

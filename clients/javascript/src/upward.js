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

/** What one measurement weighs in the smoothed ping. */
const PING_WEIGHT = 0.2;

/**
 * What goes up on the present connection: which events were sent on it, the newest state and hash, and how
 * long events take until they are confirmed.
 *
 * Normally everything goes out at once. When the server has refused something and did not say what, it is
 * *careful*: one thing at a time, so that the next refusal names the culprit.
 */
export class Upward {
  /** Milliseconds from sending an event until it is confirmed, smoothed; undefined before the first. */
  pingMs = /** @type {number | undefined} */ (undefined);
  #outbox;
  #now;
  /** The number of the last event that was sent on this connection. */
  #sent = 0;
  #careful = false;
  /** @type {Record<string, string> | undefined} */
  #state;
  #stateSent = true;
  /** @type {{ T: number, Hash: string } | undefined} */
  #hash;
  /** @type {{ seq: number, at: number } | undefined} */
  #probe;

  /**
   * @param {Outbox} outbox
   * @param {() => number} [now] milliseconds
   */
  constructor(outbox, now = () => performance.now()) {
    this.#outbox = outbox;
    this.#now = now;
    this.#sent = outbox.written;
  }

  /** @param {Record<string, string>} state */
  setState(state) {
    this.#state = state;
    this.#stateSent = false;
  }

  /**
   * @param {number} T
   * @param {string} Hash
   */
  setHash(T, Hash) {
    this.#hash = { T, Hash };
  }

  /** Everything that is not known to be written is to be sent (again), and the state with it. */
  rewind() {
    this.#sent = this.#outbox.written;
    this.#stateSent = this.#state === undefined;
    this.#probe = undefined;
  }

  /** Another life of the stream: its ticks are not those that were hashed. */
  forgetHash() {
    this.#hash = undefined;
  }

  /**
   * The next message, or undefined when there is nothing to say.
   * @returns {Request | undefined}
   */
  take() {
    const inFlight = this.#sent > this.#outbox.written;
    if (this.#careful && inFlight) return undefined;
    const events = this.#outbox.batch(this.#sent, this.#careful ? 1 : undefined);
    const alone = this.#careful && events.length > 0;
    const state = this.#stateSent || alone ? undefined : this.#state;
    const hash = alone ? undefined : this.#hash;
    if (events.length === 0 && !state && !hash) return undefined;

    this.#sent += events.length;
    if (events.length > 0) this.#probe ??= { seq: this.#sent, at: this.#now() };
    if (state) this.#stateSent = true;
    if (hash) this.#hash = undefined;
    return {
      ...(events.length > 0 ? { Events: events.map(({ type, body }) => ({ Type: type, Body: body })) } : {}),
      ...(state ? { State: state } : {}),
      Seq: this.#sent,
      ...(hash ? { Hash: hash } : {}),
    };
  }

  /**
   * A message that only asks how much was written.
   * @returns {Request}
   */
  idle() {
    return { Seq: this.#sent };
  }

  /**
   * @param {number} written the server's count
   * @returns {boolean} whether that was news
   */
  acknowledge(written) {
    const news = this.#outbox.acknowledge(written);
    this.#sent = Math.max(this.#sent, this.#outbox.written);
    if (this.#outbox.length === 0) this.#careful = false;
    if (this.#probe && written >= this.#probe.seq) {
      this.measured(this.#now() - this.#probe.at);
      this.#probe = undefined;
    }
    return news;
  }

  /** @param {number} ms one round trip */
  measured(ms) {
    this.pingMs = this.pingMs === undefined ? ms : this.pingMs + (ms - this.pingMs) * PING_WEIGHT;
  }

  /**
   * The server refused what was sent.
   * @returns {Outgoing | "state" | "unknown" | "nothing"} what was taken out of the way; `unknown`: from now on
   * one thing at a time, after a fresh start; `nothing`: the refusal is not about anything that was sent
   */
  refused() {
    if (!this.#careful && this.#outbox.length + (this.#state ? 1 : 0) > 0) {
      this.#careful = true;
      return "unknown";
    }
    if (this.#sent > this.#outbox.written) {
      this.#sent = this.#outbox.written;
      this.#probe = undefined;
      const culprit = this.#outbox.dropFirst() ?? "nothing";
      if (this.#outbox.length === 0) this.#careful = false;
      return culprit;
    }
    if (this.#state) {
      this.#state = undefined;
      this.#stateSent = true;
      return "state";
    }
    return "nothing";
  }
}

import { endingOfStatus, lost } from "./ending.js";

/**
 * @typedef {import("./ending.js").Ending} Ending
 * @typedef {import("./connection.js").Receive} Receive
 * @typedef {(input: string, init: RequestInit) => Promise<Response>} Fetch
 */

/** An answer larger than this hints at more that is due (the server cuts at 1 MiB): ask again at once. */
const LARGE_ANSWER = 64 * 1024;
/** Lost polls in a row that are simply repeated; after that the connection counts as lost. */
const LOST_MAX = 3;

/** Polling until its end: it asks, hands the answers to `receive`, and keeps the pace. */
export class PollConnection {
  /** @readonly */
  status = /** @type {const} */ ("polling");
  /** No answer was accepted yet. */
  first = true;
  cursor = 0;
  #how;
  #stopped = new AbortController();
  #resolveEnded = /** @type {(ending: Ending) => void} */ (() => {});
  #resolveReady = /** @type {(ready: boolean) => void} */ (() => {});

  /**
   * @param {object} how
   * @param {Fetch} how.fetch
   * @param {(from: PollConnection) => { url: string, cursor: number, body: object }} how.request makes the next one
   * @param {Receive} how.receive
   * @param {(from: PollConnection, ending: Ending) => Ending | undefined} how.refused what to do about an answer
   * that is not 200; undefined: go on
   * @param {() => void} how.lost the last request may or may not have been heard
   * @param {(ms: number) => void} how.measured the time of a round trip
   * @param {string} [how.token]
   * @param {string} how.epoch
   * @param {number} how.pollMs from one poll's start to the next one's
   * @param {number} how.timeoutMs
   */
  constructor(how) {
    this.#how = how;
    this.epoch = how.epoch;
    /** @type {Promise<Ending>} */
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    /** True at the first accepted answer, false when it ended before. @type {Promise<boolean>} */
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    void this.#loop();
  }

  /** @param {Ending} ending */
  end(ending) {
    this.#stopped.abort();
    this.#resolveReady(false);
    this.#resolveEnded(ending);
  }

  async #loop() {
    let lostInARow = 0;
    while (!this.#stopped.signal.aborted) {
      const started = performance.now();
      const { url, cursor, body } = this.#how.request(this);
      const reply = await this.#post(url, body);
      if (this.#stopped.signal.aborted) return;
      let large = false;
      if (typeof reply === "string") {
        this.#how.lost();
        lostInARow += 1;
        if (this.first || lostInARow >= LOST_MAX) return this.end(lost(reply));
      } else {
        lostInARow = 0;
        this.cursor = cursor;
        const ending = this.#take(reply);
        if (ending) return this.end(ending);
        this.#how.measured(performance.now() - started);
        large = reply.text.length > LARGE_ANSWER;
      }
      const rest = this.#how.pollMs - (performance.now() - started);
      if (!large && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  /**
   * @param {{ status: number, text: string }} reply
   * @returns {Ending | undefined}
   */
  #take({ status, text }) {
    if (status !== 200) {
      const { code, message } = readError(text);
      return this.#how.refused(this, endingOfStatus(status, code, message || `HTTP status ${status}`));
    }
    const ending = this.#how.receive(this, text);
    if (!ending) this.#resolveReady(true);
    return ending;
  }

  /**
   * @param {string} url
   * @param {object} body
   * @returns {Promise<{ status: number, text: string } | string>} a string says how it was lost
   */
  async #post(url, body) {
    const { fetch, token, timeoutMs } = this.#how;
    const giveUp = new AbortController();
    const abort = () => giveUp.abort();
    const timer = setTimeout(abort, timeoutMs);
    this.#stopped.signal.addEventListener("abort", abort);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        body: JSON.stringify(body),
        cache: "no-store",
        signal: giveUp.signal,
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return giveUp.signal.aborted ? "no answer in time" : `the server cannot be reached: ${error}`;
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener("abort", abort);
    }
  }
}

/** @param {string} text */
function readError(text) {
  try {
    const { code, message } = JSON.parse(text).error;
    return { code: String(code ?? ""), message: String(message ?? "") };
  } catch {
    return { code: "", message: "" };
  }
}

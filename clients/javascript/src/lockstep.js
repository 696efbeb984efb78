// The lockstep layer: answers in, ordered requests out, no callbacks. For those who would rather
// not have a driver (an entity component system, say), and what the driver stands on.

import { Seed } from "./random.js";

/** @import { Answer, StreamEvent } from "./answer.js" */

/**
 * What the simulation has to do next. Every client of a stream gets the same requests in the same order.
 *
 * - `reset`: begin a new game with this seed, nobody is there yet
 * - `connect`, `disconnect`: the client with this public id came or went
 * - `event`: a client's event
 * - `tick`: simulate tick `t`; everything that belongs before it has been said
 * @typedef {{kind: "reset", t: number, seed: Seed}
 *   | {kind: "connect", t: number, id: string}
 *   | {kind: "disconnect", t: number, id: string}
 *   | {kind: "event", t: number, type: string, origin: string, body: string}
 *   | {kind: "tick", t: number}} Request
 */

/** An answer that does not continue the ones before it. Nothing of it was taken. */
export class LockstepError extends Error {
  /**
   * @param {"backwards" | "unordered" | "closed_tick" | "beyond_answer" | "not_opened" | "bad_seed" | "passed"} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "LockstepError";
    this.code = code;
  }
}

/** Turns answers into requests, tick by tick, and never passes the last tick that the server announced. */
export class Lockstep {
  /** @type {StreamEvent[]} */
  #events = [];
  #next = 0;
  #opened = false;
  #t = 0;
  #lastKnown = 0;

  /** The last tick that was handed out; 0 before the first. */
  get t() {
    return this.#t;
  }

  /** The last tick that the server announced: as far as a simulation may go. */
  get lastKnown() {
    return this.#lastKnown;
  }

  /** How many ticks are ready to be simulated. */
  get behind() {
    return this.#lastKnown - this.#t;
  }

  /** Forgets everything: the stream has a new epoch. */
  reset() {
    this.#events = [];
    this.#next = 0;
    this.#opened = false;
    this.#t = 0;
    this.#lastKnown = 0;
  }

  /**
   * Goes on after tick `t` of a saved simulation, without the requests up to it.
   * @param {number} t
   * @throws {LockstepError} `passed` if a later tick was handed out already
   */
  skipTo(t) {
    if (t < this.#t) throw new LockstepError("passed", `cannot go back from tick ${this.#t} to tick ${t}`);
    while (this.#next < this.#events.length && this.#events[this.#next].T <= t) this.#next += 1;
    this.#opened ||= t > 0;
    this.#t = t;
    this.#lastKnown = Math.max(this.#lastKnown, t);
  }

  /**
   * Takes the next answer.
   * @param {Pick<Answer, "T" | "Events">} answer
   * @throws {LockstepError} if it does not continue the ones before it
   */
  push(answer) {
    this.#check(answer);
    if (this.#next === this.#events.length) {
      this.#events.length = 0;
      this.#next = 0;
    }
    for (const event of answer.Events) this.#events.push(event);
    this.#opened ||= answer.Events.length > 0;
    this.#lastKnown = answer.T;
  }

  /**
   * The next thing to do, `undefined` when the last known tick is reached.
   * @returns {Request | undefined}
   */
  next() {
    const event = this.#events[this.#next];
    if (event !== undefined && event.T === this.#t + 1) {
      this.#next += 1;
      return request(event);
    }
    if (this.#t >= this.#lastKnown) return undefined;
    this.#t += 1;
    return { kind: "tick", t: this.#t };
  }

  /** @param {Pick<Answer, "T" | "Events">} answer */
  #check(answer) {
    if (answer.T < this.#lastKnown) {
      throw new LockstepError("backwards", `an answer of tick ${answer.T} came after one of tick ${this.#lastKnown}`);
    }
    let previous = this.#lastKnown + 1;
    for (const event of answer.Events) {
      if (event.T <= this.#lastKnown) {
        throw new LockstepError("closed_tick", `an event is stamped ${event.T}, but tick ${this.#lastKnown} was announced before`);
      }
      if (event.T < previous) throw new LockstepError("unordered", `an event of tick ${event.T} came after one of tick ${previous}`);
      if (event.T > answer.T) throw new LockstepError("beyond_answer", `an event of tick ${event.T} came in an answer of tick ${answer.T}`);
      previous = event.T;
    }
    if (!this.#opened && answer.T > 0 && answer.Events[0]?.Type !== "_a") {
      throw new LockstepError("not_opened", `the stream does not begin with "_a"`);
    }
    for (const event of answer.Events) {
      if (event.Type === "_a") checkSeed(event.Body);
    }
  }
}

/** @param {string} body */
function checkSeed(body) {
  try {
    Seed.parse(body);
  } catch (cause) {
    throw new LockstepError("bad_seed", /** @type {Error} */ (cause).message, { cause });
  }
}

/**
 * @param {StreamEvent} event
 * @returns {Request}
 */
function request(event) {
  switch (event.Type) {
    case "_a":
      return { kind: "reset", t: event.T, seed: Seed.parse(event.Body) };
    case "_c":
      return { kind: "connect", t: event.T, id: event.Body };
    case "_d":
      return { kind: "disconnect", t: event.T, id: event.Body };
    default:
      return { kind: "event", t: event.T, type: event.Type, origin: event.Origin, body: event.Body };
  }
}

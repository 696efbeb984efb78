// The driver of a simulation: takes a stream's answers, plays their ticks at the stream's pace and
// calls a game back. Ticks are played whole: the events stamped with a tick, then the tick.

import { Lockstep } from "./lockstep.js";
import { Pace } from "./pace.js";
import { Sim, SimError } from "./sim.js";

/** @import { Answer, ClientHash, Desync, State } from "./answer.js" */
/** @import { Entity, Game, SavedSim } from "./sim.js" */

/**
 * Where events and hashes go: an EventStream, or anything with its methods.
 * @typedef {object} Transport
 * @property {(type: string, body: string) => void} send
 * @property {(t: number, hash: string) => void} reportHash
 */

/**
 * What `attach` needs of a stream; an EventStream has it.
 * @typedef {Transport & {onAnswer?: (answer: Answer) => void, onReset?: (reset: any) => void}} Stream
 */

/**
 * @typedef {object} SimDriverOptions
 * @property {Transport} [transport] may also be set later
 * @property {number} [tickMs] the stream's tick, 50 by default
 * @property {number} [frameBudgetMs] how long one frame may simulate, 8 by default
 * @property {number} [hiddenBudgetMs] how long one answer may simulate while the page is hidden, 40 by default
 * @property {number} [hashEvery] hashes after every n-th tick, 1 by default; 0: never
 * @property {(t: number, hash: string) => void} [onHash] sees every hash
 * @property {(error: unknown) => void} [onError] takes what a callback threw in `start`'s loop or in `onAnswer`
 * @property {() => boolean} [hidden] whether nothing is shown; by default asks the document
 * @property {() => number} [clock] milliseconds, for the budgets; by default `performance.now`
 */

/** @template {Entity} [E=any] */
export class SimDriver {
  #lockstep = new Lockstep();
  #pace;
  /** @type {Sim<E>} */
  #sim;
  #options;
  /** @type {Transport | undefined} */
  #transport;
  /** @type {(() => void) | undefined} */
  #cancelFrame;
  /** @type {{t: number, hash: string} | undefined} */
  #lastHash;
  /** @type {State[]} */
  #states = [];
  /** @type {ClientHash[]} */
  #hashes = [];
  /** @type {Desync | undefined} */
  #desync;

  /**
   * @param {Game<E>} game
   * @param {SimDriverOptions} [options]
   */
  constructor(game, options = {}) {
    const { tickMs = 50, frameBudgetMs = 8, hiddenBudgetMs = 40, hashEvery = 1 } = options;
    this.#options = {
      frameBudgetMs,
      hiddenBudgetMs,
      hashEvery,
      onHash: options.onHash,
      onError: options.onError,
      hidden: options.hidden ?? (() => globalThis.document?.visibilityState === "hidden"),
      clock: options.clock ?? (() => performance.now()),
    };
    this.#transport = options.transport;
    this.#pace = new Pace(tickMs);
    this.#sim = new Sim(game, (type, body) => this.sendEvent(type, body));
  }

  /** The simulation: its entities are what there is to draw. */
  get sim() {
    return this.#sim;
  }

  /** The last simulated tick. */
  get t() {
    return this.#lockstep.t;
  }

  /** The last tick that the server announced. */
  get lastKnown() {
    return this.#lockstep.lastKnown;
  }

  /** How many ticks could be simulated now. */
  get behind() {
    return this.#lockstep.behind;
  }

  /** How far the time between the last tick and the next one has passed, 0 to 1: for drawing between the two. */
  get interpolation() {
    return this.#pace.interpolation;
  }

  /** The latest hash of this simulation. */
  get lastHash() {
    return this.#lastHash;
  }

  /** Each client's latest hash, as the server last told. */
  get hashes() {
    return this.#hashes;
  }

  /** The disagreement that the server tells of, until everybody agrees again. */
  get desync() {
    return this.#desync;
  }

  /** The clients' volatile state, as the server last told. Never use it in a simulation. */
  get states() {
    return this.#states;
  }

  /**
   * Joins this driver to a stream: answers come from it, events and hashes go to it. Handlers that it
   * had are called after the driver.
   * @param {Stream} stream
   * @returns {this}
   */
  attach(stream) {
    const { onAnswer, onReset } = stream;
    stream.onAnswer = (answer) => {
      this.onAnswer(answer);
      onAnswer?.call(stream, answer);
    };
    stream.onReset = (reset) => {
      this.onReset();
      onReset?.call(stream, reset);
    };
    this.#transport = stream;
    return this;
  }

  /** Where events and hashes go. */
  get transport() {
    return this.#transport;
  }

  set transport(transport) {
    this.#transport = transport;
  }

  /**
   * Sends an event to all clients, this one included: it is simulated when it comes back.
   * @param {string} type must not begin with `_`
   * @param {string} body
   * @throws {SimError} without a transport
   */
  sendEvent(type, body) {
    if (!this.#transport) throw new SimError("sendEvent() needs a transport");
    this.#transport.send(type, body);
  }

  /**
   * Takes the stream's next answer. While the page is hidden this also simulates it, since no frames come then.
   * @param {Pick<Answer, "T" | "Events"> & Partial<Answer>} answer
   * @throws {import("./lockstep.js").LockstepError} if it does not continue the ones before it
   * @throws {SimError} if a callback throws and there is no `onError`
   */
  onAnswer(answer) {
    this.#lockstep.push(answer);
    if (answer.States) this.#states = answer.States;
    if (answer.Hashes) {
      this.#hashes = answer.Hashes;
      // Told with the hashes as long as it stands; when everybody agrees again it is told no more.
      this.#desync = answer.Desync;
    }
    if (this.#options.hidden()) this.#guard(() => this.catchUp(this.#options.hiddenBudgetMs));
  }

  /** The stream has a new epoch: everything begins anew. */
  onReset() {
    this.#lockstep.reset();
    this.#sim.clear();
    this.#lastHash = undefined;
    this.#states = [];
    this.#hashes = [];
    this.#desync = undefined;
  }

  /**
   * Simulates what is due, once a frame.
   * @param {number} nowMs of any clock that does not go backwards
   * @returns {number} how many ticks were simulated
   * @throws {SimError} if a callback throws
   */
  advance(nowMs) {
    this.#pace.advance(nowMs, this.behind);
    const { clock, frameBudgetMs } = this.#options;
    const end = clock() + frameBudgetMs;
    let played = 0;
    while (this.#pace.take(this.behind)) {
      this.step();
      played += 1;
      if (clock() >= end) {
        this.#pace.settle();
        break;
      }
    }
    return played;
  }

  /**
   * Simulates without a pace, up to the last known tick: for bots, tests and hidden pages.
   * @param {number} [budgetMs] how long at most; one tick is always played
   * @returns {number} how many ticks were simulated
   * @throws {SimError} if a callback throws
   */
  catchUp(budgetMs = Infinity) {
    const { clock } = this.#options;
    const end = clock() + budgetMs;
    let played = 0;
    while (this.step()) {
      played += 1;
      if (clock() >= end) break;
    }
    return played;
  }

  /**
   * Simulates one tick and everything stamped with it.
   * @returns {boolean} false at the last known tick
   * @throws {SimError} if a callback throws
   */
  step() {
    for (;;) {
      const request = this.#lockstep.next();
      if (request === undefined) return false;
      this.#sim.play(request);
      if (request.kind === "tick") break;
    }
    this.#hash();
    return true;
  }

  /**
   * Advances with each frame, and draws: by `requestAnimationFrame` where there is one, else by a timer.
   * @param {(driver: this) => void} [render] called after each frame's ticks
   */
  start(render) {
    this.stop();
    const frame = (/** @type {number} */ nowMs) => {
      this.#cancelFrame = nextFrame(frame);
      this.#guard(() => {
        this.advance(nowMs);
        render?.(this);
      });
    };
    this.#cancelFrame = nextFrame(frame);
  }

  /** Ends what `start` began. */
  stop() {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
  }

  /**
   * A copy of the whole simulation.
   * @returns {SavedSim}
   * @throws {SimError} if the game or an entity has no `save`
   */
  save() {
    return this.#sim.save();
  }

  /**
   * Goes on from a saved simulation of the same stream.
   * @param {SavedSim} saved
   * @throws {import("./lockstep.js").LockstepError} if this one is further already
   * @throws {SimError} if the game cannot load
   */
  load(saved) {
    this.#lockstep.skipTo(saved.t);
    this.#sim.load(saved);
  }

  #hash() {
    const { hashEvery, onHash } = this.#options;
    const t = this.#lockstep.t;
    if (hashEvery === 0 || t % hashEvery !== 0) return;
    const hash = this.#sim.hash();
    this.#lastHash = { t, hash };
    this.#transport?.reportHash(t, hash);
    onHash?.(t, hash);
  }

  /**
   * Stops at an error and hands it to `onError`; without one it is thrown, so that it is never lost.
   * @param {() => void} work
   */
  #guard(work) {
    try {
      work();
    } catch (error) {
      this.stop();
      if (!this.#options.onError) throw error;
      this.#options.onError(error);
    }
  }
}

/**
 * @param {(nowMs: number) => void} frame
 * @returns {() => void} cancels it
 */
function nextFrame(frame) {
  if (typeof requestAnimationFrame === "function") {
    const handle = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(handle);
  }
  const handle = setTimeout(() => frame(performance.now()), 16);
  return () => clearTimeout(handle);
}

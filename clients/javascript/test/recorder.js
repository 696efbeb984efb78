import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { EventStream } from "../src/event-stream.js";

/**
 * @typedef {import("../src/stream-options.js").StreamOptions} StreamOptions
 * @typedef {import("../src/answer.js").StreamEvent} StreamEvent
 */

export const Socket = /** @type {import("../src/transport-websocket.js").SocketConstructor} */ (
  /** @type {unknown} */ (WebSocket)
);

/** A stream and everything it handed out; it checks the transport's promises with every answer. */
export class Recorder {
  /** @type {import("../src/progress.js").Reset[]} */
  resets = [];
  /** @type {string[]} each status with its cause */
  statuses = [];
  /** @type {string[]} */
  errors = [];
  /** Of the present epoch. @type {StreamEvent[]} */
  events = [];
  /** @type {import("../src/answer.js").State[]} */
  states = [];
  answers = 0;
  tick = 0;

  /**
   * @param {string} url
   * @param {string} name
   * @param {StreamOptions & { watch?: boolean }} [options]
   */
  constructor(url, name, options = {}) {
    this.stream = new EventStream(url, name, { WebSocket: Socket, identity: "new", ...options });
    this.stream.onReset = (reset) => {
      this.resets.push(reset);
      this.events = [];
      this.tick = 0;
    };
    this.stream.onAnswer = (answer) => {
      assert.ok(this.resets.length > 0, "a reset comes before the first answer");
      assert.ok(answer.T >= this.tick, "ticks never go back");
      for (const { T } of answer.Events) assert.ok(T > this.tick && T <= answer.T, "only new, closed ticks");
      assert.equal(this.stream.lastKnownTick, answer.T);
      this.tick = answer.T;
      this.events.push(...answer.Events);
      this.states = answer.States;
      this.answers += 1;
    };
    this.stream.onStatus = (status, cause) => this.statuses.push(`${status} ${cause}`);
    this.stream.onError = (error) => this.errors.push(error.code);
  }

  /** Bodies of the events of this type. @param {string} type */
  bodies(type) {
    return this.events.filter(({ Type }) => Type === type).map(({ Body }) => Body);
  }

  /** @param {string} type @param {number} count */
  async got(type, count) {
    await until(() => this.bodies(type).length >= count, `${count} events of type ${type}`);
    return this.bodies(type);
  }

  async joined() {
    await until(() => this.answers > 0, "the first answer");
    return this;
  }
}

/**
 * @param {() => unknown} condition
 * @param {string} what
 */
export async function until(condition, what) {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
    await sleep(2);
  }
}

/** Storage like a tab's. */
export class Storage {
  /** @type {Map<string, string>} */
  #map = new Map();

  /** @param {Storage} [from] a duplicated tab begins with a copy */
  constructor(from) {
    if (from) this.#map = new Map(from.#map);
  }

  /** @param {string} key */
  getItem(key) {
    return this.#map.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#map.set(key, value);
  }

  /** The only value in here. */
  get record() {
    const [value] = this.#map.values();
    return value === undefined ? undefined : JSON.parse(value);
  }
}

/** @param {number} from @param {number} to the numbers from `from` to `to`, as text */
export function numbers(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

// The answers of 10,000 ticks with random events; its twin is crates/stadion-client/tests/vectors/script.rs.

import { Hasher, Random, Seed } from "../src/index.js";

/** @import { Answer, StreamEvent } from "../src/answer.js" */

export const TICKS = 10_000;
const CLIENTS_MAX = 8;

/** @returns {Answer[]} */
export function script() {
  const script = new Script();
  /** @type {Answer[]} */
  const answers = [{ T: 0, Events: [], States: [], ProxyId: "" }];
  let t = 0;
  while (t < TICKS) {
    const first = t + 1;
    t = Math.min(t + script.step(), TICKS);
    const events = [];
    for (let tick = first; tick <= t; tick++) events.push(...script.events(tick));
    answers.push({ T: t, Events: events, States: [], ProxyId: "" });
  }
  return answers;
}

class Script {
  #random = new Random(new Seed(0, 20_261_121), 0);
  /** @type {string[]} */
  #clients = [];
  #nextClient = 1;

  /** How many ticks the next answer closes: a few, now and then many. */
  step() {
    return this.#random.below(50) === 0 ? this.#random.range(20, 80) : this.#random.range(1, 5);
  }

  /** @param {number} t */
  events(t) {
    if (t === 1) return [event(t, "_a", "_", "8157455327416287193"), this.#connect(t)];
    return Array.from({ length: this.#random.below(3) }, () => this.#event(t));
  }

  /** @param {number} t */
  #event(t) {
    const dice = this.#random.below(40);
    if (dice === 0 && this.#clients.length < CLIENTS_MAX) return this.#connect(t);
    if (dice === 1 && this.#clients.length > 1) return event(t, "_d", "_", this.#clients.splice(this.#pick(), 1)[0]);
    if (dice === 2 || dice === 3) {
      const letter = ["é", "🎲", "x", "\0"][this.#random.below(4)];
      return this.#clientEvent(t, "name", `${letter}${this.#random.nextU32()}`);
    }
    const body = String(this.#random.range(-1000, 1000));
    return this.#clientEvent(t, dice >= 4 && dice <= 12 ? "shoot" : "push", body);
  }

  /** @param {number} t */
  #connect(t) {
    const id = String(this.#nextClient++);
    this.#clients.push(id);
    return event(t, "_c", "_", id);
  }

  /**
   * @param {number} t
   * @param {string} type
   * @param {string} body
   */
  #clientEvent(t, type, body) {
    return event(t, type, this.#clients[this.#pick()], body);
  }

  #pick() {
    return this.#random.below(this.#clients.length);
  }
}

/**
 * @param {number} t
 * @param {string} type
 * @param {string} origin
 * @param {string} body
 * @returns {StreamEvent}
 */
function event(t, type, origin, body) {
  return { T: t, Type: type, Origin: origin, Body: body };
}

/**
 * Tells a script that differs from a simulation that differs.
 * @param {Answer[]} answers
 */
export function hashOfEvents(answers) {
  const hasher = new Hasher();
  for (const answer of answers) {
    hasher.i32(answer.T);
    for (const { T, Type, Origin, Body } of answer.Events) {
      hasher.i32(T);
      hasher.str(Type);
      hasher.str(Origin);
      hasher.str(Body);
    }
  }
  return hasher.hex();
}

// Answers → every callback with the random numbers it draws, and the hash after each tick.

import assert from "node:assert/strict";
import test from "node:test";
import { SimDriver } from "../src/index.js";
import { golden } from "./golden.js";

/** @import { Sim } from "../src/index.js" */

/** Does what the events say and writes it down; the twin of `Tracer` in the Rust test. */
class Tracer {
  /** @type {string[]} */
  trace = [];
  /** @type {Map<string, number>} */
  ids = new Map();

  /** @param {Sim<Named>} sim */
  onReset(sim) {
    this.ids.clear();
    this.trace.push(`reset ${sim.t} ${sim.getRandom()}`);
  }

  /**
   * @param {Sim<Named>} sim
   * @param {string} id
   */
  onConnect(sim, id) {
    this.trace.push(`connect ${sim.t} ${id} ${sim.getRandom()}`);
  }

  /**
   * @param {Sim<Named>} sim
   * @param {string} id
   */
  onDisconnect(sim, id) {
    this.trace.push(`disconnect ${sim.t} ${id} ${sim.getRandom()}`);
  }

  /**
   * @param {Sim<Named>} sim
   * @param {import("../src/sim.js").ClientEvent} event
   */
  onClientEvent(sim, { t, type, origin, body }) {
    assert.equal(t, sim.t);
    this.trace.push(`event ${t} ${type} ${origin} ${body}`);
    const named = sim.get(this.ids.get(body) ?? 0);
    if (type === "spawn") this.spawn(sim, body);
    else if (type === "despawn") this.despawn(sim, body);
    else if (type === "draw") for (let i = 0; i < Number(body); i++) sim.getRandom();
    else if (named) named.wish = type;
  }

  /**
   * @param {Sim<Named>} sim
   * @param {import("../src/index.js").Hasher} hasher
   */
  hash(sim, hasher) {
    for (const named of sim.entities) hasher.str(named.name);
  }

  /**
   * @param {Sim<Named>} sim
   * @param {string} name
   */
  spawn(sim, name) {
    const id = sim.spawn(new Named(this, name));
    this.trace.push(`spawned ${name} ${id}`);
    this.ids.set(name, id);
  }

  /**
   * @param {Sim<Named>} sim
   * @param {string} name
   */
  despawn(sim, name) {
    this.trace.push(`despawned ${name} ${sim.despawn(this.ids.get(name) ?? 0)}`);
  }
}

class Named {
  wish = "";

  /**
   * @param {Tracer} game
   * @param {string} name
   */
  constructor(game, name) {
    this.game = game;
    this.name = name;
  }

  /**
   * @param {Sim<Named>} sim
   * @param {number} id
   */
  simTick(sim, id) {
    this.game.trace.push(`tick ${sim.t} ${this.name} ${id} ${sim.getRandom()}`);
    const wish = this.wish;
    this.wish = "";
    if (wish === "child") this.game.spawn(sim, `${this.name}/${sim.t}`);
    if (wish === "leave") this.game.despawn(sim, this.name);
  }
}

for (const { name, answers, trace } of golden("callbacks.json").callbacks) {
  test(name, () => {
    const game = new Tracer();
    const driver = new SimDriver(game, { onHash: (t, hash) => game.trace.push(`hash ${t} ${hash}`) });
    for (const answer of answers) {
      driver.onAnswer(answer);
      driver.catchUp();
    }
    assert.deepEqual(game.trace, trace);
  });
}

import assert from "node:assert/strict";
import test from "node:test";
import { SyncTestError, syncTest } from "../src/index.js";

/** @import { Hasher, Sim } from "../src/index.js" */

const ANSWERS = [
  { T: 0, Events: [] },
  { T: 6, Events: [{ T: 1, Type: "_a", Origin: "_", Body: "5" }, { T: 1, Type: "_c", Origin: "_", Body: "1" }] },
  { T: 20, Events: [] },
];

class Dot {
  constructor(x = 0) {
    this.x = x;
  }

  /** @param {Sim<Dot>} sim */
  simTick(sim) {
    this.x += sim.random.below(6);
  }

  save() {
    return this.x;
  }
}

class Dots {
  count = 0;

  onReset() {
    this.count = 0;
  }

  /** @param {Sim<Dot>} sim */
  onConnect(sim) {
    this.count += 1;
    sim.spawn(new Dot());
  }

  /**
   * @param {Sim<Dot>} sim
   * @param {Hasher} hasher
   */
  hash(sim, hasher) {
    hasher.i32(this.count);
    for (const dot of sim.entities) hasher.i32(dot.x);
  }

  /** @returns {unknown} */
  save() {
    return this.count;
  }

  /**
   * @param {Sim<Dot>} sim
   * @param {number} count
   */
  load(sim, count) {
    this.count = count;
  }

  /** @param {number} x */
  loadEntity(x) {
    return new Dot(x);
  }
}

test("a deterministic game passes, tick for tick", () => {
  assert.equal(syncTest(() => new Dots(), ANSWERS), 20);
});

test("a game that draws its own random numbers is found at its first tick", () => {
  let planted = 0;
  class Careless extends Dot {
    /** @param {Sim<Dot>} sim */
    simTick(sim) {
      super.simTick(sim);
      if (sim.t >= 9) this.x += ++planted;
    }
  }
  class Planted extends Dots {
    /** @param {Sim<Dot>} sim */
    onConnect(sim) {
      sim.spawn(new Careless());
    }

    /** @param {number} x */
    loadEntity(x) {
      return new Careless(x);
    }
  }
  assert.throws(
    () => syncTest(() => new Planted(), ANSWERS),
    (error) => error instanceof SyncTestError && error.what === "tick" && error.t === 9 && error.first !== error.second,
  );
});

test("state that load does not bring back is found", () => {
  class Forgetful extends Dots {
    load() {}
  }
  assert.throws(() => syncTest(() => new Forgetful(), ANSWERS), { name: "SyncTestError", what: "load", t: 1 });
});

test("state that neither save nor hash knows is found by what it does", () => {
  class Hiding extends Dots {
    secret = 0;

    /** @param {Sim<Dot>} sim */
    onConnect(sim) {
      super.onConnect(sim);
      this.secret = 1;
    }

    /**
     * @param {Sim<Dot>} sim
     * @param {Hasher} hasher
     */
    hash(sim, hasher) {
      super.hash(sim, hasher);
      hasher.i32(sim.t >= 4 ? this.secret : 0);
    }
  }
  assert.throws(() => syncTest(() => new Hiding(), ANSWERS), { name: "SyncTestError", t: 4 });
});

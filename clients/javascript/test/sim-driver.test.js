import assert from "node:assert/strict";
import test from "node:test";
import { SimDriver, SimError } from "../src/index.js";

/** @import { Sim } from "../src/index.js" */
/** @import { SimDriverOptions } from "../src/sim-driver.js" */

const OPENING = [
  { T: 1, Type: "_a", Origin: "_", Body: "8157455327416287193" },
  { T: 1, Type: "_c", Origin: "_", Body: "1" },
];

/**
 * An answer that opens a stream and closes `t` ticks.
 * @param {number} t
 * @param {{T: number, Type: string, Origin: string, Body: string}[]} more
 */
function opened(t, ...more) {
  return { T: t, Events: [...OPENING, ...more] };
}

/**
 * A client's event.
 * @param {number} t
 * @param {string} type
 */
function event(t, type, body = "") {
  return { T: t, Type: type, Origin: "1", Body: body };
}

/** Counts its ticks; `cost` is what one takes on the test's clock. */
class Walker {
  at = 0;

  simTick() {
    this.at += 1;
  }
}

/** A clock that stands still, but for what simulating costs. */
class Clock {
  nowMs = 0;
  tickCostMs = 0;

  /** @returns {{game: object, options: SimDriverOptions}} */
  parts() {
    const tick = { simTick: () => (this.nowMs += this.tickCostMs) };
    const game = { onReset: (/** @type {Sim} */ sim) => sim.spawn(tick) };
    return { game, options: { clock: () => this.nowMs, hidden: () => false } };
  }
}

test("a driver stops at the last known tick, however much time passes", () => {
  const driver = new SimDriver({});
  driver.onAnswer(opened(3));
  for (let nowMs = 0; nowMs < 10_000; nowMs += 16) {
    driver.advance(nowMs);
    assert.ok(driver.t <= driver.lastKnown);
    assert.ok(driver.interpolation >= 0 && driver.interpolation <= 1);
  }
  assert.deepEqual([driver.t, driver.behind, driver.interpolation], [3, 0, 1]);
});

test("spawning outside a tick or event is an error that says what to do", () => {
  const driver = new SimDriver({});
  driver.onAnswer(opened(2));
  driver.catchUp();
  assert.throws(() => driver.sim.spawn(new Walker()), /spawn\(\) outside a tick or event: send an event/);
  assert.throws(() => driver.sim.despawn(1), /despawn\(\) outside a tick or event/);
  assert.equal(driver.sim.entities.length, 0);
  driver.onAnswer({ T: 3, Events: [] });
  assert.equal(driver.catchUp(), 1, "the simulation is unharmed");
});

test("what is spawned can be found before it enters", () => {
  const walker = new Walker();
  const found = /** @type {unknown[]} */ ([]);
  const driver = new SimDriver({
    onConnect: (sim) => sim.spawn(walker),
    onClientEvent: (sim) => found.push(sim.get(1), sim.entities.length),
  });
  driver.onAnswer(opened(2, event(1, "x"), event(2, "x")));
  driver.catchUp();
  assert.deepEqual(found, [walker, 0, walker, 1]);
  assert.equal(driver.sim.get(2), undefined);
});

test("an event that is sent is simulated when it comes back, not before", () => {
  const sent = /** @type {string[][]} */ ([]);
  const seen = /** @type {string[]} */ ([]);
  const transport = { send: (/** @type {string[]} */ ...event) => sent.push(event), reportHash() {} };
  const game = {
    onConnect: (/** @type {Sim} */ sim) => sim.sendEvent("hello", "from inside"),
    onClientEvent: (/** @type {Sim} */ sim, /** @type {{body: string}} */ { body }) => seen.push(body),
  };
  const driver = new SimDriver(game, { transport });
  driver.onAnswer(opened(2));
  driver.catchUp();
  driver.sendEvent("hello", "from outside");
  assert.deepEqual([sent, seen], [[["hello", "from inside"], ["hello", "from outside"]], []]);
  driver.onAnswer({ T: 3, Events: [event(3, "hello", "from inside")] });
  driver.catchUp();
  assert.deepEqual(seen, ["from inside"]);
});

test("without a transport, sending says so", () => {
  assert.throws(() => new SimDriver({}).sendEvent("x", ""), SimError);
});

test("a frame does not simulate longer than its budget", () => {
  const clock = new Clock();
  clock.tickCostMs = 3;
  const { game, options } = clock.parts();
  const driver = new SimDriver(game, { ...options, frameBudgetMs: 8 });
  driver.onAnswer(opened(1000));
  driver.advance(0);
  for (let frame = 1; frame <= 10; frame++) {
    const before = clock.nowMs;
    driver.advance(frame * 1000);
    assert.ok(clock.nowMs - before < 8 + clock.tickCostMs, `${clock.nowMs - before} ms`);
  }
  assert.ok(driver.t >= 27, "and still uses it");
});

test("while the page is hidden, answers drive the simulation within their budget", () => {
  const clock = new Clock();
  const { game, options } = clock.parts();
  let hidden = true;
  const driver = new SimDriver(game, { ...options, hidden: () => hidden, hiddenBudgetMs: 20 });
  driver.onAnswer(opened(2));
  assert.equal(driver.t, 2, "no frame was needed");
  clock.tickCostMs = 10;
  driver.onAnswer({ T: 50, Events: [] });
  assert.equal(driver.t, 4);
  hidden = false;
  driver.onAnswer({ T: 51, Events: [] });
  assert.equal(driver.t, 4, "shown, frames drive it");
});

test("shown again after 20 s, it plays on without a jump", () => {
  let hidden = false;
  const driver = new SimDriver({}, { hidden: () => hidden });
  driver.onAnswer(opened(1));
  driver.advance(0);
  driver.advance(50);
  hidden = true;
  for (let t = 2; t <= 400; t++) driver.onAnswer({ T: t, Events: [] });
  hidden = false;
  assert.equal(driver.behind, 0);
  driver.onAnswer({ T: 402, Events: [] });
  assert.equal(driver.advance(20_050), 2);
  driver.onAnswer({ T: 404, Events: [] });
  assert.equal(driver.advance(20_066), 1, "what was waited for");
  assert.equal(driver.advance(20_082), 0, "the time away is not made up again");
});

test("what a callback throws names the callback and the tick, and ends the simulation", () => {
  const cause = new Error("boom");
  const driver = new SimDriver({
    onClientEvent() {
      throw cause;
    },
  });
  driver.onAnswer(opened(5, event(3, "x")));
  assert.throws(() => driver.catchUp(), { name: "SimError", message: "onClientEvent failed at tick 3: boom", cause });
  assert.throws(() => driver.catchUp(), /stopped at an earlier error/);
  assert.throws(() => driver.advance(0) || driver.advance(60), /stopped at an earlier error/);
  assert.equal(driver.sim.t, 3);
});

test("an entity's error names its tick", () => {
  const game = { onConnect: (/** @type {Sim} */ sim) => sim.spawn({ simTick: () => assert.fail("broken") }) };
  const driver = new SimDriver(game);
  driver.onAnswer(opened(5));
  assert.throws(() => driver.catchUp(), /simTick of Object 1 failed at tick 2: broken/);
});

test("while the page is hidden, an error goes to onError", () => {
  /** @type {unknown[]} */
  const errors = [];
  const onConnect = () => assert.fail("boom");
  const driver = new SimDriver({ onConnect }, { hidden: () => true, onError: (error) => errors.push(error) });
  driver.onAnswer(opened(2));
  assert.match(String(errors), /onConnect failed at tick 1: boom/);
});

test("a new epoch begins everything anew, after an error too", () => {
  let connected = 0;
  const game = {
    onConnect(/** @type {Sim} */ sim) {
      if (++connected === 1) throw new Error("boom");
      sim.spawn(new Walker());
    },
  };
  const driver = new SimDriver(game);
  driver.onAnswer(opened(3));
  assert.throws(() => driver.catchUp());
  driver.onReset();
  assert.deepEqual([driver.t, driver.lastKnown, driver.lastHash], [0, 0, undefined]);
  driver.onAnswer(opened(3));
  assert.equal(driver.catchUp(), 3);
  assert.equal(driver.sim.entities.length, 1);
});

test("hashes go to the transport, every n-th tick", () => {
  /** @type {[number, string][]} */
  const reported = [];
  const transport = { send() {}, reportHash: (/** @type {number} */ t, /** @type {string} */ hash) => reported.push([t, hash]) };
  const driver = new SimDriver({}, { transport, hashEvery: 3 });
  driver.onAnswer(opened(7));
  driver.catchUp();
  assert.deepEqual(reported.map(([t]) => t), [3, 6]);
  assert.match(reported[0][1], /^[0-9a-f]{16}$/);
  const silent = new SimDriver({}, { transport, hashEvery: 0 });
  silent.onAnswer(opened(7));
  silent.catchUp();
  assert.equal(reported.length, 2);
});

test("the hash sees what the game feeds, and who is in the scene", () => {
  const hashOf = (/** @type {object} */ game) => {
    const driver = new SimDriver(game);
    driver.onAnswer(opened(4));
    driver.catchUp();
    return driver.lastHash?.hash;
  };
  const spawns = { onConnect: (/** @type {Sim} */ sim) => sim.spawn(new Walker()) };
  const feeds = (/** @type {number} */ x) => ({ hash: (/** @type {Sim} */ _, /** @type {any} */ hasher) => hasher.i32(x) });
  const hashes = [hashOf({}), hashOf(spawns), hashOf(feeds(1)), hashOf(feeds(2))];
  assert.equal(new Set(hashes).size, 4, String(hashes));
  assert.equal(hashOf(feeds(2)), hashes[3]);
});

test("attached to a stream, the driver is fed by it and its handlers still hear", () => {
  /** @type {string[]} */
  const heard = [];
  const stream = {
    send: (/** @type {string} */ type) => heard.push(`send ${type}`),
    reportHash: (/** @type {number} */ t) => heard.push(`hash ${t}`),
    onAnswer: (/** @type {import("../src/answer.js").Answer} */ { T }) => heard.push(`answer ${T}`),
    onReset: (/** @type {unknown} */ _) => heard.push("reset"),
  };
  const driver = new SimDriver({}).attach(stream);
  stream.onReset({ epoch: "e", reason: "joined" });
  stream.onAnswer({ ...opened(1), States: [{ T: 1, Origin: "1", Data: { x: "1" } }], ProxyId: "1" });
  driver.catchUp();
  driver.sendEvent("x", "");
  assert.deepEqual(heard, ["reset", "answer 1", "hash 1", "send x"]);
  assert.equal(driver.states[0].Data.x, "1");
});

test("started, it advances and draws until it is stopped", async () => {
  const driver = new SimDriver({}, { tickMs: 5 });
  driver.onAnswer(opened(3));
  await new Promise((done) => driver.start((/** @type {SimDriver} */ { t }) => t === 3 && done(undefined)));
  driver.stop();
  assert.equal(driver.t, 3);
});

test("started, an error stops it and goes to onError", async () => {
  const onConnect = () => assert.fail("boom");
  const error = await new Promise((onError) => {
    const driver = new SimDriver({ onConnect }, { tickMs: 5, onError });
    driver.onAnswer(opened(3));
    driver.start();
  });
  assert.match(String(error), /onConnect failed at tick 1: boom/);
});

test("saving needs the game's hooks, and says which is missing", () => {
  const spawns = { onConnect: (/** @type {Sim} */ sim) => sim.spawn(new Walker()), save: () => null, load() {} };
  const driver = new SimDriver(spawns);
  driver.onAnswer(opened(3));
  driver.catchUp();
  assert.throws(() => driver.save(), /the entity Walker has no save method/);
  assert.throws(() => new SimDriver({}).save(), /the game has no save method/);
  assert.throws(() => new SimDriver({}).load({ t: 1, seed: "1", nextId: 1, entities: [], game: null }), /no load method/);
});

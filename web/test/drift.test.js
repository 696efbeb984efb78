import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Drift, messages, ranking, SimDriver, syncTest } from "./rules-in-node.js";

const { answers, hashes } = JSON.parse(readFileSync(new URL("../../vectors/drift.json", import.meta.url), "utf8"));

/** A match that is fed by hand. */
function match() {
  const game = new Drift();
  const driver = new SimDriver(game, { hashEvery: 0 });
  let known = 0;
  return {
    game,
    driver,
    get world() { return game.world; },
    /** Plays so many ticks after these events. @param {number} ticks @param {...[string, string, string]} events */
    play(ticks, ...events) {
      const Events = events.map(([Type, Origin, Body]) => ({ T: known + 1, Type, Origin, Body }));
      if (known === 0) Events.unshift({ T: 1, Type: "_a", Origin: "_", Body: "7" });
      known += ticks;
      driver.onAnswer({ T: known, Events });
      driver.catchUp();
    },
    /** @param {string} id */
    puck(id) {
      const found = game.world.pucks.find((puck) => puck.id === id);
      assert.ok(found, `no puck of ${id}`);
      return found;
    },
  };
}

test("the rules compute the vector's hash at every tick", () => {
  /** @type {string[]} */
  const computed = [];
  const driver = new SimDriver(new Drift(), { onHash: (_t, hash) => computed.push(hash) });
  for (const answer of answers) {
    driver.onAnswer(answer);
    driver.catchUp();
  }
  assert.ok(computed.length >= 2_000);
  computed.forEach((hash, index) => assert.equal(hash, hashes[index], `tick ${index + 1}`));
  assert.equal(computed.length, hashes.length);
});

test("each tick computed twice from a saved copy is the same", () => {
  assert.equal(syncTest(() => new Drift(), answers), hashes.length);
});

test("a match plays rounds, spills sparks, and has winners", () => {
  const kinds = new Set();
  const game = new Drift();
  const driver = new SimDriver(game, { hashEvery: 0 });
  for (const answer of answers) {
    driver.onAnswer(answer);
    driver.catchUp();
    for (const { kind } of game.world.effects) kinds.add(kind);
    game.world.effects.length = 0;
  }
  assert.deepEqual([...kinds].sort(), ["boards", "bump", "dash", "join", "phase", "pickup", "post", "spill", "star"]);
  assert.ok(game.world.round >= 3);
  assert.ok(game.world.pucks.some(({ wins }) => wins > 0));
});

test("bots fill the rink up to four and make room for players", () => {
  const running = match();
  running.play(10, ["_c", "_", "1"]);
  assert.deepEqual(running.world.pucks.map(({ bot }) => bot), [false, true, true, true]);
  running.play(10, ["_c", "_", "2"], ["_c", "_", "3"], ["_c", "_", "4"], ["_c", "_", "5"]);
  assert.deepEqual(running.world.pucks.map(({ id }) => id), ["1", "2", "3", "4", "5"]);
  running.play(10, ["_d", "_", "1"], ["_d", "_", "2"]);
  assert.deepEqual(running.world.pucks.map(({ bot }) => bot), [false, false, false, true]);
});

test("a ninth player waits and takes the next free place", () => {
  const running = match();
  running.play(5, ...Array.from({ length: 10 }, (_, index) => /** @type {[string, string, string]} */ (["_c", "_", String(index + 1)])));
  assert.equal(running.world.pucks.length, 8);
  assert.deepEqual(running.world.waiting, ["9", "10"]);
  assert.deepEqual(running.world.pucks.map(({ slot }) => slot).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  running.play(5, ["_d", "_", "9"], ["_d", "_", "3"]);
  assert.deepEqual(running.world.waiting, []);
  assert.equal(running.puck("10").slot, 2);
});

test("a player who is said to have come twice has one puck", () => {
  const running = match();
  running.play(5, ["_c", "_", "1"], ["_c", "_", "1"]);
  assert.equal(running.world.pucks.filter(({ id }) => id === "1").length, 1);
});

test("a puck steers, drifts on, and stays inside the boards", () => {
  const running = match();
  running.play(70, ["_c", "_", "1"], ["steer", "1", "16,0"]);
  const before = running.puck("1").vx;
  assert.ok(before > 0);
  running.play(3, ["steer", "1", "0,0"]);
  const after = running.puck("1").vx;
  assert.ok(after > 0 && after < before, "it glides, ever slower");
  for (let ticks = 0; ticks < 400; ticks += 1) {
    running.play(1, ["steer", "1", ticks % 80 < 40 ? "11,11" : "-16,0"]);
    const { x, y } = running.puck("1");
    assert.ok(Math.abs(x) <= 24 * 65536 && Math.abs(y) <= 15 * 65536);
  }
});

test("a dash goes where one steers and then has to load", () => {
  const running = match();
  running.play(65, ["_c", "_", "1"], ["dash", "1", ""]);
  assert.equal(running.puck("1").dash, 0, "no dash in the countdown or without a direction");
  running.play(1, ["steer", "1", "0,-16"], ["dash", "1", ""]);
  const { vy, dash } = running.puck("1");
  assert.ok(vy < -0.6 * 65536);
  assert.ok(dash > 40);
});

test("equal scores share a place", () => {
  const running = match();
  running.play(5, ["_c", "_", "1"]);
  running.world.pucks.forEach((puck, index) => { puck.score = [5, 9, 9, 1][index]; });
  assert.deepEqual(ranking(running.world).map(({ place }) => place), [1, 1, 3, 4]);
});

test("steering is two whole numbers within the disc", () => {
  for (const [body, expected] of /** @type {[string, [number, number] | null][]} */ ([
    ["0,0", [0, 0]], ["-0,-0", [0, 0]], ["16,0", [16, 0]], ["-11,11", [-11, 11]], ["08,00", [8, 0]],
    ["16,1", null], ["17,0", null], ["1,2,3", null], ["1.0,0", null], ["", null], ["1,2\n", null], ["+1,0", null], [" 1,0", null],
  ])) {
    assert.deepEqual(messages.parseSteer(body), expected, JSON.stringify(body));
  }
});

test("a name has 1 to 16 visible code points", () => {
  for (const good of ["A", "Grace Hopper", "日本の氷", "🐧".repeat(16), "<b>x</b>"]) assert.equal(messages.parseName(good), good);
  for (const bad of ["", "seventeen letters", "🐧".repeat(17), "a\nb", "\u202eevil", "a\u200bb", "\u0085", "\ufeff", "\ud83d"]) {
    assert.equal(messages.parseName(bad), null, JSON.stringify(bad));
  }
});

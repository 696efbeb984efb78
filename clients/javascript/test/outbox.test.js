import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../src/outbox.js";

/** @param {number} n */
function filled(n) {
  const outbox = new Outbox();
  for (let i = 1; i <= n; i++) assert.ok(outbox.push({ type: "a", body: String(i) }));
  return outbox;
}

/** @param {{ body: string }[]} events */
const bodies = (events) => events.map(({ body }) => body);

test("numbers stay with their events", () => {
  const outbox = filled(5);
  outbox.align(0);
  outbox.acknowledge(2);
  assert.deepEqual([outbox.written, outbox.last], [2, 5]);
  assert.deepEqual(bodies(outbox.batch(3)), ["4", "5"]);
  assert.deepEqual(bodies(outbox.batch(2, 1)), ["3"]);
  assert.equal(outbox.acknowledge(1), false, "an old answer is no news");
  assert.equal(outbox.written, 2);
  outbox.dropFirst();
  assert.deepEqual(bodies(outbox.batch(2)), ["4", "5"]);
  outbox.align(9);
  assert.deepEqual([outbox.written, outbox.length], [9, 0], "another life sent more");
  outbox.push({ type: "a", body: "6" });
  outbox.align(0);
  assert.deepEqual(bodies(outbox.batch(0)), ["6"], "a server that forgot gets it as the first");
});

test("what was never sent is not taken for what the server has", () => {
  const outbox = filled(2);
  outbox.align(7);
  assert.deepEqual(bodies(outbox.batch(7)), ["1", "2"]);
  outbox.align(8);
  assert.deepEqual(bodies(outbox.batch(8)), ["2"]);
  outbox.restore(3, [{ type: "a", body: "4" }], true);
  outbox.align(4);
  assert.equal(outbox.length, 0);
  outbox.restore(0, [{ type: "a", body: "1" }], false);
  outbox.align(4);
  assert.equal(outbox.length, 1);
});

test("a message and the whole are bounded", () => {
  assert.equal(filled(150).batch(0).length, 100);
  const outbox = filled(1_000);
  assert.equal(outbox.push({ type: "", body: "" }), false);
  assert.equal(outbox.clear(), 1_000);
  const big = { type: "", body: "x".repeat(64 * 1024 - 10) };
  for (let i = 0; i < 4; i++) assert.ok(outbox.push(big));
  assert.equal(outbox.push(big), false);
  assert.equal(outbox.batch(0).length, 1);
});

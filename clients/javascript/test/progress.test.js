import assert from "node:assert/strict";
import { test } from "node:test";
import { Identity } from "../src/identity.js";
import { Progress } from "../src/progress.js";

/**
 * @param {number} T
 * @param {number[]} stamps
 * @param {object} [more]
 * @returns {import("../src/answer.js").Answer}
 */
function answer(T, stamps, more = {}) {
  const Events = stamps.map((stamp) => ({ T: stamp, Type: "a", Origin: "1", Body: "" }));
  return { T, Events, States: [], ProxyId: "1", ...more };
}

function joined() {
  const progress = new Progress(new Identity("server stream", "new", null));
  const reset = progress.begin("", answer(4, [], { Epoch: "E", Seq: 0 }));
  assert.deepEqual(reset, { epoch: "E", reason: "joined", dropped: 0 });
  progress.advance(answer(4, [1]));
  return progress;
}

test("a connection opened beside another leaves out what that one brought", () => {
  const progress = joined();
  progress.advance(answer(6, [5, 6]));
  const news = progress.advance(answer(7, [5, 6, 7]));
  assert.deepEqual(news?.Events.map(({ T }) => T), [7]);
  assert.equal(progress.advance(answer(6, [5, 6])), undefined, "older than what is known");
  assert.equal(progress.lastKnownTick, 7);
});

test("another epoch than asked for is not believed, and a new one voids what was", () => {
  const progress = joined();
  const first = answer(0, [], { Epoch: "F", Seq: 0 });
  assert.throws(() => progress.begin("E", first), { code: "bad_answer" });
  assert.throws(() => progress.begin("", answer(0, [])), { code: "bad_answer" });
  progress.identity.outbox.push({ type: "a", body: "" });
  progress.startOver("epoch_changed");
  assert.equal(progress.lastKnownTick, 0);
  assert.deepEqual(progress.begin("", first), { epoch: "F", reason: "epoch_changed", dropped: 1 });
});

test("a count above one's own means that somebody else has this id", () => {
  assert.equal(joined().acknowledge(answer(5, [], { Seq: 1 }))?.remedy, "renew_identity");
});

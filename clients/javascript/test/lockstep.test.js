import assert from "node:assert/strict";
import test from "node:test";
import { Lockstep, LockstepError } from "../src/index.js";
import { golden } from "./golden.js";

/** @import { Answer } from "../src/answer.js" */

const { requests, errors } = golden("lockstep.json");
/** An opened stream, so that tests begin where it matters. */
const OPENED = { T: 1, Events: [{ T: 1, Type: "_a", Origin: "_", Body: "1" }] };

/**
 * Pushes one answer after the other and takes all requests after each.
 * @param {Lockstep} lockstep
 * @param {Answer[]} answers
 */
function* play(lockstep, answers) {
  for (const answer of answers) {
    lockstep.push(answer);
    for (let request = lockstep.next(); request; request = lockstep.next()) {
      assert.ok(lockstep.t <= lockstep.lastKnown);
      yield request.kind === "reset" ? { ...request, seed: request.seed.toString() } : { ...request };
    }
  }
}

for (const { name, answers, requests: expected } of requests) {
  test(name, () => assert.deepEqual([...play(new Lockstep(), answers)], expected));
}

for (const { name, answers, requests: expected, error } of errors) {
  test(`refused: ${name}`, () => {
    const lockstep = new Lockstep();
    /** @type {object[]} */
    const played = [];
    assert.throws(
      () => {
        for (const request of play(lockstep, answers)) played.push(request);
      },
      (thrown) => thrown instanceof LockstepError && thrown.code === error,
    );
    assert.deepEqual(played, expected);
    assert.equal(lockstep.next(), undefined, "nothing of the refused answer was taken");
  });
}

test("it never passes the last known tick", () => {
  const lockstep = new Lockstep();
  lockstep.push(OPENED);
  lockstep.push({ T: 3, Events: [] });
  const ticks = [];
  for (let request = lockstep.next(); request; request = lockstep.next()) ticks.push(request.t);
  assert.deepEqual(ticks, [1, 1, 2, 3]);
  assert.deepEqual([lockstep.t, lockstep.lastKnown, lockstep.behind], [3, 3, 0]);
  assert.equal(lockstep.next(), undefined);
});

test("a new epoch begins at tick 0 again", () => {
  const lockstep = new Lockstep();
  lockstep.push({ T: 9, Events: OPENED.Events });
  lockstep.next();
  lockstep.reset();
  assert.deepEqual([lockstep.t, lockstep.lastKnown, lockstep.next()], [0, 0, undefined]);
  lockstep.push(OPENED);
  assert.equal(lockstep.next()?.kind, "reset");
});

test("skipping to a saved tick leaves out what came before", () => {
  const lockstep = new Lockstep();
  const event = (/** @type {number} */ t) => ({ T: t, Type: "x", Origin: "1", Body: String(t) });
  lockstep.push({ T: 6, Events: [...OPENED.Events, event(3), event(5)] });
  lockstep.skipTo(4);
  assert.deepEqual(lockstep.next(), { kind: "event", t: 5, type: "x", origin: "1", body: "5" });
  assert.deepEqual(lockstep.next(), { kind: "tick", t: 5 });
  assert.throws(() => lockstep.skipTo(4), { code: "passed" });
});

test("a saved simulation may be ahead of every answer", () => {
  const lockstep = new Lockstep();
  lockstep.skipTo(100);
  lockstep.push({ T: 101, Events: [{ T: 101, Type: "x", Origin: "1", Body: "" }] });
  assert.deepEqual([lockstep.next()?.kind, lockstep.next()], ["event", { kind: "tick", t: 101 }]);
});

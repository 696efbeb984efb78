import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";

test("waits double up to the cap, with jitter, and begin anew after a good connection", () => {
  for (const [draw, share] of [[0, 0.5], [1 - Number.EPSILON, 1]]) {
    const backoff = new Backoff(() => /** @type {number} */ (draw));
    const waits = Array.from({ length: 7 }, () => Math.round(backoff.next()));
    assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map((step) => step * /** @type {number} */ (share)));
    backoff.reset();
    assert.ok(backoff.next() <= 250);
  }
});

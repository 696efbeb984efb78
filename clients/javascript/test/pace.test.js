import assert from "node:assert/strict";
import test from "node:test";
import { Pace } from "../src/index.js";
import { golden } from "./golden.js";

for (const { name, tick_ms: tickMs, frames } of golden("pace.json").paces) {
  test(name, () => {
    const pace = new Pace(tickMs);
    let behind = 0;
    for (const [nowMs, arrived, expected, interpolation] of frames) {
      behind += arrived;
      pace.advance(nowMs, behind);
      let played = 0;
      for (; pace.take(behind); behind -= 1) played += 1;
      assert.deepEqual([played, Math.round(pace.interpolation * 1e9)], [expected, interpolation], `at ${nowMs} ms`);
      assert.ok(pace.interpolation >= 0 && pace.interpolation <= 1);
    }
  });
}

/**
 * How long a game that is `behind` ticks late needs until it is at most four behind, at 60 frames a second
 * while a tick is announced every 50 ms.
 * @param {number} behind
 */
function catchUpMs(behind) {
  const pace = new Pace(50);
  pace.advance(0, behind);
  for (let frame = 1; ; frame++) {
    if (frame % 3 === 0) behind += 1;
    pace.advance((frame * 1000) / 60, behind);
    while (pace.take(behind)) behind -= 1;
    if (behind <= 4) return (frame * 1000) / 60;
  }
}

test("after 20 s away a game is at the head within a second", () => {
  assert.ok(catchUpMs(400) < 1000, String(catchUpMs(400)));
});

test("after an hour away it takes a second more, where the machine is fast enough", () => {
  assert.ok(catchUpMs(72_000) < 2000, String(catchUpMs(72_000)));
});

test("a tick without length is refused", () => {
  assert.throws(() => new Pace(0), RangeError);
});

import assert from "node:assert/strict";
import test from "node:test";
import { fixed } from "../src/index.js";
import { golden } from "./golden.js";

const vectors = golden("fixed.json");

/** @type {[string, (...args: number[]) => number][]} */
const functions = [
  ["mul", fixed.mul],
  ["div", fixed.div],
  ["hypot", fixed.hypot],
  ["sqrt", fixed.sqrt],
  ["sin", fixed.sin],
  ["cos", fixed.cos],
  ["from_int", fixed.fromInt],
  ["to_int", fixed.toInt],
  ["floor", fixed.floor],
  ["round", fixed.round],
];

for (const [name, call] of functions) {
  test(`${name} gives Rust's bits`, () => {
    for (const [...args] of vectors[name]) {
      const expected = args.pop();
      // Object.is: a result of -0 would spread.
      assert.ok(Object.is(call(...args), expected), `${name}(${args}) is ${call(...args)}, not ${expected}`);
    }
  });
}

test("every vector is tried", () => {
  assert.deepEqual(Object.keys(vectors), functions.map(([name]) => name));
});

test("what has no result is said", () => {
  assert.throws(() => fixed.div(fixed.ONE, 0), /divided by zero/);
  assert.throws(() => fixed.ratio(1, 0), /divided by zero/);
  assert.throws(() => fixed.sqrt(-1), /square root of -1/);
});

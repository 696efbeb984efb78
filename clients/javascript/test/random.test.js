import assert from "node:assert/strict";
import test from "node:test";
import { Random, Seed } from "../src/index.js";
import { golden } from "./golden.js";

const { numbers, bad_seeds: badSeeds } = golden("random.json");

test("random numbers are the ones that Rust draws", () => {
  for (const { seed, t, u32, below, range, fixed01 } of numbers) {
    const random = new Random(Seed.parse(seed), t);
    for (const expected of u32) assert.equal(random.nextU32(), expected, `seed ${seed}, tick ${t}`);
    for (const [n, expected] of below) assert.equal(random.below(n), expected, `below(${n}), seed ${seed}, tick ${t}`);
    for (const [lo, hi, expected] of range) assert.equal(random.range(lo, hi), expected, `range(${lo}, ${hi}), seed ${seed}`);
    for (const expected of fixed01) assert.equal(random.fixed01(), expected, `seed ${seed}, tick ${t}`);
  }
});

test("a seed keeps all its 64 bits", () => {
  for (const { seed } of numbers) assert.equal(Seed.parse(seed).toString(), seed);
});

test("what is no decimal number below 2^64 is no seed", () => {
  for (const body of badSeeds) assert.throws(() => Seed.parse(body), RangeError, JSON.stringify(body));
});

test("a new key forgets what was drawn", () => {
  const seed = Seed.parse("42");
  const used = new Random(seed, 6);
  for (let i = 0; i < 100; i++) used.nextU32();
  used.rekey(seed, 7);
  assert.equal(used.nextU32(), new Random(seed, 7).nextU32());
});

test("bounds that make no sense are refused", () => {
  const random = new Random(new Seed(0, 1), 1);
  for (const n of [0, -1, 1.5, NaN, 2 ** 32]) assert.throws(() => random.below(n), RangeError, `below(${n})`);
  for (const [lo, hi] of [[1, 1], [2, 1], [0.5, 3], [0, 2 ** 31]]) {
    assert.throws(() => random.range(lo, hi), RangeError, `range(${lo}, ${hi})`);
  }
});

test("each number below six is as likely as the others", () => {
  const random = new Random(new Seed(0, 5), 1);
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 60_000; i++) counts[random.below(6)] += 1;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, String(counts));
});

import assert from "node:assert/strict";
import test from "node:test";
import { Hasher } from "../src/index.js";
import { golden } from "./golden.js";

/**
 * @param {Hasher} hasher
 * @param {["i32" | "bool" | "str", any][]} take
 */
function feed(hasher, take) {
  for (const [method, value] of take) hasher[method](value);
}

test("hashes are the ones that Rust computes", () => {
  for (const { take, hex } of golden("hash.json").hashes) {
    const hasher = new Hasher();
    feed(hasher, take);
    assert.equal(hasher.hex(), hex, JSON.stringify(take));
  }
});

test("a hasher that begins anew has forgotten everything", () => {
  const hasher = new Hasher();
  hasher.str("before");
  hasher.reset();
  assert.equal(hasher.hex(), new Hasher().hex());
});

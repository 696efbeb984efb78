import assert from "node:assert/strict";
import test from "node:test";
import { Hasher } from "../src/index.js";
import { golden } from "./golden.js";

/**
 * @param {Hasher} hasher
 * @param {[string, any][]} take
 */
function feed(hasher, take) {
  for (const [method, value] of take) {
    if (method === "i32") hasher.i32(value);
    else if (method === "bool") hasher.bool(value);
    else if (method === "str") hasher.str(value);
    else assert.fail(method);
  }
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

// The golden vectors in vectors/, made by the Rust tests (crates/stadion-client/tests/vectors).

import { readFileSync } from "node:fs";

/**
 * @param {string} name
 * @returns {any}
 */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${name}`, import.meta.url), "utf8"));
}

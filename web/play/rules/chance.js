/**
 * A whole number from 0 up to but not including n. The remainder is a little uneven, by less than
 * n / 2^32, and the same everywhere.
 * @param {import("./actors.js").Sim} sim
 * @param {number} n
 * @returns {number}
 */
export function below(sim, n) {
  return (sim.random.nextU32() >>> 0) % n;
}

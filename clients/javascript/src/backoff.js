const FIRST_MS = 250;
/** Long enough to leave a server that struggles alone, short enough for a player who waits. */
const CAP_MS = 5_000;

/**
 * How long to wait before the next attempt: doubling, capped, and with jitter, so that a server that
 * restarts is not met by all its clients in the same instant.
 */
export class Backoff {
  #random;
  #failures = 0;

  /** @param {() => number} [random] 0 ≤ x < 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** A connection held: the next failure is a first one. */
  reset() {
    this.#failures = 0;
  }

  /** @returns {number} milliseconds, between half of the step and the whole of it */
  next() {
    const step = Math.min(CAP_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return step / 2 + (step / 2) * this.#random();
  }
}

// When to play the next tick: the stream's own speed, faster when too far behind.
//
// A game that just reached the last known tick waits for the next one there; that wait is the
// buffer it has from then on. It shrinks by itself: while a whole second never came closer than two ticks
// to the end, the game runs a little fast.

/** More ticks behind than this are caught up. */
const CATCH_UP_ABOVE = 4;
/** Catching up, the distance shrinks by half about every 70 ms at 50 ms a tick. */
const CATCH_UP_TICKS = 2;
/** How long the least distance is watched before a surplus counts. */
const SURPLUS_WINDOW_MS = 1000;
/** From this distance at its least, the game could be closer. */
const SURPLUS_TICKS = 2;
/** How fast it then runs; too little to be seen. */
const SURPLUS_RATE = 1.05;

/** Counts due ticks by the caller's clock. */
export class Pace {
  #tickMs;
  /** @type {number | undefined} */
  #lastMs;
  /** Ticks that are due, with the fraction that has passed of the next one. */
  #due = 0;
  #windowMs = 0;
  #leastBehind = Infinity;
  #surplus = false;

  /** @param {number} tickMs the stream's tick */
  constructor(tickMs) {
    if (!(tickMs > 0)) throw new RangeError(`a tick of ${tickMs} ms`);
    this.#tickMs = tickMs;
  }

  /**
   * Lets time pass until `nowMs`.
   * @param {number} nowMs of any clock that does not go backwards
   * @param {number} behind how many ticks could be played
   */
  advance(nowMs, behind) {
    const elapsed = this.#lastMs === undefined ? 0 : Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#watchSurplus(elapsed, behind);
    this.#due += (elapsed / this.#tickMs) * this.#rate(behind);
  }

  /**
   * Whether to play one tick now; if so, it counts as played.
   * @param {number} behind how many ticks could be played
   */
  take(behind) {
    if (behind <= 0) {
      this.settle();
      return false;
    }
    if (this.#due < 1) return false;
    this.#due -= 1;
    return true;
  }

  /** Gives up what is due beyond one tick: the frame's time is used up, or there is nothing to play. */
  settle() {
    this.#due = Math.min(this.#due, 1);
  }

  /** How far the time between the last tick and the next one has passed, 0 to 1. */
  get interpolation() {
    return Math.min(this.#due, 1);
  }

  /** @param {number} behind */
  #rate(behind) {
    if (behind > CATCH_UP_ABOVE) return 1 + (behind - CATCH_UP_ABOVE) / CATCH_UP_TICKS;
    return this.#surplus ? SURPLUS_RATE : 1;
  }

  /**
   * @param {number} elapsed
   * @param {number} behind
   */
  #watchSurplus(elapsed, behind) {
    this.#leastBehind = Math.min(this.#leastBehind, behind);
    if (behind < SURPLUS_TICKS) this.#surplus = false;
    this.#windowMs += elapsed;
    if (this.#windowMs < SURPLUS_WINDOW_MS) return;
    this.#surplus = this.#leastBehind >= SURPLUS_TICKS;
    this.#windowMs = 0;
    this.#leastBehind = behind;
  }
}

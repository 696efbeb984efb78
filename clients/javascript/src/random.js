// Random numbers of a simulation: sfc32, keyed anew for each tick (docs/random.md).
// Only 32-bit arithmetic, so the Rust client computes the same numbers.

/** What `_a` gives the simulation: 64 bits as two unsigned halves. */
export class Seed {
  /**
   * @param {number} hi
   * @param {number} lo
   */
  constructor(hi, lo) {
    this.hi = hi >>> 0;
    this.lo = lo >>> 0;
  }

  /**
   * Reads the body of `_a`: a decimal number below 2^64.
   * @param {string} body
   * @returns {Seed}
   * @throws {RangeError} for anything else
   */
  static parse(body) {
    if (!/^[0-9]{1,20}$/.test(body)) throw new RangeError(`the seed ${JSON.stringify(body)} is not a decimal number`);
    const value = BigInt(body);
    if (value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`the seed ${body} needs more than 64 bits`);
    return new Seed(Number(value >> 32n), Number(value & 0xffff_ffffn));
  }

  /** The decimal number again. */
  toString() {
    return ((BigInt(this.hi) << 32n) | BigInt(this.lo)).toString();
  }
}

/** How often the generator runs after a new key, so that neighbouring ticks have nothing in common. */
const WARM_UP = 15;

/** The generator sfc32 (Chris Doty-Humphrey, PractRand). */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;

  /**
   * @param {Seed} seed
   * @param {number} tick
   */
  constructor(seed, tick) {
    this.rekey(seed, tick);
  }

  /**
   * Begins the numbers of one tick. What was drawn before has no influence on them.
   * @param {Seed} seed
   * @param {number} tick a whole number from 0 to 2^53 - 1
   */
  rekey(seed, tick) {
    this.#a = seed.lo | 0;
    this.#b = seed.hi | 0;
    this.#c = tick | 0;
    this.#counter = ((tick / 0x1_0000_0000) | 0) + 1;
    for (let i = 0; i < WARM_UP; i++) this.nextU32();
  }

  /**
   * The next 32 random bits.
   * @returns {number} 0 to 2^32 - 1
   */
  nextU32() {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /**
   * A number below `n`, each equally likely: numbers that would favour some are drawn again.
   * `below(1)` is 0 and draws nothing.
   * @param {number} n 1 to 2^32 - 1
   * @returns {number}
   * @throws {RangeError} for any other `n`
   */
  below(n) {
    if (!(n >= 1 && n <= 0xffff_ffff && Number.isInteger(n))) throw new RangeError(`below(${n}): not a whole number from 1 to 2^32 - 1`);
    if (n === 1) return 0;
    const shift = Math.clz32(n - 1);
    for (;;) {
      const value = this.nextU32() >>> shift;
      if (value < n) return value;
    }
  }

  /**
   * A whole number from `lo` to just below `hi`, each equally likely.
   * @param {number} lo -2^31 to 2^31 - 1
   * @param {number} hi greater than `lo`, to 2^31 - 1
   * @returns {number}
   * @throws {RangeError} for bounds that are not so
   */
  range(lo, hi) {
    if ((lo | 0) !== lo || (hi | 0) !== hi || lo >= hi) throw new RangeError(`range(${lo}, ${hi}): not two 32-bit whole numbers, the smaller first`);
    return (lo + this.below(hi - lo)) | 0;
  }

  /**
   * A fixed-point number from 0 to just below 1.
   * @returns {number} 16.16
   */
  fixed01() {
    return this.nextU32() >>> 16;
  }
}

// The hash of a simulation's state: two 32-bit lanes of MurmurHash3's step with different
// constants (docs/random.md). It finds differences; it does not stop anyone who wants to cheat.

/** Takes 32-bit words and strings, gives 16 hexadecimal digits. */
export class Hasher {
  #a = 0;
  #b = 0;
  #words = 0;

  /** Begins anew. */
  reset() {
    this.#a = 0;
    this.#b = 0;
    this.#words = 0;
  }

  /**
   * Takes a 32-bit whole number, signed or not; fixed-point numbers too.
   * @param {number} x
   */
  i32(x) {
    let k = Math.imul(x, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    this.#a ^= Math.imul(k, 0x1b873593);
    this.#a = (this.#a << 13) | (this.#a >>> 19);
    this.#a = (Math.imul(this.#a, 5) + 0xe6546b64) | 0;

    k = Math.imul(x, 0xab0e9789);
    k = (k << 16) | (k >>> 16);
    this.#b ^= Math.imul(k, 0x38b34ae5);
    this.#b = (this.#b << 17) | (this.#b >>> 15);
    this.#b = (Math.imul(this.#b, 5) + 0x0bcaa747) | 0;

    this.#words = (this.#words + 1) | 0;
  }

  /**
   * Takes `true` as 1, `false` as 0.
   * @param {boolean} x
   */
  bool(x) {
    this.i32(x ? 1 : 0);
  }

  /**
   * Takes a string: its length in UTF-16 units, then each unit.
   * @param {string} text
   */
  str(text) {
    this.i32(text.length);
    for (let i = 0; i < text.length; i++) this.i32(text.charCodeAt(i));
  }

  /**
   * The hash of what was taken so far; more may follow.
   * @returns {string} 16 hexadecimal digits
   */
  hex() {
    let a = this.#a ^ this.#words;
    let b = this.#b ^ this.#words;
    a = (a + b) | 0;
    b = (b + a) | 0;
    a = finish(a);
    b = finish(b);
    a = (a + b) | 0;
    b = (b + a) | 0;
    return hex8(a) + hex8(b);
  }
}

/** @param {number} h */
function finish(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** @param {number} x */
function hex8(x) {
  return (x >>> 0).toString(16).padStart(8, "0");
}

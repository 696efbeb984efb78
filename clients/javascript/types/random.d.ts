/** What `_a` gives the simulation: 64 bits as two unsigned halves. */
export declare class Seed {
    hi: number;
    lo: number;
    /**
     * @param {number} hi
     * @param {number} lo
     */
    constructor(hi: number, lo: number);
    /**
     * Reads the body of `_a`: a decimal number below 2^64.
     * @param {string} body
     * @returns {Seed}
     * @throws {RangeError} for anything else
     */
    static parse(body: string): Seed;
    /** The decimal number again. */
    toString(): string;
}
/** The generator sfc32 (Chris Doty-Humphrey, PractRand). */
export declare class Random {
    #private;
    /**
     * @param {Seed} seed
     * @param {number} tick
     */
    constructor(seed: Seed, tick: number);
    /**
     * Begins the numbers of one tick. What was drawn before has no influence on them.
     * @param {Seed} seed
     * @param {number} tick a whole number from 0 to 2^53 - 1
     */
    rekey(seed: Seed, tick: number): void;
    /**
     * The next 32 random bits.
     * @returns {number} 0 to 2^32 - 1
     */
    nextU32(): number;
    /**
     * A number below `n`, each equally likely: numbers that would favour some are drawn again.
     * `below(1)` is 0 and draws nothing.
     * @param {number} n 1 to 2^32 - 1
     * @returns {number}
     * @throws {RangeError} for any other `n`
     */
    below(n: number): number;
    /**
     * A whole number from `lo` to just below `hi`, each equally likely.
     * @param {number} lo -2^31 to 2^31 - 1
     * @param {number} hi greater than `lo`, to 2^31 - 1
     * @returns {number}
     * @throws {RangeError} for bounds that are not so
     */
    range(lo: number, hi: number): number;
    /**
     * A fixed-point number from 0 to just below 1.
     * @returns {number} 16.16
     */
    fixed01(): number;
}

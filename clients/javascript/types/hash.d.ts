/** Takes 32-bit words and strings, gives 16 hexadecimal digits. */
export declare class Hasher {
    #private;
    /** Begins anew. */
    reset(): void;
    /**
     * Takes a 32-bit whole number, signed or not; fixed-point numbers too.
     * @param {number} x
     */
    i32(x: number): void;
    /**
     * Takes `true` as 1, `false` as 0.
     * @param {boolean} x
     */
    bool(x: boolean): void;
    /**
     * Takes a string: its length in UTF-16 units, then each unit.
     * @param {string} text
     */
    str(text: string): void;
    /**
     * The hash of what was taken so far; more may follow.
     * @returns {string} 16 hexadecimal digits
     */
    hex(): string;
}

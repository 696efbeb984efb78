/** 1 as a fixed-point number; as an angle a whole turn. */
export declare const ONE = 65536;
/** One half; as an angle half a turn. */
export declare const HALF = 32768;
/**
 * @param {number} n a whole number, -32768 to 32767
 * @returns {number} 16.16
 */
export declare function fromInt(n: number): number;
/**
 * The fixed-point number nearest to n / d on the side of zero: `ratio(1, 3)`.
 * @param {number} n a whole number
 * @param {number} d a whole number, not 0
 * @returns {number} 16.16
 */
export declare function ratio(n: number, d: number): number;
/**
 * The whole part, toward zero.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export declare function toInt(x: number): number;
/**
 * The greatest whole number that is not above `x`.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export declare function floor(x: number): number;
/**
 * The nearest whole number, halves upward.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export declare function round(x: number): number;
/**
 * @param {number} a 16.16
 * @param {number} b 16.16
 * @returns {number} 16.16
 */
export declare function mul(a: number, b: number): number;
/**
 * @param {number} a 16.16
 * @param {number} b 16.16, not 0
 * @returns {number} 16.16
 * @throws {RangeError} if `b` is 0
 */
export declare function div(a: number, b: number): number;
/**
 * The square root, rounded down.
 * @param {number} x 16.16, not negative
 * @returns {number} 16.16
 * @throws {RangeError} if `x` is negative
 */
export declare function sqrt(x: number): number;
/**
 * The length of the vector (x, y), rounded down. Exact also where `mul(x, x)` would no longer fit;
 * a length of 32768 or more wraps around.
 * @param {number} x 16.16
 * @param {number} y 16.16
 * @returns {number} 16.16
 */
export declare function hypot(x: number, y: number): number;
/**
 * @param {number} angle 16.16, in turns: `ONE` is a full circle, any number of them is fine
 * @returns {number} 16.16, -ONE to ONE
 */
export declare function sin(angle: number): number;
/**
 * @param {number} angle 16.16, in turns: `ONE` is a full circle, any number of them is fine
 * @returns {number} 16.16, -ONE to ONE
 */
export declare function cos(angle: number): number;

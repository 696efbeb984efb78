// Fixed-point numbers for simulations: 16.16, a 32-bit whole number that counts 65536ths.
// The same bits as the Rust client's on every engine: no floating-point number takes part in a result.
//
// Addition and subtraction are the plain ones, followed by `| 0`. Results that do not fit 32 bits
// wrap around; `mul`, `div`, `ratio` and `toInt` round toward zero, so they treat both directions alike.

import { QUARTER_WAVE } from "./sine-table.js";

/** 1 as a fixed-point number; as an angle a whole turn. */
export const ONE = 0x1_0000;
/** One half; as an angle half a turn. */
export const HALF = 0x8000;

/**
 * @param {number} n a whole number, -32768 to 32767
 * @returns {number} 16.16
 */
export function fromInt(n) {
  return n << 16;
}

/**
 * The fixed-point number nearest to n / d on the side of zero: `ratio(1, 3)`.
 * @param {number} n a whole number
 * @param {number} d a whole number, not 0
 * @returns {number} 16.16
 */
export function ratio(n, d) {
  return div(n, d);
}

/**
 * The whole part, toward zero.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export function toInt(x) {
  return (x + ((x >> 31) & 0xffff)) >> 16;
}

/**
 * The greatest whole number that is not above `x`.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export function floor(x) {
  return x >> 16;
}

/**
 * The nearest whole number, halves upward.
 * @param {number} x 16.16
 * @returns {number} a whole number
 */
export function round(x) {
  return (x + HALF) >> 16;
}

/**
 * @param {number} a 16.16
 * @param {number} b 16.16
 * @returns {number} 16.16
 */
export function mul(a, b) {
  const ua = Math.abs(a);
  const ub = Math.abs(b);
  const aHigh = ua >>> 16;
  const aLow = ua & 0xffff;
  const bHigh = ub >>> 16;
  const bLow = ub & 0xffff;
  const product =
    (Math.imul(aHigh, bHigh) << 16) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh) + (Math.imul(aLow, bLow) >>> 16);
  return (a ^ b) < 0 ? -product | 0 : product | 0;
}

/**
 * @param {number} a 16.16
 * @param {number} b 16.16, not 0
 * @returns {number} 16.16
 * @throws {RangeError} if `b` is 0
 */
export function div(a, b) {
  if (b === 0) throw new RangeError(`${a} divided by zero`);
  const ua = Math.abs(a);
  const ub = Math.abs(b);
  let quotient = (ua / ub) | 0;
  let rest = ua % ub;
  // Sixteen more binary digits, as on paper. The rest stays below 2^32, its double does not lose a bit.
  for (let i = 0; i < 16; i++) {
    rest *= 2;
    quotient <<= 1;
    if (rest >= ub) {
      rest -= ub;
      quotient |= 1;
    }
  }
  return (a ^ b) < 0 ? -quotient | 0 : quotient;
}

/**
 * The square root, rounded down.
 * @param {number} x 16.16, not negative
 * @returns {number} 16.16
 * @throws {RangeError} if `x` is negative
 */
export function sqrt(x) {
  if (x < 0) throw new RangeError(`the square root of ${x}`);
  return root(x >>> 16, x << 16);
}

/**
 * The length of the vector (x, y), rounded down. Exact also where `mul(x, x)` would no longer fit;
 * a length of 32768 or more wraps around.
 * @param {number} x 16.16
 * @param {number} y 16.16
 * @returns {number} 16.16
 */
export function hypot(x, y) {
  const xLow = squareLow(x);
  const yLow = squareLow(y);
  const low = (xLow + yLow) >>> 0;
  const carry = low < xLow ? 1 : 0;
  return root((squareHigh(x) + squareHigh(y) + carry) >>> 0, low);
}

/**
 * @param {number} angle 16.16, in turns: `ONE` is a full circle, any number of them is fine
 * @returns {number} 16.16, -ONE to ONE
 */
export function sin(angle) {
  const quadrant = (angle >> 14) & 3;
  const within = angle & 0x3fff;
  const along = quadrant & 1 ? 0x4000 - within : within;
  const value = quarterWave(along);
  return quadrant & 2 ? -value | 0 : value;
}

/**
 * @param {number} angle 16.16, in turns: `ONE` is a full circle, any number of them is fine
 * @returns {number} 16.16, -ONE to ONE
 */
export function cos(angle) {
  return sin((angle + 0x4000) | 0);
}

/**
 * The sine in the first quarter of a turn, by straight lines between the table's 257 points.
 * @param {number} along 0 to 0x4000
 */
function quarterWave(along) {
  const i = along >> 6;
  const from = QUARTER_WAVE[i];
  if (i === 256) return from;
  return from + (((QUARTER_WAVE[i + 1] - from) * (along & 63) + 32) >> 6);
}

/**
 * The whole square root of a 64-bit number, digit by digit. Rest and root stay far below 2^53.
 * @param {number} high its upper 32 bits
 * @param {number} low its lower 32 bits
 * @returns {number} as a signed 32-bit number
 */
function root(high, low) {
  let rest = 0;
  let result = 0;
  for (let i = 0; i < 32; i++) {
    rest = rest * 4 + (high >>> 30);
    high = (high << 2) | (low >>> 30);
    low <<= 2;
    const trial = result * 4 + 1;
    result *= 2;
    if (rest >= trial) {
      rest -= trial;
      result += 1;
    }
  }
  return result | 0;
}

/**
 * The lower 32 bits of x * x.
 * @param {number} x
 */
function squareLow(x) {
  return Math.imul(x, x) >>> 0;
}

/**
 * The upper 32 bits of x * x.
 * @param {number} x
 */
function squareHigh(x) {
  const ux = Math.abs(x);
  const high = ux >>> 16;
  const low = ux & 0xffff;
  // 2 * high * low < 2^33: its lower 16 bits meet low * low, the rest belongs to the upper half.
  const middle = high * low * 2;
  const carry = (middle % 0x1_0000) * 0x1_0000 + low * low >= 0x1_0000_0000 ? 1 : 0;
  return (high * high + Math.floor(middle / 0x1_0000) + carry) >>> 0;
}

// What players send, checked inside the simulation: a client can send anything, and every
// simulation has to ignore the same things.

import { NAME_MAX, STEER_MAX } from "./numbers.js";

const STEER = /^(-?[0-9]{1,2}),(-?[0-9]{1,2})$/;

/**
 * "dx,dy", two whole numbers within the steering disc; anything else is null.
 * @param {string} body
 * @returns {[number, number] | null}
 */
export function parseSteer(body) {
  const match = STEER.exec(body);
  if (!match) return null;
  // `| 0` because "-0" would otherwise be a number of its own.
  const dx = Number(match[1]) | 0;
  const dy = Number(match[2]) | 0;
  return dx * dx + dy * dy <= STEER_MAX * STEER_MAX ? [dx, dy] : null;
}

/**
 * 1 to 16 code points, none of which can break or turn around a line; anything else is null.
 * @param {string} body
 * @returns {string | null}
 */
export function parseName(body) {
  if (body.length > 2 * NAME_MAX) return null;
  const points = Array.from(body, (character) => character.codePointAt(0) ?? 0);
  if (points.length < 1 || points.length > NAME_MAX) return null;
  return points.every(isPrintable) ? body : null;
}

/** @param {number} point */
function isPrintable(point) {
  const isControl = point < 0x20 || (point >= 0x7f && point < 0xa0);
  const isInvisible =
    (point >= 0x200b && point <= 0x200f) ||
    (point >= 0x2028 && point <= 0x202e) ||
    (point >= 0x2060 && point <= 0x206f) ||
    point === 0x061c ||
    point === 0xfeff;
  const isHalf = point >= 0xd800 && point < 0xe000;
  return !isControl && !isInvisible && !isHalf;
}

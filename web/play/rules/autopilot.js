// How a bot steers: toward what is worth most for its distance, minding its own momentum.

import { div, hypot, mul, toInt } from "/_/client/fixed.js";
import { milli } from "./numbers.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./world.js").Puck} Puck */
/** @typedef {import("./body.js").Body} Body */

const PREY_SCORE_MIN = 3;
const PREY_REACH = milli(11_000);
/** Closer than this a dash has no room. */
const RUN_UP = milli(4_000);
const DASH_REACH = milli(6_500);
const DASH_SPEED = milli(350);
/** Steers for where it would be in so many ticks, so that it does not slide past. */
const LOOK_AHEAD_TICKS = 9;
const NEAR = milli(150);

/**
 * A puck's best move. `strength` is the steering vector's length, up to 16.
 * @param {World} world
 * @param {Puck} puck
 * @param {number} strength
 * @returns {{dx: number, dy: number, dash: boolean}}
 */
export function chooseMove(world, puck, strength) {
  const goal = chooseGoal(world, puck);
  const x = goal.x - puck.x - LOOK_AHEAD_TICKS * puck.vx;
  const y = goal.y - puck.y - LOOK_AHEAD_TICKS * puck.vy;
  const [nx, ny] = unit(x, y);
  const dx = toInt(nx * strength);
  const dy = toInt(ny * strength);
  return { dx, dy, dash: goal.prey && puck.dash === 0 && isRunningAt(puck, goal) };
}

/**
 * @param {World} world
 * @param {Puck} puck
 * @returns {{x: number, y: number, prey: boolean}}
 */
function chooseGoal(world, puck) {
  let best = { x: 0, y: 0, prey: false };
  let lowest = 0x7fffffff;
  for (const spark of world.sparks) {
    const squared = distanceSquared(puck, spark);
    let cost = Math.trunc(squared / spark.value);
    if (cost >= lowest) continue;
    if (isNearerToAnother(world, puck, spark, squared)) cost *= 3;
    if (cost >= lowest) continue;
    lowest = cost;
    best = { x: spark.x, y: spark.y, prey: false };
  }
  // Without a dash to come it would only push and shove.
  if (world.phase !== "play" || puck.dash > 0) return best;
  for (const other of world.pucks) {
    if (other === puck || other.score < PREY_SCORE_MIN || other.shield > 0) continue;
    const squared = distanceSquared(puck, other);
    if (squared > mul(PREY_REACH, PREY_REACH) || squared < mul(RUN_UP, RUN_UP)) continue;
    const cost = Math.trunc(squared / (other.score >> 1));
    if (cost >= lowest) continue;
    lowest = cost;
    best = { x: other.x + 4 * other.vx, y: other.y + 4 * other.vy, prey: true };
  }
  return best;
}

/**
 * @param {World} world
 * @param {Puck} puck
 * @param {Body} spark
 * @param {number} squared
 */
function isNearerToAnother(world, puck, spark, squared) {
  return world.pucks.some((other) => other !== puck && distanceSquared(other, spark) < squared);
}

/**
 * @param {Puck} puck
 * @param {{x: number, y: number}} goal
 */
function isRunningAt(puck, goal) {
  if (distanceSquared(puck, goal) > mul(DASH_REACH, DASH_REACH)) return false;
  const [nx, ny] = unit(goal.x - puck.x, goal.y - puck.y);
  return mul(puck.vx, nx) + mul(puck.vy, ny) > DASH_SPEED;
}

/**
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 */
function distanceSquared(a, b) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  return (mul(dx, dx) + mul(dy, dy)) | 0;
}

/**
 * The direction, or nothing when it is hardly anywhere to go.
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
function unit(x, y) {
  const length = hypot(x, y);
  return length < NEAR ? [0, 0] : [div(x, length), div(y, length)];
}

// A puck on the ice: it is steered, glides, bounces, and bumps into others.

import { div, mul } from "/_/client/fixed.js";
import { bounceOffBoards, bounceOffPosts, distanceWithin, limitSpeed } from "./body.js";
import {
  BUMP_EDGE, BUMP_HARD, BUMP_PUSH, DASH_EVERY_TICKS, DASH_KICK, ONE, PUCK_ACCELERATION, PUCK_GLIDE,
  PUCK_RADIUS, PUCK_REACH, SHIELD_TICKS, SPILL_MAX, STARTS, STEER_MAX,
} from "./numbers.js";
import { spillSparks } from "./spark.js";
import { note } from "./world.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./world.js").Puck} Puck */
/** @typedef {import("./actors.js").Sim} Sim */

/**
 * @param {number} serial
 * @param {string} id
 * @param {number} slot
 * @param {string} name
 * @param {boolean} bot
 * @returns {Puck}
 */
export function makePuck(serial, id, slot, name, bot) {
  const [x, y] = STARTS[slot];
  return {
    serial, id, bot, slot, name, x, y, vx: 0, vy: 0, dx: 0, dy: 0,
    score: 0, wins: 0, dash: 0, shield: SHIELD_TICKS, fromX: x, fromY: y,
  };
}

/**
 * Puts a puck on its starting place for a new round.
 * @param {Puck} puck
 */
export function placePuck(puck) {
  [puck.x, puck.y] = STARTS[puck.slot];
  puck.vx = 0;
  puck.vy = 0;
  puck.score = 0;
  puck.dash = 0;
  puck.shield = 0;
  puck.fromX = puck.x;
  puck.fromY = puck.y;
}

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {Puck} puck
 */
export function tickPuck(world, sim, puck) {
  puck.fromX = puck.x;
  puck.fromY = puck.y;
  if (world.phase === "countdown") return;
  if (puck.dash > 0) puck.dash -= 1;
  if (puck.shield > 0) puck.shield -= 1;
  glide(puck);
  const boards = bounceOffBoards(puck, PUCK_RADIUS);
  if (boards > BUMP_HARD) note(world, "boards", puck, boards);
  const post = bounceOffPosts(puck, PUCK_RADIUS);
  if (post >= 0) note(world, "post", puck, post);
  for (const other of world.pucks) {
    // Each pair once a tick: whoever came earlier has already moved.
    if (other === puck) break;
    bump(world, sim, other, puck);
  }
  limitSpeed(puck);
}

/** @param {Puck} puck */
function glide(puck) {
  puck.vx = mul(puck.vx + Math.trunc((PUCK_ACCELERATION * puck.dx) / STEER_MAX), PUCK_GLIDE);
  puck.vy = mul(puck.vy + Math.trunc((PUCK_ACCELERATION * puck.dy) / STEER_MAX), PUCK_GLIDE);
  limitSpeed(puck);
  puck.x += puck.vx;
  puck.y += puck.vy;
}

/**
 * A kick in the direction of steering. Does nothing too early, without a direction, or outside of play.
 * @param {World} world
 * @param {Puck} puck
 */
export function dash(world, puck) {
  if (puck.dash > 0 || (puck.dx === 0 && puck.dy === 0) || world.phase === "countdown") return;
  puck.dash = DASH_EVERY_TICKS;
  puck.vx += Math.trunc((DASH_KICK * puck.dx) / STEER_MAX);
  puck.vy += Math.trunc((DASH_KICK * puck.dy) / STEER_MAX);
  limitSpeed(puck);
  note(world, "dash", puck);
}

/**
 * Two pucks that touch push each other away. Whoever was clearly slower toward the other loses sparks;
 * if neither was, both do.
 * @param {World} world
 * @param {Sim} sim
 * @param {Puck} a
 * @param {Puck} b
 */
function bump(world, sim, a, b) {
  const distance = distanceWithin(a, b, PUCK_REACH);
  if (distance === null) return;
  const nx = distance === 0 ? ONE : div(b.x - a.x, distance);
  const ny = distance === 0 ? 0 : div(b.y - a.y, distance);
  const apart = (PUCK_REACH - distance) >> 1;
  a.x -= mul(nx, apart);
  a.y -= mul(ny, apart);
  b.x += mul(nx, apart);
  b.y += mul(ny, apart);
  const towardB = mul(a.vx, nx) + mul(a.vy, ny);
  const towardA = -(mul(b.vx, nx) + mul(b.vy, ny));
  const closing = towardA + towardB;
  if (closing <= 0) return;
  const push = mul(closing, BUMP_PUSH);
  a.vx -= mul(nx, push);
  a.vy -= mul(ny, push);
  b.vx += mul(nx, push);
  b.vy += mul(ny, push);
  limitSpeed(a);
  if (closing < BUMP_HARD) return;
  note(world, "bump", { x: (a.x + b.x) >> 1, y: (a.y + b.y) >> 1 }, closing);
  if (world.phase !== "play") return;
  if (towardA >= towardB - BUMP_EDGE) spill(world, sim, a, closing);
  if (towardB >= towardA - BUMP_EDGE) spill(world, sim, b, closing);
}

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {Puck} puck
 * @param {number} closing
 */
function spill(world, sim, puck, closing) {
  if (puck.shield > 0 || puck.score === 0) return;
  const count = Math.min(puck.score, SPILL_MAX, 1 + (closing >> 15));
  puck.score -= count;
  puck.shield = SHIELD_TICKS;
  note(world, "spill", puck, count);
  spillSparks(world, sim, puck, count);
}

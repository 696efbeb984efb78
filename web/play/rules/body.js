// How round things meet the rink: boards, posts, and the speed limit.

import { div, hypot, mul } from "/_/client/fixed.js";
import {
  BOARDS_BOUNCE, CORNER, ONE, POSTS, POST_KICK, POST_RADIUS, PUCK_SPEED_MAX, RINK_X, RINK_Y,
} from "./numbers.js";

/** @typedef {{x: number, y: number, vx: number, vy: number}} Body all 16.16 */

/**
 * Keeps a body of that radius inside the boards. Returns the speed it hit them with, 0 for none.
 * @param {Body} body
 * @param {number} radius
 * @param {number} bounce what is left of the speed
 * @returns {number}
 */
export function bounceOffBoards(body, radius, bounce = BOARDS_BOUNCE) {
  const fromX = Math.abs(body.x) - (RINK_X - CORNER);
  const fromY = Math.abs(body.y) - (RINK_Y - CORNER);
  if (fromX > 0 && fromY > 0) return bounceOffCorner(body, radius, bounce, fromX, fromY);
  let hit = 0;
  const limitX = RINK_X - radius;
  const limitY = RINK_Y - radius;
  if (Math.abs(body.x) > limitX) {
    const side = body.x > 0 ? 1 : -1;
    body.x = side * limitX;
    if (body.vx * side > 0) {
      hit = Math.abs(body.vx);
      body.vx = -mul(body.vx, bounce);
    }
  }
  if (Math.abs(body.y) > limitY) {
    const side = body.y > 0 ? 1 : -1;
    body.y = side * limitY;
    if (body.vy * side > 0) {
      hit = Math.max(hit, Math.abs(body.vy));
      body.vy = -mul(body.vy, bounce);
    }
  }
  return hit;
}

/**
 * @param {Body} body
 * @param {number} radius
 * @param {number} bounce
 * @param {number} fromX distance from the corner's centre, along x, > 0
 * @param {number} fromY
 */
function bounceOffCorner(body, radius, bounce, fromX, fromY) {
  const room = CORNER - radius;
  const distance = hypot(fromX, fromY);
  if (distance <= room) return 0;
  const sideX = body.x > 0 ? 1 : -1;
  const sideY = body.y > 0 ? 1 : -1;
  const nx = sideX * div(fromX, distance);
  const ny = sideY * div(fromY, distance);
  body.x = sideX * (RINK_X - CORNER) + mul(nx, room);
  body.y = sideY * (RINK_Y - CORNER) + mul(ny, room);
  const outward = mul(body.vx, nx) + mul(body.vy, ny);
  if (outward <= 0) return 0;
  const back = outward + mul(outward, bounce);
  body.vx -= mul(nx, back);
  body.vy -= mul(ny, back);
  return outward;
}

/**
 * Bounces a body off the posts, which kick. Returns the post's number, or -1.
 * @param {Body} body
 * @param {number} radius
 * @returns {number}
 */
export function bounceOffPosts(body, radius) {
  const reach = POST_RADIUS + radius;
  for (let index = 0; index < POSTS.length; index += 1) {
    const dx = body.x - POSTS[index][0];
    const dy = body.y - POSTS[index][1];
    if (Math.abs(dx) >= reach || Math.abs(dy) >= reach) continue;
    const distance = hypot(dx, dy);
    if (distance >= reach) continue;
    const nx = distance === 0 ? ONE : div(dx, distance);
    const ny = distance === 0 ? 0 : div(dy, distance);
    body.x = POSTS[index][0] + mul(nx, reach);
    body.y = POSTS[index][1] + mul(ny, reach);
    const inward = mul(body.vx, nx) + mul(body.vy, ny);
    if (inward >= 0) return -1;
    const kick = POST_KICK - 2 * inward;
    body.vx += mul(nx, kick);
    body.vy += mul(ny, kick);
    return index;
  }
  return -1;
}

/** @param {Body} body */
export function limitSpeed(body) {
  const speed = hypot(body.vx, body.vy);
  if (speed <= PUCK_SPEED_MAX) return;
  const scale = div(PUCK_SPEED_MAX, speed);
  body.vx = mul(body.vx, scale);
  body.vy = mul(body.vy, scale);
}

/**
 * The distance between two places if it is less than `reach`, else null.
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 * @param {number} reach
 * @returns {number | null}
 */
export function distanceWithin(a, b, reach) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  if (Math.abs(dx) >= reach || Math.abs(dy) >= reach) return null;
  const distance = hypot(dx, dy);
  return distance < reach ? distance : null;
}

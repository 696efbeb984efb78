// Sparks: they appear, lie or drift on the ice, and go to whoever touches them first.

import { mul } from "/_/client/fixed.js";
import { bounceOffBoards, bounceOffPosts, distanceWithin } from "./body.js";
import {
  DIRECTIONS, ONE, PICKUP_EASE, POSTS, POST_RADIUS, PUCK_RADIUS, SPARKS_MAX, SPARK_ARM_TICKS, SPARK_GLIDE,
  SPARK_RADIUS, SPILL_SPEED, SPILL_SPEED_SPREAD, STAR_RADIUS, STAR_SPEED, STAR_VALUE, STEER_MAX,
} from "./numbers.js";
import { ACTORS } from "./actors.js";
import { note } from "./world.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./world.js").Puck} Puck */
/** @typedef {import("./world.js").Spark} Spark */
/** @typedef {import("./actors.js").Sim} Sim */
/** @typedef {import("./body.js").Body} Body */

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {Body} body
 * @param {number} value
 * @param {number} arm
 */
function addSpark(world, sim, body, value, arm) {
  // The bound on what a match can hold: beyond it sparks melt.
  if (world.sparks.length >= SPARKS_MAX) return;
  const serial = sim.spawn(ACTORS.spark);
  world.sparks.push({ serial, ...body, value, arm, fromX: body.x, fromY: body.y });
}

/**
 * A spark somewhere on the ice, not under a puck if three tries find such a place.
 * @param {World} world
 * @param {Sim} sim
 */
export function scatterSpark(world, sim) {
  const body = { x: 0, y: 0, vx: 0, vy: 0 };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    // In steps of 1/64 of a unit, 3 units from the boards.
    body.x = sim.random.range(-1344, 1345) * 1024;
    body.y = sim.random.range(-768, 769) * 1024;
    if (isFree(world, body)) break;
  }
  addSpark(world, sim, body, 1, 0);
}

/**
 * A star sets out from the middle.
 * @param {World} world
 * @param {Sim} sim
 */
export function launchStar(world, sim) {
  const body = { x: 0, y: 0, ...heading(sim, STAR_SPEED) };
  addSpark(world, sim, body, STAR_VALUE, SPARK_ARM_TICKS);
  note(world, "star", body);
}

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {Puck} puck who lost them
 * @param {number} count
 */
export function spillSparks(world, sim, puck, count) {
  for (let spilled = 0; spilled < count; spilled += 1) {
    const speed = SPILL_SPEED + sim.random.below(SPILL_SPEED_SPREAD);
    addSpark(world, sim, { x: puck.x, y: puck.y, ...heading(sim, speed) }, 1, SPARK_ARM_TICKS);
  }
}

/**
 * @param {World} world
 * @param {Sim} sim
 */
export function clearSparks(world, sim) {
  for (const { serial } of world.sparks) sim.despawn(serial);
  world.sparks.length = 0;
}

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {Spark} spark
 */
export function tickSpark(world, sim, spark) {
  spark.fromX = spark.x;
  spark.fromY = spark.y;
  if (spark.arm > 0) spark.arm -= 1;
  const radius = sparkRadius(spark);
  if (spark.vx !== 0 || spark.vy !== 0) {
    spark.x += spark.vx;
    spark.y += spark.vy;
    // A star never slows down; it has to be caught.
    if (spark.value === 1) {
      spark.vx = mul(spark.vx, SPARK_GLIDE);
      spark.vy = mul(spark.vy, SPARK_GLIDE);
    }
    bounceOffBoards(spark, radius, ONE);
    bounceOffPosts(spark, radius);
  }
  if (spark.arm === 0) pickUp(world, sim, spark, PUCK_RADIUS + radius + PICKUP_EASE);
}

/** @param {Spark} spark */
export function sparkRadius(spark) {
  return spark.value === 1 ? SPARK_RADIUS : STAR_RADIUS;
}

/**
 * Gives the spark to the nearest puck in reach.
 * @param {World} world
 * @param {Sim} sim
 * @param {Spark} spark
 * @param {number} reach
 */
function pickUp(world, sim, spark, reach) {
  let nearest = reach;
  /** @type {Puck | null} */
  let taker = null;
  for (const puck of world.pucks) {
    const distance = distanceWithin(spark, puck, nearest);
    if (distance === null) continue;
    nearest = distance;
    taker = puck;
  }
  if (!taker) return;
  taker.score += spark.value;
  world.sparks.splice(world.sparks.indexOf(spark), 1);
  sim.despawn(spark.serial);
  note(world, "pickup", { x: spark.x, y: spark.y, slot: taker.slot }, spark.value);
}

/**
 * @param {Sim} sim
 * @param {number} speed
 */
function heading(sim, speed) {
  const [dx, dy] = DIRECTIONS[sim.random.below(DIRECTIONS.length)];
  return { vx: Math.trunc((speed * dx) / STEER_MAX), vy: Math.trunc((speed * dy) / STEER_MAX) };
}

/**
 * @param {World} world
 * @param {Body} body
 */
function isFree(world, body) {
  const postReach = POST_RADIUS + 2 * SPARK_RADIUS;
  const puckReach = 3 * PUCK_RADIUS;
  return (
    POSTS.every(([x, y]) => distanceWithin(body, { x, y }, postReach) === null) &&
    world.pucks.every((puck) => distanceWithin(body, puck, puckReach) === null)
  );
}

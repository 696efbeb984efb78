// The referee: rounds, who sits in which slot, how many bots, when sparks appear.

import { ACTORS } from "./actors.js";
import {
  BOT_NAMES, COMPANY, COUNTDOWN_TICKS, PLAYERS_MAX, PLAY_TICKS, PODIUM_TICKS, RUSH_TICKS, SPARK_EVERY_TICKS,
  STAR_EVERY_TICKS,
} from "./numbers.js";
import { makePuck, placePuck } from "./puck.js";
import { clearSparks, launchStar, scatterSpark } from "./spark.js";
import { note } from "./world.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./actors.js").Sim} Sim */

const MIDDLE = { x: 0, y: 0 };

/**
 * @param {World} world
 * @param {Sim} sim
 */
export function tickReferee(world, sim) {
  fillUp(world, sim);
  world.timer -= 1;
  if (world.timer <= 0) nextPhase(world, sim);
  if (world.phase === "play") feed(world, sim);
}

/**
 * A player came. With no room left he waits, and watches.
 * @param {World} world
 * @param {Sim} sim
 * @param {string} id
 */
export function seat(world, sim, id) {
  if (world.pucks.some((puck) => puck.id === id) || world.waiting.includes(id)) return;
  if (world.pucks.length >= COMPANY) removeBot(world, sim);
  if (world.pucks.length >= PLAYERS_MAX) {
    world.waiting.push(id);
    return;
  }
  addPuck(world, sim, id, false);
}

/**
 * A player left. Whoever waits longest takes the place.
 * @param {World} world
 * @param {Sim} sim
 * @param {string} id
 */
export function unseat(world, sim, id) {
  const waitingAt = world.waiting.indexOf(id);
  if (waitingAt >= 0) world.waiting.splice(waitingAt, 1);
  const at = world.pucks.findIndex((puck) => puck.id === id);
  if (at < 0) return;
  removePuck(world, sim, at);
  const next = world.waiting.shift();
  if (next !== undefined) addPuck(world, sim, next, false);
}

/**
 * The puck's places in the ranking; equal scores share one.
 * @param {World} world
 * @returns {{place: number, puck: import("./world.js").Puck}[]}
 */
export function ranking(world) {
  const sorted = [...world.pucks].sort((a, b) => b.score - a.score || a.serial - b.serial);
  return sorted.map((puck) => ({
    place: 1 + sorted.filter((other) => other.score > puck.score).length,
    puck,
  }));
}

/**
 * @param {World} world
 * @param {Sim} sim
 * @param {string} id "" for a bot
 * @param {boolean} bot
 */
function addPuck(world, sim, id, bot) {
  let slot = 0;
  while (world.pucks.some((puck) => puck.slot === slot)) slot += 1;
  const serial = sim.spawn(ACTORS.puck);
  const puck = makePuck(serial, bot ? `bot:${slot}` : id, slot, bot ? BOT_NAMES[slot] : "", bot);
  world.pucks.push(puck);
  note(world, "join", puck);
}

/**
 * @param {World} world
 * @param {Sim} sim
 */
function fillUp(world, sim) {
  if (world.pucks.length < COMPANY) {
    addPuck(world, sim, "", true);
  } else if (world.pucks.length > COMPANY) {
    removeBot(world, sim);
  }
}

/** The bot that came last goes first. @param {World} world @param {Sim} sim */
function removeBot(world, sim) {
  const at = world.pucks.findLastIndex((puck) => puck.bot);
  if (at >= 0) removePuck(world, sim, at);
}

/** @param {World} world @param {Sim} sim @param {number} at */
function removePuck(world, sim, at) {
  sim.despawn(world.pucks[at].serial);
  world.pucks.splice(at, 1);
}

/** @param {World} world @param {Sim} sim */
function nextPhase(world, sim) {
  if (world.phase === "podium") {
    world.phase = "countdown";
    world.timer = COUNTDOWN_TICKS;
    world.round += 1;
    clearSparks(world, sim);
    for (const puck of world.pucks) placePuck(puck);
  } else if (world.phase === "countdown") {
    world.phase = "play";
    world.timer = PLAY_TICKS;
    world.nextSpark = 0;
    world.nextStar = STAR_EVERY_TICKS;
  } else {
    world.phase = "podium";
    world.timer = PODIUM_TICKS;
    clearSparks(world, sim);
    const best = world.pucks.reduce((most, puck) => Math.max(most, puck.score), 0);
    for (const puck of world.pucks) {
      if (best > 0 && puck.score === best) puck.wins += 1;
    }
  }
  note(world, "phase", MIDDLE);
}

/**
 * Sparks keep coming, faster in the last ten seconds; a star every sixteen.
 * @param {World} world
 * @param {Sim} sim
 */
function feed(world, sim) {
  const rush = world.timer <= RUSH_TICKS;
  world.nextSpark -= 1;
  if (world.nextSpark <= 0) {
    const wanted = (rush ? 12 : 6) + world.pucks.length;
    if (world.sparks.length < wanted) scatterSpark(world, sim);
    world.nextSpark = (rush ? 0 : SPARK_EVERY_TICKS) + 1 + sim.random.below(SPARK_EVERY_TICKS);
  }
  world.nextStar -= 1;
  if (world.nextStar <= 0) {
    launchStar(world, sim);
    world.nextStar = STAR_EVERY_TICKS;
  }
}

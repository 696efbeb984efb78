// Everything the rules know, as plain data: what is hashed, saved and compared is this alone.

/**
 * @typedef {object} Puck
 * @property {number} serial    the id of its entity; a player who comes back gets a new one
 * @property {string} id        the player's public id, "bot:{slot}" for a bot
 * @property {boolean} bot
 * @property {number} slot      colour and starting place, 0 to 7
 * @property {string} name      "" until the player has said it
 * @property {number} x
 * @property {number} y
 * @property {number} vx
 * @property {number} vy
 * @property {number} dx        steering, whole numbers within a disc of 16
 * @property {number} dy
 * @property {number} score
 * @property {number} wins
 * @property {number} dash      ticks until the next dash
 * @property {number} shield    ticks during which bumps cost nothing
 * @property {number} fromX     where it was a tick ago: for drawing, not part of the state
 * @property {number} fromY
 */

/**
 * @typedef {object} Spark
 * @property {number} serial
 * @property {number} x
 * @property {number} y
 * @property {number} vx
 * @property {number} vy
 * @property {number} value     1, or 5 for a star
 * @property {number} arm       ticks until it can be picked up
 * @property {number} fromX
 * @property {number} fromY
 */

/**
 * What happened in a tick, for eyes and ears only.
 * @typedef {{kind: "pickup" | "bump" | "spill" | "boards" | "post" | "dash" | "star" | "phase" | "join",
 *   x: number, y: number, slot: number, power: number}} Effect
 */

/** @typedef {"countdown" | "play" | "podium"} Phase */
/** @type {ReadonlyArray<Phase>} in the order in which they are hashed */
const PHASES = ["countdown", "play", "podium"];

const EFFECTS_MAX = 128;

/**
 * @typedef {object} World
 * @property {Phase} phase
 * @property {number} timer       ticks left of the phase
 * @property {number} round
 * @property {number} nextSpark   ticks
 * @property {number} nextStar    ticks
 * @property {Puck[]} pucks       in the order in which they came
 * @property {Spark[]} sparks
 * @property {string[]} waiting   public ids for whom there was no room
 * @property {Effect[]} effects   since the page last looked; not part of the state
 */

/** @returns {World} */
export function makeWorld() {
  return {
    phase: "podium", timer: 1, round: 0, nextSpark: 0, nextStar: 0,
    pucks: [], sparks: [], waiting: [], effects: [],
  };
}

/**
 * A copy that shares nothing with the original.
 * @param {World} world
 * @returns {World}
 */
export function copyWorld(world) {
  return {
    ...world,
    pucks: world.pucks.map((puck) => ({ ...puck })),
    sparks: world.sparks.map((spark) => ({ ...spark })),
    waiting: [...world.waiting],
    effects: [],
  };
}

/**
 * @param {World} world
 * @param {{i32(value: number): void, str(value: string): void}} hasher
 */
export function hashWorld(world, hasher) {
  for (const value of [
    PHASES.indexOf(world.phase), world.timer, world.round, world.nextSpark, world.nextStar,
    world.pucks.length, world.sparks.length, world.waiting.length,
  ]) {
    hasher.i32(value);
  }
  for (const puck of world.pucks) {
    hasher.str(puck.id);
    hasher.str(puck.name);
    hasher.i32(puck.serial);
    hasher.i32(puck.slot);
    hasher.i32(puck.x);
    hasher.i32(puck.y);
    hasher.i32(puck.vx);
    hasher.i32(puck.vy);
    hasher.i32(puck.dx);
    hasher.i32(puck.dy);
    hasher.i32(puck.score);
    hasher.i32(puck.wins);
    hasher.i32(puck.dash);
    hasher.i32(puck.shield);
  }
  for (const spark of world.sparks) {
    hasher.i32(spark.serial);
    hasher.i32(spark.x);
    hasher.i32(spark.y);
    hasher.i32(spark.vx);
    hasher.i32(spark.vy);
    hasher.i32(spark.value);
    hasher.i32(spark.arm);
  }
  for (const id of world.waiting) hasher.str(id);
}

/**
 * @param {World} world
 * @param {Effect["kind"]} kind
 * @param {{x: number, y: number, slot?: number}} where
 * @param {number} [power]
 */
export function note(world, kind, where, power = 0) {
  if (world.effects.length >= EFFECTS_MAX) return;
  world.effects.push({ kind, x: where.x, y: where.y, slot: where.slot ?? -1, power });
}

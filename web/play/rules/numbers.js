// The game's measures, in 16.16 fixed point. One unit is about a third of a puck's width across
// the rink; speeds are units a tick, 20 ticks a second. examples/drift/src/numbers.rs holds the same.

/** @param {number} thousandths @returns {number} 16.16, cut toward zero */
export function milli(thousandths) {
  return Math.trunc((thousandths * 65536) / 1000);
}

export const ONE = 65536;

// The rink stands around (0, 0): half its width and height, and the radius of its corners.
export const RINK_X = milli(24_000);
export const RINK_Y = milli(15_000);
export const CORNER = milli(6_000);

export const PUCK_RADIUS = milli(1_250);
/** Two pucks closer than this touch. */
export const PUCK_REACH = 2 * PUCK_RADIUS;
export const PUCK_ACCELERATION = milli(45);
export const PUCK_GLIDE = milli(955);
// Below half a puck's reach, so that two pucks never pass through each other in one tick.
export const PUCK_SPEED_MAX = milli(1_200);
export const BOARDS_BOUNCE = milli(700);

export const DASH_KICK = milli(700);
export const DASH_EVERY_TICKS = 50;

/** Of the closing speed: what each of two equal pucks gives and takes, a little more than elastic. */
export const BUMP_PUSH = milli(1_050);
export const BUMP_HARD = milli(380);
/** Whoever was this much slower along the line between the two is the one that was hit. */
export const BUMP_EDGE = milli(120);
export const SHIELD_TICKS = 24;
export const SPILL_MAX = 4;
export const SPILL_SPEED = milli(500);
export const SPILL_SPEED_SPREAD = 24_000;

export const POST_RADIUS = milli(1_100);
export const POST_KICK = milli(280);
/** @type {ReadonlyArray<readonly [number, number]>} */
export const POSTS = [
  [milli(11_000), 0],
  [milli(-11_000), 0],
  [0, milli(8_000)],
  [0, milli(-8_000)],
];

export const SPARK_RADIUS = milli(450);
export const SPARK_GLIDE = milli(930);
export const SPARK_ARM_TICKS = 12;
export const SPARK_EVERY_TICKS = 7;
export const SPARKS_MAX = 48;
export const STAR_RADIUS = milli(900);
export const STAR_VALUE = 5;
export const STAR_SPEED = milli(260);
export const STAR_EVERY_TICKS = 320;
/** A pick-up is this much easier than touching. */
export const PICKUP_EASE = milli(250);

export const COUNTDOWN_TICKS = 60;
export const PLAY_TICKS = 1_200;
export const RUSH_TICKS = 200;
export const PODIUM_TICKS = 160;

export const PLAYERS_MAX = 8;
/** Bots fill the rink up to this many. */
export const COMPANY = 4;
export const NAME_MAX = 16;
/** A steering vector is a pair of whole numbers within a disc of this radius. */
export const STEER_MAX = 16;
export const BOT_STRENGTH = 13;
export const BOT_THINKS_EVERY_TICKS = 4;

/** Sixteen directions whose vectors all lie within the steering disc. @type {ReadonlyArray<readonly [number, number]>} */
export const DIRECTIONS = [
  [16, 0], [14, 6], [11, 11], [6, 14], [0, 16], [-6, 14], [-11, 11], [-14, 6],
  [-16, 0], [-14, -6], [-11, -11], [-6, -14], [0, -16], [6, -14], [11, -11], [14, -6],
];

/** Where a puck begins, by its slot. @type {ReadonlyArray<readonly [number, number]>} */
export const STARTS = [
  [milli(15_700), milli(3_400)],
  [milli(-15_700), milli(-3_400)],
  [milli(-6_500), milli(8_300)],
  [milli(6_500), milli(-8_300)],
  [milli(-15_700), milli(3_400)],
  [milli(15_700), milli(-3_400)],
  [milli(6_500), milli(8_300)],
  [milli(-6_500), milli(-8_300)],
];

export const BOT_NAMES = ["Pip", "Juno", "Axel", "Mika", "Toe Loop", "Salchow", "Zam", "Lutz"];

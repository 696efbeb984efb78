// Turns what happened in a tick into snow, glitter and flashes.

import { SLOT_COLORS, SPARK_COLOR } from "./palette.js";

const UNIT = 65536;
const SNOW_LIGHT = ["#ffffff", "#bcd6f2", "#d8e8f8"];
const SNOW_DARK = ["#e8f2ff", "#9fc2ff", "#6f9be8"];
/** More than this in one frame is a catch-up; showing it would be a storm. */
const SHOWN_MAX = 40;

/** @typedef {import("../rules/world.js").World} World */
/** @typedef {import("./stage.js").Stage} Stage */

/**
 * @param {World} world
 * @param {Stage} stage
 */
export function showEffects(world, stage) {
  if (world.effects.length > SHOWN_MAX) return;
  for (const effect of world.effects) {
    if (effect.kind === "phase" && world.phase === "podium") celebrate(world, stage);
    else showEffect(effect, stage);
  }
}

/** Glitter for whoever won the round. @param {World} world @param {Stage} stage */
function celebrate({ pucks }, { particles }) {
  const best = pucks.reduce((most, { score }) => Math.max(most, score), 1);
  for (const { x, y, slot } of pucks.filter(({ score }) => score === best)) {
    for (const speed of [8, 16, 26]) {
      particles.burst(x / UNIT, y / UNIT, { count: 34, speed, life: 1.8, size: 0.34, colors: [SLOT_COLORS[slot], SPARK_COLOR, "#ffffff"] });
    }
  }
}

/**
 * @param {import("../rules/world.js").Effect} effect
 * @param {Stage} stage
 */
function showEffect(effect, stage) {
  const { particles } = stage;
  const x = effect.x / UNIT;
  const y = effect.y / UNIT;
  const snow = stage.theme.dark ? SNOW_DARK : SNOW_LIGHT;
  switch (effect.kind) {
    case "pickup":
      particles.burst(x, y, {
        count: effect.power > 1 ? 26 : 9, speed: effect.power > 1 ? 14 : 8, life: 0.55, size: 0.26,
        colors: [SPARK_COLOR, "#fff1cf", SLOT_COLORS[effect.slot]],
      });
      stage.pop(x, y, `+${effect.power}`, effect.slot);
      break;
    case "bump":
      particles.burst(x, y, { count: 12, speed: 11, life: 0.45, size: 0.24, colors: snow });
      break;
    case "spill":
      stage.flash(effect.slot);
      stage.pop(x, y, `−${effect.power}`, effect.slot);
      particles.burst(x, y, { count: 10, speed: 12, life: 0.6, size: 0.28, colors: [SLOT_COLORS[effect.slot], ...snow] });
      break;
    case "post":
      stage.kick(effect.power);
      particles.burst(x, y, { count: 7, speed: 9, life: 0.35, size: 0.2, colors: snow });
      break;
    case "boards":
      particles.burst(x, y, { count: 8, speed: 7, life: 0.4, size: 0.2, colors: snow });
      break;
    case "dash":
      particles.burst(x, y, { count: 14, speed: 9, life: 0.5, size: 0.3, colors: [SLOT_COLORS[effect.slot], ...snow] });
      break;
    case "star":
      particles.burst(x, y, { count: 30, speed: 12, life: 0.8, size: 0.26, colors: [SPARK_COLOR, "#fff1cf"] });
      break;
    case "join":
      particles.burst(x, y, { count: 18, speed: 8, life: 0.7, size: 0.26, colors: [SLOT_COLORS[effect.slot], ...snow] });
      break;
    case "phase":
      break;
  }
}

// Big words over the ice: the countdown, "Go!", the last ten seconds.

import { COUNTDOWN_TICKS, PLAY_TICKS, RUSH_TICKS } from "../rules/numbers.js";

const GO_TICKS = 16;
const RUSH_WORD_TICKS = 36;

/**
 * What stands over the ice now, and how far into its show it is (0 to 1).
 * @param {import("../rules/world.js").World} world
 * @param {number} alpha
 * @returns {{text: string, through: number, small: string} | null}
 */
export function announcement(world, alpha) {
  const timer = world.timer - alpha;
  if (world.phase === "countdown") {
    const third = COUNTDOWN_TICKS / 3;
    const number = Math.max(1, Math.min(3, Math.ceil(timer / third)));
    return { text: String(number), through: number - timer / third, small: `Round ${world.round}` };
  }
  if (world.phase !== "play") return null;
  const played = PLAY_TICKS - timer;
  if (played < GO_TICKS) return { text: "Go!", through: played / GO_TICKS, small: "" };
  const rushed = RUSH_TICKS - timer;
  if (rushed > 0 && rushed < RUSH_WORD_TICKS) {
    return { text: "Last ten seconds", through: rushed / RUSH_WORD_TICKS, small: "" };
  }
  return null;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("./palette.js").Theme} theme
 * @param {{text: string, through: number, small: string}} words
 * @param {boolean} still no motion
 */
export function drawAnnouncement(context, camera, theme, words, still) {
  const short = words.text.length <= 3;
  const base = Math.min(camera.width, camera.height) * (short ? 0.3 : 0.085);
  const size = still ? base : base * (1.25 - 0.25 * Math.min(1, words.through * 4));
  const x = camera.middleX;
  const y = camera.middleY;
  context.save();
  context.globalAlpha = still ? 0.92 : Math.min(1, 3 * (1 - words.through)) * 0.95;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.font = `800 ${size}px system-ui, sans-serif`;
  context.lineWidth = size * 0.09;
  context.strokeStyle = theme.labelHalo;
  context.strokeText(words.text, x, y);
  context.fillStyle = theme.label;
  context.fillText(words.text, x, y);
  if (words.small) {
    context.font = `700 ${base * 0.15}px system-ui, sans-serif`;
    context.lineWidth = base * 0.03;
    context.strokeText(words.small, x, y - base * 0.6);
    context.fillText(words.small, x, y - base * 0.6);
  }
  context.restore();
}

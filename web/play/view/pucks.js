// The pucks: little round characters that look where they are steered.

import { DASH_EVERY_TICKS, PUCK_RADIUS } from "../rules/numbers.js";
import { shade, SLOT_COLORS } from "./palette.js";
import { disc } from "./rink.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./palette.js").Theme} Theme */
/** @typedef {import("../rules/world.js").Puck} Puck */

/**
 * @typedef {object} PuckLook
 * @property {Puck} puck
 * @property {number} x        CSS pixels
 * @property {number} y
 * @property {[number, number]} gaze  on the screen, length 0 to 1
 * @property {boolean} mine
 * @property {boolean} leads
 * @property {number} flash    0 to 1, what is left of the last bump
 * @property {number} pulse    0 to 1, beats
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {Theme} theme
 * @param {PuckLook} look
 */
export function drawPuck(context, camera, theme, look) {
  const radius = camera.length(PUCK_RADIUS);
  const { puck, x, y } = look;
  const color = SLOT_COLORS[puck.slot];
  context.fillStyle = theme.shade;
  context.beginPath();
  context.ellipse(x, y + radius * 0.26, radius * 1.05, radius, 0, 0, Math.PI * 2);
  context.fill();
  if (look.mine) drawMine(context, look, radius, color, theme);
  context.fillStyle = shade(color, theme.dark ? -0.3 : -0.26);
  disc(context, x, y, radius);
  const light = context.createRadialGradient(
    x - radius * 0.3, y - radius * 0.42, radius * 0.08, x, y, radius * 0.9,
  );
  light.addColorStop(0, shade(color, 0.45 + 0.5 * look.flash));
  light.addColorStop(1, shade(color, look.flash * 0.8));
  context.fillStyle = light;
  disc(context, x, y - radius * 0.06, radius * 0.84);
  drawEyes(context, look, radius);
  if (look.leads) drawCrown(context, x, y - radius * 1.12, radius);
}

/** The ring around one's own puck: what of it is drawn is how far the dash is loaded. @param {CanvasRenderingContext2D} context @param {PuckLook} look @param {number} radius @param {string} color @param {Theme} theme */
function drawMine(context, look, radius, color, theme) {
  const loaded = 1 - look.puck.dash / DASH_EVERY_TICKS;
  const ring = radius * (loaded >= 1 ? 1.3 + 0.05 * look.pulse : 1.3);
  context.lineWidth = Math.max(2, radius * 0.13);
  context.strokeStyle = theme.dark ? "rgb(255 255 255 / 18%)" : "rgb(15 27 45 / 12%)";
  context.beginPath();
  context.arc(look.x, look.y, ring, 0, Math.PI * 2);
  context.stroke();
  context.strokeStyle = loaded >= 1 ? shade(color, theme.dark ? 0.55 : -0.1) : color;
  context.beginPath();
  context.arc(look.x, look.y, ring, -Math.PI / 2, -Math.PI / 2 + Math.PI * 2 * loaded);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {PuckLook} look @param {number} radius */
function drawEyes(context, look, radius) {
  const [gx, gy] = look.gaze;
  const middleX = look.x + gx * radius * 0.3;
  const middleY = look.y - radius * 0.1 + gy * radius * 0.26;
  const dazed = look.puck.shield > 0 && look.flash > 0.02;
  for (const side of [-1, 1]) {
    const ex = middleX + side * radius * 0.29;
    if (dazed) {
      context.strokeStyle = "#14202f";
      context.lineWidth = radius * 0.12;
      context.lineCap = "round";
      context.beginPath();
      context.moveTo(ex - side * radius * 0.13, middleY - radius * 0.15);
      context.lineTo(ex + side * radius * 0.1, middleY);
      context.lineTo(ex - side * radius * 0.13, middleY + radius * 0.15);
      context.stroke();
      continue;
    }
    context.fillStyle = "#ffffff";
    disc(context, ex, middleY, radius * 0.25);
    context.fillStyle = "#14202f";
    disc(context, ex + gx * radius * 0.1, middleY + gy * radius * 0.1, radius * 0.13);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius */
function drawCrown(context, x, y, radius) {
  const half = radius * 0.5;
  const high = radius * 0.55;
  context.fillStyle = "#ffc043";
  context.strokeStyle = "#8a5a00";
  context.lineWidth = Math.max(1, radius * 0.07);
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(x - half, y + high * 0.3);
  context.lineTo(x - half * 1.1, y - high * 0.45);
  context.lineTo(x - half * 0.5, y - high * 0.1);
  context.lineTo(x, y - high * 0.75);
  context.lineTo(x + half * 0.5, y - high * 0.1);
  context.lineTo(x + half * 1.1, y - high * 0.45);
  context.lineTo(x + half, y + high * 0.3);
  context.closePath();
  context.fill();
  context.stroke();
}

/**
 * Name and score under a puck.
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {Theme} theme
 * @param {PuckLook} look
 * @param {string} name
 */
export function drawLabel(context, camera, theme, look, name) {
  const size = Math.max(10, Math.min(22, camera.scale * 0.8));
  const y = look.y + camera.length(PUCK_RADIUS) * 1.4 + size * 0.6;
  const x = Math.max(camera.scale * 3, Math.min(camera.width - camera.scale * 3, look.x));
  context.font = `${look.mine ? 700 : 600} ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = theme.labelHalo;
  context.strokeText(name, x, y);
  context.fillStyle = theme.label;
  context.fillText(name, x, y);
}

// The rink itself, drawn once for each size and theme and then only copied.

import { CORNER, POSTS, POST_RADIUS, RINK_X, RINK_Y } from "../rules/numbers.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./palette.js").Theme} Theme */

const SCRATCHES = 90;

/**
 * @param {Camera} camera
 * @param {Theme} theme
 * @returns {HTMLCanvasElement}
 */
export function drawRink(camera, theme) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(camera.width * camera.pixelRatio));
  canvas.height = Math.max(1, Math.round(camera.height * camera.pixelRatio));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(camera.pixelRatio, camera.pixelRatio);
  drawIce(context, camera, theme);
  context.save();
  outline(context, camera, 0);
  context.clip();
  drawScratches(context, camera, theme);
  drawMarkings(context, camera, theme);
  context.restore();
  drawBoards(context, camera, theme);
  return canvas;
}

/**
 * The rink's outline, `out` pixels outside of the ice.
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {number} out
 */
export function outline(context, camera, out) {
  const across = camera.length(RINK_X) + out;
  const down = camera.length(RINK_Y) + out;
  const [halfWidth, halfHeight] = camera.upright ? [down, across] : [across, down];
  context.beginPath();
  context.roundRect(
    camera.middleX - halfWidth, camera.middleY - halfHeight, 2 * halfWidth, 2 * halfHeight,
    Math.max(0, camera.length(CORNER) + out),
  );
}

/** @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Theme} theme */
function drawIce(context, camera, theme) {
  const [x, y] = [camera.middleX, camera.middleY];
  const ice = context.createRadialGradient(x, y, 0, x, y, camera.length(RINK_X) * 1.05);
  ice.addColorStop(0, theme.iceMiddle);
  ice.addColorStop(1, theme.iceEdge);
  const board = camera.scale * 0.75;
  context.save();
  context.shadowColor = theme.dark ? "rgb(57 217 191 / 22%)" : "rgb(20 50 90 / 22%)";
  context.shadowBlur = camera.scale * 1.4 * camera.pixelRatio;
  outline(context, camera, board);
  context.fillStyle = theme.board;
  context.fill();
  context.restore();
  outline(context, camera, 0);
  context.fillStyle = ice;
  context.fill();
}

/** Old skate marks: always the same ones. @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Theme} theme */
function drawScratches(context, camera, theme) {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  context.strokeStyle = theme.scratch;
  context.lineCap = "round";
  for (let index = 0; index < SCRATCHES; index += 1) {
    const [x, y] = camera.toScreen((next() * 2 - 1) * RINK_X, (next() * 2 - 1) * RINK_Y);
    const radius = camera.scale * (2 + next() * 9);
    const from = next() * Math.PI * 2;
    context.lineWidth = camera.scale * (0.03 + next() * 0.05);
    context.beginPath();
    context.arc(x, y, radius, from, from + 0.2 + next() * 0.7);
    context.stroke();
  }
}

/** Two lines, a circle, and the oval of stadion's sign in the middle. @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Theme} theme */
function drawMarkings(context, camera, theme) {
  const [x, y] = [camera.middleX, camera.middleY];
  context.strokeStyle = theme.marking;
  context.lineWidth = camera.scale * 0.28;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(...camera.toScreen((side * RINK_X) / 3.2, -RINK_Y));
    context.lineTo(...camera.toScreen((side * RINK_X) / 3.2, RINK_Y));
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, camera.scale * 5, 0, Math.PI * 2);
  context.stroke();
  for (const [halfWidth, halfHeight, width] of [[2.9, 1.75, 0.36], [1.5, 0.5, 0.22]]) {
    context.lineWidth = camera.scale * width;
    context.beginPath();
    context.roundRect(
      x - halfWidth * camera.scale, y - halfHeight * camera.scale,
      2 * halfWidth * camera.scale, 2 * halfHeight * camera.scale, halfHeight * camera.scale,
    );
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Camera} camera @param {Theme} theme */
function drawBoards(context, camera, theme) {
  const board = camera.scale * 0.75;
  context.lineWidth = board * 0.28;
  context.strokeStyle = theme.boardTop;
  outline(context, camera, board * 0.62);
  context.stroke();
  context.lineWidth = Math.max(1, camera.scale * 0.08);
  context.strokeStyle = theme.dark ? "rgb(57 217 191 / 75%)" : "rgb(0 121 107 / 60%)";
  outline(context, camera, 0);
  context.stroke();
}

/**
 * The posts; `kicked` tells how much of each one's last kick is left, 0 to 1.
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {Theme} theme
 * @param {number[]} kicked
 */
export function drawPosts(context, camera, theme, kicked) {
  const radius = camera.length(POST_RADIUS);
  POSTS.forEach(([px, py], index) => {
    const [x, y] = camera.toScreen(px, py);
    const swell = radius * (1 + 0.22 * (kicked[index] ?? 0));
    context.fillStyle = theme.shade;
    context.beginPath();
    context.ellipse(x, y + radius * 0.28, swell * 1.04, swell, 0, 0, Math.PI * 2);
    context.fill();
    context.fillStyle = theme.post;
    disc(context, x, y, swell);
    context.lineWidth = radius * 0.22;
    context.strokeStyle = (kicked[index] ?? 0) > 0.05 ? "#ffc043" : theme.boardTop;
    context.beginPath();
    context.arc(x, y, swell * 0.72, 0, Math.PI * 2);
    context.stroke();
    context.fillStyle = theme.postLight;
    disc(context, x, y, swell * 0.22);
  });
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius */
export function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

// The mark that each puck cuts into the ice, and that heals.

const POINTS_MAX = 46;
const STEP = 0.22;

/** @typedef {{x: number, y: number, age: number}} Point */

export class Trails {
  constructor() {
    /** @type {Map<number, {color: string, points: Point[]}>} by the puck's serial */
    this.bySerial = new Map();
  }

  /**
   * @param {number} serial
   * @param {string} color
   * @param {number} x units
   * @param {number} y
   */
  add(serial, color, x, y) {
    let trail = this.bySerial.get(serial);
    if (!trail) {
      trail = { color, points: [] };
      this.bySerial.set(serial, trail);
    }
    const last = trail.points.at(-1);
    const moved = last ? Math.hypot(x - last.x, y - last.y) : Infinity;
    if (moved < STEP) return;
    // A puck that was put elsewhere draws no line across the rink.
    if (moved > 5) trail.points.length = 0;
    trail.points.push({ x, y, age: 0 });
    if (trail.points.length > POINTS_MAX) trail.points.shift();
  }

  /** @param {number} seconds @param {number} life seconds */
  advance(seconds, life) {
    for (const [serial, trail] of this.bySerial) {
      for (const point of trail.points) point.age += seconds;
      while (trail.points.length > 0 && trail.points[0].age > life) trail.points.shift();
      if (trail.points.length === 0) this.bySerial.delete(serial);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   * @param {number} life seconds
   * @param {boolean} dark
   */
  draw(context, camera, life, dark) {
    for (const { color, points } of this.bySerial.values()) {
      context.fillStyle = color;
      const ribbon = points.map((_, index) => edges(points, index, camera, life));
      for (let index = 1; index < ribbon.length; index += 1) {
        context.globalAlpha = Math.max(0, 1 - points[index].age / life) * (dark ? 0.55 : 0.42);
        context.beginPath();
        context.moveTo(...ribbon[index - 1].left);
        context.lineTo(...ribbon[index].left);
        context.lineTo(...ribbon[index].right);
        context.lineTo(...ribbon[index - 1].right);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }
}

/**
 * The two edges of the ribbon at one of its points, which get closer with age.
 * @param {Point[]} points
 * @param {number} index
 * @param {import("./camera.js").Camera} camera
 * @param {number} life
 * @returns {{left: [number, number], right: [number, number]}} CSS pixels
 */
function edges(points, index, camera, life) {
  const before = points[Math.max(0, index - 1)];
  const after = points[Math.min(points.length - 1, index + 1)];
  const length = Math.hypot(after.x - before.x, after.y - before.y) || 1;
  const fresh = Math.max(0, 1 - points[index].age / life);
  const half = 0.06 + 0.5 * fresh * fresh;
  const acrossX = (-(after.y - before.y) / length) * half;
  const acrossY = ((after.x - before.x) / length) * half;
  const { x, y } = points[index];
  return {
    left: camera.toScreen((x + acrossX) * 65536, (y + acrossY) * 65536),
    right: camera.toScreen((x - acrossX) * 65536, (y - acrossY) * 65536),
  };
}

// Where on the canvas the rink stands. On an upright screen the rink stands upright too.

import { RINK_X, RINK_Y } from "../rules/numbers.js";

const FIXED = 65536;
/** Room around the ice for the boards, in units. */
const MARGIN = 1.3;

export class Camera {
  constructor() {
    this.width = 1;
    this.height = 1;
    /** The rink's middle, CSS pixels. */
    this.middleX = 0.5;
    this.middleY = 0.5;
    this.upright = false;
    /** Pixels a unit. */
    this.scale = 1;
    this.pixelRatio = 1;
  }

  /**
   * @param {number} width CSS pixels
   * @param {number} height
   * @param {number} pixelRatio
   */
  resize(width, height, pixelRatio) {
    this.width = width;
    this.height = height;
    this.pixelRatio = pixelRatio;
    this.upright = height > width;
    const across = 2 * (RINK_X / FIXED + MARGIN);
    const down = 2 * (RINK_Y / FIXED + MARGIN);
    this.scale = this.upright
      ? Math.min(width / down, height / across)
      : Math.min(width / across, height / down);
    this.middleX = width / 2;
    // Upright it stands at the top: what is left below is for thumbs.
    this.middleY = this.upright ? (across * this.scale) / 2 : height / 2;
  }

  /** @param {number} x 16.16 @param {number} y 16.16 @returns {[number, number]} CSS pixels */
  toScreen(x, y) {
    const ux = (x / FIXED) * this.scale;
    const uy = (y / FIXED) * this.scale;
    return this.upright
      ? [this.middleX - uy, this.middleY + ux]
      : [this.middleX + ux, this.middleY + uy];
  }

  /** A direction on the screen as one on the rink. @param {number} x @param {number} y @returns {[number, number]} */
  toRink(x, y) {
    return this.upright ? [y, -x] : [x, y];
  }

  /** A direction on the rink as one on the screen. @param {number} x @param {number} y @returns {[number, number]} */
  directionToScreen(x, y) {
    return this.upright ? [-y, x] : [x, y];
  }

  /** @param {number} units 16.16 @returns {number} CSS pixels */
  length(units) {
    return (units / FIXED) * this.scale;
  }
}

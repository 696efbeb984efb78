// Many small movements of hands become few events: one only when the direction on the rink changes.

import { DIRECTIONS, STEER_MAX } from "../rules/numbers.js";

/** @typedef {[number, number]} Vector */

/** Less than this of the stick's way is no direction. */
const DEAD_ZONE = 0.22;
const HALF_SPEED_BELOW = 0.55;
/** A thumb trembles; this much faster than the tick would only be traffic. */
const SEND_EVERY_MS = 50;
/** If the simulation does not steer as one does after this long, it is said again. */
const REPEAT_AFTER_MS = 1_500;

export class Steering {
  /** @param {(type: string, body: string) => void} send */
  constructor(send) {
    this.send = send;
    /** @type {Vector} as it is wanted now, whole numbers on the rink */
    this.wanted = [0, 0];
    this.sent = "0,0";
    this.sentAt = 0;
  }

  /** @param {Vector} direction on the rink, length 0 to 1 */
  steer(direction) {
    this.wanted = quantise(direction);
  }

  /**
   * Sends what changed.
   * @param {number} now ms
   * @param {{dx: number, dy: number} | undefined} puck one's own, as the simulation has it
   */
  update(now, puck) {
    if (!puck) return;
    const body = this.wanted.join(",");
    const differs = puck.dx !== this.wanted[0] || puck.dy !== this.wanted[1];
    const changed = body !== this.sent && now - this.sentAt >= SEND_EVERY_MS;
    if (!changed && !(differs && now - this.sentAt >= REPEAT_AFTER_MS)) return;
    this.sent = body;
    this.sentAt = now;
    this.send("steer", body);
  }

  /** A new epoch knows nothing of what was sent. */
  reset() {
    this.sent = "0,0";
  }

  dash() {
    // The direction first: a dash goes where one steers.
    const body = this.wanted.join(",");
    if (body !== this.sent) {
      this.sent = body;
      this.sentAt = performance.now();
      this.send("steer", body);
    }
    this.send("dash", "");
  }

  /** Where one steers, for the eyes. @returns {Vector} length 0 to 1 */
  get gaze() {
    return [this.wanted[0] / STEER_MAX, this.wanted[1] / STEER_MAX];
  }
}

/** @param {Vector} direction @returns {Vector} */
function quantise([x, y]) {
  const length = Math.hypot(x, y);
  if (length < DEAD_ZONE) return [0, 0];
  const turn = Math.round((Math.atan2(y, x) / (2 * Math.PI)) * DIRECTIONS.length);
  const [dx, dy] = DIRECTIONS[(turn + DIRECTIONS.length) % DIRECTIONS.length];
  return length < HALF_SPEED_BELOW ? [Math.trunc(dx / 2), Math.trunc(dy / 2)] : [dx, dy];
}

// The stage draws the world between its last two ticks. Nothing here changes the world.

import { announcement, drawAnnouncement } from "./announcements.js";
import { Camera } from "./camera.js";
import { showEffects } from "./effects.js";
import { SLOT_COLORS, theme } from "./palette.js";
import { Particles } from "./particles.js";
import { drawLabel, drawPuck } from "./pucks.js";
import { drawPosts, drawRink } from "./rink.js";
import { SparkPainter } from "./sparks.js";
import { Trails } from "./trails.js";

/** @typedef {import("../rules/world.js").World} World */
/** @typedef {import("../rules/world.js").Puck} Puck */

const UNIT = 65536;
const PIXEL_RATIO_MAX = 2;
const TRAIL_SECONDS = 1.1;
const POP_SECONDS = 0.8;
const POPS_MAX = 24;

/**
 * @typedef {object} Shot
 * @property {number} alpha            how far from the tick before the last (0) to the last (1)
 * @property {number} now              ms
 * @property {string} me               one's own public id, "" for none
 * @property {[number, number] | null} steer  where one steers at this moment on the rink, -1 to 1; shown at once
 * @property {(puck: Puck) => string} nameOf
 */

export class Stage {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.camera = new Camera();
    this.particles = new Particles();
    this.trails = new Trails();
    /** @type {{x: number, y: number, text: string, slot: number, age: number}[]} */
    this.pops = [];
    /** @type {number[]} by slot: what is left of a flash */
    this.flashes = [];
    /** @type {number[]} by post */
    this.kicks = [];
    this.darkQuery = matchMedia("(prefers-color-scheme: dark)");
    this.stillQuery = matchMedia("(prefers-reduced-motion: reduce)");
    this.theme = theme(this.darkQuery.matches);
    this.lastMs = 0;
    this.darkQuery.addEventListener("change", () => this.resize());
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  resize() {
    this.theme = theme(this.darkQuery.matches);
    const ratio = Math.min(PIXEL_RATIO_MAX, devicePixelRatio || 1);
    this.camera.resize(Math.max(1, this.canvas.clientWidth), Math.max(1, this.canvas.clientHeight), ratio);
    this.canvas.width = Math.round(this.camera.width * ratio);
    this.canvas.height = Math.round(this.camera.height * ratio);
    this.rink = drawRink(this.camera, this.theme);
    this.sparkPainter = new SparkPainter(this.camera, this.theme.dark);
  }

  /** @param {World} world @param {Shot} shot */
  draw(world, shot) {
    const seconds = Math.min(0.1, Math.max(0, (shot.now - this.lastMs) / 1000));
    this.lastMs = shot.now;
    const still = this.stillQuery.matches;
    if (!still) showEffects(world, this);
    this.advance(seconds);
    const { context, camera } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.rink) context.drawImage(this.rink, 0, 0);
    context.setTransform(camera.pixelRatio, 0, 0, camera.pixelRatio, 0, 0);
    this.drawTrails(world, shot, still);
    drawPosts(context, camera, this.theme, this.kicks);
    for (const spark of world.sparks) {
      const [x, y] = camera.toScreen(between(spark.fromX, spark.x, shot.alpha), between(spark.fromY, spark.y, shot.alpha));
      this.sparkPainter?.draw(context, spark, x, y, still ? 0 : shot.now / 1000);
    }
    this.particles.draw(context, camera);
    this.drawPucks(world, shot, still);
    this.drawPops();
    const words = announcement(world, shot.alpha);
    if (words) drawAnnouncement(context, camera, this.theme, words, still);
  }

  /** A word that rises from the ice. @param {number} x units @param {number} y @param {string} text @param {number} slot */
  pop(x, y, text, slot) {
    if (this.pops.length < POPS_MAX) this.pops.push({ x, y, text, slot, age: 0 });
  }

  /** @param {number} slot */
  flash(slot) {
    this.flashes[slot] = 1;
  }

  /** @param {number} post */
  kick(post) {
    this.kicks[post] = 1;
  }

  /** @param {number} seconds */
  advance(seconds) {
    this.particles.advance(seconds);
    this.trails.advance(seconds, TRAIL_SECONDS);
    this.flashes = this.flashes.map((left) => Math.max(0, (left ?? 0) - seconds / 1.1));
    this.kicks = this.kicks.map((left) => Math.max(0, (left ?? 0) - seconds / 0.3));
    for (const pop of this.pops) pop.age += seconds;
    this.pops = this.pops.filter(({ age }) => age < POP_SECONDS);
  }

  /** @param {World} world @param {Shot} shot @param {boolean} still */
  drawTrails(world, shot, still) {
    if (still) return;
    for (const puck of world.pucks) {
      this.trails.add(
        puck.serial, SLOT_COLORS[puck.slot],
        between(puck.fromX, puck.x, shot.alpha) / UNIT, between(puck.fromY, puck.y, shot.alpha) / UNIT,
      );
    }
    this.trails.draw(this.context, this.camera, TRAIL_SECONDS, this.theme.dark);
  }

  /** @param {World} world @param {Shot} shot @param {boolean} still */
  drawPucks(world, shot, still) {
    const best = world.pucks.reduce((most, { score }) => Math.max(most, score), 1);
    const looks = world.pucks.map((puck) => {
      const [x, y] = this.camera.toScreen(
        between(puck.fromX, puck.x, shot.alpha), between(puck.fromY, puck.y, shot.alpha),
      );
      const mine = puck.id === shot.me;
      const steer = mine && shot.steer ? shot.steer : [puck.dx / 16, puck.dy / 16];
      return {
        puck, x, y, mine, gaze: this.camera.directionToScreen(steer[0], steer[1]),
        leads: puck.score === best, flash: this.flashes[puck.slot] ?? 0,
        pulse: still ? 0 : 0.5 + 0.5 * Math.sin(shot.now / 180),
      };
    });
    // One's own stands above the others.
    looks.sort((a, b) => Number(a.mine) - Number(b.mine));
    for (const look of looks) drawPuck(this.context, this.camera, this.theme, look);
    for (const look of looks) drawLabel(this.context, this.camera, this.theme, look, shot.nameOf(look.puck));
  }

  drawPops() {
    const { context, camera } = this;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const pop of this.pops) {
      const through = pop.age / POP_SECONDS;
      const size = Math.max(12, camera.scale * 1.25);
      const [x, y] = camera.toScreen(pop.x * UNIT, pop.y * UNIT);
      const rise = y - camera.scale * (1.6 + 1.8 * through);
      context.globalAlpha = Math.min(1, 2.5 * (1 - through));
      context.font = `800 ${size}px system-ui, sans-serif`;
      context.lineWidth = size * 0.22;
      context.strokeStyle = this.theme.labelHalo;
      context.strokeText(pop.text, x, rise);
      context.fillStyle = SLOT_COLORS[pop.slot];
      context.fillText(pop.text, x, rise);
    }
    context.globalAlpha = 1;
  }
}

/** @param {number} from @param {number} to @param {number} alpha */
function between(from, to, alpha) {
  return from + (to - from) * alpha;
}

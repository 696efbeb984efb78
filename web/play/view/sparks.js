// Sparks and stars: a painted glow for each, copied for every one of them.

import { SPARK_ARM_TICKS } from "../rules/numbers.js";
import { sparkRadius } from "../rules/spark.js";
import { SPARK_COLOR } from "./palette.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("../rules/world.js").Spark} Spark */

export class SparkPainter {
  /** @param {Camera} camera @param {boolean} dark */
  constructor(camera, dark) {
    this.camera = camera;
    this.glow = paintGlow(Math.ceil(camera.scale * 3 * camera.pixelRatio), dark);
    this.dark = dark;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Spark} spark
   * @param {number} x CSS pixels
   * @param {number} y
   * @param {number} seconds since the page began, for the twinkle; 0 for none
   */
  draw(context, spark, x, y, seconds) {
    const star = spark.value > 1;
    const beat = Math.sin(seconds * (star ? 5 : 3.2) + spark.serial * 2.4);
    const grow = Math.min(1, 0.45 + (0.55 * (SPARK_ARM_TICKS - spark.arm)) / SPARK_ARM_TICKS);
    const radius = this.camera.length(sparkRadius(spark)) * 1.35 * grow * (1 + 0.08 * beat);
    const glow = radius * (star ? 4.4 : 3.4) * (1 + 0.1 * beat);
    context.globalAlpha = this.dark ? 0.85 : 0.6;
    context.drawImage(this.glow, x - glow / 2, y - glow / 2, glow, glow);
    context.globalAlpha = 1;
    context.save();
    context.translate(x, y);
    context.rotate(star ? seconds * 1.5 : 0.35 * Math.sin(seconds * 1.3 + spark.serial));
    starPath(context, star ? 5 : 4, radius * 1.15, radius * (star ? 0.55 : 0.42));
    context.fillStyle = SPARK_COLOR;
    context.fill();
    context.lineWidth = Math.max(1, radius * 0.14);
    context.strokeStyle = this.dark ? "#fff1cf" : "#a86a00";
    context.lineJoin = "round";
    context.stroke();
    starPath(context, star ? 5 : 4, radius * 0.55, radius * 0.24);
    context.fillStyle = "#fff6df";
    context.fill();
    context.restore();
  }
}

/** @param {number} size pixels @param {boolean} dark */
function paintGlow(size, dark) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(2, size);
  canvas.height = canvas.width;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const half = canvas.width / 2;
  const glow = context.createRadialGradient(half, half, 0, half, half, half);
  glow.addColorStop(0, dark ? "rgb(255 214 120 / 90%)" : "rgb(255 184 40 / 75%)");
  glow.addColorStop(0.35, dark ? "rgb(255 184 60 / 34%)" : "rgb(255 184 40 / 32%)");
  glow.addColorStop(1, "rgb(255 184 40 / 0%)");
  context.fillStyle = glow;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {CanvasRenderingContext2D} context @param {number} points @param {number} outer @param {number} inner */
function starPath(context, points, outer, inner) {
  context.beginPath();
  for (let corner = 0; corner < points * 2; corner += 1) {
    const radius = corner % 2 === 0 ? outer : inner;
    const angle = (corner * Math.PI) / points - Math.PI / 2;
    context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
  }
  context.closePath();
}

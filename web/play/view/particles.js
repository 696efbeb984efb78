// Snow and glitter: short-lived, bounded, and no part of the game.

const PARTICLES_MAX = 400;

/**
 * @typedef {{x: number, y: number, vx: number, vy: number, age: number, life: number, size: number, color: string}} Particle
 * in units and seconds
 */

export class Particles {
  constructor() {
    /** @type {Particle[]} */
    this.list = [];
  }

  /**
   * @param {number} x units
   * @param {number} y
   * @param {{count: number, speed: number, life: number, size: number, colors: string[], angle?: number, spread?: number}} burst
   */
  burst(x, y, { count, speed, life, size, colors, angle = 0, spread = Math.PI * 2 }) {
    for (let index = 0; index < count && this.list.length < PARTICLES_MAX; index += 1) {
      const direction = angle + (Math.random() - 0.5) * spread;
      const pace = speed * (0.35 + Math.random() * 0.65);
      this.list.push({
        x, y, vx: Math.cos(direction) * pace, vy: Math.sin(direction) * pace, age: 0,
        life: life * (0.6 + Math.random() * 0.4), size: size * (0.5 + Math.random() * 0.5),
        color: colors[index % colors.length],
      });
    }
  }

  /** @param {number} seconds */
  advance(seconds) {
    const slow = Math.pow(0.06, seconds);
    for (const particle of this.list) {
      particle.age += seconds;
      particle.x += particle.vx * seconds;
      particle.y += particle.vy * seconds;
      particle.vx *= slow;
      particle.vy *= slow;
    }
    this.list = this.list.filter(({ age, life }) => age < life);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   */
  draw(context, camera) {
    for (const particle of this.list) {
      const left = 1 - particle.age / particle.life;
      const [x, y] = camera.toScreen(particle.x * 65536, particle.y * 65536);
      context.globalAlpha = Math.min(1, left * 1.6);
      context.fillStyle = particle.color;
      context.beginPath();
      context.arc(x, y, particle.size * camera.scale * (0.4 + 0.6 * left), 0, Math.PI * 2);
      context.fill();
    }
    context.globalAlpha = 1;
  }
}

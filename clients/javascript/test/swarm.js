// A game that uses everything: random numbers, all fixed-point functions, spawns in events and in ticks,
// entities that change others, strings. Its twin is crates/stadion-client/tests/vectors/swarm.rs.

import { fixed } from "../src/index.js";

/** @import { Hasher, Sim } from "../src/index.js" */

const FRICTION = fixed.ratio(95, 100);

export class Swarm {
  /** @type {{id: string, name: string, ship: number}[]} */
  players = [];
  score = 0;

  onReset() {
    this.players = [];
    this.score = 0;
  }

  /**
   * @param {Sim<Body>} sim
   * @param {string} id
   */
  onConnect(sim, id) {
    const x = fixed.fromInt(sim.random.range(-100, 100));
    const y = fixed.fromInt(sim.random.range(-100, 100));
    const ship = sim.spawn(new Body({ isShip: true, x, y, vx: 0, vy: 0, angle: sim.random.fixed01(), heat: 0 }));
    this.players.push({ id, name: "", ship });
  }

  /**
   * @param {Sim<Body>} sim
   * @param {string} id
   */
  onDisconnect(sim, id) {
    const index = this.players.findIndex((player) => player.id === id);
    if (index >= 0) sim.despawn(this.players.splice(index, 1)[0].ship);
  }

  /**
   * @param {Sim<Body>} sim
   * @param {import("../src/sim.js").ClientEvent} event
   */
  onClientEvent(sim, { type, origin, body }) {
    const player = this.players.find(({ id }) => id === origin);
    if (!player) return;
    if (type === "name") {
      player.name = body;
      return;
    }
    const ship = sim.get(player.ship);
    if (!ship) return;
    if (type === "push") ship.push(Number(body));
    else if (type === "shoot") sim.spawn(ship.shoot(Number(body), sim));
    else throw new Error(type);
  }

  /**
   * @param {Sim<Body>} sim
   * @param {Hasher} hasher
   */
  hash(sim, hasher) {
    hasher.i32(this.score);
    for (const { id, name } of this.players) {
      hasher.str(id);
      hasher.str(name);
    }
    for (const body of sim.entities) {
      hasher.bool(body.isShip);
      for (const value of [body.x, body.y, body.vx, body.vy, body.angle, body.heat]) hasher.i32(value);
    }
  }

  save() {
    return { players: this.players, score: this.score };
  }

  /**
   * @param {Sim<Body>} sim
   * @param {ReturnType<Swarm["save"]>} saved
   */
  load(sim, { players, score }) {
    this.players = players;
    this.score = score;
  }

  /** @param {ReturnType<Body["save"]>} saved */
  loadEntity(saved) {
    return new Body(saved);
  }
}

/** @typedef {{isShip: boolean, x: number, y: number, vx: number, vy: number, angle: number, heat: number}} BodyState */

export class Body {
  /** @param {BodyState} state */
  constructor({ isShip, x, y, vx, vy, angle, heat }) {
    this.isShip = isShip;
    this.x = x;
    this.y = y;
    this.vx = vx;
    this.vy = vy;
    this.angle = angle;
    this.heat = heat;
  }

  /** @returns {BodyState} */
  save() {
    return { ...this };
  }

  /**
   * @param {Sim<Body>} sim
   * @param {number} id
   */
  simTick(sim, id) {
    this.x = (this.x + this.vx) | 0;
    this.y = (this.y + this.vy) | 0;
    if (this.isShip) this.fly(sim);
    else this.hit(sim, id);
  }

  /** @param {number} n */
  push(n) {
    this.angle = (this.angle + n * 37) | 0;
    this.vx = (this.vx + fixed.mul(fixed.cos(this.angle), n << 6)) | 0;
    this.vy = (this.vy + fixed.mul(fixed.sin(this.angle), n << 6)) | 0;
  }

  /**
   * @param {number} n
   * @param {Sim<Body>} sim
   */
  shoot(n, sim) {
    const speed = (fixed.fromInt(2) + (n << 4)) | 0;
    const vx = (this.vx + fixed.mul(fixed.cos(this.angle), speed)) | 0;
    const vy = (this.vy + fixed.mul(fixed.sin(this.angle), speed)) | 0;
    return new Body({ ...this, isShip: false, vx, vy, heat: 5 + sim.random.below(30) });
  }

  /** @param {Sim<Body>} sim */
  fly(sim) {
    this.vx = fixed.mul(this.vx, FRICTION);
    this.vy = fixed.mul(this.vy, FRICTION);
    const distance = fixed.hypot(this.x, this.y);
    if (distance > fixed.fromInt(200)) {
      this.vx = (this.vx - fixed.div(this.x, distance)) | 0;
      this.vy = (this.vy - fixed.div(this.y, distance)) | 0;
    }
    this.heat = fixed.sqrt(distance) ^ fixed.round(this.x) ^ fixed.floor(this.y) ^ fixed.toInt(this.vx);
    if (sim.random.below(16) === 0) this.angle = (this.angle + sim.random.fixed01()) | 0;
  }

  /**
   * @param {Sim<Body>} sim
   * @param {number} id
   */
  hit(sim, id) {
    this.heat -= 1;
    let hits = 0;
    for (const ship of sim.entities) {
      if (!ship.isShip || fixed.hypot((ship.x - this.x) | 0, (ship.y - this.y) | 0) >= fixed.fromInt(8)) continue;
      ship.vx = (ship.vx + fixed.mul(this.vx, fixed.HALF)) | 0;
      ship.vy = (ship.vy + fixed.mul(this.vy, fixed.HALF)) | 0;
      hits += 1;
    }
    /** @type {Swarm} */ (sim.game).score += hits;
    if (hits > 0 || this.heat <= 0) sim.despawn(id);
    else if (sim.random.below(40) === 0) sim.spawn(new Body({ ...this, vx: -this.vy | 0, vy: this.vx }));
  }
}

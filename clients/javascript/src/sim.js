// One simulation: a game, its entities, its random numbers. It plays requests, one after the other;
// it knows no time and no network.

import { Hasher } from "./hash.js";
import { Random, Seed } from "./random.js";

/** @import { Request } from "./lockstep.js" */

/**
 * A thing that lives in the scene and moves in each tick.
 * @typedef {object} Entity
 * @property {(sim: Sim<any>, id: number) => void} simTick one tick of its life
 * @property {() => unknown} [save] its state, for `load` of the game; needed only by who saves
 */

/**
 * What a game does. All callbacks are optional; all of them must do the same on every client, so they
 * look at nothing but the simulation: no clock, no `Math.random`, no rendering state.
 * @template {Entity} [E=any]
 * @typedef {object} Game
 * @property {(sim: Sim<E>) => void} [onReset] a new game begins: drop all state; the scene is empty
 * @property {(sim: Sim<E>, id: string) => void} [onConnect] the client with this public id is there
 * @property {(sim: Sim<E>, id: string) => void} [onDisconnect] it is gone
 * @property {(sim: Sim<E>, event: ClientEvent) => void} [onClientEvent] a client sent an event
 * @property {(sim: Sim<E>, hasher: Hasher) => void} [hash] feeds the whole state that matters
 * @property {(sim: Sim<E>) => unknown} [save] the game's own state, a value that `structuredClone` can copy
 * @property {(sim: Sim<E>, saved: any) => void} [load] takes such a value; the entities are back already
 * @property {(saved: any) => E} [loadEntity] makes an entity of what its `save` gave
 */

/** @typedef {Extract<Request, {kind: "event"}>} ClientEvent */

/**
 * A simulation between two ticks; a JSON value if the game's and its entities' own are.
 * @typedef {object} SavedSim
 * @property {number} t the last simulated tick
 * @property {string} seed
 * @property {number} nextId
 * @property {{id: number, state: unknown, enters?: number, leaves?: number}[]} entities in spawn order; those that have yet
 *   to enter, or are about to leave, with the tick at whose end they do
 * @property {unknown} game
 */

/** A callback threw, or the simulation was used wrongly. The simulation is broken from then on. */
export class SimError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = "SimError";
  }
}

/** @template {Entity} [E=any] */
export class Sim {
  /** @type {Game<E>} */
  #game;
  /** @type {(type: string, body: string) => void} */
  #send;
  #t = 0;
  #tickDone = 0;
  /** @type {"outside" | "event" | "tick"} */
  #phase = "outside";
  /** @type {SimError | undefined} */
  #broken;
  #seed = new Seed(0, 0);
  #random = new Random(this.#seed, 0);
  #hasher = new Hasher();
  #nextId = 1;
  /** The scene in spawn order, so ids ascend. @type {E[]} */
  #entities = [];
  /** @type {number[]} */
  #ids = [];
  /** @type {{id: number, entity: E, at: number}[]} */
  #entering = [];
  /** Who leaves at the end of which tick. @type {Map<number, number>} */
  #leaving = new Map();

  /**
   * @param {Game<E>} game
   * @param {(type: string, body: string) => void} [send] takes what `sendEvent` sends; by default it is dropped
   */
  constructor(game, send = () => {}) {
    this.#game = game;
    this.#send = send;
  }

  /** The tick that is being simulated; between ticks the last one. */
  get t() {
    return this.#t;
  }

  /** The game whose callbacks are called. */
  get game() {
    return this.#game;
  }

  /** The random numbers of this tick, the same on every client. */
  get random() {
    return this.#random;
  }

  /** The scene in spawn order, without those who have yet to enter it. @type {readonly E[]} */
  get entities() {
    return this.#entities;
  }

  /** The ids of `entities`, in the same order. @type {readonly number[]} */
  get ids() {
    return this.#ids;
  }

  /** The next 32 random bits of this tick. */
  getRandom() {
    return this.#random.nextU32();
  }

  /**
   * Lets an entity into the scene at the end of the next tick: during tick 5 that is the end of tick 6, in an event
   * before tick 5 the end of tick 5.
   * @param {E} entity
   * @returns {number} its id, counted from 1 in spawn order and never used again
   * @throws {SimError} outside a tick or event
   */
  spawn(entity) {
    const at = this.#nextTickEnd("spawn");
    if (typeof entity?.simTick !== "function") throw new SimError("spawn() needs an entity with a simTick method");
    const id = this.#nextId++;
    this.#entering.push({ id, entity, at });
    return id;
  }

  /**
   * Takes an entity out of the scene at the end of the next tick, by the same rule; until then it goes on.
   * @param {number} id
   * @returns {boolean} whether it was there and not yet leaving
   * @throws {SimError} outside a tick or event
   */
  despawn(id) {
    const at = this.#nextTickEnd("despawn");
    if (this.#leaving.has(id) || this.get(id) === undefined) return false;
    this.#leaving.set(id, at);
    return true;
  }

  /**
   * The entity with this id, also while it has yet to enter the scene.
   * @param {number} id
   * @returns {E | undefined}
   */
  get(id) {
    const index = this.#indexOf(id);
    if (index >= 0) return this.#entities[index];
    return this.#entering.find((entry) => entry.id === id)?.entity;
  }

  /**
   * Sends an event to all clients. It is simulated when it comes back, like everybody else's.
   * Who calls this from inside the simulation sends once from each client.
   * @param {string} type must not begin with `_`
   * @param {string} body
   */
  sendEvent(type, body) {
    this.#send(type, body);
  }

  /**
   * Plays one request. For who drives a simulation without a SimDriver.
   * @param {Request} request the next one of a Lockstep
   * @throws {SimError} if a callback throws, with its error as `cause`, and at every call from then on
   */
  play(request) {
    if (this.#broken) throw new SimError("the simulation stopped at an earlier error", { cause: this.#broken });
    if (this.#phase !== "outside") throw new SimError("play() was called from a callback");
    if (request.kind === "reset") this.#begin(request.seed);
    this.#turnTo(request.t);
    this.#phase = request.kind === "tick" ? "tick" : "event";
    let what = "";
    let at = 0;
    try {
      const game = this.#game;
      switch (request.kind) {
        case "reset":
          what = "onReset";
          game.onReset?.(this);
          break;
        case "connect":
          what = "onConnect";
          game.onConnect?.(this, request.id);
          break;
        case "disconnect":
          what = "onDisconnect";
          game.onDisconnect?.(this, request.id);
          break;
        case "event":
          what = "onClientEvent";
          game.onClientEvent?.(this, request);
          break;
        case "tick":
          for (let i = 0; i < this.#entities.length; i++) {
            at = i;
            this.#entities[i].simTick(this, this.#ids[i]);
          }
          this.#endTick();
          break;
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (request.kind === "tick") what = `simTick of ${this.#entities[at].constructor.name} ${this.#ids[at]}`;
      this.#broken = new SimError(`${what} failed at tick ${this.#t}: ${reason}`, { cause });
      throw this.#broken;
    } finally {
      this.#phase = "outside";
    }
  }

  /** Empties the scene and forgets an error: the stream begins anew. */
  clear() {
    this.#broken = undefined;
    this.#t = 0;
    this.#tickDone = 0;
    this.#begin(new Seed(0, 0));
  }

  /**
   * The hash of the state after a tick: the tick, the seed, who is in the scene, and what the game feeds.
   * @returns {string} 16 hexadecimal digits
   */
  hash() {
    const hasher = this.#hasher;
    hasher.reset();
    hasher.i32(this.#t | 0);
    hasher.i32(this.#seed.hi);
    hasher.i32(this.#seed.lo);
    hasher.i32(this.#nextId);
    hasher.i32(this.#ids.length);
    for (let i = 0; i < this.#ids.length; i++) hasher.i32(this.#ids[i]);
    this.#game.hash?.(this, hasher);
    return hasher.hex();
  }

  /**
   * A copy of everything, to be loaded later or elsewhere. Between two ticks only.
   * @returns {SavedSim}
   * @throws {SimError} if the game or an entity has no `save`
   */
  save() {
    if (this.#phase !== "outside" || this.#t !== this.#tickDone) throw new SimError("save() in the middle of a tick");
    if (!this.#game.save) throw new SimError("the game has no save method");
    const inside = this.#entities.map((entity, i) => this.#saveEntity(this.#ids[i], entity));
    const entering = this.#entering.map(({ id, entity, at }) => ({ ...this.#saveEntity(id, entity), enters: at }));
    return structuredClone({
      t: this.#t,
      seed: this.#seed.toString(),
      nextId: this.#nextId,
      entities: [...inside, ...entering],
      game: this.#game.save(this),
    });
  }

  /**
   * Takes a saved simulation in place of this one.
   * @param {SavedSim} saved stays untouched
   * @throws {SimError} if the game has no `load` or no `loadEntity`
   */
  load(saved) {
    if (this.#phase !== "outside") throw new SimError("load() was called from a callback");
    const game = this.#game;
    if (!game.load) throw new SimError("the game has no load method");
    const { t, seed, nextId, entities, game: state } = structuredClone(saved);
    if (entities.length > 0 && !game.loadEntity) throw new SimError("the game has no loadEntity method");
    this.clear();
    this.#seed = Seed.parse(seed);
    this.#nextId = nextId;
    for (const { id, state, enters, leaves } of entities) {
      const entity = /** @type {E} */ (game.loadEntity?.(state));
      if (leaves !== undefined) this.#leaving.set(id, leaves);
      if (enters !== undefined) this.#entering.push({ id, entity, at: enters });
      else this.#enter(id, entity);
    }
    this.#turnTo(t);
    this.#tickDone = t;
    game.load(this, state);
  }

  /** @param {Seed} seed */
  #begin(seed) {
    this.#seed = seed;
    this.#nextId = 1;
    this.#entities.length = 0;
    this.#ids.length = 0;
    this.#entering.length = 0;
    this.#leaving.clear();
    this.#random.rekey(seed, this.#t);
  }

  /** @param {number} t */
  #turnTo(t) {
    if (t === this.#t) return;
    this.#t = t;
    this.#random.rekey(this.#seed, t);
  }

  /**
   * @param {string} what
   * @returns {number}
   */
  #nextTickEnd(what) {
    switch (this.#phase) {
      case "event":
        return this.#t;
      case "tick":
        return this.#t + 1;
      case "outside":
        throw new SimError(`${what}() outside a tick or event: send an event instead, and do it when that comes back`);
    }
  }

  #endTick() {
    this.#tickDone = this.#t;
    let entered = 0;
    for (const { id, entity, at } of this.#entering) {
      if (at > this.#t) break;
      this.#enter(id, entity);
      entered += 1;
    }
    if (entered > 0) this.#entering.splice(0, entered);
    if (this.#leaving.size > 0) this.#removeLeaving();
  }

  #removeLeaving() {
    let kept = 0;
    for (let i = 0; i < this.#ids.length; i++) {
      const id = this.#ids[i];
      const at = this.#leaving.get(id);
      if (at !== undefined && at <= this.#t) {
        this.#leaving.delete(id);
        continue;
      }
      this.#ids[kept] = id;
      this.#entities[kept] = this.#entities[i];
      kept += 1;
    }
    this.#ids.length = kept;
    this.#entities.length = kept;
  }

  /**
   * @param {number} id
   * @param {E} entity
   */
  #enter(id, entity) {
    this.#ids.push(id);
    this.#entities.push(entity);
  }

  /**
   * @param {number} id
   * @param {E} entity
   */
  #saveEntity(id, entity) {
    if (!entity.save) throw new SimError(`the entity ${entity.constructor.name} has no save method`);
    const leaves = this.#leaving.get(id);
    return leaves === undefined ? { id, state: entity.save() } : { id, state: entity.save(), leaves };
  }

  /** @param {number} id */
  #indexOf(id) {
    let low = 0;
    let high = this.#ids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.#ids[middle] === id) return middle;
      if (this.#ids[middle] < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

// The match: the stream, the driver and the game, tied together.

import { EventStream, SimDriver } from "/_/client/index.js";
import { Drift } from "./rules/drift.js";

/** Long enough that a slower client's hash still finds the same tick here. */
const HASHES_MAX = 4_096;

/**
 * @typedef {object} MatchHandlers
 * @property {(match: Match) => void} draw                       each frame
 * @property {(reason: string) => void} began                    a new epoch
 * @property {(status: EventStream["status"], cause: string) => void} status
 * @property {(message: string) => void} broke                   the simulation stopped, or the stream was refused
 */

export class Match {
  /**
   * @param {import("./session.js").Session} session
   * @param {MatchHandlers} handlers
   */
  constructor(session, handlers) {
    this.session = session;
    this.handlers = handlers;
    this.game = new Drift();
    /** @type {Map<number, string>} this page's own hashes by tick */
    this.hashes = new Map();
    /** @type {{T: number, Origins: string[]} | null} */
    this.firstDesync = null;
    this.driver = new SimDriver(this.game, {
      onHash: (t, hash) => this.keepHash(t, hash),
      onError: (error) => handlers.broke(`The simulation stopped: ${message(error)}`),
    });
    const open = session.watch ? EventStream.watch : (/** @type {Parameters<typeof EventStream.watch>} */ ...given) => new EventStream(...given);
    this.stream = open(undefined, session.stream, {
      onAnswer: (answer) => this.driver.onAnswer(answer),
      onReset: ({ reason }) => this.begin(reason),
      onStatus: handlers.status,
      onError: (error) => {
        if (this.stream.status === "closed") handlers.broke(message(error));
      },
    });
    if (!session.watch) this.driver.transport = this.stream;
    this.driver.start(() => handlers.draw(this));
  }

  get world() {
    return this.game.world;
  }

  /** One's own public id; "" for a spectator and before the first answer. */
  get me() {
    return this.stream.publicId;
  }

  get puck() {
    return this.me === "" ? undefined : this.world.pucks.find(({ id }) => id === this.me);
  }

  /**
   * @param {string} type
   * @param {string} body
   */
  send(type, body) {
    if (!this.session.watch && this.stream.status !== "closed") this.stream.send(type, body);
  }

  /**
   * The first disagreement of this epoch: as the server told it, or as the others' hashes beside
   * one's own show it.
   * @returns {{T: number, Origins: string[]} | null}
   */
  get desync() {
    this.firstDesync ??= this.driver.desync ?? this.compare();
    return this.firstDesync;
  }

  compare() {
    const different = this.driver.hashes.filter(({ T, Hash }) => (this.hashes.get(T) ?? Hash) !== Hash);
    return different.length > 0 ? { T: different[0].T, Origins: [this.me, ...different.map(({ Origin }) => Origin)] } : null;
  }

  /** @param {string} reason */
  begin(reason) {
    this.driver.onReset();
    this.hashes.clear();
    this.firstDesync = null;
    this.handlers.began(reason);
  }

  /** @param {number} t @param {string} hash */
  keepHash(t, hash) {
    this.hashes.set(t, hash);
    this.hashes.delete(t - HASHES_MAX);
  }
}

/** @param {unknown} error */
function message(error) {
  return error instanceof Error ? error.message : String(error);
}

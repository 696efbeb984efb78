import { Outbox } from "./outbox.js";

/**
 * Who this client is to the server:
 * - `"tab"` (the default): a private id for each tab, kept in `sessionStorage`, so that it outlives a reload;
 * - `"device"`: one for the whole browser, kept in `localStorage`; a second tab takes the place of the first;
 * - `"new"`: made for this object and forgotten with it;
 * - `{ id }`: the caller's own secret.
 * @typedef {"tab" | "device" | "new" | { id: string }} IdentityOption
 *
 * @typedef {Pick<Storage, "getItem" | "setItem">} KeyStorage
 */

/** The private id, and beside it what has to outlive a reload: the epoch, the count and the unconfirmed events. */
export class Identity {
  /** @type {string} */
  id;
  /** The epoch that `outbox` counts in; "" before the first answer. */
  epoch = "";
  outbox = new Outbox();
  /** Whether the id may be given up for another one when a newer connection claims it. */
  renewable;
  #key;
  #storage;

  /**
   * @param {string} key names the server and the stream
   * @param {IdentityOption} [option]
   * @param {KeyStorage | null} [storage] in place of the browser's; null: none
   */
  constructor(key, option = "tab", storage) {
    this.#key = `stadion ${key}`;
    this.#storage = storage === undefined ? browserStorage(option) : storage;
    this.renewable = option === "tab" || option === "new";
    this.id = typeof option === "object" ? option.id : "";
    this.#load();
    if (this.id === "") {
      this.id = makeId();
      this.save();
    }
  }

  /**
   * Becomes somebody else, who has sent nothing yet.
   * @returns {number} how many unconfirmed events are given up: whether the stream has them nobody can say
   */
  renew() {
    this.id = makeId();
    const dropped = this.outbox.clear();
    this.save();
    return dropped;
  }

  /**
   * The stream's life is known now. What was sent before that was meant for it.
   * @param {string} epoch
   * @returns {number} how many unconfirmed events are given up with another life
   */
  enterEpoch(epoch) {
    const dropped = this.epoch === "" || this.epoch === epoch ? 0 : this.leaveEpoch();
    this.epoch = epoch;
    return dropped;
  }

  /**
   * The stream's life is over: the count begins anew.
   * @returns {number} how many unconfirmed events are given up with it
   */
  leaveEpoch() {
    this.epoch = "";
    const dropped = this.outbox.clear();
    this.save();
    return dropped;
  }

  /** Another page of this tab may have gone on under this identity in the meantime. */
  refresh() {
    this.#load();
  }

  save() {
    const events = this.outbox.events.map(({ type, body }) => [type, body]);
    const record = { id: this.id, epoch: this.epoch, written: this.outbox.written, events };
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(record));
    } catch {
      // The storage is full or forbidden: the identity lives as long as the page.
    }
  }

  #load() {
    /** @type {any} */
    let record;
    try {
      record = JSON.parse(this.#storage?.getItem(this.#key) ?? "null");
    } catch {
      return;
    }
    if (typeof record?.id !== "string" || record.id === "") return;
    if (this.id !== "" && this.id !== record.id) return;
    this.id = record.id;
    if (typeof record.epoch !== "string" || !Number.isSafeInteger(record.written)) return;
    if (!Array.isArray(record.events)) return;
    this.epoch = record.epoch;
    const events = record.events.map((/** @type {unknown[]} */ [type, body]) => {
      return { type: String(type), body: String(body) };
    });
    this.outbox.restore(record.written, events, record.epoch !== "");
  }
}

/** 128 random bits. */
function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {IdentityOption} option
 * @returns {KeyStorage | undefined}
 */
function browserStorage(option) {
  // Only in a page: other hosts either have no such storage or share one file among all programs.
  if (option === "new" || typeof document === "undefined") return undefined;
  try {
    return option === "device" ? localStorage : sessionStorage;
  } catch {
    return undefined;
  }
}

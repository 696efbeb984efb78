// The events as they come, newest first.

import { element, write } from "/_/play/page.js";
import { eventRow } from "./event-row.js";

/** @typedef {import("/_/client/read-cursor.js").ReadEvent} ReadEvent */

/** Rows that are kept; what is older can be shown again by asking the server. */
const ROWS_MAX = 500;
const EARLIER = 100;

export class Feed {
  #list = element("events");
  #empty = element("feed-empty");
  #pauseButton = element("pause");
  #filter = element("filter", HTMLInputElement);
  #earlierButton = element("earlier", HTMLButtonElement);
  #earlierNote = element("earlier-note");
  #history;
  /** Newest first. @type {{ event: ReadEvent, row: HTMLElement }[]} */
  #shown = [];
  /** Not shown yet, oldest first. @type {ReadEvent[]} */
  #waiting = [];
  #rowsMax = ROWS_MAX;
  #paused = false;
  /** What is older than the first row, or would be: `epoch` and `offset`. */
  #edge = { epoch: "", offset: -1 };
  /** @type {Set<string>} */
  #types = new Set();

  /** @param {import("./history.js").History} history */
  constructor(history) {
    this.#history = history;
    this.#pauseButton.addEventListener("click", () => this.#pause());
    element("clear").addEventListener("click", () => this.clear());
    this.#filter.addEventListener("input", () => this.#applyFilter());
    this.#earlierButton.addEventListener("click", () => void this.#showEarlier());
  }

  /** Live begins behind this position. @param {string} position */
  begin(position) {
    const [epoch = "", offset = "-1"] = position.split(":");
    if (this.#shown.length === 0) this.#setEdge(epoch, Number(offset) + 1);
  }

  /** @param {ReadEvent} event */
  add(event) {
    if (this.#edge.epoch !== event.epoch) this.#setEdge(event.epoch, event.offset);
    this.#waiting.push(event);
    if (this.#waiting.length > this.#rowsMax) this.#waiting.shift();
  }

  /** Everything goes: it is of a past that cannot be linked to what comes. */
  reset() {
    this.clear();
    this.#setEdge("", -1);
  }

  clear() {
    const newest = this.#waiting.at(-1) ?? this.#shown[0]?.event;
    this.#waiting = [];
    this.#shown = [];
    this.#rowsMax = ROWS_MAX;
    this.#list.replaceChildren();
    write(this.#earlierNote, "");
    if (newest) this.#setEdge(newest.epoch, newest.offset + 1);
    this.draw();
  }

  /** Shows what came since the last time. */
  draw() {
    write(this.#pauseButton, !this.#paused ? "Pause" : this.#waiting.length > 0 ? `Go on (${this.#waiting.length})` : "Go on");
    if (!this.#paused && this.#waiting.length > 0) {
      const rows = this.#waiting.map((event) => this.#row(event)).reverse();
      this.#waiting = [];
      this.#list.prepend(...rows.map(({ row }) => row));
      this.#shown.unshift(...rows);
      for (const { row } of this.#shown.splice(this.#rowsMax)) row.remove();
      const oldest = this.#shown.at(-1)?.event;
      if (oldest) this.#setEdge(oldest.epoch, oldest.offset);
    }
    const hidden = this.#shown.length > 0 && this.#shown.every(({ row }) => row.hidden);
    this.#empty.hidden = this.#shown.length > 0 && !hidden;
    write(this.#empty, hidden ? "No event here has such a type." : "Events appear here as they come.");
  }

  /** @param {ReadEvent} event */
  #row(event) {
    const { type = "" } = event;
    if (type && !this.#types.has(type)) {
      this.#types.add(type);
      const option = document.createElement("option");
      option.value = type;
      element("types").append(option);
    }
    const row = eventRow(event);
    row.hidden = !this.#matches(event);
    return { event, row };
  }

  #pause() {
    this.#paused = !this.#paused;
    this.#pauseButton.setAttribute("aria-pressed", String(this.#paused));
    this.draw();
  }

  #applyFilter() {
    for (const { event, row } of this.#shown) row.hidden = !this.#matches(event);
    this.draw();
  }

  /** @param {ReadEvent} event */
  #matches({ type = "" }) {
    return type.toLowerCase().includes(this.#filter.value.trim().toLowerCase());
  }

  /** @param {string} epoch @param {number} offset */
  #setEdge(epoch, offset) {
    this.#edge = { epoch, offset };
    this.#earlierButton.hidden = offset <= 0;
  }

  async #showEarlier() {
    this.#earlierButton.disabled = true;
    const { epoch, offset } = this.#edge;
    const page = await this.#history.before(epoch, offset, EARLIER);
    this.#earlierButton.disabled = false;
    write(this.#earlierNote, page.note);
    // Rows came or went while it was asked for: the page does not fit any more.
    if (this.#edge.epoch !== epoch || this.#edge.offset !== offset) return;
    const rows = page.events.map((event) => this.#row(event)).reverse();
    this.#list.append(...rows.map(({ row }) => row));
    this.#shown.push(...rows);
    this.#rowsMax += rows.length;
    this.#setEdge(epoch, page.events[0]?.offset ?? 0);
    this.draw();
  }
}

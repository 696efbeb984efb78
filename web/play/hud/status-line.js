// One line at the bottom: how the page hears from the server, how fast, how far behind.

import { element, write } from "../page.js";

/** @typedef {import("/_/client/event-stream.js").Status} Status */

/** @type {Record<Status, [string, string]>} lamp, words */
const WORDS = {
  connecting: ["", "connecting…"],
  open: ["open", "live"],
  polling: ["polling", "live by polling: no WebSocket gets through"],
  waiting: ["lost", "connection lost, reconnecting…"],
  closed: ["lost", "disconnected"],
};

export class StatusLine {
  constructor() {
    this.lamp = element("lamp");
    this.text = element("status-text");
    this.ping = element("ping");
    this.behind = element("behind");
  }

  /** @param {Status} status @param {string} [words] in place of the usual ones */
  status(status, words) {
    this.lamp.className = `lamp ${WORDS[status][0]}`;
    write(this.text, words ?? WORDS[status][1]);
  }

  /** @param {number | undefined} pingMs @param {number} behind ticks */
  figures(pingMs, behind) {
    write(this.ping, pingMs !== undefined ? `ping ${Math.round(pingMs)} ms` : "");
    write(this.behind, `${behind} ${behind === 1 ? "tick" : "ticks"} behind`);
  }
}

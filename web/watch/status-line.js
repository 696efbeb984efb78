// One line at the bottom: how the page hears from the server, and where in the stream it is.

import { element, write } from "/_/play/page.js";

/** @typedef {import("/_/client/reader.js").ReaderStatus} ReaderStatus */

/** @type {Record<ReaderStatus, [string, string]>} lamp, words */
const WORDS = {
  connecting: ["", "connecting…"],
  open: ["open", "live"],
  waiting: ["lost", "connection lost, reconnecting…"],
  closed: ["lost", "ended"],
};

export class StatusLine {
  #lamp = element("lamp");
  #text = element("status-text");
  #reconnects = element("reconnects");
  #position = element("position");
  #lost = 0;

  /** @param {ReaderStatus} status */
  status(status) {
    if (status === "waiting") this.#lost += 1;
    const [lamp, words] = WORDS[status];
    this.#lamp.className = `lamp ${lamp}`;
    write(this.#text, words);
    write(this.#reconnects, this.#lost === 0 ? "" : this.#lost === 1 ? "1 reconnect" : `${this.#lost} reconnects`);
  }

  /** For good. @param {string} why */
  ended(why) {
    write(this.#text, why);
  }

  /** @param {string} position `{epoch}:{offset}` */
  position(position) {
    const offset = position.slice(position.lastIndexOf(":") + 1);
    write(this.#position, position === "" ? "" : offset === "-1" ? "no event yet" : `event #${offset}`);
    this.#position.title = position;
  }
}

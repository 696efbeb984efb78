// Short words over the rink, and the loud one.

import { element, write } from "../page.js";

const SHOWN_MS = 4_000;

export class Notices {
  constructor() {
    this.notice = element("notice");
    this.alarm = element("desync");
    this.timer = 0;
  }

  /**
   * @param {string} text
   * @param {{stays?: boolean}} [how] stays until the next one, or until cleared
   */
  say(text, { stays = false } = {}) {
    clearTimeout(this.timer);
    write(this.notice, text);
    this.notice.hidden = false;
    if (!stays) this.timer = window.setTimeout(() => this.clear(), SHOWN_MS);
  }

  clear() {
    clearTimeout(this.timer);
    this.notice.hidden = true;
  }

  /** Stays: a match that fell apart does not heal. @param {number} tick @param {string[]} names */
  desync(tick, names) {
    write(this.alarm, `Desync at tick ${tick}: the states of ${names.join(" and ")} differ. From here on each may see another match.`);
    this.alarm.hidden = false;
  }

  calm() {
    this.alarm.hidden = true;
  }
}

// Who plays: colour, name, rounds won, sparks, best first.

import { nameOf } from "../names.js";
import { element, make, write } from "../page.js";
import { ranking } from "../rules/referee.js";
import { SLOT_COLOR_NAMES } from "../view/palette.js";

/** @typedef {import("../rules/world.js").World} World */
/** @typedef {import("../rules/world.js").Puck} Puck */
/** @typedef {{item: HTMLElement, who: HTMLElement, kind: HTMLElement, wins: HTMLElement, score: HTMLElement}} Row */

export class PlayersList {
  /** @param {() => void} rename called when the player wants another name */
  constructor(rename) {
    this.list = element("players");
    this.rename = rename;
    /** @type {Map<number, Row>} by the puck's serial */
    this.rows = new Map();
  }

  /**
   * @param {World} world
   * @param {string} me
   */
  update(world, me) {
    const ranked = ranking(world);
    const present = new Set(ranked.map(({ puck }) => puck.serial));
    for (const [serial, row] of this.rows) {
      if (present.has(serial)) continue;
      row.item.remove();
      this.rows.delete(serial);
    }
    ranked.forEach(({ puck }, index) => {
      const row = this.rows.get(puck.serial) ?? this.add(puck, puck.id === me);
      row.item.classList.toggle("me", puck.id === me);
      write(row.who, nameOf(puck));
      write(row.kind, puck.bot ? "bot" : puck.id === me ? "you" : "");
      write(row.wins, puck.wins > 0 ? `★ ${puck.wins}` : "");
      write(row.score, String(puck.score));
      if (this.list.children[index] !== row.item) this.list.insertBefore(row.item, this.list.children[index] ?? null);
    });
  }

  renameButton() {
    const rename = make("button", "button quiet rename", "✎");
    rename.setAttribute("aria-label", "Change your name");
    rename.addEventListener("click", this.rename);
    return rename;
  }

  /**
   * @param {Puck} puck
   * @param {boolean} mine
   * @returns {Row}
   */
  add(puck, mine) {
    const item = make("li", `player slot-${puck.slot}`);
    const dot = make("span", "dot");
    dot.title = SLOT_COLOR_NAMES[puck.slot];
    const name = make("span", "who");
    const who = make("span");
    const kind = make("span", "kind");
    name.append(who, " ", kind);
    const wins = make("span", "wins");
    wins.title = "rounds won";
    const score = make("span", "score");
    score.title = "sparks";
    item.append(dot, name, ...(mine ? [this.renameButton()] : []), wins, score);
    const row = { item, who, kind, wins, score };
    this.rows.set(puck.serial, row);
    return row;
  }
}

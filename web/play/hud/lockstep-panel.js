// The proof: everybody's state hash, and whether it equals one's own for the same tick.

import { nameOfId } from "../names.js";
import { element, make, write } from "../page.js";

/** @typedef {import("../rules/world.js").Puck} Puck */
/** @typedef {import("/_/client/answer.js").ClientHash} ClientHash */

/**
 * @typedef {object} PanelView
 * @property {Map<number, string>} hashes  one's own, by tick
 * @property {ClientHash[]} others         the latest that the server told
 * @property {readonly Puck[]} pucks
 * @property {string} me
 * @property {number} tick
 * @property {number} lastKnown
 * @property {string} epoch
 * @property {number} entities
 * @property {{T: number} | null} desync
 */

export class LockstepPanel {
  constructor() {
    this.panel = element("lockstep", HTMLDetailsElement);
    this.agreement = element("agreement");
    this.facts = element("facts");
    this.rows = element("hashes");
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
  }

  /** @param {PanelView} view */
  update(view) {
    const compared = view.others.map((other) => ({ other, mine: view.hashes.get(other.T) }));
    this.summarise(view, compared);
    if (!this.panel.open) return;
    this.fact("Tick", `${view.tick} of ${view.lastKnown}`);
    this.fact("My hash", view.hashes.get(view.tick) ?? "–");
    this.fact("Entities", String(view.entities));
    this.fact("Epoch", view.epoch.slice(0, 12) || "–");
    this.rows.replaceChildren(...compared.map(({ other, mine }) => hashRow(view, other, mine)));
  }

  /**
   * @param {PanelView} view
   * @param {{other: ClientHash, mine: string | undefined}[]} compared
   */
  summarise(view, compared) {
    const known = compared.filter(({ other, mine }) => mine !== undefined && other.Origin !== view.me);
    const broken = view.desync !== null || known.some(({ other, mine }) => mine !== other.Hash);
    this.agreement.className = `agreement ${broken ? "broken" : known.length > 0 ? "equal" : ""}`;
    write(this.agreement, broken ? "✗ desync" : known.length > 0 ? "✓ all equal" : `tick ${view.tick}`);
  }

  /** @param {string} name @param {string} value */
  fact(name, value) {
    let target = this.values.get(name);
    if (!target) {
      target = make("dd");
      this.values.set(name, target);
      this.facts.append(make("dt", "", name), target);
    }
    write(target, value);
  }
}

/**
 * @param {PanelView} view
 * @param {ClientHash} other
 * @param {string | undefined} mine
 */
function hashRow(view, other, mine) {
  const row = make("tr");
  const name = nameOfId(view.pucks, other.Origin) + (other.Origin === view.me ? " (you)" : "");
  const equal = mine === undefined ? "" : mine === other.Hash ? "equal" : "broken";
  const hash = make("td", equal, other.Hash.slice(0, 8));
  hash.title = other.Hash;
  row.append(
    make("td", "", name), make("td", "", String(other.T)), hash,
    make("td", equal, equal === "equal" ? "✓" : equal === "broken" ? "✗" : "…"),
  );
  return row;
}

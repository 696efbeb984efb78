// What is going on: open scopes within each other, or, where a stream's scopes are not known to this page, the
// events that restore the present, one below the other.

import { element, make, write } from "/_/play/page.js";
import { eventRow } from "./event-row.js";

/**
 * @typedef {import("/_/client/read-cursor.js").ReadEvent} ReadEvent
 * @typedef {import("./scopes.js").Scope} Scope
 */

/** Events of a scope that are listed when it is opened. */
const LISTED_MAX = 100;

/** @type {Record<Scope["kind"], string>} */
const KINDS = { competition: "Competition", distance: "Distance", heat: "Heat" };

export class TreeView {
  #root = element("now");
  #count = element("now-count");
  /** @type {WeakMap<Scope, Branch>} */
  #branches = new WeakMap();
  #drawn = "";

  /** @param {import("./scopes.js").Scopes} scopes */
  drawScopes({ competition, distance, heats }) {
    const open = [competition, distance, ...heats.values()].filter((scope) => scope !== null);
    for (const scope of open) this.#branch(scope).draw();
    write(this.#count, open.length === 1 ? "1 open scope" : `${open.length} open scopes`);
    const shape = open.map((scope) => `${scope.kind} ${scope.key} ${scope.opening.offset}`).join("\n");
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    if (!competition) return this.#root.replaceChildren(make("p", "empty", "This competition has not been activated yet."));
    const inner = distance ? [this.#item(distance, [...heats.values()].map((heat) => this.#item(heat, [])))] : [];
    const tree = make("ul", "tree");
    tree.append(this.#item(competition, inner));
    this.#root.replaceChildren(tree);
  }

  /** @param {ReadEvent[]} state @param {boolean} complete */
  drawList(state, complete) {
    write(this.#count, state.length === 1 ? "1 event" : `${state.length} events`);
    const shape = `${complete} ${state.length} ${state.at(-1)?.offset}`;
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    if (state.length === 0) {
      const words = complete ? "This stream has no live state: its events are all there is." : "Nothing is known yet.";
      return this.#root.replaceChildren(make("p", "empty", words));
    }
    const list = make("ol", "events");
    list.append(...state.map(stateRow));
    this.#root.replaceChildren(list);
  }

  /** @param {Scope} scope @param {HTMLElement[]} inner */
  #item(scope, inner) {
    const item = make("li", scope.kind);
    item.append(this.#branch(scope).node);
    if (inner.length > 0) {
      const list = make("ul");
      list.append(...inner);
      item.append(list);
    }
    return item;
  }

  /** @param {Scope} scope */
  #branch(scope) {
    let branch = this.#branches.get(scope);
    if (!branch) this.#branches.set(scope, (branch = new Branch(scope)));
    return branch;
  }
}

/** A scope's line, and its own events below when it is opened. */
class Branch {
  node = document.createElement("details");
  #scope;
  #count = make("span", "count");
  #list = make("ol", "events");
  #listed = -1;

  /** @param {Scope} scope */
  constructor(scope) {
    this.#scope = scope;
    const summary = make("summary");
    summary.append(make("span", "kind", KINDS[scope.kind]), make("strong", "", nameOf(scope)), this.#count);
    this.node.append(summary, this.#list);
    this.node.addEventListener("toggle", () => this.draw());
  }

  draw() {
    const { opening, events } = this.#scope;
    const count = events.length + 1;
    write(this.#count, count === 1 ? "1 event" : `${count} events`);
    if (!this.node.open || this.#listed === count) return;
    this.#listed = count;
    const latest = events.slice(-LISTED_MAX).reverse();
    this.#list.replaceChildren(...latest.map(eventRow), eventRow(opening));
  }
}

/** @param {Scope} scope */
function nameOf({ kind, key, opening: { body } }) {
  if (kind === "heat") return `${body.heat.number}, round ${body.heat.round}`;
  const name = body[kind]?.name;
  return typeof name === "string" && name ? name : key || String(body.competitionId);
}

/** An activation of a competition leads there. @param {ReadEvent} event */
function stateRow(event) {
  const row = eventRow(event);
  if (event.stream === "competitions" && event.body?.competitionId) {
    const link = document.createElement("a");
    link.href = `/watch/${encodeURIComponent(`competition:${String(event.body.competitionId).toLowerCase()}`)}`;
    link.textContent = `Watch ${event.body.competition?.name ?? event.body.competitionId}`;
    row.append(link);
  }
  return row;
}

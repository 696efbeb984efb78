// The board of a competition: the distance, who is on the ice, their laps and speeds, and the standings.

import { element, make } from "/_/play/page.js";
import { clock, gaps, heatOf, standings } from "./results.js";

/**
 * @typedef {import("./scopes.js").Scope} Scope
 * @typedef {import("./results.js").Race} Race
 * @typedef {import("./results.js").Heat} Heat
 */

const LANES = ["Inner", "Outer"];
const ARMBANDS = ["white", "red"];

export class ResultsView {
  #root = element("results");
  #title = make("header", "title");
  #heats = make("div", "heats");
  #standings = make("div");
  /** What each part was made of, so that only what changed is made anew. @type {Map<string, string>} */
  #madeOf = new Map();
  /** @type {Map<Scope, { count: number, card: HTMLElement }>} */
  #cards = new Map();

  constructor() {
    this.#root.append(this.#title, this.#heats, this.#standings);
    this.#root.hidden = false;
  }

  /** @param {import("./scopes.js").Scopes} scopes */
  draw({ competition, distance, heats }) {
    this.#part("title", [competition, distance], () => this.#title.replaceChildren(...titleOf(competition, distance)));
    this.#drawHeats(distance, [...heats.values()]);
    this.#part("standings", [distance], () => {
      this.#standings.replaceChildren(...(distance ? standingsOf(distance) : []));
    });
  }

  /** @param {string} name @param {(Scope | null)[]} scopes @param {() => void} make */
  #part(name, scopes, make) {
    const madeOf = scopes.map((scope) => `${scope?.opening.epoch} ${scope?.opening.offset} ${scope?.events.length}`).join();
    if (this.#madeOf.get(name) === madeOf) return;
    this.#madeOf.set(name, madeOf);
    make();
  }

  /** @param {Scope | null} distance @param {Scope[]} heats */
  #drawHeats(distance, heats) {
    /** @type {Map<Scope, { count: number, card: HTMLElement }>} */
    const cards = new Map();
    for (const scope of heats) {
      const count = scope.events.length;
      const known = this.#cards.get(scope);
      cards.set(scope, known?.count === count ? known : { count, card: heatCard(heatOf(scope), unitOf(distance)) });
    }
    const before = [...this.#heats.children];
    const after = [...cards.values()].map(({ card }) => card);
    if (before.length !== after.length || before.some((card, i) => card !== after[i])) this.#heats.replaceChildren(...after);
    this.#cards = cards;
  }
}

/** In long track speed skating each pair is a heat. @param {Scope | null} distance */
function unitOf(distance) {
  return String(distance?.opening.body.distance?.discipline).includes("Pairs") ? "Pair" : "Heat";
}

/** @param {Scope | null} competition @param {Scope | null} distance */
function titleOf(competition, distance) {
  if (!competition) return [make("h1", "", "Waiting for the competition"), make("p", "", "It has not been activated yet.")];
  const { name, venue } = competition.opening.body.competition ?? {};
  const place = [venue?.name, venue?.address?.city].filter((part) => typeof part === "string" && part).join(", ");
  const where = [name, place].filter(Boolean).join(" · ");
  if (!distance) return [make("h1", "", name || "Competition"), make("p", "", ["No distance is on", place].filter(Boolean).join(" · "))];
  const told = distance.opening.body.distance ?? {};
  const title = make("h1", "", typeof told.name === "string" && told.name ? told.name : "Distance");
  const officials = make("dl");
  for (const [role, person] of [["Referee", told.referee1], ["Starter", told.starter]]) {
    if (!person) continue;
    const pair = make("div");
    pair.append(make("dt", "", role), make("dd", "", String(person)));
    officials.append(pair);
  }
  return [title, make("p", "", where), officials];
}

/** @param {Heat} heat @param {string} unit */
function heatCard(heat, unit) {
  const card = make("article", "heat card");
  const head = make("header");
  const round = heat.round > 1 ? ` · round ${heat.round}` : "";
  head.append(make("h2", "", `${unit} ${heat.number}${round}`), make("span", "to-go", toGo(heat)));
  const behind = gaps(heat.races);
  const lanes = make("div", "lanes");
  lanes.append(...heat.races.map((race) => laneOf(race, behind.get(race.id))));
  card.append(head, lanes, lapTable(heat.races));
  return card;
}

/** @param {Heat} heat */
function toGo({ toGo, races }) {
  const finished = races.length > 0 && races.every(({ laps, length }) => length > 0 && laps.at(-1)?.metres === length);
  if (finished) return "finished";
  if (races.every(({ passed }) => passed === 0)) return "about to start";
  return toGo === null ? "" : toGo === 1 ? "1 round to go" : `${toGo} rounds to go`;
}

/** @param {Race} race @param {number} [behind] */
function laneOf(race, behind) {
  const lane = make("section", "lane");
  const name = make("h3");
  name.append(band(race), make("span", "", race.name), make("small", "", race.nation));
  const last = race.laps.at(-1);
  const time = make("p", "time");
  time.append(make("strong", "", last ? clock(last.time) : "–"), make("span", "", last ? `at ${last.metres} m` : ""));
  const facts = make("dl");
  /** @type {[string, string][]} */
  const values = [
    ["Lap", last ? clock(last.lapTime) : "–"],
    ["Gap", behind === undefined ? "–" : behind === 0 ? "leads" : `+${clock(behind)}`],
    ["Speed", race.speed === null ? "–" : `${(race.speed * 3.6).toFixed(1)} km/h`],
  ];
  for (const [what, value] of values) {
    const pair = make("div");
    pair.append(make("dt", "", what), make("dd", "", value));
    facts.append(pair);
  }
  lane.append(name, time, facts);
  if (race.length > 0) {
    const way = document.createElement("progress");
    way.max = race.length;
    way.value = race.passed;
    way.setAttribute("aria-label", `${race.name}: ${Math.round(race.passed)} of ${race.length} m`);
    lane.append(way, make("p", "way", `${Math.round(race.passed)} of ${race.length} m`));
  }
  return lane;
}

/** @param {Race} race */
function band({ lane, color }) {
  return make("span", `band ${ARMBANDS[color] ?? "other"}`, LANES[lane] ?? `Lane ${lane}`);
}

/** The newest lap stands at the top. @param {Race[]} races */
function lapTable(races) {
  const table = make("table", "laps");
  const head = make("tr");
  head.append(scope("m", "col"));
  for (const race of races) head.append(scope(race.name, "col"), scope("Lap", "col"));
  const body = make("tbody");
  const rows = Math.max(0, ...races.map(({ laps }) => laps.length));
  for (let i = rows - 1; i >= 0; i--) {
    const row = make("tr");
    const metres = races.map(({ laps }) => laps[i]?.metres).find((at) => at !== undefined);
    row.append(scope(String(metres ?? ""), "row"));
    const fastest = Math.min(...races.map(({ laps }) => laps[i]?.time ?? Infinity));
    for (const { laps } of races) {
      const lap = laps[i];
      const first = races.length > 1 && lap?.time === fastest ? "first" : "";
      row.append(make("td", first, lap ? clock(lap.time) : ""), make("td", "lap", lap ? clock(lap.lapTime) : ""));
    }
    body.append(row);
  }
  const thead = make("thead");
  thead.append(head);
  table.append(make("caption", "visually-hidden", "Laps, the newest first"), thead, body);
  table.hidden = rows === 0;
  return table;
}

/** @param {Scope} distance */
function standingsOf(distance) {
  const places = standings(distance);
  if (places.length === 0) return [];
  const card = make("section", "standings card");
  const table = make("table");
  const head = make("tr");
  for (const column of ["", "Name", unitOf(distance), "Time", "Behind"]) head.append(scope(column, "col"));
  const body = make("tbody");
  for (const { rank, race, heat, behind } of places) {
    const row = make("tr", rank === 1 ? "best" : "");
    const name = make("td", "name");
    name.append(make("span", "", race.name), make("small", "", race.nation));
    const time = race.time !== null && rank !== null ? clock(race.time) : "no time";
    row.append(
      scope(rank === null ? "–" : String(rank), "row"), name, make("td", "", String(heat ?? "")),
      make("td", "time", time), make("td", "behind", behind ? `+${clock(behind)}` : ""),
    );
    body.append(row);
  }
  const thead = make("thead");
  thead.append(head);
  table.append(thead, body);
  card.append(make("h2", "", "Standings"), table);
  return [card];
}

/** @param {string} text @param {"col" | "row"} of */
function scope(text, of) {
  const cell = make("th", "", text);
  cell.setAttribute("scope", of);
  return cell;
}

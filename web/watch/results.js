// What a spectator wants to know of a heat and a distance, told from their events. Times are ticks of 100 ns as the
// events bring them, lengths metres, speeds metres a second.

/**
 * @typedef {import("./scopes.js").Scope} Scope
 * @typedef {{ metres: number, time: number, lapTime: number }} Lap
 *
 * @typedef {object} Race
 * @property {string} id
 * @property {number} lane 0 inner, 1 outer
 * @property {number} color of the armband: 0 white, 1 red
 * @property {string} name
 * @property {string} nation
 * @property {Lap[]} laps by index; there may be holes
 * @property {number} passed how far it got
 * @property {number | null} speed
 * @property {number} length of the whole race; 0 when it is not known
 * @property {number | null} time the official one
 * @property {string} invalid why there is no valid time
 *
 * @typedef {{ round: number, number: number, toGo: number | null, races: Race[] }} Heat
 * @typedef {{ rank: number | null, race: Race, heat: number, behind: number | null }} Place
 */

/** @param {Scope} scope of a heat @returns {Heat} */
export function heatOf({ opening, events }) {
  const { heat, races } = opening.body;
  /** @type {Heat} */
  const told = { round: heat.round, number: heat.number, toGo: null, races: racesOf(races) };
  const byId = new Map(told.races.map((race) => [race.id, race]));
  for (const { body } of events) {
    if (body.typeName === "HeatNextLapIndexChangedEvent") told.toGo = number(body.roundsToGo);
    if (body.typeName === "HeatClearedEvent") {
      for (const race of told.races) Object.assign(race, { laps: [], passed: 0, speed: null, time: null });
      told.toGo = null;
    }
    const race = byId.get(String(body.raceId));
    if (race) tell(race, body);
  }
  return told;
}

/**
 * The order of those whose heats are committed; behind them those without a valid time.
 * @param {Scope} scope of a distance
 * @returns {Place[]}
 */
export function standings({ events }) {
  /** @type {Map<string, { race: Race, heat: number }>} */
  const finished = new Map();
  for (const { body } of events) {
    if (body.typeName !== "HeatCommittedEvent") continue;
    for (const race of racesOf(body.races)) finished.set(race.id, { race, heat: body.heat?.number });
  }
  const all = [...finished.values()].sort((a, b) => timeOf(a.race) - timeOf(b.race));
  const best = all[0] && timeOf(all[0].race);
  return all.map(({ race, heat }) => {
    const time = timeOf(race);
    if (time === Infinity) return { rank: null, race, heat, behind: null };
    // Who has the same time has the same place.
    const rank = 1 + all.filter((other) => timeOf(other.race) < time).length;
    return { rank, race, heat, behind: time - (best ?? time) };
  });
}

/**
 * The lap up to which both were timed last, and by how much each was later there than the first.
 * @param {Race[]} races
 * @returns {Map<string, number>} by race
 */
export function gaps(races) {
  const index = Math.min(...races.map(({ laps }) => laps.length)) - 1;
  const times = races.map((race) => ({ id: race.id, time: race.laps[index]?.time }));
  const known = times.flatMap(({ time }) => (time === undefined ? [] : [time]));
  if (known.length < races.length || known.length < 2) return new Map();
  const first = Math.min(...known);
  return new Map(times.map(({ id, time }) => [id, (time ?? first) - first]));
}

/** @param {Race} race @param {any} body of an event */
function tell(race, body) {
  switch (body.typeName) {
    case "RacePassingAddedEvent":
      race.passed = Math.max(race.passed, number(body.passing?.passed) ?? 0);
      break;
    case "LastRaceSpeedChangedEvent":
      race.passed = Math.max(race.passed, number(body.passing?.passed) ?? 0);
      race.speed = number(body.passing?.speed);
      break;
    case "LastPresentedRaceLapChangedEvent":
      present(race, body.lap);
      break;
  }
}

/** What a lap says is the last one that counts: those behind it are taken back. @param {Race} race @param {any} lap */
function present(race, lap) {
  if (!Number.isSafeInteger(lap?.index) || lap.index < 0) return;
  race.laps.length = Math.min(race.laps.length, lap.index);
  race.laps[lap.index] = { metres: lap.passedLength, time: lap.time, lapTime: lap.lapTime };
  race.passed = Math.max(race.passed, lap.passedLength);
}

/** @param {any} entries a heat's `races` @returns {Race[]} inner lane first */
function racesOf(entries) {
  const races = Array.isArray(entries) ? entries.filter((entry) => entry?.race).map(raceOf) : [];
  return races.sort((a, b) => a.lane - b.lane);
}

/** @param {any} entry @returns {Race} */
function raceOf({ race, estimatedLaps }) {
  const marks = (Array.isArray(estimatedLaps) ? estimatedLaps : []).map((lap) => lap.passedLength);
  const laps = lapsOf(race.laps, marks);
  const { competitor } = race;
  return {
    id: String(race.id),
    lane: number(race.lane) ?? 0,
    color: number(race.color) ?? -1,
    name: text(competitor?.fullName) || text(competitor?.name) || text(competitor?.shortName) || "–",
    nation: text(competitor?.nationalityCode),
    laps,
    passed: laps.at(-1)?.metres ?? 0,
    speed: null,
    length: marks.at(-1) ?? 0,
    time: number(race.time?.time),
    invalid: race.result?.timeInvalidReason == null ? "" : String(race.result.timeInvalidReason),
  };
}

/** @param {any} laps @param {number[]} marks where they end @returns {Lap[]} */
function lapsOf(laps, marks) {
  if (!Array.isArray(laps)) return [];
  const times = laps.map(({ time }) => time).sort((a, b) => a - b).slice(0, marks.length);
  // As on a board: the lap is the difference of what is shown.
  return times.map((time, i) => ({ metres: marks[i] ?? 0, time, lapTime: shown(time) - shown(times[i - 1] ?? 0) }));
}

/** @param {Race} race */
function timeOf(race) {
  return race.invalid || race.time === null ? Infinity : race.time;
}

const HUNDREDTH = 100_000;

/** Cut to hundredths, as times are shown and compared. @param {number} ticks */
function shown(ticks) {
  return Math.floor(ticks / HUNDREDTH) * HUNDREDTH;
}

/** `1:02.34`, cut to hundredths. @param {number} ticks */
export function clock(ticks) {
  const hundredths = Math.floor(ticks / HUNDREDTH);
  const minutes = Math.floor(hundredths / 6000);
  const rest = ((hundredths % 6000) / 100).toFixed(2);
  return minutes > 0 ? `${minutes}:${rest.padStart(5, "0")}` : rest;
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" ? value : null;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}

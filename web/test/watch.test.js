import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, gaps, heatOf, standings } from "../watch/results.js";
import { Scopes } from "../watch/scopes.js";

const SECOND = 10_000_000;

/** Applies events, each `[typeName, distanceId?, heat?, more?]`, and says what is open. */
function follow(...events) {
  const scopes = new Scopes();
  for (const [offset, [typeName, distanceId, number, more]] of events.entries()) {
    const heat = number === undefined ? undefined : { round: 1, number };
    const body = { typeName, competitionId: "c", distanceId, heat, ...more };
    scopes.apply({ stream: "competition:c", epoch: "e", offset, type: typeName, body });
  }
  const told = (scope) => (scope ? [scope.opening, ...scope.events].map(({ offset }) => offset) : null);
  return {
    scopes,
    open: [told(scopes.competition), told(scopes.distance), Object.fromEntries([...scopes.heats].map(([key, heat]) => [key, told(heat)]))],
  };
}

test("scopes hold what a new reader would get", () => {
  const check = (events, open) => assert.deepEqual(follow(...events).open, open);
  const activation = ["CompetitionActivatedEvent"];
  const distance = ["DistanceActivatedEvent", "d"];
  const heat = ["HeatActivatedEvent", "d", 1];
  check([["HeatActivatedEvent", "d", 1]], [null, null, {}]);
  check([activation, ["Weather"], distance, heat, ["Unknown", "d", 1]], [[0, 1], [2], { 1.1: [3, 4] }]);
  // Opened again, a scope drops its own events; those inside stay.
  check([activation, ["Weather"], distance, heat, activation], [[4], [2], { 1.1: [3] }]);
  check([activation, distance, heat, ["HeatCommittedEvent", "d", 9], distance], [[0], [4], { 1.1: [2] }]);
  check([activation, distance, heat, ["X", "d", 1], ["HeatActivatedEvent", "D", 2], heat], [[0], [1], { 1.2: [4], 1.1: [5] }]);
  // Another distance closes the one before and its heats.
  check([activation, distance, heat, ["DistanceActivatedEvent", "e"], ["X", "d", 1]], [[0], [3], {}]);
  check([activation, distance, heat, ["DistanceDeactivatedEvent", "d"]], [[0], null, {}]);
  check([activation, distance, heat, ["HeatDeactivatedEvent", "d", 1], ["X", "d", 1]], [[0], [1], {}]);
  // The heat that is committed need not be active; a partial key counts as absent.
  check([activation, distance, ["HeatCommittedEvent", "d", 7], ["X", "d", null]], [[0], [1, 2, 3], {}]);
});

/** A race as an activation or a commit brings it. */
function race(id, lane, name, laps = [], time = null, reason = null) {
  return {
    estimatedLaps: [{ passedLength: 200 }, { passedLength: 600 }],
    race: {
      id, lane, color: lane, competitor: { fullName: name, nationalityCode: "NED" },
      laps: laps.map((seconds) => ({ time: seconds * SECOND })),
      time: time === null ? null : { time: time * SECOND }, result: { timeInvalidReason: reason },
    },
  };
}

const lap = (raceId, index, seconds) => [
  "LastPresentedRaceLapChangedEvent", "d", 1,
  { raceId, lap: { index, passedLength: [200, 600][index], time: seconds * SECOND, lapTime: 0 } },
];

test("a heat tells laps, ways and speeds; the last word on a lap counts", () => {
  const { scopes } = follow(
    ["CompetitionActivatedEvent"], ["DistanceActivatedEvent", "d"],
    ["HeatActivatedEvent", "d", 1, { races: [race("o", 1, "Out"), race("i", 0, "In")] }],
    lap("i", 0, 18), lap("o", 0, 17.5), lap("i", 1, 47), lap("i", 1, 46.99),
    ["LastRaceSpeedChangedEvent", "d", 1, { raceId: "o", passing: { passed: 431.5, speed: 13.2 } }],
    ["HeatNextLapIndexChangedEvent", "d", 1, { roundsToGo: 1 }],
  );
  const heat = heatOf(scopes.heats.get("1.1"));
  assert.deepEqual(heat.races.map(({ name }) => name), ["In", "Out"], "the inner lane comes first");
  const [inner, outer] = heat.races;
  assert.deepEqual(inner.laps.map(({ time }) => time / SECOND), [18, 46.99]);
  assert.deepEqual([outer.passed, outer.speed, outer.length, heat.toGo], [431.5, 13.2, 600, 1]);
  assert.deepEqual(gaps(heat.races), new Map([["i", SECOND / 2], ["o", 0]]), "compared where both were timed");
});

test("a heat that is cleared begins anew", () => {
  const { scopes } = follow(
    ["CompetitionActivatedEvent"], ["DistanceActivatedEvent", "d"],
    ["HeatActivatedEvent", "d", 1, { races: [race("i", 0, "In")] }], lap("i", 0, 18), ["HeatClearedEvent", "d", 1],
  );
  const [inner] = heatOf(scopes.heats.get("1.1")).races;
  assert.deepEqual([inner.laps, inner.passed], [[], 0]);
});

test("standings: by time, the same time is the same place, no valid time comes last", () => {
  const committed = (number, ...races) => ["HeatCommittedEvent", "d", number, { races }];
  const { scopes } = follow(
    ["CompetitionActivatedEvent"], ["DistanceActivatedEvent", "d"],
    committed(1, race("a", 0, "A", [18, 47], 47), race("b", 1, "B", [17, 45], 45, 3)),
    committed(2, race("c", 0, "C", [18, 46], 46), race("d", 1, "D", [18, 47], 47)),
    committed(2, race("c", 0, "C", [18, 46], 46.5)),
  );
  const places = standings(scopes.distance).map(({ rank, race: { name }, behind }) => [rank, name, behind]);
  assert.deepEqual(places, [[1, "C", 0], [2, "A", SECOND / 2], [2, "D", SECOND / 2], [null, "B", null]]);
});

test("times are cut to hundredths, not rounded", () => {
  for (const [ticks, text] of [[0, "0.00"], [181_133_000, "18.11"], [599_999_999, "59.99"], [2_224_820_000, "3:42.48"], [600_000_000, "1:00.00"]]) {
    assert.equal(clock(ticks), text);
  }
});

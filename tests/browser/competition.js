// A small made competition, told by the events of wire/competition-events.md.

export const ID = "7D1C2A34-0000-4000-8000-00000000C0DE";
const DISTANCE = "d0000000-0000-4000-8000-000000001500";
/** Ticks of 100 ns. */
const SECOND = 10_000_000;
const MARKS = [300, 700, 1100, 1500];
const NATIONS = ["NED", "NOR", "ITA", "JPN", "CAN", "POL", "USA", "GER"];
const NAMES = [
  "Ada van Dijk", "Berit Solheim", "Carla Moretti", "Dai Tanaka", "Emma Tremblay", "Franka Wiśniewska", "Grace Miller",
  "Hanna Schröder",
];

const event = (typeName, more) => ({ typeName, competitionId: ID, ...more });
const inDistance = (typeName, more) => event(typeName, { distanceId: DISTANCE, ...more });
const inHeat = (typeName, number, more) => inDistance(typeName, { heat: { round: 1, number }, ...more });
const raceId = (pair, lane) => `race-${pair}-${lane}`;

export const activation = () =>
  event("CompetitionActivatedEvent", {
    competition: { id: ID, name: "Open Winter Cup", venue: { name: "Northern Oval", address: { city: "Lillevik" } } },
  });

export const distance = () =>
  inDistance("DistanceActivatedEvent", {
    distance: {
      id: DISTANCE, name: "Women 1500 m", number: 3, value: 1500, discipline: "SpeedSkating.LongTrack.PairsDistance.Individual",
      referee1: "Ingrid Dahl (NOR)", starter: "Pim Visser (NED)",
    },
  });

/** When a skater passes a mark: 25 s for the first 300 m, then laps that grow. */
const timeAt = (pair, lane, index) => Math.round((25.1 + pair * 0.31 + lane * 0.2 + index * (28.4 + lane * 0.37) + index * index * 0.6) * SECOND);

function race(pair, lane, finished) {
  const starter = 2 * pair + lane - 2;
  const laps = MARKS.map((_, index) => ({ time: timeAt(pair, lane, index) }));
  return {
    estimatedLaps: MARKS.map((passedLength, index) => ({ index, passedLength })),
    race: {
      id: raceId(pair, lane), lane, color: lane, round: 1, heat: pair, laps: finished ? laps : [],
      competitor: { fullName: NAMES[starter], nationalityCode: NATIONS[starter] },
      time: finished ? { time: laps.at(-1).time } : null,
      result: finished ? { status: 4, timeInvalidReason: null } : null,
    },
  };
}

const races = (pair, finished) => [race(pair, 1, finished), race(pair, 0, finished)];

export const heatActivated = (pair) => inHeat("HeatActivatedEvent", pair, { races: races(pair, false) });
export const heatCommitted = (pair) => inHeat("HeatCommittedEvent", pair, { races: races(pair, true) });
export const heatDeactivated = (pair) => inHeat("HeatDeactivatedEvent", pair, {});

/** One skater passes a mark: what the timing says then. */
export function passes(pair, lane, index) {
  const [time, passed] = [timeAt(pair, lane, index), MARKS[index]];
  const more = { raceId: raceId(pair, lane) };
  const lapTime = time - (index > 0 ? timeAt(pair, lane, index - 1) : 0);
  const roundsToGo = MARKS.length - 1 - index;
  return [
    inHeat("RacePassingAddedEvent", pair, { ...more, passing: { passed, time, speed: 14.1 - lane, where: 12 } }),
    inHeat("LastRaceSpeedChangedEvent", pair, { ...more, passing: { passed, time, speed: 14.1 - lane, where: 12 } }),
    inHeat("LastPresentedRaceLapChangedEvent", pair, { ...more, lap: { index, passedLength: passed, time, lapTime, roundsToGo } }),
    inHeat("HeatNextLapIndexChangedEvent", pair, { index: index + 1, roundsToGo }),
  ];
}

/** What the board shows, cut to hundredths. */
export const shownTime = (pair, lane, index) => {
  const hundredths = Math.floor(timeAt(pair, lane, index) / (SECOND / 100));
  const rest = ((hundredths % 6000) / 100).toFixed(2);
  return hundredths < 6000 ? rest : `${Math.floor(hundredths / 6000)}:${rest.padStart(5, "0")}`;
};

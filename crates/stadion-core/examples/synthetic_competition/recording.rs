//! A competition in long-track speed skating, made up from a seed.
//!
//! It has what one real recording may lack: several heats at once (a pair starts while the one before it is half-way),
//! several distances, passings of laps, false starts, distances that are closed and ones that another replaces,
//! repeated activations, ids in another case, corrections and late events for heats that are not active, and types
//! nobody knows. Events have the fields of the real ones that tell who, where and when.

use serde_json::{Map, Value, json};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Synthetic {
    pub(crate) seed: u64,
    pub(crate) distances: u32,
    /// Of each distance.
    pub(crate) pairs: u32,
    /// The distances are spread over these, from noon.
    pub(crate) days: u32,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self { seed: 1, distances: 3, pairs: 4, days: 1 }
    }
}

impl Synthetic {
    /// The events in the order in which they were received, each with its `_time`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let mut chance = Chance(self.seed);
        let id = chance.uuid();
        let mut events = Events { competition: id.clone(), distance: None, heat: None, all: Vec::new() };
        let distances: Vec<_> =
            (0..self.distances).map(|number| Distance::new(number, &mut chance)).collect();
        let mut clock = NOON;
        events.activate_competition(clock, &distances, 4);
        for (number, distance) in (0..).zip(&distances) {
            let day = u64::from(number * self.days / self.distances.max(1));
            clock = clock.max(day * DAY + NOON);
            if number > 0 && chance.one_in(2) {
                events.activate_competition(clock, &distances, 1);
            }
            clock = events.skate(distance, self.pairs, clock + 30 * SECOND, &mut chance);
        }
        events.all.sort_by_key(|(received, _)| *received);
        events.all.into_iter().map(|(_, event)| event).collect()
    }
}

/// Times are in microseconds since the first day's midnight.
const SECOND: u64 = 1_000_000;
const DAY: u64 = 24 * 60 * 60 * SECOND;
const NOON: u64 = DAY / 2;
/// Times on the ice are told in units of 100 nanoseconds.
const TICKS: u64 = 10;
const LAP_METRES: u32 = 400;
/// From one loop in the ice to the next.
const LOOP_METRES: u32 = 100;

struct Distance {
    id: String,
    number: u32,
    metres: u32,
}

struct Race {
    id: String,
    lane: u32,
    competitor: Value,
    /// Of a full lap, before fatigue and chance.
    pace: u64,
}

struct Events {
    competition: String,
    distance: Option<String>,
    heat: Option<u32>,
    all: Vec<(u64, Value)>,
}

impl Distance {
    fn new(number: u32, chance: &mut Chance) -> Self {
        let metres = match number % 5 {
            0 => 500,
            1 => 1500,
            2 => 1000,
            3 => 3000,
            _ => 5000,
        };
        Self { id: chance.uuid(), number: number + 1, metres }
    }

    fn describe(&self, competition: &str) -> Value {
        json!({
            "competitionId": competition,
            "discipline": "SpeedSkating.LongTrack.PairsDistance.Individual",
            "firstHeat": 1,
            "id": self.id,
            "name": format!("{} meter", self.metres),
            "number": self.number,
            "rounds": 1,
            "trackLength": LAP_METRES,
            "value": self.metres,
            "valueQuantity": 0,
        })
    }

    /// What the scoreboard says of the lap that is next, of a race or of the whole heat.
    fn next_lap(&self, index: u64, metres: u32, race: Option<&str>) -> Value {
        let mut next = json!({
            "index": index,
            "passedLength": metres,
            "rounds": rounds(metres),
            "roundsToGo": rounds(self.metres - metres),
        });
        if let (Some(race), Some(next)) = (race, next.as_object_mut()) {
            next.insert("raceId".into(), race.into());
        }
        next
    }

    /// Metres skated at the end of each lap; the first may be a part of one.
    fn laps(&self) -> impl Iterator<Item = u32> {
        let first = match self.metres % LAP_METRES {
            0 => LAP_METRES,
            part => part,
        };
        (first..=self.metres).step_by(LAP_METRES as usize)
    }
}

impl Events {
    /// Adds an event of what is set at the moment; `fields` come behind the keys.
    fn add(&mut self, received: u64, kind: &str, fields: Value) {
        let mut event = Map::new();
        event.insert("_time".into(), local(received).into());
        event.insert("competitionId".into(), self.competition.clone().into());
        if let Some(distance) = &self.distance {
            event.insert("distanceId".into(), distance.clone().into());
        }
        if let Some(heat) = self.heat {
            event.insert("heat".into(), json!({"number": heat, "round": 1}));
        }
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        event.insert("typeName".into(), kind.into());
        // The same bytes whether or not the build keeps the order of insertion.
        event.sort_keys();
        self.all.push((received, event.into()));
    }

    fn activate_competition(&mut self, at: u64, distances: &[Distance], times: u64) {
        (self.distance, self.heat) = (None, None);
        let described: Vec<_> = distances.iter().map(|it| it.describe(&self.competition)).collect();
        for time in 0..times {
            let competition = json!({
                "discipline": "SpeedSkating.LongTrack",
                "distances": described,
                "id": self.competition,
                "name": "Synthetic Championships",
                "venue": {"code": "SYN", "name": "Made-up Oval"},
            });
            self.add(at + time * 5_000, "CompetitionActivatedEvent", json!({"competition": competition}));
        }
    }

    /// One distance from its activation on; when the last pair is done.
    fn skate(&mut self, distance: &Distance, pairs: u32, start: u64, chance: &mut Chance) -> u64 {
        (self.distance, self.heat) = (Some(distance.id.clone()), None);
        let described = json!({"distance": distance.describe(&self.competition)});
        self.add(start, "DistanceActivatedEvent", described.clone());
        self.add(
            start + 2 * SECOND,
            "DistanceNoticeChangedEvent",
            json!({"notice": "Ice preparation is done"}),
        );
        let (mut clock, mut end) = (start + 10 * SECOND, start);
        for heat in 1..=pairs {
            self.heat = Some(heat);
            let skated = self.skate_heat(distance, clock, chance);
            clock += (skated - clock) / 2;
            end = end.max(skated + 30 * SECOND);
            if heat == pairs / 2 {
                self.heat = None;
                self.add(clock, "DistanceActivatedEvent", described.clone());
            }
        }
        self.heat = Some(1);
        self.add(end, "HeatCommittedEvent", json!({"races": [], "reason": "correction"}));
        self.heat = None;
        if chance.one_in(2) {
            self.add(end + SECOND, "DistanceDeactivatedEvent", json!({}));
        }
        end + 5 * SECOND
    }

    /// One pair from its activation on; when the slower one is done.
    fn skate_heat(&mut self, distance: &Distance, activated: u64, chance: &mut Chance) -> u64 {
        let races = [0, 1].map(|lane| Race::new(lane, chance));
        let described: Vec<_> = races
            .iter()
            .map(|race| race.describe(distance, self.heat, Vec::new(), Value::Null, Value::Null))
            .collect();
        self.add(activated, "HeatActivatedEvent", json!({"races": described}));
        let mut start = activated + 8 * SECOND;
        if chance.one_in(4) {
            self.add(start, "HeatStartedEvent", json!({"when": utc(start)}));
            self.add(start + 4 * SECOND, "HeatClearedEvent", json!({}));
            start += 20 * SECOND;
        }
        self.add(start, "HeatStartedEvent", json!({"when": utc(start)}));
        let mut results = Vec::new();
        let mut end = start;
        for race in &races {
            let (laps, finish) = self.skate_race(distance, race, start, chance);
            end = end.max(finish);
            let time = json!({"how": "Photofinish", "time": (finish - start) * TICKS, "timeInfo": 0});
            results.push(race.describe(distance, self.heat, laps, time, json!({"when": utc(start)})));
        }
        self.next_laps(distance, &races, end, start);
        self.add(end + 9 * SECOND, "HeatCommittedEvent", json!({"races": results}));
        let off = end + 10 * SECOND;
        if chance.one_in(2) {
            // An activation that another system repeats, in its own spelling.
            let spelled = self.distance.as_ref().map(|id| id.to_uppercase());
            let distance = std::mem::replace(&mut self.distance, spelled);
            self.add(activated + SECOND, "HeatActivatedEvent", json!({"races": described}));
            self.distance = distance;
        }
        self.add(off, "HeatDeactivatedEvent", json!({}));
        let late = json!({"passing": {"passed": distance.metres, "speed": 4.5}, "raceId": races[0].id});
        self.add(off + SECOND, "LastRaceSpeedChangedEvent", late);
        end
    }

    /// What the scoreboard counts down while a pair skates.
    fn next_laps(&mut self, distance: &Distance, races: &[Race; 2], end: u64, start: u64) {
        for (index, metres) in (1_u64..).zip(distance.laps().skip(1)) {
            let at = start + (end - start) * u64::from(metres - LAP_METRES / 2) / u64::from(distance.metres);
            let next = distance.next_lap(index, metres, None);
            self.add(at, "HeatNextLapIndexChangedEvent", next);
            for race in races {
                let next = distance.next_lap(index, metres, Some(&race.id));
                self.add(at + 1_000, "RaceNextLapIndexChangedEvent", next);
            }
        }
    }

    /// One skater from the start on: laps, and when the last one is done.
    fn skate_race(
        &mut self,
        distance: &Distance,
        race: &Race,
        start: u64,
        chance: &mut Chance,
    ) -> (Vec<Value>, u64) {
        let (mut now, mut metres) = (start, 0);
        let mut laps = Vec::new();
        for (index, end) in (0_u64..).zip(distance.laps()) {
            let lap_start = now;
            while metres < end {
                let step = LOOP_METRES.min(end - metres);
                let from_rest = if metres == 0 { 4 * SECOND } else { 0 };
                let lap = race.pace + index * race.pace / 100 + chance.below(race.pace / 20);
                let took = lap * u64::from(step) / u64::from(LAP_METRES) + from_rest;
                metres += step;
                now += took;
                let loop_number = metres / LOOP_METRES % 4;
                self.pass(race, (now, start), (metres, loop_number), f64::from(step) / seconds(took), chance);
            }
            let time = (now - start) * TICKS;
            let lap = json!({"flags": 33, "instanceName": "Primary", "raceId": race.id, "time": time, "when": utc(now)});
            let presented = json!({
                "index": index,
                "lapTime": (now - lap_start) * TICKS,
                "passedLength": metres,
                "rounds": rounds(metres),
                "roundsToGo": rounds(distance.metres - metres),
                "time": time,
            });
            let received = now + 200_000 + chance.below(100_000);
            self.add(received, "RaceLapPassingAddedEvent", json!({"lap": presented, "raceId": race.id}));
            self.add(received + 300, "RaceLapAddedEvent", json!({"lap": lap, "raceId": race.id}));
            let changed = json!({"lap": presented, "raceId": race.id, "timeDifference": null});
            self.add(received + 600, "LastPresentedRaceLapChangedEvent", changed);
            laps.push(lap);
        }
        (laps, now)
    }

    fn pass(
        &mut self,
        race: &Race,
        (now, start): (u64, u64),
        (metres, loop_number): (u32, u32),
        speed: f64,
        chance: &mut Chance,
    ) {
        let speed = (speed * 1000.0).round() / 1000.0;
        let time = (now - start) * TICKS;
        let received = now + 50_000 + chance.below(150_000);
        let passing = json!({
            "flags": 33,
            "instanceName": "Primary",
            "passed": metres,
            "raceId": race.id,
            "speed": speed,
            "time": time,
            "when": utc(now),
            "where": loop_number,
        });
        self.add(received, "RacePassingAddedEvent", json!({"passing": passing, "raceId": race.id}));
        let passing = json!({"passed": metres, "speed": speed, "time": time, "where": loop_number});
        self.add(received + 200, "LastRaceSpeedChangedEvent", json!({"passing": passing, "raceId": race.id}));
    }
}

impl Race {
    fn new(lane: u32, chance: &mut Chance) -> Self {
        let first = chance.pick(&["Ada", "Bo", "Cleo", "Dag", "Eri", "Finn", "Gro", "Hana", "Ivo", "Jun"]);
        let last = chance.pick(&["Berg", "Falk", "Holm", "Kato", "Lind", "Moen", "Novak", "Rossi", "Smit"]);
        let nation = chance.pick(&["CAN", "CZE", "GER", "ITA", "JPN", "KOR", "NED", "NOR", "USA"]);
        let competitor = json!({
            "fullName": format!("{first} {last}"),
            "id": chance.uuid(),
            "name": format!("{first} {last}"),
            "nationalityCode": nation,
            "shortName": last,
            "startNumber": 1 + chance.below(99),
            "typeName": "PersonCompetitor",
        });
        let pace = 27 * SECOND + chance.below(5 * SECOND);
        Self { id: chance.uuid(), lane, competitor, pace }
    }

    /// With `time` and what goes with it once it is done.
    fn describe(
        &self,
        distance: &Distance,
        heat: Option<u32>,
        laps: Vec<Value>,
        time: Value,
        start: Value,
    ) -> Value {
        let result =
            if time.is_null() { Value::Null } else { json!({"instanceName": "Primary", "status": 4}) };
        let race = json!({
            "color": self.lane,
            "competitor": self.competitor,
            "distanceId": distance.id,
            "heat": heat,
            "id": self.id,
            "lane": self.lane,
            "laps": laps,
            "result": result,
            "round": 1,
            "time": time,
        });
        json!({"estimatedLaps": [], "laps": laps, "passings": [], "race": race, "start": start})
    }
}

fn rounds(metres: u32) -> f64 {
    f64::from(metres) / f64::from(LAP_METRES)
}

fn seconds(micros: u64) -> f64 {
    u32::try_from(micros / 1000).map_or(f64::MAX, f64::from) / 1000.0
}

/// As a recorder in Heerenveen writes it in winter.
fn local(micros: u64) -> String {
    format!("{}+01:00", date_time(micros))
}

fn utc(micros: u64) -> String {
    format!("{}Z", date_time(micros - 60 * 60 * SECOND))
}

fn date_time(micros: u64) -> String {
    let (day, of_day) = (micros / DAY, micros % DAY);
    let (seconds, fraction) = (of_day / SECOND, of_day % SECOND);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("2026-01-{:02}T{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}", 9 + day)
}

/// SplitMix64: as much chance as this needs, the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from.get(index).copied().unwrap_or_default()
    }

    fn uuid(&mut self) -> String {
        let hex = format!("{:016x}{:016x}", self.next(), self.next());
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

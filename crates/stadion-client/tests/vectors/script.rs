//! 10,000 ticks of a random script: both languages make the same answers of the same random
//! numbers, play them, and must come to the same state.

use serde_json::{Value, json};
use stadion_client::{Answer, Event, Hasher, Random, Seed, SimDriver, SimDriverOptions, sync_test};

use crate::golden;
use crate::swarm::Swarm;

const TICKS: i64 = 10_000;
const CLIENTS_MAX: usize = 8;

#[test]
fn ten_thousand_ticks() {
    let answers = script();
    let mut states = vec![json!({"script": hash_of_events(&answers), "answers": answers.len()})];
    let mut driver = SimDriver::new(Swarm::default(), SimDriverOptions::default());
    for answer in answers {
        driver.on_answer(answer).unwrap();
        while driver.step().unwrap() {
            if driver.t() % 100 == 0 {
                states.push(state(&driver));
            }
        }
    }
    assert_eq!(driver.t(), TICKS);
    golden::check("lockstep-script.json", &[("states", states)]);
}

#[test]
fn the_script_is_deterministic_by_its_own_sync_test() {
    assert_eq!(sync_test(Swarm::default(), script()), Ok(TICKS.unsigned_abs()));
}

fn state(driver: &SimDriver<Swarm>) -> Value {
    let hash = driver.last_hash().unwrap();
    json!({"t": hash.t, "hash": hash.hash, "entities": driver.sim().entities().count()})
}

fn script() -> Vec<Answer> {
    let mut script = Script { random: Random::new(Seed(20_261_121), 0), clients: Vec::new(), next_client: 1 };
    let mut answers = vec![Answer::default()];
    let mut t = 0;
    while t < TICKS {
        let first = t + 1;
        t = (t + script.step()).min(TICKS);
        let events = (first..=t).flat_map(|t| script.events(t)).collect();
        answers.push(Answer { t, events, ..Answer::default() });
    }
    answers
}

struct Script {
    random: Random,
    clients: Vec<String>,
    next_client: u32,
}

impl Script {
    /// How many ticks the next answer closes: a few, now and then many.
    fn step(&mut self) -> i64 {
        if self.random.below(50) == 0 {
            i64::from(self.random.range(20, 80))
        } else {
            i64::from(self.random.range(1, 5))
        }
    }

    fn events(&mut self, t: i64) -> Vec<Event> {
        if t == 1 {
            return vec![event(t, "_a", "_", "8157455327416287193".to_owned()), self.connect(t)];
        }
        (0..self.random.below(3)).map(|_| self.event(t)).collect()
    }

    fn event(&mut self, t: i64) -> Event {
        match self.random.below(40) {
            0 if self.clients.len() < CLIENTS_MAX => self.connect(t),
            1 if self.clients.len() > 1 => {
                let index = self.pick();
                event(t, "_d", "_", self.clients.remove(index))
            }
            2 | 3 => {
                let letter = ["é", "🎲", "x", "\u{0}"][self.random.below(4) as usize];
                let body = format!("{letter}{}", self.random.next_u32());
                self.client_event(t, "name", body)
            }
            4..=12 => {
                let body = self.random.range(-1000, 1000).to_string();
                self.client_event(t, "shoot", body)
            }
            _ => {
                let body = self.random.range(-1000, 1000).to_string();
                self.client_event(t, "push", body)
            }
        }
    }

    fn connect(&mut self, t: i64) -> Event {
        let id = self.next_client.to_string();
        self.next_client += 1;
        self.clients.push(id.clone());
        event(t, "_c", "_", id)
    }

    fn client_event(&mut self, t: i64, kind: &str, body: String) -> Event {
        let index = self.pick();
        event(t, kind, &self.clients[index], body)
    }

    fn pick(&mut self) -> usize {
        self.random.below(self.clients.len() as u32) as usize
    }
}

fn event(t: i64, kind: &str, origin: &str, body: String) -> Event {
    Event { t, kind: kind.to_owned(), origin: origin.to_owned(), body }
}

/// Tells a script that differs from a simulation that differs.
fn hash_of_events(answers: &[Answer]) -> String {
    let mut hasher = Hasher::new();
    for answer in answers {
        hasher.i32(answer.t as i32);
        for event in &answer.events {
            hasher.i32(event.t as i32);
            hasher.str(&event.kind);
            hasher.str(&event.origin);
            hasher.str(&event.body);
        }
    }
    hasher.hex()
}

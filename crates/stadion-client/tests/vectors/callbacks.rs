//! Answers → every callback with the random numbers it draws, and the hash after each tick.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stadion_client::{Answer, Entity, EntityId, Event, Game, Hasher, Sim, SimDriver, SimDriverOptions};

use crate::golden;

/// Writes down what happens to it. Events: `spawn NAME`, `despawn NAME`; `child NAME` and `leave NAME` let
/// that entity spawn another, or despawn itself, in its next tick; `draw N` draws so many random numbers.
#[derive(Default)]
struct Tracer {
    trace: Vec<String>,
    ids: BTreeMap<String, EntityId>,
}

struct Named {
    name: String,
    wish: Option<Wish>,
}

enum Wish {
    Child,
    Leave,
}

impl Tracer {
    fn spawn(&mut self, sim: &mut Sim<Named>, name: &str) {
        let id = sim.spawn(Named { name: name.to_owned(), wish: None });
        self.trace.push(format!("spawned {name} {}", id.0));
        self.ids.insert(name.to_owned(), id);
    }

    fn despawn(&mut self, sim: &mut Sim<Named>, name: &str) {
        let there = self.ids.get(name).is_some_and(|id| sim.despawn(*id));
        self.trace.push(format!("despawned {name} {there}"));
    }

    fn wish(&mut self, sim: &mut Sim<Named>, name: &str, wish: Wish) {
        if let Some(named) = self.ids.get(name).and_then(|id| sim.get_mut(*id)) {
            named.wish = Some(wish);
        }
    }
}

impl Game for Tracer {
    type Entity = Named;

    fn on_reset(&mut self, sim: &mut Sim<Named>) {
        self.ids.clear();
        self.trace.push(format!("reset {} {}", sim.t(), sim.get_random()));
    }

    fn on_connect(&mut self, sim: &mut Sim<Named>, id: &str) {
        self.trace.push(format!("connect {} {id} {}", sim.t(), sim.get_random()));
    }

    fn on_disconnect(&mut self, sim: &mut Sim<Named>, id: &str) {
        self.trace.push(format!("disconnect {} {id} {}", sim.t(), sim.get_random()));
    }

    fn on_client_event(&mut self, sim: &mut Sim<Named>, event: &Event) {
        let Event { kind, origin, body, .. } = event;
        self.trace.push(format!("event {} {kind} {origin} {body}", sim.t()));
        match kind.as_str() {
            "spawn" => self.spawn(sim, body),
            "despawn" => self.despawn(sim, body),
            "child" => self.wish(sim, body, Wish::Child),
            "leave" => self.wish(sim, body, Wish::Leave),
            "draw" => {
                for _ in 0..body.parse().unwrap() {
                    sim.get_random();
                }
            }
            _ => {}
        }
    }

    fn hash(&self, sim: &Sim<Named>, hasher: &mut Hasher) {
        sim.entities().for_each(|named| hasher.str(&named.name));
    }
}

impl Entity for Named {
    type Game = Tracer;

    fn sim_tick(&mut self, sim: &mut Sim<Named>, id: EntityId, game: &mut Tracer) {
        game.trace.push(format!("tick {} {} {} {}", sim.t(), self.name, id.0, sim.get_random()));
        match self.wish.take() {
            Some(Wish::Child) => game.spawn(sim, &format!("{}/{}", self.name, sim.t())),
            Some(Wish::Leave) => game.despawn(sim, &self.name),
            None => {}
        }
    }
}

fn event(t: i64, kind: &str, body: &str) -> Value {
    let origin = if kind.starts_with('_') { "_" } else { "1" };
    json!({"T": t, "Type": kind, "Origin": origin, "Body": body})
}

fn answer(t: i64, events: &[Value]) -> Value {
    json!({"T": t, "Events": events, "States": [], "ProxyId": "1"})
}

#[test]
fn answers_become_callbacks() {
    let open = [event(1, "_a", "8157455327416287193"), event(1, "_c", "1")];
    let with = |more: &[Value]| [open.as_slice(), more].concat();
    let cases = [
        (
            "a stream opens, a client goes",
            vec![answer(0, &[]), answer(2, &open), answer(4, &[event(4, "_d", "1")])],
        ),
        (
            "what an event spawns enters at the end of its tick, what a tick spawns at the end of the next",
            vec![answer(7, &with(&[event(2, "spawn", "a"), event(4, "child", "a")]))],
        ),
        (
            "what an event despawns leaves at the end of its tick, what a tick despawns at the end of the next",
            vec![answer(
                8,
                &with(&[
                    event(1, "spawn", "a"),
                    event(1, "spawn", "b"),
                    event(1, "spawn", "c"),
                    event(3, "despawn", "b"),
                    event(3, "despawn", "b"),
                    event(4, "leave", "a"),
                    event(7, "despawn", "b"),
                ]),
            )],
        ),
        (
            "spawned and despawned before one tick, it never enters",
            vec![answer(4, &with(&[event(2, "spawn", "a"), event(2, "despawn", "a")]))],
        ),
        (
            "the spawn order holds over removals",
            vec![answer(
                9,
                &with(&[
                    event(1, "spawn", "a"),
                    event(1, "spawn", "b"),
                    event(2, "child", "a"),
                    event(3, "spawn", "c"),
                    event(4, "despawn", "a"),
                    event(6, "spawn", "a"),
                ]),
            )],
        ),
        (
            "draws in one tick change nothing in the next: two draws",
            vec![answer(4, &with(&[event(1, "spawn", "a"), event(2, "draw", "2")]))],
        ),
        (
            "draws in one tick change nothing in the next: fifty draws",
            vec![answer(4, &with(&[event(1, "spawn", "a"), event(2, "draw", "50")]))],
        ),
        (
            "a second opening begins a new game with another seed",
            vec![
                answer(3, &with(&[event(1, "spawn", "a"), event(3, "spawn", "b")])),
                answer(6, &[event(4, "_a", "7"), event(4, "_c", "1"), event(4, "spawn", "c")]),
            ],
        ),
    ];
    golden::check(
        "callbacks.json",
        &[(
            "callbacks",
            cases
                .map(|(name, answers)| json!({"name": name, "trace": trace(&answers), "answers": answers}))
                .into(),
        )],
    );
}

fn trace(answers: &[Value]) -> Vec<String> {
    let mut driver = SimDriver::new(Tracer::default(), SimDriverOptions::default());
    let mut trace = Vec::new();
    let mut seen = 0;
    for answer in answers {
        driver.on_answer(serde_json::from_value::<Answer>(answer.clone()).unwrap()).unwrap();
        while driver.step().unwrap() {
            trace.extend_from_slice(&driver.game().trace[seen..]);
            seen = driver.game().trace.len();
            let hash = driver.last_hash().unwrap();
            trace.push(format!("hash {} {}", hash.t, hash.hash));
        }
    }
    trace
}

//! The driver: how far, how fast, what it hands on, and how it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use stadion_client::{
    Answer, ClientHash, Desync, Entity, EntityId, Event, Game, Hasher, LockstepError, Outgoing, Sim,
    SimDriver, SimDriverOptions, SimError, State,
};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Walkers {
    seen: Vec<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Walker {
    at: u32,
}

impl Entity for Walker {
    type Game = Walkers;

    fn sim_tick(&mut self, sim: &mut Sim<Walker>, _id: EntityId, _game: &mut Walkers) {
        self.at += sim.random.below(5);
    }
}

impl Game for Walkers {
    type Entity = Walker;

    fn on_connect(&mut self, sim: &mut Sim<Walker>, _id: &str) {
        sim.spawn(Walker::default());
    }

    fn on_client_event(&mut self, sim: &mut Sim<Walker>, event: &Event) {
        match event.kind.as_str() {
            "echo" => sim.send_event("heard", event.body.as_str()),
            "flood" => (0..20_000).for_each(|_| sim.send_event("flood", "")),
            "panic" => panic!("boom"),
            _ => self.seen.push(format!("{} {}", event.kind, event.body)),
        }
    }

    fn hash(&self, sim: &Sim<Walker>, hasher: &mut Hasher) {
        for walker in sim.entities() {
            hasher.u32(walker.at);
        }
    }
}

fn event(t: i64, kind: &str, body: &str) -> Event {
    let origin = if kind.starts_with('_') { "_" } else { "1" };
    Event { t, kind: kind.into(), origin: origin.into(), body: body.into() }
}

fn answer(t: i64, events: Vec<Event>) -> Answer {
    Answer { t, events, ..Answer::default() }
}

/// An answer that opens a stream and closes `t` ticks.
fn opened(t: i64, more: Vec<Event>) -> Answer {
    answer(t, [vec![event(1, "_a", "8157455327416287193"), event(1, "_c", "1")], more].concat())
}

fn driver() -> SimDriver<Walkers> {
    SimDriver::new(Walkers::default(), SimDriverOptions::default())
}

/// Milliseconds that pass only when a test says so.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn options(&self) -> SimDriverOptions {
        let clock = self.clone();
        SimDriverOptions { clock: Box::new(move || clock.now_ms() as f64), ..SimDriverOptions::default() }
    }
}

/// Its one walker takes so long in each tick.
struct Slow {
    clock: Clock,
    tick_cost_ms: u64,
}

struct SlowTick;

impl Game for Slow {
    type Entity = SlowTick;

    fn on_reset(&mut self, sim: &mut Sim<SlowTick>) {
        sim.spawn(SlowTick);
    }
}

impl Entity for SlowTick {
    type Game = Slow;

    fn sim_tick(&mut self, _sim: &mut Sim<SlowTick>, _id: EntityId, game: &mut Slow) {
        game.clock.0.fetch_add(game.tick_cost_ms, Ordering::Relaxed);
    }
}

#[test]
fn it_stops_at_the_last_known_tick_however_much_time_passes() {
    let mut driver = driver();
    driver.on_answer(opened(3, vec![])).unwrap();
    for frame in 0..600 {
        driver.advance(f64::from(frame) * 16.0).unwrap();
        assert!(driver.t() <= driver.last_known());
        assert!((0.0..=1.0).contains(&driver.interpolation()));
    }
    assert_eq!((driver.t(), driver.behind()), (3, 0));
    assert_eq!(driver.advance(20_000.0), Ok(0));
}

#[test]
fn a_frame_does_not_simulate_longer_than_its_budget() {
    let clock = Clock::default();
    let game = Slow { clock: clock.clone(), tick_cost_ms: 3 };
    let mut driver = SimDriver::new(game, clock.options());
    driver.on_answer(opened(1000, vec![])).unwrap();
    driver.advance(0.0).unwrap();
    for frame in 1..=10 {
        let before = clock.now_ms();
        driver.advance(f64::from(frame) * 1000.0).unwrap();
        assert!(clock.now_ms() - before < 8 + 3);
    }
    assert!(driver.t() >= 27, "and still uses it");
}

#[test]
fn while_hidden_answers_drive_the_simulation_within_their_budget() {
    let clock = Clock::default();
    let game = Slow { clock: clock.clone(), tick_cost_ms: 10 };
    let options = SimDriverOptions { hidden_budget_ms: 20.0, ..clock.options() };
    let mut driver = SimDriver::new(game, options);
    driver.set_hidden(true);
    driver.on_answer(opened(2, vec![])).unwrap();
    assert_eq!(driver.t(), 2, "no frame was needed");
    driver.on_answer(answer(50, vec![])).unwrap();
    assert_eq!(driver.t(), 4);
    driver.set_hidden(false);
    driver.on_answer(answer(51, vec![])).unwrap();
    assert_eq!(driver.t(), 4, "shown, frames drive it");
}

#[test]
fn what_is_sent_is_simulated_when_it_comes_back_not_before() {
    let mut driver = driver();
    driver.on_answer(opened(2, vec![event(1, "echo", "inside")])).unwrap();
    driver.catch_up(f64::INFINITY).unwrap();
    driver.send_event("heard", "outside");
    assert!(driver.game().seen.is_empty());
    let outgoing = |body: &str| Outgoing { kind: "heard".into(), body: body.into() };
    assert_eq!(driver.take_outgoing(), [outgoing("inside"), outgoing("outside")]);
    assert_eq!(driver.take_outgoing(), []);
    driver.on_answer(answer(3, vec![event(3, "heard", "inside")])).unwrap();
    driver.catch_up(f64::INFINITY).unwrap();
    assert_eq!(driver.game().seen, ["heard inside"]);
}

#[test]
fn what_is_sent_and_never_taken_is_bounded() {
    let mut driver = driver();
    driver.on_answer(opened(2, vec![event(1, "flood", "")])).unwrap();
    assert_eq!(driver.step(), Err(SimError::OutgoingFull));
    assert_eq!(driver.take_outgoing().len(), 10_000);
}

/// Two boxes, of which the second meddles with the first.
#[derive(Default)]
struct Boxes {
    seen: Vec<(i64, Vec<(u64, u32)>)>,
}

struct Labelled {
    value: u32,
    meddles: bool,
}

impl Game for Boxes {
    type Entity = Labelled;

    fn on_connect(&mut self, sim: &mut Sim<Labelled>, _id: &str) {
        sim.spawn(Labelled { value: 1, meddles: false });
        sim.spawn(Labelled { value: 2, meddles: true });
    }
}

impl Entity for Labelled {
    type Game = Boxes;

    fn sim_tick(&mut self, sim: &mut Sim<Labelled>, id: EntityId, game: &mut Boxes) {
        assert!(sim.get(id).is_none(), "an entity is not among the others");
        if !self.meddles {
            return;
        }
        for other in sim.entities_mut() {
            other.value += 10;
        }
        game.seen.push((sim.t(), sim.iter().map(|(id, other)| (id.0, other.value)).collect()));
        sim.despawn(EntityId(1));
    }
}

#[test]
fn an_entity_changes_and_despawns_the_others_and_is_not_one_of_them() {
    let mut driver = SimDriver::new(Boxes::default(), SimDriverOptions::default());
    driver.on_answer(opened(4, vec![])).unwrap();
    driver.catch_up(f64::INFINITY).unwrap();
    assert_eq!(driver.game().seen, [(2, vec![(1, 11)]), (3, vec![(1, 21)]), (4, vec![])]);
    assert_eq!(driver.sim().entities().count(), 1);
}

#[test]
fn a_panic_in_a_callback_ends_the_simulation_until_the_stream_begins_anew() {
    let mut driver = driver();
    driver.on_answer(opened(5, vec![event(3, "panic", "")])).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| driver.catch_up(f64::INFINITY))).is_err());
    assert_eq!(driver.catch_up(f64::INFINITY), Err(SimError::Broken { t: 3 }));
    driver.on_reset();
    assert_eq!((driver.t(), driver.last_known(), driver.last_hash()), (0, 0, None));
    driver.on_answer(opened(4, vec![])).unwrap();
    assert_eq!(driver.catch_up(f64::INFINITY), Ok(4));
    assert_eq!(driver.sim().entities().count(), 1);
}

#[test]
fn an_answer_that_does_not_fit_is_refused_and_nothing_of_it_taken() {
    let mut driver = driver();
    driver.on_answer(opened(3, vec![])).unwrap();
    let late = driver.on_answer(answer(4, vec![event(3, "x", "")]));
    assert_eq!(late, Err(SimError::Lockstep(LockstepError::ClosedTick { t: 3, last_known: 3 })));
    assert_eq!(driver.last_known(), 3);
}

#[test]
fn only_the_latest_hash_goes_out_and_only_once() {
    let options = SimDriverOptions { hash_every: 3, ..SimDriverOptions::default() };
    let mut driver = SimDriver::new(Walkers::default(), options);
    driver.on_answer(opened(7, vec![])).unwrap();
    assert_eq!(driver.take_hash(), None);
    driver.catch_up(f64::INFINITY).unwrap();
    assert_eq!(driver.take_hash().map(|hash| hash.t), Some(6));
    assert_eq!(driver.take_hash(), None);
    assert_eq!(driver.last_hash().map(|hash| hash.t), Some(6));
}

#[test]
fn what_the_server_tells_beside_the_events_is_there_to_be_shown() {
    let mut driver = driver();
    let state = State { t: 1, origin: "1".into(), data: [("x".into(), "1".into())].into() };
    let hash = ClientHash { origin: "1".into(), t: 1, hash: "00".into() };
    let desync = Desync { t: 1, origins: vec!["1".into(), "2".into()] };
    let told = Answer {
        states: vec![state.clone()],
        hashes: Some(vec![hash.clone()]),
        desync: Some(desync.clone()),
        ..opened(1, vec![])
    };
    driver.on_answer(told).unwrap();
    driver.on_answer(answer(2, vec![])).unwrap();
    assert_eq!(driver.states(), [], "state is that of the last answer");
    assert_eq!((driver.hashes(), driver.desync()), ([hash.clone()].as_slice(), Some(&desync)));
    driver.on_answer(Answer { hashes: Some(vec![hash.clone()]), ..answer(3, vec![]) }).unwrap();
    assert_eq!(driver.desync(), None, "who agrees again is not said to differ for ever");
    driver.on_reset();
    assert_eq!((driver.hashes(), driver.desync()), ([].as_slice(), None));
}

#[test]
fn a_simulation_that_is_saved_as_json_and_loaded_goes_on_as_if_nothing_had_been() {
    let play = |driver: &mut SimDriver<Walkers>, t| {
        driver.on_answer(answer(t, vec![event(t, "_c", "2")])).unwrap();
        driver.catch_up(f64::INFINITY).unwrap();
    };
    let mut first = driver();
    first.on_answer(opened(5, vec![event(5, "_c", "2")])).unwrap();
    first.catch_up(f64::INFINITY).unwrap();
    let json = serde_json::to_string(&first.save()).unwrap();
    play(&mut first, 20);
    let mut second = driver();
    second.load(serde_json::from_str(&json).unwrap()).unwrap();
    play(&mut second, 20);
    assert_eq!(first.last_hash(), second.last_hash());
    let behind = second.load(serde_json::from_str(&json).unwrap());
    assert_eq!(behind, Err(SimError::Lockstep(LockstepError::Passed { t: 20, to: 5 })));
}

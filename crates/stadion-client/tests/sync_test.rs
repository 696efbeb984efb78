//! The sync test finds what is not deterministic, and nothing else.

use std::sync::atomic::{AtomicU32, Ordering};

use stadion_client::{Answer, Entity, EntityId, Event, Game, Hasher, Sim, SyncTestError, sync_test};

/// What a careless game might keep outside its state.
static PLANTED: AtomicU32 = AtomicU32::new(0);

#[derive(Clone)]
struct Dots {
    careless_from: i64,
}

#[derive(Clone)]
struct Dot(u32);

impl Game for Dots {
    type Entity = Dot;

    fn on_connect(&mut self, sim: &mut Sim<Dot>, _id: &str) {
        sim.spawn(Dot(0));
    }

    fn hash(&self, sim: &Sim<Dot>, hasher: &mut Hasher) {
        sim.entities().for_each(|dot| hasher.u32(dot.0));
    }
}

impl Entity for Dot {
    type Game = Dots;

    fn sim_tick(&mut self, sim: &mut Sim<Dot>, _id: EntityId, game: &mut Dots) {
        self.0 += sim.random.below(6);
        if sim.t() >= game.careless_from {
            self.0 += PLANTED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn answers() -> [Answer; 3] {
    let event =
        |kind: &str, body: &str| Event { t: 1, kind: kind.into(), origin: "_".into(), body: body.into() };
    let answer = |t, events| Answer { t, events, ..Answer::default() };
    [answer(0, vec![]), answer(6, vec![event("_a", "5"), event("_c", "1")]), answer(20, vec![])]
}

#[test]
fn a_deterministic_game_passes_tick_for_tick() {
    assert_eq!(sync_test(Dots { careless_from: i64::MAX }, answers()), Ok(20));
}

#[test]
fn a_game_that_keeps_state_elsewhere_is_found_at_its_first_tick() {
    match sync_test(Dots { careless_from: 9 }, answers()) {
        Err(SyncTestError::Differs { t, first, second }) => {
            assert_eq!(t, 9);
            assert_ne!(first, second);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_that_do_not_fit_are_said() {
    let [_, opening, later] = answers();
    assert!(matches!(sync_test(Dots { careless_from: 0 }, [later, opening]), Err(SyncTestError::Sim(_))));
}

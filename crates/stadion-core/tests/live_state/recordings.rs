//! A real recording, where it is there, and a made one.

use std::path::Path;

use serde_json::Value;
use stadion_core::scope::ScopeRules;

use crate::side_by_side::{SideBySide, WIDE};
use crate::synthetic::Synthetic;
use crate::{declared, edge};

/// Beside the checkout; too large to be in it.
const REAL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/fixtures/competition/20200112-ec-single-distances-recover-10-3.json"
);

/// Applies all events, cut now and then, and gives the live state after each.
fn states(events: &[Value]) -> Vec<Vec<u64>> {
    let mut both = SideBySide::new(ScopeRules::competition(), WIDE);
    let mut history = Vec::new();
    let mut states = Vec::new();
    for (offset, event) in (0..).zip(events) {
        let past = edge::past(event, both.rules.definition());
        both.take(offset, &past, offset % 7 == 3);
        history.push(past);
        let state: Vec<_> = both.state.offsets().collect();
        if offset % 100 == 99 {
            let expected = declared::live_state(both.rules.definition(), &history);
            assert_eq!(state, expected.into_iter().map(|index| index as u64).collect::<Vec<_>>());
        }
        states.push(state);
    }
    states
}

#[test]
fn the_real_recording_is_restored_from_any_place() {
    if !Path::new(REAL).exists() {
        eprintln!("the recording is not there, so this shows nothing: {REAL}");
        return;
    }
    let lines = std::fs::read_to_string(REAL).unwrap();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states = states(&events);
    assert_eq!(states[3], [3], "the last of four activations of the same competition");
    assert_eq!(states[552], (3..=552).collect::<Vec<_>>(), "one heat, and all that came in it");
    assert_eq!(states[553], [3, 4, 553].into_iter().chain(5..=552).collect::<Vec<_>>(), "committed");
    assert_eq!(states[554], [3, 4, 553], "the heat is over; its result stays with the distance");
}

#[test]
fn a_made_competition_is_restored_from_any_place() {
    for seed in 1..=3 {
        let events = Synthetic { seed, ..Synthetic::default() }.events();
        let states = states(&events);
        let is_activation = |offset: &u64| {
            let event = usize::try_from(*offset).ok().and_then(|index| events.get(index));
            event.is_some_and(|event| event["typeName"] == "HeatActivatedEvent")
        };
        let heats_at_once = |state: &Vec<u64>| state.iter().filter(|offset| is_activation(offset)).count();
        assert!(states.iter().map(heats_at_once).max() >= Some(2), "seed {seed}");
        let distances = events.iter().filter(|event| event["typeName"] == "DistanceActivatedEvent");
        let ids: std::collections::BTreeSet<_> =
            distances.map(|event| event["distanceId"].as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert!(events.iter().any(|event| event["typeName"] == "RaceLapPassingAddedEvent"));
        assert!(events.is_sorted_by_key(|event| event["_time"].as_str().unwrap().to_owned()));
        let longest = states.iter().map(Vec::len).max().unwrap();
        assert!(longest < events.len() / 2, "what is closed has left: {longest} of {}", events.len());
    }
}

#[test]
fn the_same_seed_makes_the_same_competition() {
    let made = |seed| Synthetic { seed, days: 3, ..Synthetic::default() }.events();
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
    let days = |events: &[Value]| events.last().unwrap()["_time"].as_str().unwrap()[..10].to_owned();
    assert_eq!(days(&made(7)), "2026-01-11");
}

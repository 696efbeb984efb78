//! wire/competition-events.md, sentence by sentence.

use serde_json::{Value, json};
use stadion_core::scope::{RecentBounds, RecentList, ScopeRules, fold_case};

use crate::side_by_side::{SideBySide, WIDE};
use crate::{declared, edge};

/// The events that live state holds after these, by their place, in order. It is cut after each of them.
#[track_caller]
fn check(events: &[Value], expected: &[u64]) {
    let mut both = SideBySide::new(ScopeRules::competition(), WIDE);
    let mut history = Vec::new();
    for (offset, event) in (0..).zip(events) {
        let past = edge::past(event, both.rules.definition());
        both.take(offset, &past, true);
        history.push(past);
    }
    assert_eq!(both.state.offsets().collect::<Vec<_>>(), expected);
    let declared = declared::live_state(both.rules.definition(), &history);
    assert_eq!(declared.into_iter().map(|index| index as u64).collect::<Vec<_>>(), expected);
}

fn of_competition(kind: &str) -> Value {
    json!({"typeName": kind, "competitionId": "30913459-50b1-4df7"})
}

fn of_distance(kind: &str, distance: &str) -> Value {
    json!({"typeName": kind, "competitionId": "30913459-50b1-4df7", "distanceId": distance})
}

fn of_heat(kind: &str, distance: &str, number: u32) -> Value {
    let mut event = of_distance(kind, distance);
    event["heat"] = json!({"round": 1, "number": number});
    event
}

fn competition() -> Value {
    of_competition("CompetitionActivatedEvent")
}

fn distance(distance: &str) -> Value {
    of_distance("DistanceActivatedEvent", distance)
}

fn no_distance(distance: &str) -> Value {
    of_distance("DistanceDeactivatedEvent", distance)
}

fn heat(distance: &str, number: u32) -> Value {
    of_heat("HeatActivatedEvent", distance, number)
}

fn no_heat(distance: &str, number: u32) -> Value {
    of_heat("HeatDeactivatedEvent", distance, number)
}

fn passing(distance: &str, number: u32) -> Value {
    of_heat("RacePassingAddedEvent", distance, number)
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

#[test]
fn nothing_before_the_first_activation() {
    check(&[], &[]);
    check(&[of_competition("X"), distance("a"), heat("a", 1), passing("a", 1)], &[]);
    check(&[distance("a"), competition(), passing("a", 1), heat("a", 1)], &[1]);
}

#[test]
fn each_scope_has_its_activation() {
    check(&[competition()], &[0]);
    check(&[competition(), distance("a")], &[0, 1]);
    check(&[competition(), distance("a"), heat("a", 1)], &[0, 1, 2]);
    check(&[competition(), heat("a", 1), distance("a")], &[0, 2]);
}

#[test]
fn a_distance_and_a_heat_are_deactivated() {
    check(&[competition(), distance("a"), heat("a", 1), passing("a", 1), no_heat("a", 1)], &[0, 1]);
    check(&[competition(), distance("a"), of_distance("X", "a"), no_distance("a")], &[0]);
    check(&[competition(), distance("a"), heat("a", 1), passing("a", 1), no_distance("a")], &[0]);
    check(&[competition(), distance("a"), heat("a", 1), no_heat("a", 2), no_distance("b")], &[0, 1, 2]);
}

#[test]
fn any_other_event_belongs_to_the_innermost_scope_whose_keys_it_carries() {
    for kind in [
        "HeatStartedEvent",
        "HeatClearedEvent",
        "RacePassingAddedEvent",
        "RaceLapPassingAddedEvent",
        "LastRaceSpeedChangedEvent",
        "RaceLapAddedEvent",
        "LastPresentedRaceLapChangedEvent",
        "RaceNextLapIndexChangedEvent",
        "HeatNextLapIndexChangedEvent",
        "SomethingNobodyKnowsEvent",
        "",
    ] {
        let events = [
            competition(),
            distance("a"),
            heat("a", 1),
            of_heat(kind, "a", 1),
            of_distance(kind, "a"),
            of_competition(kind),
        ];
        check(&events, &[0, 5, 1, 4, 2, 3]);
        check(&[&events[..], &[no_heat("a", 1)]].concat(), &[0, 5, 1, 4]);
        check(&[&events[..], &[no_heat("a", 1), no_distance("a")]].concat(), &[0, 5]);
    }
}

#[test]
fn an_event_without_a_type_or_without_keys_is_no_error() {
    check(
        &[competition(), json!({"competitionId": "30913459-50b1-4df7"}), json!({"typeName": "X"}), json!(7)],
        &[0, 1],
    );
}

#[test]
fn a_committed_heat_belongs_to_the_distance() {
    let committed = |number| of_heat("HeatCommittedEvent", "a", number);
    check(&[competition(), distance("a"), heat("a", 1), committed(1), passing("a", 1)], &[0, 1, 3, 2, 4]);
    check(&[competition(), distance("a"), heat("a", 1), committed(1), no_heat("a", 1)], &[0, 1, 3]);
    // The heat need not be active.
    check(&[competition(), distance("a"), committed(7)], &[0, 1, 2]);
    check(&[competition(), distance("a"), committed(7), distance("a")], &[0, 3]);
    check(&[competition(), distance("a"), of_heat("HeatCommittedEvent", "b", 1)], &[0, 1]);
}

#[test]
fn several_heats_are_active_at_once() {
    let four = [competition(), distance("a"), heat("a", 1), heat("a", 2), passing("a", 1), passing("a", 2)];
    check(&four, &[0, 1, 2, 4, 3, 5]);
    check(&[&four[..], &[no_heat("a", 1)]].concat(), &[0, 1, 3, 5]);
    let other_round = with(heat("a", 1), "heat", json!({"round": 2, "number": 1}));
    check(&[competition(), distance("a"), heat("a", 1), other_round], &[0, 1, 2, 3]);
    // Round and number don't run into each other.
    let eleven_one = with(heat("a", 1), "heat", json!({"round": 11, "number": 1}));
    let one_eleven = with(no_heat("a", 1), "heat", json!({"round": 1, "number": 11}));
    check(&[competition(), distance("a"), eleven_one, one_eleven], &[0, 1, 2]);
}

#[test]
fn an_id_is_compared_without_regard_to_case() {
    let shouted = |event| with(event, "competitionId", json!("30913459-50B1-4DF7"));
    check(&[competition(), shouted(of_competition("X"))], &[0, 1]);
    check(&[competition(), shouted(distance("ABC")), heat("abc", 1), passing("aBc", 1)], &[0, 1, 2, 3]);
    check(&[competition(), distance("ABC"), distance("abc"), heat("ABC", 1), no_distance("Abc")], &[0]);
    assert_eq!(fold_case("30913459-50B1-4DF7"), "30913459-50b1-4df7");
}

#[test]
fn a_key_that_is_null_or_partial_counts_as_absent() {
    let start = [competition(), distance("a"), heat("a", 1)];
    for partial in [
        json!(null),
        json!({}),
        json!({"round": 1}),
        json!({"number": 1}),
        json!({"round": 1, "number": null}),
        json!({"round": [1], "number": {"is": 1}}),
        json!(1),
    ] {
        check(&[&start[..], &[with(passing("a", 1), "heat", partial)]].concat(), &[0, 1, 3, 2]);
    }
    check(&[&start[..], &[with(of_distance("X", "a"), "distanceId", json!(null))]].concat(), &[0, 3, 1, 2]);
    check(&[&start[..], &[with(passing("a", 1), "competitionId", json!(null))]].concat(), &[0, 1, 2]);
    // Opening or closing what isn't named does neither.
    check(&[&start[..], &[with(heat("a", 2), "heat", json!({"round": 1}))]].concat(), &[0, 1, 3, 2]);
    check(&[&start[..], &[with(no_heat("a", 1), "heat", json!(null))]].concat(), &[0, 1, 3, 2]);
    check(&[&start[..], &[with(no_distance("a"), "distanceId", json!(null))]].concat(), &[0, 3, 1, 2]);
    // A heat is in a distance: without the distance's key it is not named either.
    check(&[&start[..], &[with(passing("a", 1), "distanceId", json!(null))]].concat(), &[0, 3, 1, 2]);
}

#[test]
fn what_is_not_active_is_no_part_of_the_live_state() {
    let start = [competition(), distance("a"), heat("a", 1)];
    for event in [passing("a", 2), passing("b", 1), of_distance("X", "b"), heat("b", 1)] {
        check(&[&start[..], &[event]].concat(), &[0, 1, 2]);
    }
    // Neither when it becomes active later.
    check(&[competition(), distance("a"), passing("a", 1), heat("a", 1)], &[0, 1, 3]);
    check(
        &[competition(), distance("a"), heat("a", 1), no_heat("a", 1), passing("a", 1), heat("a", 1)],
        &[0, 1, 5],
    );
}

#[test]
fn live_state_goes_from_outer_to_inner() {
    check(
        &[
            competition(),
            distance("a"),
            heat("a", 2),
            heat("a", 1),
            passing("a", 1),
            of_competition("X"),
            passing("a", 2),
            of_distance("X", "a"),
            passing("a", 1),
        ],
        &[0, 5, 1, 7, 2, 6, 3, 4, 8],
    );
}

#[test]
fn heats_come_in_the_order_of_their_latest_activation() {
    check(&[competition(), distance("a"), heat("a", 1), heat("a", 2), heat("a", 1)], &[0, 1, 3, 4]);
}

#[test]
fn opening_a_scope_again_drops_its_own_earlier_events_and_closes_nothing_inside() {
    check(&[competition(), competition(), competition(), competition()], &[3]);
    let start = [
        competition(),
        of_competition("X"),
        distance("a"),
        of_distance("X", "a"),
        heat("a", 1),
        passing("a", 1),
    ];
    check(&[&start[..], &[competition()]].concat(), &[6, 2, 3, 4, 5]);
    check(&[&start[..], &[distance("a")]].concat(), &[0, 1, 6, 4, 5]);
    check(&[&start[..], &[heat("a", 1)]].concat(), &[0, 1, 2, 3, 6]);
}

#[test]
fn opening_another_distance_closes_the_current_one_and_its_heats() {
    let start =
        [competition(), distance("a"), of_distance("X", "a"), heat("a", 1), heat("a", 2), passing("a", 1)];
    check(&[&start[..], &[distance("b")]].concat(), &[0, 6]);
    check(
        &[&start[..], &[distance("b"), passing("a", 1), heat("b", 1), passing("b", 1)]].concat(),
        &[0, 6, 8, 9],
    );
    // Coming back begins anew.
    check(&[&start[..], &[distance("b"), distance("a"), passing("a", 1)]].concat(), &[0, 7]);
}

#[test]
fn nothing_is_latest() {
    let speed = of_heat("LastRaceSpeedChangedEvent", "a", 1);
    check(&[competition(), distance("a"), heat("a", 1), speed.clone(), speed], &[0, 1, 2, 3, 4]);
}

#[test]
fn a_reader_of_all_competitions_gets_the_last_activation_of_each_of_the_last_day() {
    const HOUR: u64 = 3_600_000;
    let mut list = RecentList::new(RecentBounds::default());
    for (offset, (hour, id)) in (0..).zip([(0, "old"), (1, "A"), (2, "b"), (3, "a"), (23, "c"), (24, "b")]) {
        list.apply(offset, hour * HOUR, Some(&fold_case(id)));
    }
    assert_eq!(list.offsets(24 * HOUR).collect::<Vec<_>>(), [0, 3, 4, 5]);
    assert_eq!(list.offsets(24 * HOUR + 1).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(list.offsets(28 * HOUR).collect::<Vec<_>>(), [4, 5]);
}

use std::fmt::Write as _;

use super::*;

/// A room with rounds in it, several at once, and turns in these.
fn rules() -> Arc<ScopeRules> {
    let level = |name: &str, concurrent| Level {
        name: name.into(),
        keys: vec![format!("/{name}")],
        open: vec![format!("+{name}")],
        close: vec![format!("-{name}")],
        latest: vec![Latest { kind: "speed".into(), keys: vec!["/car".into()] }],
        concurrent,
        ..Level::default()
    };
    let levels = vec![level("room", true), level("round", true), level("turn", false)];
    Arc::new(ScopeRules::new(Definition { levels, ..Definition::default() }).unwrap())
}

fn bounds(events_max: usize, bytes_max: u64, scopes_max: usize) -> Bounds {
    Bounds { events_max, bytes_max, scopes_max }
}

/// Applies a script of words `type:room.round.turn=latest`, each of 10 bytes.
fn apply(state: &mut LiveState, script: &str) {
    for word in script.split_whitespace() {
        let (event, latest) = word.split_once('=').map_or((word, None), |(event, key)| (event, Some(key)));
        let (kind, keys) = event.split_once(':').unwrap();
        let keys: Vec<_> = keys.split('.').map(Some).collect();
        state.apply(state.next(), 10, &Facts { kind, keys: &keys, latest });
    }
}

/// What a script leaves: offsets, and the open scopes with `!` where something is missing.
fn check(bounds: Bounds, script: &str, expected: &str) {
    let mut state = LiveState::new(rules(), bounds);
    apply(&mut state, script);
    let shown = |state: &LiveState| {
        let mut shown = String::new();
        state.offsets().for_each(|offset| write!(shown, "{offset} ").unwrap());
        shown.push('|');
        for scope in state.open_scopes() {
            let missing = if scope.is_truncated { "!" } else { "" };
            write!(shown, " {}{}@{}{missing}", scope.name, scope.key, scope.opened).unwrap();
        }
        if state.is_truncated() { shown + " truncated" } else { shown }
    };
    assert_eq!(shown(&state), expected, "{script}");
    let restored = LiveState::restore(&state.snapshot(), rules(), bounds).unwrap();
    assert_eq!(shown(&restored), expected, "{script} restored");
    assert_eq!(restored.snapshot(), state.snapshot());
}

const WIDE: Bounds = Bounds { events_max: 100, bytes_max: 10_000, scopes_max: 100 };

#[test]
fn a_scope_is_whole_before_the_one_beside_it() {
    check(
        WIDE,
        "+room:a +room:b +round:a.1 +round:b.1 x:a x:b.1 +turn:a.1.1 x:a.1.1 +round:a.2 x:a.1",
        "0 4 2 9 6 7 8 1 3 5 | rooma@0 round1@2 turn1@6 round2@8 roomb@1 round1@3",
    );
}

#[test]
fn the_oldest_events_leave_a_scope_that_holds_too_many() {
    check(bounds(4, 1_000, 9), "+room:a x:a x:a x:a", "0 1 2 3 | rooma@0");
    check(bounds(4, 1_000, 9), "+room:a x:a x:a x:a x:a", "0 2 3 4 | rooma@0! truncated");
    // A bound that is smaller than one event leaves the opening alone.
    check(bounds(0, 1_000, 9), "+room:a x:a", "0 | rooma@0! truncated");
}

#[test]
fn bytes_are_bounded_as_events_are() {
    check(bounds(100, 30, 9), "+room:a x:a x:a", "0 1 2 | rooma@0");
    check(bounds(100, 30, 9), "+room:a x:a x:a x:a", "0 2 3 | rooma@0! truncated");
    let mut state = LiveState::new(rules(), bounds(100, 30, 9));
    apply(&mut state, "+room:a x:a");
    state.apply(2, u64::MAX, &Facts { kind: "x", keys: &[Some("a")], latest: None });
    assert_eq!((state.len(), state.bytes()), (1, 10));
}

#[test]
fn the_oldest_is_looked_for_in_all_that_is_open_inside() {
    check(bounds(4, 1_000, 9), "+room:a x:a +round:a.1 x:a.1 x:a.1", "0 2 3 4 | rooma@0! round1@2 truncated");
    // An opening makes room for itself as any event.
    check(bounds(3, 1_000, 9), "+room:a x:a x:a +round:a.1", "0 2 3 | rooma@0! round1@3 truncated");
}

#[test]
fn outermost_scopes_have_their_bounds_each() {
    check(bounds(3, 1_000, 9), "+room:a +room:b x:a x:a x:b x:b", "0 2 3 1 4 5 | rooma@0 roomb@1");
    check(bounds(3, 1_000, 9), "+room:a +room:b x:a x:a x:b x:a", "0 3 5 1 4 | rooma@0! roomb@1 truncated");
}

#[test]
fn what_is_missing_is_forgotten_with_its_scope() {
    check(bounds(3, 1_000, 9), "+room:a x:a x:a x:a +room:a x:a", "4 5 | rooma@4");
    check(bounds(3, 1_000, 9), "+room:a x:a x:a x:a -room:a", "|");
    check(bounds(3, 1_000, 9), "+room:a +round:a.1 x:a.1 x:a.1 x:a -round:a.1", "0 4 | rooma@0");
}

#[test]
fn too_many_scopes_close_the_one_opened_longest_ago() {
    check(bounds(99, 999, 3), "+room:a +room:b +room:c", "0 1 2 | rooma@0 roomb@1 roomc@2");
    check(
        bounds(99, 999, 3),
        "+room:a +room:b +room:c +room:a +room:d",
        "2 3 4 | roomc@2 rooma@3 roomd@4 truncated",
    );
    check(
        bounds(99, 999, 3),
        "+room:a +round:a.1 +round:a.2 x:a.1 +round:a.3",
        "0 2 4 | rooma@0! round2@2 round3@4 truncated",
    );
    // With nothing beside it, beside what is around it; what is around it stays.
    check(
        bounds(99, 999, 3),
        "+room:a +room:b +round:b.1 +turn:b.1.1",
        "1 2 3 | roomb@1 round1@2 turn1@3 truncated",
    );
    check(bounds(99, 999, 2), "+room:a +round:a.1 +turn:a.1.1", "0 1 2 | rooma@0 round1@1 turn1@2");
}

#[test]
fn scopes_that_had_to_close_are_forgotten_with_what_is_around() {
    let script = "+room:a +round:a.1 +round:a.2 +round:a.3";
    check(bounds(99, 999, 3), script, "0 2 3 | rooma@0! round2@2 round3@3 truncated");
    check(bounds(99, 999, 3), &format!("{script} -room:a"), "|");
    check(bounds(99, 999, 3), &format!("{script} +room:a"), "4 | rooma@4");
    let rooms = "+room:a +room:b +room:c +room:d";
    check(bounds(99, 999, 3), &format!("{rooms} -room:b -room:c"), "3 | roomd@3 truncated");
    check(bounds(99, 999, 3), &format!("{rooms} -room:b -room:c -room:d"), "|");
}

#[test]
fn a_superseded_event_makes_room() {
    check(bounds(3, 1_000, 9), "+room:a speed:a=1 speed:a=2 speed:a=1 speed:a=2", "0 3 4 | rooma@0");
    // One that had to leave is not superseded any more.
    check(bounds(3, 1_000, 9), "+room:a speed:a=1 x:a x:a speed:a=1", "0 3 4 | rooma@0! truncated");
}

#[test]
fn the_last_of_a_key_is_that_of_one_scope() {
    check(
        WIDE,
        "+room:a +round:a.1 speed:a=1 speed:a.1=1 +room:b speed:b=1 speed:a.1=1 speed:a",
        "0 2 7 1 6 4 5 | rooma@0 round1@1 roomb@4",
    );
}

#[test]
fn a_long_stream_leaves_nothing_behind() {
    let mut state = LiveState::new(rules(), bounds(50, 100_000, 10));
    apply(&mut state, "+room:a");
    for n in 0..10_000 {
        apply(&mut state, &format!("+round:a.{n} x:a.{n} speed:a.{n}={n} speed:a={n} x:a -round:a.{n}"));
    }
    assert_eq!(state.len(), 47, "the bound of 50, less the last round's three");
    assert!(state.snapshot().len() < 2_000);
    let room = state.find([Some("a")].iter()).unwrap();
    assert!(state.scopes[room].latest[0].len() < 50);
    apply(&mut state, "-room:a");
    assert_eq!((state.len(), state.bytes(), state.scopes.len(), state.events.len()), (0, 0, 0, 0));
}

#[test]
fn an_event_counts_once() {
    let mut state = LiveState::new(rules(), WIDE);
    apply(&mut state, "+room:a x:a");
    for offset in 0..2 {
        state.apply(offset, 10, &Facts { kind: "x", keys: &[Some("a")], latest: None });
    }
    assert_eq!(state.offsets().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn retention_is_told_what_to_spare() {
    let mut state = LiveState::new(rules(), WIDE);
    apply(&mut state, "+room:a +room:b +round:a.1 x:a x:b -round:a.1 x:a +room:a x:b x:a");
    assert_eq!(state.kept_before(u64::MAX), [1, 4, 7, 8, 9]);
    assert_eq!(state.kept_before(8), [1, 4, 7]);
    assert_eq!(state.kept_before(1), Vec::<u64>::new());
}

#[test]
fn keys_that_are_too_long_are_absent() {
    let mut state = LiveState::new(rules(), WIDE);
    apply(&mut state, "+room:a +round:a.1");
    let long = "1".repeat(KEY_BYTES_MAX + 1);
    state.apply(2, 10, &Facts { kind: "x", keys: &[Some("a"), Some(&long)], latest: None });
    state.apply(3, 10, &Facts { kind: "speed", keys: &[Some("a")], latest: Some(&long) });
    state.apply(4, 10, &Facts { kind: "speed", keys: &[Some("a")], latest: Some(&long) });
    assert_eq!(state.offsets().collect::<Vec<_>>(), [0, 2, 3, 4, 1]);
    assert!(LiveState::restore(&state.snapshot(), rules(), WIDE).is_ok());
}

#[test]
fn a_snapshot_under_smaller_bounds_is_cut_to_them() {
    let mut state = LiveState::new(rules(), WIDE);
    apply(&mut state, "+room:a +room:b x:a +round:a.1 x:a.1 x:a x:b x:b x:b");
    let state = LiveState::restore(&state.snapshot(), rules(), bounds(4, 999, 9)).unwrap();
    assert_eq!(state.offsets().collect::<Vec<_>>(), [0, 5, 3, 4, 1, 6, 7, 8]);
    assert!(state.is_truncated());
}

#[test]
fn other_rules_and_versions_are_said() {
    let mut state = LiveState::new(rules(), WIDE);
    apply(&mut state, "+room:a x:a");
    let snapshot = state.snapshot();
    let other = Arc::new(ScopeRules::competition());
    assert_eq!(LiveState::restore(&snapshot, other, WIDE).unwrap_err(), RestoreError::OtherRules);
    let mut newer = snapshot;
    newer[0] += 1;
    assert_eq!(LiveState::restore(&newer, rules(), WIDE).unwrap_err(), RestoreError::OtherVersion(2));
}

#[test]
fn a_damaged_snapshot_is_an_error_or_a_state_that_works() {
    let mut state = LiveState::new(rules(), bounds(9, 999, 6));
    apply(
        &mut state,
        "+room:a +room:b speed:a=1 speed:a=2 +round:a.1 x:a.1 x:a x:b +turn:b.1.1 +round:b.1 +turn:b.1.1 x:b.1.1",
    );
    let good = state.snapshot();
    for cut in 0..good.len() {
        assert!(LiveState::restore(&good[..cut], rules(), WIDE).is_err(), "cut at {cut}");
    }
    for at in 0..good.len() {
        for byte in 0..=255 {
            let mut bad = good.clone();
            bad[at] = byte;
            let Ok(mut state) = LiveState::restore(&bad, rules(), bounds(9, 999, 6)) else { continue };
            apply(&mut state, "+room:a x:a speed:a=1 x:b +round:b.1 +room:c +turn:b.1.2 -room:b");
            assert_eq!(state.offsets().count(), state.len());
            assert!(LiveState::restore(&state.snapshot(), rules(), WIDE).is_ok());
        }
    }
    let mut longer = good;
    longer.push(0);
    assert!(LiveState::restore(&longer, rules(), WIDE).is_err());
}

#[test]
fn what_contradicts_the_rules_is_damaged() {
    let snapshot = |scopes: &[u8]| {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&rules().fingerprint().to_le_bytes());
        bytes.extend_from_slice(&[9, 0]);
        bytes.extend_from_slice(scopes);
        LiveState::restore(&bytes, rules(), WIDE).map(|state| state.len())
    };
    let damaged = |why| Err(RestoreError::Damaged(why));
    assert_eq!(snapshot(&[0]), Ok(0));
    assert_eq!(snapshot(&[1, 0, 1, b'a', 3, 9, 0, 0]), Ok(1));
    assert_eq!(snapshot(&[1, 0, 1, b'a', 9, 9, 0, 0]), damaged("an event comes after the last one"));
    assert_eq!(snapshot(&[1, 0, 1, b'a', 3, 9, 6, 1, 0, 0, 0]), damaged("an event comes after the last one"));
    assert_eq!(snapshot(&[1, 4, 1, b'a', 3, 9, 0, 0]), damaged("a mark is unknown"));
    assert_eq!(snapshot(&[2, 0, 1, b'a', 3, 9, 0, 0]), damaged("a scope stands in none"));
    assert_eq!(
        snapshot(&[1, 0, 1, b'a', 3, 9, 0, 1, 0, 1, b'a', 4, 9, 0, 0]),
        damaged("a scope is open twice")
    );
    let turns = [1, 0, 0, 1, 9, 0, 2, 0, 0, 2, 9, 0, 3, 0, 1, b'a', 3, 9, 0, 3, 0, 1, b'b', 4, 9, 0, 0];
    assert_eq!(snapshot(&turns), damaged("a scope is open twice"), "turns are not concurrent");
    let fourth = [1, 0, 0, 1, 9, 0, 2, 0, 0, 2, 9, 0, 3, 0, 0, 3, 9, 0, 4, 0, 0, 4, 9, 0, 0];
    assert_eq!(snapshot(&fourth), damaged("a level is unknown"));
    assert_eq!(snapshot(&[1, 0, 1, b'a', 3, 9, 1, 9, 1, 1, b'x', 0, 0]), Ok(2));
    assert_eq!(snapshot(&[1, 0, 1, b'a', 3, 9, 1, 9, 2, 1, b'x', 0, 0]), damaged("a `latest` is unknown"));
    assert_eq!(
        snapshot(&[1, 0, 1, b'a', 3, 9, 1, 9, 1, 1, b'x', 1, 9, 1, 1, b'x', 0, 0]),
        damaged("a key's latest event is there twice")
    );
    let large = [1, 0, 1, b'a', 3, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0];
    assert_eq!(snapshot(&large), damaged("an event is too large"));
}

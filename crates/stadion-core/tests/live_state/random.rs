//! Random histories.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use stadion_core::scope::{Bounds, LiveState};

use crate::side_by_side::{SideBySide, WIDE};
use crate::{declared, history};

fn bounds() -> impl Strategy<Value = Bounds> {
    (1_usize..12, 1_u64..300, 1_usize..8).prop_map(|(events_max, bytes_max, scopes_max)| Bounds {
        events_max,
        bytes_max,
        scopes_max,
    })
}

fn gaps_and_cuts() -> impl Strategy<Value = Vec<(u64, bool)>> {
    prop::collection::vec((1_u64..200, prop::bool::weighted(0.1)), history::LENGTH_MAX)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_state_is_what_the_contract_says_of_the_whole_history(
        (rules, history) in history::histories(),
        cuts in gaps_and_cuts(),
    ) {
        let mut both = SideBySide::new(rules, WIDE);
        for (index, (event, (_, cut))) in history.iter().zip(&cuts).enumerate() {
            both.take(index as u64, event, *cut);
            let expected = declared::live_state(both.rules.definition(), &history[..=index]);
            let expected: Vec<_> = expected.into_iter().map(|index| index as u64).collect();
            prop_assert_eq!(both.state.offsets().collect::<Vec<_>>(), expected);
        }
        prop_assert!(!both.state.is_truncated());
    }

    #[test]
    fn past_its_bounds_the_oldest_leave(
        (rules, history) in history::histories(),
        bounds in bounds(),
        steps in gaps_and_cuts(),
    ) {
        let mut both = SideBySide::new(rules, bounds);
        let mut offset = 0;
        for (event, (step, cut)) in history.iter().zip(&steps) {
            both.take(offset, event, *cut);
            offset += step;
        }
    }
}

/// The histories must reach what they are made for: a model and a machine that both do nothing agree as well.
#[test]
fn the_histories_open_supersede_and_overflow() {
    let mut runner = TestRunner::deterministic();
    let (mut nested, mut concurrent, mut superseded, mut truncated, mut closed) = (0, 0, 0, 0, 0);
    for _ in 0..200 {
        let (rules, history) = history::histories().new_tree(&mut runner).unwrap().current();
        let bounds = bounds().new_tree(&mut runner).unwrap().current();
        let mut wide = SideBySide::new(rules, WIDE);
        let mut narrow = LiveState::new(wide.rules.clone(), bounds);
        for (offset, event) in (0..).zip(&history) {
            let before = wide.state.open_scopes().count();
            wide.take(offset, event, false);
            event.show(&wide.rules, |facts| narrow.apply(offset, event.bytes, facts));
            let levels: Vec<_> = wide.state.open_scopes().map(|scope| scope.level).collect();
            nested += usize::from(levels.iter().any(|level| *level >= 2));
            concurrent += usize::from(levels.windows(2).any(|pair| pair[0] == pair[1]));
            truncated += usize::from(narrow.is_truncated());
            closed += usize::from(levels.len() < before);
        }
        superseded += wide.flat.superseded;
    }
    for (what, count) in [
        ("scopes three deep", nested),
        ("scopes beside each other", concurrent),
        ("superseded events", superseded),
        ("truncated states", truncated),
        ("closed scopes", closed),
    ] {
        assert!(count > 100, "{what}: {count}");
    }
}

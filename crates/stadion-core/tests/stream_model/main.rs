//! The stream beside a slow model of its contract, on random sequences of whatever may happen to it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

mod model;
mod side_by_side;
mod steps;

use proptest::prelude::*;

use side_by_side::SideBySide;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_stream_does_what_the_contract_says(rules in steps::rules(), steps in steps::steps()) {
        let mut both = SideBySide::new(rules);
        for step in &steps {
            both.take(step);
        }
        both.finish();
    }
}

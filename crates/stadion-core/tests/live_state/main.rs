//! Live state beside two slow models of its contract: on random histories cut at random places, on the sentences of
//! wire/competition-events.md, and on recordings.
//!
//! One model says what is live state of a whole history, by looking back from its end, and knows no bounds; the other
//! keeps a plain list and searches all of it, bounds included.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod declared;
mod edge;
mod flat;
mod history;
mod random;
mod recordings;
mod sentences;
mod side_by_side;
#[path = "../../examples/synthetic_competition/recording.rs"]
mod synthetic;

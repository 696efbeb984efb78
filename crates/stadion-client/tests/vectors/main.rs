//! The golden vectors in `vectors/`, which the JavaScript tests read too: what both languages compute.
//!
//! `UPDATE_VECTORS=1 cargo test -p stadion-client --test vectors` writes them anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

mod callbacks;
mod fixed;
mod golden;
mod hash;
mod lockstep;
mod pace;
mod random;
mod script;
mod swarm;

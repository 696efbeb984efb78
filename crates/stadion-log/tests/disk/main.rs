//! The log on disk, through its public face.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed; its numbers are small"
)]

mod support;

mod commits;
mod crash;
mod damage;
mod folder;
mod full;
mod model;
mod retention;
mod scale;

//! For games in Rust: the stream client and the driver of a deterministic simulation.
//!
//! The layers, each usable without the one above it: the transport gives [`Answer`]s in order,
//! the lockstep layer makes ordered requests of them, and the driver calls a game back.
//! The JavaScript package in `clients/javascript` has the same layers under the same names and
//! computes the same bits.

pub mod answer;

pub use answer::{Answer, ClientHash, Desync, Event, State};

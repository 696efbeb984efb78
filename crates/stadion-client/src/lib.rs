//! For games in Rust: the stream client and the driver of a deterministic simulation.
//!
//! The layers, each usable without the one above it: the transport gives [`Answer`]s in order,
//! the lockstep layer makes ordered requests of them, and the driver calls a game back.
//! The JavaScript package in `clients/javascript` has the same layers under the same names and
//! computes the same bits.

pub mod answer;
pub mod event_stream;
pub mod fixed;
mod hash;
mod lockstep;
mod pace;
mod random;
mod sim;
mod sim_driver;
mod simulation;
mod sine_table;
mod sync_test;

pub use answer::{Answer, ClientHash, Desync, Event, State};
pub use event_stream::EventStream;
pub use hash::Hasher;
pub use lockstep::{Lockstep, LockstepError, Request};
pub use pace::Pace;
pub use random::{Random, Seed, SeedError};
pub use sim::{EntityId, Outgoing, Sim};
pub use sim_driver::{SimDriver, SimDriverOptions, TickHash};
pub use simulation::{Entity, Game, SimError, Simulation};
pub use sync_test::{SyncTestError, sync_test};

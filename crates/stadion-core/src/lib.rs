//! The machines of stadion, pure: no I/O, no clock, no async.
//!
//! Time comes in as an argument ([`Time`]), randomness as a value ([`Birth`]); what is to be kept goes out as a
//! [`Commit`] and its fate comes back through [`Stream::committed`]. So an hour of play of a hundred clients, on a
//! log that delays, refuses and forgets to answer, is a test of some milliseconds.
//!
//! | module | what it owns |
//! |---|---|
//! | [`event`] | events, their stamps, typed ids |
//! | [`name`] | what a stream may be called, and its namespace |
//! | [`stream`] | one lockstep stream: who is here, what is stamped when, what a reader gets |
//! | [`scope`] | scopes and live state: where a new reader of an event stream starts |
//! | [`desync`] | the clients' state hashes and where they part |
//! | [`timers`] | one heap of deadlines for any number of streams |

pub mod desync;
pub mod event;
pub mod name;
pub mod scope;
pub mod stream;
mod tick_index;
pub mod time;
pub mod timers;

pub use event::{Draft, Epoch, Event, Origin, PrivateId, PublicId, Tick};
pub use name::{NameError, StreamName};
pub use stream::{Answer, Birth, Commit, Fate, Proposed, Refusal, Request, Stream, StreamRules, Token};
pub use time::Time;

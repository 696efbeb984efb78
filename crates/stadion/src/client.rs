//! The commands that speak to a server: `tail`, `publish`, `record`, `replay`.
//!
//! [`connect::Reader`] is the one way in which they read: it comes back by itself and goes on where it was.
//! [`recording`] is the file that `record` writes and `replay` reads.

pub mod address;
pub mod connect;
pub mod envelope;
pub mod error;
pub mod http;
pub mod process;
pub mod progress;
pub mod publish;
pub mod record;
pub mod record_file;
pub mod recording;
pub mod replay;
pub mod replay_into;
pub mod script;
pub mod tail;

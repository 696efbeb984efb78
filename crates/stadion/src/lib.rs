//! The program `stadion`, as a library, so that a test or another program can run it inside itself.
//!
//! [`serve::run`] takes a listener and everything a request needs ([`app::App`]); [`http::service`] is where a request
//! comes in. ARCHITECTURE.md walks one event from there to other sockets.

pub mod app;
pub mod cli;
pub mod client;
pub mod clock;
pub mod command;
pub mod config;
pub mod events;
pub mod http;
pub mod hub;
mod json_depth;
pub mod json_pointer;
pub mod lockstep;
pub mod metrics;
pub mod reading;
pub mod rights;
pub mod serve;
mod stream_rate;

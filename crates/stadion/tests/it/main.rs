//! The contract, shown from outside: every test starts the real program on a free port and speaks to it by sockets.
//!
//! What is asked for stands in the wire documents (event stream over HTTP, and stadion's own commands, paths and
//! rights). Where they are exact, the tests are exact to the byte; where they leave a thing open, any sensible
//! answer passes. Nothing here looks into the server's code.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected shall stop there, with the line"
)]

mod answer;
mod events;
mod harness;
mod player;
mod raw_http;
mod socket;
mod wire;

mod bad_input;
mod bad_requests;
mod client;
mod competitions;
mod edges;
mod extensions;
mod limits;
mod live_state;
mod path_of_one_event;
mod publish;
mod push;
mod push_frames;
mod reading;
mod recorder;
mod rights;
mod slow_clients;
mod stream_calls;
mod sync;
mod sync_bodies;
mod sync_clients;
mod sync_clock;
mod transports_agree;
mod watch;

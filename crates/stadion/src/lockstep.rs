//! Lockstep streams: the edge of [`stadion_core::Stream`] (wire: *event stream*).

pub mod address;
pub mod answer;
pub mod audience;
pub mod cell;
mod json;
pub mod poll;
pub mod push;
pub mod refused;
pub mod request;
pub mod streams;

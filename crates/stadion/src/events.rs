//! Streams of events: JSON that others make, kept byte for byte (wire: *Publishing*).

pub mod cell;
pub mod competitions;
pub mod lines;
pub mod live;
pub mod publish;
pub mod streams;

//! Reading any stream: from where, in which form, by which transport (wire: *Reading*).

pub mod envelope;
pub mod event_stream;
pub mod from;
pub mod page;
pub mod socket;

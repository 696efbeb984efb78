//! What stands between streams and sockets: ready bytes, cursors, and writing without waiting.

mod boundary;
pub mod connection;
pub mod cursor;
pub mod frame;
pub mod inbound;
pub mod readers;
pub mod socket;
pub mod tail;

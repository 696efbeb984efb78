//! The event log: what was appended to a stream, read again from any offset.
//!
//! One narrow interface, [`EventLog`], is the whole seam of what is kept in memory ([`MemoryLog`]); what must outlive
//! the process is kept by [`disk`], whose answers take time. A log knows records, bytes with a tick and a time; what they mean is the edge's.

pub mod disk;
mod memory;

use std::ops::Range;

use stadion_core::Tick;

pub use memory::MemoryLog;

/// The log of one stream.
///
/// Offsets count from 0 without gaps. An append is atomic: all records of a batch are there or none is, and a record
/// that was read once is read the same again.
pub trait EventLog {
    /// Appends all records of the batch, or none.
    fn append(&mut self, batch: &Batch) -> Appended;

    /// The offset that the next record gets.
    fn head(&self) -> u64;

    /// Bytes of the records kept.
    fn bytes(&self) -> u64;

    /// Shows the records at `offsets` in order. Costs what it shows, wherever in the stream it lies.
    fn read(&self, offsets: Range<u64>, show: &mut dyn FnMut(Record<'_>)) -> Result<(), ReadError>;
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is kept as the stream's durability promises; the offset of the first record.
    Written { first: u64 },
    /// Nothing of it was written.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("offsets {from} to {to} were asked for; {first} to {head} are kept")]
    NotKept { from: u64, to: u64, first: u64, head: u64 },
}

/// One event as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub offset: u64,
    pub tick: Tick,
    /// When it was received, in milliseconds since 1970.
    pub time_ms: u64,
    /// The event's own bytes, as a reader gets them.
    pub bytes: &'a [u8],
}

/// Records to be appended together: one buffer, so that a commit is one write.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub time_ms: u64,
    bytes: Vec<u8>,
    records: Vec<(Tick, usize)>,
}

impl Batch {
    pub fn new(time_ms: u64) -> Self {
        Self { time_ms, ..Self::default() }
    }

    /// Adds a record; `encode` appends its bytes.
    pub fn push(&mut self, tick: Tick, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.bytes);
        self.records.push((tick, self.bytes.len()));
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    fn records(&self) -> impl Iterator<Item = (Tick, &[u8])> {
        let mut start = 0;
        self.records.iter().map(move |&(tick, end)| {
            let bytes = self.bytes.get(start..end).unwrap_or_default();
            start = end;
            (tick, bytes)
        })
    }
}

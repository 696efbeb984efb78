//! A log in memory: what it promises ends with the process.

use std::collections::BTreeMap;
use std::ops::Range;

use stadion_core::Tick;

use crate::{Appended, Batch, EventLog, ReadError, Record};

/// Records lie one behind the other in chunks; a full chunk is never touched again, so that a long stream is not
/// copied as it grows, and an empty one costs nothing.
#[derive(Debug, Default)]
pub struct MemoryLog {
    chunks: Vec<Chunk>,
    /// Single records that outlive their chunks: what live state still needs.
    kept: BTreeMap<u64, Kept>,
    head: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Chunk {
    first: u64,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Kept {
    entry: Entry,
    bytes: Box<[u8]>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tick: Tick,
    time_ms: u64,
    end: usize,
}

/// A chunk takes records until it holds this much; a larger record gets a chunk of its own size.
const CHUNK_BYTES: usize = 64 << 10;

impl EventLog for MemoryLog {
    fn append(&mut self, batch: &Batch) -> Appended {
        let first = self.head;
        for (tick, bytes) in batch.records() {
            let head = self.head;
            let fits = self.chunks.last().is_some_and(|chunk| {
                chunk.bytes.is_empty() || chunk.bytes.len() + bytes.len() <= CHUNK_BYTES
            });
            if !fits {
                self.chunks.push(Chunk { first: head, bytes: Vec::new(), entries: Vec::new() });
            }
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.bytes.extend_from_slice(bytes);
                chunk.entries.push(Entry { tick, time_ms: batch.time_ms, end: chunk.bytes.len() });
            }
            self.head += 1;
            self.bytes += bytes.len() as u64;
        }
        Appended::Written { first }
    }

    fn head(&self) -> u64 {
        self.head
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read(&self, offsets: Range<u64>, show: &mut dyn FnMut(Record<'_>)) -> Result<(), ReadError> {
        if let Some(kept) = self.kept.get(&offsets.start)
            && offsets.end == offsets.start + 1
        {
            let Entry { tick, time_ms, .. } = kept.entry;
            show(Record { offset: offsets.start, tick, time_ms, bytes: &kept.bytes });
            return Ok(());
        }
        if offsets.end > self.head || (offsets.start < self.first() && !offsets.is_empty()) {
            return Err(ReadError::NotKept {
                from: offsets.start,
                to: offsets.end,
                first: self.first(),
                head: self.head,
            });
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let chunk = self.chunks.partition_point(|chunk| chunk.first <= offsets.start).saturating_sub(1);
        for chunk in self.chunks.iter().skip(chunk) {
            if chunk.first >= offsets.end {
                break;
            }
            chunk.show(&offsets, show);
        }
        Ok(())
    }
}

impl MemoryLog {
    /// The oldest offset that is kept.
    pub fn first(&self) -> u64 {
        self.chunks.first().map_or(self.head, |chunk| chunk.first)
    }

    /// The first offset whose record was received at `time_ms` or later.
    pub fn offset_at(&self, time_ms: u64) -> u64 {
        let chunk = self.chunks.partition_point(|chunk| chunk.latest_ms() < time_ms);
        self.chunks.get(chunk).map_or(self.head, |chunk| {
            chunk.first + chunk.entries.partition_point(|entry| entry.time_ms < time_ms) as u64
        })
    }

    /// Forgets the oldest records, in whole chunks: those received before `before_ms`, and as many as must go for the
    /// rest to take at most `bytes_max`. The chunk that is being filled stays. Of what goes, `spare` says which offsets
    /// before the one it is given are to be kept one by one, in ascending order; those that were kept so before and
    /// are not named any more go too.
    pub fn trim(&mut self, before_ms: u64, bytes_max: u64, spare: impl FnOnce(u64) -> Vec<u64>) {
        let mut bytes = self.bytes;
        let last = self.chunks.len().saturating_sub(1);
        let old = self.chunks.iter().take(last).take_while(|chunk| {
            let goes = bytes > bytes_max || chunk.latest_ms() < before_ms;
            bytes -= if goes { chunk.bytes.len() as u64 } else { 0 };
            goes
        });
        let old = old.count();
        // Of the first chunk that stays, those that are too old, where they are the half of it or more: then what is
        // moved is less than what goes.
        let part = self.chunks.get(old).map_or(0, |chunk| chunk.older_than(before_ms));
        let Some(end) = self.chunks.get(old).map(|chunk| chunk.first + part as u64) else { return };
        if old == 0 && part == 0 {
            return;
        }
        let spared = spare(end);
        let mut kept = BTreeMap::new();
        for offset in spared {
            if let Some(before) = self.kept.remove(&offset) {
                kept.insert(offset, before);
                continue;
            }
            let read = self.read(offset..offset + 1, &mut |record| {
                let entry = Entry { tick: record.tick, time_ms: record.time_ms, end: record.bytes.len() };
                kept.insert(offset, Kept { entry, bytes: record.bytes.into() });
            });
            debug_assert!(read.is_ok(), "what is spared is there");
        }
        self.kept = kept;
        self.chunks.drain(..old);
        if let Some(chunk) = self.chunks.first_mut() {
            bytes -= chunk.forget(part);
        }
        self.bytes = bytes;
    }
}

impl Chunk {
    /// How many of its records were received before `before_ms`, if that is half of them or more.
    fn older_than(&self, before_ms: u64) -> usize {
        let old = self.entries.partition_point(|entry| entry.time_ms < before_ms);
        if old * 2 >= self.entries.len() { old } else { 0 }
    }

    /// Forgets its first records. How many bytes they had.
    fn forget(&mut self, records: usize) -> u64 {
        let Some(end) = records.checked_sub(1).and_then(|last| self.entries.get(last)).map(|entry| entry.end)
        else {
            return 0;
        };
        self.bytes.drain(..end);
        self.entries.drain(..records);
        for entry in &mut self.entries {
            entry.end -= end;
        }
        self.first += records as u64;
        end as u64
    }

    fn latest_ms(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.time_ms)
    }

    fn show(&self, offsets: &Range<u64>, show: &mut dyn FnMut(Record<'_>)) {
        let skip = usize::try_from(offsets.start.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let take = usize::try_from(offsets.end.saturating_sub(self.first))
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        let mut start =
            skip.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |entry| entry.end);
        let entries = self.entries.get(skip..take).unwrap_or_default();
        for (offset, entry) in (offsets.start.max(self.first)..).zip(entries) {
            show(Record {
                offset,
                tick: entry.tick,
                time_ms: entry.time_ms,
                bytes: self.bytes.get(start..entry.end).unwrap_or_default(),
            });
            start = entry.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(log: &MemoryLog, offsets: Range<u64>) -> Vec<(u64, i64, u64, Vec<u8>)> {
        let mut found = Vec::new();
        log.read(offsets, &mut |r| found.push((r.offset, r.tick.0, r.time_ms, r.bytes.to_vec()))).unwrap();
        found
    }

    proptest! {
        #[test]
        fn what_was_appended_is_read_from_any_offset(
            batches in prop::collection::vec(prop::collection::vec(0_usize..40_000, 0..6), 0..20),
            cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..10),
        ) {
            let mut log = MemoryLog::default();
            let mut model = Vec::new();
            for (number, sizes) in batches.iter().enumerate() {
                let mut batch = Batch::new(number as u64 * 10);
                for &size in sizes {
                    let body = vec![u8::try_from(model.len() % 251).unwrap(); size];
                    batch.push(Tick(number as i64), |out| out.extend_from_slice(&body));
                    model.push((model.len() as u64, number as i64, number as u64 * 10, body));
                }
                prop_assert_eq!(log.append(&batch), Appended::Written { first: (model.len() - sizes.len()) as u64 });
            }
            prop_assert_eq!(log.head(), model.len() as u64);
            prop_assert_eq!(log.bytes(), model.iter().map(|r| r.3.len() as u64).sum::<u64>());
            for (a, b) in cuts {
                let (a, b) = (a.index(model.len() + 1), b.index(model.len() + 1));
                let (from, to) = (a.min(b), a.max(b));
                prop_assert_eq!(&read_all(&log, from as u64..to as u64), &model[from..to]);
            }
        }
    }

    #[test]
    fn old_chunks_are_forgotten_by_age_and_by_bytes() {
        let mut log = MemoryLog::default();
        for time_ms in 0..10 {
            let mut batch = Batch::new(time_ms);
            batch.push(Tick::ZERO, |out| out.resize(CHUNK_BYTES, 0));
            log.append(&batch);
        }
        assert_eq!((log.first(), log.offset_at(4), log.offset_at(99)), (0, 4, 10));
        log.trim(3, u64::MAX, |_| Vec::new());
        assert_eq!((log.first(), log.bytes()), (3, 7 * CHUNK_BYTES as u64));
        log.trim(0, 2 * CHUNK_BYTES as u64, |end| {
            vec![4, 6].into_iter().filter(|offset| *offset < end).collect()
        });
        assert_eq!((log.first(), log.head()), (8, 10));
        assert_eq!(read_all(&log, 6..7), [(6, 0, 6, vec![0; CHUNK_BYTES])]);
        assert!(log.read(5..6, &mut |_| {}).is_err());
        assert!(log.read(7..9, &mut |_| {}).is_err());
        assert_eq!(read_all(&log, 8..10).len(), 2);
        log.trim(u64::MAX, 0, |_| vec![6]);
        assert_eq!((log.first(), log.bytes()), (10, 0));
        assert!(log.read(4..5, &mut |_| {}).is_err());
        assert_eq!(read_all(&log, 6..7).len(), 1);
    }

    #[test]
    fn a_small_stream_forgets_by_age_too() {
        let mut log = MemoryLog::default();
        let check = |log: &mut MemoryLog, time_ms: u64, first: u64| {
            let mut batch = Batch::new(time_ms);
            batch.push(Tick::ZERO, |out| out.extend_from_slice(time_ms.to_string().as_bytes()));
            log.append(&batch);
            log.trim(time_ms.saturating_sub(3), u64::MAX, |end| if end > 1 { vec![1] } else { Vec::new() });
            assert_eq!(log.first(), first);
            let texts: Vec<_> = read_all(log, first..log.head()).into_iter().map(|record| record.3).collect();
            assert_eq!(texts.last(), Some(&time_ms.to_string().into_bytes()));
            assert_eq!(log.bytes(), texts.iter().map(|text| text.len() as u64).sum::<u64>());
        };
        for (time_ms, first) in [(1, 0), (2, 0), (3, 0), (5, 0), (6, 0), (7, 3), (20, 6)] {
            check(&mut log, time_ms, first);
        }
        assert_eq!(read_all(&log, 1..2), [(1, 0, 2, b"2".to_vec())]);
    }

    #[test]
    fn past_the_head_is_an_error() {
        let log = MemoryLog::default();
        assert_eq!(
            log.read(0..1, &mut |_| unreachable!()),
            Err(ReadError::NotKept { from: 0, to: 1, first: 0, head: 0 })
        );
    }
}

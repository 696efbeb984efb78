//! Which offsets lie in which ticks, and how many bytes they take.

use std::ops::Range;

use crate::event::Tick;

/// Grows by one entry a tick that holds events; an answer is found by binary search, and one that returns nothing,
/// the most frequent of all, by one comparison.
#[derive(Debug, Default)]
pub(crate) struct TickIndex {
    entries: Vec<Entry>,
    head: u64,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tick: Tick,
    first: u64,
    bytes_before: u64,
}

impl TickIndex {
    /// The offset that the next event gets.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// `tick` must not be lower than that of any earlier call.
    pub(crate) fn push(&mut self, tick: Tick, events: u64, bytes: u64) {
        debug_assert!(self.entries.last().is_none_or(|last| last.tick <= tick), "stamps never go back");
        if self.entries.last().is_none_or(|last| last.tick < tick) {
            self.entries.push(Entry { tick, first: self.head, bytes_before: self.bytes });
        }
        self.head += events;
        self.bytes += bytes;
    }

    /// The offsets of all events with `after < tick <= up_to`, and the last tick that is whole in them: `up_to`, or
    /// an earlier one where more are due than `bytes_max` holds. One tick is always whole, whatever it takes.
    pub(crate) fn between(&self, after: Tick, up_to: Tick, bytes_max: u64) -> (Range<u64>, Tick) {
        if self.entries.last().is_none_or(|last| last.tick <= after) {
            return (self.head..self.head, up_to);
        }
        let start = self.entries.partition_point(|entry| entry.tick <= after);
        let mut end = self.entries.partition_point(|entry| entry.tick <= up_to).max(start);
        let mut whole = up_to;
        let bytes_start = self.bytes_at(start);
        if self.bytes_at(end) - bytes_start > bytes_max {
            let fits = self.entries.partition_point(|e| e.bytes_before <= bytes_start + bytes_max);
            // `fits - 1` is the last entry that begins within the bound: everything before it is whole.
            let cut = fits.saturating_sub(1).clamp(start + 1, end);
            if cut < end {
                end = cut;
                whole = self.entries.get(cut - 1).map_or(up_to, |entry| entry.tick);
            }
        }
        (self.first_at(start)..self.first_at(end), whole)
    }

    fn first_at(&self, entry: usize) -> u64 {
        self.entries.get(entry).map_or(self.head, |entry| entry.first)
    }

    fn bytes_at(&self, entry: usize) -> u64 {
        self.entries.get(entry).map_or(self.bytes, |entry| entry.bytes_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(ticks: &[(i64, u64, u64)]) -> TickIndex {
        let mut index = TickIndex::default();
        for &(tick, events, bytes) in ticks {
            index.push(Tick(tick), events, bytes);
        }
        index
    }

    #[test]
    fn an_answer_holds_what_lies_between() {
        let index = index(&[(1, 2, 20), (1, 1, 10), (4, 1, 10), (9, 3, 30)]);
        let check = |after, up_to, offsets, whole| {
            assert_eq!(
                index.between(Tick(after), Tick(up_to), 1000),
                (offsets, Tick(whole)),
                "{after}..{up_to}"
            );
        };
        check(-5, 0, 0..0, 0);
        check(0, 1, 0..3, 1);
        check(0, 8, 0..4, 8);
        check(1, 8, 3..4, 8);
        check(4, 8, 4..4, 8);
        check(4, 9, 4..7, 9);
        check(9, 20, 7..7, 20);
        check(i64::MIN, i64::MAX, 0..7, i64::MAX);
        check(50, 20, 7..7, 20);
    }

    #[test]
    fn an_answer_that_is_too_big_ends_at_a_whole_tick() {
        let index = index(&[(1, 3, 30), (4, 1, 10), (9, 3, 30)]);
        assert_eq!(index.between(Tick(0), Tick(20), 70), (0..7, Tick(20)));
        assert_eq!(index.between(Tick(0), Tick(20), 69), (0..4, Tick(4)));
        assert_eq!(index.between(Tick(0), Tick(20), 40), (0..4, Tick(4)));
        assert_eq!(index.between(Tick(0), Tick(20), 39), (0..3, Tick(1)));
        assert_eq!(index.between(Tick(0), Tick(20), 1), (0..3, Tick(1)));
        // One tick is always whole, and where it is the last one nothing is left to ask for.
        assert_eq!(index.between(Tick(1), Tick(20), 1), (3..4, Tick(4)));
        assert_eq!(index.between(Tick(4), Tick(20), 1), (4..7, Tick(20)));
    }
}

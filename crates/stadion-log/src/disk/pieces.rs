//! Where a stream's records are: ranges of offsets, each in a segment.
//!
//! Below lie the *extents*, what was committed, one or few a segment. Records that were moved lie over them: where
//! both know an offset, the moved one counts, so that it does not matter whether the old segment is already gone.

use std::collections::BTreeMap;
use std::ops::Range;

/// Offsets that were committed in one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offsets: Range<u64>,
    pub(super) segment: u64,
}

/// Offsets whose living records are in one carried frame; those it does not hold are dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    /// The offset after the last one.
    pub(super) end: u64,
    pub(super) segment: u64,
    pub(super) at: u64,
    pub(super) len: u64,
    /// The latest time in it.
    pub(super) time_max: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    extents: Vec<Extent>,
    moved: BTreeMap<u64, Moved>,
}

/// What is found at an offset, and up to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Committed { offsets: Range<u64>, segment: u64 },
    Moved { offsets: Range<u64>, moved: Moved },
    Nothing { offsets: Range<u64> },
}

impl Piece {
    pub(super) fn offsets(&self) -> &Range<u64> {
        match self {
            Self::Committed { offsets, .. } | Self::Moved { offsets, .. } | Self::Nothing { offsets } => {
                offsets
            }
        }
    }

    /// The segment that must stay for it.
    pub(super) fn segment(&self) -> Option<u64> {
        match self {
            Self::Committed { segment, .. } => Some(*segment),
            Self::Moved { moved, .. } => Some(moved.segment),
            Self::Nothing { .. } => None,
        }
    }
}

impl Pieces {
    /// Offsets that were committed in `segment`; they come in order.
    pub(super) fn commit(&mut self, segment: u64, offsets: Range<u64>) {
        if offsets.is_empty() {
            return;
        }
        match self.extents.last_mut() {
            Some(last) if last.segment == segment && last.offsets.end == offsets.start => {
                last.offsets.end = offsets.end;
            }
            _ => self.extents.push(Extent { offsets, segment }),
        }
    }

    /// The records from `first` on now lie in a carried frame; the newest one counts.
    pub(super) fn carry(&mut self, first: u64, moved: Moved) {
        let offsets = first..moved.end;
        if offsets.is_empty() {
            return;
        }
        let reaching = self.moved.range(..offsets.end).rev();
        let overlapped: Vec<u64> =
            reaching.map_while(|(&start, m)| (m.end > offsets.start).then_some(start)).collect();
        for start in overlapped {
            let Some(old) = self.moved.remove(&start) else { continue };
            if start < offsets.start {
                self.moved.insert(start, Moved { end: offsets.start, ..old });
            }
            if old.end > offsets.end {
                self.moved.insert(offsets.end, old);
            }
        }
        self.moved.insert(first, moved);
    }

    /// What lies at `offset`. Where nothing does, the piece reaches to the next that is there, or to `u64::MAX`.
    pub(super) fn at(&self, offset: u64) -> Piece {
        if let Some((_, &moved)) = self.moved.range(..=offset).next_back().filter(|(_, m)| m.end > offset) {
            return Piece::Moved { offsets: offset..moved.end, moved };
        }
        let next_moved = self.moved.range(offset..).next().map_or(u64::MAX, |(&start, _)| start);
        let after = self.extents.partition_point(|extent| extent.offsets.end <= offset);
        match self.extents.get(after) {
            Some(extent) if extent.offsets.start <= offset => Piece::Committed {
                offsets: offset..extent.offsets.end.min(next_moved),
                segment: extent.segment,
            },
            Some(extent) => Piece::Nothing { offsets: offset..extent.offsets.start.min(next_moved) },
            None => Piece::Nothing { offsets: offset..next_moved },
        }
    }

    /// The pieces in order that hold something and touch `offsets`, cut to them.
    pub(super) fn within(&self, offsets: Range<u64>) -> impl Iterator<Item = Piece> + '_ {
        let mut from = offsets.start;
        std::iter::from_fn(move || {
            while from < offsets.end {
                let mut piece = self.at(from);
                from = piece.offsets().end;
                match &mut piece {
                    Piece::Nothing { .. } => continue,
                    Piece::Committed { offsets: own, .. } | Piece::Moved { offsets: own, .. } => {
                        own.end = own.end.min(offsets.end);
                    }
                }
                return Some(piece);
            }
            None
        })
    }

    /// The pieces that lie in `segment`.
    pub(super) fn in_segment(&self, segment: u64) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = self
            .extents_in(segment)
            .flat_map(|extent| self.within(extent.offsets.clone()))
            .filter(|piece| matches!(piece, Piece::Committed { segment: own, .. } if *own == segment))
            .collect();
        let moved = self.moved_in(segment).into_iter();
        pieces.extend(moved.map(|(start, moved)| Piece::Moved { offsets: start..moved.end, moved }));
        pieces
    }

    /// The records that were moved into `segment`, each range with its first offset.
    pub(super) fn moved_in(&self, segment: u64) -> Vec<(u64, Moved)> {
        let moved = self.moved.iter().filter(|(_, moved)| moved.segment == segment);
        moved.map(|(&start, &moved)| (start, moved)).collect()
    }

    /// What was committed in `segment`, wherever it counts now.
    pub(super) fn extents_in(&self, segment: u64) -> impl Iterator<Item = &Extent> {
        let from = self.extents.partition_point(|extent| extent.segment < segment);
        self.extents.iter().skip(from).take_while(move |extent| extent.segment == segment)
    }

    pub(super) fn extents(&self) -> impl DoubleEndedIterator<Item = &Extent> {
        self.extents.iter()
    }

    /// The first offset of which something is there.
    pub(super) fn first(&self) -> Option<u64> {
        let moved = self.moved.first_key_value().map(|(&start, _)| start);
        let committed = self.extents.first().map(|extent| extent.offsets.start);
        moved.into_iter().chain(committed).min()
    }

    /// The segment is gone.
    pub(super) fn remove_segment(&mut self, segment: u64) {
        self.extents.retain(|extent| extent.segment != segment);
        self.moved.retain(|_, moved| moved.segment != segment);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A map from offset to where it is, overwritten by whoever comes later, shows the same.
        #[test]
        fn the_newest_place_of_an_offset_counts(
            extents in prop::collection::vec((0_u64..3, 1_u64..9), 1..8),
            moves in prop::collection::vec((0_u64..70, 1_u64..15), 0..12),
            gone in 0_u64..12,
        ) {
            let mut pieces = Pieces::default();
            let mut model: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
            let mut below: BTreeMap<u64, u64> = BTreeMap::new();
            let mut offset = 0;
            for (segment, (gap, len)) in extents.iter().enumerate() {
                let segment = segment as u64 / 2;
                offset += gap;
                pieces.commit(segment, offset..offset + len);
                below.extend((offset..offset + len).map(|o| (o, segment)));
                offset += len;
            }
            for (number, (start, len)) in moves.iter().enumerate() {
                let (segment, at) = (6 + number as u64 / 2, 100 + number as u64);
                pieces.carry(*start, Moved { end: start + len, segment, at, len: 1, time_max: 0 });
                model.extend((*start..start + len).map(|o| (o, (segment, at))));
            }
            pieces.remove_segment(gone);
            model.retain(|_, place| place.0 != gone);
            below.retain(|_, segment| *segment != gone);
            let mut counted: BTreeMap<u64, usize> = BTreeMap::new();
            for offset in 0..100 {
                let piece = pieces.at(offset);
                prop_assert!(piece.offsets().contains(&offset));
                let expected = model.get(&offset).copied().or_else(|| below.get(&offset).map(|s| (*s, 0)));
                let found = match piece {
                    Piece::Committed { segment, .. } => Some((segment, 0)),
                    Piece::Moved { moved, .. } => Some((moved.segment, moved.at)),
                    Piece::Nothing { .. } => None,
                };
                prop_assert_eq!(found, expected, "offset {}", offset);
                *counted.entry(found.map_or(99, |(segment, _)| segment)).or_default() += 1;
            }
            for segment in 0..12 {
                let covered: u64 = pieces.in_segment(segment).iter().map(|p| p.offsets().end - p.offsets().start).sum();
                prop_assert_eq!(covered, counted.get(&segment).copied().unwrap_or(0) as u64);
            }
            let lowest = model.keys().chain(below.keys()).min().copied();
            prop_assert_eq!(pieces.first(), lowest);
        }
    }
}

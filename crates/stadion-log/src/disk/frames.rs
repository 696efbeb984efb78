//! Where one stream's frames are in one segment: some bytes a frame, searched by offset, position or time.
//!
//! Frames stand in blocks of [`BLOCK_FRAMES`]; a block's first values are kept as they are, what follows as
//! differences. The same bytes serve in memory, while the segment grows, and in the file once it is sealed.

use super::codec::{Decoder, distance, put_varint, put_zigzag};

/// So many entries are decoded to find one; more would be slower, fewer would cost memory.
const BLOCK_FRAMES: u32 = 64;

/// What of a stream's hidden state a frame brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Brings {
    #[default]
    Nothing,
    Delta,
    Full,
    /// A chain frame: a snapshot and what came after it.
    Chain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameRef {
    /// The first record's offset; for a frame without records the stream's head.
    pub(super) first: u64,
    pub(super) records: u32,
    pub(super) time_ms: u64,
    pub(super) at: u64,
    /// Header and body.
    pub(super) len: u64,
    pub(super) brings: Brings,
}

impl FrameRef {
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.records))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameIndex {
    blocks: Vec<Block>,
    entries: Vec<u8>,
    /// How many frames are in the last block.
    in_block: u32,
    /// The last frame's values, from which the next one's are differences.
    base: Base,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    base: Base,
    /// The latest time in it.
    time_max: u64,
    /// Where its entries begin.
    byte: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Base {
    offset: u64,
    time_ms: u64,
    at: u64,
}

impl FrameIndex {
    /// Frames come in the order of their positions.
    pub(super) fn push(&mut self, frame: &FrameRef) {
        if self.in_block == BLOCK_FRAMES || self.blocks.is_empty() {
            self.base = Base { offset: frame.first, time_ms: frame.time_ms, at: frame.at };
            let byte = self.entries.len();
            self.blocks.push(Block { base: self.base, time_max: frame.time_ms, byte });
            self.in_block = 0;
        }
        if let Some(block) = self.blocks.last_mut() {
            block.time_max = block.time_max.max(frame.time_ms);
        }
        self.in_block += 1;
        let brings = match frame.brings {
            Brings::Nothing => 0,
            Brings::Delta => 1,
            Brings::Full => 2,
            Brings::Chain => 3,
        };
        put_varint(&mut self.entries, (frame.first.saturating_sub(self.base.offset) << 2) | brings);
        put_varint(&mut self.entries, u64::from(frame.records));
        put_zigzag(&mut self.entries, distance(self.base.time_ms, frame.time_ms));
        put_varint(&mut self.entries, frame.at.saturating_sub(self.base.at));
        put_varint(&mut self.entries, frame.len);
        self.base = Base { offset: frame.end(), time_ms: frame.time_ms, at: frame.at + frame.len };
    }

    /// Bytes of memory, for who keeps many.
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() + self.blocks.capacity() * size_of::<Block>() + size_of::<Self>()
    }

    /// The frames from the one that holds `offset`, or the next one behind it.
    pub(super) fn since_offset(&self, offset: u64) -> impl Iterator<Item = FrameRef> + '_ {
        let after = self.blocks.partition_point(|block| block.base.offset <= offset);
        self.blocks_from(after.saturating_sub(1)).skip_while(move |frame| frame.end() <= offset)
    }

    /// The frames from position `at` on.
    pub(super) fn since_position(&self, at: u64) -> impl Iterator<Item = FrameRef> + '_ {
        let after = self.blocks.partition_point(|block| block.base.at <= at);
        self.blocks_from(after.saturating_sub(1)).skip_while(move |frame| frame.at < at)
    }

    /// The first frame with records at or after `offset` whose time is not before `time_ms`.
    pub(super) fn at_time(&self, offset: u64, time_ms: u64) -> Option<FrameRef> {
        let after = self.blocks.partition_point(|block| block.base.offset <= offset);
        let from = after.saturating_sub(1);
        let blocks = self.blocks.iter().enumerate().skip(from);
        blocks
            .filter(|(_, block)| block.time_max >= time_ms)
            .flat_map(|(number, _)| self.block(number))
            .find(|frame| frame.end() > offset && frame.records > 0 && frame.time_ms >= time_ms)
    }

    fn blocks_from(&self, from: usize) -> impl Iterator<Item = FrameRef> + '_ {
        (from..self.blocks.len()).flat_map(|number| self.block(number))
    }

    fn block(&self, number: usize) -> Entries<'_> {
        let Some(block) = self.blocks.get(number) else {
            return Entries { decoder: Decoder::new(&[]), base: Base::default() };
        };
        let end = self.blocks.get(number + 1).map_or(self.entries.len(), |next| next.byte);
        let entries = self.entries.get(block.byte..end).unwrap_or_default();
        Entries { decoder: Decoder::new(entries), base: block.base }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.blocks.len() as u64);
        for block in &self.blocks {
            put_varint(out, block.base.offset);
            put_varint(out, block.base.time_ms);
            put_varint(out, block.base.at);
            put_varint(out, block.time_max);
            put_varint(out, block.byte as u64);
        }
        out.extend_from_slice(&self.entries);
    }

    /// What was encoded, to be searched; nothing is pushed to it any more.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let count = decoder.varint_len()?;
        let mut blocks = Vec::with_capacity(count.min(bytes.len()));
        for _ in 0..count {
            let base = Base { offset: decoder.varint()?, time_ms: decoder.varint()?, at: decoder.varint()? };
            blocks.push(Block { base, time_max: decoder.varint()?, byte: decoder.varint_len()? });
        }
        let entries = decoder.rest().to_vec();
        Some(Self { blocks, entries, in_block: BLOCK_FRAMES, base: Base::default() })
    }
}

struct Entries<'a> {
    decoder: Decoder<'a>,
    base: Base,
}

impl Iterator for Entries<'_> {
    type Item = FrameRef;

    fn next(&mut self) -> Option<FrameRef> {
        let gap = self.decoder.varint()?;
        let frame = FrameRef {
            first: self.base.offset.saturating_add(gap >> 2),
            records: u32::try_from(self.decoder.varint()?).ok()?,
            time_ms: self.base.time_ms.wrapping_add_signed(self.decoder.zigzag()?),
            at: self.base.at.saturating_add(self.decoder.varint()?),
            len: self.decoder.varint()?,
            brings: match gap & 3 {
                0 => Brings::Nothing,
                1 => Brings::Delta,
                2 => Brings::Full,
                _ => Brings::Chain,
            },
        };
        self.base =
            Base { offset: frame.end(), time_ms: frame.time_ms, at: frame.at.saturating_add(frame.len) };
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = Vec<FrameRef>> {
        let one = (0_u64..5, 0_u32..4, -50_i64..50, 0_u64..300, 48_u64..500, 0_usize..4);
        prop::collection::vec(one, 0..400).prop_map(|parts| {
            let (mut offset, mut time, mut at) = (1000_u64, 1_000_000_u64, 64_u64);
            parts
                .into_iter()
                .map(|(gap, records, later, other, len, brings)| {
                    let gap = if gap == 4 { 3 } else { 0 };
                    time = time.saturating_add_signed(later);
                    let brings = [Brings::Nothing, Brings::Delta, Brings::Full, Brings::Chain][brings];
                    let first = offset + gap;
                    let frame = FrameRef { first, records, time_ms: time, at: at + other, len, brings };
                    offset = frame.end();
                    at = frame.at + len;
                    frame
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn it_finds_what_a_list_finds(frames in frames(), offset in 900_u64..1900, at in 0_u64..200_000, later in -2000_i64..2000) {
            let mut index = FrameIndex::default();
            frames.iter().for_each(|frame| index.push(frame));
            let mut bytes = Vec::new();
            index.encode(&mut bytes);
            let time = 1_000_000_u64.saturating_add_signed(later);
            for index in [&index, &FrameIndex::decode(&bytes).unwrap()] {
                let found: Vec<_> = index.since_offset(offset).collect();
                let behind: Vec<_> = frames.iter().copied().skip_while(|frame| frame.end() <= offset).collect();
                // Frames without records at the very offset may or may not be among them.
                let records = |list: &[FrameRef]| list.iter().copied().filter(|f| f.records > 0).collect::<Vec<_>>();
                prop_assert_eq!(records(&found), records(&behind));
                let found: Vec<_> = index.since_position(at).collect();
                let behind: Vec<_> = frames.iter().copied().filter(|frame| frame.at >= at).collect();
                prop_assert_eq!(found, behind);
                let later = frames.iter().copied().find(|f| f.end() > offset && f.records > 0 && f.time_ms >= time);
                prop_assert_eq!(index.at_time(offset, time), later);
            }
        }
    }
}

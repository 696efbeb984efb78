//! From a time, or from a number of bytes, to an offset.

use super::commit::StreamId;
use super::frames::FrameIndex;
use super::pieces::Piece;
use super::read::{ReadError, Step, failed, place, read_moved};
use super::shared::Shared;
use super::state::{Frames, Life, State};

impl Shared {
    /// The first offset not before `from` whose record's time is not before `time_ms`; the head, if there is none.
    pub(super) fn offset_at_time(
        &self,
        StreamId(stream): StreamId,
        from: u64,
        time_ms: u64,
    ) -> Result<u64, ReadError> {
        let mut from = from.max(self.life(stream, |life| life.first)?);
        loop {
            let step = {
                let state = self.state();
                let life = state.streams.get(&stream).ok_or(ReadError::NoStream)?;
                let mut pieces = life.pieces.within(from..life.head);
                let Some(piece) = pieces.find(|piece| reaches(&state, stream, piece, time_ms)) else {
                    return Ok(life.head);
                };
                from = piece.offsets().start;
                place(&state, stream, piece, |index, offsets| {
                    index.at_time(offsets.start, time_ms).into_iter().collect()
                })
            };
            // The offset, or where to go on from.
            let within = |first: u64, end: u64| if first < end { Ok(first.max(from)) } else { Err(end) };
            let found = match step {
                Some(Step::Frames { frames, end, .. }) => {
                    frames.first().map_or(Err(end), |frame| within(frame.first, end))
                }
                Some(Step::Index { file, place, end }) => {
                    let index = self.index(&file, stream, place).map_err(|source| failed(&file, source))?;
                    index.at_time(from, time_ms).map_or(Err(end), |frame| within(frame.first, end))
                }
                Some(Step::Moved { file, moved, end }) => {
                    let mut found = None;
                    read_moved(&file, moved, from..end, &mut |record| {
                        if record.time_ms >= time_ms {
                            found.get_or_insert(record.offset);
                        }
                    })?;
                    found.ok_or(end)
                }
                Some(Step::Nothing(end)) => Err(end),
                None => return Err(ReadError::NoStream),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(end) => from = end,
            }
        }
    }

    /// The offset from which on the stream's records take at most `bytes_max` of the files.
    pub(super) fn offset_of_bytes(
        &self,
        StreamId(stream): StreamId,
        bytes_max: u64,
    ) -> Result<u64, ReadError> {
        let (file, at, first, excess) = {
            let state = self.state();
            let life = state.streams.get(&stream).ok_or(ReadError::NoStream)?;
            let mut sum = 0;
            let over = segments(&state, stream, life).rev().find_map(|(number, bytes)| {
                sum += bytes;
                sum.checked_sub(bytes_max).filter(|excess| *excess > 0).map(|excess| (number, excess))
            });
            let Some((number, excess)) = over else { return Ok(life.first) };
            let Some(segment) = state.segments.get(&number) else { return Ok(life.first) };
            match segment.touched.get(&stream).map(|touch| &touch.frames) {
                Some(&Frames::There { at, len, crc }) => {
                    (segment.file.clone(), (at, len, crc), life.first, excess)
                }
                Some(Frames::Here(index)) => return Ok(behind(index, excess).max(life.first)),
                None => return Ok(life.first),
            }
        };
        let index = self.index(&file, stream, at).map_err(|source| failed(&file, source))?;
        Ok(behind(&index, excess).max(first))
    }

    /// Bytes that the stream's records take of the files.
    pub(super) fn bytes_of(&self, state: &State, stream: u64, life: &Life) -> u64 {
        segments(state, stream, life).map(|(_, bytes)| bytes).sum()
    }
}

/// The segments that hold what was committed to a stream, in order, each with the bytes that takes.
fn segments<'a>(
    state: &'a State,
    stream: u64,
    life: &'a Life,
) -> impl DoubleEndedIterator<Item = (u64, u64)> + 'a {
    let mut numbers: Vec<u64> = life.pieces.extents().map(|extent| extent.segment).collect();
    numbers.dedup();
    numbers.into_iter().filter_map(move |number| {
        let touch = state.segments.get(&number)?.touched.get(&stream)?;
        Some((number, touch.bytes))
    })
}

/// The offset behind the first frames that hold `excess` bytes.
fn behind(index: &FrameIndex, excess: u64) -> u64 {
    let mut sum = 0;
    let mut offset = 0;
    for frame in index.since_offset(0).filter(|frame| frame.records > 0) {
        if sum >= excess {
            return frame.first;
        }
        sum += frame.len;
        offset = frame.end();
    }
    offset
}

/// Whether a piece may hold a record of that time or later.
fn reaches(state: &State, stream: u64, piece: &Piece, time_ms: u64) -> bool {
    let time_max = match piece {
        Piece::Moved { moved, .. } => Some(moved.time_max),
        Piece::Committed { segment, .. } => {
            let touch = state.segments.get(segment).and_then(|segment| segment.touched.get(&stream));
            touch.map(|touch| touch.time_max)
        }
        Piece::Nothing { .. } => None,
    };
    time_max.is_some_and(|time_max| time_max >= time_ms)
}

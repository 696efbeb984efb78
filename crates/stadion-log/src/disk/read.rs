//! Reading: where a record is, is looked up under the lock; the files are read outside of it.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::body;
use super::commit::StreamId;
use super::format::Kind;
use super::frames::{FrameIndex, FrameRef};
use super::notice::Damage;
use super::pieces::{Moved, Piece};
use super::segment::{SegmentFile, parse_frame};
use super::shared::Shared;
use super::state::{Frames, Life, State};
use crate::Record;

/// Why records could not be read. What is not named is readable.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the log has no such stream")]
    NoStream,
    #[error("offsets {from} to {to} were asked for; the stream ends at {head}")]
    PastHead { from: u64, to: u64, head: u64 },
    /// The records at `offsets` are lost, and no others.
    #[error("the records at offsets {} to {} are damaged: {damage}", offsets.start, offsets.end)]
    Damaged { offsets: Range<u64>, damage: Damage },
    /// The records at `offsets` are in no file: what held them is damaged, or was taken away.
    #[error("the records at offsets {} to {} are missing from the log's files", offsets.start, offsets.end)]
    Missing { offsets: Range<u64> },
    #[error("{} cannot be read: {source}", file.display())]
    Io { file: PathBuf, source: io::Error },
}

impl ReadError {
    /// The offset from which reading can go on, where records before it are lost.
    pub fn resume_at(&self) -> Option<u64> {
        match self {
            Self::Damaged { offsets, .. } | Self::Missing { offsets } => Some(offsets.end),
            Self::NoStream | Self::PastHead { .. } | Self::Io { .. } => None,
        }
    }
}

/// A span of one read from a file, at most; and the gap between two frames that is read along rather than skipped.
const SPAN_BYTES: u64 = 1 << 20;
const SPAN_GAP: u64 = 4 << 10;

/// Where the next records of a read are.
pub(super) enum Step {
    /// Up to this offset nothing is kept.
    Nothing(u64),
    Frames {
        file: Arc<SegmentFile>,
        frames: Vec<FrameRef>,
        end: u64,
    },
    Index {
        file: Arc<SegmentFile>,
        place: (u64, u64, u32),
        end: u64,
    },
    Moved {
        file: Arc<SegmentFile>,
        moved: Moved,
        end: u64,
    },
}

/// What has been shown so far.
struct Shown<'a> {
    next: u64,
    end: u64,
    bytes_left: usize,
    show: &'a mut dyn FnMut(Record<'_>),
}

impl Shown<'_> {
    fn full(&self) -> bool {
        self.bytes_left == 0
    }

    fn record(&mut self, record: Record<'_>) {
        if record.offset >= self.next && record.offset < self.end && !self.full() {
            self.next = record.offset + 1;
            // A record without bytes counts too, so that a read always ends.
            self.bytes_left = self.bytes_left.saturating_sub(record.bytes.len().max(1));
            (self.show)(record);
        }
    }
}

impl Shared {
    /// Shows records of `offsets` in order, until `bytes_max` of them were shown (always one, if there is one).
    /// Returns the offset to go on from.
    pub(super) fn read(
        &self,
        StreamId(stream): StreamId,
        offsets: Range<u64>,
        bytes_max: usize,
        show: &mut dyn FnMut(Record<'_>),
    ) -> Result<u64, ReadError> {
        let mut shown = Shown { next: offsets.start, end: offsets.end, bytes_left: bytes_max.max(1), show };
        while shown.next < shown.end && !shown.full() {
            let step = find(&self.state(), stream, &shown, offsets.start)?;
            match step {
                Step::Nothing(until) => shown.next = until.min(shown.end),
                Step::Moved { file, moved, end } => {
                    read_moved(&file, moved, shown.next..end, &mut |record| shown.record(record))?;
                    if !shown.full() {
                        shown.next = shown.next.max(end);
                    }
                }
                Step::Frames { file, frames, end } => read_frames(&file, &frames, end, &mut shown)?,
                Step::Index { file, place, end } => {
                    let index = self.index(&file, stream, place).map_err(|source| failed(&file, source))?;
                    let frames = enough(index.since_offset(shown.next), end, shown.bytes_left);
                    read_frames(&file, &frames, end, &mut shown)?;
                }
            }
        }
        Ok(shown.next)
    }

    pub(super) fn life<T>(&self, stream: u64, ask: impl FnOnce(&Life) -> T) -> Result<T, ReadError> {
        self.state().streams.get(&stream).map(ask).ok_or(ReadError::NoStream)
    }
}

fn find(state: &State, stream: u64, shown: &Shown<'_>, from: u64) -> Result<Step, ReadError> {
    let life = state.streams.get(&stream).ok_or(ReadError::NoStream)?;
    if shown.end > life.head {
        return Err(ReadError::PastHead { from, to: shown.end, head: life.head });
    }
    let mut piece = life.pieces.at(shown.next);
    match &mut piece {
        Piece::Nothing { offsets } if offsets.start < life.first => {
            return Ok(Step::Nothing(offsets.end.min(life.first)));
        }
        Piece::Nothing { offsets } => {
            return Err(ReadError::Missing { offsets: offsets.start..offsets.end.min(shown.end) });
        }
        Piece::Committed { offsets, .. } | Piece::Moved { offsets, .. } => {
            offsets.end = offsets.end.min(shown.end);
        }
    }
    let offsets = piece.offsets().clone();
    let found = place(state, stream, piece, |index, offsets| {
        enough(index.since_offset(offsets.start), offsets.end, shown.bytes_left)
    });
    found.ok_or(ReadError::Missing { offsets })
}

/// Where a piece's frames are; `pick` takes them from the index, where that is in memory.
pub(super) fn place(
    state: &State,
    stream: u64,
    piece: Piece,
    pick: impl FnOnce(&FrameIndex, &Range<u64>) -> Vec<FrameRef>,
) -> Option<Step> {
    let segment = state.segments.get(&piece.segment()?)?;
    let file = Arc::clone(&segment.file);
    Some(match piece {
        Piece::Nothing { offsets } => Step::Nothing(offsets.end),
        Piece::Moved { offsets, moved } => Step::Moved { file, moved, end: offsets.end },
        Piece::Committed { offsets, .. } => match segment.touched.get(&stream)?.frames {
            Frames::There { at, len, crc } => Step::Index { file, place: (at, len, crc), end: offsets.end },
            Frames::Here(ref index) => Step::Frames { file, frames: pick(index, &offsets), end: offsets.end },
        },
    })
}

/// The frames up to `end`, until they hold `bytes_left`.
fn enough(frames: impl Iterator<Item = FrameRef>, end: u64, bytes_left: usize) -> Vec<FrameRef> {
    let mut sum = 0_usize;
    frames
        .filter(|frame| frame.records > 0)
        .take_while(|frame| {
            let more = sum < bytes_left && frame.first < end;
            sum = sum.saturating_add(usize::try_from(frame.len).unwrap_or(usize::MAX));
            more
        })
        .collect()
}

fn read_frames(
    file: &SegmentFile,
    frames: &[FrameRef],
    end: u64,
    shown: &mut Shown<'_>,
) -> Result<(), ReadError> {
    if frames.is_empty() {
        let offsets = shown.next..end.max(shown.next + 1);
        return Err(ReadError::Missing { offsets });
    }
    each_frame(file, frames, |frame, bytes| {
        if shown.full() {
            return Ok(());
        }
        if frame.first > shown.next {
            return Err(ReadError::Missing { offsets: shown.next..frame.first.min(shown.end) });
        }
        let from = shown.next;
        let whole =
            bytes.and_then(|bytes| parse_frame(bytes, file.salt, frame.at)).and_then(|(header, body)| {
                let fits = header.kind == Kind::Commit
                    && header.offset == frame.first
                    && header.end() == frame.end();
                fits.then(|| body::show_commit(&header, body, &mut |record| shown.record(record)))?
            });
        match whole {
            Some(()) => Ok(()),
            None => Err(damaged(file, frame, from..frame.end().min(shown.end))),
        }
    })
}

/// Reads frames, those that lie together at once, and hands out each one's bytes; `None` where the file is too short.
pub(super) fn each_frame(
    file: &SegmentFile,
    frames: &[FrameRef],
    mut take: impl FnMut(&FrameRef, Option<&[u8]>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let together = |one: &FrameRef, next: &FrameRef| next.at <= one.at + one.len + SPAN_GAP;
    for span in frames.chunk_by(together) {
        let mut rest = span;
        while let Some(first) = rest.first() {
            let within = rest.partition_point(|frame| frame.at + frame.len <= first.at + SPAN_BYTES).max(1);
            let (now, later) = rest.split_at_checked(within).unwrap_or((rest, &[]));
            rest = later;
            let end = now.last().map_or(first.at, |last| last.at + last.len);
            let bytes = match file.read(first.at, end - first.at) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
                Err(error) => return Err(failed(file, error)),
            };
            for frame in now {
                let skip = usize::try_from(frame.at - first.at).unwrap_or(usize::MAX);
                let len = usize::try_from(frame.len).unwrap_or(usize::MAX);
                let own = bytes.as_deref().and_then(|bytes| bytes.get(skip..skip.checked_add(len)?));
                take(frame, own)?;
            }
        }
    }
    Ok(())
}

/// Shows the records of a carried frame that lie in `offsets`.
pub(super) fn read_moved(
    file: &SegmentFile,
    moved: Moved,
    offsets: Range<u64>,
    show: &mut dyn FnMut(Record<'_>),
) -> Result<(), ReadError> {
    let bytes = match file.read(moved.at, moved.len) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(failed(file, error)),
    };
    let whole = bytes.as_deref().and_then(|bytes| parse_frame(bytes, file.salt, moved.at));
    let shown = whole.filter(|(header, _)| header.kind == Kind::Carried).and_then(|(header, body)| {
        body::show_carried(&header, body, &mut |record| {
            if offsets.contains(&record.offset) {
                show(record);
            }
        })
    });
    let damage = || Damage {
        file: file.path.clone(),
        at: moved.at..moved.at + moved.len,
        what: "records that were moved",
    };
    shown.ok_or_else(|| ReadError::Damaged { offsets: offsets.clone(), damage: damage() })
}

pub(super) fn damaged(file: &SegmentFile, frame: &FrameRef, offsets: Range<u64>) -> ReadError {
    let damage = Damage { file: file.path.clone(), at: frame.at..frame.at + frame.len, what: "a commit" };
    ReadError::Damaged { offsets, damage }
}

pub(super) fn failed(file: &SegmentFile, source: io::Error) -> ReadError {
    ReadError::Io { file: file.path.clone(), source }
}

//! A stream's hidden state, as it was committed: the latest snapshot and the changes since then.

use std::sync::Arc;

use super::body::{self, Step};
use super::commit::StreamId;
use super::format::Kind;
use super::frames::{Brings, FrameIndex, FrameRef};
use super::read::{ReadError, damaged, each_frame, failed};
use super::segment::{SegmentFile, parse_frame};
use super::shared::Shared;
use super::state::Frames;

/// What restores a stream's hidden state, each part with the stream's head once it was committed: it stands for all
/// events below that offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HiddenState {
    /// The latest [`Hidden::Full`](super::Hidden::Full), if there ever was one.
    pub full: Option<(u64, Vec<u8>)>,
    /// Each [`Hidden::Delta`](super::Hidden::Delta) since then, in order.
    pub deltas: Vec<(u64, Vec<u8>)>,
}

impl HiddenState {
    fn take(&mut self, full: bool, offset: u64, bytes: Vec<u8>) {
        if full {
            self.full = Some((offset, bytes));
            self.deltas.clear();
        } else {
            self.deltas.push((offset, bytes));
        }
    }

    /// As it is moved to another segment.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let step = |full| move |(offset, bytes)| Step { full, offset, bytes };
        self.full.into_iter().map(step(true)).chain(self.deltas.into_iter().map(step(false))).collect()
    }
}

enum Place {
    Here(Vec<FrameRef>),
    There(u64, u64, u32),
}

impl Shared {
    /// The hidden state, and the version of it that was read.
    pub(super) fn hidden(&self, StreamId(stream): StreamId) -> Result<(HiddenState, u64), ReadError> {
        let (places, from, version) = {
            let state = self.state();
            let life = state.streams.get(&stream).ok_or(ReadError::NoStream)?;
            let from = life.hidden.full.unwrap_or_default();
            let mut places: Vec<(Arc<SegmentFile>, Place)> = Vec::new();
            for (&number, segment) in state.segments.range(from.0..) {
                let touch = segment.touched.get(&stream).filter(|touch| touch.hidden_bytes > 0);
                let Some(touch) = touch else { continue };
                let place = match &touch.frames {
                    Frames::Here(index) => Place::Here(bringing(index, start(from, number))),
                    Frames::There { at, len, crc } => Place::There(*at, *len, *crc),
                };
                places.push((Arc::clone(&segment.file), place));
            }
            (places, from, life.hidden.version)
        };
        let mut hidden = HiddenState::default();
        for (file, place) in places {
            let frames = match place {
                Place::Here(frames) => frames,
                Place::There(at, len, crc) => {
                    let index = self.index(&file, stream, (at, len, crc)).map_err(|e| failed(&file, e))?;
                    bringing(&index, start(from, file.number))
                }
            };
            each_frame(&file, &frames, |frame, bytes| {
                let read = bytes.and_then(|bytes| take(&mut hidden, bytes, file.salt, frame));
                read.ok_or_else(|| damaged(&file, frame, frame.first..frame.end()))
            })?;
        }
        Ok((hidden, version))
    }
}

/// Where to begin in a segment: at the snapshot, in those behind it at the beginning.
fn start((segment, at): (u64, u64), number: u64) -> u64 {
    if segment == number { at } else { 0 }
}

fn bringing(index: &FrameIndex, from: u64) -> Vec<FrameRef> {
    index.since_position(from).filter(|frame| frame.brings != Brings::Nothing).collect()
}

fn take(hidden: &mut HiddenState, bytes: &[u8], salt: u32, frame: &FrameRef) -> Option<()> {
    let (header, body) = parse_frame(bytes, salt, frame.at)?;
    if header.kind == Kind::Chain {
        for step in body::chain(&header, body)? {
            hidden.take(step.full, step.offset, step.bytes);
        }
        return Some(());
    }
    let own = body.get(..usize::try_from(header.hidden_len).ok()?)?;
    hidden.take(frame.brings == Brings::Full, header.end(), own.to_vec());
    Some(())
}

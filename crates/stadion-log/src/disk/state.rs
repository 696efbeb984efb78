//! What the log knows in memory: its streams and segments. Recovery and the writer change it the same way, a frame
//! at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use stadion_core::{Epoch, StreamName};

use super::body::{self, Declared};
use super::codec::Decoder;
use super::format::{FLAG_DELTA, FLAG_FULL, FRAME_HEADER_LEN, FrameHeader, Kind};
use super::frames::{Brings, FrameIndex, FrameRef};
use super::numbers::ByNumber;
use super::pieces::{Moved, Pieces};
use super::segment::SegmentFile;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) streams: ByNumber<Life>,
    /// Each name's lives, by their numbers.
    pub(super) names: BTreeSet<(StreamName, u64)>,
    pub(super) segments: BTreeMap<u64, Segment>,
    /// Deleted streams of which a segment may still hold something, and the segment that says they are deleted.
    pub(super) deleted: BTreeMap<u64, u64>,
    pub(super) next_stream: u64,
}

/// One life of a stream, from its first append to its deletion.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) name: StreamName,
    pub(super) epoch: Epoch,
    pub(super) ended: bool,
    /// Below it only what is to be kept counts.
    pub(super) first: u64,
    pub(super) head: u64,
    /// Offsets below `first` that stay; `None` until the owner has said which, and until then all stay.
    pub(super) keep: Option<Vec<Range<u64>>>,
    pub(super) pieces: Pieces,
    /// The newest segment that declares it; `None` while nothing of it is written.
    pub(super) declared_in: Option<u64>,
    pub(super) hidden: HiddenAt,
}

/// Where a stream's hidden state is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HiddenAt {
    /// The latest frame with the whole of it.
    pub(super) full: Option<(u64, u64)>,
    /// Changes since then.
    pub(super) deltas: u64,
    /// Counts every change of these two, so that who read it can tell whether it moved on.
    pub(super) version: u64,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<SegmentFile>,
    /// The bytes that count.
    pub(super) len: u64,
    /// Its index is at its end, and nothing is appended to it any more.
    pub(super) sealed: bool,
    pub(super) touched: ByNumber<Touch>,
}

/// What one segment holds of one stream.
#[derive(Debug, Default)]
pub(super) struct Touch {
    pub(super) frames: Frames,
    /// Bytes of the frames with records.
    pub(super) bytes: u64,
    pub(super) time_max: u64,
    /// Bytes of hidden state in it, without what a later snapshot in it replaces; 0 if no frame brings any.
    pub(super) hidden_bytes: u64,
}

#[derive(Debug)]
pub(super) enum Frames {
    Here(FrameIndex),
    /// In the segment's file.
    There {
        at: u64,
        len: u64,
        crc: u32,
    },
}

impl Default for Frames {
    fn default() -> Self {
        Self::Here(FrameIndex::default())
    }
}

impl Life {
    pub(super) fn new(name: StreamName, epoch: Epoch) -> Self {
        Self {
            name,
            epoch,
            ended: false,
            first: 0,
            head: 0,
            keep: Some(Vec::new()),
            pieces: Pieces::default(),
            declared_in: None,
            hidden: HiddenAt::default(),
        }
    }

    pub(super) fn declaration(&self) -> Declared {
        Declared { name: self.name.clone(), epoch: self.epoch, first: self.first, ended: self.ended }
    }

    /// The parts of `offsets` that must stay.
    pub(super) fn living(&self, offsets: &Range<u64>) -> Vec<Range<u64>> {
        let Some(keep) = &self.keep else {
            return vec![offsets.clone()];
        };
        let from = keep.partition_point(|kept| kept.end <= offsets.start);
        let kept = keep.iter().skip(from).take_while(|kept| kept.start < offsets.end);
        let below = kept.map(|kept| kept.start.max(offsets.start)..kept.end.min(offsets.end).min(self.first));
        let above = offsets.start.max(self.first)..offsets.end;
        below.chain([above]).filter(|part| !part.is_empty()).collect()
    }

    /// Takes the stream's beginning to `before`; a beginning never goes back.
    pub(super) fn trim(&mut self, before: u64) {
        self.first = self.first.max(before.min(self.head));
    }
}

impl State {
    /// Takes in a frame that is durable. `body` is `None` where it is damaged. An error says what does not fit.
    pub(super) fn apply(
        &mut self,
        number: u64,
        header: &FrameHeader,
        at: u64,
        body: Option<&[u8]>,
    ) -> Result<(), &'static str> {
        let stream = header.stream;
        self.next_stream = self.next_stream.max(stream.saturating_add(1));
        let Some(segment) = self.segments.get_mut(&number) else {
            return Err("it belongs to a segment that is not there");
        };
        segment.len = segment.len.max(at + header.frame_len());
        if header.kind == Kind::Delete {
            self.delete(number, stream);
            return Ok(());
        }
        if self.deleted.contains_key(&stream) {
            return Ok(());
        }
        if header.kind == Kind::Declare {
            let declared = body.and_then(|body| Declared::decode(&mut Decoder::new(body)));
            let declared = declared.ok_or("a stream's declaration is damaged")?;
            segment.touched.entry(stream).or_default();
            self.declare(number, stream, declared, header.offset);
            return Ok(());
        }
        let Some(life) = self.streams.get_mut(&stream) else {
            return Err("it belongs to a stream whose declaration is lost");
        };
        let touch = segment.touched.entry(stream).or_default();
        match header.kind {
            Kind::Commit | Kind::Chain => life.committed(number, touch, header, at),
            Kind::Carried => {
                let Some(moved) = body.and_then(|body| moved(number, header, at, body)) else {
                    return Err("records that were moved here are damaged");
                };
                life.pieces.carry(header.offset, moved);
            }
            Kind::Trim => life.trim(header.offset),
            Kind::End => life.ended = true,
            Kind::Declare | Kind::Delete | Kind::Index => {}
        }
        Ok(())
    }

    /// A segment says how a stream stands.
    pub(super) fn declare(&mut self, segment: u64, stream: u64, declared: Declared, head: u64) {
        let Declared { name, epoch, first, ended } = declared;
        // With a new life the one before it under the name has ended.
        self.names.insert((name.clone(), stream));
        let before = self.names.range((name.clone(), 0)..(name.clone(), stream)).next_back();
        if let Some(before) = before.and_then(|(_, before)| self.streams.get_mut(before)) {
            before.ended = true;
        }
        let life = self.streams.entry(stream).or_insert_with(|| {
            // Who opens a folder does not know yet what of its streams is to be kept.
            Life { keep: None, ..Life::new(name, epoch) }
        });
        life.ended |= ended;
        life.head = life.head.max(head);
        life.first = life.first.max(first);
        life.declared_in = Some(segment);
    }

    /// The latest life under a name.
    pub(super) fn latest(&self, name: &StreamName) -> Option<u64> {
        self.names.range((name.clone(), 0)..=(name.clone(), u64::MAX)).next_back().map(|(_, stream)| *stream)
    }

    /// A stream is deleted, and `segment` says so.
    pub(super) fn delete(&mut self, segment: u64, stream: u64) {
        self.next_stream = self.next_stream.max(stream.saturating_add(1));
        self.deleted.insert(stream, segment);
        if let Some(life) = self.streams.remove(&stream) {
            self.names.remove(&(life.name, stream));
        }
    }

    /// Which streams a segment holds of which the whole hidden state is not written since their last change of it.
    pub(super) fn without_snapshot(&self, segment: u64) -> Vec<u64> {
        let Some(segment) = self.segments.get(&segment) else {
            return Vec::new();
        };
        let mut streams: Vec<u64> = segment.touched.keys().copied().collect();
        streams.retain(|stream| self.streams.get(stream).is_some_and(|life| life.hidden.deltas > 0));
        streams.sort_unstable();
        streams
    }
}

impl Life {
    fn committed(&mut self, segment: u64, touch: &mut Touch, header: &FrameHeader, at: u64) {
        let brings = touch.note(header, at);
        if header.records > 0 && header.kind == Kind::Commit {
            touch.bytes += header.frame_len();
            touch.time_max = touch.time_max.max(header.time_ms);
            self.pieces.commit(segment, header.offset..header.end());
            self.head = self.head.max(header.end());
        }
        match brings {
            Brings::Nothing => return,
            Brings::Delta => self.hidden.deltas += 1,
            Brings::Full => {
                self.hidden.full = Some((segment, at));
                self.hidden.deltas = 0;
            }
            Brings::Chain => {
                self.hidden.full = Some((segment, at));
                self.hidden.deltas = u64::from(header.records.saturating_sub(1));
            }
        }
        if brings != Brings::Delta {
            touch.hidden_bytes = 0;
        }
        touch.hidden_bytes += FRAME_HEADER_LEN as u64 + u64::from(header.hidden_len);
        self.hidden.version += 1;
    }
}

impl Touch {
    /// Puts a commit's or a chain's frame into the index.
    pub(super) fn note(&mut self, header: &FrameHeader, at: u64) -> Brings {
        // A chain's records are steps of hidden state.
        let (brings, records) = match header.kind {
            Kind::Chain => (Brings::Chain, 0),
            _ if header.flags & FLAG_FULL != 0 => (Brings::Full, header.records),
            _ if header.flags & FLAG_DELTA != 0 => (Brings::Delta, header.records),
            _ => (Brings::Nothing, header.records),
        };
        if let Frames::Here(frames) = &mut self.frames {
            let (first, time_ms, len) = (header.offset, header.time_ms, header.frame_len());
            frames.push(&FrameRef { first, records, time_ms, at, len, brings });
        }
        brings
    }

    /// The index that was noted.
    pub(super) fn into_index(self) -> FrameIndex {
        match self.frames {
            Frames::Here(index) => index,
            Frames::There { .. } => FrameIndex::default(),
        }
    }
}

fn moved(segment: u64, header: &FrameHeader, at: u64, body: &[u8]) -> Option<Moved> {
    let (mut end, mut time_max) = (header.offset, 0);
    body::show_carried(header, body, &mut |record| {
        end = record.offset + 1;
        time_max = time_max.max(record.time_ms);
    })?;
    Some(Moved { end, segment, at, len: header.frame_len(), time_max })
}

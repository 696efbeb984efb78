//! Reads a segment frame by frame, past damage.
//!
//! Where a frame is not what it should be, the next one that is is looked for. If there is none, the file ends here:
//! that is how a write looks that was cut off. If there is one, what lies between is damage: it is said, and the scan
//! goes on behind it.

use std::io;
use std::ops::Range;

use super::format::{FLAG_MORE, FRAME_HEADER_LEN, FRAME_MAGIC_AT, FRAME_MAGIC_BYTES, FrameHeader, Kind};
use super::segment::{SegmentFile, parse_frame};

/// Bytes read at a time.
const WINDOW_BYTES: u64 = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// Behind the last frame that counts.
    pub(super) end: u64,
    /// An index frame stands there.
    pub(super) index: bool,
    /// Where frames are damaged, with good ones behind them.
    pub(super) damage: Vec<Range<u64>>,
    pub(super) bytes_read: u64,
}

/// A frame as the scan shows it; without its body where that is damaged.
pub(super) type Visit<'a> = dyn FnMut(&FrameHeader, u64, Option<&[u8]>) + 'a;

pub(super) fn scan(file: &SegmentFile, within: Range<u64>, visit: &mut Visit<'_>) -> io::Result<Scanned> {
    let mut window = Window { file, end: within.end, start: within.start, bytes: Vec::new(), read: 0 };
    let mut scanned = Scanned { end: within.start, ..Scanned::default() };
    let mut held = Held::default();
    let mut at = within.start;
    while at < within.end {
        match window.frame(at)? {
            Found::Whole(header, _) if header.kind == Kind::Index => {
                scanned.index = true;
                break;
            }
            Found::Whole(header, body) => {
                held.take(&header, at, Some(body), visit);
                at += header.frame_len();
            }
            Found::Broken(header) => {
                if header.is_some_and(|header| header.kind == Kind::Index) {
                    scanned.index = true;
                    break;
                }
                // Where the header is whole, the body's length is known to be right.
                let behind = header.map_or(at + 1, |header| at.saturating_add(header.frame_len()));
                let Some(next) = window.next_frame(behind)? else { break };
                scanned.damage.push(at..next);
                match header {
                    Some(header) => held.take(&header, at, None, visit),
                    None => held.show(visit),
                }
                at = next;
            }
        }
    }
    // A commit whose last frame is missing does not count.
    scanned.end = held.frames.first().map_or(at, |(_, at, _)| *at);
    scanned.damage.retain(|damage| damage.start < scanned.end);
    scanned.bytes_read = window.read;
    Ok(scanned)
}

/// Frames of a commit that goes on: they count once its last one is there.
#[derive(Default)]
struct Held {
    frames: Vec<(FrameHeader, u64, Option<Vec<u8>>)>,
}

impl Held {
    fn take(&mut self, header: &FrameHeader, at: u64, body: Option<&[u8]>, visit: &mut Visit<'_>) {
        if header.flags & FLAG_MORE != 0 {
            self.frames.push((*header, at, body.map(<[u8]>::to_vec)));
        } else {
            self.show(visit);
            visit(header, at, body);
        }
    }

    fn show(&mut self, visit: &mut Visit<'_>) {
        for (header, at, body) in self.frames.drain(..) {
            visit(&header, at, body.as_deref());
        }
    }
}

enum Found<'a> {
    Whole(FrameHeader, &'a [u8]),
    /// With its header, if that is whole.
    Broken(Option<FrameHeader>),
}

struct Window<'a> {
    file: &'a SegmentFile,
    end: u64,
    start: u64,
    bytes: Vec<u8>,
    read: u64,
}

impl Window<'_> {
    /// At least `len` bytes at `at`, or what is there up to the end.
    fn get(&mut self, at: u64, len: u64) -> io::Result<&[u8]> {
        let len = len.min(self.end.saturating_sub(at));
        let have = self.start + self.bytes.len() as u64;
        if at < self.start || at + len > have {
            let wanted = len.max(WINDOW_BYTES).min(self.end.saturating_sub(at));
            self.bytes = self.file.read(at, wanted)?;
            self.start = at;
            self.read += wanted;
        }
        let skip = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        Ok(self.bytes.get(skip..).unwrap_or_default())
    }

    fn frame(&mut self, at: u64) -> io::Result<Found<'_>> {
        let salt = self.file.salt;
        let head = self.get(at, FRAME_HEADER_LEN as u64)?;
        let Some(header) = FrameHeader::decode(head, salt, at) else {
            return Ok(Found::Broken(None));
        };
        let bytes = self.get(at, header.frame_len())?;
        Ok(parse_frame(bytes, salt, at)
            .map_or(Found::Broken(Some(header)), |(header, body)| Found::Whole(header, body)))
    }

    /// The next whole frame at or behind `from`.
    fn next_frame(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut from = from;
        while from + FRAME_HEADER_LEN as u64 <= self.end {
            let bytes = self.get(from, FRAME_HEADER_LEN as u64)?;
            let magic = bytes.windows(FRAME_HEADER_LEN).position(|header| {
                header.get(FRAME_MAGIC_AT..FRAME_MAGIC_AT + 2) == Some(&FRAME_MAGIC_BYTES)
            });
            let Some(skip) = magic else {
                from += (bytes.len() + 1 - FRAME_HEADER_LEN) as u64;
                continue;
            };
            from += skip as u64;
            if matches!(self.frame(from)?, Found::Whole(..)) {
                return Ok(Some(from));
            }
            from += 1;
        }
        Ok(None)
    }
}

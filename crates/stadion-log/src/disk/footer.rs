//! The end of a sealed segment: each stream's index, then a summary of the segment's streams, then where that is.
//!
//! A start reads the summaries; a stream's index is read when somebody reads there.

use super::body::Declared;
use super::codec::{Decoder, put_varint};
use super::format::{FRAME_HEADER_LEN, FrameHeader, Kind, TRAILER_LEN, Trailer};
use super::frames::FrameIndex;
use super::pieces::Moved;
use super::segment::SegmentFile;
use super::state::{Frames, State, Touch};

/// Where a stream's index went, to be taken over once it is durable.
pub(super) type Places = Vec<(u64, Frames)>;

const GONE: u8 = 1;
const FULL: u8 = 2;

/// The index frame of a segment whose frames end at `frames_end`, and the place of each stream's index in it.
pub(super) fn encode(state: &State, number: u64, salt: u32, frames_end: u64) -> (Vec<u8>, Places) {
    let mut body = Vec::new();
    let mut summary = Vec::new();
    let mut places = Vec::new();
    if let Some(segment) = state.segments.get(&number) {
        let mut touched: Vec<_> = segment.touched.iter().collect();
        touched.sort_unstable_by_key(|(stream, _)| **stream);
        put_varint(&mut summary, touched.len() as u64);
        for (&stream, touch) in touched {
            let start = body.len();
            if let Frames::Here(frames) = &touch.frames {
                frames.encode(&mut body);
            }
            let index = body.get(start..).unwrap_or_default();
            let at = frames_end + (FRAME_HEADER_LEN + start) as u64;
            let place = (at, index.len() as u64, crc32fast::hash(index));
            put_stream(&mut summary, state, number, stream, touch, place);
            places.push((stream, Frames::There { at: place.0, len: place.1, crc: place.2 }));
        }
    }
    let deleted: Vec<u64> =
        state.deleted.iter().filter(|(_, at)| **at == number).map(|(stream, _)| *stream).collect();
    put_varint(&mut summary, deleted.len() as u64);
    deleted.iter().for_each(|stream| put_varint(&mut summary, *stream));

    let trailer = Trailer {
        number,
        frames_end,
        summary_at: frames_end + (FRAME_HEADER_LEN + body.len()) as u64,
        summary_len: u32::try_from(summary.len()).unwrap_or(u32::MAX),
        summary_crc: crc32fast::hash(&summary),
        salt,
    };
    body.append(&mut summary);
    trailer.encode(&mut body);
    let mut header = FrameHeader::new(Kind::Index, 0, 0);
    header.body_len = u32::try_from(body.len()).unwrap_or(u32::MAX);
    header.body_crc = crc32fast::hash(&body);
    let mut frame = Vec::with_capacity(FRAME_HEADER_LEN + body.len());
    header.encode(&mut frame, salt, frames_end);
    frame.append(&mut body);
    (frame, places)
}

fn put_stream(
    out: &mut Vec<u8>,
    state: &State,
    number: u64,
    stream: u64,
    touch: &Touch,
    place: (u64, u64, u32),
) {
    put_varint(out, stream);
    let Some(life) = state.streams.get(&stream) else {
        // Its records are dead, but as long as they are here its deletion must be remembered.
        out.push(GONE);
        return;
    };
    let full = life.hidden.full.filter(|(segment, _)| *segment == number);
    out.push(if full.is_some() { FULL } else { 0 });
    life.declaration().encode(out);
    put_varint(out, life.head);
    if let Some((_, at)) = full {
        put_varint(out, at);
    }
    put_varint(out, life.hidden.deltas);
    put_varint(out, touch.hidden_bytes);
    put_varint(out, touch.bytes);
    put_varint(out, touch.time_max);
    let extents: Vec<_> = life.pieces.extents_in(number).collect();
    put_varint(out, extents.len() as u64);
    for extent in extents {
        put_varint(out, extent.offsets.start);
        put_varint(out, extent.offsets.end - extent.offsets.start);
    }
    let moved = life.pieces.moved_in(number);
    put_varint(out, moved.len() as u64);
    for (first, moved) in moved {
        put_varint(out, first);
        put_varint(out, moved.end - first);
        put_varint(out, moved.at);
        put_varint(out, moved.len);
        put_varint(out, moved.time_max);
    }
    put_varint(out, place.0);
    put_varint(out, place.1);
    put_varint(out, u64::from(place.2));
}

/// The summary of a segment of `len` bytes, if it is sealed and its end is as it should be: where its frames end, and
/// the summary's bytes.
pub(super) fn read_summary(file: &SegmentFile, len: u64) -> Option<(Trailer, Vec<u8>)> {
    let at = len.checked_sub(TRAILER_LEN)?;
    let trailer = Trailer::decode(&file.read(at, TRAILER_LEN).ok()?)?;
    let fits = trailer.number == file.number
        && trailer.salt == file.salt
        && trailer.summary_at.checked_add(u64::from(trailer.summary_len)) == Some(at);
    let summary = fits.then(|| file.read(trailer.summary_at, u64::from(trailer.summary_len)).ok())??;
    (crc32fast::hash(&summary) == trailer.summary_crc).then_some((trailer, summary))
}

/// Takes in a sealed segment by its summary. The segment is in `state` already, with nothing in it.
pub(super) fn load(state: &mut State, number: u64, summary: &[u8]) -> Option<()> {
    let mut decoder = Decoder::new(summary);
    for _ in 0..decoder.varint()? {
        let stream = decoder.varint()?;
        state.next_stream = state.next_stream.max(stream.saturating_add(1));
        let touch = load_stream(&mut decoder, state, number, stream)?;
        state.segments.get_mut(&number)?.touched.insert(stream, touch);
    }
    for _ in 0..decoder.varint()? {
        state.delete(number, decoder.varint()?);
    }
    decoder.is_empty().then_some(())
}

fn load_stream(decoder: &mut Decoder<'_>, state: &mut State, number: u64, stream: u64) -> Option<Touch> {
    let flags = decoder.u8()?;
    if flags & GONE != 0 {
        return Some(Touch::default());
    }
    let declared = Declared::decode(decoder)?;
    let head = decoder.varint()?;
    state.declare(number, stream, declared, head);
    let life = state.streams.get_mut(&stream)?;
    if flags & FULL != 0 {
        life.hidden.full = Some((number, decoder.varint()?));
    }
    life.hidden.deltas = decoder.varint()?;
    life.hidden.version += 1;
    let hidden_bytes = decoder.varint()?;
    let (bytes, time_max) = (decoder.varint()?, decoder.varint()?);
    for _ in 0..decoder.varint()? {
        let start = decoder.varint()?;
        life.pieces.commit(number, start..start.checked_add(decoder.varint()?)?);
    }
    for _ in 0..decoder.varint()? {
        let first = decoder.varint()?;
        let moved = Moved {
            end: first.checked_add(decoder.varint()?)?,
            segment: number,
            at: decoder.varint()?,
            len: decoder.varint()?,
            time_max: decoder.varint()?,
        };
        life.pieces.carry(first, moved);
    }
    let (at, len) = (decoder.varint()?, decoder.varint()?);
    let crc = u32::try_from(decoder.varint()?).ok()?;
    Some(Touch { frames: Frames::There { at, len, crc }, bytes, time_max, hidden_bytes })
}

/// A stream's index in a sealed segment; `None` where it is damaged.
pub(super) fn read_index(file: &SegmentFile, at: u64, len: u64, crc: u32) -> Option<FrameIndex> {
    let bytes = file.read(at, len).ok()?;
    (crc32fast::hash(&bytes) == crc).then(|| FrameIndex::decode(&bytes))?
}

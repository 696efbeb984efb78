//! The fixed parts of a segment file: its header, a frame's header, the trailer. Drawn in [the module's docs](super).

use super::codec::Decoder;

/// What the folder's `FORMAT` file says.
pub(super) const FORMAT_VERSION: u32 = 1;

pub(super) const SEGMENT_HEADER_LEN: u64 = 64;
const HEADER_COPY_LEN: usize = 32;
const SEGMENT_MAGIC: u32 = u32::from_le_bytes(*b"STDL");

pub(super) const FRAME_HEADER_LEN: usize = 48;
const FRAME_MAGIC: u16 = 0x51d7;
/// Where in a frame's header the magic lies, for who looks for the next frame behind damage.
pub(super) const FRAME_MAGIC_AT: usize = 12;
pub(super) const FRAME_MAGIC_BYTES: [u8; 2] = FRAME_MAGIC.to_le_bytes();

pub(super) const TRAILER_LEN: u64 = 48;
const TRAILER_MAGIC: u64 = u64::from_le_bytes(*b"STDLEND\n");

/// What stands at a segment's beginning, twice, so that one damaged byte does not hide a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) number: u64,
    /// How much of the segment before this one counts; what lies behind was never acknowledged.
    pub(super) previous_end: u64,
    /// Goes into each frame's checksum. It is not known to whoever publishes, so an event that holds the image of a
    /// frame is never taken for one.
    pub(super) salt: u32,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut copy = Vec::with_capacity(HEADER_COPY_LEN);
        copy.extend_from_slice(&SEGMENT_MAGIC.to_le_bytes());
        copy.extend_from_slice(&1_u16.to_le_bytes());
        copy.extend_from_slice(&0_u16.to_le_bytes());
        copy.extend_from_slice(&self.number.to_le_bytes());
        copy.extend_from_slice(&self.previous_end.to_le_bytes());
        copy.extend_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&copy);
        copy.extend_from_slice(&crc.to_le_bytes());
        copy.repeat(2)
    }

    /// The header, and whether both copies are as they should be.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, bool)> {
        let (first, second) = bytes.split_at_checked(HEADER_COPY_LEN)?;
        match (Self::decode_copy(first), Self::decode_copy(second)) {
            (Some(first), second) => Some((first, second == Some(first))),
            (None, Some(second)) => Some((second, false)),
            (None, None) => None,
        }
    }

    fn decode_copy(copy: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(copy);
        let checked = decoder.take(HEADER_COPY_LEN - 4)?;
        let whole = decoder.u32()? == crc32fast::hash(checked);
        let mut decoder = Decoder::new(checked);
        let known = decoder.u32()? == SEGMENT_MAGIC && decoder.u16()? == 1 && decoder.u16()? == 0;
        let header = Self { number: decoder.u64()?, previous_end: decoder.u64()?, salt: decoder.u32()? };
        (whole && known).then_some(header)
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Records of one stream, at consecutive offsets, and hidden state.
    Commit = 1,
    /// A stream as it is at this point: name, epoch, first offset, head.
    Declare = 2,
    /// Records that were moved here so that an older segment can go.
    Carried = 3,
    /// Hidden state that was moved here: a snapshot and what came after it.
    Chain = 4,
    /// The stream begins at a later offset now.
    Trim = 5,
    /// The stream's epoch is closed.
    End = 6,
    /// The stream is gone.
    Delete = 7,
    /// The segment's index: what follows up to the end of the file.
    Index = 8,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Commit,
            Self::Declare,
            Self::Carried,
            Self::Chain,
            Self::Trim,
            Self::End,
            Self::Delete,
            Self::Index,
        ]
        .into_iter()
        .find(|&kind| kind as u8 == byte)
    }
}

/// The commit goes on in the next frame; without that one it does not count.
pub(super) const FLAG_MORE: u8 = 1;
/// Each record has a tick.
pub(super) const FLAG_TICKS: u8 = 2;
/// The body begins with a change of the hidden state.
pub(super) const FLAG_DELTA: u8 = 4;
/// The body begins with the whole hidden state.
pub(super) const FLAG_FULL: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) kind: Kind,
    pub(super) flags: u8,
    pub(super) body_crc: u32,
    pub(super) body_len: u32,
    pub(super) records: u32,
    /// How many of the body's first bytes are hidden state.
    pub(super) hidden_len: u32,
    pub(super) stream: u64,
    pub(super) offset: u64,
    pub(super) time_ms: u64,
}

impl FrameHeader {
    pub(super) fn new(kind: Kind, stream: u64, offset: u64) -> Self {
        Self {
            kind,
            flags: 0,
            body_crc: 0,
            body_len: 0,
            records: 0,
            hidden_len: 0,
            stream,
            offset,
            time_ms: 0,
        }
    }

    /// Header and body together.
    pub(super) fn frame_len(&self) -> u64 {
        FRAME_HEADER_LEN as u64 + u64::from(self.body_len)
    }

    /// The offset after the last record of a commit.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(u64::from(self.records))
    }

    /// Appends the header of a frame that will stand at `at`.
    pub(super) fn encode(&self, out: &mut Vec<u8>, salt: u32, at: u64) {
        let mut checked = [0; FRAME_HEADER_LEN - 4];
        let mut rest = checked.as_mut_slice();
        for part in [
            self.body_crc.to_le_bytes().as_slice(),
            &self.body_len.to_le_bytes(),
            &FRAME_MAGIC_BYTES,
            &[self.kind as u8, self.flags],
            &self.records.to_le_bytes(),
            &self.hidden_len.to_le_bytes(),
            &self.stream.to_le_bytes(),
            &self.offset.to_le_bytes(),
            &self.time_ms.to_le_bytes(),
        ] {
            let (here, behind) = rest.split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = behind;
        }
        out.extend_from_slice(&seeded_crc(&checked, salt, at).to_le_bytes());
        out.extend_from_slice(&checked);
    }

    /// The header at the beginning of `bytes`, which were read at `at`; `None` if it is not one.
    pub(super) fn decode(bytes: &[u8], salt: u32, at: u64) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let crc = decoder.u32()?;
        let checked = decoder.take(FRAME_HEADER_LEN - 4)?;
        if crc != seeded_crc(checked, salt, at) {
            return None;
        }
        let mut decoder = Decoder::new(checked);
        let (body_crc, body_len, magic) = (decoder.u32()?, decoder.u32()?, decoder.u16()?);
        let (kind, flags) = (Kind::from_byte(decoder.u8()?)?, decoder.u8()?);
        let header = Self {
            kind,
            flags,
            body_crc,
            body_len,
            records: decoder.u32()?,
            hidden_len: decoder.u32()?,
            stream: decoder.u64()?,
            offset: decoder.u64()?,
            time_ms: decoder.u64()?,
        };
        (magic == FRAME_MAGIC && header.hidden_len <= body_len).then_some(header)
    }
}

/// The position is part of the sum, so that a frame that was written to the wrong place is found.
fn seeded_crc(bytes: &[u8], salt: u32, at: u64) -> u32 {
    let [a, b, c, d, e, f, g, h] = at.to_le_bytes();
    let seed = salt ^ u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]).rotate_left(16);
    let mut hasher = crc32fast::Hasher::new_with_initial(seed);
    hasher.update(bytes);
    hasher.finalize()
}

/// The last bytes of a sealed segment: where its summary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    pub(super) number: u64,
    /// Where the frames end and the index frame begins.
    pub(super) frames_end: u64,
    pub(super) summary_at: u64,
    pub(super) summary_len: u32,
    pub(super) summary_crc: u32,
    pub(super) salt: u32,
}

impl Trailer {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let mut trailer = Vec::with_capacity(48);
        trailer.extend_from_slice(&self.number.to_le_bytes());
        trailer.extend_from_slice(&self.frames_end.to_le_bytes());
        trailer.extend_from_slice(&self.summary_at.to_le_bytes());
        trailer.extend_from_slice(&self.summary_len.to_le_bytes());
        trailer.extend_from_slice(&self.summary_crc.to_le_bytes());
        trailer.extend_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&trailer);
        trailer.extend_from_slice(&crc.to_le_bytes());
        trailer.extend_from_slice(&TRAILER_MAGIC.to_le_bytes());
        out.append(&mut trailer);
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let checked = decoder.take(36)?;
        let whole = decoder.u32()? == crc32fast::hash(checked) && decoder.u64()? == TRAILER_MAGIC;
        let mut decoder = Decoder::new(checked);
        let trailer = Self {
            number: decoder.u64()?,
            frames_end: decoder.u64()?,
            summary_at: decoder.u64()?,
            summary_len: decoder.u32()?,
            summary_crc: decoder.u32()?,
            salt: decoder.u32()?,
        };
        whole.then_some(trailer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: FrameHeader = FrameHeader {
        kind: Kind::Commit,
        flags: FLAG_TICKS | FLAG_DELTA,
        body_crc: 0x0102_0304,
        body_len: 200,
        records: 3,
        hidden_len: 20,
        stream: 7,
        offset: 1 << 40,
        time_ms: 1_700_000_000_000,
    };

    #[test]
    fn a_frame_header_is_only_read_where_it_was_written() {
        let mut out = Vec::new();
        HEADER.encode(&mut out, 99, 64);
        assert_eq!(out.len(), FRAME_HEADER_LEN);
        assert_eq!(out[FRAME_MAGIC_AT..][..2], FRAME_MAGIC_BYTES);
        assert_eq!(FrameHeader::decode(&out, 99, 64), Some(HEADER));
        assert_eq!(FrameHeader::decode(&out, 99, 65), None);
        assert_eq!(FrameHeader::decode(&out, 98, 64), None);
        for bit in 0..out.len() * 8 {
            out[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&out, 99, 64), None, "bit {bit}");
            out[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_segment_header_outlives_one_damaged_copy() {
        let header = SegmentHeader { number: 12, previous_end: 345, salt: 6789 };
        let bytes = header.encode();
        assert_eq!(bytes.len() as u64, SEGMENT_HEADER_LEN);
        assert_eq!(SegmentHeader::decode(&bytes), Some((header, true)));
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            assert_eq!(SegmentHeader::decode(&bytes), Some((header, false)), "byte {at}");
            bytes[at ^ 32] ^= 0x10;
            assert_eq!(SegmentHeader::decode(&bytes), None, "bytes {at} and its twin");
        }
    }

    #[test]
    fn a_trailer_comes_back_as_it_went() {
        let trailer =
            Trailer { number: 1, frames_end: 2, summary_at: 3, summary_len: 4, summary_crc: 5, salt: 6 };
        let mut out = Vec::new();
        trailer.encode(&mut out);
        assert_eq!(out.len() as u64, TRAILER_LEN);
        assert_eq!(Trailer::decode(&out), Some(trailer));
        for at in 0..out.len() {
            let mut out = out.clone();
            out[at] ^= 1;
            assert_eq!(Trailer::decode(&out), None, "byte {at}");
        }
    }
}

//! WebSocket frames as a server sends them: not masked, so the same for every reader.

/// The longest header a server's frame can have.
pub const HEADER_BYTES_MAX: usize = 10;

/// A frame's first bytes, before its payload.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    bytes: [u8; HEADER_BYTES_MAX],
    len: u8,
}

impl Header {
    /// A whole text message of `payload_bytes`.
    pub fn text(payload_bytes: usize) -> Self {
        const FIN_TEXT: u8 = 0x81;
        let mut bytes = [0; HEADER_BYTES_MAX];
        let [b0, b1, rest @ ..] = &mut bytes;
        *b0 = FIN_TEXT;
        let len = if let Ok(short @ 0..=125) = u8::try_from(payload_bytes) {
            *b1 = short;
            2
        } else if let Ok(medium) = u16::try_from(payload_bytes) {
            *b1 = 126;
            for (slot, byte) in rest.iter_mut().zip(medium.to_be_bytes()) {
                *slot = byte;
            }
            4
        } else {
            *b1 = 127;
            *rest = (payload_bytes as u64).to_be_bytes();
            10
        };
        Self { bytes, len }
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

/// An empty ping.
pub const PING: [u8; 2] = [0x89, 0];

/// Why the server closes a WebSocket, and what the client makes of it (wire: *Codes*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// The reader has had what it asked for.
    Done,
    /// The server drains, or heard nothing from the client: come back.
    GoingAway,
    /// The client does not speak WebSocket as it should.
    Protocol,
    /// A text message that is none.
    NotUtf8,
    NoRight,
    TooBig,
    BadRequest,
    NoCredential,
    Conflict,
    /// Another epoch, or no such stream: start over.
    PositionLost,
    TooSlow,
    StreamDeleted,
    /// A newer connection of the same client took its place.
    Replaced,
    /// Nobody used the stream any more.
    StreamEnded,
}

impl CloseCode {
    pub fn code(self) -> u16 {
        match self {
            Self::Done => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::NoRight => 1008,
            Self::TooBig => 1009,
            Self::BadRequest => 4400,
            Self::NoCredential => 4401,
            Self::Conflict => 4409,
            Self::PositionLost => 4010,
            Self::TooSlow => 4011,
            Self::StreamDeleted => 4110,
            Self::Replaced => 4111,
            Self::StreamEnded => 4112,
        }
    }

    /// The close frame with this code and a reason, cut to what a control frame holds.
    pub fn frame(self, reason: &str) -> Vec<u8> {
        const FIN_CLOSE: u8 = 0x88;
        const REASON_BYTES_MAX: usize = 123;
        let mut end = reason.len().min(REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = reason.get(..end).unwrap_or_default();
        let mut frame = vec![FIN_CLOSE, u8::try_from(reason.len() + 2).unwrap_or(2)];
        frame.extend_from_slice(&self.code().to_be_bytes());
        frame.extend_from_slice(reason.as_bytes());
        frame
    }
}

/// The length of the frame at the beginning of `frames`, header and payload, as [`Header::text`] writes them.
fn frame_len(frames: &[u8]) -> usize {
    let number = |bytes: Option<&[u8]>| {
        bytes.unwrap_or_default().iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (header, payload) = match frames.get(1) {
        Some(126) => (4, number(frames.get(2..4))),
        Some(127) => (10, number(frames.get(2..10))),
        Some(short) => (2, u64::from(*short)),
        None => (frames.len().max(1), 0),
    };
    header + usize::try_from(payload).unwrap_or(usize::MAX - 10)
}

/// How many frames the first `bytes` of `frames` hold.
pub fn frames_within(frames: &[u8], bytes: usize) -> u64 {
    let (mut at, mut count) = (0, 0);
    while at < bytes {
        at += frame_len(frames.get(at..).unwrap_or_default());
        count += 1;
    }
    count
}

/// Where the frame ends in which byte `written` lies, or `written` where that is a boundary.
pub fn frame_end(frames: &[u8], written: usize) -> usize {
    let mut at = 0;
    while at < written {
        at += frame_len(frames.get(at..).unwrap_or_default());
    }
    at.min(frames.len())
}

/// A whole text frame in one buffer, for messages to one reader.
pub fn text_frame(payload: &[u8]) -> Vec<u8> {
    let header = Header::text(payload.len());
    let mut frame = Vec::with_capacity(header.as_bytes().len() + payload.len());
    frame.extend_from_slice(header.as_bytes());
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use tungstenite::protocol::frame::FrameHeader;
    use tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    #[test]
    fn a_header_says_the_length_that_was_meant() {
        for len in [0_usize, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
            let header = Header::text(len);
            let mut cursor = std::io::Cursor::new(header.as_bytes());
            let (parsed, parsed_len) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!(parsed_len, len as u64);
            assert_eq!(parsed.opcode, OpCode::Data(Data::Text));
            assert!(parsed.is_final && parsed.mask.is_none());
            assert_eq!(cursor.position(), header.as_bytes().len() as u64, "{len}");
        }
    }

    #[test]
    fn frames_are_counted_and_cut_at_their_boundaries() {
        let frames = [0_usize, 1, 125, 126, 70_000].map(|len| text_frame(&vec![b'x'; len])).concat();
        let ends = [2, 5, 132, 262, 70_272];
        assert_eq!(frames.len(), 70_272);
        assert_eq!(frames_within(&frames, frames.len()), 5);
        for (written, end, count) in
            [(0, 0, 0), (1, 2, 1), (2, 2, 1), (3, 5, 2), (132, 132, 3), (263, 70_272, 5)]
        {
            assert_eq!(frame_end(&frames, written), end);
            assert_eq!(frames_within(&frames, end), count);
            assert!(end == 0 || ends.contains(&end));
        }
    }

    #[test]
    fn a_close_frame_holds_its_code_and_as_much_reason_as_fits() {
        assert_eq!(CloseCode::PositionLost.frame("gone"), [&[0x88, 6, 0x0F, 0xAA][..], b"gone"].concat());
        let long = CloseCode::TooSlow.frame(&"ü".repeat(100));
        assert_eq!(long.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&long[4..]).is_ok());
    }
}

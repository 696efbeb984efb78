//! Where messages begin and end in a WebSocket's bytes, without decoding them.
//!
//! Most connections send nothing most of the time. Whoever knows that no message is half read can let the decoder go,
//! which is a fifth of what an idle connection takes.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

#[derive(Debug, Default)]
pub(super) struct Boundary {
    /// A header that has not come whole yet.
    header: Vec<u8>,
    /// Bytes of a payload that have not come yet.
    left: u64,
    /// More fragments of a message are to come.
    in_message: bool,
    /// What came is no WebSocket: nothing is known any more.
    lost: bool,
}

impl Boundary {
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.lost {
            if self.left > 0 {
                let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                bytes = bytes.get(skipped..).unwrap_or_default();
                self.left -= skipped as u64;
                continue;
            }
            let before = self.header.len();
            self.header.extend(bytes.iter().take(HEADER_BYTES_MAX - before));
            let mut cursor = Cursor::new(&self.header);
            match FrameHeader::parse(&mut cursor) {
                Ok(Some((header, len))) => {
                    let used = usize::try_from(cursor.position()).unwrap_or(before).saturating_sub(before);
                    bytes = bytes.get(used..).unwrap_or_default();
                    self.left = len;
                    if let OpCode::Data(Data::Text | Data::Binary | Data::Continue | Data::Reserved(_)) =
                        header.opcode
                    {
                        self.in_message = !header.is_final;
                    }
                    self.header = Vec::new();
                }
                Ok(None) => return,
                Err(_) => self.lost = true,
            }
        }
    }

    /// Whether everything that began has ended.
    pub(super) fn is_between_messages(&self) -> bool {
        !self.lost && !self.in_message && self.left == 0 && self.header.is_empty()
    }
}

/// Two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

#[cfg(test)]
mod tests {
    use tungstenite::protocol::frame::Frame;

    use super::*;

    fn masked(mut frame: Frame) -> Vec<u8> {
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let mut bytes = Vec::new();
        frame.format(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn it_is_between_messages_behind_the_last_byte_of_each_and_nowhere_else() {
        let fragment = |kind, is_final| masked(Frame::message(vec![b'x'; 200], OpCode::Data(kind), is_final));
        let parts: Vec<(Vec<u8>, bool)> = vec![
            (masked(Frame::pong(Vec::new())), true),
            (fragment(Data::Text, true), true),
            (fragment(Data::Text, false), false),
            (masked(Frame::ping(b"in between".to_vec())), false),
            (fragment(Data::Continue, false), false),
            (fragment(Data::Continue, true), true),
            (masked(Frame::message(vec![b'x'; 70_000], OpCode::Data(Data::Binary), true)), true),
        ];
        let mut boundary = Boundary::default();
        for (bytes, is_end) in parts {
            let (last, begin) = bytes.split_last().unwrap();
            for byte in begin {
                boundary.follow(&[*byte]);
                assert!(!boundary.is_between_messages());
            }
            boundary.follow(&[*last]);
            assert_eq!(boundary.is_between_messages(), is_end);
        }
        let whole: Vec<u8> = [masked(Frame::pong(Vec::new())), fragment(Data::Text, true)].concat();
        boundary.follow(&whole);
        assert!(boundary.is_between_messages());
        boundary.follow(&[0x8f, 0x80, 0, 0, 0, 0]);
        assert!(!boundary.is_between_messages());
    }
}

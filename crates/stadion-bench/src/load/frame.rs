//! WebSocket frames, as far as the load needs them (RFC 6455, section 5).

/// A frame as a server sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
    /// Bytes of the whole frame.
    pub(crate) len: usize,
}

pub(crate) const TEXT: u8 = 1;
pub(crate) const PING: u8 = 9;

/// A pong without payload. The mask is all zeros, which is as good as any here.
pub(crate) const PONG_FRAME: [u8; 6] = [0x8A, 0x80, 0, 0, 0, 0];

/// The frame that `bytes` begin with, if all of it is there.
pub(crate) fn first(bytes: &[u8]) -> Option<Frame<'_>> {
    let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match second & 0x7F {
        126 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (u64::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            (u64::from_be_bytes(*length), rest)
        }
        short => (u64::from(short), rest),
    };
    let payload = rest.get(..usize::try_from(length).ok()?)?;
    Some(Frame { opcode: first & 0x0F, payload, len: bytes.len() - rest.len() + payload.len() })
}

/// A text frame as a client sends it.
pub(crate) fn masked_text(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match (u8::try_from(text.len()), u16::try_from(text.len())) {
        (Ok(short @ 0..=125), _) => frame.push(0x80 | short),
        (_, Ok(medium)) => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(text.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_when_all_of_it_is_there() {
        let mut bytes = vec![0x81, 126, 1, 0];
        bytes.resize(4 + 256, b'x');
        assert_eq!(first(&bytes[..100]), None);
        bytes.extend_from_slice(&[0x89, 0]);
        let frame = first(&bytes).unwrap();
        assert_eq!((frame.opcode, frame.payload.len(), frame.len), (TEXT, 256, 260));
        assert_eq!(first(&bytes[frame.len..]), Some(Frame { opcode: PING, payload: b"", len: 2 }));
    }

    #[test]
    fn a_text_frame_says_its_length_and_that_it_is_masked() {
        assert_eq!(masked_text("hi"), [0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        assert_eq!(masked_text(&"x".repeat(300))[..4], [0x81, 0xFE, 1, 44]);
    }
}

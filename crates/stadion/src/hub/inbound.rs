//! The inbound half of an upgraded connection: a library's decoder, fed with bytes.
//!
//! tungstenite checks masks, fragments, control frames and UTF-8, and answers pings and closes by itself. It reads
//! and writes a pair of buffers here instead of the socket, since writing is [`Socket`](super::socket::Socket)'s.

use std::io::{self, Read, Write};

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use super::boundary::Boundary;

/// What a connection has sent so far. Between messages it is next to nothing.
#[derive(Debug)]
pub struct Inbound {
    decoder: Option<Box<Decoder>>,
    message_bytes_max: usize,
    end: Option<End>,
}

#[derive(Debug)]
struct Decoder {
    socket: WebSocket<Pipe>,
    boundary: Boundary,
    /// Nothing is left in what was fed.
    is_drained: bool,
}

/// Why a connection has nothing more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has closed, or answered our close.
    Closed,
    /// Where the next message would begin is not known any more.
    Lost,
}

/// What came out of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    Text(String),
    Binary,
    /// The client closes, or answers our close.
    Closed,
    /// More bytes are needed.
    Nothing,
    TooBig,
    /// A text message is not UTF-8; the protocol wants the connection to end.
    NotUtf8,
    /// The client does not speak WebSocket as it should; the connection can't go on.
    Broken,
}

#[derive(Debug, Default)]
struct Pipe {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

/// Most of what comes is a pong or a few inputs; a longer message grows the buffer.
const READ_BUFFER_BYTES: usize = 256;

impl Decoder {
    fn new(message_bytes_max: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(message_bytes_max))
            .max_frame_size(Some(message_bytes_max));
        Self {
            socket: WebSocket::from_raw_socket(Pipe::default(), Role::Server, Some(config)),
            boundary: Boundary::default(),
            is_drained: true,
        }
    }
}

impl Inbound {
    pub fn new(message_bytes_max: usize) -> Self {
        Self { decoder: None, message_bytes_max, end: None }
    }

    /// Takes bytes from the wire; [`Inbound::receive`] says what they held.
    pub fn feed(&mut self, bytes: &[u8]) {
        let decoder = self.decoder.get_or_insert_with(|| Box::new(Decoder::new(self.message_bytes_max)));
        decoder.boundary.follow(bytes);
        decoder.is_drained = false;
        let pipe = decoder.socket.get_mut();
        if pipe.read == pipe.input.len() {
            pipe.input.clear();
            pipe.read = 0;
        }
        pipe.input.extend_from_slice(bytes);
    }

    /// The next message in what was fed, until it says [`Received::Nothing`].
    pub fn receive(&mut self) -> Received {
        let Some(decoder) = &mut self.decoder else { return Received::Nothing };
        let received = loop {
            match decoder.socket.read() {
                Ok(Message::Text(text)) => break Received::Text(text.as_str().to_owned()),
                Ok(Message::Binary(_)) => break Received::Binary,
                Ok(Message::Close(_)) => {
                    // The answer to a close is written by a flush only.
                    drop(decoder.socket.flush());
                    break Received::Closed;
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(error) => break received_error(&error),
            }
        };
        match received {
            Received::Nothing => decoder.is_drained = true,
            Received::Text(_) | Received::Binary => {}
            Received::Closed => self.end = Some(End::Closed),
            Received::TooBig | Received::NotUtf8 | Received::Broken => self.end = Some(End::Lost),
        }
        received
    }

    /// Whether nothing can be read any more, and why.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// What the decoder wants to be sent: pongs, and the answer to a close. Where no message is half read, the decoder
    /// goes.
    pub fn take_output(&mut self) -> Vec<u8> {
        let Some(decoder) = &mut self.decoder else { return Vec::new() };
        let output = std::mem::take(&mut decoder.socket.get_mut().output);
        if decoder.is_drained && decoder.boundary.is_between_messages() {
            self.decoder = None;
        }
        output
    }
}

fn received_error(error: &tungstenite::Error) -> Received {
    use tungstenite::Error;
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock => Received::Nothing,
        Error::Capacity(_) => Received::TooBig,
        Error::ConnectionClosed | Error::AlreadyClosed => Received::Closed,
        Error::Utf8(_) => Received::NotUtf8,
        _ => Received::Broken,
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.input.get(self.read..).unwrap_or_default();
        if left.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = left.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), left.get(..n)) {
            to.copy_from_slice(from);
        }
        self.read += n;
        Ok(n)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tungstenite::protocol::frame::Frame;
    use tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    fn masked(mut frame: Frame) -> Vec<u8> {
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let mut bytes = Vec::new();
        frame.format(&mut bytes).unwrap();
        bytes
    }

    fn text(text: &str) -> Vec<u8> {
        masked(Frame::message(text.as_bytes().to_vec(), OpCode::Data(Data::Text), true))
    }

    #[test]
    fn messages_come_out_however_the_bytes_are_cut() {
        let bytes = [text("one"), text(&"x".repeat(70_000)), text("three")].concat();
        for cut in [1, 7, 300, 65_000] {
            let mut inbound = Inbound::new(1 << 20);
            let mut lengths = Vec::new();
            for piece in bytes.chunks(cut) {
                inbound.feed(piece);
                while let Received::Text(text) = inbound.receive() {
                    lengths.push(text.len());
                }
            }
            assert_eq!(lengths, [3, 70_000, 5], "cut at {cut}");
        }
    }

    #[test]
    fn between_messages_there_is_no_decoder() {
        let mut inbound = Inbound::new(1 << 20);
        let bytes = text(&"x".repeat(300));
        let (first, second) = bytes.split_at(100);
        for (piece, is_kept) in [(first, true), (second, false)] {
            inbound.feed(piece);
            while inbound.receive() != Received::Nothing {
                inbound.take_output();
            }
            inbound.take_output();
            assert_eq!(inbound.decoder.is_some(), is_kept);
        }
    }

    #[test]
    fn a_ping_is_answered_and_a_close_too() {
        let mut inbound = Inbound::new(1000);
        inbound.feed(&masked(Frame::ping(b"hi".to_vec())));
        assert_eq!(inbound.receive(), Received::Nothing);
        assert_eq!(inbound.take_output(), [0x8A, 2, b'h', b'i']);
        inbound.feed(&masked(Frame::close(None)));
        assert_eq!(inbound.receive(), Received::Closed);
        assert_eq!(inbound.take_output(), [0x88, 0]);
    }

    #[test]
    fn what_is_too_big_or_not_websocket_is_said() {
        let mut inbound = Inbound::new(10);
        inbound.feed(&text("01234567890"));
        assert_eq!(inbound.receive(), Received::TooBig);
        let mut inbound = Inbound::new(10);
        inbound.feed(b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!(inbound.receive(), Received::Broken);
        let mut inbound = Inbound::new(10);
        inbound.feed(&masked(Frame::message(vec![0xff], OpCode::Data(Data::Text), true)));
        assert_eq!(inbound.receive(), Received::NotUtf8);
    }
}

//! A WebSocket client: the handshake by hand, so that a refusal can be read and any header sent; the frames by
//! tungstenite, which checks what the server sends; and bytes past it, for frames that no library would write.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use crate::answer::Answer;
use crate::harness::DEADLINE;
use crate::raw_http::{Http, Reply, check_error};

/// The sample key of RFC 6455, and what a server must make of it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// What came over a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Ping,
    Pong(Vec<u8>),
    /// A close frame with its code and reason.
    Closed(u16, String),
    /// The connection ended without a close frame, or the server broke the protocol: how.
    Gone(String),
}

pub(crate) struct Ws {
    socket: WebSocket<TcpStream>,
}

/// Asks for the upgrade and gives the connection and its answer, whatever it is.
pub(crate) fn upgrade(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (Http, Reply) {
    let mut http = Http::connect(addr);
    let mut all = vec![
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ];
    all.extend_from_slice(headers);
    let bytes = crate::raw_http::request_bytes(addr, "GET", path, &all, b"");
    http.write(&bytes).unwrap();
    let reply = http.reply().unwrap_or_else(|e| panic!("no answer to the upgrade of {path}: {e}"));
    (http, reply)
}

impl Ws {
    /// Opens a socket; a refusal fails the test.
    pub(crate) fn connect(addr: SocketAddr, path: &str) -> Ws {
        Ws::open(addr, path, &[]).unwrap_or_else(|reply| panic!("{path} was refused: {reply:?}"))
    }

    /// Opens a socket with more headers, or gives the refusal.
    pub(crate) fn open(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Ws, Reply> {
        let (http, reply) = upgrade(addr, path, headers);
        if reply.status != 101 {
            return Err(reply);
        }
        assert_eq!(reply.header("sec-websocket-accept"), Some(ACCEPT), "{reply:?}");
        assert!(
            reply.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")),
            "{reply:?}"
        );
        let (stream, rest) = http.into_parts();
        Ok(Ws { socket: WebSocket::from_partially_read(stream, rest, Role::Client, None) })
    }

    /// The next thing heard within a time. A pong is on its way as soon as the next look begins.
    pub(crate) fn heard_within(&mut self, time: Duration) -> Option<Heard> {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.socket.get_mut().set_read_timeout(Some(left.max(Duration::from_millis(1)))).unwrap();
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(Heard::Text(text.to_string())),
                Ok(Message::Binary(_)) => return Some(Heard::Gone("a binary frame".to_owned())),
                Ok(Message::Ping(_)) => return Some(Heard::Ping),
                Ok(Message::Pong(payload)) => return Some(Heard::Pong(payload.to_vec())),
                Ok(Message::Close(frame)) => {
                    let frame = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                    let (code, reason) = frame.unwrap_or((1005, String::new()));
                    // Sends the answer to it; fails where the connection is gone already.
                    drop(self.socket.flush());
                    return Some(Heard::Closed(code, reason));
                }
                Ok(Message::Frame(_)) => {}
                Err(tungstenite::Error::Io(e)) if is_timeout(&e) => {
                    if left.is_zero() {
                        return None;
                    }
                }
                Err(e) => return Some(Heard::Gone(e.to_string())),
            }
        }
    }

    /// The next thing heard; silence up to the deadline fails the test.
    pub(crate) fn heard(&mut self) -> Heard {
        self.heard_within(DEADLINE).unwrap_or_else(|| panic!("nothing was heard for {DEADLINE:?}"))
    }

    /// The next text frame.
    pub(crate) fn text(&mut self) -> String {
        loop {
            match self.heard() {
                Heard::Text(text) => return text,
                Heard::Ping | Heard::Pong(_) => {}
                other => panic!("the socket ended: {other:?}"),
            }
        }
    }

    /// The next answer; errors in between fail the test.
    pub(crate) fn answer(&mut self) -> Answer {
        Answer::parse(&self.text())
    }

    /// Reads answers until one fits.
    pub(crate) fn answer_where(&mut self, what: &str, mut fits: impl FnMut(&Answer) -> bool) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.answer();
            if fits(&answer) {
                return answer;
            }
            assert!(began.elapsed() < DEADLINE, "no answer with: {what}; the last was {}", answer.raw);
        }
    }

    /// The next `{"error":…}` frame and its code, past any answers.
    pub(crate) fn error(&mut self) -> (String, String) {
        let began = Instant::now();
        loop {
            let text = self.text();
            if text.starts_with("{\"error\"") {
                return (check_error(&text), text);
            }
            Answer::parse(&text);
            assert!(began.elapsed() < DEADLINE, "answers went on, no error came");
        }
    }

    /// The close code and reason, past any answers. Fails when the connection ends without a close frame.
    pub(crate) fn closed(&mut self) -> (u16, String) {
        match self.ended() {
            Heard::Closed(code, reason) => (code, reason),
            other => panic!("no close frame came, but {other:?}"),
        }
    }

    /// How the connection ended, past any answers: `Closed` or `Gone`.
    pub(crate) fn ended(&mut self) -> Heard {
        let began = Instant::now();
        loop {
            match self.heard() {
                end @ (Heard::Closed(..) | Heard::Gone(_)) => return end,
                Heard::Text(_) | Heard::Ping | Heard::Pong(_) => {}
            }
            assert!(began.elapsed() < DEADLINE, "the socket stayed open");
        }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    pub(crate) fn send_binary(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).unwrap();
    }

    pub(crate) fn close(&mut self) {
        self.socket.close(None).unwrap();
    }

    /// Bytes past the library. An error is the server's closing, which the test sees by what it hears.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.get_mut().write_all(bytes)
    }
}

fn is_timeout(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const PING: u8 = 0x9;
/// Marks a message's last frame; to be added to an opcode.
pub(crate) const FIN: u8 = 0x80;

/// A masked frame with this first byte (FIN, reserved bits, opcode).
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x1f, 0xa2, 0x00, 0xff];
    let mut bytes = head(first, payload.len() as u64, true);
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A frame's first bytes up to its length, in the shortest form.
pub(crate) fn head(first: u8, length: u64, masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => bytes.push(mask_bit | short),
        (_, Ok(middle)) => {
            bytes.push(mask_bit | 126);
            bytes.extend_from_slice(&middle.to_be_bytes());
        }
        (_, Err(_)) => {
            bytes.push(mask_bit | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

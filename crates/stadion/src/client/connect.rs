//! Reads a stream by WebSocket, comes back by itself and goes on where it was.

use std::collections::HashSet;
use std::time::Duration;

use ::http::HeaderValue;
use ::http::header::AUTHORIZATION;
use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes};

use super::address::{Address, encode};
use super::envelope::{Frame, Position};
use super::error::ClientError;
use super::http;
use crate::hub::frame::CloseCode;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The server pings every 54 s.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// Far above an event of 1 MiB in its envelope.
const FRAME_BYTES_MAX: usize = 32 << 20;
const BACKOFF_MAX: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_millis(250);

/// What to read.
#[derive(Clone, Debug)]
pub struct Source {
    pub address: Address,
    /// The whole path, without a query.
    pub path: String,
    pub token: Option<HeaderValue>,
    /// Try again where not even the first connection comes about.
    pub is_patient: bool,
}

/// What a reader hears.
#[derive(Clone, Debug)]
pub enum Heard {
    Event(Event),
    /// Live state is complete, live begins behind this position.
    Live {
        position: Position,
        text: Utf8Bytes,
    },
    /// The position can't be gone on from: why. Live state follows.
    Lost(String),
    /// The connection is gone, or did not come about: why. It is tried again.
    Away(String),
    /// The connection is there again.
    Back,
}

#[derive(Clone, Debug)]
pub struct Event {
    /// `None` where the server knows no envelopes.
    pub position: Option<Position>,
    /// Part of live state.
    pub is_state: bool,
    /// The whole frame.
    pub text: Utf8Bytes,
    body: std::ops::Range<usize>,
}

impl Event {
    /// The event's own bytes.
    pub fn body(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }
}

/// Where the next connection begins.
#[derive(Clone, Debug)]
enum From {
    /// As it was asked for.
    Wish(String),
    After(Position),
}

#[derive(Debug)]
pub struct Reader {
    source: Source,
    from: From,
    socket: Option<WebSocketStream<TcpStream>>,
    /// Whether this connection brings envelopes; known with its first frame.
    has_envelopes: Option<bool>,
    /// Offsets of live state that is not complete yet: when it has to be read again, they are not told twice.
    state: HashSet<u64>,
    state_epoch: String,
    backoff: Duration,
    was_connected: bool,
    is_away: bool,
}

/// Why there is no connection.
enum NoSocket {
    Passing(String),
    Lost(String),
    Final(ClientError),
}

impl Reader {
    /// Begins at `from`, in the words of the server's own `from`.
    pub fn new(source: Source, from: String) -> Self {
        Self {
            source,
            from: From::Wish(from),
            socket: None,
            has_envelopes: None,
            state: HashSet::new(),
            state_epoch: String::new(),
            backoff: BACKOFF,
            was_connected: false,
            is_away: false,
        }
    }

    /// The next thing; waits for it. Dropped while it waits, it may begin a connection anew.
    ///
    /// # Errors
    /// Coming back makes no sense.
    pub async fn next(&mut self) -> Result<Heard, ClientError> {
        loop {
            let Some(socket) = &mut self.socket else {
                if self.is_away {
                    sleep(self.backoff).await;
                    self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
                }
                if let Some(heard) = self.connect().await? {
                    return Ok(heard);
                }
                continue;
            };
            let message = match timeout(SILENCE_MAX, socket.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return Ok(self.away(error.to_string())),
                Ok(None) => return Ok(self.away("the connection was closed".to_owned())),
                Err(_elapsed) => return Ok(self.away("the connection went silent".to_owned())),
            };
            match message {
                Message::Text(text) => {
                    if let Some(heard) = self.take(text) {
                        return Ok(heard);
                    }
                }
                Message::Close(frame) => return self.closed(frame),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    async fn connect(&mut self) -> Result<Option<Heard>, ClientError> {
        let opened = timeout(CONNECT_WITHIN, open(&self.source, &self.from)).await;
        match opened.unwrap_or_else(|_elapsed| Err(NoSocket::Passing("no answer in time".to_owned()))) {
            Ok(socket) => {
                self.socket = Some(socket);
                self.has_envelopes = None;
                self.was_connected = true;
                let was_away = std::mem::take(&mut self.is_away);
                Ok(was_away.then_some(Heard::Back))
            }
            Err(NoSocket::Passing(why)) if self.was_connected || self.source.is_patient => {
                Ok((!std::mem::replace(&mut self.is_away, true)).then_some(Heard::Away(why)))
            }
            Err(NoSocket::Passing(why)) => {
                Err(ClientError::Unreachable { host: self.source.address.host.clone(), why })
            }
            Err(NoSocket::Lost(why)) => Ok(Some(self.lost(why))),
            Err(NoSocket::Final(error)) => Err(error),
        }
    }

    /// What a text means; `None`: nothing to tell.
    fn take(&mut self, text: Utf8Bytes) -> Option<Heard> {
        self.backoff = BACKOFF;
        let frame = Frame::parse(&text);
        let has_envelopes = *self.has_envelopes.get_or_insert(frame != Frame::Bare);
        if !has_envelopes {
            let body = 0..text.len();
            return Some(Heard::Event(Event { position: None, is_state: false, text, body }));
        }
        match frame {
            Frame::Event { position, is_state: true, body } => {
                if self.state_epoch != position.epoch {
                    self.state.clear();
                    self.state_epoch.clone_from(&position.epoch);
                }
                let is_new = u64::try_from(position.offset).is_ok_and(|offset| self.state.insert(offset));
                is_new.then_some(Heard::Event(Event { position: Some(position), is_state: true, text, body }))
            }
            Frame::Event { position, is_state: false, body } => {
                if let From::After(last) = &self.from
                    && last.epoch == position.epoch
                    && position.offset <= last.offset
                {
                    return None;
                }
                self.from = From::After(position.clone());
                Some(Heard::Event(Event { position: Some(position), is_state: false, text, body }))
            }
            Frame::Live(position) => {
                self.state.clear();
                self.from = From::After(position.clone());
                Some(Heard::Live { position, text })
            }
            // What was left out is still in the log: it is read from there.
            Frame::Skipped(count) => Some(self.away(format!("{count} events behind"))),
            Frame::Bare => None,
        }
    }

    fn closed(&mut self, frame: Option<CloseFrame>) -> Result<Heard, ClientError> {
        let Some(frame) = frame else { return Ok(self.away("the connection was closed".to_owned())) };
        let (code, reason) = (u16::from(frame.code), frame.reason.to_string());
        if code == CloseCode::PositionLost.code() {
            return Ok(self.lost(reason));
        }
        // The contract's codes after which coming back makes no sense.
        if matches!(code, 1008 | 1009 | 4110..=4112 | 4400..=4499) {
            return Err(ClientError::Closed { code, reason });
        }
        Ok(self.away(format!("the server closed the connection: {code} {reason}")))
    }

    fn away(&mut self, why: String) -> Heard {
        self.socket = None;
        self.is_away = true;
        Heard::Away(why)
    }

    fn lost(&mut self, why: String) -> Heard {
        self.socket = None;
        self.state.clear();
        self.from = From::Wish("live".to_owned());
        Heard::Lost(why)
    }
}

async fn open(source: &Source, from: &From) -> Result<WebSocketStream<TcpStream>, NoSocket> {
    let passing = |error: std::io::Error| NoSocket::Passing(error.to_string());
    let from = match from {
        From::Wish(wish) => encode(wish),
        From::After(position) => encode(&position.to_string()),
    };
    let url = format!("ws://{}{}?envelope=1&from={from}", source.address.host, source.path);
    let mut request = url.as_str().into_client_request().map_err(|error| {
        NoSocket::Final(ClientError::Usage(format!("{url:?} is no WebSocket address: {error}")))
    })?;
    if let Some(token) = &source.token {
        request.headers_mut().insert(AUTHORIZATION, token.clone());
    }
    let tcp = TcpStream::connect(&source.address.connect).await.map_err(passing)?;
    tcp.set_nodelay(true).map_err(passing)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    match tokio_tungstenite::client_async_with_config(request, tcp, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(reply)) => {
            let status = reply.status().as_u16();
            let message =
                http::message(&String::from_utf8_lossy(reply.body().as_deref().unwrap_or_default()));
            Err(match status {
                410 => NoSocket::Lost(message),
                _ if http::is_passing(status) => NoSocket::Passing(format!("{status} {message}")),
                _ => NoSocket::Final(ClientError::Refused { what: "to be read".to_owned(), status, message }),
            })
        }
        Err(error) => Err(NoSocket::Passing(error.to_string())),
    }
}

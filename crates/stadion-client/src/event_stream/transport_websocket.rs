//! One WebSocket to the server.

use std::future::poll_fn;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tungstenite::Message;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;

use super::Cause;
use super::ending::{Ending, Remedy};
use super::progress::refusal;
use super::simulated_network::{Network, Simulate, Way};

/// Far above an answer's 1 MiB of events, escaped and with everybody's state.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Messages of one's own on their way; what waits longer can still be dropped.
const UNDERWAY_MAX: usize = 64;

/// An open WebSocket that has brought its first answer.
#[derive(Debug)]
pub(super) struct Socket {
    source: SplitStream<WebSocketStream<TcpStream>>,
    upward: Upward,
    down: Way<Event>,
    /// The connection said its last word; it may not have arrived yet.
    over: bool,
    silence_max: Duration,
    heard: Instant,
}

/// The way of one's own messages.
#[derive(Debug)]
struct Upward {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    way: Way<String>,
    unflushed: bool,
}

#[derive(Debug)]
enum Event {
    Text(String),
    Ended(Ending),
}

/// Where and how to open one.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) token: Option<String>,
    pub(super) first_answer: Duration,
    pub(super) silence_max: Duration,
    pub(super) simulate: Option<Simulate>,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum NoSocket {
    /// The server is not there at all.
    Unreachable(Ending),
    /// An answer in HTTP, by the server or by something on the way that does not like WebSockets.
    Refused(Ending),
    /// It was open, and the server closed it.
    Closed(Ending),
}

impl Socket {
    /// Opens one and waits for its first text.
    pub(super) async fn open(opening: Opening) -> Result<(Self, String), NoSocket> {
        let late = || NoSocket::Refused(Ending::lost("no answer by WebSocket in time"));
        timeout(opening.first_answer, Self::open_at_leisure(&opening)).await.map_err(|_elapsed| late())?
    }

    async fn open_at_leisure(opening: &Opening) -> Result<(Self, String), NoSocket> {
        let unreachable =
            |error: std::io::Error| NoSocket::Unreachable(Ending::lost(format!("cannot connect: {error}")));
        let tcp = TcpStream::connect(&opening.authority).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(ANSWER_BYTES_MAX))
            .max_frame_size(Some(ANSWER_BYTES_MAX));
        let request = request(opening).map_err(NoSocket::Refused)?;
        let (stream, _) = tokio_tungstenite::client_async_with_config(request, tcp, Some(config))
            .await
            .map_err(|error| NoSocket::Refused(ending_of_error(error)))?;
        let (sink, source) = stream.split();
        let way = Way::new(Network::new(&opening.simulate));
        let mut socket = Self {
            source,
            upward: Upward { sink, way, unflushed: false },
            down: Way::new(Network::new(&opening.simulate)),
            over: false,
            silence_max: opening.silence_max,
            heard: Instant::now(),
        };
        let first = socket.next().await.map_err(NoSocket::Closed)?;
        Ok((socket, first))
    }

    /// Whether it takes more messages now.
    pub(super) fn writable(&self) -> bool {
        self.upward.way.len() < UNDERWAY_MAX
    }

    /// Puts a message on its way; it goes while [`Socket::next`] is awaited.
    pub(super) fn send(&mut self, text: String) {
        self.upward.way.put(text);
    }

    /// The next text from the server, or how the connection ended. Dropped and called again, it misses nothing.
    pub(super) async fn next(&mut self) -> Result<String, Ending> {
        loop {
            tokio::select! {
                event = self.down.next() => match event {
                    Event::Text(text) => return Ok(text),
                    Event::Ended(ending) => return Err(ending),
                },
                // A failure to send is told by the reading side too, and better: with the server's close code.
                Ok(()) = self.upward.pass_one(), if !self.over => {}
                message = self.source.next(), if !self.over => {
                    self.heard = Instant::now();
                    if let Some(event) = event_of(message) {
                        self.over = matches!(event, Event::Ended(_));
                        self.down.put(event);
                    }
                }
                () = sleep_until(self.heard + self.silence_max) => {
                    return Err(Ending::lost("the connection went silent"));
                }
            }
        }
    }
}

impl Upward {
    /// Each step is either not begun or done when this is dropped.
    async fn pass_one(&mut self) -> Result<(), tungstenite::Error> {
        if !self.unflushed {
            self.way.due().await;
            poll_fn(|context| self.sink.poll_ready_unpin(context)).await?;
            let Some(text) = self.way.pop() else { return Ok(()) };
            self.sink.start_send_unpin(Message::text(text))?;
            self.unflushed = true;
        }
        self.sink.flush().await?;
        self.unflushed = false;
        Ok(())
    }
}

fn event_of(message: Option<Result<Message, tungstenite::Error>>) -> Option<Event> {
    match message {
        Some(Ok(Message::Text(text))) => Some(Event::Text(text.as_str().to_owned())),
        Some(Ok(Message::Close(frame))) => Some(Event::Ended(match frame {
            Some(frame) => Ending::of_close(frame.code.into(), &frame.reason),
            None => Ending::lost("the connection was closed"),
        })),
        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => None,
        Some(Err(error)) => Some(Event::Ended(Ending::lost(format!("the connection was lost: {error}")))),
        None => Some(Event::Ended(Ending::lost("the connection was closed"))),
    }
}

fn request(opening: &Opening) -> Result<Request<()>, Ending> {
    let url = format!("ws://{}{}", opening.authority, opening.path);
    let mut request =
        url.into_client_request().map_err(|error| Ending::lost(format!("no WebSocket address: {error}")))?;
    if let Some(token) = &opening.token {
        request.headers_mut().insert(AUTHORIZATION, bearer(token)?);
    }
    Ok(request)
}

/// `Bearer …`, marked as secret for whoever prints headers.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, Ending> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_invalid| {
        Ending::new(Remedy::Stop, Cause::Token, "token", "the token does not fit into a header")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn ending_of_error(error: tungstenite::Error) -> Ending {
    match error {
        tungstenite::Error::Http(response) => {
            let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned();
            let (code, message) = refusal(&body).unwrap_or_default();
            Ending::of_status(response.status().as_u16(), &code, &message)
        }
        error => Ending::lost(format!("no WebSocket: {error}")),
    }
}

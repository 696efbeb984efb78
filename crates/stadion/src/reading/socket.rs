//! `GET /v1/streams/{name}/events`, upgraded: a WebSocket reader.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{StatusCode, request};
use hyper::upgrade::OnUpgrade;
use tokio::net::TcpStream;

use super::from::{Lost, Point};
use crate::app::App;
use crate::clock::Clock;
use crate::events::cell::{Cell, Inner};
use crate::http::access::{self, Denied};
use crate::http::error::{self, Reply};
use crate::http::upgrade;
use crate::hub::connection::{self, Handler};
use crate::hub::cursor::{Cursor, Encoding, LiveList, Source, StateCursor};
use crate::hub::frame::CloseCode;
use crate::hub::readers::{Reader, ReaderId};
use crate::hub::socket::Socket;
use crate::rights::Right;
use crate::serve::Counted;

/// What a reader asks for in its address's query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    pub from: Point,
    pub to: Option<Point>,
    pub encoding: Encoding,
    /// A position that is lost becomes live state instead of an error.
    pub recover_live: bool,
    /// Nothing before there is a live state: a competition begins with its first activation.
    pub waits_for_state: bool,
    pub limit: usize,
}

/// Events of a page.
pub const LIMIT_MAX: usize = 1_000;
const LIMIT: usize = 100;

impl Wishes {
    /// What a request asks for, by its query and, of competitions, its path.
    pub fn of(parts: &request::Parts) -> Result<Self, Denied> {
        let mut wishes = Self::read(parts.uri.query().unwrap_or_default())?;
        wishes.waits_for_state = parts.uri.path().starts_with("/v1/competitions/");
        Ok(wishes)
    }

    fn read(query: &str) -> Result<Self, Denied> {
        let mut wishes = Self {
            from: Point::Live,
            to: None,
            encoding: Encoding::Bare,
            recover_live: false,
            waits_for_state: false,
            limit: LIMIT,
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "from" => wishes.from = point(&value, "from")?,
                "to" => wishes.to = Some(point(&value, "to")?),
                "envelope" if value == "1" => wishes.encoding = Encoding::Envelope,
                "envelope" if value == "0" => {}
                "envelope" => return Err(Denied::bad_request("bad_query", "envelope is 0 or 1", "envelope")),
                "recover" if value == "live" => wishes.recover_live = true,
                "recover" => return Err(Denied::bad_request("bad_query", "recover is \"live\"", "recover")),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                    wishes.limit = limit.ok_or_else(|| {
                        Denied::bad_request(
                            "bad_query",
                            &format!("limit is a number from 1 to {LIMIT_MAX}"),
                            "limit",
                        )
                    })?;
                }
                _ => {}
            }
        }
        Ok(wishes)
    }
}

fn point(text: &str, field: &'static str) -> Result<Point, Denied> {
    let allowed = "\"live\", \"head\", \"start\", a position, a time like 2026-11-21T12:00:00Z or -5m";
    Point::parse(text)
        .ok_or_else(|| Denied::bad_request("bad_query", &format!("{field} is {allowed}"), field))
}

/// The offset at which a reader begins, or why not.
pub fn begin(inner: &Inner, point: &Point) -> Result<u64, Lost> {
    let (first, head) = (inner.first(), inner.head());
    match point {
        Point::Live | Point::Head => Ok(head),
        Point::Start => Ok(first),
        Point::Position(position) => position.resolve(inner.epoch(), first, head),
        Point::Time(time_ms) => Ok(inner.offset_at(*time_ms)),
        Point::Ago(ago) => {
            let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
            Ok(inner.offset_at(Clock::wall_ms().saturating_sub(ago)))
        }
    }
}

/// The offset at which a reader ends, or why not. What lies in the future is waited for.
pub fn end(inner: &Inner, point: &Point) -> Result<u64, Lost> {
    match point {
        Point::Position(position) => match position.resolve(inner.epoch(), 0, u64::MAX) {
            Ok(_) => Ok(position.next),
            Err(lost) => Err(lost),
        },
        Point::Live | Point::Head | Point::Start | Point::Time(_) | Point::Ago(_) => begin(inner, point),
    }
}

/// Answers the upgrade; what follows has a task of its own.
pub fn upgrade(app: &Arc<App>, peer: SocketAddr, parts: &mut request::Parts, name: String) -> Reply {
    let accepted = match upgrade::accept(&parts.headers) {
        Ok(reply) => reply,
        Err(reply) => return *reply,
    };
    let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else { return upgrade::required() };
    let place = parts.extensions.remove::<Arc<Counted>>();
    let checked = access::check_events(app, parts, peer, Right::Read, &name).and_then(|()| Wishes::of(parts));
    let has_origin = parts.headers.contains_key(http::header::ORIGIN);
    if let Err(denied) = &checked
        && !has_origin
    {
        return denied.reply();
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let Some((tcp, early)) = upgrade::connection(upgrade).await else { return };
        match checked {
            Ok(wishes) => read(&app, tcp, early, &name, wishes, place).await,
            Err(denied) => {
                let socket = Arc::new(Socket::new(tcp));
                let (code, reason) = (denied.close_code(), denied.code());
                connection::refuse(socket, code, reason, app.streams.clock, place).await;
            }
        }
    });
    accepted
}

async fn read(
    app: &Arc<App>,
    tcp: TcpStream,
    early: Bytes,
    name: &str,
    wishes: Wishes,
    place: Option<Arc<Counted>>,
) {
    let clock = app.streams.clock;
    let socket = Arc::new(Socket::new(tcp));
    let Some(cell) = app.events.find_or_hold(name, app.config.namespaces.events_of(name)) else {
        return connection::refuse(socket, CloseCode::BadRequest, "bad_stream_name", clock, place).await;
    };
    let heard = Arc::new(AtomicU64::new(clock.now().as_micros()));
    let cursor = match cursor(&cell, &wishes) {
        Ok(cursor) => cursor,
        Err(lost) => {
            app.events.release(&cell);
            return connection::refuse(socket, CloseCode::PositionLost, &lost.to_string(), clock, place)
                .await;
        }
    };
    let metrics = &app.streams.metrics;
    metrics.readers.increment(1.0);
    let (socket_of_reader, pinged) = (Arc::clone(&socket), clock.now());
    let reader = Reader { socket: socket_of_reader, cursor, heard: Arc::clone(&heard), pinged };
    let id = cell.readers.lock().add(reader);
    if app.is_draining() {
        socket.close(CloseCode::GoingAway, "the server goes away: come back", clock.now());
    }
    let mut plain = Plain { app: Arc::clone(app), cell, heard, id, socket: Arc::clone(&socket) };
    plain.writable();
    tokio::spawn(connection::serve(socket, early, MESSAGE_BYTES_MAX, clock, plain, place));
}

/// A reader says nothing; control frames are small.
const MESSAGE_BYTES_MAX: usize = 4096;

/// The cursor of a new reader.
pub fn cursor(cell: &Cell, wishes: &Wishes) -> Result<Cursor, Lost> {
    let inner = cell.inner.lock();
    let begun = begin(&inner, &wishes.from);
    let until = wishes.to.as_ref().map(|to| end(&inner, to)).transpose()?;
    drop(inner);
    let wants_live = wishes.from == Point::Live || (begun.is_err() && wishes.recover_live);
    let (state, next) = if wants_live {
        // Without scope rules there is no live state; the mark behind it still says where live begins.
        let nothing = || LiveList { offsets: Arc::from([]), truncated: false, next: cell.head() };
        let list = cell.live_state().unwrap_or_else(nothing);
        let next = list.next;
        (Some(StateCursor { list, at: 0 }), next)
    } else {
        (None, begun?)
    };
    let is_nothing = state.as_ref().is_some_and(|state| state.list.offsets.is_empty());
    let waits_for_state = wishes.waits_for_state && is_nothing;
    let state = state.filter(|_| !waits_for_state);
    Ok(Cursor { encoding: wishes.encoding, state, waits_for_state, next, place: None, until })
}

struct Plain {
    app: Arc<App>,
    cell: Arc<Cell>,
    heard: Arc<AtomicU64>,
    id: ReaderId,
    socket: Arc<Socket>,
}

impl Handler for Plain {
    fn message(&mut self, _: &str) -> Option<Vec<u8>> {
        Some(error::body("bad_message", "a reader sends nothing; publish by POST", None))
    }

    fn heard(&mut self) {
        self.heard.store(self.app.streams.clock.now().as_micros(), Ordering::Relaxed);
    }

    fn writable(&mut self) {
        let now = self.app.streams.clock.now();
        let (sent, more) = self.cell.readers.lock().advance(self.id, &*self.cell, now);
        self.app.streams.metrics.pushed_bytes.increment(sent);
        if more {
            // Others have their turn first.
            self.socket.call_again();
        }
    }

    fn gone(&mut self, _: &Arc<Socket>) {
        self.cell.readers.lock().remove(self.id);
        self.app.streams.metrics.readers.decrement(1.0);
        self.app.events.release(&self.cell);
    }
}

/// How a lost position is answered without a WebSocket.
pub fn lost_reply(lost: Lost) -> Reply {
    error::reply(StatusCode::GONE, "position_lost", &lost.to_string(), Some("from"))
}

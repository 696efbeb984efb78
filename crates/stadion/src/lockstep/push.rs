//! Lockstep over WebSocket: push connections, which send too, and watchers, who only read.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::request;
use hyper::upgrade::OnUpgrade;
use stadion_core::{PrivateId, Tick, Time};
use tokio::net::TcpStream;

use super::address::{Address, Who};
use super::answer::{self, Extensions};
use super::audience::{Reader, ReaderId};
use super::cell::{Cell, Inner, Seat, Sync};
use super::refused::Refused;
use super::request::Message;
use crate::app::{App, NewStream};
use crate::http::access::{self, Denied};
use crate::http::error::{self, Reply};
use crate::http::upgrade;
use crate::hub::connection::{self, Handler};
use crate::hub::frame::{CloseCode, text_frame};
use crate::hub::socket::Socket;
use crate::rights::Right;
use crate::serve::Counted;

/// What a reader has asked for in its address's query.
#[derive(Debug, Default)]
struct Wishes {
    every: i64,
    delay: Duration,
    epoch: Option<Box<str>>,
    watch: bool,
}

/// What the reader's connection and the flush loop both know of it. Atomic, so that a message that comes in needs not
/// wait for a flush.
#[derive(Debug, Default)]
pub struct Own {
    seq: AtomicU64,
    shown: AtomicU8,
    heard: AtomicU64,
}

/// Counts upgrades in the order in which they are asked for.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Nobody needs to hear less often than every 50 s at 20 ticks a second.
const EVERY_MAX: i64 = 1_000;
/// Longer than any broadcast delay; a stream that ends takes its delayed watchers with it.
const DELAY_MAX: Duration = Duration::from_secs(3_600);
/// Watchers are pinged as all readers are; who is silent for longer is gone.
const WATCHER_PING: Duration = Duration::from_secs(54);
const WATCHER_SILENCE: Duration = Duration::from_secs(60);

/// Answers the upgrade of a lockstep address; what follows has a task of its own.
pub fn upgrade(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: &mut request::Parts,
    address: Result<Address<'_>, Denied>,
) -> Reply {
    let accepted = match upgrade::accept(&parts.headers) {
        Ok(reply) => reply,
        Err(reply) => return *reply,
    };
    let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else { return upgrade::required() };
    let checked = address.and_then(|address| Ok((check(app, peer, parts, &address)?, address)));
    let place = parts.extensions.remove::<Arc<Counted>>();
    let (wishes, address) = match checked {
        Ok(checked) => checked,
        // A browser can't see a status here: it is let in and told by a close code.
        Err(denied) if parts.headers.contains_key(http::header::ORIGIN) => {
            let clock = app.streams.clock;
            tokio::spawn(async move {
                let Some((tcp, _)) = upgrade::connection(upgrade).await else { return };
                let socket = Arc::new(Socket::new(tcp));
                connection::refuse(socket, denied.close_code(), denied.code(), clock, place).await;
            });
            return accepted;
        }
        Err(denied) => return denied.reply(),
    };
    let join = Join {
        app: Arc::clone(app),
        from: app.config.limits.trusted_proxies.client(peer.ip(), &parts.headers),
        stream: address.stream.into_owned(),
        last_known: address.last_known,
        wishes,
        asked: ASKED.fetch_add(1, Ordering::Relaxed),
        place,
    };
    let who = address.who;
    tokio::spawn(async move {
        let Some((tcp, early)) = upgrade::connection(upgrade).await else { return };
        match who {
            Who::Client(client) => join.push(tcp, early, client).await,
            Who::Watcher => join.watch(tcp, early).await,
        }
    });
    accepted
}

fn check(
    app: &App,
    peer: SocketAddr,
    parts: &request::Parts,
    address: &Address<'_>,
) -> Result<Wishes, Denied> {
    let wishes = Wishes::read(parts.uri.query().unwrap_or_default())?;
    let right = match (&address.who, wishes.watch) {
        (Who::Watcher, true) => Right::Read,
        (Who::Client(_), false) => Right::Play,
        (Who::Watcher, false) => {
            return Err(Denied::bad_request("bad_private_id", "'-' goes with ?watch=1", "private id"));
        }
        (Who::Client(_), true) => {
            return Err(Denied::bad_request(
                "bad_private_id",
                "?watch=1 goes with '-' for a private id",
                "watch",
            ));
        }
    };
    access::check_stream(app, parts, peer, right, &address.stream)?;
    Ok(wishes)
}

impl Wishes {
    fn read(query: &str) -> Result<Self, Denied> {
        let mut wishes = Self { every: 1, ..Self::default() };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "every" => {
                    let every = value.parse().ok().filter(|every| (1..=EVERY_MAX).contains(every));
                    wishes.every = every.ok_or_else(|| {
                        Denied::bad_request(
                            "bad_query",
                            &format!("every is a number from 1 to {EVERY_MAX}"),
                            "every",
                        )
                    })?;
                }
                "delay" => {
                    let delay = crate::config::parse_duration(&value).filter(|delay| *delay <= DELAY_MAX);
                    wishes.delay = delay.ok_or_else(|| {
                        Denied::bad_request(
                            "bad_query",
                            "delay is a duration like \"30s\", at most \"1h\"",
                            "delay",
                        )
                    })?;
                }
                "epoch" => wishes.epoch = Some(value.into()),
                "watch" => wishes.watch = value == "1",
                _ => {}
            }
        }
        if !wishes.watch && !wishes.delay.is_zero() {
            return Err(Denied::bad_request("bad_query", "delay is for watchers", "delay"));
        }
        Ok(wishes)
    }
}

/// A connection on its way into a stream.
struct Join {
    app: Arc<App>,
    from: IpAddr,
    stream: String,
    last_known: Tick,
    wishes: Wishes,
    /// Its place among the upgrades.
    asked: u64,
    /// Its place among the connections that may be open.
    place: Option<Arc<Counted>>,
}

impl Join {
    async fn push(mut self, tcp: TcpStream, early: Bytes, client: PrivateId) {
        let socket = Arc::new(Socket::new(tcp));
        let app = Arc::clone(&self.app);
        let streams = &app.streams;
        let message = Message { epoch: self.wishes.epoch.take(), ..Message::default() };
        let sync = Sync { client: client.clone(), last_known: self.last_known, message, quiet: false };
        let opening = NewStream { app: &app, address: self.from, name: &self.stream };
        let joined = streams.sync(&self.stream, sync, &opening, |cell, inner, answer| {
            let seat = Seat { socket: Arc::clone(&socket), asked: self.asked };
            let before = inner.take_seat(client.clone(), seat);
            inner.stream.reader_joined();
            let first = inner.encode(&answer, Extensions { epoch: true, seq: true, hashes: false });
            (Arc::clone(cell), answer, first, before, inner.stream.announced())
        });
        let (cell, answer, first, before, told) = match joined {
            Ok(joined) => joined,
            Err(refused) => {
                streams.metrics.refused(refused.code());
                let code = refused.code();
                return connection::refuse(socket, refused.close_code(), code, streams.clock, self.place)
                    .await;
            }
        };
        let now = streams.clock.now();
        if let Some(before) = before {
            before.close(CloseCode::Replaced, "a newer connection of this client took its place", now);
        }
        let own = Arc::new(Own::default());
        own.seq.store(answer.seq, Ordering::Relaxed);
        let reader = Reader {
            public_id: Some(answer.public_id),
            ping_every: app.config.lockstep.disconnect_after / 4,
            silence_max: None,
            ..self.reader(&socket, &own, answer.t, now)
        };
        let id = self.seat(&cell, reader, first, told, now);
        let player = Player { app: Arc::clone(&app), cell: Arc::clone(&cell), client, own, id };
        let bytes_max = app.config.limits.body_bytes;
        tokio::spawn(connection::serve(socket, early, bytes_max, streams.clock, player, self.place));
    }

    async fn watch(mut self, tcp: TcpStream, early: Bytes) {
        let socket = Arc::new(Socket::new(tcp));
        let app = Arc::clone(&self.app);
        let streams = &app.streams;
        let epoch = self.wishes.epoch.take().filter(|epoch| !epoch.is_empty());
        let now = streams.clock.now();
        let begun = streams.find(&self.stream).and_then(|cell| {
            let mut inner = cell.inner.lock();
            if inner.ended || epoch.is_some_and(|epoch| *epoch != *inner.stream.epoch().as_str()) {
                return None;
            }
            let told = inner.stream.announce(now);
            let goal = self.goal(&inner, now).min(told);
            let (first, sent) = first_to_watcher(&inner, self.last_known, goal, !self.wishes.delay.is_zero());
            inner.stream.reader_joined();
            streams.arm(&cell.name, &mut inner);
            drop(inner);
            Some((cell, first, sent, told))
        });
        let Some((cell, first, sent, told)) = begun else {
            let reason = "there is no such stream, or not in this epoch";
            return connection::refuse(socket, CloseCode::PositionLost, reason, streams.clock, self.place)
                .await;
        };
        let own = Arc::new(Own::default());
        let reader = self.reader(&socket, &own, sent, now);
        let id = self.seat(&cell, reader, first, told, now);
        let watcher = Watcher { app: Arc::clone(&app), cell: Arc::clone(&cell), own, id };
        let bytes_max = app.config.limits.body_bytes;
        tokio::spawn(connection::serve(socket, early, bytes_max, streams.clock, watcher, self.place));
    }

    fn goal(&self, inner: &Inner, now: Time) -> Tick {
        inner.stream.clock(now - self.wishes.delay)
    }

    fn reader(&self, socket: &Arc<Socket>, own: &Arc<Own>, sent: Tick, now: Time) -> Reader {
        own.heard_at(now);
        Reader {
            socket: Arc::clone(socket),
            own: Arc::clone(own),
            public_id: None,
            sent,
            place: None,
            every: self.wishes.every,
            delay: self.wishes.delay,
            ping_every: WATCHER_PING,
            pinged: now,
            silence_max: Some(WATCHER_SILENCE),
        }
    }

    /// Sends the first answer and gives the reader its place in the audience.
    fn seat(&self, cell: &Cell, reader: Reader, first: Vec<u8>, told: Tick, now: Time) -> ReaderId {
        let metrics = &self.app.streams.metrics;
        metrics.readers.increment(1.0);
        let frame = text_frame(&first);
        // Behind whatever may be in the way: the first answer is owed.
        reader.socket.send_control(&frame, now);
        metrics.pushed_bytes.increment(frame.len() as u64);
        let drained = self.app.is_draining();
        let socket = Arc::clone(&reader.socket);
        let id = cell.audience.lock().add(reader, told);
        if drained || cell.inner.lock().ended {
            // It came while everybody was being sent home.
            let code = if drained { CloseCode::GoingAway } else { CloseCode::StreamEnded };
            socket.close(code, "the server goes away", now);
        }
        id
    }
}

/// Where a watcher starts. It says in which epoch, so that he can come back to the same.
fn first_to_watcher(inner: &Inner, last_known: Tick, goal: Tick, delayed: bool) -> (Vec<u8>, Tick) {
    let (offsets, whole) = inner.stream.events_between(last_known, goal);
    let mut first = Vec::new();
    answer::push_head(&mut first, whole);
    inner.push_events(&mut first, offsets, false);
    if delayed {
        answer::push_no_states(&mut first);
    } else {
        answer::push_states(&mut first, &inner.stream, last_known);
    }
    answer::push_own(&mut first, None, Some(inner.stream.epoch()), None);
    first.push(b'}');
    (first, whole)
}

impl Own {
    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::Relaxed)
    }

    pub fn shown(&self) -> Extensions {
        Extensions::from_bits(self.shown.load(Ordering::Relaxed))
    }

    pub fn heard(&self) -> Time {
        Time::from_micros(self.heard.load(Ordering::Relaxed))
    }

    fn heard_at(&self, now: Time) {
        self.heard.store(now.as_micros(), Ordering::Relaxed);
    }

    fn show(&self, more: Extensions) {
        self.shown.fetch_or(more.bits(), Ordering::Relaxed);
    }
}

/// The other side of a push connection.
struct Player {
    app: Arc<App>,
    cell: Arc<Cell>,
    client: PrivateId,
    own: Arc<Own>,
    id: ReaderId,
}

impl Player {
    fn take(&self, text: &str) -> Result<(), Refused> {
        let streams = &self.app.streams;
        streams.metrics.received_bytes.increment(text.len() as u64);
        let message = Message::decode(text.as_bytes(), self.app.message_limits)?;
        let shown = Extensions {
            epoch: message.epoch.is_some(),
            seq: message.seq.is_some(),
            hashes: message.hash.is_some(),
        };
        let sync = Sync { client: self.client.clone(), last_known: Tick(i64::MAX), message, quiet: true };
        let mut inner = self.cell.inner.lock();
        if inner.ended {
            // The close frame that says so is on its way.
            return Ok(());
        }
        let answer = inner.sync(sync, streams.clock.now(), &streams.metrics)?;
        self.own.seq.store(answer.seq, Ordering::Relaxed);
        self.own.show(shown);
        streams.arm(&self.cell.name, &mut inner);
        Ok(())
    }
}

impl Handler for Player {
    fn message(&mut self, text: &str) -> Option<Vec<u8>> {
        let refused = self.take(text).err()?;
        self.app.streams.metrics.refused(refused.code());
        Some(refused.body())
    }

    fn heard(&mut self) {
        self.cell.inner.lock().stream.heard_from(&self.client, self.app.streams.clock.now());
    }

    fn writable(&mut self) {
        catch_up(&self.app, &self.cell, self.id);
    }

    fn gone(&mut self, socket: &Arc<Socket>) {
        self.cell.audience.lock().remove(self.id);
        let streams = &self.app.streams;
        let mut inner = self.cell.inner.lock();
        inner.stream.reader_left();
        inner.leave_seat(&self.client, socket, streams.clock.now());
        if !inner.ended {
            streams.arm(&self.cell.name, &mut inner);
        }
        drop(inner);
        streams.metrics.readers.decrement(1.0);
    }
}

struct Watcher {
    app: Arc<App>,
    cell: Arc<Cell>,
    own: Arc<Own>,
    id: ReaderId,
}

impl Handler for Watcher {
    fn message(&mut self, _: &str) -> Option<Vec<u8>> {
        Some(error::body("bad_message", "a watcher sends nothing", None))
    }

    fn heard(&mut self) {
        self.own.heard_at(self.app.streams.clock.now());
    }

    fn writable(&mut self) {
        catch_up(&self.app, &self.cell, self.id);
    }

    fn gone(&mut self, _: &Arc<Socket>) {
        self.cell.audience.lock().remove(self.id);
        self.cell.inner.lock().stream.reader_left();
        self.app.streams.metrics.readers.decrement(1.0);
    }
}

fn catch_up(app: &App, cell: &Cell, id: ReaderId) {
    let streams = &app.streams;
    let sent = cell.audience.lock().catch_up(id, &cell.inner, streams.clock.now());
    streams.metrics.pushed_bytes.increment(sent);
}

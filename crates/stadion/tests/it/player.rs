//! A client as a game would be: it keeps its connection, its last known tick and the log of what it was given.

use std::net::SocketAddr;

use serde_json::json;

use crate::answer::{Answer, Event};
use crate::harness::wait_for;
use crate::raw_http::{Http, Reply};
use crate::socket::Ws;

/// The address of our own documents for a stream, a private id and a tick.
pub(crate) fn path(stream: &str, private_id: &str, tick: impl ToString) -> String {
    format!("/v1/lockstep/{stream}/{private_id}/{}", tick.to_string())
}

/// Where a watcher starts.
pub(crate) fn watch_path(stream: &str, tick: i64) -> String {
    format!("{}?watch=1", path(stream, "-", tick))
}

/// A request with one event.
pub(crate) fn one_event(kind: &str, body: &str) -> String {
    json!({"Events": [{"Type": kind, "Body": body}]}).to_string()
}

pub(crate) struct Player {
    http: Http,
    stream: String,
    private_id: String,
    /// The last announced tick, 0 before the first answer.
    pub(crate) last: i64,
    /// Every event handed out so far, in order.
    pub(crate) log: Vec<Event>,
    pub(crate) proxy_id: String,
}

impl Player {
    pub(crate) fn new(addr: SocketAddr, stream: &str, private_id: &str) -> Player {
        Player {
            http: Http::connect(addr),
            stream: stream.to_owned(),
            private_id: private_id.to_owned(),
            last: 0,
            log: Vec::new(),
            proxy_id: String::new(),
        }
    }

    /// A player that has asked once and so is in the stream.
    pub(crate) fn join(addr: SocketAddr, stream: &str, private_id: &str) -> Player {
        let mut player = Player::new(addr, stream, private_id);
        player.poll();
        player
    }

    /// A request from any tick, with the whole reply; nothing is remembered.
    pub(crate) fn ask(&mut self, tick: impl ToString, body: &str) -> Reply {
        self.http.post(&path(&self.stream, &self.private_id, tick), body)
    }

    /// A request from any tick that must be answered by 200; nothing is remembered.
    pub(crate) fn answer_from(&mut self, tick: impl ToString, body: &str) -> Answer {
        let reply = self.ask(tick, body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"), "{reply:?}");
        reply.check_cors();
        Answer::parse(reply.text())
    }

    /// Syncs from the last known tick and takes over what is new.
    pub(crate) fn sync(&mut self, body: &str) -> Answer {
        let answer = self.answer_from(self.last, body);
        self.take(&answer);
        answer
    }

    pub(crate) fn poll(&mut self) -> Answer {
        self.sync("{}")
    }

    /// Puts one event into the stream.
    pub(crate) fn send(&mut self, kind: &str, body: &str) -> Answer {
        self.sync(&one_event(kind, body))
    }

    fn take(&mut self, answer: &Answer) {
        take(answer, &mut self.last, &mut self.log);
        self.proxy_id.clone_from(&answer.proxy_id);
    }

    /// Polls until the log fits.
    pub(crate) fn poll_until(&mut self, what: &str, mut fits: impl FnMut(&Player) -> bool) {
        wait_for(what, || {
            self.poll();
            fits(self).then_some(())
        });
    }

    /// Polls until this tick was announced.
    pub(crate) fn poll_to(&mut self, tick: i64) {
        self.poll_until(&format!("tick {tick}"), |player| player.last >= tick);
    }

    /// Polls until an event of this type is there and gives it.
    pub(crate) fn poll_for(&mut self, kind: &str) -> Event {
        self.poll_until(&format!("an event {kind}"), |player| {
            player.log.iter().any(|event| event.kind == kind)
        });
        self.log.iter().find(|event| event.kind == kind).unwrap().clone()
    }

    /// The log without the server's own events: what clients have written.
    pub(crate) fn written(&self) -> Vec<(&str, &str, &str)> {
        let own = self.log.iter().filter(|event| !event.kind.starts_with('_'));
        own.map(|event| (event.origin.as_str(), event.kind.as_str(), event.body.as_str())).collect()
    }

    /// The server's own events of one type, by the public id in their body.
    pub(crate) fn ids_of(&self, kind: &str) -> Vec<&str> {
        self.log.iter().filter(|event| event.kind == kind).map(|event| event.body.as_str()).collect()
    }
}

/// The rules that every reader can check by itself, then takes over what the answer brings.
fn take(answer: &Answer, last: &mut i64, log: &mut Vec<Event>) {
    assert!(answer.t >= *last, "T went back from {last} in {}", answer.raw);
    let mut before = *last;
    for event in &answer.events {
        assert!(event.t > *last, "an event of a closed tick (T {last}) in {}", answer.raw);
        assert!(event.t <= answer.t, "an event of a tick not yet announced in {}", answer.raw);
        assert!(event.t >= before, "events out of order in {}", answer.raw);
        before = event.t;
    }
    *last = answer.t;
    log.extend(answer.events.iter().cloned());
}

/// What a socket was given so far.
pub(crate) struct Listener {
    pub(crate) socket: Ws,
    pub(crate) last: i64,
    pub(crate) log: Vec<Event>,
    /// The first answer of the socket.
    pub(crate) first: Answer,
}

impl Listener {
    /// Opens a socket that starts at tick 0 and reads its first answer.
    pub(crate) fn push(addr: SocketAddr, stream: &str, private_id: &str) -> Listener {
        Listener::open(addr, &path(stream, private_id, 0), 0)
    }

    pub(crate) fn watch(addr: SocketAddr, stream: &str) -> Listener {
        Listener::open(addr, &watch_path(stream, 0), 0)
    }

    /// Opens a socket whose path starts at `tick`, and reads its first answer.
    pub(crate) fn open(addr: SocketAddr, path: &str, tick: i64) -> Listener {
        let mut socket = Ws::connect(addr, path);
        let first = socket.answer();
        let mut listener = Listener { socket, last: tick, log: Vec::new(), first: first.clone() };
        take(&first, &mut listener.last, &mut listener.log);
        listener
    }

    /// The next answer, taken over.
    pub(crate) fn next(&mut self) -> Answer {
        let answer = self.socket.answer();
        take(&answer, &mut self.last, &mut self.log);
        answer
    }

    pub(crate) fn next_until(&mut self, what: &str, mut fits: impl FnMut(&Listener) -> bool) {
        wait_for(what, || {
            if fits(self) {
                return Some(());
            }
            self.next();
            None
        });
    }

    pub(crate) fn next_for(&mut self, kind: &str) -> Event {
        self.next_until(&format!("an event {kind}"), |l| l.log.iter().any(|event| event.kind == kind));
        self.log.iter().find(|event| event.kind == kind).unwrap().clone()
    }
}

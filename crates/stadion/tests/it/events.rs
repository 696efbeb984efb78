//! Streams of events as a user has them: publishing, pages, WebSocket readers, envelopes.

use std::net::SocketAddr;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::raw_http::{Reply, get, request};
use crate::socket::{Heard, Ws};

/// The keys that an envelope may have.
const KEYS: [&str; 9] = ["stream", "epoch", "offset", "time", "type", "origin", "tick", "body", "state"];

/// JSON Lines, so that a body of one line is read in the same way as one of many.
pub(crate) const LINES: (&str, &str) = ("Content-Type", "application/x-ndjson");

/// Where a stream's events are published and read.
pub(crate) fn events_path(stream: &str) -> String {
    format!("/v1/streams/{stream}/events")
}

/// What a publisher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) epoch: String,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Published {
    /// Checks the answer's shape: exactly an epoch, the first and the last offset.
    pub(crate) fn parse(reply: &Reply) -> Published {
        assert_eq!(reply.status, 200, "{reply:?} {}", reply.text());
        let value: Value = serde_json::from_str(reply.text()).unwrap();
        assert_eq!(value.as_object().unwrap().len(), 3, "{value}");
        Published {
            epoch: epoch_in(&value),
            first: value["first"].as_i64().unwrap(),
            last: value["last"].as_i64().unwrap(),
        }
    }

    /// The position after its last event.
    pub(crate) fn position(&self) -> String {
        position(&self.epoch, self.last)
    }
}

pub(crate) fn position(epoch: &str, offset: i64) -> String {
    format!("{epoch}:{offset}")
}

/// 128 random bits in base64url.
fn epoch_in(value: &Value) -> String {
    let epoch = value["epoch"].as_str().unwrap_or_else(|| panic!("no epoch in {value}"));
    assert!(
        epoch.trim_end_matches('=').len() == 22
            && epoch.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)),
        "an epoch is 128 bits in base64url: {value}"
    );
    epoch.to_owned()
}

/// Sends lines to a stream, whatever the answer is.
pub(crate) fn try_publish(addr: SocketAddr, stream: &str, lines: &str) -> Reply {
    request(addr, "POST", &events_path(stream), &[LINES], lines)
}

pub(crate) fn publish(addr: SocketAddr, stream: &str, lines: &str) -> Published {
    Published::parse(&try_publish(addr, stream, lines))
}

/// One event as a reader with envelopes gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) stream: String,
    pub(crate) epoch: String,
    pub(crate) offset: i64,
    pub(crate) time: String,
    pub(crate) kind: Option<String>,
    pub(crate) state: bool,
    /// Exactly the bytes that stand in the frame.
    pub(crate) body: String,
}

impl Envelope {
    pub(crate) fn parse(text: &str) -> Envelope {
        let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        for key in value.as_object().unwrap().keys() {
            assert!(KEYS.contains(&key.as_str()), "{key} in {text}");
        }
        let time = value["time"].as_str().unwrap_or_else(|| panic!("no time in {text}"));
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "a time of RFC 3339 in {text}");
        assert!(value["state"].is_null() || value["state"] == true, "{text}");
        Envelope {
            stream: value["stream"].as_str().unwrap().to_owned(),
            epoch: epoch_in(&value),
            offset: value["offset"].as_i64().unwrap(),
            time: time.to_owned(),
            kind: value.get("type").map(|kind| kind.as_str().unwrap().to_owned()),
            state: value["state"] == true,
            body: serde_json::from_str::<Bodied>(text).unwrap().body.get().to_owned(),
        }
    }
}

/// A body as it stands in its envelope.
#[derive(serde::Deserialize)]
struct Bodied {
    body: Box<RawValue>,
}

/// A page's envelopes as they stand in it.
#[derive(serde::Deserialize)]
struct Listed {
    events: Vec<Box<RawValue>>,
}

/// What a reader with envelopes hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Event(Envelope),
    /// Live begins after this offset.
    Live {
        epoch: String,
        offset: i64,
    },
    Skipped(i64),
}

impl Frame {
    fn parse(text: &str, stream: &str) -> Frame {
        let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(value["stream"], stream, "{text}");
        if value["live"] == true {
            assert!(value.get("body").is_none(), "{text}");
            let epoch = value["epoch"].as_str().unwrap().to_owned();
            return Frame::Live { epoch, offset: value["offset"].as_i64().unwrap() };
        }
        if let Some(skipped) = value.get("skipped") {
            return Frame::Skipped(skipped.as_i64().unwrap());
        }
        Frame::Event(Envelope::parse(text))
    }
}

/// A WebSocket with envelopes.
pub(crate) struct Reader {
    stream: String,
    ws: Ws,
}

impl Reader {
    /// With a query like `from=start`.
    pub(crate) fn open(addr: SocketAddr, stream: &str, query: &str) -> Reader {
        let ws = Ws::connect(addr, &format!("{}?envelope=1&{query}", events_path(stream)));
        Reader { stream: stream.to_owned(), ws }
    }

    pub(crate) fn frame(&mut self) -> Frame {
        let text = self.ws.text();
        Frame::parse(&text, &self.stream)
    }

    /// The next event; a mark of live before it is passed over, since without scope rules one may come or not.
    pub(crate) fn event(&mut self) -> Envelope {
        loop {
            match self.frame() {
                Frame::Event(event) => return event,
                Frame::Live { .. } => {}
                Frame::Skipped(n) => panic!("{n} were skipped"),
            }
        }
    }

    /// The next events' bodies.
    pub(crate) fn bodies(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.event().body).collect()
    }

    /// The live state up to its mark, and the offset after which live begins.
    pub(crate) fn state(&mut self) -> (Vec<Envelope>, i64) {
        let mut state = Vec::new();
        loop {
            match self.frame() {
                Frame::Event(event) => {
                    assert!(event.state, "an event without a mark within the live state: {event:?}");
                    state.push(event);
                }
                Frame::Live { offset, .. } => return (state, offset),
                Frame::Skipped(n) => panic!("{n} were skipped"),
            }
        }
    }

    /// The next frame, or the end with its code.
    pub(crate) fn frame_or_end(&mut self) -> Result<Frame, u16> {
        loop {
            match self.ws.heard() {
                Heard::Text(text) => return Ok(Frame::parse(&text, &self.stream)),
                Heard::Closed(code, _) => return Err(code),
                Heard::Ping | Heard::Pong(_) => {}
                Heard::Gone(how) => panic!("no close frame came: {how}"),
            }
        }
    }

    pub(crate) fn closed(&mut self) -> (u16, String) {
        self.ws.closed()
    }
}

/// A WebSocket that gets the events' own bytes.
pub(crate) fn bare(addr: SocketAddr, stream: &str, query: &str) -> Ws {
    Ws::connect(addr, &format!("{}?{query}", events_path(stream)))
}

/// The next text frames of a socket.
pub(crate) fn texts(ws: &mut Ws, count: usize) -> Vec<String> {
    (0..count).map(|_| ws.text()).collect()
}

/// A page as its answer tells it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) epoch: String,
    pub(crate) events: Vec<Envelope>,
    pub(crate) next: String,
    /// Whether it says that it never changes.
    pub(crate) immutable: bool,
}

impl Page {
    pub(crate) fn parse(reply: &Reply) -> Page {
        assert_eq!(reply.status, 200, "{reply:?} {}", reply.text());
        let value: Value = serde_json::from_str(reply.text()).unwrap();
        assert_eq!(value.as_object().unwrap().len(), 3, "{value}");
        let listed: Listed = serde_json::from_str(reply.text()).unwrap();
        let events = listed.events.iter().map(|envelope| Envelope::parse(envelope.get())).collect();
        Page {
            epoch: value["epoch"].as_str().unwrap().to_owned(),
            events,
            next: value["next"].as_str().unwrap().to_owned(),
            immutable: reply.header("cache-control").is_some_and(|value| value.contains("immutable")),
        }
    }

    pub(crate) fn bodies(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.body.as_str()).collect()
    }
}

pub(crate) fn try_page(addr: SocketAddr, stream: &str, query: &str) -> Reply {
    get(addr, &format!("{}?{query}", events_path(stream)))
}

pub(crate) fn page(addr: SocketAddr, stream: &str, query: &str) -> Page {
    Page::parse(&try_page(addr, stream, query))
}

/// Every event that is kept, page by page.
pub(crate) fn all_events(addr: SocketAddr, stream: &str) -> Vec<Envelope> {
    let mut events = Vec::new();
    let mut from = "start".to_owned();
    loop {
        let page = page(addr, stream, &format!("from={from}&limit=1000"));
        if page.events.is_empty() {
            return events;
        }
        events.extend(page.events);
        from = page.next;
    }
}

pub(crate) fn exists(addr: SocketAddr, stream: &str) -> bool {
    match get(addr, &format!("/v1/streams/{stream}")).status {
        200 => true,
        404 => false,
        status => panic!("a look at {stream} is answered {status}"),
    }
}

/// Fails unless the offsets follow each other from this one on.
pub(crate) fn check_consecutive(first: i64, events: &[Envelope]) {
    for (expected, event) in (first..).zip(events) {
        assert_eq!(event.offset, expected, "a gap or a duplicate: {event:?}");
    }
}

//! One stream of events in the program: its log, its idempotency keys, its readers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use stadion_core::{Epoch, StreamName, Tick, Time};
use stadion_log::{Appended, Batch, EventLog, MemoryLog};

use crate::clock::Clock;
use crate::config::EventRules;
use crate::hub::cursor::{Encoding, LiveList, Source};
use crate::hub::frame::Header;
use crate::hub::readers::Readers;
use crate::reading::envelope::Envelope;

use super::live::Live;

/// Two locks, in this order where both are taken: the readers' while sockets are written to, the stream's while it
/// thinks.
#[derive(Debug)]
pub struct Cell {
    pub name: StreamName,
    pub rules: Arc<EventRules>,
    pub readers: Mutex<Readers>,
    pub inner: Mutex<Inner>,
    /// It waits for a flush already.
    pub waits_for_flush: AtomicBool,
    flushed: Mutex<Time>,
}

/// What the stream's lock guards.
#[derive(Debug)]
pub struct Inner {
    /// Made by the first append; a name that was never written has none.
    epoch: Option<Epoch>,
    log: MemoryLog,
    keys: Keys,
    /// `None` where the namespace has no scope rules.
    live: Option<Live>,
    /// The stream was deleted; whoever still holds the cell looks for a new one.
    pub deleted: bool,
}

/// Where published events stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    #[serde(serialize_with = "as_text")]
    pub epoch: Epoch,
    pub first: u64,
    pub last: u64,
}

fn as_text<S: serde::Serializer>(epoch: &Epoch, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(epoch.as_str())
}

/// Why nothing was published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    #[error("this Idempotency-Key was used for another body")]
    OtherBody,
    #[error("the log did not take it: come back in a second")]
    Unavailable,
}

/// A request's key, and what it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Idempotency<'a> {
    pub key: &'a str,
    pub body: &'a [u8],
}

/// How much of a stream is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub retain: Duration,
    pub bytes_max: u64,
}

impl Cell {
    pub fn new(name: StreamName, rules: Arc<EventRules>) -> Self {
        Self {
            readers: Mutex::new(Readers::new(rules.reader_backlog, rules.slow_reader)),
            inner: Mutex::new(Inner {
                epoch: None,
                log: MemoryLog::default(),
                keys: Keys::default(),
                live: rules.live(name.as_str()),
                deleted: false,
            }),
            waits_for_flush: AtomicBool::new(false),
            flushed: Mutex::new(Time::ORIGIN),
            name,
            rules,
        }
    }

    /// Gives the readers at the head what is new. The bytes handed to the kernel.
    pub fn flush(&self, now: Time) -> u64 {
        self.waits_for_flush.store(false, Ordering::Release);
        *self.flushed.lock() = now;
        let mut readers = self.readers.lock();
        if readers.is_empty() { 0 } else { readers.flush(self, now) }
    }

    /// The earliest time at which it may be flushed again: writes are coalesced for `flush` under load.
    pub fn may_flush_at(&self) -> Time {
        let after: Duration = self.rules.flush;
        if after.is_zero() { Time::ORIGIN } else { *self.flushed.lock() + after }
    }

    fn envelope(&self, epoch: Option<Epoch>) -> Envelope<'_> {
        Envelope { stream: self.name.as_str(), epoch, type_pointer: &self.rules.type_pointer }
    }

    /// The envelopes of live state, whole whatever its length: a part of it restores nothing.
    pub fn state_page(&self, list: &LiveList) -> Vec<u8> {
        let inner = self.inner.lock();
        let envelope = self.envelope(inner.epoch);
        let mut out = Vec::new();
        for offset in list.offsets.iter() {
            // What is gone since the list was made is none any more.
            let _gone = inner.log.read(*offset..*offset + 1, &mut |record| {
                if !out.is_empty() {
                    out.push(b',');
                }
                envelope.push_event(&mut out, record, true);
            });
        }
        out
    }

    /// A page of envelopes from `next` on: the events, and the offset behind the last.
    pub fn page(&self, next: u64, until: u64, limit: usize, bytes_max: usize) -> (Vec<u8>, u64) {
        let inner = self.inner.lock();
        let envelope = self.envelope(inner.epoch);
        let end = inner.head().min(until).min(next.saturating_add(limit as u64));
        let (mut out, mut at) = (Vec::new(), next);
        while at < end && out.len() < bytes_max {
            inner.show(at..at + 1, &mut |record| {
                if !out.is_empty() {
                    out.push(b',');
                }
                envelope.push_event(&mut out, record, false);
            });
            at += 1;
        }
        (out, at)
    }
}

impl Inner {
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    pub fn head(&self) -> u64 {
        self.log.head()
    }

    /// The oldest offset that is kept.
    pub fn first(&self) -> u64 {
        self.log.first()
    }

    /// The open scopes: level's name, key, the offset of the opening.
    pub fn open_scopes(&self) -> Vec<(String, String, u64)> {
        self.live.as_ref().map_or_else(Vec::new, Live::open_scopes)
    }

    /// The first offset whose event came at `time_ms` or later.
    pub fn offset_at(&self, time_ms: u64) -> u64 {
        self.log.offset_at(time_ms)
    }

    fn show(&self, offsets: std::ops::Range<u64>, show: &mut dyn FnMut(stadion_log::Record<'_>)) {
        let read = self.log.read(offsets, show);
        debug_assert!(read.is_ok(), "only what is there is asked for");
    }

    /// Whether a request with this key can be written, or was before.
    pub fn check_key(
        &mut self,
        idempotency: Option<Idempotency<'_>>,
        now_ms: u64,
    ) -> Result<(), NotPublished> {
        let Some(Idempotency { key, body }) = idempotency else { return Ok(()) };
        let hash: [u8; 32] = Sha256::digest(body).into();
        match self.keys.find(key, now_ms) {
            Some(before) if before.body != hash => Err(NotPublished::OtherBody),
            Some(_) | None => Ok(()),
        }
    }

    /// Appends the events, all or none; or finds that a request with this key did so before.
    pub fn publish(
        &mut self,
        events: &[&str],
        idempotency: Option<Idempotency<'_>>,
        new_epoch: Epoch,
        time_ms: u64,
        limits: Limits,
    ) -> Result<Published, NotPublished> {
        if let Some(before) = idempotency.and_then(|idempotency| self.keys.find(idempotency.key, time_ms)) {
            return Ok(before.answer);
        }
        let mut batch = Batch::new(time_ms);
        for event in events {
            batch.push(Tick::ZERO, |out| out.extend_from_slice(event.as_bytes()));
        }
        let Appended::Written { first } = self.log.append(&batch) else {
            return Err(NotPublished::Unavailable);
        };
        let epoch = *self.epoch.get_or_insert(new_epoch);
        let published = Published { epoch, first, last: first + (events.len() as u64).saturating_sub(1) };
        if let Some(Idempotency { key, body }) = idempotency {
            let body = Sha256::digest(body).into();
            self.keys.put(key, Answered { body, answer: published, time_ms });
        }
        if let Some(live) = &mut self.live {
            for (offset, event) in (first..).zip(events) {
                live.apply(offset, time_ms, event.as_bytes());
            }
        }
        let before_ms = time_ms.saturating_sub(u64::try_from(limits.retain.as_millis()).unwrap_or(u64::MAX));
        let live = &mut self.live;
        self.log.trim(before_ms, limits.bytes_max, |end| {
            live.as_mut().map_or_else(Vec::new, |live| live.kept_before(end, time_ms))
        });
        Ok(published)
    }
}

impl Source for Cell {
    fn head(&self) -> u64 {
        self.inner.lock().head()
    }

    fn first(&self) -> u64 {
        self.inner.lock().first()
    }

    fn push_frames(&self, out: &mut Vec<u8>, encoding: Encoding, from: u64, bytes_max: usize) -> u64 {
        let inner = self.inner.lock();
        let envelope = self.envelope(inner.epoch);
        let mut next = from;
        if from < inner.first() {
            // It fell out of the log between two looks; the reader finds out at its next one.
            return from;
        }
        let head = inner.head();
        let begin = out.len();
        let mut body = Vec::new();
        while next < head {
            inner.show(next..next + 1, &mut |record| {
                push_record(out, &mut body, &envelope, encoding, record, false);
            });
            next += 1;
            if out.len() - begin > bytes_max {
                break;
            }
        }
        next
    }

    fn push_state(
        &self,
        out: &mut Vec<u8>,
        encoding: Encoding,
        list: &[u64],
        at: usize,
        bytes_max: usize,
    ) -> (usize, usize) {
        let inner = self.inner.lock();
        let envelope = self.envelope(inner.epoch);
        let (begin, mut body) = (out.len(), Vec::new());
        let (mut first, mut next) = (at, at);
        for offset in list.iter().skip(at) {
            let before = out.len();
            // It is not there any more where its scope has closed while the reader was on its way.
            let read = inner.log.read(*offset..*offset + 1, &mut |record| {
                push_record(out, &mut body, &envelope, encoding, record, true);
            });
            next += 1;
            if read.is_err() {
                if before > begin {
                    next -= 1;
                    break;
                }
                first = next;
            }
            if out.len() - begin > bytes_max {
                break;
            }
        }
        (first, next)
    }

    fn push_live_mark(&self, out: &mut Vec<u8>, encoding: Encoding, truncated: bool, next: u64) {
        let envelope = self.envelope(self.inner.lock().epoch);
        match encoding {
            Encoding::Bare => {}
            Encoding::Envelope => {
                let mut body = Vec::new();
                envelope.push_live(&mut body, next, truncated);
                push_frame(out, &body);
            }
            Encoding::EventStream | Encoding::EventStreamEnvelope => {
                out.extend_from_slice(format!("id: {}\n\n", envelope.position(next)).as_bytes());
            }
        }
    }

    fn push_skipped(&self, out: &mut Vec<u8>, encoding: Encoding, skipped: u64) {
        let mut body = Vec::new();
        self.envelope(None).push_skipped(&mut body, skipped);
        match encoding {
            Encoding::Bare | Encoding::Envelope => push_frame(out, &body),
            Encoding::EventStream | Encoding::EventStreamEnvelope => {
                out.extend_from_slice(b"event: skipped\ndata: ");
                out.extend_from_slice(&body);
                out.extend_from_slice(b"\n\n");
            }
        }
    }

    fn live_state(&self) -> Option<LiveList> {
        let inner = self.inner.lock();
        let (offsets, truncated) = inner.live.as_ref()?.offsets(Clock::wall_ms());
        Some(LiveList { offsets, truncated, next: inner.head() })
    }
}

/// An event as this encoding has it. `body` is scratch.
fn push_record(
    out: &mut Vec<u8>,
    body: &mut Vec<u8>,
    envelope: &Envelope<'_>,
    encoding: Encoding,
    record: stadion_log::Record<'_>,
    state: bool,
) {
    body.clear();
    match encoding {
        Encoding::Bare => return push_frame(out, record.bytes),
        Encoding::EventStream => body.extend_from_slice(record.bytes),
        Encoding::Envelope | Encoding::EventStreamEnvelope => envelope.push_event(body, record, state),
    }
    if encoding == Encoding::Envelope {
        return push_frame(out, body);
    }
    if !state {
        out.extend_from_slice(format!("id: {}\n", envelope.position(record.offset + 1)).as_bytes());
    }
    out.extend_from_slice(b"data: ");
    // Inside a string a line break is escaped, so what is left of them are blanks.
    out.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    out.extend_from_slice(b"\n\n");
}

fn push_frame(out: &mut Vec<u8>, payload: &[u8]) {
    out.extend_from_slice(Header::text(payload.len()).as_bytes());
    out.extend_from_slice(payload);
}

/// What was answered to requests with a key, so that a retry is harmless.
#[derive(Debug, Default)]
struct Keys {
    answered: HashMap<Box<str>, Answered>,
    /// By age, so that the oldest are forgotten first.
    order: VecDeque<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Answered {
    body: [u8; 32],
    answer: Published,
    time_ms: u64,
}

const KEYS_MAX: usize = 100_000;
const KEPT_MS: u64 = 24 * 3_600_000;

impl Keys {
    fn find(&mut self, key: &str, now_ms: u64) -> Option<Answered> {
        while let Some(oldest) = self.order.front() {
            let is_over =
                self.answered.get(oldest).is_none_or(|answered| answered.time_ms + KEPT_MS < now_ms);
            if !is_over && self.order.len() <= KEYS_MAX {
                break;
            }
            if let Some(oldest) = self.order.pop_front() {
                self.answered.remove(&oldest);
            }
        }
        self.answered.get(key).copied()
    }

    fn put(&mut self, key: &str, answered: Answered) {
        self.order.push_back(key.into());
        self.answered.insert(key.into(), answered);
    }
}

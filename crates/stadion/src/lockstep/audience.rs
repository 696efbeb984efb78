//! Who is told every tick of a stream, and the telling.
//!
//! A reader is a cursor: the last tick it was sent and its place in the shared tail. A flush asks the stream once what
//! is new, encodes it once into the tail, and visits the readers; each gets one vectored write of a short head of its
//! own, the shared bytes, and a short foot. A reader that would block keeps its cursor and is visited again by its own
//! task when its socket has room; then one answer holds all it has missed.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;
use stadion_core::{Epoch, PublicId, Tick, Time};

use super::answer;
use super::cell::Inner;
use super::push::Own;
use crate::hub::frame::{CloseCode, Header, PING};
use crate::hub::socket::{Sent, Socket};
use crate::hub::tail::Tail;

/// The readers of one stream, with the tail they share.
#[derive(Debug, Default)]
pub struct Audience {
    readers: Slab<Reader>,
    tail: Tail,
    /// The tail holds everything up to this tick.
    told: Tick,
    scratch: Scratch,
}

/// A reader's place in its stream's audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderId(usize);

/// A push connection or a watcher.
#[derive(Debug)]
pub struct Reader {
    pub socket: Arc<Socket>,
    /// `None` is a watcher.
    pub public_id: Option<PublicId>,
    /// The last tick it was sent.
    pub sent: Tick,
    /// Where the rest begins in the tail; `None`: it reads from the log until it has caught up.
    pub place: Option<u64>,
    /// Every how many ticks it wants to hear.
    pub every: i64,
    /// How far behind it wants to be.
    pub delay: Duration,
    pub own: Arc<Own>,
    pub ping_every: Duration,
    pub pinged: Time,
    /// Silence after which it is dropped; a player's is the stream's to see.
    pub silence_max: Option<Duration>,
}

/// Buffers that a flush uses again and again.
#[derive(Debug, Default)]
struct Scratch {
    head: Vec<u8>,
    own: Vec<u8>,
    /// A frame's parts around the shared bytes.
    frame: Vec<u8>,
    hashes: Vec<u8>,
    /// States by the last known tick of who gets them; nearly always one entry.
    states: Vec<(Tick, Vec<u8>)>,
}

/// A connection that takes nothing for so long is dropped.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

impl Audience {
    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    pub fn len(&self) -> usize {
        self.readers.len()
    }

    pub fn add(&mut self, mut reader: Reader, told: Tick) -> ReaderId {
        if self.readers.is_empty() {
            self.tail.clear();
            self.told = told;
        }
        reader.place = (reader.sent == self.told && reader.delay.is_zero()).then(|| self.tail.head());
        ReaderId(self.readers.insert(reader))
    }

    pub fn remove(&mut self, id: ReaderId) {
        self.readers.try_remove(id.0);
        if self.readers.is_empty() {
            self.tail.clear();
            self.scratch = Scratch::default();
        }
    }

    pub fn close_all(&self, code: CloseCode, reason: &str, now: Time) {
        for (_, reader) in &self.readers {
            reader.socket.close(code, reason, now);
        }
    }

    /// Tells everybody the present tick. The number of bytes handed to the kernel.
    pub fn flush(&mut self, stream: &parking_lot::Mutex<Inner>, now: Time) -> u64 {
        let wants_hashes = self.readers.iter().any(|(_, reader)| reader.own.shown().hashes);
        let epoch = self.gather(stream, wants_hashes, now);
        let mut sent = 0;
        let Self { readers, tail, told, scratch } = self;
        let mut all_have_it = true;
        for (_, reader) in readers.iter_mut() {
            sent += tell(reader, tail, *told, scratch, epoch, stream, now);
            all_have_it &= reader.place.is_none_or(|place| place == tail.head());
        }
        if all_have_it {
            tail.all_have_had_it();
        }
        sent
    }

    /// Tells one reader what it has missed, up to what the others were told.
    pub fn catch_up(&mut self, id: ReaderId, stream: &parking_lot::Mutex<Inner>, now: Time) -> u64 {
        let Self { readers, tail, told, scratch } = self;
        let Some(reader) = readers.get_mut(id.0) else { return 0 };
        scratch.begin(*told);
        let epoch = {
            let inner = stream.lock();
            scratch.put_hashes(&inner, reader.own.shown().hashes);
            inner.stream.epoch()
        };
        tell(reader, tail, *told, scratch, epoch, stream, now)
    }

    /// Takes what is new into the tail.
    fn gather(&mut self, stream: &parking_lot::Mutex<Inner>, wants_hashes: bool, now: Time) -> Epoch {
        let mut inner = stream.lock();
        let t = inner.stream.announce(now);
        let before = self.told;
        while self.told < t {
            let (offsets, whole) = inner.stream.events_between(self.told, t);
            self.tail.extend(|out| inner.push_events(out, offsets, true));
            self.told = whole;
        }
        self.scratch.begin(self.told);
        self.scratch.put_states(&inner, before);
        self.scratch.put_hashes(&inner, wants_hashes);
        inner.stream.epoch()
    }
}

impl Scratch {
    fn begin(&mut self, told: Tick) {
        self.head.clear();
        answer::push_head(&mut self.head, told);
        self.states.clear();
        self.hashes.clear();
    }

    fn put_states(&mut self, inner: &Inner, last_known: Tick) {
        let mut states = Vec::new();
        answer::push_states(&mut states, &inner.stream, last_known);
        self.states.push((last_known, states));
    }

    fn put_hashes(&mut self, inner: &Inner, wanted: bool) {
        if wanted {
            answer::push_hashes(&mut self.hashes, &inner.stream);
        }
    }
}

/// Sends a reader what is due to it. The number of bytes handed to the kernel.
fn tell(
    reader: &mut Reader,
    tail: &Tail,
    told: Tick,
    scratch: &mut Scratch,
    epoch: Epoch,
    stream: &parking_lot::Mutex<Inner>,
    now: Time,
) -> u64 {
    let is_stuck = reader.socket.stuck_since().is_some_and(|since| now.since(since) >= WRITE_TIMEOUT);
    let is_silent = reader.silence_max.is_some_and(|max| now.since(reader.own.heard()) >= max);
    if is_stuck || is_silent {
        reader.socket.mark_dead();
        return 0;
    }
    let shown = reader.own.shown();
    let hashes = shown.hashes;
    scratch.own.clear();
    answer::push_own(
        &mut scratch.own,
        reader.public_id,
        shown.epoch.then_some(epoch),
        shown.seq.then(|| reader.own.seq()),
    );
    let Some(events) = reader.place.and_then(|place| tail.from(place)) else {
        return tell_from_log(reader, tail, told, scratch, hashes, stream, now);
    };
    if told.0.saturating_sub(reader.sent.0) < reader.every {
        ping_if_due(reader, now);
        return 0;
    }
    let known = scratch.states.iter().position(|(last_known, _)| *last_known == reader.sent);
    let known = known.unwrap_or_else(|| {
        scratch.put_states(&stream.lock(), reader.sent);
        scratch.states.len() - 1
    });
    let states = scratch.states.get(known).map_or(&[][..], |(_, states)| states);
    // Each event in the tail has a comma before it.
    let events = events.get(1..).unwrap_or_default();
    let hashes = if hashes { &scratch.hashes[..] } else { &[] };
    let foot = [states, &scratch.own, hashes, b"}"];
    let (outcome, bytes) = send(reader, &mut scratch.frame, &scratch.head, events, &foot, now);
    match outcome {
        Sent::Taken => {
            reader.sent = told;
            reader.place = Some(tail.head());
            bytes
        }
        Sent::Blocked | Sent::Gone => 0,
    }
}

/// For who joined late, was blocked for long or wants to be behind: answers of its own, from the log, until it has
/// caught up or its socket is full.
fn tell_from_log(
    reader: &mut Reader,
    tail: &Tail,
    told: Tick,
    scratch: &mut Scratch,
    hashes: bool,
    stream: &parking_lot::Mutex<Inner>,
    now: Time,
) -> u64 {
    let mut total = 0;
    loop {
        let mut body = Vec::new();
        let whole = {
            let inner = stream.lock();
            let goal =
                if reader.delay.is_zero() { told } else { inner.stream.clock(now - reader.delay).min(told) };
            if goal.0.saturating_sub(reader.sent.0) < reader.every {
                break;
            }
            let (offsets, whole) = inner.stream.events_between(reader.sent, goal);
            answer::push_head(&mut body, whole);
            inner.push_events(&mut body, offsets, false);
            if reader.delay.is_zero() {
                answer::push_states(&mut body, &inner.stream, reader.sent);
            } else {
                // States are of the present, which is what such a reader must not see.
                answer::push_no_states(&mut body);
            }
            whole
        };
        let hashes = if hashes && reader.delay.is_zero() { &scratch.hashes[..] } else { &[] };
        let foot = [&scratch.own[..], hashes, b"}"];
        let (outcome, bytes) = send(reader, &mut scratch.frame, &[], &body, &foot, now);
        if outcome != Sent::Taken {
            return total;
        }
        total += bytes;
        reader.sent = whole;
        if whole == told && reader.delay.is_zero() {
            reader.place = Some(tail.head());
            return total;
        }
    }
    ping_if_due(reader, now);
    total
}

/// A ping alone, where no answer goes out that it could travel with.
fn ping_if_due(reader: &mut Reader, now: Time) {
    if now.since(reader.pinged) >= reader.ping_every
        && reader.socket.send(&[IoSlice::new(&PING)], now) == Sent::Taken
    {
        reader.pinged = now;
    }
}

/// Shared bytes up to this many are copied between head and foot: that costs less than what the kernel does for two
/// more parts of a write.
const COPIED_BYTES_MAX: usize = 512;

/// One text frame of head, shared bytes and foot, and a ping where one is due, in one write. `frame` is scratch.
fn send(
    reader: &mut Reader,
    frame: &mut Vec<u8>,
    head: &[u8],
    shared: &[u8],
    foot: &[&[u8]],
    now: Time,
) -> (Sent, u64) {
    let payload = head.len() + shared.len() + foot.iter().map(|part| part.len()).sum::<usize>();
    let header = Header::text(payload);
    let ping_due = now.since(reader.pinged) >= reader.ping_every;
    frame.clear();
    if ping_due {
        frame.extend_from_slice(&PING);
    }
    frame.extend_from_slice(header.as_bytes());
    frame.extend_from_slice(head);
    let is_small = shared.len() <= COPIED_BYTES_MAX;
    if is_small {
        frame.extend_from_slice(shared);
    }
    let before = frame.len();
    for part in foot {
        frame.extend_from_slice(part);
    }
    let sent = if is_small {
        reader.socket.send(&[IoSlice::new(frame)], now)
    } else {
        let (front, back) = frame.split_at(before);
        reader.socket.send(&[IoSlice::new(front), IoSlice::new(shared), IoSlice::new(back)], now)
    };
    if sent == Sent::Taken && ping_due {
        reader.pinged = now;
    }
    (sent, (payload + header.as_bytes().len()) as u64)
}

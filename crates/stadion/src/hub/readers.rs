//! The plain readers of a stream: cursors into shared tails, or into the log where they are behind.
//!
//! A tail holds ready frames of one encoding and is made while somebody reads it at the head. A flush takes what is
//! new into the tails once and writes `tail[cursor..]` to each reader, whatever that is to whom. Who is behind (joined
//! from an old position, blocked for long) reads chunks of the log by its own task until it has reached the tail.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use slab::Slab;
use stadion_core::Time;

use super::frame::{CloseCode, PING, frames_within};
use super::socket::{Sent, Socket};
use super::tail::Tail;

/// What readers read: a log with its live state, seen through an encoder.
pub trait Source {
    /// The offset that the next event gets.
    fn head(&self) -> u64;

    /// The oldest offset from which all events on are kept.
    fn first(&self) -> u64;

    /// Appends the frames of events from `from` on, until `head` or until they are more than `bytes_max`; the offset
    /// behind the last.
    fn push_frames(&self, out: &mut Vec<u8>, encoding: Encoding, from: u64, bytes_max: usize) -> u64;

    /// Appends the frames of a part of live state, from `at` of the list on: the places of the first and behind the
    /// last. What is gone meanwhile is passed over, so that there is a frame for each place between.
    fn push_state(
        &self,
        out: &mut Vec<u8>,
        encoding: Encoding,
        list: &[u64],
        at: usize,
        bytes_max: usize,
    ) -> (usize, usize);

    /// Appends what says that live state is complete and live begins behind `offset` (an offset or -1).
    fn push_live_mark(&self, out: &mut Vec<u8>, encoding: Encoding, truncated: bool, next: u64);

    /// Appends what says that so many events were left out.
    fn push_skipped(&self, out: &mut Vec<u8>, encoding: Encoding, skipped: u64);

    /// The live state now; `None` where the stream has no scope rules.
    fn live_state(&self) -> Option<LiveList>;
}

/// The offsets that restore the present state, in order.
#[derive(Clone, Debug)]
pub struct LiveList {
    pub offsets: Arc<[u64]>,
    pub truncated: bool,
    /// The offset with which live begins.
    pub next: u64,
}

/// How an event is framed for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The event's own bytes and nothing else.
    Bare,
    /// `{"stream","epoch","offset",…,"body"}`
    Envelope,
}

/// A reader's cursor.
#[derive(Debug)]
pub struct Reader {
    pub socket: Arc<Socket>,
    pub encoding: Encoding,
    /// Live state still to be sent, before anything else.
    pub state: Option<StateCursor>,
    /// The offset that it gets next.
    pub next: u64,
    /// Where that is in the tail; `None`: it reads from the log and is nobody's slow reader yet.
    pub place: Option<u64>,
    /// Nothing from this offset on; then the connection ends.
    pub until: Option<u64>,
    pub heard: Arc<AtomicU64>,
    pub pinged: Time,
}

#[derive(Debug)]
pub struct StateCursor {
    pub list: LiveList,
    pub at: usize,
}

/// What becomes of a reader that is too far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowReader {
    /// It goes on with live state.
    Skip,
    Close,
}

#[derive(Debug)]
pub struct Readers {
    readers: Slab<Reader>,
    bare: EncodedTail,
    envelope: EncodedTail,
    backlog_bytes: u64,
    slow: SlowReader,
}

#[derive(Debug)]
struct EncodedTail {
    encoding: Encoding,
    tail: Tail,
    /// The offset behind the last event in it.
    next: u64,
    /// Readers that stand in it.
    users: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderId(usize);

/// Read from the log at once for a reader that is behind.
const CHUNK_BYTES: usize = 64 << 10;
/// A reader that is behind gives way to others after so many chunks.
const CHUNKS_A_TURN: usize = 16;
const PING_EVERY: Duration = Duration::from_secs(54);
const SILENCE_MAX: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How far a reader got in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It has had everything, or its socket is full.
    Done,
    /// There is more for it, and room.
    More,
}

impl Readers {
    pub fn new(backlog_bytes: usize, slow: SlowReader) -> Self {
        let tail = |encoding| EncodedTail { encoding, tail: Tail::default(), next: 0, users: 0 };
        Self {
            readers: Slab::new(),
            bare: tail(Encoding::Bare),
            envelope: tail(Encoding::Envelope),
            backlog_bytes: backlog_bytes as u64,
            slow,
        }
    }

    pub fn len(&self) -> usize {
        self.readers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    pub fn add(&mut self, reader: Reader) -> ReaderId {
        ReaderId(self.readers.insert(reader))
    }

    pub fn remove(&mut self, id: ReaderId) {
        if let Some(reader) = self.readers.try_remove(id.0)
            && reader.place.is_some()
        {
            self.tail_of(reader.encoding).users -= 1;
        }
    }

    pub fn close_all(&self, code: CloseCode, reason: &str, now: Time) {
        for (_, reader) in &self.readers {
            reader.socket.close(code, reason, now);
        }
    }

    /// Gives everybody who stands at the tail what is new. The bytes handed to the kernel.
    pub fn flush(&mut self, source: &impl Source, now: Time) -> u64 {
        for tail in [&mut self.bare, &mut self.envelope] {
            tail.extend(source);
        }
        let mut sent = 0;
        let Self { readers, bare, envelope, backlog_bytes, slow } = self;
        for (_, reader) in readers.iter_mut() {
            let tail = if reader.encoding == Encoding::Bare { &mut *bare } else { &mut *envelope };
            if reader.place.is_some() {
                sent += tell(reader, tail, source, *backlog_bytes, *slow, now).1;
            }
        }
        sent
    }

    /// Brings one reader on: who has just joined, or whose socket has room again. The bytes handed to the kernel, and
    /// whether there is more to do for it at once.
    pub fn advance(&mut self, id: ReaderId, source: &impl Source, now: Time) -> (u64, bool) {
        let Self { readers, bare, envelope, backlog_bytes, slow } = self;
        let Some(reader) = readers.get_mut(id.0) else { return (0, false) };
        let tail = if reader.encoding == Encoding::Bare { bare } else { envelope };
        let (turn, sent) = tell(reader, tail, source, *backlog_bytes, *slow, now);
        (sent, turn == Turn::More)
    }

    /// Pings who was not pinged for long, and drops who is silent or takes nothing.
    pub fn sweep(&mut self, now: Time) {
        for (_, reader) in &mut self.readers {
            let heard = Time::from_micros(reader.heard.load(Ordering::Relaxed));
            let is_stuck = reader.socket.stuck_since().is_some_and(|since| now.since(since) >= WRITE_TIMEOUT);
            if is_stuck || now.since(heard) >= SILENCE_MAX {
                reader.socket.mark_dead();
            } else if now.since(reader.pinged.max(heard)) >= PING_EVERY
                && reader.socket.send(&[IoSlice::new(&PING)], now) == Sent::Taken
            {
                reader.pinged = now;
            }
        }
    }

    fn tail_of(&mut self, encoding: Encoding) -> &mut EncodedTail {
        match encoding {
            Encoding::Bare => &mut self.bare,
            Encoding::Envelope => &mut self.envelope,
        }
    }
}

impl EncodedTail {
    /// Takes what is new; nothing where nobody stands in it.
    fn extend(&mut self, source: &impl Source) {
        let head = source.head();
        if self.users == 0 {
            self.tail.clear();
            self.next = head;
            return;
        }
        let first = source.first();
        if self.next < first {
            // Events went before anybody was told of them. Who stands here looks into the log, and finds out.
            self.tail.break_off();
            self.next = first;
        }
        while self.next < head {
            let from = self.next;
            let mut next = from;
            let encoding = self.encoding;
            self.tail.extend(|out| next = source.push_frames(out, encoding, from, CHUNK_BYTES));
            if next == from {
                return;
            }
            self.next = next;
        }
    }
}

/// Sends a reader what is due to it, from wherever it stands.
fn tell(
    reader: &mut Reader,
    tail: &mut EncodedTail,
    source: &impl Source,
    backlog_bytes: u64,
    slow: SlowReader,
    now: Time,
) -> (Turn, u64) {
    if let Some(place) = reader.place
        && tail.tail.head() - place > backlog_bytes
    {
        // Where it can't be told now, it stays behind and is told later.
        if !leave_behind(reader, tail, source, slow, now) {
            return (Turn::Done, 0);
        }
    }
    let mut total = 0;
    for _ in 0..CHUNKS_A_TURN {
        reader.forget_finished_state();
        if reader.until.is_some_and(|until| reader.next >= until) && reader.state.is_none() {
            reader.socket.close(CloseCode::Done, "this is where you wanted to stop", now);
            return (Turn::Done, total);
        }
        let slice = reader.place.filter(|_| reader.until.is_none()).and_then(|place| tail.tail.from(place));
        if let Some(frames) = slice {
            let (bytes, taken) = send(reader, frames, now);
            reader.move_on(bytes, taken);
            return (Turn::Done, total + bytes);
        }
        if reader.state.is_none() && reader.next < source.first() {
            // What it would get next is not kept any more.
            if !leave_behind(reader, tail, source, slow, now) {
                return (Turn::Done, total);
            }
            continue;
        }
        let mut out = Vec::new();
        let step = next_chunk(reader, source, &mut out);
        if out.is_empty() && reader.state.is_some() {
            // All that was left of it is gone meanwhile.
            step.commit(reader, 0, 0);
            continue;
        }
        if out.is_empty() {
            if stand_in_tail(reader, tail, source) {
                // At the head: from now on it is told by flushes.
                return (Turn::Done, total);
            }
            continue;
        }
        let (bytes, taken) = send(reader, &out, now);
        total += bytes;
        step.commit(reader, bytes, taken);
        if bytes < out.len() as u64 {
            return (Turn::Done, total);
        }
    }
    (Turn::More, total)
}

impl Reader {
    /// So many bytes of events' frames are on their way, and so many frames. A frame has the same bytes in the tail as
    /// when it is made anew from the log, so the place stays exact.
    fn move_on(&mut self, bytes: u64, frames: u64) {
        self.place = self.place.map(|place| place + bytes);
        self.next += frames;
    }

    /// Bare frames have no mark behind live state; there it is over with its last event.
    fn forget_finished_state(&mut self) {
        let is_over = |state: &StateCursor| state.at >= state.list.offsets.len();
        if self.encoding == Encoding::Bare && self.state.as_ref().is_some_and(is_over) {
            self.state = None;
        }
    }
}

/// What a chunk of frames means for the cursor once they are sent.
enum Step {
    /// So many frames of live state, and perhaps the mark behind it.
    State {
        from: usize,
        frames: u64,
        with_mark: bool,
    },
    Events,
}

impl Step {
    fn commit(self, reader: &mut Reader, bytes: u64, taken: u64) {
        match self {
            Self::Events => reader.move_on(bytes, taken),
            Self::State { from, frames, with_mark } => {
                let Some(state) = &mut reader.state else { return };
                state.at = from + usize::try_from(taken.min(frames)).unwrap_or(0);
                if with_mark && taken > frames {
                    reader.state = None;
                }
            }
        }
    }
}

fn next_chunk(reader: &Reader, source: &impl Source, out: &mut Vec<u8>) -> Step {
    let Some(state) = &reader.state else {
        let until = reader.until.unwrap_or(u64::MAX);
        if reader.next < until {
            let next = source.push_frames(out, reader.encoding, reader.next, CHUNK_BYTES);
            if next > until {
                out.clear();
                push_up_to(reader, source, until, out);
            }
        }
        return Step::Events;
    };
    let list = &state.list.offsets;
    let (from, behind) = source.push_state(out, reader.encoding, list, state.at, CHUNK_BYTES);
    let is_last = behind >= list.len();
    let before_mark = out.len();
    if is_last {
        source.push_live_mark(out, reader.encoding, state.list.truncated, reader.next);
    }
    Step::State { from, frames: (behind - from) as u64, with_mark: out.len() > before_mark }
}

/// Event by event, for a reader that ends within the next chunk.
fn push_up_to(reader: &Reader, source: &impl Source, until: u64, out: &mut Vec<u8>) {
    let mut next = reader.next;
    while next < until && out.len() < CHUNK_BYTES {
        let after = source.push_frames(out, reader.encoding, next, 0);
        if after == next {
            return;
        }
        next = after;
    }
}

/// Gives a reader that has read the whole log its place in the tail. `false`: something came meanwhile, it must read
/// on first.
fn stand_in_tail(reader: &mut Reader, tail: &mut EncodedTail, source: &impl Source) -> bool {
    if reader.place.is_some() {
        return true;
    }
    if tail.users == 0 {
        tail.tail.clear();
        tail.next = reader.next;
    } else {
        tail.extend(source);
    }
    let is_at_head = reader.next == tail.next;
    if is_at_head {
        tail.users += 1;
        reader.place = Some(tail.tail.head());
    }
    is_at_head
}

/// A reader that is too far behind starts anew from live state, or goes. `false`: not now, or not at all.
fn leave_behind(
    reader: &mut Reader,
    tail: &mut EncodedTail,
    source: &impl Source,
    slow: SlowReader,
    now: Time,
) -> bool {
    let live =
        source.live_state().filter(|_| slow == SlowReader::Skip && reader.encoding == Encoding::Envelope);
    let Some(list) = live else {
        reader.socket.close(CloseCode::TooSlow, "too far behind: come back for live state", now);
        return false;
    };
    let mut note = Vec::new();
    source.push_skipped(&mut note, reader.encoding, list.next.saturating_sub(reader.next));
    if reader.socket.send(&[IoSlice::new(&note)], now) != Sent::Taken {
        // It hears of it when it takes something again.
        return false;
    }
    if reader.place.take().is_some() {
        tail.users -= 1;
    }
    reader.next = list.next;
    reader.state = Some(StateCursor { list, at: 0 });
    true
}

/// Hands frames to the socket. The bytes that are on their way (whole frames, the last of them perhaps kept by the
/// socket in part), and how many frames that is.
fn send(reader: &mut Reader, frames: &[u8], now: Time) -> (u64, u64) {
    match reader.socket.send_frames(frames, now) {
        Some(bytes) => (bytes as u64, frames_within(frames, bytes)),
        None => (0, 0),
    }
}

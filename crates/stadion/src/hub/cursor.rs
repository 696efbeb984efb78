//! A reader's cursor, and the tails that cursors at the head stand in.
//!
//! A cursor reads live state first where it wants that, then the log in chunks, and when it has reached the head it
//! takes its place in the shared tail. What it is due is either one slice of the tail or a chunk made for it; how that
//! gets to the reader is the transport's.

use std::sync::Arc;

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

    /// Appends what says that live state is complete and live begins with `next`; bare frames have nothing for it.
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
    /// A WebSocket frame of the event's own bytes and nothing else.
    Bare,
    /// One of `{"stream","epoch","offset",…,"body"}`.
    Envelope,
    /// A server-sent event of the event's own bytes.
    EventStream,
    /// One of the envelope.
    EventStreamEnvelope,
}

/// Where a reader stands.
#[derive(Debug)]
pub struct Cursor {
    pub encoding: Encoding,
    /// Live state still to be sent, before anything else.
    pub state: Option<StateCursor>,
    /// It gets nothing until there is a live state, and begins with that.
    pub waits_for_state: bool,
    /// The offset that it gets next.
    pub next: u64,
    /// Where that is in the tail; `None`: it reads from the log and is nobody's slow reader yet.
    pub place: Option<u64>,
    /// Nothing from this offset on; then the connection ends.
    pub until: Option<u64>,
}

#[derive(Debug)]
pub struct StateCursor {
    pub list: LiveList,
    pub at: usize,
}

/// The tail of one encoding, made while somebody stands in it.
#[derive(Debug)]
pub struct EncodedTail {
    encoding: Encoding,
    tail: Tail,
    /// The offset behind the last event in it.
    next: u64,
    /// Cursors that stand in it.
    users: usize,
}

/// What is due to a cursor.
#[derive(Debug)]
pub enum Due<'a> {
    /// A slice of the tail, perhaps empty: it stands at the head.
    Tail(&'a [u8]),
    /// A chunk made for it.
    Chunk(Chunk),
    /// What it would get next is not kept any more.
    Gone,
    /// It has had all that it wanted.
    Finished,
}

/// Frames made for one cursor, and what they mean for it once they are sent.
#[derive(Debug)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// Events up to this offset.
    Events { next: u64 },
    /// So many frames of live state, and perhaps the mark behind it.
    State { from: usize, frames: u64, with_mark: bool },
}

/// Read from the log at once for a reader that is behind.
const CHUNK_BYTES: usize = 64 << 10;

impl Encoding {
    /// Whether frames say where they stand, so that a reader can be told that some were left out.
    pub fn can_skip(self) -> bool {
        match self {
            Self::Bare => false,
            Self::Envelope | Self::EventStream | Self::EventStreamEnvelope => true,
        }
    }
}

impl Cursor {
    /// What is due to it now.
    pub fn due<'t>(&mut self, tail: &'t mut EncodedTail, source: &impl Source) -> Due<'t> {
        if self.waits_for_state && !self.begins(tail, source) {
            return Due::Tail(&[]);
        }
        loop {
            self.forget_finished_state();
            if self.state.is_none() && self.until.is_some_and(|until| self.next >= until) {
                return Due::Finished;
            }
            if self.until.is_none() && self.place.is_some_and(|place| tail.tail.from(place).is_some()) {
                return Due::Tail(self.place.and_then(|place| tail.tail.from(place)).unwrap_or_default());
            }
            if self.state.is_none() && self.next < source.first() {
                return Due::Gone;
            }
            let chunk = self.chunk(source);
            if !chunk.bytes.is_empty() {
                return Due::Chunk(chunk);
            }
            if self.state.is_some() {
                // All that was left of it is gone meanwhile.
                self.sent_chunk(&chunk, 0, 0);
            } else if self.stand_in(tail, source) {
                return Due::Tail(&[]);
            }
        }
    }

    /// Whether there is a live state to begin with by now. Until then it stands at the head and passes over what comes.
    fn begins(&mut self, tail: &mut EncodedTail, source: &impl Source) -> bool {
        if let Some(list) = source.live_state().filter(|list| !list.offsets.is_empty()) {
            self.waits_for_state = false;
            self.restart(list, tail);
            return true;
        }
        self.leave(tail);
        loop {
            self.next = source.head();
            if self.stand_in(tail, source) {
                return false;
            }
        }
    }

    /// So many bytes of the tail's frames are on their way, and so many frames.
    pub fn sent_of_tail(&mut self, bytes: u64, frames: u64) {
        self.place = self.place.map(|place| place + bytes);
        self.next += frames;
    }

    /// All of the tail is on its way.
    pub fn sent_tail(&mut self, tail: &EncodedTail) {
        self.place = self.place.map(|_| tail.tail.head());
        self.next = tail.next;
    }

    /// So many bytes of the chunk are on their way, and so many frames. A frame has the same bytes in the tail as when
    /// it is made anew from the log, so a place in the tail stays exact.
    pub fn sent_chunk(&mut self, chunk: &Chunk, bytes: u64, frames: u64) {
        match chunk.step {
            Step::Events { .. } => self.sent_of_tail(bytes, frames),
            Step::State { from, frames: of_state, with_mark } => {
                let Some(state) = &mut self.state else { return };
                state.at = from + usize::try_from(frames.min(of_state)).unwrap_or(0);
                if with_mark && frames > of_state {
                    self.state = None;
                }
            }
        }
    }

    /// The whole chunk is on its way.
    pub fn sent_whole_chunk(&mut self, chunk: &Chunk) {
        match chunk.step {
            Step::Events { next } => {
                self.place = self.place.map(|place| place + chunk.bytes.len() as u64);
                self.next = next;
            }
            Step::State { frames, with_mark, .. } => self.sent_chunk(chunk, 0, frames + u64::from(with_mark)),
        }
    }

    /// Begins anew with live state; what was left out of the log is gone for it.
    pub fn restart(&mut self, list: LiveList, tail: &mut EncodedTail) {
        self.leave(tail);
        self.next = list.next;
        self.state = Some(StateCursor { list, at: 0 });
    }

    /// Gives up its place in the tail.
    pub fn leave(&mut self, tail: &mut EncodedTail) {
        if self.place.take().is_some() {
            tail.users -= 1;
        }
    }

    /// Whether it has had everything that is in the tail.
    pub fn has_all_of(&self, tail: &EncodedTail) -> bool {
        self.place.is_none_or(|place| place == tail.tail.head())
    }

    /// Bytes of frames that it has not had, if it stood in the tail once.
    pub fn backlog(&self, tail: &EncodedTail) -> u64 {
        self.place.map_or(0, |place| tail.tail.head().saturating_sub(place))
    }

    /// Bare frames have no mark behind live state; there it is over with its last event.
    fn forget_finished_state(&mut self) {
        let is_over = |state: &StateCursor| state.at >= state.list.offsets.len();
        if self.encoding == Encoding::Bare && self.state.as_ref().is_some_and(is_over) {
            self.state = None;
        }
    }

    fn chunk(&self, source: &impl Source) -> Chunk {
        let mut bytes = Vec::new();
        let Some(state) = &self.state else {
            let until = self.until.unwrap_or(u64::MAX);
            let mut next = self.next;
            if next < until {
                next = source.push_frames(&mut bytes, self.encoding, self.next, CHUNK_BYTES);
                if next > until {
                    bytes.clear();
                    next = self.push_up_to(source, until, &mut bytes);
                }
            }
            return Chunk { bytes, step: Step::Events { next } };
        };
        let list = &state.list.offsets;
        let (from, behind) = source.push_state(&mut bytes, self.encoding, list, state.at, CHUNK_BYTES);
        let before_mark = bytes.len();
        if behind >= list.len() {
            source.push_live_mark(&mut bytes, self.encoding, state.list.truncated, self.next);
        }
        let with_mark = bytes.len() > before_mark;
        Chunk { bytes, step: Step::State { from, frames: (behind - from) as u64, with_mark } }
    }

    /// Event by event, for a reader that ends within the next chunk.
    fn push_up_to(&self, source: &impl Source, until: u64, out: &mut Vec<u8>) -> u64 {
        let mut next = self.next;
        while next < until && out.len() < CHUNK_BYTES {
            let after = source.push_frames(out, self.encoding, next, 0);
            if after == next {
                break;
            }
            next = after;
        }
        next
    }

    /// Gives a cursor that has read the whole log its place in the tail. `false`: something came meanwhile, it must
    /// read on first.
    fn stand_in(&mut self, tail: &mut EncodedTail, source: &impl Source) -> bool {
        if self.place.is_some() {
            return true;
        }
        if tail.users == 0 {
            tail.tail.clear();
            tail.next = self.next;
        } else {
            tail.extend(source);
        }
        let is_at_head = self.next == tail.next;
        if is_at_head {
            tail.users += 1;
            self.place = Some(tail.tail.head());
        }
        is_at_head
    }
}

impl EncodedTail {
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, tail: Tail::default(), next: 0, users: 0 }
    }

    /// Everybody who stands in it has had everything.
    pub fn all_have_had_it(&mut self) {
        self.tail.all_have_had_it();
    }

    /// Takes what is new; nothing where nobody stands in it.
    pub fn extend(&mut self, source: &impl Source) {
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
            let (from, encoding) = (self.next, self.encoding);
            let mut next = from;
            self.tail.extend(|out| next = source.push_frames(out, encoding, from, CHUNK_BYTES));
            if next == from {
                return;
            }
            self.next = next;
        }
    }
}

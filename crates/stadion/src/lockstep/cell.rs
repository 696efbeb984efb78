//! One stream in the program: its machine, its log, its open sockets, its audience.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;
use stadion_core::stream::Settled;
use stadion_core::{
    Answer, Birth, Commit, Fate, PrivateId, Proposed, Request, Stream, StreamName, StreamRules, Time, Token,
};
use stadion_log::{Appended, Batch, EventLog, MemoryLog};

use super::answer::{self, Extensions};
use super::audience::Audience;
use super::refused::Refused;
use super::request::{Message, State};
use crate::clock::Clock;
use crate::hub::frame::CloseCode;
use crate::hub::socket::Socket;
use crate::metrics::Metrics;

/// Two locks, taken in this order where both are: the audience's for as long as a flush writes to sockets, the
/// stream's for as long as it thinks. So a poll waits for a thought, never for a socket.
#[derive(Debug)]
pub struct Cell {
    pub name: StreamName,
    pub audience: Mutex<Audience>,
    pub inner: Mutex<Inner>,
}

/// What the stream's lock guards.
#[derive(Debug)]
pub struct Inner {
    pub stream: Stream,
    log: MemoryLog,
    /// The open push connections.
    seats: HashMap<PrivateId, Seat>,
    /// The stream is over; whoever still holds the cell looks for a new one.
    pub ended: bool,
    /// When the shard's timers will call, so that they are not asked at every poll.
    pub due: Option<Time>,
}

/// An open push connection.
#[derive(Debug)]
pub struct Seat {
    pub socket: Arc<Socket>,
    /// Counts upgrades as they were asked for: what follows an upgrade runs in a task of its own, in any order.
    pub asked: u64,
}

/// A client's request with what the edge keeps for the answer.
#[derive(Debug)]
pub struct Sync {
    pub client: PrivateId,
    pub last_known: stadion_core::Tick,
    pub message: Message,
    pub quiet: bool,
}

impl Cell {
    pub fn new(name: StreamName, rules: Arc<StreamRules>, birth: Birth, now: Time) -> Self {
        let inner = Inner {
            stream: Stream::new(rules, birth, now),
            log: MemoryLog::default(),
            seats: HashMap::new(),
            ended: false,
            due: None,
        };
        Self { name, audience: Mutex::default(), inner: Mutex::new(inner) }
    }
}

impl Inner {
    /// Takes a client's request to its answer.
    pub fn sync(&mut self, sync: Sync, now: Time, metrics: &Metrics) -> Result<Answer, Refused> {
        let state = self.state_to_set(&sync.client, sync.message.state);
        let request = Request {
            client: sync.client,
            last_known: sync.last_known,
            events: sync.message.events,
            state,
            epoch: sync.message.epoch,
            seq: sync.message.seq,
            hash: sync.message.hash,
            quiet: sync.quiet,
        };
        match self.stream.sync(Token(0), request, now) {
            Proposed::Answer(answer) => Ok(answer),
            Proposed::Refused(refusal) => Err(refusal.into()),
            Proposed::Commit(commit) => {
                let settled = self.write(commit, now, metrics);
                let answer = settled.answers.into_iter().next();
                answer.map_or(Err(Refused::Unavailable), |(_, answer)| answer.map_err(Refused::from))
            }
            // The log in memory answers before anybody else can ask.
            Proposed::Waiting => Err(Refused::Unavailable),
        }
    }

    /// An empty map says something only to those who saw another one before.
    fn state_to_set(&self, client: &PrivateId, state: Option<State>) -> Option<Arc<[u8]>> {
        let state = state?;
        let before = self.stream.state_of(client);
        let says_nothing = state.is_empty && before.is_none_or(|before| *before == *state.encoded);
        (!says_nothing).then_some(state.encoded)
    }

    /// Gives a commit to the log and tells the stream how that went.
    pub fn write(&mut self, commit: Commit, now: Time, metrics: &Metrics) -> Settled {
        let clients_before = self.stream.clients_connected();
        let mut batch = Batch::new(Clock::wall_ms());
        for event in &commit.events {
            batch.push(event.tick, |out| answer::push_event(out, event));
        }
        let fate = match self.log.append(&batch) {
            Appended::Written { first } => {
                debug_assert_eq!(first, commit.first, "stream and log count alike");
                metrics.events.increment(commit.events.len() as u64);
                metrics.event_bytes.increment(batch.byte_len() as u64);
                Fate::Written
            }
            Appended::Refused => Fate::Refused,
        };
        let settled = self.stream.committed(fate, now);
        for silenced in &settled.silenced {
            if let Some(seat) = self.seats.remove(silenced) {
                seat.socket.close(CloseCode::GoingAway, "nothing came from you for too long", now);
            }
        }
        metrics.clients_changed(clients_before, self.stream.clients_connected());
        settled
    }

    /// Appends the events at `offsets`, separated by commas, or each with a comma before it.
    pub fn push_events(&self, out: &mut Vec<u8>, offsets: Range<u64>, comma_first: bool) {
        let mut comma = comma_first;
        let read = self.log.read(offsets, &mut |record| {
            if comma {
                out.push(b',');
            }
            comma = true;
            out.extend_from_slice(record.bytes);
        });
        debug_assert!(read.is_ok(), "the stream's index knows what its log holds");
    }

    /// The whole answer as it goes over the wire.
    pub fn encode(&self, answer: &Answer, shown: Extensions) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        answer::push_head(&mut out, answer.t);
        self.push_events(&mut out, answer.events.clone(), false);
        answer::push_states(&mut out, &self.stream, answer.last_known);
        let epoch = shown.epoch.then(|| self.stream.epoch());
        answer::push_own(&mut out, Some(answer.public_id), epoch, shown.seq.then_some(answer.seq));
        if shown.hashes {
            answer::push_hashes(&mut out, &self.stream);
        }
        out.push(b'}');
        out
    }

    /// A client's push connection takes its seat. Of two the newer one stays, by the order in which they were asked
    /// for; the other is given back to be closed.
    pub fn take_seat(&mut self, client: PrivateId, seat: Seat) -> Option<Arc<Socket>> {
        self.stream.socket_opened();
        if self.seats.get(&client).is_some_and(|seated| seated.asked > seat.asked) {
            return Some(seat.socket);
        }
        self.seats.insert(client, seat).map(|before| before.socket)
    }

    /// A push connection is over.
    pub fn leave_seat(&mut self, client: &PrivateId, socket: &Arc<Socket>, now: Time) {
        self.stream.socket_closed(client, now);
        if self.seats.get(client).is_some_and(|seated| Arc::ptr_eq(&seated.socket, socket)) {
            self.seats.remove(client);
        }
    }
}

//! One lockstep stream: who is here, what is stamped when, what a reader gets (wire: *event stream*).
//!
//! The stream holds no events. They are the log's; here is the index from ticks to offsets, the clients and the
//! clock. A change is made in two steps: [`Stream::sync`] proposes a [`Commit`], the caller gives it to its log, and
//! [`Stream::committed`] hears how that went. With a log in memory both happen in one call. While a commit is on its
//! way, T stands still and later requests gather for the next one.
//!
//! The one promise on which lockstep rests: **a tick that was announced to anybody is closed for ever.** Everything
//! is stamped with the last announced tick + 1, the earliest that nobody can have simulated yet.

mod batch;
mod clients;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::desync::{Hashes, Report};
use crate::event::{Draft, Epoch, Event, PrivateId, PublicId, RESERVED_PREFIX, Tick};
use crate::tick_index::TickIndex;
use crate::time::Time;
use batch::{Asked, Batch};
use clients::Clients;

/// A lockstep stream from its first request to its end.
#[derive(Debug)]
pub struct Stream {
    rules: Arc<StreamRules>,
    birth: Birth,
    /// Tick 0 began then: when the first commit was there.
    born: Option<Time>,
    announced: Tick,
    index: TickIndex,
    clients: Clients,
    states: BTreeMap<PublicId, ClientState>,
    newest_state: Tick,
    hashes: Hashes,
    flight: Flight,
    waiting: VecDeque<(Token, Request)>,
    heard: Time,
    sockets: usize,
    readers: usize,
}

/// What a stream is made with: its identity, and the seed of all chance in its game.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    pub epoch: Epoch,
    /// Not negative; the body of `_a`.
    pub seed: i64,
}

/// The bounds and times of a stream, by its namespace.
#[derive(Clone, Debug)]
pub struct StreamRules {
    pub tick: Duration,
    /// A client from which nothing is heard for this long is said to be gone.
    pub disconnect_after: Duration,
    /// A stream without requests and push connections for this long has ended.
    pub idle_after: Duration,
    /// Connected clients. Each costs some hundred bytes here and may cost everybody a `State` an answer.
    pub clients_max: usize,
    /// Bytes of events; past 90 % of it clients' events are refused.
    pub stream_bytes_max: u64,
    /// Bytes of events an answer, so that a client that joins late does not hold a whole game in one buffer.
    pub answer_bytes_max: u64,
    /// A request is written as one batch; a client that sends more than this at once can send twice.
    pub events_per_request_max: usize,
    /// Clients that left and would be known again by their private id.
    pub remembered_max: usize,
    /// Requests that wait while a commit is on its way.
    pub waiting_max: usize,
}

impl Default for StreamRules {
    fn default() -> Self {
        Self {
            tick: Duration::from_millis(50),
            disconnect_after: Duration::from_secs(10),
            idle_after: Duration::from_secs(60),
            clients_max: 1_000,
            stream_bytes_max: 64 << 20,
            answer_bytes_max: 1 << 20,
            events_per_request_max: 1_000,
            remembered_max: 10_000,
            waiting_max: 4_096,
        }
    }
}

/// The caller's own number for a request, given back with its answer where that comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

/// What a client sends.
#[derive(Clone, Debug)]
pub struct Request {
    pub client: PrivateId,
    pub last_known: Tick,
    pub events: Vec<Draft>,
    /// The client's volatile state, in the edge's own encoding. It replaces what the client said before.
    pub state: Option<Arc<[u8]>>,
    /// The epoch that the client believes in; empty or absent: any.
    pub epoch: Option<Box<str>>,
    /// The client's own count of the last of `events`; they are not written twice then.
    pub seq: Option<u64>,
    pub hash: Option<Report>,
    /// Nobody is told a T by the answer (what a pushed client sends is answered at the next tick), so that it
    /// announces nothing.
    pub quiet: bool,
}

/// What a client gets: everything after what it knows, up to `t`. The events' bytes are the log's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub t: Tick,
    /// Offsets in the log.
    pub events: Range<u64>,
    pub last_known: Tick,
    pub public_id: PublicId,
    /// How many of its own events were written, by the client's count.
    pub seq: u64,
}

/// Events to be written, all or none. The caller owes the stream one [`Stream::committed`] for it.
#[derive(Debug)]
#[must_use = "the stream stands still until it hears how the commit went"]
pub struct Commit {
    /// The offset of the first of `events`.
    pub first: u64,
    pub events: Vec<Event>,
}

/// How a commit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Written,
    /// Nothing of it was written.
    Refused,
    /// The log does not know yet; it will say [`Fate::Written`] or [`Fate::Refused`] later.
    Unknown,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Proposed {
    Answer(Answer),
    Refused(Refusal),
    /// The answer comes from [`Stream::committed`].
    Commit(Commit),
    /// A commit is on its way; the answer comes from a later [`Stream::committed`].
    Waiting,
}

/// What follows from a commit's fate.
#[derive(Debug, Default)]
pub struct Settled {
    pub answers: Vec<(Token, Result<Answer, Refusal>)>,
    /// Clients that were silent for too long: their `_d` is written now.
    pub silenced: Vec<PrivateId>,
    /// What gathered in the meantime.
    pub next: Option<Commit>,
}

/// What a stream wants at its time-out.
#[derive(Debug)]
pub enum Due {
    Nothing,
    Commit(Commit),
    /// It has ended: nothing may be asked of it any more.
    Ended,
}

/// Why a request was refused. Nothing of it was written, and it does not count as having been heard from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the type of event {index} begins with '_'; such types are the server's alone")]
    ReservedType { index: usize },
    #[error("a request has at most {events_max} events")]
    TooManyEvents { events_max: usize },
    #[error("the stream lives in another epoch: start over")]
    EpochChanged { current: Option<Epoch> },
    #[error("Seq {seq} is too low: the request alone has {events} events")]
    SeqTooLow { seq: u64, events: usize },
    #[error("events before these are missing: the last that was written is {have}")]
    SeqGap { have: u64 },
    #[error("the stream is full: its clients' events may take 90 % of {stream_bytes_max} bytes")]
    StreamFull { stream_bytes_max: u64 },
    #[error("the stream has {clients_max} clients, the most it may have")]
    TooManyClients { clients_max: usize },
    #[error("too many requests wait for the log: come back in a second")]
    Busy,
    #[error("the log did not take it: come back in a second")]
    Unavailable,
}

#[derive(Debug)]
struct ClientState {
    stamp: Tick,
    data: Arc<[u8]>,
}

#[derive(Debug)]
enum Flight {
    None,
    Writing(Box<Batch>),
    /// The log did not say what became of it: the stream is closed until it does.
    Unknown(Box<Batch>),
}

impl Stream {
    pub fn new(rules: Arc<StreamRules>, birth: Birth, now: Time) -> Self {
        Self {
            rules,
            birth,
            born: None,
            announced: Tick::ZERO,
            index: TickIndex::default(),
            clients: Clients::default(),
            states: BTreeMap::new(),
            newest_state: Tick::ZERO,
            hashes: Hashes::default(),
            flight: Flight::None,
            waiting: VecDeque::new(),
            heard: now,
            sockets: 0,
            readers: 0,
        }
    }

    /// Takes a client's request. In this order: who is silent leaves, the client connects, its events are stamped,
    /// its state is set, T is announced, the answer is made.
    pub fn sync(&mut self, token: Token, request: Request, now: Time) -> Proposed {
        if let Err(refusal) = self.check(&request) {
            return Proposed::Refused(refusal);
        }
        match self.flight {
            Flight::Unknown(_) => {
                self.asked_of(now);
                Proposed::Refused(Refusal::Unavailable)
            }
            Flight::None => self.sync_now(token, request, now),
            // A state has to wait behind the client's earlier ones, or an older one would replace it when they land.
            Flight::Writing(_)
                if request.events.is_empty()
                    && request.state.is_none()
                    && self.clients.connected(&request.client).is_some() =>
            {
                // It changes nothing, so it needs not wait; T stands still for it too.
                let asked = Asked {
                    client: request.client,
                    last_known: request.last_known,
                    state: None,
                    hash: request.hash,
                    quiet: request.quiet,
                };
                Proposed::Answer(self.answer(asked, now))
            }
            Flight::Writing(_) if self.waiting.len() >= self.rules.waiting_max => {
                self.asked_of(now);
                Proposed::Refused(Refusal::Busy)
            }
            Flight::Writing(_) => {
                self.asked_of(now);
                self.waiting.push_back((token, request));
                Proposed::Waiting
            }
        }
    }

    fn sync_now(&mut self, token: Token, request: Request, now: Time) -> Proposed {
        let mut batch = Batch::begin(self, now, &VecDeque::new());
        if let Err(refusal) = batch.admit(self, token, request) {
            return Proposed::Refused(refusal);
        }
        self.asked_of(now);
        if batch.events.is_empty() {
            return match batch.replies.pop() {
                Some((_, asked)) => Proposed::Answer(self.answer(asked, now)),
                None => Proposed::Refused(Refusal::Unavailable),
            };
        }
        Proposed::Commit(self.take_off(batch))
    }

    fn check(&self, request: &Request) -> Result<(), Refusal> {
        if let Some(claim) = request.epoch.as_deref()
            && !claim.is_empty()
            && claim != self.birth.epoch.as_str()
        {
            return Err(Refusal::EpochChanged { current: Some(self.birth.epoch) });
        }
        check_events(&request.events, &self.rules)
    }

    /// A stream does not end under clients that ask, also while its log fails them all.
    fn asked_of(&mut self, now: Time) {
        self.heard = self.heard.max(now);
    }

    fn take_off(&mut self, mut batch: Batch) -> Commit {
        let commit = Commit { first: self.index.head(), events: std::mem::take(&mut batch.events) };
        batch.events_count = commit.events.len() as u64;
        self.flight = Flight::Writing(Box::new(batch));
        commit
    }

    /// Hears how the commit on its way went. After [`Fate::Unknown`] the stream refuses everything until it is called
    /// again with what the log found out.
    pub fn committed(&mut self, fate: Fate, now: Time) -> Settled {
        let mut settled = Settled::default();
        let (batch, known_late) = match std::mem::replace(&mut self.flight, Flight::None) {
            Flight::Writing(batch) => (batch, false),
            Flight::Unknown(batch) => (batch, true),
            Flight::None => return settled,
        };
        match fate {
            Fate::Written => self.land(*batch, known_late, now, &mut settled),
            Fate::Refused => {
                settled.answers = refuse_all(batch.replies);
            }
            Fate::Unknown => {
                let mut batch = batch;
                settled.answers = refuse_all(std::mem::take(&mut batch.replies));
                settled
                    .answers
                    .extend(self.waiting.drain(..).map(|(token, _)| (token, Err(Refusal::Unavailable))));
                self.flight = Flight::Unknown(batch);
                return settled;
            }
        }
        if self.readers > 0 {
            // Between two commits is the only moment for it: where one follows on another, T would stand still for
            // those who are told every tick as long as others send.
            self.announce(now);
        }
        settled.next = self.take_waiting(now, &mut settled.answers);
        settled
    }

    /// What was written becomes true, and whoever asked is answered.
    fn land(&mut self, batch: Batch, known_late: bool, now: Time, settled: &mut Settled) {
        self.born.get_or_insert(now);
        self.index.push(batch.tick, batch.events_count, batch.bytes);
        for id in &batch.silenced {
            if let Some(known) = self.clients.connected(id) {
                self.states.remove(&known.public);
                self.hashes.forget(known.public);
            }
            self.clients.put_gone(id.clone(), self.rules.remembered_max);
        }
        for (id, touched) in batch.touched {
            if touched.connected {
                self.clients.put_connected(id, touched.known, batch.at, self.rules.disconnect_after);
            }
        }
        settled.silenced = batch.silenced;
        if !known_late {
            for (token, asked) in batch.replies {
                settled.answers.push((token, Ok(self.answer(asked, now))));
            }
        }
    }

    fn take_waiting(
        &mut self,
        now: Time,
        answers: &mut Vec<(Token, Result<Answer, Refusal>)>,
    ) -> Option<Commit> {
        if self.waiting.is_empty() {
            return None;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let mut batch = Batch::begin(self, now, &waiting);
        for (token, request) in waiting {
            if let Err(refusal) = batch.admit(self, token, request) {
                answers.push((token, Err(refusal)));
            }
        }
        if batch.events.is_empty() {
            for (token, asked) in batch.replies {
                answers.push((token, Ok(self.answer(asked, now))));
            }
            return None;
        }
        Some(self.take_off(batch))
    }

    fn answer(&mut self, asked: Asked, now: Time) -> Answer {
        let known = self.clients.connected(&asked.client);
        let public_id = known.map_or(PublicId(0), |known| known.public);
        self.asked_of(now);
        self.clients.heard(&asked.client, now);
        if let Some(data) = asked.state {
            let stamp = self.announced.next();
            self.newest_state = stamp;
            self.states.insert(public_id, ClientState { stamp, data });
        }
        if let Some(report) = asked.hash {
            self.hashes.report(public_id, report, self.announced);
        }
        let t = if asked.quiet { self.announced } else { self.announce(now) };
        let (events, t) = self.events_between(asked.last_known, t);
        Answer { t, events, last_known: asked.last_known, public_id, seq: known.map_or(0, |known| known.seq) }
    }

    /// Says T to somebody, which closes it. It stands still while a commit is on its way.
    pub fn announce(&mut self, now: Time) -> Tick {
        if matches!(self.flight, Flight::None) {
            self.announced = self.announced.max(self.clock(now));
        }
        self.announced
    }

    /// The tick that the clock shows: whole ticks since the stream's start.
    pub fn clock(&self, now: Time) -> Tick {
        let Some(born) = self.born else { return Tick::ZERO };
        let ticks = now.since(born).as_micros() / u128::from(self.tick_micros());
        Tick(i64::try_from(ticks).unwrap_or(i64::MAX))
    }

    fn tick_micros(&self) -> u64 {
        u64::try_from(self.rules.tick.as_micros()).unwrap_or(u64::MAX).max(1)
    }

    /// Offsets of the events after `last_known` up to `t` (which must have been announced), and the last tick that is
    /// whole in them.
    pub fn events_between(&self, last_known: Tick, t: Tick) -> (Range<u64>, Tick) {
        self.index.between(last_known, t, self.rules.answer_bytes_max)
    }

    /// The clients' states that a reader who knows everything up to `last_known` has not seen, by public id: stamp
    /// and data.
    pub fn states_after(&self, last_known: Tick) -> impl Iterator<Item = (PublicId, Tick, &Arc<[u8]>)> {
        let any = self.newest_state > last_known;
        self.states
            .iter()
            .filter(move |(_, state)| any && state.stamp > last_known)
            .map(|(id, state)| (*id, state.stamp, &state.data))
    }

    /// What `client` said of itself last, in the edge's own encoding.
    pub fn state_of(&self, client: &PrivateId) -> Option<&[u8]> {
        let known = self.clients.connected(client)?;
        self.states.get(&known.public).map(|state| &*state.data)
    }

    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    pub fn epoch(&self) -> Epoch {
        self.birth.epoch
    }

    pub fn announced(&self) -> Tick {
        self.announced
    }

    /// The offset that the next event gets.
    pub fn head(&self) -> u64 {
        self.index.head()
    }

    pub fn clients_connected(&self) -> usize {
        self.clients.connected_count()
    }

    /// Whether nothing was ever written and nothing is on its way: a stream whose first request failed.
    pub fn is_stillborn(&self) -> bool {
        self.index.head() == 0 && matches!(self.flight, Flight::None)
    }

    /// A sign of life from a connected client that is no request.
    pub fn heard_from(&mut self, client: &PrivateId, now: Time) {
        self.clients.heard(client, now);
    }

    /// A push connection is open: it keeps the stream alive.
    pub fn socket_opened(&mut self) {
        self.sockets += 1;
    }

    /// A push connection was closed; its client's silence begins now.
    pub fn socket_closed(&mut self, client: &PrivateId, now: Time) {
        self.sockets = self.sockets.saturating_sub(1);
        self.asked_of(now);
        self.clients.heard(client, now);
    }

    /// Somebody wants to be told every tick.
    pub fn reader_joined(&mut self) {
        self.readers += 1;
    }

    pub fn reader_left(&mut self) {
        self.readers = self.readers.saturating_sub(1);
    }

    /// When [`Stream::handle_timeout`] wants to be called; for a stream that somebody reads, the next tick too. May
    /// be early, never late.
    pub fn poll_timeout(&self) -> Option<Time> {
        if !matches!(self.flight, Flight::None) {
            return None;
        }
        let tick = (self.readers > 0).then(|| self.next_tick());
        let idle = (self.sockets == 0).then(|| self.heard + self.rules.idle_after);
        [self.clients.silence_not_before(), tick.flatten(), idle].into_iter().flatten().min()
    }

    /// How often readers must be looked after although no tick is due: where ticks are long, or T stands still.
    pub fn ping_every(&self) -> Option<Duration> {
        let every = self.rules.disconnect_after / 4;
        let is_still = !matches!(self.flight, Flight::None);
        (self.readers > 0 && (is_still || self.rules.tick > every)).then_some(every)
    }

    fn next_tick(&self) -> Option<Time> {
        let ticks = u64::try_from(self.announced.next().0).unwrap_or(0);
        Some(self.born? + Duration::from_micros(self.tick_micros().saturating_mul(ticks)))
    }

    /// Does what is due by time alone: disconnects, and the end of a stream that nobody uses.
    pub fn handle_timeout(&mut self, now: Time) -> Due {
        if !matches!(self.flight, Flight::None) {
            return Due::Nothing;
        }
        if self.sockets == 0 && self.heard + self.rules.idle_after <= now {
            return Due::Ended;
        }
        let batch = Batch::begin(self, now, &VecDeque::new());
        if batch.events.is_empty() { Due::Nothing } else { Due::Commit(self.take_off(batch)) }
    }
}

/// What can be said of a request's events without a stream.
fn check_events(events: &[Draft], rules: &StreamRules) -> Result<(), Refusal> {
    if events.len() > rules.events_per_request_max {
        return Err(Refusal::TooManyEvents { events_max: rules.events_per_request_max });
    }
    match events.iter().position(|event| event.kind.starts_with(RESERVED_PREFIX)) {
        Some(index) => Err(Refusal::ReservedType { index }),
        None => Ok(()),
    }
}

fn refuse_all(replies: Vec<(Token, Asked)>) -> Vec<(Token, Result<Answer, Refusal>)> {
    replies.into_iter().map(|(token, _)| (token, Err(Refusal::Unavailable))).collect()
}

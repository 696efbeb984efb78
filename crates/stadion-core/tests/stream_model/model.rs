//! The contract (wire: *event stream*), said slowly: one list of everything that was ever written, one list of
//! everybody who was ever here, and a walk over all of it for each question.

use std::sync::Arc;

use stadion_core::event::{KIND_CONNECTED, KIND_DISCONNECTED, KIND_OPENED};
use stadion_core::{
    Birth, Draft, Event, Origin, PrivateId, PublicId, Refusal, Request, StreamRules, Tick, Time, Token,
};

/// What an event is counted with beside its type and body; the server's own are counted with it alone.
const EVENT_BYTES: u64 = 80;

#[derive(Clone)]
pub(crate) struct Model {
    rules: StreamRules,
    birth: Birth,
    pub(crate) log: Vec<Written>,
    people: Vec<Person>,
    ids_given: u64,
    states: Vec<(PublicId, Tick, Arc<[u8]>)>,
    hashes: Vec<(PublicId, Tick, Box<str>)>,
    pub(crate) announced: Tick,
    born: Option<Time>,
    pending: Option<Pending>,
    waiting: Vec<(Token, Request)>,
    /// When the stream was last used, for its end.
    used: Time,
    sockets: usize,
    readers: usize,
}

#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) event: Event,
    bytes: u64,
}

#[derive(Clone)]
struct Person {
    private: PrivateId,
    public: PublicId,
    seq: u64,
    heard: Time,
    connected: bool,
    /// The how-manieth departure of all it was.
    departure: usize,
}

/// What is on its way to the log.
#[derive(Clone)]
struct Pending {
    silent: Vec<PrivateId>,
    requests: Vec<(Token, Request)>,
    at: Time,
    unknown: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) t: Tick,
    pub(crate) offsets: Vec<u64>,
    pub(crate) public: PublicId,
    pub(crate) seq: u64,
}

pub(crate) enum Expected {
    Answer(Told),
    /// Any of these is a good reason.
    Refused(Vec<Refusal>),
    Commit(Vec<Event>),
    Waiting,
}

#[derive(Default)]
pub(crate) struct After {
    pub(crate) answers: Vec<(Token, Result<Told, Vec<Refusal>>)>,
    pub(crate) silenced: Vec<PrivateId>,
    pub(crate) next: Option<Vec<Event>>,
}

pub(crate) enum AtTimeout {
    Nothing,
    Commit(Vec<Event>),
    Ended,
}

impl Model {
    pub(crate) fn new(rules: StreamRules, birth: Birth, now: Time) -> Self {
        Self {
            rules,
            birth,
            log: Vec::new(),
            people: Vec::new(),
            ids_given: 0,
            states: Vec::new(),
            hashes: Vec::new(),
            announced: Tick(0),
            born: None,
            pending: None,
            waiting: Vec::new(),
            used: now,
            sockets: 0,
            readers: 0,
        }
    }

    /// Tick, expire, connect, append, set state, announce, answer.
    pub(crate) fn sync(&mut self, token: Token, request: Request, now: Time) -> Expected {
        let wrong = self.wrong_in_itself(&request);
        if !wrong.is_empty() {
            return Expected::Refused(wrong);
        }
        if let Some(pending) = &self.pending {
            if pending.unknown {
                self.used = now;
                return Expected::Refused(vec![Refusal::Unavailable]);
            }
            if request.events.is_empty() && request.state.is_none() && self.is_connected(&request.client) {
                return Expected::Answer(self.answer(&request, now));
            }
            self.used = now;
            if self.waiting.len() == self.rules.waiting_max {
                return Expected::Refused(vec![Refusal::Busy]);
            }
            self.waiting.push((token, request));
            return Expected::Waiting;
        }
        let silent = self.silent(now, &[]);
        let mut then = self.clone();
        then.disconnect(&silent);
        let reasons = then.write(&request, now);
        if !reasons.is_empty() {
            return Expected::Refused(reasons);
        }
        self.used = now;
        if then.log.len() == self.log.len() {
            return Expected::Answer(self.answer(&request, now));
        }
        let events = then.events_from(self.log.len());
        self.pending = Some(Pending { silent, requests: vec![(token, request)], at: now, unknown: false });
        Expected::Commit(events)
    }

    pub(crate) fn written(&mut self, now: Time) -> After {
        let mut after = After::default();
        let Some(pending) = self.pending.take() else { return after };
        self.born.get_or_insert(now);
        self.disconnect(&pending.silent);
        for (_, request) in &pending.requests {
            let reasons = self.write(request, pending.at);
            assert!(reasons.is_empty(), "what could be written then can be written now: {reasons:?}");
        }
        self.forget();
        after.silenced = pending.silent;
        for (token, request) in &pending.requests {
            if !pending.unknown {
                let told = self.answer(request, now);
                after.answers.push((*token, Ok(told)));
            }
        }
        self.go_on(now, &mut after);
        after
    }

    pub(crate) fn failed(&mut self, now: Time) -> After {
        let mut after = After::default();
        let Some(pending) = self.pending.take() else { return after };
        if !pending.unknown {
            for (token, _) in pending.requests {
                after.answers.push((token, Err(vec![Refusal::Unavailable])));
            }
        }
        self.go_on(now, &mut after);
        after
    }

    pub(crate) fn nobody_knows(&mut self) -> After {
        let mut after = After::default();
        let Some(pending) = &mut self.pending else { return after };
        if !pending.unknown {
            for (token, _) in pending.requests.iter().chain(&self.waiting) {
                after.answers.push((*token, Err(vec![Refusal::Unavailable])));
            }
            self.waiting.clear();
        }
        pending.unknown = true;
        after
    }

    /// The next commit, of what gathered.
    fn go_on(&mut self, now: Time, after: &mut After) {
        if self.readers > 0 {
            self.announce(now);
        }
        if self.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let here: Vec<_> = waiting.iter().map(|(_, request)| request.client.clone()).collect();
        let silent = self.silent(now, &here);
        let mut then = self.clone();
        then.disconnect(&silent);
        let mut taken = Vec::new();
        for (token, request) in waiting {
            let reasons = then.write(&request, now);
            if reasons.is_empty() {
                taken.push((token, request));
            } else {
                after.answers.push((token, Err(reasons)));
            }
        }
        if then.log.len() > self.log.len() {
            after.next = Some(then.events_from(self.log.len()));
            self.pending = Some(Pending { silent, requests: taken, at: now, unknown: false });
        } else {
            for (token, request) in &taken {
                let told = self.answer(request, now);
                after.answers.push((*token, Ok(told)));
            }
        }
    }

    pub(crate) fn timeout(&mut self, now: Time) -> AtTimeout {
        if self.pending.is_some() {
            return AtTimeout::Nothing;
        }
        if self.sockets == 0 && now >= self.used + self.rules.idle_after {
            return AtTimeout::Ended;
        }
        let silent = self.silent(now, &[]);
        if silent.is_empty() {
            return AtTimeout::Nothing;
        }
        let mut then = self.clone();
        then.disconnect(&silent);
        let events = then.events_from(self.log.len());
        self.pending = Some(Pending { silent, requests: Vec::new(), at: now, unknown: false });
        AtTimeout::Commit(events)
    }

    /// The first moment at which time alone changes something.
    pub(crate) fn due(&self) -> Option<Time> {
        if self.pending.is_some() {
            return None;
        }
        let mut due: Vec<Time> = Vec::new();
        for person in self.people.iter().filter(|person| person.connected) {
            due.push(person.heard + self.rules.disconnect_after);
        }
        if self.sockets == 0 {
            due.push(self.used + self.rules.idle_after);
        }
        if let (Some(born), true) = (self.born, self.readers > 0) {
            let micros = self.rules.tick.as_micros() * (self.announced.0 as u128 + 1);
            due.push(born + std::time::Duration::from_micros(micros as u64));
        }
        due.into_iter().min()
    }

    pub(crate) fn announce(&mut self, now: Time) -> Tick {
        if let (Some(born), None) = (self.born, &self.pending) {
            let clock = now.since(born).as_micros() / self.rules.tick.as_micros();
            self.announced = self.announced.max(Tick(clock as i64));
        }
        self.announced
    }

    pub(crate) fn heard_from(&mut self, client: &PrivateId, now: Time) {
        if let Some(person) = self.people.iter_mut().find(|p| p.private == *client && p.connected) {
            person.heard = now;
        }
    }

    pub(crate) fn socket_opened(&mut self) {
        self.sockets += 1;
    }

    pub(crate) fn socket_closed(&mut self, client: &PrivateId, now: Time) {
        self.sockets -= 1;
        self.used = now;
        self.heard_from(client, now);
    }

    pub(crate) fn readers(&mut self, change: isize) {
        self.readers = self.readers.checked_add_signed(change).unwrap();
    }

    pub(crate) fn seq_of(&self, client: &PrivateId) -> u64 {
        self.people.iter().find(|person| person.private == *client).map_or(0, |person| person.seq)
    }

    pub(crate) fn connected(&self) -> usize {
        self.people.iter().filter(|person| person.connected).count()
    }

    pub(crate) fn states_after(&self, last_known: Tick) -> Vec<(PublicId, Tick, Arc<[u8]>)> {
        let mut seen: Vec<_> =
            self.states.iter().filter(|(_, stamp, _)| *stamp > last_known).cloned().collect();
        seen.sort();
        seen
    }

    pub(crate) fn hashes(&self) -> Vec<(PublicId, Tick, Box<str>)> {
        let mut hashes = self.hashes.clone();
        hashes.sort();
        hashes
    }

    /// What is against a request whatever the stream holds.
    fn wrong_in_itself(&self, request: &Request) -> Vec<Refusal> {
        let mut wrong = Vec::new();
        let claim = request.epoch.as_deref().unwrap_or("");
        if !claim.is_empty() && claim != self.birth.epoch.to_string() {
            wrong.push(Refusal::EpochChanged { current: Some(self.birth.epoch) });
        }
        if request.events.len() > self.rules.events_per_request_max {
            wrong.push(Refusal::TooManyEvents { events_max: self.rules.events_per_request_max });
        }
        if let Some(index) = request.events.iter().position(|event| event.kind.starts_with('_')) {
            wrong.push(Refusal::ReservedType { index });
        }
        wrong
    }

    fn is_connected(&self, client: &PrivateId) -> bool {
        self.people.iter().any(|person| person.private == *client && person.connected)
    }

    fn silent(&self, now: Time, but: &[PrivateId]) -> Vec<PrivateId> {
        let mut silent: Vec<_> = self
            .people
            .iter()
            .filter(|p| p.connected && now >= p.heard + self.rules.disconnect_after)
            .filter(|p| !but.contains(&p.private))
            .collect();
        silent.sort_by_key(|person| (person.heard, person.public));
        silent.into_iter().map(|person| person.private.clone()).collect()
    }

    fn disconnect(&mut self, silent: &[PrivateId]) {
        for private in silent {
            let departure = self.people.iter().map(|person| person.departure).max().unwrap_or(0) + 1;
            let person = self.people.iter_mut().find(|person| person.private == *private).unwrap();
            person.connected = false;
            person.departure = departure;
            let public = person.public;
            self.states.retain(|(id, _, _)| *id != public);
            self.hashes.retain(|(id, _, _)| *id != public);
            self.say(KIND_DISCONNECTED, public.to_string());
        }
        // Of those who left, the latest are remembered; who is on the way back in this very commit is still known.
        let mut gone: Vec<_> = self.people.iter_mut().filter(|person| !person.connected).collect();
        gone.sort_by_key(|person| std::cmp::Reverse(person.departure));
        for person in gone.into_iter().skip(self.rules.remembered_max) {
            person.departure = 0;
        }
    }

    fn forget(&mut self) {
        self.people.retain(|person| person.connected || person.departure > 0);
    }

    /// Connects the client and appends its events; or says all that is against it, and does nothing.
    fn write(&mut self, request: &Request, now: Time) -> Vec<Refusal> {
        let connected = self.is_connected(&request.client);
        let have = self.seq_of(&request.client);
        let mut reasons = Vec::new();
        let mut fresh: Vec<&Draft> = Vec::new();
        let count = request.events.len() as u64;
        for (number, draft) in (1_u64..).zip(&request.events) {
            // By the client's count this event is seq - count + number.
            match request.seq {
                Some(seq) if u128::from(seq) + u128::from(number) <= u128::from(have + count) => {}
                Some(_) | None => fresh.push(draft),
            }
        }
        if let (Some(seq), true) = (request.seq, count > 0) {
            if seq < count {
                reasons.push(Refusal::SeqTooLow { seq, events: request.events.len() });
            } else if seq - count > have {
                reasons.push(Refusal::SeqGap { have });
            }
        }
        let full = Refusal::StreamFull { stream_bytes_max: self.rules.stream_bytes_max };
        let used: u64 = self.log.iter().map(|written| written.bytes).sum();
        let over = |bytes: u64, share: u64| bytes * 100 > self.rules.stream_bytes_max * share;
        let more: u64 = fresh.iter().map(|draft| EVENT_BYTES + draft.encoded_bytes as u64).sum();
        if !fresh.is_empty() && over(used + more, 90) {
            reasons.push(full.clone());
        }
        if !connected {
            if self.connected() >= self.rules.clients_max {
                reasons.push(Refusal::TooManyClients { clients_max: self.rules.clients_max });
            }
            if over(used + 2 * EVENT_BYTES, 95) {
                reasons.push(full);
            }
        }
        if !reasons.is_empty() {
            return reasons;
        }

        let fresh: Vec<Draft> = fresh.into_iter().cloned().collect();
        if !connected {
            if self.log.is_empty() {
                self.say(KIND_OPENED, self.birth.seed.to_string());
            }
            let public = self.arrive(&request.client, now);
            self.say(KIND_CONNECTED, public.to_string());
        }
        let person = self.people.iter_mut().find(|person| person.private == request.client).unwrap();
        if !fresh.is_empty() {
            person.heard = person.heard.max(now);
            person.seq = request.seq.unwrap_or(person.seq);
        }
        let origin = Origin::Client(person.public);
        for draft in fresh {
            self.append(draft.kind, origin, draft.body, draft.encoded_bytes as u64);
        }
        Vec::new()
    }

    fn arrive(&mut self, client: &PrivateId, now: Time) -> PublicId {
        if let Some(person) = self.people.iter_mut().find(|person| person.private == *client) {
            person.connected = true;
            person.heard = now;
            return person.public;
        }
        self.ids_given += 1;
        let public = PublicId(self.ids_given);
        self.people.push(Person {
            private: client.clone(),
            public,
            seq: 0,
            heard: now,
            connected: true,
            departure: 0,
        });
        public
    }

    fn say(&mut self, kind: &str, body: String) {
        self.append(kind.into(), Origin::Server, body.into(), 0);
    }

    fn append(&mut self, kind: Box<str>, origin: Origin, body: Box<str>, bytes: u64) {
        let event = Event { tick: Tick(self.announced.0 + 1), kind, origin, body };
        self.log.push(Written { event, bytes: EVENT_BYTES + bytes });
    }

    fn answer(&mut self, request: &Request, now: Time) -> Told {
        self.used = now;
        self.heard_from(&request.client, now);
        let person = self.people.iter().find(|person| person.private == request.client).unwrap();
        let (public, seq) = (person.public, person.seq);
        if let Some(data) = &request.state {
            self.states.retain(|(id, _, _)| *id != public);
            self.states.push((public, Tick(self.announced.0 + 1), data.clone()));
        }
        if let Some(report) = &request.hash {
            let older = |tick: Tick| tick <= report.tick;
            let believable = report.tick.0 >= 0 && report.tick.0 <= self.announced.0 + 64;
            let latest = self.hashes.iter().find(|(id, _, _)| *id == public).map(|(_, tick, _)| *tick);
            if believable && latest.is_none_or(older) {
                self.hashes.retain(|(id, _, _)| *id != public);
                self.hashes.push((public, report.tick, report.hash.clone()));
            }
        }
        let t = if request.quiet { self.announced } else { self.announce(now) };
        let (offsets, t) = self.due_to(request.last_known, t);
        Told { t, offsets, public, seq }
    }

    /// The offsets of all events with last known < T of the event <= t, or of as many whole ticks as an answer takes.
    fn due_to(&self, last_known: Tick, t: Tick) -> (Vec<u64>, Tick) {
        let all: Vec<_> = (0_u64..)
            .zip(&self.log)
            .filter(|(_, written)| last_known < written.event.tick && written.event.tick <= t)
            .collect();
        let mut ticks: Vec<Tick> = all.iter().map(|(_, written)| written.event.tick).collect();
        ticks.dedup();
        let bytes_to = |last: Tick| -> u64 {
            all.iter().filter(|(_, w)| w.event.tick <= last).map(|(_, written)| written.bytes).sum()
        };
        let last = ticks.iter().rev().find(|tick| bytes_to(**tick) <= self.rules.answer_bytes_max);
        let t = match (last.or(ticks.first()), ticks.last()) {
            (Some(last), Some(end)) if last < end => *last,
            _ => t,
        };
        (all.into_iter().filter(|(_, w)| w.event.tick <= t).map(|(offset, _)| offset).collect(), t)
    }

    fn events_from(&self, offset: usize) -> Vec<Event> {
        self.log[offset..].iter().map(|written| written.event.clone()).collect()
    }
}

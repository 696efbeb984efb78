//! An hour of ten clients in virtual time: they poll, send, lose answers, leave and return; one is told every tick;
//! the log takes its time, refuses, and forgets to answer.
//!
//! All chance comes from one seed, which a failure prints; `STADION_SEED=… cargo test` runs that hour again.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use stadion_core::stream::{Due, Settled};
use stadion_core::{
    Answer, Birth, Commit, Draft, Epoch, Event, Fate, Origin, PrivateId, Proposed, PublicId, Request, Stream,
    StreamRules, Tick, Time, Token,
};

const CLIENTS: usize = 10;
/// This one is told every tick by a push connection; the others poll.
const PUSHED: usize = 0;
const HOUR: Duration = Duration::from_secs(3600);
const POLL_EVERY_MICROS: u64 = 200_000;
const TICK_MICROS: u64 = 50_000;

#[test]
fn an_hour_of_ten_clients_on_a_log_that_fails() {
    let seed =
        std::env::var("STADION_SEED").map_or(1, |text| text.parse().expect("STADION_SEED is a number"));
    let _shown = ShownAtPanic(seed);
    Hour::new(seed).run();
}

struct ShownAtPanic(u64);

impl Drop for ShownAtPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the hour that failed: STADION_SEED={}", self.0);
        }
    }
}

/// What happens at a moment of the hour.
enum Happens {
    /// A client wants to sync, or the pushed one to send.
    Wakes(usize),
    /// The log says what became of the commit.
    LogSays,
    /// An answer is there, with the events' offsets.
    Arrives {
        token: Token,
        t: Tick,
        seq: u64,
        events: Range<u64>,
    },
    TimesOut,
}

struct Hour {
    chance: Chance,
    now: Time,
    /// By its moment, and what was planned first first.
    agenda: BTreeMap<(Time, u64), Happens>,
    planned: u64,
    armed: Option<Time>,
    stream: Stream,
    log: Vec<Event>,
    /// What the log was given and has not told of, and whether it said that it does not know.
    given: Option<(Vec<Event>, bool)>,
    clients: Vec<Client>,
    seen: Vec<Seen>,
    told: Tick,
    saw: Saw,
}

/// What has to have happened, or the hour shows nothing.
#[derive(Debug, Default)]
struct Saw {
    answers_lost: u64,
    refused: u64,
    unknown: u64,
    silenced: u64,
    returned: u64,
}

/// A client as the library of the contract is: it sends again what was not acknowledged.
struct Client {
    id: PrivateId,
    public: Option<PublicId>,
    last_known: Tick,
    /// Offsets below were read.
    cursor: u64,
    fold: u64,
    sent: u64,
    acknowledged: u64,
    away_until: Time,
    /// How often it was loaded; what was asked before is not listened to any more.
    loads: u64,
}

/// What a client held to be everything up to `t`.
struct Seen {
    who: usize,
    t: Tick,
    cursor: u64,
    fold: u64,
}

impl Hour {
    fn new(seed: u64) -> Self {
        let rules = StreamRules { answer_bytes_max: 20_000, ..StreamRules::default() };
        let birth = Birth { epoch: Epoch::from_bits(u128::from(seed)), seed: 42 };
        let mut stream = Stream::new(Arc::new(rules), birth, Time::ORIGIN);
        stream.reader_joined();
        let client = |who| Client {
            id: PrivateId::new(&format!("client-{who}")).unwrap(),
            public: None,
            last_known: Tick::ZERO,
            cursor: 0,
            fold: 0,
            sent: 0,
            acknowledged: 0,
            away_until: Time::ORIGIN,
            loads: 0,
        };
        Self {
            chance: Chance(seed),
            now: Time::ORIGIN,
            agenda: BTreeMap::new(),
            planned: 0,
            armed: None,
            stream,
            log: Vec::new(),
            given: None,
            clients: (0..CLIENTS).map(client).collect(),
            seen: Vec::new(),
            told: Tick::ZERO,
            saw: Saw::default(),
        }
    }

    fn run(mut self) {
        for who in 0..CLIENTS {
            let at = self.chance.below(2_000_000);
            self.after(at, Happens::Wakes(who));
        }
        let end = Time::ORIGIN + HOUR;
        while let Some(((at, _), happens)) = self.agenda.pop_first() {
            if at > end {
                break;
            }
            self.now = at;
            self.happens(happens);
        }
        self.all_come_home();
        self.nobody_saw_anything_else();
        self.each_event_is_there_once();
        let saw = &self.saw;
        assert!(self.log.len() > 50_000 && self.seen.len() > 100_000);
        assert!(saw.answers_lost > 500 && saw.refused > 100 && saw.unknown > 100, "{saw:?}");
        assert!(saw.silenced > 20 && saw.returned > 20, "{saw:?}");
    }

    fn after(&mut self, micros: u64, happens: Happens) {
        self.at(self.now + Duration::from_micros(micros), happens);
    }

    fn at(&mut self, at: Time, happens: Happens) {
        self.planned += 1;
        assert!(
            self.planned < 1_000_000,
            "time stands still at {:?}: something is due again and again",
            self.now
        );
        self.agenda.insert((at, self.planned), happens);
    }

    fn happens(&mut self, happens: Happens) {
        match happens {
            Happens::Wakes(who) => self.wakes(who),
            Happens::LogSays => self.log_says(),
            Happens::Arrives { token, t, seq, events } => self.arrives(token, t, seq, events),
            Happens::TimesOut => self.times_out(),
        }
    }

    fn wakes(&mut self, who: usize) {
        let jitter = self.chance.below(20_000);
        self.after(POLL_EVERY_MICROS + jitter, Happens::Wakes(who));
        if self.clients[who].away_until > self.now {
            return;
        }
        // Once in some minutes it goes away, for so long that it is missed or not.
        if self.chance.one_in(1_500) {
            self.clients[who].away_until = self.now + Duration::from_millis(self.chance.below(40_000));
            return;
        }
        // Over a reload it keeps what it counts by and reads everything anew.
        if self.chance.one_in(3_000) {
            let client = &mut self.clients[who];
            (client.last_known, client.cursor, client.fold) = (Tick::ZERO, 0, 0);
            client.loads += 1;
        }
        if self.chance.one_in(3) {
            self.clients[who].sent += 1 + self.chance.below(3);
        }
        let request = self.request(who);
        let token = self.token(who);
        match self.stream.sync(token, request, self.now) {
            Proposed::Answer(answer) => self.answered(token, &answer),
            Proposed::Refused(_) => self.saw.refused += 1,
            Proposed::Commit(commit) => self.give(commit),
            Proposed::Waiting => {}
        }
        self.arm();
    }

    fn token(&self, who: usize) -> Token {
        Token(self.clients[who].loads * CLIENTS as u64 + who as u64)
    }

    /// Everything that was not acknowledged, with its count.
    fn request(&self, who: usize) -> Request {
        let client = &self.clients[who];
        let events = (client.acknowledged + 1..=client.sent)
            .map(|number| Draft { kind: "x".into(), body: number.to_string().into(), encoded_bytes: 10 })
            .take(100)
            .collect::<Vec<_>>();
        Request {
            client: client.id.clone(),
            last_known: client.last_known,
            seq: Some(client.acknowledged + events.len() as u64),
            events,
            state: None,
            epoch: Some(self.stream.epoch().as_str().into()),
            hash: None,
            quiet: who == PUSHED,
        }
    }

    /// Whoever reads is told the tick.
    fn push(&mut self) {
        let t = self.stream.announce(self.now);
        self.told = self.told.max(t);
        let client = &self.clients[PUSHED];
        if client.away_until > self.now || client.last_known == t {
            return;
        }
        let (range, t) = self.stream.events_between(client.last_known, t);
        let seq = client.acknowledged;
        self.arrives(self.token(PUSHED), t, seq, range);
    }

    /// An answer is on its way to its client, or lost.
    fn answered(&mut self, token: Token, answer: &Answer) {
        let who = token.0 as usize % CLIENTS;
        assert!(answer.t <= self.stream.announced());
        self.told = self.told.max(answer.t);
        let public = *self.clients[who].public.get_or_insert(answer.public_id);
        assert_eq!(answer.public_id, public, "the same private id, the same public id");
        if self.chance.one_in(20) {
            self.saw.answers_lost += 1;
            return;
        }
        let delay = self.chance.below(POLL_EVERY_MICROS / 2);
        let Answer { t, seq, events, .. } = answer.clone();
        self.after(delay, Happens::Arrives { token, t, seq, events });
    }

    fn arrives(&mut self, token: Token, t: Tick, seq: u64, events: Range<u64>) {
        let who = token.0 as usize % CLIENTS;
        let client = &mut self.clients[who];
        client.acknowledged = client.acknowledged.max(seq);
        if token.0 / CLIENTS as u64 != client.loads || t <= client.last_known {
            return;
        }
        if !events.is_empty() {
            assert!(events.start <= client.cursor, "client {who} at {} got {events:?}", client.cursor);
            for offset in client.cursor..events.end {
                client.fold = folded(client.fold, &self.log[offset as usize]);
            }
            client.cursor = client.cursor.max(events.end);
        }
        client.last_known = t;
        self.seen.push(Seen { who, t, cursor: client.cursor, fold: client.fold });
    }

    fn give(&mut self, commit: Commit) {
        assert_eq!(commit.first, self.log.len() as u64);
        for event in &commit.events {
            assert!(event.tick > self.told, "tick {} is closed: {event:?}", self.told);
        }
        assert!(self.given.is_none());
        self.given = Some((commit.events, false));
        let delay = if self.chance.one_in(4) { 0 } else { self.chance.below(150_000) };
        self.after(delay, Happens::LogSays);
    }

    fn log_says(&mut self) {
        let Some((events, asked_before)) = self.given.take() else { return };
        let fate = match self.chance.below(40) {
            0 => Fate::Refused,
            1 if !asked_before => Fate::Unknown,
            _ => Fate::Written,
        };
        match fate {
            Fate::Written => self.log.extend(events),
            Fate::Refused => {}
            Fate::Unknown => {
                self.saw.unknown += 1;
                self.given = Some((events, true));
                let until_it_knows = self.chance.below(3_000_000);
                self.after(until_it_knows, Happens::LogSays);
            }
        }
        let settled = self.stream.committed(fate, self.now);
        self.settled(settled);
    }

    fn settled(&mut self, settled: Settled) {
        self.saw.silenced += settled.silenced.len() as u64;
        for (token, answer) in settled.answers {
            match answer {
                Ok(answer) => self.answered(token, &answer),
                Err(_) => self.saw.refused += 1,
            }
        }
        if let Some(commit) = settled.next {
            self.give(commit);
        }
        self.arm();
    }

    fn times_out(&mut self) {
        if self.armed == Some(self.now) {
            self.armed = None;
        }
        match self.stream.handle_timeout(self.now) {
            Due::Nothing => {}
            Due::Commit(commit) => self.give(commit),
            Due::Ended => panic!("ten clients use it"),
        }
        self.push();
        self.arm();
    }

    /// A timer as the server has it.
    fn arm(&mut self) {
        if let Some(at) = self.stream.poll_timeout()
            && self.armed.is_none_or(|armed| at < armed)
        {
            self.armed = Some(at);
            self.at(at, Happens::TimesOut);
        }
    }

    /// The log mends, everybody sends what is left and reads to the end.
    fn all_come_home(&mut self) {
        self.now = self.now + Duration::from_secs(1);
        while let Some((events, _)) = self.given.take() {
            self.log.extend(events);
            let settled = self.stream.committed(Fate::Written, self.now);
            self.settled(settled);
        }
        for round in 0..10_000 {
            self.now = self.now + Duration::from_micros(TICK_MICROS);
            let who = round % CLIENTS;
            let request = Request { quiet: false, ..self.request(who) };
            let token = self.token(who);
            let answer = match self.stream.sync(token, request, self.now) {
                Proposed::Answer(answer) => answer,
                Proposed::Commit(commit) => {
                    self.log.extend(commit.events);
                    self.stream.committed(Fate::Written, self.now).answers.pop().unwrap().1.unwrap()
                }
                proposed => panic!("{proposed:?}"),
            };
            self.arrives(token, answer.t, answer.seq, answer.events);
        }
        for client in &self.clients {
            assert_eq!(client.acknowledged, client.sent);
            assert_eq!(client.cursor, self.log.len() as u64, "everybody has read everything");
        }
    }

    /// What a client took for everything up to T was that, to the last event.
    fn nobody_saw_anything_else(&self) {
        let mut folds = vec![0];
        for event in &self.log {
            folds.push(folded(folds[folds.len() - 1], event));
        }
        assert!(self.log.is_sorted_by_key(|event| event.tick));
        for Seen { who, t, cursor, fold } in &self.seen {
            let whole = self.log.partition_point(|event| event.tick <= *t) as u64;
            assert_eq!(*cursor, whole, "client {who} at tick {t}");
            assert_eq!(*fold, folds[*cursor as usize], "client {who} at tick {t}");
        }
    }

    fn each_event_is_there_once(&mut self) {
        let mut numbers: BTreeMap<PublicId, u64> = BTreeMap::new();
        let mut here: BTreeMap<&str, bool> = BTreeMap::new();
        for event in &self.log {
            match (event.origin, &*event.kind) {
                (Origin::Client(public), _) => {
                    let number = numbers.entry(public).or_default();
                    *number += 1;
                    assert_eq!(*event.body, number.to_string(), "client {public}");
                }
                (Origin::Server, "_c") => {
                    self.saw.returned += u64::from(here.insert(&event.body, true).is_some_and(|here| !here));
                }
                (Origin::Server, "_d") => assert_eq!(here.insert(&event.body, false), Some(true)),
                (Origin::Server, _) => assert_eq!(&*event.kind, "_a"),
            }
        }
        assert_eq!(numbers.len(), CLIENTS);
        for client in &self.clients {
            assert_eq!(Some(&client.sent), client.public.and_then(|public| numbers.get(&public)));
        }
    }
}

/// An order-sensitive sum of all that matters of the events so far.
fn folded(fold: u64, event: &Event) -> u64 {
    let mut sum = fold ^ event.tick.0 as u64;
    for byte in event.kind.bytes().chain(event.body.bytes()) {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5);
    }
    match event.origin {
        Origin::Server => sum,
        Origin::Client(public) => sum.wrapping_add(public.0),
    }
}

/// SplitMix64: small, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

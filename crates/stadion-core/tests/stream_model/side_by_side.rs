//! The stream and the model, asked the same and compared after each step.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use stadion_core::desync::Report;
use stadion_core::stream::{Due, Settled};
use stadion_core::{
    Answer, Birth, Commit, Draft, Epoch, Event, Fate, Origin, PrivateId, Proposed, PublicId, Refusal,
    Request, Stream, StreamRules, Tick, Time, Token,
};

use crate::model::{After, AtTimeout, Expected, Model, Told};
use crate::steps::{CLIENTS, Claim, LastKnown, Seq, Step, Sync};

pub(crate) struct SideBySide {
    rules: StreamRules,
    stream: Stream,
    model: Model,
    now: Time,
    lives: u128,
    tokens: u64,
    /// What the log holds, and what it was given and has not said a word about.
    log: Vec<Event>,
    given: Option<Vec<Event>>,
    /// The highest T that anybody was told.
    told: Tick,
    clients: Vec<Remembers>,
    readers: usize,
}

/// What a client keeps.
#[derive(Default)]
struct Remembers {
    last: Option<Request>,
    last_known: Tick,
    sockets: usize,
}

impl SideBySide {
    pub(crate) fn new(rules: StreamRules) -> Self {
        let birth = Birth { epoch: Epoch::from_bits(0), seed: 42 };
        Self {
            stream: Stream::new(Arc::new(rules.clone()), birth, Time::ORIGIN),
            model: Model::new(rules.clone(), birth, Time::ORIGIN),
            rules,
            now: Time::ORIGIN,
            lives: 0,
            tokens: 0,
            log: Vec::new(),
            given: None,
            told: Tick::ZERO,
            clients: (0..CLIENTS).map(|_| Remembers::default()).collect(),
            readers: 0,
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Wait(micros) => self.wait(*micros),
            Step::WaitUntilDue => {
                if let Some(at) = self.stream.poll_timeout() {
                    self.now = self.now.max(at);
                    self.timeout();
                    self.is_quiet_now();
                }
            }
            Step::Timeout => self.timeout(),
            Step::Sync(sync) => {
                let request = self.request(sync);
                self.clients[sync.client].last = Some(request.clone());
                self.sync(sync.client, request);
            }
            Step::Retry(who) => {
                if let Some(request) = self.clients[*who].last.clone() {
                    self.sync(*who, request);
                }
            }
            Step::Announce => self.announce(),
            Step::HeardFrom(who) => {
                self.stream.heard_from(&id(*who), self.now);
                self.model.heard_from(&id(*who), self.now);
            }
            Step::SocketOpened(who) => {
                self.clients[*who].sockets += 1;
                self.stream.socket_opened();
                self.model.socket_opened();
            }
            Step::SocketClosed(who) => {
                if let Some(left) = self.clients[*who].sockets.checked_sub(1) {
                    self.clients[*who].sockets = left;
                    self.stream.socket_closed(&id(*who), self.now);
                    self.model.socket_closed(&id(*who), self.now);
                }
            }
            Step::ReaderJoined => {
                self.readers += 1;
                self.stream.reader_joined();
                self.model.readers(1);
            }
            Step::ReaderLeft => {
                if let Some(left) = self.readers.checked_sub(1) {
                    self.readers = left;
                    self.stream.reader_left();
                    self.model.readers(-1);
                }
            }
            Step::Log(fate) => self.log_says(*fate),
        }
        self.compare();
    }

    /// The log tells all it knows, and everybody reads to the end.
    pub(crate) fn finish(&mut self) {
        while self.given.is_some() {
            self.log_says(Fate::Written);
            self.compare();
        }
        self.counted_events_are_there_once();
    }

    fn counted_events_are_there_once(&self) {
        for who in 0..CLIENTS {
            let mut counted: BTreeMap<PublicId, Vec<u64>> = BTreeMap::new();
            let prefix = format!("{}:", id(who).expose());
            for event in &self.log {
                if let (Origin::Client(public), Some(number)) =
                    (event.origin, event.body.strip_prefix(&prefix))
                {
                    counted.entry(public).or_default().push(number.parse().unwrap());
                }
            }
            // One public id, one count from 1 without gap and double.
            for (public, numbers) in counted {
                assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{public}: {numbers:?}");
            }
        }
    }

    fn wait(&mut self, micros: u64) {
        self.now = Time::from_micros(self.now.as_micros() + micros);
    }

    fn timeout(&mut self) {
        let expected = self.model.timeout(self.now);
        match (self.stream.handle_timeout(self.now), expected) {
            (Due::Nothing, AtTimeout::Nothing) => {}
            (Due::Commit(commit), AtTimeout::Commit(events)) => self.give(commit, events),
            (Due::Ended, AtTimeout::Ended) => self.begin_anew(),
            (due, _) => panic!("at {:?}: {due:?}", self.now),
        }
    }

    /// Whoever does what the stream wants at its time-out has rest until a later one.
    fn is_quiet_now(&mut self) {
        if self.given.is_none() {
            self.announce();
            let next = self.stream.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "it is {:?}, and again {next:?}", self.now);
        }
    }

    fn begin_anew(&mut self) {
        self.counted_events_are_there_once();
        self.lives += 1;
        let birth = Birth { epoch: Epoch::from_bits(self.lives), seed: 42 };
        self.stream = Stream::new(Arc::new(self.rules.clone()), birth, self.now);
        self.model = Model::new(self.rules.clone(), birth, self.now);
        self.log.clear();
        self.told = Tick::ZERO;
        self.clients.iter_mut().for_each(|client| *client = Remembers::default());
        self.readers = 0;
    }

    fn announce(&mut self) {
        let told = self.stream.announce(self.now);
        assert_eq!(told, self.model.announce(self.now));
        self.told = self.told.max(told);
    }

    fn request(&self, sync: &Sync) -> Request {
        let have = self.model.seq_of(&id(sync.client));
        let count = sync.events as u64;
        let seq = match sync.seq {
            Seq::Absent => None,
            Seq::Right => Some(have + count),
            Seq::Behind(by) => Some((have + count).saturating_sub(by)),
            Seq::Gap(by) => Some(have + count + by),
            Seq::Any(seq) => Some(seq),
        };
        let mut events: Vec<Draft> = (1..=count)
            .map(|number| match seq {
                Some(seq) => {
                    draft(&format!("{}:{}", id(sync.client).expose(), seq.wrapping_sub(count - number)))
                }
                None => draft("uncounted"),
            })
            .collect();
        if let (true, Some(last)) = (sync.reserved, events.last_mut()) {
            last.kind = "_c".into();
        }
        let announced = self.stream.announced();
        Request {
            client: id(sync.client),
            last_known: match sync.last_known {
                LastKnown::Right => self.clients[sync.client].last_known,
                LastKnown::Zero => Tick::ZERO,
                LastKnown::Any(tick) => Tick(tick),
            },
            events,
            state: sync.state.map(|byte| Arc::from([byte].as_slice())),
            epoch: match sync.epoch {
                Claim::Absent => None,
                Claim::Empty => Some("".into()),
                Claim::Right => Some(self.stream.epoch().as_str().into()),
                Claim::Wrong => Some("another".into()),
            },
            seq,
            hash: sync.hash.map(|ahead| Report { tick: Tick(announced.0 + ahead), hash: "ab".into() }),
            quiet: sync.quiet,
        }
    }

    fn sync(&mut self, who: usize, request: Request) {
        self.tokens += 1;
        let token = Token(self.tokens * CLIENTS as u64 + who as u64);
        let expected = self.model.sync(token, request.clone(), self.now);
        match (self.stream.sync(token, request, self.now), expected) {
            (Proposed::Answer(answer), Expected::Answer(told)) => self.hear(token, &answer, &told),
            (Proposed::Refused(refusal), Expected::Refused(reasons)) => refused(&refusal, &reasons),
            (Proposed::Commit(commit), Expected::Commit(events)) => self.give(commit, events),
            (Proposed::Waiting, Expected::Waiting) => {}
            (proposed, _) => panic!("{proposed:?}"),
        }
    }

    /// A commit goes to the log.
    fn give(&mut self, commit: Commit, expected: Vec<Event>) {
        assert_eq!(commit.first, self.log.len() as u64, "offsets have no gaps");
        assert_eq!(commit.events, expected);
        assert!(!commit.events.is_empty());
        for event in &commit.events {
            assert!(event.tick > self.told, "{event:?}: tick {} was announced", self.told);
        }
        assert!(self.given.replace(commit.events).is_none(), "one commit at a time");
    }

    fn log_says(&mut self, fate: Fate) {
        let Some(given) = self.given.take() else { return };
        let expected = match fate {
            Fate::Written => {
                self.log.extend(given);
                self.model.written(self.now)
            }
            Fate::Refused => self.model.failed(self.now),
            Fate::Unknown => {
                self.given = Some(given);
                self.model.nobody_knows()
            }
        };
        let settled = self.stream.committed(fate, self.now);
        self.settle(settled, expected);
    }

    fn settle(&mut self, settled: Settled, expected: After) {
        assert_eq!(settled.silenced, expected.silenced);
        assert_eq!(settled.answers.len(), expected.answers.len(), "everybody is answered once");
        // In whatever order: each is matched by its token.
        let mut expected_answers: HashMap<Token, _> = expected.answers.into_iter().collect();
        for (token, answer) in settled.answers {
            match (answer, expected_answers.remove(&token).unwrap()) {
                (Ok(answer), Ok(told)) => self.hear(token, &answer, &told),
                (Err(refusal), Err(reasons)) => refused(&refusal, &reasons),
                (answer, _) => panic!("{answer:?}"),
            }
        }
        match (settled.next, expected.next) {
            (Some(commit), Some(events)) => self.give(commit, events),
            (None, None) => {}
            (commit, _) => panic!("{commit:?}"),
        }
    }

    /// A client gets its answer.
    fn hear(&mut self, token: Token, answer: &Answer, told: &Told) {
        let offsets = answer.events.clone().collect();
        assert_eq!(&Told { t: answer.t, offsets, public: answer.public_id, seq: answer.seq }, told);
        for offset in answer.events.clone() {
            let event = &self.log[offset as usize];
            assert!(answer.last_known < event.tick && event.tick <= answer.t, "{event:?}");
        }
        self.told = self.told.max(answer.t);
        let who = token.0 as usize % CLIENTS;
        self.clients[who].last_known = answer.t;
    }

    fn compare(&self) {
        let (stream, model) = (&self.stream, &self.model);
        assert!(stream.announced() >= self.told, "what was announced stays announced");
        assert_eq!(stream.announced(), model.announced);
        assert_eq!(stream.head(), self.log.len() as u64);
        assert!(self.log.iter().eq(model.log.iter().map(|written| &written.event)));
        assert_eq!(stream.clients_connected(), model.connected());
        for last_known in [Tick(-1), self.told, Tick(self.told.0 / 2)] {
            let mut states: Vec<_> =
                stream.states_after(last_known).map(|(id, tick, data)| (id, tick, data.clone())).collect();
            states.sort();
            assert_eq!(states, model.states_after(last_known));
        }
        let hashes: Vec<_> =
            stream.hashes().latest().map(|(id, report)| (id, report.tick, report.hash.clone())).collect();
        assert_eq!(hashes, model.hashes());
        assert_eq!(stream.hashes().desync(), None, "all of them say the same");
        match (stream.poll_timeout(), model.due()) {
            (_, None) => {}
            (Some(asked), Some(due)) => assert!(asked <= due, "{asked:?} is later than {due:?}"),
            (None, Some(due)) => panic!("{due:?} would be missed"),
        }
    }
}

fn refused(refusal: &Refusal, reasons: &[Refusal]) {
    assert!(reasons.contains(refusal), "{refusal:?} is none of {reasons:?}");
}

fn id(who: usize) -> PrivateId {
    PrivateId::new(&format!("client-{who}")).unwrap()
}

fn draft(body: &str) -> Draft {
    Draft { kind: "x".into(), body: body.into(), encoded_bytes: body.len() }
}

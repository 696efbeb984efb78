//! Each bound of a stream, met exactly and passed by one: what passes it is refused by its name, nothing of it is
//! written, and the others go on as if it had not been.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use stadion_core::stream::Due;
use stadion_core::{
    Answer, Birth, Draft, Epoch, Event, Fate, PrivateId, Proposed, PublicId, Refusal, Request, Stream,
    StreamRules, Tick, Time, Token,
};

/// What an event is counted with beside its type and body; the server's own are counted with it alone.
const EVENT_BYTES: u64 = 80;

/// A stream on a log that writes at once.
struct Table {
    stream: Stream,
    log: Vec<Event>,
    now: Time,
}

impl Table {
    fn new(rules: StreamRules) -> Self {
        let birth = Birth { epoch: Epoch::from_bits(7), seed: 42 };
        Self { stream: Stream::new(Arc::new(rules), birth, Time::ORIGIN), log: Vec::new(), now: Time::ORIGIN }
    }

    fn later(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    fn sync(&mut self, request: Request) -> Result<Answer, Refusal> {
        match self.stream.sync(Token(1), request, self.now) {
            Proposed::Answer(answer) => Ok(answer),
            Proposed::Refused(refusal) => Err(refusal),
            Proposed::Commit(commit) => {
                self.log.extend(commit.events);
                self.stream.committed(Fate::Written, self.now).answers.pop().unwrap().1
            }
            Proposed::Waiting => panic!("the log writes at once"),
        }
    }

    #[track_caller]
    fn takes(&mut self, request: Request) -> Answer {
        self.sync(request).unwrap()
    }

    #[track_caller]
    fn refuses(&mut self, request: Request, refusal: &Refusal) {
        let trace = |table: &Self| {
            let stream = &table.stream;
            let states: Vec<_> =
                stream.states_after(Tick(-1)).map(|(id, _, data)| (id, data.clone())).collect();
            let hashes = stream.hashes().latest().count();
            (stream.head(), stream.announced(), stream.clients_connected(), states, hashes)
        };
        let before = trace(self);
        let request = Request { state: Some(Arc::from(*b"{}")), ..request };
        assert_eq!(self.sync(request).as_ref(), Err(refusal));
        assert_eq!(trace(self), before, "a refusal leaves no trace");
    }

    fn leave_all(&mut self, silence: Duration) -> usize {
        self.later(silence);
        self.stream.socket_opened();
        let Due::Commit(commit) = self.stream.handle_timeout(self.now) else { panic!("they are silent") };
        self.log.extend(commit.events);
        let gone = self.stream.committed(Fate::Written, self.now).silenced.len();
        self.stream.socket_closed(&id("nobody"), self.now);
        gone
    }
}

fn id(name: &str) -> PrivateId {
    PrivateId::new(name).unwrap()
}

fn poll(name: &str) -> Request {
    Request {
        client: id(name),
        last_known: Tick::ZERO,
        events: Vec::new(),
        state: None,
        epoch: None,
        seq: None,
        hash: None,
        quiet: false,
    }
}

/// A request with one event for each size: what it is counted with in all.
fn says(name: &str, sizes: &[u64]) -> Request {
    let draft = |size: &u64| Draft {
        kind: "x".into(),
        body: "".into(),
        encoded_bytes: usize::try_from(size - EVENT_BYTES).unwrap(),
    };
    Request { events: sizes.iter().map(draft).collect(), ..poll(name) }
}

const TICK: Duration = Duration::from_millis(50);

#[test]
fn clients_max_counts_the_connected() {
    let mut table = Table::new(StreamRules { clients_max: 3, ..StreamRules::default() });
    for name in ["a", "b", "c"] {
        table.takes(poll(name));
    }
    let refusal = Refusal::TooManyClients { clients_max: 3 };
    table.refuses(poll("d"), &refusal);
    table.refuses(says("d", &[90]), &refusal);
    table.takes(says("c", &[90]));

    table.later(Duration::from_secs(9));
    table.takes(poll("a"));
    table.takes(poll("b"));
    table.later(Duration::from_secs(1));
    assert_eq!(table.takes(poll("d")).public_id, PublicId(4), "c has left, so there is room");
    table.refuses(poll("c"), &refusal);
}

#[test]
fn events_per_request_max_counts_the_events() {
    let mut table = Table::new(StreamRules { events_per_request_max: 5, ..StreamRules::default() });
    table.takes(says("a", &[90; 5]));
    table.refuses(says("a", &[90; 6]), &Refusal::TooManyEvents { events_max: 5 });
    table.refuses(says("b", &[90; 6]), &Refusal::TooManyEvents { events_max: 5 });
    assert_eq!(table.log.len(), 7);
    table.takes(says("b", &[90; 5]));
}

#[test]
fn clients_events_fill_nine_tenths_and_the_rest_is_for_coming_and_going() {
    let mut table = Table::new(StreamRules { stream_bytes_max: 16_000, ..StreamRules::default() });
    let full = Refusal::StreamFull { stream_bytes_max: 16_000 };
    table.takes(poll("a"));
    let left = 14_400 - 2 * EVENT_BYTES;
    table.refuses(says("a", &[left + 1]), &full);
    table.refuses(says("a", &[left - 90, 91]), &full);
    table.takes(says("a", &[left]));
    table.refuses(says("a", &[80]), &full);
    table.takes(poll("a"));

    // Each who comes has to leave room for his leaving. Up to 15,200 there is room for nine.
    for number in 0..9 {
        table.takes(poll(&format!("guest-{number}")));
    }
    table.refuses(poll("one-more"), &full);
    table.refuses(says("guest-0", &[80]), &full);
    assert_eq!(table.leave_all(Duration::from_secs(10)), 10, "whoever came in can leave");
    assert_eq!(table.log.len(), 1 + 1 + 1 + 9 + 10);
    table.refuses(poll("a"), &full);
}

#[test]
fn what_was_written_before_is_no_reason_to_refuse_a_retry() {
    let mut table = Table::new(StreamRules { stream_bytes_max: 1_000, ..StreamRules::default() });
    let counted = |sizes: &[u64], seq| Request { seq: Some(seq), ..says("a", sizes) };
    table.takes(counted(&[300, 440], 2));
    table.refuses(counted(&[440, 80], 3), &Refusal::StreamFull { stream_bytes_max: 1_000 });
    assert_eq!(table.takes(counted(&[300, 440], 2)).seq, 2);
    assert_eq!(table.log.len(), 4);
}

#[test]
fn the_ten_thousand_who_left_last_are_remembered() {
    let mut table = Table::new(StreamRules { clients_max: 20_000, ..StreamRules::default() });
    for number in 0..10_001 {
        table.later(Duration::from_micros(1));
        table.takes(Request { seq: Some(1), ..says(&format!("client-{number}"), &[90]) });
    }
    assert_eq!(table.leave_all(Duration::from_secs(10)), 10_001);
    let again = |number: u32| Request { seq: Some(1), ..says(&format!("client-{number}"), &[90]) };

    let answer = table.takes(again(1));
    assert_eq!((answer.public_id, answer.seq), (PublicId(2), 1));
    assert_eq!(&*table.log.last().unwrap().kind, "_c", "its event was there before");
    let answer = table.takes(again(0));
    assert_eq!((answer.public_id, answer.seq), (PublicId(10_002), 1), "forgotten, so somebody new");
    assert_eq!(&*table.log.last().unwrap().kind, "x");
    assert_eq!(table.takes(again(10_000)).public_id, PublicId(10_001));
}

#[test]
fn who_comes_back_makes_room_among_the_remembered() {
    let mut table = Table::new(StreamRules { remembered_max: 2, ..StreamRules::default() });
    for name in ["a", "b"] {
        table.later(TICK);
        table.takes(poll(name));
    }
    table.leave_all(Duration::from_secs(10));
    table.takes(poll("a"));
    table.takes(poll("c"));
    table.leave_all(Duration::from_secs(10));
    // Of b, a, c, who left in this order, b is the oldest.
    assert_eq!(table.takes(poll("c")).public_id, PublicId(3));
    assert_eq!(table.takes(poll("a")).public_id, PublicId(1));
    assert_eq!(table.takes(poll("b")).public_id, PublicId(4));
}

#[test]
fn waiting_max_counts_what_waits_for_the_log() {
    let mut table = Table::new(StreamRules { waiting_max: 2, ..StreamRules::default() });
    table.takes(poll("a"));
    let Proposed::Commit(_) = table.stream.sync(Token(10), says("a", &[90]), table.now) else { panic!() };
    for token in [11, 12] {
        let waits = table.stream.sync(Token(token), says("b", &[90]), table.now);
        assert!(matches!(waits, Proposed::Waiting));
    }
    table.refuses(says("b", &[90]), &Refusal::Busy);
    table.refuses(poll("c"), &Refusal::Busy);
    assert_eq!(table.sync(poll("a")).unwrap().t, Tick::ZERO, "who writes nothing needs not wait");

    let settled = table.stream.committed(Fate::Written, table.now);
    assert_eq!(settled.answers.len(), 1);
    let kinds: Vec<_> = settled.next.unwrap().events.iter().map(|event| event.kind.to_string()).collect();
    assert_eq!(kinds, ["_c", "x", "x"], "nothing of what was refused");
    let tokens: Vec<_> = table
        .stream
        .committed(Fate::Written, table.now)
        .answers
        .into_iter()
        .map(|(token, _)| token)
        .collect();
    assert_eq!(tokens, [Token(11), Token(12)]);
}

/// Three ticks of 160, 300 and 500 bytes, asked for in answers of at most so many.
#[track_caller]
fn check_answers(answer_bytes_max: u64, last_known: i64, events: std::ops::Range<u64>, t: i64) {
    let mut table = Table::new(StreamRules { answer_bytes_max, ..StreamRules::default() });
    table.takes(poll("a"));
    for sizes in [[100, 200].as_slice(), &[250, 250]] {
        table.later(TICK);
        table.takes(poll("a"));
        table.takes(says("a", sizes));
    }
    table.later(TICK * 7);
    table.takes(poll("a"));
    let answer = table.takes(Request { last_known: Tick(last_known), ..poll("a") });
    assert_eq!((answer.events, answer.t), (events, Tick(t)));
}

#[test]
fn an_answer_holds_whole_ticks_up_to_answer_bytes_max() {
    check_answers(960, 0, 0..6, 9);
    check_answers(959, 0, 0..4, 2);
    check_answers(460, 0, 0..4, 2);
    check_answers(459, 0, 0..2, 1);
    check_answers(800, 1, 2..6, 9);
    check_answers(799, 1, 2..4, 2);
}

#[test]
fn a_tick_that_is_bigger_than_an_answer_comes_whole() {
    check_answers(0, 0, 0..2, 1);
    check_answers(0, 1, 2..4, 2);
    check_answers(0, 2, 4..6, 9);
    check_answers(0, 3, 6..6, 9);
}

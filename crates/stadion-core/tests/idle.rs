//! What costs nothing has to: streams that nobody uses, and polls that bring nothing. Counted in fired timers and in
//! allocated bytes, not in time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(unsafe_code, reason = "an allocator that counts can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use stadion_core::stream::Due;
use stadion_core::timers::Timers;
use stadion_core::{
    Answer, Birth, Draft, Epoch, Fate, PrivateId, Proposed, Request, Stream, StreamRules, Tick, Time, Token,
};

/// Counts what the calling thread has, so that tests beside each other do not disturb.
struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; only counted on the way.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE_BYTES.set(LIVE_BYTES.get() + layout.size() as i64);
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE_BYTES.set(LIVE_BYTES.get() - layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn poll(last_known: Tick) -> Request {
    Request {
        client: PrivateId::new("client").unwrap(),
        last_known,
        events: Vec::new(),
        state: None,
        epoch: None,
        seq: None,
        hash: None,
        quiet: false,
    }
}

fn sync(stream: &mut Stream, request: Request, now: Time) -> Answer {
    match stream.sync(Token(1), request, now) {
        Proposed::Answer(answer) => answer,
        Proposed::Commit(commit) => {
            drop(commit);
            stream.committed(Fate::Written, now).answers.pop().unwrap().1.unwrap()
        }
        proposed => panic!("{proposed:?}"),
    }
}

#[test]
fn a_hundred_thousand_idle_streams_are_a_map_and_one_heap() {
    const STREAMS: u64 = 100_000;
    let rules = Arc::new(StreamRules::default());
    let mut streams = HashMap::new();
    let mut timers = Timers::default();
    let before = LIVE_BYTES.get();
    // They come in an order that has nothing to do with their deadlines.
    let begins = |key: u64| Time::from_micros(key * 7_919 % STREAMS * 50);
    for key in 0..STREAMS {
        let now = begins(key);
        let birth = Birth { epoch: Epoch::from_bits(u128::from(key)), seed: 1 };
        let mut stream = Stream::new(rules.clone(), birth, now);
        sync(&mut stream, poll(Tick::ZERO), now);
        timers.arm(key, stream.poll_timeout().unwrap());
        streams.insert(key, stream);
    }
    let each = (LIVE_BYTES.get() - before) as u64 / STREAMS;
    assert!(each <= 1_024, "an idle stream takes {each} bytes");

    let streams_len = streams.len();
    let (mut fired, mut left, mut ended) = (0, 0, 0);
    let mut now = Time::ORIGIN;
    while let Some(at) = timers.next() {
        assert!(at >= now, "timers fire in order");
        now = at;
        while let Some(key) = timers.pop_due(now) {
            fired += 1;
            // Once for the client's leaving, once to see that nobody else is there, once for the end.
            assert!(fired <= 3 * STREAMS, "{fired} timers fired");
            let stream = streams.get_mut(&key).unwrap();
            match stream.handle_timeout(now) {
                Due::Nothing => {}
                Due::Commit(_) => {
                    assert_eq!(now, begins(key) + Duration::from_secs(10));
                    left += stream.committed(Fate::Written, now).silenced.len();
                }
                Due::Ended => {
                    assert_eq!(now, begins(key) + Duration::from_secs(60));
                    streams.remove(&key);
                    ended += 1;
                    continue;
                }
            }
            timers.arm(key, stream.poll_timeout().unwrap());
        }
    }
    assert_eq!((left, ended), (streams_len, STREAMS));
    assert!(streams.is_empty());
}

/// A stream with one event a tick, and its time.
fn long_stream(events: u64) -> (Stream, Time) {
    let rules = StreamRules { stream_bytes_max: 1 << 30, ..StreamRules::default() };
    let birth = Birth { epoch: Epoch::from_bits(1), seed: 1 };
    let mut stream = Stream::new(Arc::new(rules), birth, Time::ORIGIN);
    let mut now = Time::ORIGIN;
    while stream.head() < events {
        let draft = Draft { kind: "x".into(), body: "".into(), encoded_bytes: 5 };
        let request = Request { events: vec![draft], ..poll(stream.announced()) };
        sync(&mut stream, request, now);
        now = now + Duration::from_millis(50);
    }
    let t = sync(&mut stream, poll(Tick::ZERO), now).t;
    assert!(t.0 >= 1);
    (stream, now)
}

/// Allocations and bytes that stay, of one poll that brings nothing.
fn cost_of_an_empty_poll(stream: &mut Stream, now: Time) -> (u64, i64) {
    let live_before = LIVE_BYTES.get();
    let request = poll(stream.announced());
    let allocations_before = ALLOCATIONS.get();
    let answer = sync(stream, request, now);
    let cost = (ALLOCATIONS.get() - allocations_before, LIVE_BYTES.get() - live_before);
    assert_eq!(answer.events, stream.head()..stream.head());
    cost
}

#[test]
fn an_empty_poll_costs_the_same_in_a_stream_of_500_000_events() {
    let (mut short, short_now) = long_stream(10);
    let (mut long, long_now) = long_stream(500_000);
    let cost = cost_of_an_empty_poll(&mut long, long_now);
    assert_eq!(cost, cost_of_an_empty_poll(&mut short, short_now));
    assert_eq!(cost.1, 0, "it leaves nothing behind");
    assert!(cost.0 <= 1, "{} allocations", cost.0);

    // Half a million of them: if each looked at every event, this would take a day.
    for _ in 0..500_000 {
        let t = long.announced();
        assert_eq!(long.events_between(t, t).1, t);
    }
    for tick in (0..500_000).step_by(10) {
        let after = Tick(tick);
        let (offsets, t) = long.events_between(after, Tick(tick + 3));
        assert_eq!((offsets.end - offsets.start, t), (if tick == 0 { 6 } else { 3 }, Tick(tick + 3)));
    }
}

//! The rules of the contract, one by one, with a log that answers at once.

use super::*;

fn stream() -> Stream {
    let birth = Birth { epoch: Epoch::from_bits(7), seed: 42 };
    Stream::new(Arc::new(StreamRules::default()), birth, Time::ORIGIN)
}

fn at_ms(ms: u64) -> Time {
    Time::from_micros(ms * 1000)
}

fn poll(client: &str, last_known: i64) -> Request {
    Request {
        client: PrivateId::new(client).unwrap(),
        last_known: Tick(last_known),
        events: Vec::new(),
        state: None,
        epoch: None,
        seq: None,
        hash: None,
        quiet: false,
    }
}

fn says(client: &str, last_known: i64, kinds: &[&str]) -> Request {
    let events =
        kinds.iter().map(|kind| Draft { kind: (*kind).into(), body: "".into(), encoded_bytes: 4 }).collect();
    Request { events, ..poll(client, last_known) }
}

/// Syncs with a log that writes at once; the events go to `log`.
fn sync(stream: &mut Stream, log: &mut Vec<Event>, request: Request, ms: u64) -> Result<Answer, Refusal> {
    match stream.sync(Token(1), request, at_ms(ms)) {
        Proposed::Answer(answer) => Ok(answer),
        Proposed::Refused(refusal) => Err(refusal),
        Proposed::Commit(commit) => {
            log.extend(commit.events);
            stream.committed(Fate::Written, at_ms(ms)).answers.pop().unwrap().1
        }
        Proposed::Waiting => panic!("the log answers at once"),
    }
}

fn stamps(log: &[Event]) -> Vec<(i64, String)> {
    log.iter().map(|event| (event.tick.0, format!("{}{}", event.kind, event.body))).collect()
}

#[test]
fn a_stream_opens_at_tick_0_and_its_first_events_come_with_tick_1() {
    let (mut stream, mut log) = (stream(), Vec::new());
    let first = sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    assert_eq!((first.t, first.events.clone(), first.public_id), (Tick(0), 0..0, PublicId(1)));
    let second = sync(&mut stream, &mut log, poll("a", 0), 320).unwrap();
    assert_eq!((second.t, second.events), (Tick(6), 0..2));
    assert_eq!(stamps(&log), [(1, "_a42".into()), (1, "_c1".into())]);
}

#[test]
fn an_event_is_stamped_with_the_earliest_tick_that_nobody_was_told() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    assert_eq!(sync(&mut stream, &mut log, poll("a", 0), 199).unwrap().t, Tick(3));
    let answer = sync(&mut stream, &mut log, says("a", 3, &["x"]), 500).unwrap();
    assert_eq!((answer.t, answer.events), (Tick(10), 2..3));
    assert_eq!(log.last().unwrap().tick, Tick(4));
}

#[test]
fn who_falls_silent_leaves_and_comes_back_as_the_same() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    sync(&mut stream, &mut log, poll("b", 0), 5_000).unwrap();
    assert_eq!(stream.poll_timeout(), Some(at_ms(10_000)));
    let Due::Commit(commit) = stream.handle_timeout(at_ms(10_000)) else { panic!("a is due") };
    log.extend(commit.events);
    let settled = stream.committed(Fate::Written, at_ms(10_000));
    assert_eq!(settled.silenced, [PrivateId::new("a").unwrap()]);
    let back = sync(&mut stream, &mut log, poll("a", 0), 12_000).unwrap();
    assert_eq!(back.public_id, PublicId(1));
    assert_eq!(
        stamps(&log),
        [(1, "_a42".into()), (1, "_c1".into()), (1, "_c2".into()), (101, "_d1".into()), (101, "_c1".into())]
    );
}

#[test]
fn a_stream_that_nobody_uses_ends() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 1_000).unwrap();
    stream.socket_opened();
    assert!(matches!(stream.handle_timeout(at_ms(120_000)), Due::Commit(_)));
    stream.committed(Fate::Written, at_ms(120_000));
    stream.socket_closed(&PrivateId::new("a").unwrap(), at_ms(130_000));
    assert!(matches!(stream.handle_timeout(at_ms(189_999)), Due::Nothing));
    assert!(matches!(stream.handle_timeout(at_ms(190_000)), Due::Ended));
}

#[test]
fn a_count_keeps_events_from_being_written_twice() {
    let (mut stream, mut log) = (stream(), Vec::new());
    let numbered = |kinds: &[&str], seq| Request { seq: Some(seq), ..says("a", 0, kinds) };
    assert_eq!(sync(&mut stream, &mut log, numbered(&["x", "y"], 2), 0).unwrap().seq, 2);
    assert_eq!(sync(&mut stream, &mut log, numbered(&["x", "y"], 2), 10).unwrap().seq, 2);
    assert_eq!(sync(&mut stream, &mut log, numbered(&["y", "z"], 3), 20).unwrap().seq, 3);
    assert_eq!(sync(&mut stream, &mut log, numbered(&["w"], 5), 30), Err(Refusal::SeqGap { have: 3 }));
    assert_eq!(
        sync(&mut stream, &mut log, numbered(&["v", "w"], 1), 30),
        Err(Refusal::SeqTooLow { seq: 1, events: 2 })
    );
    assert_eq!(sync(&mut stream, &mut log, numbered(&[], 9), 40).unwrap().seq, 3);
    let kinds: Vec<_> = log.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["_a", "_c", "x", "y", "z"]);
}

#[test]
fn what_the_log_refuses_never_was() {
    let mut stream = stream();
    let Proposed::Commit(_) = stream.sync(Token(1), says("a", 0, &["x"]), at_ms(0)) else { panic!() };
    let settled = stream.committed(Fate::Refused, at_ms(5));
    assert_eq!(settled.answers, [(Token(1), Err(Refusal::Unavailable))]);
    assert!(stream.is_stillborn());
    let mut log = Vec::new();
    sync(&mut stream, &mut log, says("b", 0, &["y"]), 10).unwrap();
    assert_eq!(stamps(&log), [(1, "_a42".into()), (1, "_c1".into()), (1, "y".into())]);
}

#[test]
fn while_a_commit_is_on_its_way_t_stands_still_and_others_join_the_next() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    sync(&mut stream, &mut log, poll("a", 0), 1_000).unwrap();
    let Proposed::Commit(commit) = stream.sync(Token(1), says("a", 20, &["x"]), at_ms(1_100)) else {
        panic!()
    };
    assert_eq!(commit.events[0].tick, Tick(21));
    let Proposed::Answer(answer) = stream.sync(Token(2), poll("a", 20), at_ms(1_500)) else { panic!() };
    assert_eq!((answer.t, answer.events), (Tick(20), 2..2));
    assert!(matches!(stream.sync(Token(3), says("b", 0, &["y"]), at_ms(1_600)), Proposed::Waiting));
    let settled = stream.committed(Fate::Written, at_ms(2_000));
    assert_eq!(settled.answers.len(), 1);
    assert_eq!(settled.answers[0].1.as_ref().unwrap().t, Tick(40));
    let next = settled.next.unwrap();
    assert_eq!((next.first, next.events[0].tick, &*next.events[1].kind), (3, Tick(41), "y"));
    let settled = stream.committed(Fate::Written, at_ms(2_100));
    assert_eq!(settled.answers[0].0, Token(3));
}

#[test]
fn an_unknown_outcome_closes_the_stream_until_the_log_has_told() {
    for (told, head) in [(Fate::Written, 3), (Fate::Refused, 2)] {
        let (mut stream, mut log) = (stream(), Vec::new());
        sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
        let Proposed::Commit(_) = stream.sync(Token(1), says("a", 0, &["x"]), at_ms(100)) else { panic!() };
        assert_eq!(
            stream.committed(Fate::Unknown, at_ms(200)).answers,
            [(Token(1), Err(Refusal::Unavailable))]
        );
        assert!(matches!(
            stream.sync(Token(2), poll("a", 0), at_ms(300)),
            Proposed::Refused(Refusal::Unavailable)
        ));
        assert_eq!(stream.announce(at_ms(300)), Tick(0));
        stream.committed(told, at_ms(400));
        assert_eq!(stream.head(), head);
        assert_eq!(sync(&mut stream, &mut log, poll("a", 0), 500).unwrap().events, 0..head);
    }
}

#[test]
fn states_are_seen_until_the_reader_has_caught_up() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    let with_state = Request { state: Some(Arc::from(*b"{}")), ..poll("a", 0) };
    sync(&mut stream, &mut log, with_state, 1_000).unwrap();
    let seen = |stream: &Stream, after| stream.states_after(Tick(after)).map(|s| s.1.0).collect::<Vec<_>>();
    assert_eq!(seen(&stream, 0), [1]);
    assert_eq!(seen(&stream, 1), [0_i64; 0]);
}

#[test]
fn bounds_are_kept_and_leave_others_undisturbed() {
    let rules = StreamRules {
        clients_max: 1,
        stream_bytes_max: 1_000,
        events_per_request_max: 20,
        ..StreamRules::default()
    };
    let mut stream =
        Stream::new(Arc::new(rules), Birth { epoch: Epoch::from_bits(7), seed: 1 }, Time::ORIGIN);
    let mut log = Vec::new();
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    let check = |stream: &mut Stream, log: &mut Vec<Event>, request, refusal| {
        let before = log.len();
        assert_eq!(sync(stream, log, request, 100), Err(refusal));
        assert_eq!(log.len(), before);
    };
    check(&mut stream, &mut log, poll("b", 0), Refusal::TooManyClients { clients_max: 1 });
    check(&mut stream, &mut log, says("a", 0, &["x"; 21]), Refusal::TooManyEvents { events_max: 20 });
    check(&mut stream, &mut log, says("a", 0, &["x"; 20]), Refusal::StreamFull { stream_bytes_max: 1_000 });
    check(&mut stream, &mut log, says("a", 0, &["x", "_c"]), Refusal::ReservedType { index: 1 });
    let elsewhere = Request { epoch: Some("elsewhere".into()), ..poll("a", 0) };
    let current = Some(Epoch::from_bits(7));
    check(&mut stream, &mut log, elsewhere, Refusal::EpochChanged { current });
    sync(&mut stream, &mut log, says("a", 0, &["x"]), 200).unwrap();
}

#[track_caller]
fn takes_off(proposed: Proposed) -> Commit {
    match proposed {
        Proposed::Commit(commit) => commit,
        proposed => panic!("{proposed:?}"),
    }
}

#[test]
fn a_state_does_not_overtake_an_earlier_one_while_the_log_takes_its_time() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    let with_state = |request, state: &[u8]| Request { state: Some(Arc::from(state)), ..request };
    let _first = takes_off(stream.sync(Token(1), with_state(says("a", 0, &["x"]), b"old"), at_ms(100)));
    stream.sync(Token(2), with_state(poll("a", 0), b"new"), at_ms(110));
    stream.committed(Fate::Written, at_ms(200));
    let state = stream.states_after(Tick(0)).map(|(_, _, data)| data.to_vec()).next().unwrap();
    assert_eq!(String::from_utf8(state).unwrap(), "new");
}

#[test]
fn readers_are_told_ticks_while_one_commit_follows_on_another() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    stream.reader_joined();
    let quietly = || Request { quiet: true, ..says("a", 0, &["x"]) };
    let mut commit = takes_off(stream.sync(Token(1), quietly(), at_ms(1_000)));
    for second in 1..=5 {
        assert!(matches!(stream.sync(Token(1), quietly(), at_ms(second * 1_000 + 500)), Proposed::Waiting));
        commit = stream.committed(Fate::Written, at_ms(second * 1_000 + 900)).next.unwrap();
        assert_eq!(stream.announced(), stream.clock(at_ms(second * 1_000 + 900)));
    }
    assert_eq!(commit.events[0].tick, Tick(119));
}

#[test]
fn whose_waiting_request_is_refused_has_not_been_heard_from() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    sync(&mut stream, &mut log, poll("b", 0), 5_000).unwrap();
    let _slow = takes_off(stream.sync(Token(1), says("b", 0, &["x"]), at_ms(9_000)));
    let gap = |client| Request { seq: Some(9), ..says(client, 0, &["y"]) };
    assert!(matches!(stream.sync(Token(2), gap("a"), at_ms(9_900)), Proposed::Waiting));
    let settled = stream.committed(Fate::Written, at_ms(9_950));
    assert_eq!(settled.answers[1], (Token(2), Err(Refusal::SeqGap { have: 0 })));
    assert_eq!(stream.poll_timeout(), Some(at_ms(10_000)));
    let Due::Commit(commit) = stream.handle_timeout(at_ms(10_000)) else { panic!("a is due") };
    assert_eq!(stamps(&commit.events)[0].1, "_d1");
}

#[test]
fn who_waits_for_the_log_is_not_silent() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    sync(&mut stream, &mut log, poll("b", 0), 5_000).unwrap();
    let _slow = takes_off(stream.sync(Token(1), says("b", 0, &["x"]), at_ms(9_000)));
    assert!(matches!(stream.sync(Token(2), says("a", 0, &["y"]), at_ms(9_900)), Proposed::Waiting));
    let next = stream.committed(Fate::Written, at_ms(12_000)).next.unwrap();
    assert_eq!(next.events.iter().map(|event| &*event.kind).collect::<Vec<_>>(), ["y"]);
}

#[test]
fn a_commit_that_lands_late_does_not_undo_what_was_heard_since() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    let _slow = takes_off(stream.sync(Token(1), says("a", 0, &["x"]), at_ms(1_000)));
    assert!(matches!(stream.sync(Token(2), poll("a", 0), at_ms(8_000)), Proposed::Answer(_)));
    stream.committed(Fate::Unknown, at_ms(9_000));
    stream.committed(Fate::Written, at_ms(12_000));
    assert!(matches!(stream.handle_timeout(at_ms(17_999)), Due::Nothing));
    assert!(matches!(stream.handle_timeout(at_ms(18_000)), Due::Commit(_)));
}

#[test]
fn a_stream_does_not_end_under_clients_whom_its_log_fails() {
    let (mut stream, mut log) = (stream(), Vec::new());
    sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
    let _lost = takes_off(stream.sync(Token(1), says("a", 0, &["x"]), at_ms(1_000)));
    stream.committed(Fate::Unknown, at_ms(2_000));
    let asked = stream.sync(Token(2), poll("a", 0), at_ms(70_000));
    assert!(matches!(asked, Proposed::Refused(Refusal::Unavailable)));
    stream.committed(Fate::Refused, at_ms(71_000));
    assert!(matches!(stream.handle_timeout(at_ms(71_000)), Due::Commit(_)));
    stream.committed(Fate::Written, at_ms(71_000));
    assert!(matches!(stream.handle_timeout(at_ms(129_999)), Due::Nothing));
    assert!(matches!(stream.handle_timeout(at_ms(130_000)), Due::Ended));
}

#[test]
fn the_next_tick_is_asked_for_when_the_clock_shows_it() {
    for (tick, passed) in [
        (Duration::from_millis(50), 1_u64),
        // A thirtieth of a second is no whole number of microseconds.
        (Duration::from_secs(1) / 30, 1_000_000),
        // More ticks than 32 bits count.
        (Duration::from_millis(1), 5_000_000_000),
    ] {
        let rules = StreamRules { tick, ..StreamRules::default() };
        let birth = Birth { epoch: Epoch::from_bits(7), seed: 42 };
        let (mut stream, mut log) = (Stream::new(Arc::new(rules), birth, Time::ORIGIN), Vec::new());
        sync(&mut stream, &mut log, poll("a", 0), 0).unwrap();
        stream.reader_joined();
        let now = Time::from_micros(u64::try_from(tick.as_micros()).unwrap() * passed);
        stream.heard_from(&PrivateId::new("a").unwrap(), now);
        stream.socket_opened();
        stream.handle_timeout(now);
        assert_eq!(stream.announce(now).0 as u64, passed);
        let next = stream.poll_timeout().unwrap();
        assert_eq!(stream.clock(next).0 as u64, passed + 1);
        assert_eq!(stream.clock(next - Duration::from_micros(1)).0 as u64, passed);
    }
}

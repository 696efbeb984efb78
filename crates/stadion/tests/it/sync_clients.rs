//! Who is in a stream: public ids, disconnects and reconnects, states, and the stream's end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::answer::{Answer, State};
use crate::harness::{QUICK_DISCONNECT, QUICK_END, Server, wait_for};
use crate::player::{Listener, Player};

#[test]
fn clients_are_numbered_as_they_come_and_announced_once() {
    let server = Server::start();
    let mut players: Vec<_> =
        (1..=12).map(|n| Player::join(server.addr(), "s", &format!("private-{n}"))).collect();
    for (n, player) in players.iter_mut().enumerate() {
        assert_eq!(player.proxy_id, (n + 1).to_string());
        player.poll();
        assert_eq!(player.proxy_id, (n + 1).to_string());
    }
    let mut last = players.pop().unwrap();
    last.poll_until("its own connect", |player| player.ids_of("_c").len() == 12);
    last.poll_to(last.last + 2);
    let expected: Vec<_> = (1..=12).map(|n| n.to_string()).collect();
    assert_eq!(last.ids_of("_c"), expected);
    assert!(last.log.iter().all(|event| event.origin == "_"));
}

#[test]
fn who_is_silent_is_disconnected_after_the_time_and_not_before() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut bob = Player::join(server.addr(), "s", "bob");
    let asked = Instant::now();
    Player::join(server.addr(), "s", "alice");
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    assert!(asked.elapsed() >= Duration::from_millis(300), "after {:?}", asked.elapsed());
    assert!(asked.elapsed() < Duration::from_secs(5), "after {:?}", asked.elapsed());
    let gone = bob.poll_for("_d");
    assert_eq!((gone.origin.as_str(), gone.body.as_str()), ("_", "2"));
    bob.poll_to(bob.last + 10);
    assert_eq!(bob.ids_of("_d"), ["2"], "who asks stays, and a disconnect is said once");
}

#[test]
fn who_comes_back_gets_the_same_public_id_and_a_new_connect() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut bob = Player::join(server.addr(), "s", "bob");
    let mut alice = Player::join(server.addr(), "s", "alice");
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    alice.poll();
    assert_eq!(alice.proxy_id, "2");
    let carol = Player::join(server.addr(), "s", "carol");
    assert_eq!(carol.proxy_id, "3");
    bob.poll_until("the third client", |bob| bob.ids_of("_c").last() == Some(&"3"));
    assert_eq!(bob.ids_of("_c"), ["1", "2", "2", "3"]);
}

#[test]
fn a_disconnect_is_stamped_though_nobody_asks() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut alice = Player::join(server.addr(), "s", "alice");
    // Three times the silence that is allowed, by another stream's clock.
    Player::join(server.addr(), "clock", "carol").poll_to(18);
    // Tick 0 was the last one announced, so the disconnect and the connect after it are both stamped 1.
    alice.poll();
    let kinds: Vec<_> =
        alice.log.iter().map(|event| (event.t, event.kind.as_str(), event.body.as_str())).collect();
    assert_eq!(kinds[1..], [(1, "_c", "1"), (1, "_d", "1"), (1, "_c", "1")]);
}

#[test]
fn a_refused_request_does_not_count_as_having_been_heard_from() {
    for body in ["{", r#"{"Events":[{"Type":"_x"}]}"#, r#"{"Epoch":"another"}"#, r#"{"Seq":9,"Events":[{}]}"#]
    {
        let server = Server::with(QUICK_DISCONNECT);
        let mut bob = Player::join(server.addr(), "s", "bob");
        let mut alice = Player::join(server.addr(), "s", "alice");
        bob.poll_until("the disconnect", |bob| {
            let refusal = alice.ask(0, body);
            assert_eq!(refusal.status / 100, 4, "{body}: {refusal:?}");
            bob.ids_of("_d") == ["2"]
        });
        bob.poll_to(bob.last + 2);
        assert_eq!(bob.ids_of("_c"), ["1", "2"], "a refused request connected its sender: {body}");
    }
}

fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The state of one client in an answer.
fn state_of<'a>(answer: &'a Answer, origin: &str) -> Option<&'a State> {
    answer.states.iter().find(|state| state.origin == origin)
}

#[test]
fn a_state_is_seen_at_once_stamped_as_an_event_would_be() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    bob.poll_to(3);
    let stamp = bob.last + 1;
    let expected = State { t: stamp, origin: "1".to_owned(), data: data(&[("x", "1"), ("y", "2")]) };
    let own = alice.sync(r#"{"State":{"x":"1","y":"2"}}"#);
    assert_eq!(own.states, std::slice::from_ref(&expected), "the caller's own");
    assert_eq!(bob.answer_from(stamp - 1, "{}").states, [expected], "another's");
}

#[test]
fn a_state_is_repeated_until_the_reader_has_its_tick() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.sync(r#"{"State":{"x":"1"}}"#);
    let stamp = state_of(&bob.answer_from(0, "{}"), "1").unwrap().t;
    bob.poll_to(stamp + 2);
    for from in [0, stamp - 1] {
        let answer = bob.answer_from(from, "{}");
        assert_eq!(state_of(&answer, "1").map(|state| state.t), Some(stamp), "from {from}");
    }
    for from in [stamp, stamp + 1, stamp + 100] {
        assert_eq!(bob.answer_from(from, "{}").states, [], "from {from}");
    }
}

#[test]
fn a_new_state_replaces_the_whole_of_the_old() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.sync(r#"{"State":{"x":"1","y":"2"}}"#);
    bob.sync(r#"{"State":{"z":"9"}}"#);
    alice.sync(r#"{"State":{"y":"3"}}"#);
    let answer = bob.answer_from(0, "{}");
    assert_eq!(state_of(&answer, "1").unwrap().data, data(&[("y", "3")]));
    assert_eq!(state_of(&answer, "2").unwrap().data, data(&[("z", "9")]));
    assert_eq!(answer.states.len(), 2);
}

#[test]
fn a_state_goes_with_its_client() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut bob = Player::join(server.addr(), "s", "bob");
    Player::join(server.addr(), "s", "alice").sync(r#"{"State":{"x":"1"}}"#);
    assert!(state_of(&bob.answer_from(0, "{}"), "2").is_some());
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    assert_eq!(bob.answer_from(0, "{}").states, []);
}

#[test]
fn a_stream_without_players_ends_and_begins_anew() {
    let server = Server::with(QUICK_END);
    let mut alice = Player::join(server.addr(), "s", "alice");
    let seed = alice.poll_for("_a").body;
    let mut watcher = Listener::watch(server.addr(), "s");
    let asked = Instant::now();
    alice.poll();
    assert_eq!(watcher.socket.closed().0, 4112, "a watcher does not keep a stream alive");
    assert!(asked.elapsed() >= Duration::from_millis(900), "ended after {:?}", asked.elapsed());
    let mut bob = Player::new(server.addr(), "s", "bob");
    let first = bob.poll();
    assert_eq!(first.raw, r#"{"T":0,"Events":[],"States":[],"ProxyId":"1"}"#);
    assert_ne!(bob.poll_for("_a").body, seed);
    assert_eq!(bob.ids_of("_c"), ["1"], "nothing of the former life is left");
}

#[test]
fn a_stream_lives_on_while_somebody_asks() {
    let server = Server::with(QUICK_END);
    let mut alice = Player::join(server.addr(), "s", "alice");
    let began = Instant::now();
    wait_for("three times the idle time", || {
        alice.poll();
        (began.elapsed() > Duration::from_millis(2700)).then_some(())
    });
    assert!(alice.last >= 50, "{}", alice.last);
    assert_eq!(alice.log.len(), 2, "{:?}", alice.log);
}

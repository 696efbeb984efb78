//! Watching: the same answers to who is nobody in the stream.

use std::time::Duration;

use crate::harness::{QUICK_DISCONNECT, QUICK_END, Server};
use crate::player::{Listener, Player, one_event, path, watch_path};
use crate::raw_http::{get, post};
use crate::socket::{Heard, Ws, upgrade};

#[test]
fn a_watcher_sees_all_and_is_nobody() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.send("before", "1");
    let mut watcher = Listener::watch(server.addr(), "s");
    alice.send("after", "2");
    let mut bob = Player::join(server.addr(), "s", "bob");
    bob.send("other", "3");
    watcher.next_for("other");
    watcher.next();
    alice.poll_to(watcher.last);
    alice.log.retain(|event| event.t <= watcher.last);
    watcher.log.retain(|event| event.t <= alice.last);
    assert_eq!(watcher.log, alice.log);
    assert_eq!(alice.ids_of("_c"), ["1", "2"]);
    assert_eq!(watcher.first.proxy_id, "");
    assert_eq!(watcher.next().proxy_id, "");
    drop(watcher);
    alice.poll_to(alice.last + 3);
    assert!(alice.ids_of("_d").is_empty());
}

#[test]
fn a_watcher_sees_states() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut watcher = Listener::watch(server.addr(), "s");
    alice.sync(r#"{"State":{"x":"1"}}"#);
    let answer = watcher.socket.answer_where("the state", |answer| !answer.states.is_empty());
    assert_eq!(answer.states[0].origin, "1");
}

#[test]
fn a_watcher_starts_after_the_tick_in_its_address() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.poll_to(3);
    alice.send("old", "");
    let old = alice.poll_for("old");
    let mut watcher = Listener::open(server.addr(), &watch_path("s", old.t), old.t);
    alice.send("new", "");
    watcher.next_for("new");
    assert_eq!(watcher.log.len(), 1, "{:?}", watcher.log);
}

#[test]
fn watching_an_unknown_stream_is_4010_and_makes_none() {
    let server = Server::start();
    for _ in 0..2 {
        assert_eq!(Ws::connect(server.addr(), &watch_path("unknown", 0)).closed().0, 4010);
    }
    let mut alice = Player::new(server.addr(), "unknown", "alice");
    assert_eq!((alice.poll().t, alice.proxy_id.as_str()), (0, "1"));
    let wrong = format!("{}&epoch=AAAAAAAAAAAAAAAAAAAAAA", watch_path("unknown", 0));
    assert_eq!(Ws::connect(server.addr(), &wrong).closed().0, 4010);
}

#[test]
fn a_watcher_sends_nothing_upward() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut watcher = Listener::watch(server.addr(), "s");
    watcher.socket.send(&one_event("bad", ""));
    watcher.socket.send(r#"{"State":{"bad":"bad"}}"#);
    alice.poll_to(alice.last + 3);
    assert_eq!(alice.log.len(), 2, "{:?}", alice.log);
    assert!(alice.answer_from(0, "{}").states.is_empty());
}

#[test]
fn the_private_id_of_watchers_is_for_watching_alone() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    assert_eq!(post(server.addr(), &path("s", "-", 0), "{}").status / 100, 4);
    assert_eq!(get(server.addr(), &watch_path("s", 0)).status, 426, "without an upgrade");
    let (_, reply) = upgrade(server.addr(), &path("s", "-", 0), &[]);
    assert_eq!(reply.status / 100, 4, "a push as nobody: {reply:?}");
    reply.error_code();
    alice.poll_to(alice.last + 2);
    assert_eq!(alice.ids_of("_c"), ["1"]);
}

#[test]
fn a_watcher_sees_who_leaves_though_nobody_asks() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut watcher = Listener::watch(server.addr(), "s");
    alice.poll();
    drop(alice);
    let gone = watcher.next_for("_d");
    assert_eq!((gone.origin.as_str(), gone.body.as_str()), ("_", "1"));
    assert!(gone.t >= 6, "after 300 ms a tick past 6 was due, and the watcher was told of each: {gone:?}");
}

#[test]
fn a_delayed_watcher_stays_that_far_behind() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.send("e", "early");
    let mut watcher = Ws::connect(server.addr(), &format!("{}&delay=1s", watch_path("s", 0)));
    let mut seen = Vec::new();
    let mut last = 0;
    while last < 20 {
        match watcher.heard() {
            Heard::Text(text) => {
                let answer = crate::answer::Answer::parse(&text);
                let now = alice.poll().t;
                assert!(answer.t <= (now - 20).max(0), "T {} while the stream is at {now}", answer.t);
                // A second behind and not much more.
                assert!(answer.t == 0 || answer.t >= now - 30, "T {} while the stream is at {now}", answer.t);
                last = answer.t;
                seen.extend(answer.events);
            }
            Heard::Ping | Heard::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
    alice.log.retain(|event| event.t <= last);
    assert_eq!(seen, alice.log);
}

#[test]
fn a_watcher_is_told_the_end() {
    let server = Server::with(QUICK_END);
    drop(Player::join(server.addr(), "s", "alice"));
    let mut watcher = Listener::watch(server.addr(), "s");
    watcher.next_for("_d");
    assert_eq!(watcher.socket.closed().0, 4112);
}

#[test]
fn a_watcher_that_leaves_and_one_that_comes_change_nothing() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    for _ in 0..10 {
        let watcher = Listener::watch(server.addr(), "s");
        drop(watcher);
        alice.poll();
    }
    let mut last = Listener::watch(server.addr(), "s");
    alice.send("e", "");
    last.next_for("e");
    assert_eq!(last.log.len(), 3, "{:?}", last.log);
    assert!(last.socket.heard_within(Duration::from_secs(5)).is_some(), "answers go on");
}

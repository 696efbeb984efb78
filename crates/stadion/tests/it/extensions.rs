//! `Epoch`, `Seq`, `Hash`: optional, and unseen by who does not use them.

use serde_json::{Value, json};

use crate::harness::{QUICK_DISCONNECT, QUICK_END, Server, wait_for};
use crate::player::Player;
use crate::raw_http::Reply;

/// The epoch of a stream, asked for by one of its clients.
fn epoch_of(player: &mut Player) -> String {
    player.answer_from(0, r#"{"Epoch":""}"#).epoch().expect("the Epoch that was asked for").to_owned()
}

fn epoch_refusal(reply: &Reply) -> String {
    assert_eq!((reply.status, reply.error_code().as_str()), (409, "epoch_changed"), "{reply:?}");
    let body: Value = serde_json::from_str(reply.text()).unwrap();
    body["Epoch"].as_str().unwrap_or_else(|| panic!("no Epoch in {body}")).to_owned()
}

#[test]
fn an_epoch_is_told_to_who_asks_and_is_128_bits_in_base64url() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    let first = alice.sync(r#"{"Epoch":""}"#);
    let epoch = first.epoch().expect("the Epoch that was asked for");
    assert_eq!(epoch.len(), 22, "{epoch}");
    assert!(epoch.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{epoch}");
    assert_eq!((first.t, first.proxy_id.as_str()), (0, "1"));
    assert_eq!(alice.poll().epoch(), None, "nobody asked");
    assert_eq!(epoch_of(&mut Player::new(server.addr(), "s", "bob")), epoch);
    assert_ne!(epoch_of(&mut Player::new(server.addr(), "other", "bob")), epoch);
}

#[test]
fn a_request_with_the_right_epoch_is_like_any_other() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let epoch = epoch_of(&mut alice);
    alice.sync(&json!({"epoch": epoch, "Events": [{"Type": "e", "Body": "b"}]}).to_string());
    alice.poll_for("e");
}

#[test]
fn another_epoch_is_refused_with_the_current_one_and_nothing_is_written() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let epoch = epoch_of(&mut alice);
    let mut other = Player::join(server.addr(), "t", "alice");
    let foreign = epoch_of(&mut other);
    for wrong in [foreign.as_str(), "x", &"A".repeat(22)] {
        let body = json!({"Epoch": wrong, "Events": [{"Type": "e"}], "State": {"k": "v"}}).to_string();
        assert_eq!(epoch_refusal(&alice.ask(0, &body)), epoch);
        assert_eq!(epoch_refusal(&Player::new(server.addr(), "s", "mallory").ask(0, &body)), epoch);
    }
    alice.poll_to(alice.last + 2);
    let answer = alice.answer_from(0, "{}");
    assert_eq!(answer.kinds(), ["_a", "_c"]);
    assert_eq!(answer.states, []);
}

#[test]
fn an_epoch_of_a_stream_that_does_not_exist_is_refused_and_makes_none() {
    let server = Server::start();
    let body = r#"{"Epoch":"AAAAAAAAAAAAAAAAAAAAAA","Events":[{"Type":"e"}]}"#;
    for _ in 0..2 {
        assert_eq!(epoch_refusal(&Player::new(server.addr(), "s", "mallory").ask(0, body)), "");
    }
    let mut alice = Player::new(server.addr(), "s", "alice");
    let first = alice.poll();
    assert_eq!((first.t, first.proxy_id.as_str()), (0, "1"));
    alice.poll_to(2);
    assert_eq!(alice.log.len(), 2);
}

#[test]
fn an_ended_streams_epoch_is_refused_and_the_next_life_has_another() {
    let server = Server::with(QUICK_END);
    let mut alice = Player::join(server.addr(), "s", "alice");
    let epoch = epoch_of(&mut alice);
    // A refused request keeps nothing alive, so this may ask as often as it likes.
    wait_for("the end of the stream", || {
        let current = epoch_refusal(&alice.ask(0, r#"{"Epoch":"wrong"}"#));
        assert!(current == epoch || current.is_empty(), "{current}");
        current.is_empty().then_some(())
    });
    let old = json!({"Epoch": epoch, "Events": [{"Type": "e"}]}).to_string();
    assert_eq!(epoch_refusal(&alice.ask(0, &old)), "");
    let next = epoch_of(&mut Player::new(server.addr(), "s", "bob"));
    assert_ne!(next, epoch);
    assert_eq!(epoch_refusal(&alice.ask(0, &old)), next);
}

/// A request whose events count up to `seq`, each with its number as body.
fn numbered(seq: i64, events: i64) -> String {
    let events: Vec<_> =
        (seq - events + 1..=seq).map(|n| json!({"Type": "n", "Body": n.to_string()})).collect();
    json!({"Seq": seq, "Events": events}).to_string()
}

fn bodies(player: &Player) -> Vec<&str> {
    player.written().into_iter().map(|(_, _, body)| body).collect()
}

#[test]
fn what_was_sent_again_is_written_once() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    // (the request's Seq, how many events, the Seq in the answer)
    for (seq, events, written) in
        [(1, 1, 1), (1, 1, 1), (3, 3, 3), (3, 2, 3), (2, 1, 3), (5, 4, 5), (6, 1, 6), (0, 0, 6)]
    {
        let answer = alice.sync(&numbered(seq, events));
        assert_eq!(answer.seq(), Some(written), "Seq {seq} with {events} events");
    }
    assert_eq!(alice.poll().seq(), None, "nobody asked");
    alice.poll_until("all six", |alice| bodies(alice).len() >= 6);
    alice.poll_to(alice.last + 2);
    assert_eq!(bodies(&alice), ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn a_gap_is_refused_with_the_seq_that_is_written() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.sync(&numbered(2, 2));
    for (seq, events) in [(4, 1), (7, 4), (i64::from(i32::MAX), 1)] {
        let reply = alice.ask(0, &numbered(seq, events));
        assert_eq!((reply.status, reply.error_code().as_str()), (409, "seq_gap"), "{reply:?}");
        let body: Value = serde_json::from_str(reply.text()).unwrap();
        assert_eq!(body["Seq"], 2, "{body}");
    }
    assert_eq!(alice.sync(&numbered(3, 1)).seq(), Some(3));
    alice.poll_until("the third", |alice| bodies(alice).len() >= 3);
    alice.poll_to(alice.last + 2);
    assert_eq!(bodies(&alice), ["1", "2", "3"]);
}

#[test]
fn a_request_without_events_is_never_a_gap_and_tells_the_seq() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    for seq in [0, 5, 1000] {
        assert_eq!(alice.sync(&numbered(seq, 0)).seq(), Some(0));
    }
    alice.sync(&numbered(2, 2));
    assert_eq!(alice.sync(r#"{"Seq":0}"#).seq(), Some(2));
    assert_eq!(alice.sync(&numbered(9, 0)).seq(), Some(2));
}

#[test]
fn each_private_id_counts_for_itself_and_events_without_seq_are_always_written() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.sync(&numbered(1, 1));
    assert_eq!(bob.sync(&numbered(1, 1)).seq(), Some(1));
    for _ in 0..3 {
        alice.send("n", "1");
    }
    assert_eq!(alice.sync(&numbered(1, 1)).seq(), Some(1), "events without a Seq are not counted");
    alice.poll_until("all five", |alice| bodies(alice).len() >= 5);
    alice.poll_to(alice.last + 2);
    let origins: Vec<_> = alice.written().into_iter().map(|(origin, ..)| origin).collect();
    assert_eq!(origins, ["1", "2", "1", "1", "1"]);
}

#[test]
fn a_seq_outlives_a_disconnect() {
    let server = Server::with(QUICK_DISCONNECT);
    let mut bob = Player::join(server.addr(), "s", "bob");
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.sync(&numbered(2, 2));
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    assert_eq!(alice.sync(&numbered(3, 3)).seq(), Some(3));
    bob.poll_until("the third", |bob| bodies(bob).len() >= 3);
    bob.poll_to(bob.last + 2);
    assert_eq!(bodies(&bob), ["1", "2", "3"]);
}

fn hash(t: i64, hash: &str) -> String {
    json!({"Hash": {"T": t, "Hash": hash}}).to_string()
}

/// The hashes of an answer as (origin, tick, hash), sorted.
fn hashes(value: Option<&Value>) -> Vec<(String, i64, String)> {
    let list = value.and_then(Value::as_array).expect("Hashes as a list");
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_else(|| panic!("{entry}")).to_owned();
    let mut hashes: Vec<_> = list
        .iter()
        .map(|entry| (text(entry, "Origin"), entry["T"].as_i64().unwrap(), text(entry, "Hash")))
        .collect();
    hashes.sort();
    hashes
}

#[test]
fn hashes_are_told_to_who_sends_one() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.poll_to(4);
    let own = |t: i64, hash: &str| ("1".to_owned(), t, hash.to_owned());
    assert_eq!(hashes(alice.sync(&hash(2, "00ff")).member("Hashes")), [own(2, "00ff")]);
    assert_eq!(bob.poll().member("Hashes"), None, "bob sends none");
    assert_eq!(alice.poll().member("Hashes"), None, "this request holds none");
    let answer = bob.sync(&hash(2, "00ff"));
    assert_eq!(hashes(answer.member("Hashes")), [own(2, "00ff"), ("2".to_owned(), 2, "00ff".to_owned())]);
    assert_eq!(answer.member("Desync"), None);
    let answer = alice.sync(&hash(3, "abcd0123"));
    assert_eq!(hashes(answer.member("Hashes")), [own(3, "abcd0123"), ("2".to_owned(), 2, "00ff".to_owned())]);
    assert_eq!(answer.member("Desync"), None, "two ticks are no mismatch");
}

#[test]
fn a_mismatch_is_a_desync_with_its_tick_and_origins() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    bob.poll_to(4);
    alice.sync(&hash(3, "aaaa"));
    let answer = bob.sync(&hash(3, "bbbb"));
    let desync = answer.member("Desync").unwrap_or_else(|| panic!("no Desync in {}", answer.raw));
    assert_eq!(desync["T"], 3, "{desync}");
    let origins = desync["Origins"].as_array().unwrap();
    assert!(!origins.is_empty() && origins.iter().all(|id| id == "1" || id == "2"), "{desync}");
    assert_eq!(hashes(answer.member("Hashes")).len(), 2);
}

#[test]
fn extensions_do_not_change_the_common_part() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    let first = alice.sync(r#"{"Epoch":"","Seq":1,"Events":[{"Type":"e","Body":"b"}],"State":{"k":"v"}}"#);
    assert_eq!((first.t, first.seq(), first.proxy_id.as_str()), (0, Some(1), "1"));
    assert_eq!(first.states.len(), 1);
    alice.poll_for("e");
    assert_eq!(alice.written(), [("1", "e", "b")]);
}

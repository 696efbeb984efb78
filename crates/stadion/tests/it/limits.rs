//! Bounds: what goes past one gets a coded error, nothing of it is written, and the others are undisturbed.

use serde_json::json;

use crate::harness::{Server, Setup, wait_for};
use crate::player::{Listener, Player, one_event, path};
use crate::raw_http::{Http, Reply, post};
use crate::socket::upgrade;

const MIB: usize = 1 << 20;

#[test]
fn an_answer_holds_at_most_a_mebibyte_of_events_and_whole_ticks() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let events: Vec<_> =
        (0..10).map(|n| json!({"Type": "e", "Body": format!("{n}{}", "x".repeat(3000))})).collect();
    let body = json!({"Events": events}).to_string();
    for _ in 0..8 {
        for _ in 0..10 {
            alice.sync(&body);
        }
        alice.poll_to(alice.last + 1);
    }
    alice.poll_until("all 800 events", |alice| alice.written().len() == 800);
    let mut late = Player::new(server.addr(), "s", "alice");
    let mut answers = 0;
    while late.last < alice.last {
        let before = late.last;
        let answer = late.poll();
        answers += 1;
        assert!(answer.raw.len() <= MIB + 256, "an answer of {} bytes", answer.raw.len());
        assert!(answer.t > before, "a cut answer must lead on: {before} to {}", answer.t);
        // Whole ticks: what is due up to T is all there.
        let due = alice.log.iter().filter(|event| event.t > before && event.t <= answer.t).count();
        assert_eq!(answer.events.iter().filter(|event| event.t <= alice.last).count(), due);
    }
    assert!(answers >= 3, "2.4 MB came in {answers} answers");
    late.log.truncate(alice.log.len());
    assert!(late.log == alice.log, "the pieces are not the log");
}

#[test]
fn a_pushed_client_that_starts_late_gets_the_same_log_in_pieces() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let body = json!({"Events": vec![json!({"Type": "e", "Body": "x".repeat(3000)}); 10]}).to_string();
    for _ in 0..5 {
        for _ in 0..10 {
            alice.sync(&body);
        }
        alice.poll_to(alice.last + 1);
    }
    alice.poll_until("all 500 events", |alice| alice.written().len() == 500);
    let mut watcher = Listener::watch(server.addr(), "s");
    watcher.next_until("the head", |watcher| watcher.last >= alice.last);
    watcher.log.truncate(alice.log.len());
    assert!(watcher.log == alice.log, "the pieces are not the log");
}

/// An error with a code, and no success.
fn refused(reply: &Reply) -> String {
    assert!((400..=503).contains(&reply.status) && reply.status != 500, "{reply:?}");
    reply.error_code()
}

#[test]
fn a_full_stream_takes_no_more_events_and_goes_on() {
    let server = Server::with("[lockstep]\nstream_bytes_max = \"64KiB\"\n");
    let mut alice = Player::join(server.addr(), "s", "alice");
    let event = one_event("e", &"x".repeat(1000));
    let mut accepted = 0;
    let refusal = loop {
        let reply = alice.ask(i64::MAX, &event);
        if reply.status != 200 {
            break reply;
        }
        accepted += 1;
        assert!(accepted <= 64, "{accepted} events of 1,000 bytes went into 64 KiB");
    };
    assert_eq!((refusal.status, refusal.error_code().as_str()), (409, "stream_full"));
    assert!(accepted >= 40, "only {accepted} events of 1,000 bytes went into 90 % of 64 KiB");
    let mut bob = Player::join(server.addr(), "s", "bob");
    assert_eq!(bob.proxy_id, "2", "connecting is still possible");
    bob.poll_until("its own connect", |bob| bob.ids_of("_c").len() == 2);
    bob.poll_to(bob.last + 2);
    assert_eq!(bob.written().len(), accepted, "something of the refused request was written");
}

#[test]
fn clients_past_the_most_are_refused_until_one_leaves() {
    let server = Server::with("[lockstep]\nclients_max = 3\ndisconnect_after = \"400ms\"\n");
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    let mut carol = Player::join(server.addr(), "s", "carol");
    let mut dave = Player::new(server.addr(), "s", "dave");
    refused(&dave.ask(0, r#"{"Events":[{"Type":"bad"}]}"#));
    assert_eq!(alice.poll().proxy_id, "1", "who is in stays in");
    assert_eq!(carol.poll().proxy_id, "3");
    wait_for("dave to get in", || {
        alice.poll();
        bob.poll();
        (dave.ask(0, "{}").status == 200).then_some(())
    });
    alice.poll_until("dave's connect", |alice| {
        bob.poll();
        alice.ids_of("_c").len() == 4
    });
    assert_eq!(alice.ids_of("_d"), ["3"]);
    assert!(alice.written().is_empty());
}

#[test]
fn streams_past_an_addresss_most_are_refused_and_existing_ones_go_on() {
    let server = Setup::new().own_limits().config("[limits]\nstreams_per_address_per_minute = 3\n").start();
    let mut first = Player::join(server.addr(), "s0", "alice");
    for n in 1..3 {
        Player::join(server.addr(), &format!("s{n}"), "alice");
    }
    refused(&post(server.addr(), &path("s3", "alice", 0), "{}"));
    assert_eq!(first.poll().proxy_id, "1");
    assert_eq!(Player::join(server.addr(), "s1", "bob").proxy_id, "2");
}

#[test]
fn connections_past_an_addresss_most_are_refused_until_one_closes() {
    let server = Setup::new().own_limits().config("[limits]\nconnections_per_address = 4\n").start();
    let mut held: Vec<_> = (0..4).map(|_| Http::connect(server.addr())).collect();
    for http in &mut held {
        assert_eq!(http.request("GET", "/healthz", &[], b"").status, 200);
    }
    let over = |answer: std::io::Result<Reply>| match answer {
        Ok(reply) => reply.status != 200,
        Err(e) => !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    };
    let healthz = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr());
    let mut fifth = Http::connect(server.addr());
    // The server may close before this is written.
    drop(fifth.write(healthz.as_bytes()));
    assert!(over(fifth.reply()), "a fifth connection was served");
    for http in &mut held {
        assert_eq!(http.request("GET", "/healthz", &[], b"").status, 200, "the others are undisturbed");
    }
    held.pop();
    wait_for("a place", || {
        let mut http = Http::connect(server.addr());
        drop(http.write(healthz.as_bytes()));
        http.reply().ok().filter(|reply| reply.status == 200)
    });
}

#[test]
fn a_body_without_end_is_cut_and_nothing_of_it_is_written() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let mut http = Http::connect(server.addr());
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        path("s", "mallory", 0),
        server.addr()
    );
    http.write(head.as_bytes()).unwrap();
    let filler = format!("{:x}\r\n{}\r\n", MIB, " ".repeat(MIB));
    let cut = (0..256).any(|_| http.write(filler.as_bytes()).is_err());
    assert!(cut, "256 MiB of one body were read");
    // The answer may be lost with what was still on its way.
    if let Ok(reply) = http.reply() {
        assert_eq!(reply.status, 413, "{reply:?}");
        reply.error_code();
    }
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.log.len(), 2, "{:?}", witness.log);
}

#[test]
fn a_body_that_says_it_is_too_big_is_refused_before_it_comes() {
    let server = Server::start();
    for length in ["1073741824", "1099511627776", "9223372036854775807", "18446744073709551615"] {
        let mut http = Http::connect(server.addr());
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n",
            path("s", "mallory", 0),
            server.addr()
        );
        http.write(head.as_bytes()).unwrap();
        let reply = http.reply().unwrap_or_else(|e| panic!("{length} bytes: {e}"));
        // The largest two may be no length at all to who reads headers.
        if length.len() > 18 {
            assert_eq!(reply.status / 100, 4, "{length} bytes: {reply:?}");
        } else {
            assert_eq!(reply.status, 413, "{length} bytes: {reply:?}");
            reply.error_code();
        }
    }
}

/// Requests that a server may take or refuse as too much, but never in part.
#[test]
fn many_events_and_large_states_are_taken_whole_or_not_at_all() {
    let server = Server::start();
    let events = |n: usize| json!({"Events": vec![json!({"Type": "e"}); n]}).to_string();
    let keys = |n: usize| {
        let state: serde_json::Map<String, serde_json::Value> =
            (0..n).map(|n| (format!("k{n:06}"), json!("v"))).collect();
        json!({"State": state, "Events": [{"Type": "e"}]}).to_string()
    };
    let long = |n: usize| {
        json!({"State": {"k": "v".repeat(n)}, "Events": [{"Type": "e".repeat(n), "Body": ""}]}).to_string()
    };
    let rows = [
        (events(2000), 2000),
        (events(20_000), 20_000),
        (keys(100), 1),
        (keys(10_000), 1),
        (long(500_000), 1),
    ];
    for (n, (body, count)) in rows.iter().enumerate() {
        let stream = format!("s{n}");
        let mut witness = Player::join(server.addr(), &stream, "witness");
        let reply = post(server.addr(), &path(&stream, "bob", 0), body);
        let taken = reply.status == 200;
        if !taken {
            assert!([400, 409, 413, 429].contains(&reply.status), "row {n}: {reply:?}");
            reply.error_code();
        }
        witness.poll();
        witness.poll_to(witness.last + 1);
        assert_eq!(witness.written().len(), if taken { *count } else { 0 }, "row {n}");
        assert_eq!(witness.ids_of("_c").len(), if taken { 2 } else { 1 }, "row {n}");
        let with_state = taken && body.contains("State");
        assert_eq!(witness.answer_from(0, "{}").states.len(), usize::from(with_state), "row {n}");
    }
}

#[test]
fn an_upgrade_past_the_most_clients_is_refused_too() {
    let server = Server::with("[lockstep]\nclients_max = 1\n");
    let mut alice = Player::join(server.addr(), "s", "alice");
    let (_, reply) = upgrade(server.addr(), &path("s", "bob", 0), &[]);
    if reply.status != 101 {
        refused(&reply);
    }
    alice.poll_to(alice.last + 2);
    assert_eq!(alice.ids_of("_c"), ["1"]);
}

//! Push: the two messages over a WebSocket.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{DEADLINE, QUICK_END, Server, wait_for};
use crate::player::{Listener, Player, one_event, path};
use crate::raw_http::Http;
use crate::socket::{FIN, Heard, TEXT, Ws, frame, head, upgrade};

#[test]
fn the_first_answer_holds_epoch_and_seq_and_who_you_are() {
    let server = Server::start();
    for (stream, address) in [("s", path("s", "alice", 0)), ("t", "/t/alice/0".to_owned())] {
        let first = Ws::connect(server.addr(), &address).answer();
        assert_eq!((first.t, first.proxy_id.as_str(), first.seq()), (0, "1", Some(0)), "{}", first.raw);
        assert!(first.events.is_empty() && first.states.is_empty(), "{}", first.raw);
        let epoch = first.epoch().expect("an Epoch").to_owned();
        let polled = Player::new(server.addr(), stream, "bob").sync(r#"{"Epoch":""}"#);
        assert_eq!(polled.epoch(), Some(epoch.as_str()));
        assert_eq!(polled.proxy_id, "2");
    }
}

#[test]
fn an_answer_comes_at_each_tick_without_being_asked() {
    let server = Server::start();
    let began = Instant::now();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut steps = Vec::new();
    while alice.last < 40 {
        let before = alice.last;
        let answer = alice.next();
        assert!(answer.t > before || before == 0, "{}", answer.raw);
        assert_eq!(answer.proxy_id, "1");
        steps.push(answer.t - before);
    }
    assert!(began.elapsed() >= Duration::from_millis(1950), "40 ticks in {:?}", began.elapsed());
    // On a busy machine a tick may be late and share the next one's answer.
    let single = steps.iter().filter(|&&step| step == 1).count();
    assert!(single * 10 >= steps.len() * 8, "{steps:?}");
    assert_eq!(alice.log.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["_a", "_c"]);
}

#[test]
fn every_nth_tick_is_enough_for_who_says_so() {
    let server = Server::start();
    let mut alice = Listener::open(server.addr(), &format!("{}?every=5", path("s", "alice", 0)), 0);
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.next();
    let mut steps = Vec::new();
    for n in 0..6 {
        bob.send("e", &n.to_string());
        let before = alice.last;
        steps.push(alice.next().t - before);
    }
    assert!(steps.iter().all(|&step| step >= 5), "{steps:?}");
    assert!(steps.iter().filter(|&&step| step == 5).count() >= 4, "{steps:?}");
    alice.next_until("all events", |alice| alice.log.iter().filter(|event| event.kind == "e").count() == 6);
    bob.poll_to(alice.last);
    bob.log.retain(|event| event.t <= alice.last);
    assert_eq!(alice.log, bob.log);
}

#[test]
fn what_is_sent_up_comes_back_to_all_with_the_next_open_tick() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    for n in 0..5 {
        let kind = format!("e{n}");
        let announced = alice.last;
        alice.socket.send(&one_event(&kind, "<up>"));
        let event = alice.next_for(&kind);
        assert!(event.t > announced, "{event:?} though {announced} was announced");
        assert_eq!((event.origin.as_str(), event.body.as_str()), ("1", "<up>"));
        assert_eq!(bob.poll_for(&kind), event);
    }
}

#[test]
fn states_go_up_and_down_too() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.socket.send(r#"{"State":{"x":"1"}}"#);
    let state = wait_for("alice's state", || bob.poll().states.into_iter().find(|state| state.origin == "1"));
    assert_eq!(state.data.get("x").map(String::as_str), Some("1"));
    bob.sync(r#"{"State":{"y":"2"}}"#);
    let answer =
        alice.socket.answer_where("bob's state", |answer| answer.states.iter().any(|s| s.origin == "2"));
    let of_bob = answer.states.iter().find(|state| state.origin == "2").unwrap();
    assert_eq!(of_bob.data.get("y").map(String::as_str), Some("2"));
    // A state is volatile, but not for ever on the line: once its tick was announced it is not repeated.
    let stamp = of_bob.t;
    alice.socket.answer_where("an answer past the state", |answer| answer.t > stamp);
    assert_eq!(alice.socket.answer().states, []);
}

#[test]
fn the_tick_in_the_address_is_where_it_starts() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.poll_to(3);
    alice.send("e", "late");
    let event = alice.poll_for("e");
    let mut bob = Listener::open(server.addr(), &path("s", "bob", event.t - 1), event.t - 1);
    bob.next_for("_c");
    assert_eq!(bob.log[0], event);
    let mut carol = Listener::open(server.addr(), &path("s", "carol", event.t), event.t);
    carol.next_for("_c");
    assert!(carol.log.iter().all(|event| event.kind == "_c"), "{:?}", carol.log);
}

#[test]
fn seq_counts_on_over_sockets_and_requests() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let numbered = |n: i64| json!({"Seq": n, "Events": [{"Type": "n", "Body": n.to_string()}]}).to_string();
    alice.socket.send(&numbered(1));
    alice.socket.send(&numbered(2));
    alice.socket.answer_where("the Seq written", |answer| answer.seq() == Some(2));
    alice.socket.send(&numbered(1));
    alice.socket.send(&numbered(9));
    let (code, text) = alice.socket.error();
    assert_eq!(code, "seq_gap");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["Seq"], 2, "{text}");
    let again = Listener::push(server.addr(), "s", "alice");
    assert_eq!(again.first.seq(), Some(2), "{}", again.first.raw);
    drop(again);
    let mut polled = Player::new(server.addr(), "s", "alice");
    assert_eq!(polled.sync(&numbered(3)).seq(), Some(3));
    polled.poll_until("all three", |polled| polled.written().len() >= 3);
    polled.poll_to(polled.last + 2);
    let bodies: Vec<_> = polled.written().into_iter().map(|(_, _, body)| body.to_owned()).collect();
    assert_eq!(bodies, ["1", "2", "3"]);
}

#[test]
fn hashes_come_down_to_who_sends_them_up() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    alice.next_until("tick 3", |alice| alice.last >= 3);
    alice.socket.send(r#"{"Hash":{"T":2,"Hash":"aaaa"}}"#);
    alice.socket.answer_where("its own hash", |answer| answer.member("Hashes").is_some());
    bob.sync(r#"{"Hash":{"T":2,"Hash":"bbbb"}}"#);
    alice.socket.send(r#"{"Hash":{"T":3,"Hash":"aaaa"}}"#);
    bob.poll_to(4);
    bob.sync(r#"{"Hash":{"T":3,"Hash":"bbbb"}}"#);
    alice.socket.send(r#"{"Hash":{"T":3,"Hash":"aaaa"}}"#);
    let answer = alice.socket.answer_where("a desync", |answer| answer.member("Desync").is_some());
    let tick = answer.member("Desync").unwrap()["T"].as_i64();
    assert!(tick == Some(2) || tick == Some(3), "{}", answer.raw);
}

#[test]
fn a_second_socket_takes_the_place_of_the_first() {
    let server = Server::start();
    let mut first = Listener::push(server.addr(), "s", "alice");
    let mut second = Listener::push(server.addr(), "s", "alice");
    assert_eq!(first.socket.closed().0, 4111);
    assert_eq!(second.next().proxy_id, "1");
    second.socket.send(&one_event("e", "by the second"));
    second.next_for("e");
    let kinds: Vec<_> = second.log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["_a", "_c", "e"], "the client never left");
}

#[test]
fn of_two_sockets_in_quick_succession_the_newer_one_stays() {
    let server = Server::start();
    let (done, began) = (AtomicBool::new(false), Instant::now());
    std::thread::scope(|scope| {
        // A busy server: its threads are taken from one socket's work to another's at any moment.
        for n in 0..6 {
            let (addr, done) = (server.addr(), &done);
            scope.spawn(move || {
                let mut busy = Player::join(addr, &format!("busy-{n}"), "bob");
                while !done.load(Ordering::Relaxed) && began.elapsed() < DEADLINE {
                    busy.poll();
                }
            });
        }
        // The first was answered 101 before the second was asked for, so there is no doubt which is newer.
        let pairs: Vec<_> = (0..400)
            .map(|n| path("s", &format!("alice-{n}"), 0))
            .map(|address| (Ws::connect(server.addr(), &address), Ws::connect(server.addr(), &address)))
            .collect();
        done.store(true, Ordering::Relaxed);
        let count = pairs.len();
        let wrong = pairs
            .into_iter()
            .map(|(first, second)| which_is_closed(first, second))
            .filter(|n| *n != 1)
            .count();
        assert_eq!(wrong, 0, "of {count} newer sockets so many were closed in favour of the older one");
    });
}

/// Which of two sockets is closed with 4111: 1 or 2.
fn which_is_closed(first: Ws, second: Ws) -> usize {
    let mut sockets = [first, second];
    wait_for("one of the sockets to be closed", || {
        sockets.iter_mut().zip(1..).find_map(|(socket, n)| {
            match socket.heard_within(Duration::from_millis(1)) {
                Some(Heard::Closed(4111, _)) => Some(n),
                Some(Heard::Closed(..) | Heard::Gone(_)) => panic!("socket {n} ended otherwise"),
                Some(Heard::Text(_) | Heard::Ping | Heard::Pong(_)) | None => None,
            }
        })
    })
}

#[test]
fn another_epoch_is_closed_with_4010_and_nothing_is_written() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let epoch = alice.sync(r#"{"Epoch":""}"#).epoch().unwrap().to_owned();
    let foreign = Player::new(server.addr(), "t", "x").sync(r#"{"Epoch":""}"#).epoch().unwrap().to_owned();
    for wrong in [foreign.as_str(), "wrong", "AAAAAAAAAAAAAAAAAAAAAA"] {
        for stream in ["s", "unknown"] {
            let address = format!("{}?epoch={wrong}", path(stream, "mallory", 0));
            assert_eq!(Ws::connect(server.addr(), &address).closed().0, 4010, "{address}");
        }
    }
    let mut right = Listener::open(server.addr(), &format!("{}?epoch={epoch}", path("s", "bob", 0)), 0);
    right.next_for("_c");
    alice.poll_to(alice.last + 2);
    assert_eq!(alice.ids_of("_c"), ["1", "2"], "bob is the second: mallory never came");
    let mut made = Player::new(server.addr(), "unknown", "x");
    assert_eq!((made.poll().t, made.proxy_id.as_str()), (0, "1"), "no stream was made");
}

#[test]
fn a_message_that_says_it_is_too_big_is_closed_with_1009() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for length in [1 << 30, 1 << 40, i64::MAX as u64] {
        let mut ws = Ws::connect(server.addr(), &path("s", "mallory", 0));
        ws.answer();
        let mask = [0; 4];
        ws.write_raw(&[head(FIN | TEXT, length, true), mask.to_vec()].concat()).unwrap();
        assert_eq!(ws.closed().0, 1009, "{length} bytes");
    }
    witness.poll_to(witness.last + 2);
    assert!(witness.written().is_empty());
}

#[test]
fn a_message_of_endless_fragments_is_cut() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let mut ws = Ws::connect(server.addr(), &path("s", "mallory", 0));
    let filler = " ".repeat(1 << 20);
    ws.write_raw(&frame(TEXT, filler.as_bytes())).unwrap();
    let more = frame(0, filler.as_bytes());
    let mut end = None;
    for _ in 0..128 {
        let written = ws.write_raw(&more);
        end = ws
            .heard_within(Duration::from_millis(1))
            .filter(|heard| matches!(heard, Heard::Closed(..) | Heard::Gone(_)));
        if written.is_err() || end.is_some() {
            break;
        }
    }
    match end.unwrap_or_else(|| ws.ended()) {
        Heard::Closed(code, _) => assert_eq!(code, 1009),
        // With bytes still on their way the close frame may be lost.
        Heard::Gone(how) => println!("{how}"),
        other => panic!("{other:?}"),
    }
    witness.poll_to(witness.last + 2);
    assert!(witness.written().is_empty());
}

#[test]
fn pings_keep_a_quiet_socket_in_the_stream() {
    let server = Server::with("[lockstep]\ndisconnect_after = \"400ms\"\n");
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let began = Instant::now();
    let mut pings = 0;
    while began.elapsed() < Duration::from_millis(2000) {
        match alice.socket.heard() {
            Heard::Ping => pings += 1,
            Heard::Text(_) => {}
            other => panic!("{other:?} after {:?}", began.elapsed()),
        }
    }
    assert!((10..=24).contains(&pings), "{pings} pings in 2 s, one every 100 ms was due");
    let mut bob = Player::join(server.addr(), "s", "bob");
    bob.poll_to(bob.last + 2);
    assert_eq!(bob.ids_of("_d"), [""; 0]);
}

/// Reads whatever comes until the server ends the connection; says nothing itself, not even a pong.
fn stay_silent(mut http: Http) -> std::io::Result<usize> {
    let mut all = Vec::new();
    std::io::Read::read_to_end(&mut http.stream(), &mut all)?;
    http.finish_writing();
    Ok(all.len())
}

#[test]
fn a_silent_socket_is_closed_and_disconnected_at_once() {
    let server = Server::with("[lockstep]\ndisconnect_after = \"1s\"\n");
    let mut bob = Player::join(server.addr(), "s", "bob");
    let began = Instant::now();
    let (silent, reply) = upgrade(server.addr(), &path("s", "alice", 0), &[]);
    assert_eq!(reply.status, 101);
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    assert!(began.elapsed() >= Duration::from_secs(1), "after {:?}", began.elapsed());
    // One time of silence, not the silence and then another wait.
    assert!(began.elapsed() < Duration::from_millis(1900), "after {:?}", began.elapsed());
    match stay_silent(silent) {
        Ok(read) => assert!(read > 0),
        // The server need not wait for what a silent client does not read.
        Err(e) => {
            assert!(e.kind() == std::io::ErrorKind::ConnectionReset, "{e}: still open after {DEADLINE:?}")
        }
    }
}

#[test]
fn a_closed_socket_has_its_time_to_come_back() {
    let server = Server::with("[lockstep]\ndisconnect_after = \"1s\"\n");
    let mut bob = Player::join(server.addr(), "s", "bob");
    let mut alice = Listener::push(server.addr(), "s", "alice");
    alice.socket.close();
    drop(alice);
    let mut alice = Listener::push(server.addr(), "s", "alice");
    alice.next_until("past the silence that would be too long", |alice| {
        bob.poll();
        alice.last >= 30
    });
    assert_eq!((bob.ids_of("_c"), bob.ids_of("_d")), (vec!["1", "2"], vec![]));
    let closed = Instant::now();
    drop(alice);
    bob.poll_until("the disconnect", |bob| bob.ids_of("_d") == ["2"]);
    assert!(closed.elapsed() >= Duration::from_secs(1), "after {:?}", closed.elapsed());
}

#[test]
fn an_open_socket_keeps_its_stream_alive() {
    let server = Server::with(QUICK_END);
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut watcher = Listener::watch(server.addr(), "s");
    let epoch = alice.first.epoch().unwrap().to_owned();
    // Three times the idle time; both read, since who does not answer pings is taken for gone.
    while alice.last < 54 {
        alice.next();
        watcher.next();
    }
    alice.socket.close();
    drop(alice);
    watcher.next_for("_d");
    assert_eq!(watcher.socket.closed().0, 4112);
    let next = Player::new(server.addr(), "s", "bob").sync(r#"{"Epoch":""}"#);
    assert_ne!(next.epoch(), Some(epoch.as_str()));
    assert_eq!((next.t, next.proxy_id.as_str()), (0, "1"));
}

#[test]
fn a_socket_and_requests_of_one_private_id_are_one_client() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut also = Player::join(server.addr(), "s", "alice");
    assert_eq!(also.proxy_id, "1");
    also.send("e", "by request");
    assert_eq!(alice.next_for("e").origin, "1");
    assert_eq!(alice.log.len(), 3, "{:?}", alice.log);
}

#[test]
fn parameters_that_make_no_sense_do_not_open_a_wild_socket() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for query in
        ["every=0", "every=-1", "every=x", "every=99999999999999999999", "every=", "delay=x", "delay=-5s"]
    {
        let address = format!("{}?{query}", path("s", "bob", 0));
        match Ws::open(server.addr(), &address, &[]) {
            Err(reply) => {
                assert_eq!(reply.status, 400, "{query}: {reply:?}");
                reply.error_code();
            }
            // Taken as if it were not there, or closed with a reason: at most one answer a tick either way.
            Ok(mut ws) => {
                let mut last = -1;
                for _ in 0..5 {
                    match ws.heard_within(Duration::from_millis(200)) {
                        Some(Heard::Text(text)) => {
                            let t = crate::answer::Answer::parse(&text).t;
                            assert!(t > last, "{query}: T {t} twice");
                            last = t;
                        }
                        Some(Heard::Closed(..)) => break,
                        Some(Heard::Gone(how)) => panic!("{query}: {how}"),
                        Some(Heard::Ping | Heard::Pong(_)) | None => {}
                    }
                }
            }
        }
    }
    witness.poll();
}

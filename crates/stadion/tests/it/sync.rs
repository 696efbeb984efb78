//! A sync over HTTP: addresses, methods, headers, and the first answers to the byte.

use crate::answer::Answer;
use crate::harness::{Server, wait_for};
use crate::player::{Player, path};
use crate::raw_http::{Http, get, post, request, request_bytes};
use crate::socket::upgrade;

const FIRST: &str = r#"{"T":0,"Events":[],"States":[],"ProxyId":"1"}"#;

#[test]
fn the_very_first_answer_is_tick_0_and_empty() {
    let server = Server::start();
    for address in [path("first", "alice", 0), "/second/alice/0".to_owned()] {
        let reply = post(server.addr(), &address, "{}");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.text(), FIRST, "{address}");
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        reply.check_cors();
    }
}

#[test]
fn the_first_answer_with_a_state_shows_the_callers_own() {
    let server = Server::start();
    let reply = post(server.addr(), &path("s", "alice", 0), r#"{"State":{"y":"2","x":"1"}}"#);
    assert_eq!(
        reply.text(),
        r#"{"T":0,"Events":[],"States":[{"T":1,"Origin":"1","Data":{"x":"1","y":"2"}}],"ProxyId":"1"}"#
    );
}

#[test]
fn start_and_connect_are_stamped_1_and_written_as_the_original_does() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let answer = wait_for("tick 1", || Some(alice.answer_from(0, "{}")).filter(|answer| answer.t >= 1));
    let seed = &answer.events[0].body;
    assert!(seed.parse::<i64>().is_ok_and(|seed| seed >= 0), "{seed} is no decimal int63");
    assert_eq!(seed, &seed.parse::<i64>().unwrap().to_string(), "leading zeros or a sign");
    let expected = format!(
        concat!(
            r#"{{"T":{},"Events":[{{"T":1,"Type":"_a","Origin":"_","Body":"{}"}},"#,
            r#"{{"T":1,"Type":"_c","Origin":"_","Body":"1"}}],"States":[],"ProxyId":"1"}}"#
        ),
        answer.t, seed
    );
    assert_eq!(answer.raw, expected);
}

#[test]
fn every_stream_and_every_start_has_its_own_seed() {
    let mut seeds = Vec::new();
    for _ in 0..2 {
        let server = Server::start();
        for stream in ["s", "t"] {
            seeds.push(Player::join(server.addr(), stream, "alice").poll_for("_a").body);
        }
    }
    let mut different = seeds.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), seeds.len(), "{seeds:?}");
}

#[test]
fn an_answer_holds_what_is_past_the_last_known_tick() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    for body in ["one", "two", "three"] {
        alice.send("e", body);
        alice.poll_until("its event", |alice| alice.log.last().is_some_and(|event| event.body == body));
    }
    let whole = alice.log.clone();
    assert_eq!(whole.len(), 5, "{whole:?}");
    for event in &whole {
        for from in [event.t - 1, event.t] {
            let expected: Vec<_> = whole.iter().filter(|other| other.t > from).cloned().collect();
            assert_eq!(alice.answer_from(from, "{}").events, expected, "from {from}");
        }
    }
    assert!(alice.answer_from(alice.last + 1000, "{}").events.is_empty());
}

#[test]
fn a_last_known_tick_is_read_as_a_saturating_signed_64_bit_number_and_junk_as_0() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.poll_to(2);
    let everything =
        ["0", "-1", "-9223372036854775808", "-9223372036854775809", "-99999999999999999999999999"];
    let junk = ["abc", "1.5", "0x10", "%20", "1a", "%C3%A9", "--1", "NaN", "1e3", "-"];
    for tick in everything.iter().chain(&junk) {
        let answer = alice.answer_from(tick, "{}");
        assert_eq!(answer.kinds(), ["_a", "_c"], "last known tick {tick}");
    }
    let nothing =
        ["9223372036854775807", "9223372036854775808", "99999999999999999999999999", "1", "%31", "0001"];
    for tick in nothing {
        assert!(alice.answer_from(tick, "{}").events.is_empty(), "last known tick {tick}");
    }
}

#[test]
fn both_addresses_and_every_way_to_encode_a_name_lead_to_one_stream() {
    let server = Server::start();
    let ways = [
        path("game:one", "alice", 0),
        "/game:one/alice/0".to_owned(),
        "/game%3Aone/alice/0".to_owned(),
        "/%67ame%3aone/%61lice/0".to_owned(),
        "/v1/lockstep/game%3aone/al%69ce/%30?query=is&ignored=1".to_owned(),
        "/game:one/alice/0?".to_owned(),
    ];
    for way in &ways {
        let answer = Answer::parse(post(server.addr(), way, "{}").text());
        assert_eq!(answer.proxy_id, "1", "{way}");
    }
    let mut bob = Player::join(server.addr(), "game:one", "bob");
    assert_eq!(bob.proxy_id, "2");
    bob.poll_until("its own connect", |bob| bob.ids_of("_c").len() >= 2);
    assert_eq!(bob.ids_of("_c"), ["1", "2"], "one of the ways made a client of its own");
}

#[test]
fn names_of_every_permitted_kind_are_streams() {
    let server = Server::start();
    let longest = "n".repeat(128);
    let two_bytes_each = "%C3%A9".repeat(64);
    let names = [
        "lobby",
        "play",
        "match:a",
        "game:x:y",
        "a%20b",
        "%E2%9C%93",
        "a.b",
        "a_b",
        "V2",
        "apis",
        "%F0%9F%8E%B2",
        "a%25b",
        &longest,
        &two_bytes_each,
    ];
    for name in names {
        for address in [path(name, "alice", 0), format!("/{name}/alice/0")] {
            let reply = post(server.addr(), &address, "{}");
            assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        }
    }
}

#[test]
fn private_ids_of_every_usual_kind_are_clients() {
    let server = Server::start();
    let hex = "0123456789abcdef".repeat(4);
    let ids = ["3f2b8c1e-7d5a-4e1b-9f60-2a6c9f0d1e77", &hex, "a", "--", "_x", "%C3%A9", "a%20b", ".", "v1"];
    for (n, id) in ids.iter().enumerate() {
        // The id "." would be folded away by some clients, never by a server that splits before it decodes.
        let reply = post(server.addr(), &path("s", id, 0), "{}");
        assert_eq!(reply.status, 200, "{id}: {}", reply.text());
        assert_eq!(Answer::parse(reply.text()).proxy_id, (n + 1).to_string(), "{id}");
    }
}

#[test]
fn options_is_answered_for_other_sites_and_empty() {
    let server = Server::start();
    for address in [path("s", "alice", 0), "/s/alice/0".to_owned()] {
        let preflight = [
            ("Origin", "https://game.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"),
        ];
        for headers in [&[][..], &preflight[..]] {
            let reply = request(server.addr(), "OPTIONS", &address, headers, "");
            assert!([200, 204].contains(&reply.status), "{reply:?}");
            assert!(reply.body.is_empty(), "{reply:?}");
            reply.check_cors();
        }
    }
    let mut watcher = Player::join(server.addr(), "s", "bob");
    watcher.poll_to(2);
    assert_eq!(watcher.ids_of("_c"), ["1"], "OPTIONS made a client");
}

#[test]
fn other_methods_are_405_and_a_plain_get_is_426() {
    let server = Server::start();
    for address in [path("s", "alice", 0), "/s/alice/0".to_owned()] {
        for method in ["PUT", "DELETE", "PATCH", "HEAD", "FROB"] {
            let reply = request(server.addr(), method, &address, &[], "");
            assert_eq!(reply.status, 405, "{method} {address}");
            if method != "HEAD" {
                reply.error_code();
            }
            reply.check_cors();
        }
        let reply = get(server.addr(), &address);
        assert_eq!(reply.status, 426, "{address}: {reply:?}");
        reply.error_code();
        reply.check_cors();
    }
}

#[test]
fn a_broken_upgrade_is_refused_and_makes_no_client() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let address = path("s", "mallory", 0);
    let whole = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for missing in 0..whole.len() {
        let headers: Vec<_> =
            whole.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, h)| *h).collect();
        let reply = request(server.addr(), "GET", &address, &headers, "");
        assert!([400, 426].contains(&reply.status), "without {}: {reply:?}", whole[missing].0);
        reply.error_code();
    }
    for (name, value) in [("Upgrade", "h2c"), ("Connection", "keep-alive"), ("Sec-WebSocket-Version", "8")] {
        let headers: Vec<_> =
            whole.iter().map(|&(n, v)| if n == name { (n, value) } else { (n, v) }).collect();
        let reply = request(server.addr(), "GET", &address, &headers, "");
        assert!([400, 426].contains(&reply.status), "{name}: {value}: {reply:?}");
        reply.error_code();
    }
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.ids_of("_c"), ["1"]);
    assert_eq!(upgrade(server.addr(), &address, &[]).1.status, 101, "the whole upgrade works");
}

#[test]
fn one_connection_carries_many_requests_also_pipelined() {
    let server = Server::start();
    let mut http = Http::connect(server.addr());
    let mut bytes = Vec::new();
    for id in ["a", "b", "c"] {
        bytes.extend(request_bytes(server.addr(), "POST", &path("s", id, 0), &[], b"{}"));
    }
    http.write(&bytes).unwrap();
    for id in ["1", "2", "3"] {
        assert_eq!(Answer::parse(http.reply().unwrap().text()).proxy_id, id);
    }
    assert_eq!(http.post("/s//0", "{}").status / 100, 4);
    assert_eq!(Answer::parse(http.post(&path("s", "a", 0), "{}").text()).proxy_id, "1", "after an error");
}

#[test]
fn a_body_in_chunks_and_one_announced_by_expect_count_like_any_other() {
    let server = Server::start();
    let mut http = Http::connect(server.addr());
    let head = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", path("s", "alice", 0), server.addr());
    let chunks = "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"State\r\n6\r\n\":{}} \r\n0\r\n\r\n";
    http.write(format!("{head}{chunks}").as_bytes()).unwrap();
    assert_eq!(http.reply().unwrap().text(), FIRST);
    http.write(format!("{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
    assert_eq!(http.reply().unwrap().status, 200);
}

#[test]
fn without_root_only_our_own_address_is_served() {
    let server = Server::with("[lockstep]\nroot = false\n");
    assert_eq!(post(server.addr(), &path("s", "alice", 0), "{}").text(), FIRST);
    let reply = post(server.addr(), "/s/alice/0", "{}");
    assert!([404, 405].contains(&reply.status), "{reply:?}");
    reply.error_code();
    assert_ne!(upgrade(server.addr(), "/s/alice/0", &[]).1.status, 101);
}

#[test]
fn streams_know_nothing_of_each_other() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "one", "alice");
    let mut twin = Player::join(server.addr(), "two", "alice");
    assert_eq!((alice.proxy_id.as_str(), twin.proxy_id.as_str()), ("1", "1"));
    alice.send("e", "only in one");
    alice.poll_for("e");
    twin.poll_to(twin.last + 3);
    assert_eq!(twin.log.len(), 2, "{:?}", twin.log);
}

#[test]
fn a_stream_of_another_kind_is_409_wrong_kind() {
    let server = Server::start();
    for stream in ["competition:a", "unheard:of"] {
        let reply = post(server.addr(), &path(stream, "alice", 0), "{}");
        assert_eq!((reply.status, reply.error_code().as_str()), (409, "wrong_kind"), "{stream}");
    }
}

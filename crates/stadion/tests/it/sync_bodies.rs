//! What a sync's body may look like, and how its text comes back.

use crate::answer::Event;
use crate::harness::Server;
use crate::player::{Player, path};
use crate::raw_http::post;

/// Bodies that hold no event and no state.
const NOTHING: &[&str] = &[
    "{}",
    " \t\r\n{ }\r\n\t ",
    "null",
    r#"{"Events":[],"State":{}}"#,
    r#"{"Events":null,"State":null}"#,
    r#"{"unknown":{"deep":[1,2,{"x":null}]},"T":7,"":0}"#,
    r#"{"éà":"ü","😀":"\ud83d\ude00"}"#,
];

#[test]
fn empty_requests_of_every_form_are_polls() {
    let server = Server::start();
    for (n, body) in NOTHING.iter().enumerate() {
        let reply = post(server.addr(), &path(&format!("s{n}"), "alice", 0), body);
        assert_eq!(reply.text(), r#"{"T":0,"Events":[],"States":[],"ProxyId":"1"}"#, "{body}");
    }
}

/// A body, and the (type, body) of the event that it puts into the stream.
const EVENTS: &[(&str, &str, &str)] = &[
    (r#"{"Events":[{"Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"events":[{"type":"a","body":"b"}]}"#, "a", "b"),
    (r#"{"EVENTS":[{"TYPE":"a","BODY":"b"}]}"#, "a", "b"),
    (r#"{"eVeNtS":[{"tYpE":"a","bOdY":"b"}]}"#, "a", "b"),
    (r#"{"\u0045vents":[{"Typ\u0065":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"Body":"b"}]}"#, "", "b"),
    (r#"{"Events":[{"Type":"a"}]}"#, "a", ""),
    (r#"{"Events":[{}]}"#, "", ""),
    (r#"{"Events":[{"Type":null,"Body":null}]}"#, "", ""),
    (r#"{"Events":[{"T":99,"Origin":"9","Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"T":"x","Origin":1,"Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"T":{"y":[]},"Origin":[{}],"Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"T":-1e10,"Origin":-0,"Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"T":123456789012345678901234567890,"Origin":null,"Type":"a","Body":"b"}]}"#, "a", "b"),
    (r#"{"Events":[{"t":true,"origin":false,"Type":"a","Body":"b","More":[[]]}]}"#, "a", "b"),
    (r#"{"Events":[{"Type":"a","Body":"{\"x\":1}"}]}"#, "a", "{\"x\":1}"),
    (r#"{"State":{},"more":0,"Events":[{"Body":"b","Type":"a"}]}"#, "a", "b"),
    (r#"{"Events":[{"Type":"a_","Body":"_a"}]}"#, "a_", "_a"),
    (r#"{"Events":[{"Type":" _a","Body":""}]}"#, " _a", ""),
    ("\n{\"Events\" : [ {\"Type\"\t:\"a\" , \"Body\" : \"b\" } ] }\n", "a", "b"),
];

#[test]
fn an_event_is_read_from_every_permitted_form() {
    let server = Server::start();
    let mut players = Vec::new();
    for (n, (body, ..)) in EVENTS.iter().enumerate() {
        let mut player = Player::new(server.addr(), &format!("s{n}"), "alice");
        player.sync(body);
        players.push(player);
    }
    for (player, (body, kind, text)) in players.iter_mut().zip(EVENTS) {
        player.poll_to(1);
        assert_eq!(player.log.last(), Some(&Event::new(1, kind, "1", text)), "{body}");
        assert_eq!(player.log.len(), 3, "{body}");
    }
}

#[test]
fn a_number_past_all_floats_is_ignored_where_the_value_is() {
    let server = Server::start();
    let rows = [
        r#"{"Events":[{"Type":"a","Body":"b","T":1e999999}]}"#,
        r#"{"Events":[{"Type":"a","Body":"b","Origin":-1e999999}]}"#,
    ];
    for (n, body) in rows.iter().enumerate() {
        let reply = post(server.addr(), &path(&format!("s{n}"), "alice", 0), body);
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
    }
}

/// A string as it stands in a request, and as it must stand in the answer.
const TEXTS: &[(&str, &str)] = &[
    (r"<b>&amp;</b>", r"\u003cb\u003e\u0026amp;\u003c/b\u003e"),
    (r"\u003C\u003e\u0026", r"\u003c\u003e\u0026"),
    ("\u{2028}\u{2029}", r"\u2028\u2029"),
    (r"\u2028\u2029", r"\u2028\u2029"),
    (r"\b\f\n\r\t", r"\b\f\n\r\t"),
    (r"\u0008\u000c\u000a\u000D\u0009", r"\b\f\n\r\t"),
    (r"\u0000\u0001\u000b\u001f", r"\u0000\u0001\u000b\u001f"),
    ("\u{7f}\u{80}\u{9f}", "\u{7f}\u{80}\u{9f}"),
    (r"\u007f\u0080\u009F", "\u{7f}\u{80}\u{9f}"),
    ("\\\"\\\\\\/", "\\\"\\\\/"),
    (r"\u0022\u005c\u002f", "\\\"\\\\/"),
    ("äß€ \u{feff}\u{fffd}\u{ffff}\u{10ffff}😀", "äß€ \u{feff}\u{fffd}\u{ffff}\u{10ffff}😀"),
    (r"\ud83d\ude00\u00e9", "😀é"),
    ("'`/ \u{a0}", "'`/ \u{a0}"),
    ("", ""),
];

#[test]
fn text_comes_back_with_exactly_the_originals_escapes() {
    let server = Server::start();
    for (n, (sent, expected)) in TEXTS.iter().enumerate() {
        let mut alice = Player::new(server.addr(), &format!("s{n}"), "alice");
        let first = alice.sync(&format!(
            r#"{{"Events":[{{"Type":"t{sent}","Body":"{sent}"}}],"State":{{"k{sent}":"{sent}"}}}}"#
        ));
        let state = format!(r#"{{"T":1,"Origin":"1","Data":{{"k{expected}":"{expected}"}}}}"#);
        assert_eq!(first.raw, format!(r#"{{"T":0,"Events":[],"States":[{state}],"ProxyId":"1"}}"#));
        // Nobody was told of tick 1 yet, so the second client's connect is stamped 1 too.
        let mut bob = Player::join(server.addr(), &format!("s{n}"), "bob");
        bob.poll_to(1);
        let raw = bob.answer_from(0, "{}").raw;
        let event = format!(r#"{{"T":1,"Type":"t{expected}","Origin":"1","Body":"{expected}"}}"#);
        let connect = r#"{"T":1,"Type":"_c","Origin":"_","Body":"2"}"#;
        let tail = format!(r#",{event},{connect}],"States":[{state}],"ProxyId":"2"}}"#);
        assert!(raw.ends_with(&tail), "{raw}\ndoes not end with {tail}");
    }
}

#[test]
fn the_keys_of_a_state_are_sorted_by_their_bytes() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    // By UTF-16 units, as JavaScript sorts, the emoji would come before U+FFFF.
    let answer = alice.sync(
        "{\"State\":{\"😀\":\"7\",\"\u{ffff}\":\"6\",\"é\":\"5\",\"b\":\"4\",\"B\":\"3\",\"10\":\"1\",\"9\":\"2\",\"\":\"0\"}}",
    );
    let data = "{\"\":\"0\",\"10\":\"1\",\"9\":\"2\",\"B\":\"3\",\"b\":\"4\",\"é\":\"5\",\"\u{ffff}\":\"6\",\"😀\":\"7\"}";
    assert!(answer.raw.contains(&format!(r#""Data":{data}"#)), "{}", answer.raw);
}

#[test]
fn a_missing_value_of_a_state_is_empty() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    let answer = alice.sync(r#"{"state":{"Key":null,"key":"v"}}"#);
    assert!(answer.raw.contains(r#""Data":{"Key":"","key":"v"}"#), "{}", answer.raw);
}

#[test]
fn the_events_of_a_request_keep_their_order() {
    let server = Server::start();
    let mut alice = Player::new(server.addr(), "s", "alice");
    let events: Vec<String> = (0..50).map(|n| format!(r#"{{"Type":"e","Body":"{n}"}}"#)).collect();
    alice.sync(&format!(r#"{{"Events":[{}]}}"#, events.join(",")));
    alice.poll_to(1);
    let kinds: Vec<&str> = alice.log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds[..3], ["_a", "_c", "e"]);
    let bodies: Vec<String> = alice.written().iter().map(|(_, _, body)| (*body).to_owned()).collect();
    assert_eq!(bodies, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(alice.log.iter().all(|event| event.t == 1), "{:?}", alice.log);
}

/// `depth` levels altogether, the request's own braces counted.
fn nested(depth: usize) -> String {
    format!(r#"{{"unknown":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[test]
fn sixty_four_levels_are_read_and_sixty_five_refused() {
    let server = Server::start();
    assert_eq!(post(server.addr(), &path("s", "alice", 0), &nested(64)).status, 200);
    let reply = post(server.addr(), &path("s", "alice", 0), &nested(65));
    assert_eq!(reply.status, 400);
    reply.error_code();
    let braces = format!("{}{}", r#"{"a":"#.repeat(64), "{}".to_owned() + &"}".repeat(64));
    assert_eq!(post(server.addr(), &path("s", "alice", 0), &braces).status, 400, "65 objects");
    let braces = format!("{}{}", r#"{"a":"#.repeat(63), "{}".to_owned() + &"}".repeat(63));
    assert_eq!(post(server.addr(), &path("s", "alice", 0), &braces).status, 200, "64 objects");
}

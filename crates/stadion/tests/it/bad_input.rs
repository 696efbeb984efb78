//! Bad input: each is refused by a 4xx error in the documented shape, writes nothing, and leaves the server well.

use std::collections::HashSet;

use crate::harness::Server;
use crate::player::{Listener, Player, path};
use crate::raw_http::{Http, Reply};
use crate::socket::Heard;

/// A body up to this length must be refused for what is wrong with it, not for its size.
const SURELY_NOT_TOO_BIG: usize = 64 * 1024;

/// One bad request: what is wrong, where it goes (`S` stands for the stream) and what it holds.
struct Bad {
    what: &'static str,
    path: String,
    body: Vec<u8>,
}

/// A bad body, sent to a good address.
fn body(what: &'static str, body: impl Into<Vec<u8>>) -> Bad {
    Bad { what, path: path("S", "mallory", 0), body: body.into() }
}

/// A bad address, with a good body.
fn address(what: &'static str, path: impl Into<String>) -> Bad {
    Bad { what, path: path.into(), body: br#"{"Events":[{"Type":"bad","Body":"bad"}]}"#.to_vec() }
}

/// Bodies that are text: these are sent through an open socket too.
fn bad_texts() -> Vec<Bad> {
    let mut rows: Vec<Bad> = [
        ("blanks", " \n\t"),
        ("junk", "junk"),
        ("punctuation", "}{"),
        ("a cut word", "tru"),
        ("cut after the brace", "{"),
        ("cut in a key", r#"{"Eve"#),
        ("cut after a colon", r#"{"Events":"#),
        ("cut in the list", r#"{"Events":[{"Type":"bad","Body":"bad"}"#),
        ("cut in a string", r#"{"Events":[{"Type":"bad"#),
        ("text after the value", r#"{"Events":[{"Type":"bad"}]} x"#),
        ("a second value", r#"{"Events":[{"Type":"bad"}]}{}"#),
        ("a brace too many", r#"{"Events":[{"Type":"bad"}]}}"#),
        ("a comma after the value", r#"{"Events":[{"Type":"bad"}]},"#),
        ("a NUL after the value", "{\"Events\":[{\"Type\":\"bad\"}]}\0"),
        ("a byte order mark", "\u{feff}{\"Events\":[{\"Type\":\"bad\"}]}"),
        ("single quotes", "{'Events':[{'Type':'bad'}]}"),
        ("bare keys", "{Events:[]}"),
        ("a trailing comma in an object", r#"{"Events":[{"Type":"bad",}]}"#),
        ("a trailing comma in a list", r#"{"Events":[{"Type":"bad"},]}"#),
        ("a comment", r#"{"Events":[{"Type":"bad"}]/* */}"#),
        ("a colon missing", r#"{"Events" [{"Type":"bad"}]}"#),
        ("a line break in a string", "{\"Events\":[{\"Type\":\"bad\nbad\"}]}"),
        ("a control character in a string", "{\"Events\":[{\"Type\":\"bad\u{1}\"}]}"),
        ("an unknown escape", r#"{"Events":[{"Type":"bad\x41"}]}"#),
        ("a short escape", r#"{"Events":[{"Type":"bad\u12"}]}"#),
        ("an escape that is no hex", r#"{"Events":[{"Type":"bad\u12g4"}]}"#),
        ("a number with a leading zero", r#"{"Events":[{"Type":"bad","T":01}]}"#),
        ("a number with a plus", r#"{"Events":[{"Type":"bad","T":+1}]}"#),
        ("a number without an integer part", r#"{"Events":[{"Type":"bad","T":.5}]}"#),
        ("a number with a bare point", r#"{"Events":[{"Type":"bad","T":1.}]}"#),
        ("a number with a bare exponent", r#"{"Events":[{"Type":"bad","T":1e}]}"#),
        ("NaN", r#"{"Events":[{"Type":"bad","T":NaN}]}"#),
        ("Infinity", r#"{"Events":[{"Type":"bad","T":-Infinity}]}"#),
        ("a lone high surrogate", r#"{"Events":[{"Type":"bad","Body":"\ud800"}]}"#),
        ("a lone low surrogate", r#"{"Events":[{"Type":"bad","Body":"\udc00 "}]}"#),
        ("surrogates in the wrong order", r#"{"Events":[{"Type":"bad","Body":"\udc00\ud800"}]}"#),
        ("a high surrogate before a letter", r#"{"Events":[{"Type":"bad\ud800A"}]}"#),
        ("two high surrogates", r#"{"Events":[{"Type":"bad\ud800\ud800\udc00"}]}"#),
        ("a lone surrogate in a state's key", r#"{"State":{"\ud800":"bad"}}"#),
        ("a lone surrogate in a state's value", r#"{"State":{"bad":"\udfff"}}"#),
        ("a lone surrogate in an unknown key", r#"{"unknown":"\ud800","Events":[{"Type":"bad"}]}"#),
        ("a list", "[]"),
        ("a list of requests", r#"[{"Events":[{"Type":"bad"}]}]"#),
        ("a string", r#""bad""#),
        ("a number", "7"),
        ("a huge number", "1e999999"),
        ("true", "true"),
        ("false", "false"),
        ("Events as an object", r#"{"Events":{"Type":"bad"}}"#),
        ("Events as a string", r#"{"Events":"bad"}"#),
        ("Events as a number", r#"{"Events":5}"#),
        ("Events as true", r#"{"events":true}"#),
        ("an event as a string", r#"{"Events":["bad"]}"#),
        ("an event as a number", r#"{"Events":[{"Type":"bad"},5]}"#),
        ("an event as a list", r#"{"Events":[["bad"]]}"#),
        ("a type as a number", r#"{"Events":[{"Type":"bad"},{"Type":5}]}"#),
        ("a type as an object", r#"{"Events":[{"Type":{"bad":1}}]}"#),
        ("a type as a list", r#"{"Events":[{"Type":["bad"]}]}"#),
        ("a type as false", r#"{"Events":[{"Type":false}]}"#),
        ("a body as a number", r#"{"Events":[{"Type":"bad","Body":5}]}"#),
        ("a body as an object", r#"{"Events":[{"Type":"bad","Body":{"x":1}}]}"#),
        ("a body as true", r#"{"Events":[{"Type":"bad","BODY":true}]}"#),
        ("a state as a list", r#"{"State":["bad"]}"#),
        ("a state as a string", r#"{"Events":[{"Type":"bad"}],"State":"bad"}"#),
        ("a state's value as a number", r#"{"Events":[{"Type":"bad"}],"State":{"a":"b","bad":5}}"#),
        ("a state's value as an object", r#"{"State":{"bad":{}}}"#),
        ("a state's value as a list", r#"{"State":{"bad":[]}}"#),
        ("the server's start", r#"{"Events":[{"Type":"_a","Body":"5"}]}"#),
        ("the server's connect", r#"{"Events":[{"Type":"_c","Body":"9"}]}"#),
        ("the server's disconnect", r#"{"Events":[{"Type":"_d","Body":"1"}]}"#),
        ("a reserved type", r#"{"Events":[{"Type":"_x"}]}"#),
        ("a bare underscore", r#"{"Events":[{"type":"_"}]}"#),
        ("two underscores", r#"{"Events":[{"Type":"__proto__"}]}"#),
        ("an escaped underscore", r#"{"Events":[{"Type":"\u005fa"}]}"#),
        ("a reserved type after good events", r#"{"Events":[{"Type":"bad"},{"Type":"bad"},{"Type":"_d"}]}"#),
        (
            "a reserved type before good events",
            r#"{"Events":[{"Type":"_d"},{"Type":"bad"}],"State":{"bad":"bad"}}"#,
        ),
        ("an epoch as a number", r#"{"Epoch":5,"Events":[{"Type":"bad"}]}"#),
        ("an epoch as a list", r#"{"Epoch":[],"Events":[{"Type":"bad"}]}"#),
        ("a seq as a string", r#"{"Seq":"1","Events":[{"Type":"bad"}]}"#),
        ("a seq as a fraction", r#"{"Seq":1.5,"Events":[{"Type":"bad"}]}"#),
        ("a seq below zero", r#"{"Seq":-5,"Events":[{"Type":"bad"}]}"#),
        ("a huge seq", r#"{"Seq":1e400,"Events":[{"Type":"bad"}]}"#),
        ("a seq past 64 bits", r#"{"Seq":99999999999999999999,"Events":[{"Type":"bad"}]}"#),
        ("a seq as an object", r#"{"Seq":{},"Events":[{"Type":"bad"}]}"#),
        ("a hash as a number", r#"{"Hash":5,"Events":[{"Type":"bad"}]}"#),
        ("a hash as a string", r#"{"Hash":"abcd","Events":[{"Type":"bad"}]}"#),
        ("a hash with a wrong tick", r#"{"Hash":{"T":"x","Hash":"ab"},"Events":[{"Type":"bad"}]}"#),
        ("a hash with a huge tick", r#"{"Hash":{"T":1e99,"Hash":"ab"},"Events":[{"Type":"bad"}]}"#),
        ("a hash that is no text", r#"{"Hash":{"T":1,"Hash":5},"Events":[{"Type":"bad"}]}"#),
    ]
    .into_iter()
    .map(|(what, text)| body(what, text))
    .collect();
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    rows.extend([
        body(
            "65 levels in an unknown key",
            format!(r#"{{"Events":[{{"Type":"bad"}}],"x":{}}}"#, deep("[", "]", 64)),
        ),
        body(
            "65 levels in an event's T",
            format!(r#"{{"Events":[{{"Type":"bad","T":{}}}]}}"#, deep("[", "]", 62)),
        ),
        body("65 lists", deep("[", "]", 65)),
        body("100,000 lists", deep("[", "]", 100_000)),
        body("100,000 open lists", "[".repeat(100_000)),
        body("100,000 objects", deep(r#"{"a":"#, "}", 100_000)),
        body("100,000 open objects", r#"{"a":"#.repeat(100_000)),
        body("100,000 levels in an unknown key", format!(r#"{{"x":{}}}"#, deep("[", "]", 100_000))),
        body(
            "100,000 levels in an event's T",
            format!(r#"{{"Events":[{{"Type":"bad","T":{}}}]}}"#, deep(r#"[{"a":"#, "}]", 50_000)),
        ),
    ]);
    rows
}

/// Bodies that are no text.
fn bad_bytes() -> Vec<Bad> {
    let event = |bytes: &[u8]| [br#"{"Events":[{"Type":"bad","Body":""#, bytes, br#""}]}"#].concat();
    vec![
        body("no body", ""),
        body("binary", vec![0, 159, 146, 150, 255, 1]),
        body("a lone UTF-8 start byte", event(b"\xc3")),
        body("a lone UTF-8 continuation", event(b"\x80")),
        body("an overlong slash", event(b"\xc0\xaf")),
        body("a surrogate in UTF-8", event(b"\xed\xa0\x80")),
        body("past the last code point", event(b"\xf4\x90\x80\x80")),
        body("a byte that UTF-8 has not", event(b"\xff")),
        body("Latin-1", event(b"caf\xe9")),
        body("invalid UTF-8 in a key", b"{\"Events\":[{\"Type\":\"bad\"}],\"\xff\":1}".to_vec()),
        body(
            "invalid UTF-8 in an ignored value",
            b"{\"Events\":[{\"Type\":\"bad\",\"T\":\"\xff\"}]}".to_vec(),
        ),
        body("invalid UTF-8 after the value", b"{\"Events\":[{\"Type\":\"bad\"}]}\xff".to_vec()),
        body(
            "UTF-16",
            "{\"Events\":[{\"Type\":\"bad\"}]}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        ),
    ]
}

fn bad_addresses() -> Vec<Bad> {
    let long = |n: usize| "n".repeat(n);
    let mut rows: Vec<Bad> = [
        ("an empty stream", "/v1/lockstep//mallory/0"),
        ("an empty private id", "/v1/lockstep/S//0"),
        ("an empty tick", "/v1/lockstep/S/mallory/"),
        ("two segments", "/v1/lockstep/S/mallory"),
        ("one segment", "/v1/lockstep/S"),
        ("no segment", "/v1/lockstep/"),
        ("four segments", "/v1/lockstep/S/mallory/0/0"),
        ("a trailing slash", "/v1/lockstep/S/mallory/0/"),
        ("two slashes in front", "//v1/lockstep/S/mallory/0"),
        ("an encoded slash in the stream", "/v1/lockstep/S%2Fa/mallory/0"),
        ("an encoded slash in small letters", "/v1/lockstep/S%2fa/mallory/0"),
        ("an encoded slash as the separator", "/v1/lockstep/S%2Fmallory/0"),
        ("the private id -", "/v1/lockstep/S/-/0"),
        ("an encoded private id -", "/v1/lockstep/S/%2D/0"),
        ("the private id - of a watcher, by POST", "/v1/lockstep/S/-/0?watch=1"),
        ("at the root: an empty stream", "//mallory/0"),
        ("at the root: an empty private id", "/S//0"),
        ("at the root: an empty tick", "/S/mallory/"),
        ("at the root: two segments", "/S/mallory"),
        ("at the root: one segment", "/S"),
        ("at the root: four segments", "/S/mallory/0/0"),
        ("at the root: a trailing slash", "/S/mallory/0/"),
        ("at the root: an encoded slash", "/S%2Fa/mallory/0"),
        ("at the root: the private id -", "/S/-/0"),
        ("at the root: the name v1", "/v1/mallory/0"),
        ("at the root: the name api", "/api/mallory/0"),
        ("at the root: the name game_lobby", "/game_lobby/mallory/0"),
        ("at the root: a name with an underscore in front", "/_S/mallory/0"),
        ("at the root: a name with a point in front", "/.S/mallory/0"),
        ("the name v1", "/v1/lockstep/v1/mallory/0"),
        ("the encoded name v1", "/v1/lockstep/%76%31/mallory/0"),
        ("the name api", "/v1/lockstep/api/mallory/0"),
        ("the name game_lobby", "/v1/lockstep/game_lobby/mallory/0"),
        ("a name with an underscore in front", "/v1/lockstep/_S/mallory/0"),
        ("an encoded underscore in front", "/v1/lockstep/%5FS/mallory/0"),
        ("a name with a point in front", "/v1/lockstep/.S/mallory/0"),
        ("the name .", "/v1/lockstep/./mallory/0"),
        ("the name ..", "/v1/lockstep/../mallory/0"),
        ("the encoded name ..", "/v1/lockstep/%2e%2e/mallory/0"),
        ("a name with NUL", "/v1/lockstep/S%00/mallory/0"),
        ("a name with a line break", "/v1/lockstep/S%0A/mallory/0"),
        ("a name with DEL", "/v1/lockstep/S%7F/mallory/0"),
        ("a name with a C1 control", "/v1/lockstep/S%C2%85/mallory/0"),
        ("a name that is no UTF-8", "/v1/lockstep/S%FF/mallory/0"),
        ("a name in overlong UTF-8", "/v1/lockstep/S%C0%AF/mallory/0"),
        ("a private id that is no UTF-8", "/v1/lockstep/S/%FF/0"),
        ("the program's own stream broker", "/v1/lockstep/broker/mallory/0"),
        ("the program's own stream competitions", "/v1/lockstep/competitions/mallory/0"),
        ("the program's own streams lobby:", "/v1/lockstep/lobby:x/mallory/0"),
        ("the program's own streams tickets:", "/v1/lockstep/tickets:x/mallory/0"),
        ("the program's own streams player:", "/v1/lockstep/player:x/mallory/0"),
        ("an unknown call of v1", "/v1/nothing/S/mallory/0"),
    ]
    .into_iter()
    .map(|(what, path)| address(what, path))
    .collect();
    rows.extend([
        address("a name of 129 bytes", path(&long(129), "mallory", 0)),
        address("a name of 129 bytes at the root", format!("/{}/mallory/0", long(129))),
        address("a name of 65 characters that are 130 bytes", path(&"%C3%A9".repeat(65), "mallory", 0)),
        address("a name of 5,000 bytes", path(&long(5000), "mallory", 0)),
        address("a private id of 2,000 bytes", path("S", &long(2000), 0)),
        address("a private id of 2,000 bytes at the root", format!("/S/{}/0", long(2000))),
    ]);
    rows
}

/// Sends a bad request over a connection of its own.
fn send(server: &Server, bad: &Bad, stream: &str) -> Reply {
    let path = bad.path.replace('S', stream);
    let mut http = Http::connect(server.addr());
    http.request("POST", &path, &[], &bad.body)
}

/// Sends every row to a stream of its own, then looks at each whether anything was written there.
fn check(rows: &[Bad], check_reply: impl Fn(&Bad, &Reply)) {
    let server = Server::start();
    let streams: Vec<String> = (0..rows.len()).map(|n| format!("s{n}")).collect();
    let mut witnesses: Vec<_> =
        streams.iter().map(|stream| Player::join(server.addr(), stream, "witness")).collect();
    for (bad, stream) in rows.iter().zip(&streams) {
        let reply = send(&server, bad, stream);
        check_reply(bad, &reply);
    }
    for (bad, witness) in rows.iter().zip(&mut witnesses) {
        check_nothing_written(bad.what, witness);
    }
}

fn check_nothing_written(what: &str, witness: &mut Player) {
    witness.poll();
    // What had been stamped by now is announced with the next tick.
    witness.poll_to(witness.last + 1);
    let kinds: Vec<_> = witness.log.iter().map(|event| (event.kind.as_str(), event.body.as_str())).collect();
    assert_eq!(kinds[1..], [("_c", "1")], "{what}: something was written");
    let seen = witness.answer_from(0, "{}");
    assert_eq!(seen.states, [], "{what}: a state was set");
}

#[test]
fn every_bad_body_is_a_400_and_writes_nothing() {
    let rows: Vec<Bad> = bad_texts().into_iter().chain(bad_bytes()).collect();
    assert!(rows.len() >= 60 && rows.iter().map(|row| row.what).collect::<HashSet<_>>().len() == rows.len());
    check(&rows, |bad, reply| {
        let too_big = bad.body.len() > SURELY_NOT_TOO_BIG && reply.status == 413;
        assert!(reply.status == 400 || too_big, "{}: {reply:?}", bad.what);
        reply.error_code();
        reply.check_cors();
    });
}

#[test]
fn every_bad_address_is_refused_and_writes_nothing() {
    check(&bad_addresses(), |bad, reply| {
        assert_eq!(reply.status / 100, 4, "{}: {reply:?}", bad.what);
        reply.error_code();
    });
}

#[test]
fn a_bad_body_makes_no_stream() {
    let server = Server::start();
    for bad in bad_texts().iter().take(10) {
        assert_eq!(send(&server, bad, "s").status, 400, "{}", bad.what);
    }
    let mut alice = Player::new(server.addr(), "s", "alice");
    let first = alice.poll();
    assert_eq!((first.t, first.proxy_id.as_str()), (0, "1"));
}

#[test]
fn every_bad_text_is_answered_on_the_open_socket_and_writes_nothing() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let mut mallory = Listener::push(server.addr(), "s", "mallory");
    let (small, big): (Vec<_>, Vec<_>) =
        bad_texts().into_iter().partition(|bad| bad.body.len() <= SURELY_NOT_TOO_BIG);
    for bad in &small {
        mallory.socket.send(std::str::from_utf8(&bad.body).unwrap());
        mallory.socket.error();
    }
    mallory.socket.send(r#"{"Events":[{"Type":"good","Body":"still open"}]}"#);
    witness.poll_for("good");
    for bad in &big {
        mallory = Listener::push(server.addr(), "s", "mallory");
        mallory.socket.send(std::str::from_utf8(&bad.body).unwrap());
        let refused = loop {
            match mallory.socket.heard() {
                Heard::Text(text) if text.starts_with("{\"error\"") => break true,
                Heard::Closed(1009, _) => break true,
                Heard::Text(_) | Heard::Ping | Heard::Pong(_) => {}
                Heard::Closed(..) | Heard::Gone(_) => break false,
            }
        };
        assert!(refused, "{}", bad.what);
    }
    witness.poll_to(witness.last + 2);
    let kinds: Vec<_> = witness.log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["_a", "_c", "_c", "good"]);
    assert_eq!(witness.answer_from(0, "{}").states, []);
}

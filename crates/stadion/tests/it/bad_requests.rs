//! What is no proper HTTP: it is answered by an error or by closing, writes nothing, and harms nobody else.

use std::io::Read;

use crate::harness::{DEADLINE, Server};
use crate::player::{Player, path};
use crate::raw_http::{Http, get};

const EVENT: &str = r#"{"Events":[{"Type":"bad","Body":"bad"}]}"#;

/// Requests that must not be carried out. `PATH`, `HOST` stand for what is right.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let with = |headers: &str, body: &str| {
        format!("POST PATH HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n{body}").into_bytes()
    };
    let length = EVENT.len();
    let mut rows = vec![
        ("junk", b"junk\r\n\r\n".to_vec()),
        ("binary", (0..=255).collect()),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20)),
        (
            "no version",
            format!("POST PATH\r\nHost: HOST\r\nContent-Length: {length}\r\n\r\n{EVENT}").into_bytes(),
        ),
        ("another version", with(&format!("Content-Length: {length}\r\n"), EVENT)),
        ("a path without a slash", format!("POST s HTTP/1.1\r\nHost: HOST\r\n\r\n{EVENT}").into_bytes()),
        (
            "a NUL in the path",
            format!("POST PATH\0 HTTP/1.1\r\nHost: HOST\r\nContent-Length: {length}\r\n\r\n{EVENT}")
                .into_bytes(),
        ),
        ("a header without a colon", with(&format!("nonsense\r\nContent-Length: {length}\r\n"), EVENT)),
        ("a NUL in a header", with(&format!("X: a\0b\r\nContent-Length: {length}\r\n"), EVENT)),
        ("a length below zero", with("Content-Length: -5\r\n", EVENT)),
        ("a length that is no number", with("Content-Length: many\r\n", EVENT)),
        ("a length past 64 bits", with("Content-Length: 99999999999999999999999\r\n", EVENT)),
        ("two lengths", with(&format!("Content-Length: {length}\r\nContent-Length: 2\r\n"), EVENT)),
        ("a chunk with a bad length", with("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n")),
        ("a chunk longer than it says", with("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n")),
        (
            "a chunk past 64 bits",
            with("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ),
        ("an unknown encoding", with("Transfer-Encoding: magic\r\n", EVENT)),
        (
            "a header of 1 MiB",
            with(&format!("X: {}\r\nContent-Length: {length}\r\n", "x".repeat(1 << 20)), EVENT),
        ),
        (
            "10,000 headers",
            with(&("X: y\r\n".repeat(10_000) + &format!("Content-Length: {length}\r\n")), EVENT),
        ),
        (
            "a path of 1 MiB",
            format!(
                "POST PATH?{} HTTP/1.1\r\nHost: HOST\r\nContent-Length: {length}\r\n\r\n{EVENT}",
                "x".repeat(1 << 20)
            )
            .into_bytes(),
        ),
    ];
    let version = rows.iter_mut().find(|(what, _)| *what == "another version").unwrap();
    version.1 = String::from_utf8(version.1.clone()).unwrap().replace("HTTP/1.1", "HTTP/3.7").into_bytes();
    rows
}

/// Requests that end in the middle.
fn cut_short() -> Vec<(&'static str, Vec<u8>)> {
    let with = |headers: &str, body: &str| {
        format!("POST PATH HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n{body}").into_bytes()
    };
    let length = EVENT.len();
    vec![
        ("nothing at all", Vec::new()),
        ("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("half a request line", b"POST /v1/lo".to_vec()),
        ("half a header", b"POST PATH HTTP/1.1\r\nHost: HO".to_vec()),
        (
            "no end of the headers",
            format!("POST PATH HTTP/1.1\r\nHost: HOST\r\nContent-Length: {length}\r\n").into_bytes(),
        ),
        ("no body", with(&format!("Content-Length: {length}\r\n"), "")),
        ("half a body", with(&format!("Content-Length: {length}\r\n"), &EVENT[..20])),
        ("a whole value and not the whole length", with("Content-Length: 1000\r\n", EVENT)),
        ("half a chunk", with("Transfer-Encoding: chunked\r\n", "28\r\n{\"Events\":[{\"Type\"")),
        ("no last chunk", with("Transfer-Encoding: chunked\r\n", &format!("{length:x}\r\n{EVENT}\r\n"))),
    ]
}

/// Sends the rows, then looks whether anything was written. Answers must be errors; closing without one passes.
fn check(rows: &[(&'static str, Vec<u8>)], finish: bool) {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for (what, bytes) in rows {
        let mut http = Http::connect(server.addr());
        // The server may answer or close before it has read everything: then the rest cannot be written.
        drop(http.write(&fill(bytes, &server)));
        if finish {
            http.finish_writing();
        }
        match http.reply() {
            Ok(reply) => {
                assert!((400..=505).contains(&reply.status) && reply.status != 500, "{what}: {reply:?}");
                if !reply.body.is_empty() {
                    reply.error_code();
                }
            }
            Err(e) => {
                let waited =
                    matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                assert!(!waited, "{what}: neither answered nor closed within {DEADLINE:?}");
            }
        }
        assert_eq!(get(server.addr(), "/healthz").status, 200, "after {what}");
    }
    witness.poll_to(witness.last + 2);
    let kinds: Vec<_> = witness.log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["_a", "_c"], "something was written");
}

fn fill(bytes: &[u8], server: &Server) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text
            .replace("PATH", &path("s", "mallory", 0))
            .replace("HOST", &server.addr().to_string())
            .into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

#[test]
fn malformed_http_is_refused_and_writes_nothing() {
    check(&malformed(), false);
}

#[test]
fn requests_that_end_in_the_middle_write_nothing() {
    check(&cut_short(), true);
}

#[test]
fn two_ways_to_say_a_bodys_length_smuggle_no_request() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let hidden = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{EVENT}",
        path("s", "smuggler", 0),
        server.addr(),
        EVENT.len()
    );
    let outer = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        path("s", "mallory", 0),
        server.addr(),
        hidden.len() + 5
    );
    let mut http = Http::connect(server.addr());
    http.write(outer.as_bytes()).unwrap();
    http.finish_writing();
    // Refusing it, or reading it as chunked and closing: both keep a second request from being taken for the first's.
    let mut answers = Vec::new();
    drop(http.stream().read_to_end(&mut answers));
    witness.poll_to(witness.last + 2);
    let written = witness.written();
    let answers = String::from_utf8_lossy(&answers);
    assert!(written.is_empty() || answers.matches("HTTP/1.1 ").count() == 2, "{written:?}\n{answers}");
}

#[test]
fn a_client_that_goes_away_in_the_middle_harms_nobody() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for (_, bytes) in cut_short().iter().chain(&malformed()) {
        let mut http = Http::connect(server.addr());
        drop(http.write(&fill(bytes, &server)));
    }
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.log.len(), 2, "{:?}", witness.log);
}

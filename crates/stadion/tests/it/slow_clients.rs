//! Clients that send or take slowly, on purpose or not: they are cut, and nobody else notices.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::Server;
use crate::player::{Listener, Player, path};
use crate::raw_http::Http;
use crate::socket::Ws;

/// Within this time a slow request must have been cut.
const CUT_WITHIN: Duration = Duration::from_secs(45);

/// Between two bytes of a slow sender.
const PACE: Duration = Duration::from_millis(100);

/// Sends `start` at once and then, byte by byte, whatever `more` gives, until the server ends it.
fn is_cut(server: &Server, start: &str, more: impl Fn(usize) -> Option<u8>) -> Result<Duration, String> {
    let mut http = Http::connect(server.addr());
    http.write(start.as_bytes()).map_err(|e| e.to_string())?;
    http.stream().set_read_timeout(Some(PACE)).map_err(|e| e.to_string())?;
    let began = Instant::now();
    for n in 0.. {
        if began.elapsed() > CUT_WITHIN {
            break;
        }
        if let Some(byte) = more(n)
            && http.write(&[byte]).is_err()
        {
            return Ok(began.elapsed());
        }
        match http.stream().read(&mut [0; 1024]) {
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            // An answer (408), the end, or a reset.
            Ok(_) | Err(_) => return Ok(began.elapsed()),
        }
    }
    Err(format!("still open after {CUT_WITHIN:?}"))
}

/// A server that drains does not wait for ever for a request that does not come.
fn does_not_hold_up_the_end(start: &str) -> Result<Duration, String> {
    let mut server = Server::start();
    let mut http = Http::connect(server.addr());
    http.write(start.as_bytes()).map_err(|e| e.to_string())?;
    // Another answer shows that the server has come to this connection.
    Player::join(server.addr(), "s", "alice");
    server.signal("TERM");
    let began = Instant::now();
    let status = server.ended();
    if status.success() { Ok(began.elapsed()) } else { Err(status.to_string()) }
}

#[test]
fn slow_requests_are_cut_and_nobody_else_notices() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let line = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", path("s", "mallory", 0), server.addr());
    let announced = format!("{line}Content-Length: 100000\r\n\r\n{{\"Events\":[{{\"Type\":\"bad\"}}]}}");
    let header = b"X-Slow: a\r\n";
    thread::scope(|scope| {
        let server = &server;
        let cases = [
            (
                "a header byte by byte",
                scope.spawn(|| is_cut(server, &line, |n| Some(header[n % header.len()]))),
            ),
            ("half a header and silence", scope.spawn(|| is_cut(server, &line, |_| None))),
            ("half a body and silence", scope.spawn(|| is_cut(server, &announced, |_| None))),
            ("a body byte by byte", scope.spawn(|| is_cut(server, &announced, |_| Some(b' ')))),
            ("half a header at the server's end", scope.spawn(|| does_not_hold_up_the_end(&line))),
        ];
        while !cases.iter().all(|(_, case)| case.is_finished()) {
            let asked = Instant::now();
            witness.poll_to(witness.last + 1);
            assert!(asked.elapsed() < Duration::from_secs(3), "the others wait: {:?}", asked.elapsed());
        }
        for (what, case) in cases {
            match case.join().unwrap() {
                Ok(after) => assert!(after < CUT_WITHIN, "{what}: cut after {after:?}"),
                Err(e) => panic!("{what}: {e}"),
            }
        }
    });
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.log.len(), 2, "{:?}", witness.log);
}

#[test]
fn a_reader_that_takes_nothing_holds_up_nobody() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let _stuck: Vec<Ws> = ["?watch=1"; 3]
        .iter()
        .map(|query| Ws::connect(server.addr(), &format!("{}{query}", path("s", "-", 0))))
        .collect();
    let mut reader = Listener::watch(server.addr(), "s");
    let events = json!({"Events": vec![json!({"Type": "e", "Body": "x".repeat(6000)}); 10]}).to_string();
    for round in 1..=100 {
        let asked = Instant::now();
        let reply = alice.sync(&events);
        assert!(
            asked.elapsed() < Duration::from_secs(3),
            "round {round} took {:?}: {}",
            asked.elapsed(),
            reply.t
        );
        if round % 5 == 0 {
            reader.next_until("what was sent", |reader| {
                reader.log.iter().filter(|event| event.kind == "e").count() == round * 10
            });
        }
    }
    alice.poll_to(reader.last);
    assert_eq!(alice.written().len(), 1000);
}

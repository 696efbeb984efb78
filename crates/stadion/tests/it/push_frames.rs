//! Frames as RFC 6455 permits and forbids them, on a push socket.

use std::time::Duration;

use crate::harness::Server;
use crate::player::{Listener, Player, one_event, path};
use crate::socket::{CONTINUATION, FIN, Heard, PING, TEXT, Ws, frame, head};

const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xa;

/// An event whose bytes hold characters of two, three and four bytes.
const EVENT: &str = r#"{"Events":[{"Type":"e","Body":"é€😀 whole"}]}"#;

fn writes_once(what: &str, bytes: &[u8], alice: &mut Listener) {
    let before = alice.log.len();
    alice.socket.write_raw(bytes).unwrap();
    alice.next_until(what, |alice| alice.log.iter().skip(before).any(|event| event.kind == "e"));
    let new: Vec<_> = alice.log.iter().skip(before).filter(|event| event.kind == "e").collect();
    assert_eq!(new.len(), 1, "{what}");
    assert_eq!(new[0].body, "é€😀 whole", "{what}");
}

#[test]
fn a_message_in_fragments_is_one_message() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let event = EVENT.as_bytes();
    writes_once("one frame", &frame(FIN | TEXT, event), &mut alice);
    let halves = [frame(TEXT, &event[..20]), frame(FIN | CONTINUATION, &event[20..])].concat();
    writes_once("two fragments", &halves, &mut alice);
    // Each byte alone: every character of several bytes is cut apart.
    let mut bytes = frame(TEXT, &event[..1]);
    for byte in &event[1..] {
        bytes.extend(frame(CONTINUATION, &[*byte]));
    }
    bytes.extend(frame(FIN | CONTINUATION, b""));
    writes_once("a fragment a byte", &bytes, &mut alice);
    let empty = [frame(TEXT, b""), frame(CONTINUATION, b""), frame(FIN | CONTINUATION, event)].concat();
    writes_once("empty fragments", &empty, &mut alice);
}

#[test]
fn frames_of_every_length_form_are_read() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    for length in [125, 126, 127, 65_535, 65_536] {
        let padded = format!("{EVENT:length$}", length = length - (EVENT.len() - EVENT.chars().count()));
        assert_eq!(padded.len(), length);
        writes_once(&format!("{length} bytes"), &frame(FIN | TEXT, padded.as_bytes()), &mut alice);
    }
}

#[test]
fn a_frame_may_come_in_any_pieces() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let bytes = frame(FIN | TEXT, EVENT.as_bytes());
    let (last, first) = bytes.split_last().unwrap();
    for byte in first {
        alice.socket.write_raw(&[*byte]).unwrap();
    }
    // Answers go on in the middle of a frame.
    alice.next();
    alice.next();
    writes_once("the last byte", &[*last], &mut alice);
    let two = [frame(FIN | TEXT, one_event("first", "").as_bytes()), bytes.clone()].concat();
    writes_once("two messages in one write", &two, &mut alice);
    assert!(alice.log.iter().any(|event| event.kind == "first"));
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let event = EVENT.as_bytes();
    let bytes = [
        frame(TEXT, &event[..10]),
        frame(FIN | PING, b"between"),
        frame(CONTINUATION, &event[10..33]),
        frame(FIN | PONG, b"unasked"),
        frame(FIN | PING, b""),
        frame(FIN | CONTINUATION, &event[33..]),
    ]
    .concat();
    alice.socket.write_raw(&bytes).unwrap();
    let (mut pongs, mut events) = (Vec::new(), 0);
    while pongs.len() < 2 || events < 1 {
        match alice.socket.heard() {
            Heard::Pong(payload) => pongs.push(payload),
            Heard::Text(text) => {
                let answer = crate::answer::Answer::parse(&text);
                events += answer.events.iter().filter(|event| event.kind == "e").count();
            }
            Heard::Ping => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((pongs, events), (vec![b"between".to_vec(), Vec::new()], 1));
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    let server = Server::start();
    let mut ws = Ws::connect(server.addr(), &path("s", "alice", 0));
    for payload in [&b"hello"[..], &[0xff; 125]] {
        ws.write_raw(&frame(FIN | PING, payload)).unwrap();
        loop {
            match ws.heard() {
                Heard::Pong(answer) => {
                    assert_eq!(answer, payload);
                    break;
                }
                Heard::Text(_) | Heard::Ping => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn closing_is_answered_and_the_server_closes_the_connection() {
    let server = Server::start();
    let close = |code: u16| frame(FIN | CLOSE, &code.to_be_bytes());
    for (bytes, expected) in [(close(1000), 1000), (close(4999), 4999), (frame(FIN | CLOSE, b""), 1005)] {
        let mut ws = Ws::connect(server.addr(), &path("s", "alice", 0));
        ws.answer();
        ws.write_raw(&bytes).unwrap();
        let code = ws.closed().0;
        assert!(code == expected || code == 1000 || code == 1005, "{expected} was answered by {code}");
        assert!(matches!(ws.heard(), Heard::Gone(_)), "the connection stayed open");
    }
}

/// Frames that end a connection, and the close codes that say why.
fn forbidden() -> Vec<(&'static str, Vec<u8>, Vec<u16>)> {
    let event = EVENT.as_bytes();
    let unmasked = [head(FIN | TEXT, event.len() as u64, false), event.to_vec()].concat();
    let long_form = {
        let mut bytes = vec![FIN | TEXT, 0x80 | 127];
        bytes.extend_from_slice(&u64::MAX.to_be_bytes());
        bytes
    };
    vec![
        ("a frame without a mask", unmasked, vec![1002]),
        ("the first reserved bit", frame(FIN | 0x40 | TEXT, event), vec![1002]),
        ("the last reserved bit", frame(FIN | 0x10 | TEXT, event), vec![1002]),
        ("an unknown data opcode", frame(FIN | 0x3, event), vec![1002]),
        ("an unknown control opcode", frame(FIN | 0xb, b""), vec![1002]),
        ("a continuation of nothing", frame(FIN | CONTINUATION, event), vec![1002]),
        (
            "a message inside a message",
            [frame(TEXT, &event[..9]), frame(FIN | TEXT, event)].concat(),
            vec![1002],
        ),
        ("a ping in fragments", frame(PING, b"x"), vec![1002]),
        ("a ping of 126 bytes", frame(FIN | PING, &[0; 126]), vec![1002]),
        ("a length with its first bit", long_form, vec![1002, 1009]),
        ("a close of one byte", frame(FIN | CLOSE, b"x"), vec![1002]),
        (
            "a close with a code that must not be sent",
            frame(FIN | CLOSE, &1005_u16.to_be_bytes()),
            vec![1002],
        ),
        ("a close whose reason is no UTF-8", frame(FIN | CLOSE, b"\x03\xe8\xff"), vec![1002, 1007]),
    ]
}

#[test]
fn forbidden_frames_end_the_connection_and_write_nothing() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for (what, bytes, codes) in forbidden() {
        let mut ws = Ws::connect(server.addr(), &path("s", "mallory", 0));
        ws.answer();
        ws.write_raw(&bytes).unwrap();
        match ws.ended() {
            Heard::Closed(code, _) => assert!(codes.contains(&code), "{what}: {code}"),
            other => panic!("{what}: no close frame, but {other:?}"),
        }
    }
    witness.poll_to(witness.last + 2);
    assert!(witness.written().is_empty(), "{:?}", witness.written());
}

#[test]
fn text_that_is_no_utf_8_is_refused_and_writes_nothing() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let bad = b"{\"Events\":[{\"Type\":\"bad\",\"Body\":\"\xff\xfe\"}]}";
    let surrogate = b"{\"Events\":[{\"Type\":\"bad\",\"Body\":\"\xed\xa0\x80\"}]}";
    let fragments = [frame(TEXT, &bad[..34]), frame(FIN | CONTINUATION, &bad[34..])].concat();
    for bytes in [frame(FIN | TEXT, bad), frame(FIN | TEXT, surrogate), fragments] {
        let mut ws = Ws::connect(server.addr(), &path("s", "mallory", 0));
        ws.answer();
        ws.write_raw(&bytes).unwrap();
        // An error on the open socket, as for any bad message, or RFC 6455's own code.
        let refused = loop {
            match ws.heard() {
                Heard::Text(text) if text.starts_with("{\"error\"") => break true,
                Heard::Closed(1007, _) => break true,
                Heard::Text(_) | Heard::Ping | Heard::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(refused);
    }
    witness.poll_to(witness.last + 2);
    assert!(witness.written().is_empty(), "{:?}", witness.written());
}

#[test]
fn a_binary_message_is_not_half_taken() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let mut ws = Ws::connect(server.addr(), &path("s", "bob", 0));
    ws.answer();
    ws.send_binary(b"\x00\x01 no request");
    ws.write_raw(&frame(FIN | BINARY, b"\xff")).unwrap();
    let refused = loop {
        match ws.heard_within(Duration::from_secs(5)) {
            Some(Heard::Text(text)) if text.starts_with("{\"error\"") => break true,
            Some(Heard::Closed(code, _)) => break (1002..=1008).contains(&code),
            Some(Heard::Text(_) | Heard::Ping | Heard::Pong(_)) => {}
            Some(Heard::Gone(_)) | None => break false,
        }
    };
    assert!(refused, "binary junk was neither answered by an error nor closed with a code");
    witness.poll_to(witness.last + 2);
    assert!(witness.written().is_empty());
}

//! Publishing: what is taken, what it becomes, what is refused, and that nothing is ever half written.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use crate::events::{
    LINES, Published, Reader, all_events, bare, check_consecutive, events_path, exists, page, publish,
    try_publish,
};
use crate::harness::Server;
use crate::raw_http::{Http, Reply, post, request, request_bytes};

const MIB: usize = 1024 * 1024;

fn publish_once(server: &Server, stream: &str, key: &str, lines: &str) -> Reply {
    request(server.addr(), "POST", &events_path(stream), &[LINES, ("Idempotency-Key", key)], lines)
}

fn message_of(reply: &Reply) -> String {
    reply.error_code();
    let value: Value = serde_json::from_str(reply.text()).unwrap();
    value["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_append_makes_the_stream_and_counts_from_zero() {
    let server = Server::start();
    assert!(!exists(server.addr(), "hall:a"));
    let first = publish(server.addr(), "hall:a", "{}");
    assert_eq!((first.first, first.last), (0, 0));
    let second = publish(server.addr(), "hall:a", "1\n2\n3\n");
    assert_eq!((second.first, second.last), (1, 3));
    assert_eq!(first.epoch, second.epoch);
    let other = publish(server.addr(), "hall:b", "{}");
    assert_eq!(other.first, 0);
    assert_ne!(first.epoch, other.epoch);
}

#[test]
fn bytes_are_kept_as_they_came() {
    let server = Server::start();
    let bodies = [
        r#"{"b" : 1.0,  "a":1E+5 ,"b":2}"#,
        r#"{"\u00fc":"ü \/ \u0041 <>&"}"#,
        "123456789012345678901234567890.10",
        "-0",
        "null",
        "true",
        r#""a string""#,
        "[ ]",
        "{ }",
        "\"\u{2028}\u{7f}\u{1f980}\"",
    ];
    let mut reader = Reader::open(server.addr(), "hall:a", "from=start");
    let mut socket = bare(server.addr(), "hall:a", "from=start");
    for (offset, body) in bodies.iter().enumerate() {
        let reply = post(server.addr(), &events_path("hall:a"), &format!(" \t\r\n{body}\n \t"));
        assert_eq!(Published::parse(&reply).last, i64::try_from(offset).unwrap(), "{body}");
        assert_eq!(reader.event().body, *body);
        assert_eq!(socket.text(), *body);
    }
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), bodies);
}

#[test]
fn one_value_may_go_over_several_lines() {
    let server = Server::start();
    let body = "{\n  \"a\": [\n    1\n  ]\n}";
    let json = ("Content-Type", "application/json");
    let reply = request(server.addr(), "POST", &events_path("hall:a"), &[json], body);
    assert_eq!(Published::parse(&reply).last, 0);
    assert_eq!(bare(server.addr(), "hall:a", "from=start").text(), body);
}

#[test]
fn blanks_are_cut_and_empty_lines_skipped() {
    let server = Server::start();
    let published = publish(server.addr(), "hall:a", "\n  {\"n\": 1} \r\n\r\n \t \n\t2\n\n\n\"three \" \n4");
    assert_eq!((published.first, published.last), (0, 3));
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), ["{\"n\": 1}", "2", "\"three \"", "4"]);
}

#[test]
fn a_bad_line_is_named_and_nothing_of_the_request_is_written() {
    let server = Server::start();
    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let bad: [&[u8]; 13] = [
        b"{",
        b"{\"a\":1} {\"b\":2}",
        b"1,",
        b"nul",
        b"NaN",
        b"{'a':1}",
        b"{a:1}",
        b"[1,]",
        b"01",
        b"\"a\x01b\"",
        b"\"open",
        b"\"\xff\"",
        deep.as_bytes(),
    ];
    for line in bad {
        // The empty ones count too: the bad one is the seventh.
        let mut body = b"{\"n\":1}\n\n{\"n\":2}\r\n  \n\n3\n".to_vec();
        body.extend_from_slice(line);
        body.extend_from_slice(b"\n{\"n\":4}\n");
        let what = String::from_utf8_lossy(line);
        let reply = Http::connect(server.addr()).request("POST", &events_path("hall:a"), &[LINES], &body);
        assert_eq!(reply.status, 400, "{what}: {reply:?}");
        let message = message_of(&reply);
        let named = message.split(|c: char| !c.is_ascii_digit()).any(|number| number == "7");
        assert!(named, "{what}: the line's number is not told: {message}");
        assert!(!exists(server.addr(), "hall:a"), "{what} made the stream");
    }
    publish(server.addr(), "hall:a", "1");
    assert_eq!(try_publish(server.addr(), "hall:a", "2\n3\n{").status, 400);
    assert_eq!(publish(server.addr(), "hall:a", "4").last, 1);
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), ["1", "4"]);
}

#[test]
fn what_is_no_value_is_refused() {
    let server = Server::start();
    for body in ["", " \n\t\r\n ", "{", "{} {}", "hello", "\"\u{1}\""] {
        let reply = post(server.addr(), &events_path("hall:a"), body);
        assert_eq!(reply.status, 400, "{body:?}: {reply:?}");
        reply.error_code();
    }
    assert!(!exists(server.addr(), "hall:a"));
}

#[test]
fn an_event_may_be_a_mebibyte_and_no_more() {
    let server = Server::start();
    let of_size = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    assert_eq!(publish(server.addr(), "hall:a", &of_size(MIB)).last, 0);
    let reply = try_publish(server.addr(), "hall:a", &of_size(MIB + 1));
    assert_eq!(reply.status, 413, "{reply:?}");
    reply.error_code();
    let reply = try_publish(server.addr(), "hall:a", &format!("1\n{}\n2", of_size(MIB + 1)));
    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(
        publish(server.addr(), "hall:a", &format!("  {}  ", of_size(MIB))).last,
        1,
        "blanks do not count"
    );
    assert_eq!(bare(server.addr(), "hall:a", "from=start").text(), of_size(MIB));
}

#[test]
fn a_request_of_more_than_sixteen_mebibytes_is_refused() {
    let server = Server::start();
    let line = format!("\"{}\"\n", "x".repeat(MIB / 2));
    let body = line.repeat(33);
    let mut http = Http::connect(server.addr());
    let bytes = request_bytes(server.addr(), "POST", &events_path("hall:a"), &[LINES], body.as_bytes());
    // The server may answer and close before it has read all of it.
    drop(http.write(&bytes));
    if let Ok(reply) = http.reply() {
        assert_eq!(reply.status, 413, "{reply:?}");
        reply.error_code();
    }
    assert!(!exists(server.addr(), "hall:a"));
}

#[test]
fn an_event_may_be_64_levels_deep_and_no_more() {
    let server = Server::start();
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for make in [&arrays as &dyn Fn(usize) -> String, &objects] {
        publish(server.addr(), "hall:a", &make(64));
        for depth in [65, 100_000] {
            let reply = try_publish(server.addr(), "hall:a", &make(depth));
            assert_eq!(reply.status, 400, "{depth}: {reply:?}");
            reply.error_code();
        }
    }
    let in_a_string = format!("\"{} \\\" {}\"", "[".repeat(100), "{".repeat(100));
    publish(server.addr(), "hall:a", &in_a_string);
    let beside = format!("[{}1]", "[],{},".repeat(100));
    assert_eq!(publish(server.addr(), "hall:a", &beside).last, 3);
}

#[test]
fn a_key_makes_a_retry_harmless() {
    let server = Server::start();
    let first = publish_once(&server, "hall:a", "k1", "1\n2");
    publish(server.addr(), "hall:a", "3");
    let again = publish_once(&server, "hall:a", "k1", "1\n2");
    assert_eq!(Published::parse(&again), Published::parse(&first));
    let other = publish_once(&server, "hall:a", "k1", "1\n3");
    assert_eq!(other.status, 422, "{other:?}");
    other.error_code();
    assert_eq!(Published::parse(&publish_once(&server, "hall:a", "k2", "1\n2")).first, 3, "another key");
    assert_eq!(Published::parse(&publish_once(&server, "hall:b", "k1", "5")).first, 0, "another stream");
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), ["1", "2", "3", "1", "2"]);
}

#[test]
fn a_key_is_taken_once_even_at_the_same_moment() {
    let server = Server::start();
    let answers: Vec<Published> = thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Published::parse(&publish_once(&server, "hall:a", "k", "1\n2"))))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(all_events(server.addr(), "hall:a").len(), 2);
}

#[test]
fn publishers_at_the_same_time_leave_no_gap_and_no_duplicate() {
    const PUBLISHERS: i64 = 6;
    const REQUESTS: i64 = 25;
    const LINES_EACH: i64 = 3;
    let server = Server::start();
    let ranges: Vec<(i64, Published)> = thread::scope(|scope| {
        let server = &server;
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                scope.spawn(move || {
                    let mut http = Http::connect(server.addr());
                    let publish = |request: i64| {
                        let lines: String =
                            (0..LINES_EACH).map(|line| format!("[{publisher},{request},{line}]\n")).collect();
                        let reply = http.request("POST", &events_path("hall:a"), &[LINES], lines.as_bytes());
                        (publisher, Published::parse(&reply))
                    };
                    (0..REQUESTS).map(publish).collect::<Vec<_>>()
                })
            })
            .collect();
        publishers.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let events = all_events(server.addr(), "hall:a");
    check_consecutive(0, &events);
    assert_eq!(events.len(), usize::try_from(PUBLISHERS * REQUESTS * LINES_EACH).unwrap());
    let mut taken = BTreeSet::new();
    let mut requests = vec![0; usize::try_from(PUBLISHERS).unwrap()];
    for (publisher, range) in ranges {
        assert_eq!(range.last - range.first + 1, LINES_EACH, "{range:?}");
        let request = &mut requests[usize::try_from(publisher).unwrap()];
        for (line, offset) in (range.first..=range.last).enumerate() {
            assert!(taken.insert(offset), "{offset} was given twice");
            let body = &events[usize::try_from(offset).unwrap()].body;
            assert_eq!(*body, format!("[{publisher},{request},{line}]"), "what {offset} holds");
        }
        *request += 1;
    }
}

#[test]
fn names_are_held_against_their_rules() {
    let server = Server::start();
    let longest = format!("hall:{}", "x".repeat(123));
    for name in [longest.as_str(), "hall:", "hall:a%20b", "hall:%C3%BC", "hall:a:b"] {
        publish(server.addr(), name, "1");
    }
    for name in [
        format!("{longest}x"),
        "_hall:a".to_owned(),
        ".hall:a".to_owned(),
        "hall:%01".to_owned(),
        "hall:%FF".to_owned(),
    ] {
        let reply = try_publish(server.addr(), &name, "1");
        assert_eq!(reply.status, 400, "{name}: {reply:?}");
        reply.error_code();
    }
}

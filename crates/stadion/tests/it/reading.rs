//! Reading: where it begins and ends, pages, envelopes, what happens to who is behind, and that nobody misses or
//! meets an event twice, whatever way he reads.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

use crate::events::{
    Frame, Reader, all_events, bare, check_consecutive, events_path, exists, page, position, publish, texts,
    try_page,
};
use crate::harness::{Server, wait_for};
use crate::raw_http::get;
use crate::socket::{Heard, Ws, upgrade};

/// Any `Origin` says that a browser asks.
const BROWSER: (&str, &str) = ("Origin", "https://other.example");

/// A stream `hall:a` with the events 0 to 4; gives its epoch.
fn five_events(server: &Server) -> String {
    publish(server.addr(), "hall:a", "0\n1\n2\n3\n4").epoch
}

#[test]
fn a_reader_begins_where_it_asks() {
    let server = Server::start();
    let epoch = five_events(&server);
    let all = ["0", "1", "2", "3", "4"];
    let rows = [
        (String::new(), 5),
        ("from=live".to_owned(), 5),
        ("from=head".to_owned(), 5),
        ("from=start".to_owned(), 0),
        ("from=-:-1".to_owned(), 0),
        (format!("from={epoch}:-1"), 0),
        (format!("from={epoch}:1"), 2),
        (format!("from={epoch}:4"), 5),
        ("from=-5m".to_owned(), 0),
        ("from=-1h30m".to_owned(), 0),
        ("from=2000-01-01T00:00:00Z".to_owned(), 0),
        ("from=2000-01-01T00:00:00.5%2B01:00".to_owned(), 0),
    ];
    let mut readers = Vec::new();
    for (query, first) in &rows {
        assert_eq!(page(server.addr(), "hall:a", query).bodies(), all[*first..], "a page {query}");
        let address = format!("{}?{query}", events_path("hall:a"));
        let bare = Ws::connect(server.addr(), &address);
        readers.push((query, *first, bare, Reader::open(server.addr(), "hall:a", query)));
    }
    wait_for("all readers to be counted", || {
        let look: serde_json::Value =
            serde_json::from_str(get(server.addr(), "/v1/streams/hall:a").text()).unwrap();
        (look["readers"] == 2 * rows.len()).then_some(())
    });
    publish(server.addr(), "hall:a", "5");
    for (query, first, mut bare, mut enveloped) in readers {
        let expected = ["0", "1", "2", "3", "4", "5"][first..].to_vec();
        assert_eq!(texts(&mut bare, expected.len()), expected, "{query}");
        assert_eq!(enveloped.bodies(expected.len()), expected, "{query}");
    }
}

#[test]
fn an_envelope_says_where_its_event_stands() {
    let server = Server::start();
    let lines = "{\"typeName\":\"A\"}\n{\"other\":1}\n{\"typeName\":5}\n[1]";
    let published = publish(server.addr(), "hall:a", lines);
    let mut reader = Reader::open(server.addr(), "hall:a", "from=start");
    let by_page = page(server.addr(), "hall:a", "from=start");
    assert_eq!(by_page.epoch, published.epoch);
    assert_eq!(by_page.next, published.position());
    for (offset, line) in lines.lines().enumerate() {
        let event = reader.event();
        assert_eq!(event, by_page.events[offset], "a page and a socket say the same");
        assert_eq!((event.stream.as_str(), event.epoch.as_str()), ("hall:a", published.epoch.as_str()));
        assert_eq!(
            (event.offset, event.body.as_str(), event.state),
            (i64::try_from(offset).unwrap(), line, false)
        );
        if offset != 2 {
            assert_eq!(event.kind.as_deref(), (offset == 0).then_some("A"), "{line}");
        }
    }
}

#[test]
fn a_time_is_the_place_of_the_first_event_since() {
    let server = Server::start();
    publish(server.addr(), "hall:a", "0");
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let began = now();
    wait_for("the clock to go on", || (now() > began + 3).then_some(()));
    publish(server.addr(), "hall:a", "1\n2");
    let events = all_events(server.addr(), "hall:a");
    assert!(events[0].time != events[1].time, "{events:?}");
    let since = |time: &str| page(server.addr(), "hall:a", &format!("from={time}")).events;
    assert_eq!(since(&events[1].time), events[1..]);
    assert_eq!(since(&events[0].time), events);
    let mut reader = Reader::open(server.addr(), "hall:a", &format!("from={}", events[1].time));
    assert_eq!(reader.bodies(2), ["1", "2"]);
}

#[test]
fn to_is_where_reading_ends() {
    let server = Server::start();
    let epoch = five_events(&server);
    let query = format!("from={epoch}:0&to={epoch}:2");
    assert_eq!(
        page(server.addr(), "hall:a", &query).bodies(),
        ["1", "2"],
        "a position names the last event seen"
    );
    let mut socket = bare(server.addr(), "hall:a", &query);
    assert_eq!(texts(&mut socket, 2), ["1", "2"]);
    assert!(matches!(socket.heard(), Heard::Closed(..)), "it ends there");
    let mut early = bare(server.addr(), "hall:a", "from=start&to=2000-01-01T00:00:00Z");
    assert!(matches!(early.heard(), Heard::Closed(..)), "nothing is that old");
}

#[test]
fn what_is_malformed_is_told() {
    let server = Server::start();
    let epoch = five_events(&server);
    let queries = [
        "from=bogus".to_owned(),
        "from=-5x".to_owned(),
        "from=2026-13-41T00:00:00Z".to_owned(),
        format!("from={epoch}:x"),
        format!("from={epoch}:"),
        format!("from={epoch}:99999999999999999999"),
        "from=start&to=bogus".to_owned(),
    ];
    for query in queries {
        let address = format!("{}?{query}", events_path("hall:a"));
        let reply = get(server.addr(), &address);
        assert_eq!(reply.status, 400, "{query}: {reply:?}");
        reply.error_code();
        let (_, reply) = upgrade(server.addr(), &address, &[]);
        assert_eq!(reply.status, 400, "{query}: {reply:?}");
        let mut browser = Ws::open(server.addr(), &address, &[BROWSER]).unwrap();
        let (code, reason) = browser.closed();
        assert!(code == 4400 && !reason.is_empty(), "{query}: {code} {reason}");
    }
    for limit in ["x", "-1", "0", "1.5"] {
        assert_eq!(
            try_page(server.addr(), "hall:a", &format!("from=start&limit={limit}")).status,
            400,
            "{limit}"
        );
    }
}

/// Checks that a position is told to be lost in every way, and that `recover=live` helps.
fn check_lost(addr: SocketAddr, stream: &str, from: &str) {
    let query = format!("from={from}");
    let reply = try_page(addr, stream, &query);
    assert_eq!(reply.status, 410, "{from}: {reply:?}");
    reply.error_code();
    let address = format!("{}?{query}", events_path(stream));
    match Ws::open(addr, &address, &[]) {
        Ok(mut ws) => {
            let (code, reason) = ws.closed();
            assert!(code == 4010 && !reason.is_empty(), "{from}: {code} {reason}");
        }
        Err(reply) => assert_eq!(reply.status, 410, "{from}: {reply:?}"),
    }
    let (code, reason) = Ws::open(addr, &address, &[BROWSER]).unwrap().closed();
    assert!(code == 4010 && !reason.is_empty(), "{from}: {code} {reason}");
    let recovered = page(addr, stream, &format!("{query}&recover=live"));
    assert!(recovered.events.is_empty(), "live state without scope rules is empty: {recovered:?}");
    let mut reader = Reader::open(addr, stream, &format!("{query}&recover=live"));
    // It may begin a moment after the handshake.
    let published = wait_for("the reader to be counted", || {
        let look: serde_json::Value =
            serde_json::from_str(get(addr, &format!("/v1/streams/{stream}")).text()).unwrap();
        (look["readers"] == 1).then(|| publish(addr, stream, "\"after\""))
    });
    assert_eq!(reader.event().offset, published.last, "{from}");
}

#[test]
fn a_position_of_another_epoch_or_ahead_is_lost() {
    let server = Server::start();
    let epoch = publish(server.addr(), "hall:a", "0\n1").epoch;
    let other = publish(server.addr(), "hall:b", "0\n1").epoch;
    check_lost(server.addr(), "hall:a", &position(&other, 0));
    check_lost(server.addr(), "hall:b", &position(&epoch, -1));
    check_lost(server.addr(), "hall:b", &position(&other, 1_000_000));
}

/// An epoch is base64url, so one in 64 begins with `-`: its positions are no durations.
#[test]
fn a_position_may_begin_with_a_dash() {
    let server = Server::start();
    let epoch = (0..2000)
        .map(|n| publish(server.addr(), &format!("hall:{n}"), "0\n1").epoch)
        .zip(0..)
        .find(|(epoch, _)| epoch.starts_with('-'));
    let (epoch, n) = epoch.expect("one of 2,000");
    let stream = format!("hall:{n}");
    assert_eq!(page(server.addr(), &stream, &format!("from={}", position(&epoch, 0))).bodies(), ["1"]);
    assert_eq!(page(server.addr(), &stream, &format!("from={}", position(&epoch, -1))).bodies(), ["0", "1"]);
}

#[test]
fn a_position_that_is_no_longer_kept_is_lost() {
    let server = Server::with(
        "[[namespace]]\nname = \"short\"\ndurability = \"memory\"\nretain = \"1s\"\nkind = \"events\"\n",
    );
    let first = publish(server.addr(), "short:a", "0\n1\n2");
    let query = format!("from={}", position(&first.epoch, 0));
    wait_for("the first events to go", || {
        publish(server.addr(), "short:a", "3");
        (try_page(server.addr(), "short:a", &query).status == 410).then_some(())
    });
    check_lost(server.addr(), "short:a", &position(&first.epoch, 0));
    let kept = page(server.addr(), "short:a", "from=start&limit=1000").events;
    assert!(kept[0].offset > 1, "the oldest kept is {:?}", kept[0]);
    check_consecutive(kept[0].offset, &kept);
}

#[test]
fn a_name_never_written_waits_and_makes_nothing() {
    let server = Server::start();
    let mut from_start = bare(server.addr(), "hall:never", "from=start");
    let mut from_nothing = Reader::open(server.addr(), "hall:never", "from=-:-1");
    let empty = page(server.addr(), "hall:never", "from=start");
    assert!(empty.events.is_empty());
    assert_eq!(empty.next, "-:-1");
    assert!(!empty.immutable);
    assert_eq!(page(server.addr(), "hall:never", "").next, "-:-1");
    assert!(!exists(server.addr(), "hall:never"), "reading made it");
    assert!(!get(server.addr(), "/v1/streams").text().contains("never"), "reading put it in the list");
    publish(server.addr(), "hall:never", "0\n1");
    assert_eq!(texts(&mut from_start, 2), ["0", "1"]);
    assert_eq!(from_nothing.bodies(2), ["0", "1"]);
    assert_eq!(page(server.addr(), "hall:never", &format!("from={}", empty.next)).bodies(), ["0", "1"]);
}

#[test]
fn pages_lead_from_one_to_the_next_and_wait_for_nothing() {
    let server = Server::start();
    let epoch = five_events(&server);
    let mut from = position(&epoch, -1);
    for (bodies, full) in
        [(vec!["0", "1"], true), (vec!["2", "3"], true), (vec!["4"], false), (vec![], false)]
    {
        let query = format!("from={from}&limit=2");
        let page = page(server.addr(), "hall:a", &query);
        assert_eq!(page.bodies(), bodies, "{query}");
        assert_eq!(
            page.immutable, full,
            "a full page from a position, and only that, never changes: {query}"
        );
        assert_eq!(page.epoch, epoch);
        from = page.next;
    }
    assert_eq!(from, position(&epoch, 4));
    publish(server.addr(), "hall:a", "5");
    assert_eq!(page(server.addr(), "hall:a", &format!("from={from}")).bodies(), ["5"]);
    for query in ["from=start&limit=2", "from=-5m&limit=2", "from=live", "from=head&limit=1"] {
        let page = page(server.addr(), "hall:a", query);
        assert!(!page.immutable, "{query}");
        assert!(page.next.starts_with(&epoch), "{query}");
    }
    assert_eq!(page(server.addr(), "hall:a", "from=head").next, position(&epoch, 5));
}

#[test]
fn a_page_holds_up_to_a_thousand_events() {
    let server = Server::start();
    let lines: String = (0..1005).map(|n| format!("{n}\n")).collect();
    publish(server.addr(), "hall:a", &lines);
    assert_eq!(page(server.addr(), "hall:a", "from=start&limit=1000").events.len(), 1000);
    let reply = try_page(server.addr(), "hall:a", "from=start&limit=1001");
    let refused = reply.status == 400;
    assert!(refused || crate::events::Page::parse(&reply).events.len() <= 1000, "{reply:?}");
    let all = all_events(server.addr(), "hall:a");
    check_consecutive(0, &all);
    assert_eq!(all.len(), 1005);
}

#[test]
fn every_form_of_reading_shows_the_same() {
    let server = Server::start();
    let mut bares: Vec<Ws> = (0..3).map(|_| bare(server.addr(), "hall:a", "from=start")).collect();
    let mut readers: Vec<Reader> =
        (0..3).map(|_| Reader::open(server.addr(), "hall:a", "from=start")).collect();
    let sizes = [1, 100, 125, 126, 1000, 65_535, 65_536, 200_000];
    let lines: Vec<String> =
        sizes.iter().map(|size| format!("{{\"x\":\"{}\"}}", "x".repeat(*size))).collect();
    for line in &lines {
        publish(server.addr(), "hall:a", line);
    }
    let late = bare(server.addr(), "hall:a", "from=start");
    for mut socket in bares.drain(..).chain([late]) {
        assert!(texts(&mut socket, lines.len()) == lines);
    }
    let events = all_events(server.addr(), "hall:a");
    assert!(events.iter().map(|event| &event.body).eq(&lines));
    for reader in &mut readers {
        let heard: Vec<_> = lines.iter().map(|_| reader.event()).collect();
        assert!(heard == events);
    }
}

/// Namespaces with a small backlog: `skip` with live state, `plain` without, `close` with another policy.
const SLOW: &str = r#"
[[namespace]]
name = "skip"
kind = "events"
durability = "memory"
reader_backlog = "64KiB"
[[namespace.scope]]
name = "round"
key = ["/round"]
open = ["Opened"]

[[namespace]]
name = "plain"
kind = "events"
durability = "memory"
reader_backlog = "64KiB"

[[namespace]]
name = "close"
kind = "events"
durability = "memory"
reader_backlog = "64KiB"
slow_reader = "close"
[[namespace.scope]]
name = "round"
key = ["/round"]
open = ["Opened"]
"#;

/// What the kernel holds for a socket on loopback is far less.
const FAR_TOO_MUCH_MIB: usize = 24;

/// Writes more than any kernel takes for a reader that does not read; gives the last offset.
fn overrun(addr: SocketAddr, stream: &str) -> i64 {
    publish(addr, stream, "{\"typeName\":\"Opened\",\"round\":1}\n{\"typeName\":\"Mark\",\"round\":1}");
    let line = format!("{{\"typeName\":\"Noise\",\"x\":\"{}\"}}\n", "x".repeat(250_000)).repeat(16);
    for _ in 1..FAR_TOO_MUCH_MIB / 4 {
        publish(addr, stream, &line);
    }
    publish(addr, stream, &line).last
}

#[test]
fn a_slow_reader_with_envelopes_is_skipped_to_live_state() {
    let server = Server::with(SLOW);
    let mut reader = Reader::open(server.addr(), "skip:a", "from=start");
    let head = overrun(server.addr(), "skip:a");
    publish(server.addr(), "skip:a", "\"after\"");
    let (mut last, mut skips) = (-1, 0);
    while last < head + 1 {
        match reader.frame() {
            Frame::Event(event) => {
                assert_eq!(event.offset, last + 1, "a gap or a duplicate that was not announced");
                last = event.offset;
            }
            Frame::Skipped(skipped) => {
                let (state, live) = reader.state();
                let state: Vec<i64> = state.iter().map(|event| event.offset).collect();
                assert_eq!(state, [0, 1], "live state anew");
                assert!(skipped >= 1 && last + skipped <= live, "{skipped} of {last} to {live}");
                (last, skips) = (live, skips + 1);
            }
            Frame::Live { .. } => {}
        }
    }
    assert!(skips >= 1, "it was never skipped");
}

#[test]
fn a_slow_reader_that_cannot_be_skipped_is_closed() {
    let server = Server::with(SLOW);
    let addr = server.addr();
    let mut socket = bare(addr, "skip:a", "from=start");
    let mut plain = Reader::open(addr, "plain:a", "from=start");
    let mut close = Reader::open(addr, "close:a", "from=start");
    for stream in ["skip:a", "plain:a", "close:a"] {
        overrun(addr, stream);
    }
    let (code, reason) = socket.closed();
    assert!(code == 4011 && !reason.is_empty(), "bare frames: {code} {reason}");
    for (what, reader) in [("without scope rules", &mut plain), ("by its policy", &mut close)] {
        let mut last = -1;
        let code = loop {
            match reader.frame_or_end() {
                Ok(Frame::Event(event)) => {
                    assert_eq!(event.offset, last + 1, "{what}: a gap or a duplicate");
                    last = event.offset;
                }
                Ok(Frame::Live { .. }) => {}
                Ok(Frame::Skipped(_)) => panic!("{what}: skipped"),
                Err(code) => break code,
            }
        };
        assert_eq!(code, 4011, "{what}");
    }
    publish(addr, "skip:a", "1");
    let mut fresh = bare(addr, "skip:a", "from=-:-1&to=-5m");
    assert!(matches!(fresh.heard(), Heard::Text(_) | Heard::Closed(..)), "the stream goes on");
}

#[test]
fn who_joins_while_events_pour_in_sees_no_gap_and_no_duplicate() {
    const LAST: i64 = 1500;
    let server = Server::with(SLOW);
    let addr = server.addr();
    publish(addr, "skip:a", "{\"typeName\":\"Opened\",\"round\":1}");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0;
            while n < LAST {
                let lines: String = (0..=n % 3).map(|_| "{\"typeName\":\"Lap\",\"round\":1}\n").collect();
                n = publish(addr, "skip:a", &lines).last;
            }
            done.store(true, Ordering::SeqCst);
        });
        for joiner in 0..3 {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    join_and_check(addr, joiner);
                }
            });
        }
    });
    check_consecutive(0, &all_events(addr, "skip:a"));
}

/// Joins in one of three ways, reads some live events, and holds the offsets against each other.
fn join_and_check(addr: SocketAddr, way: usize) {
    let query = match way {
        0 => "from=live".to_owned(),
        1 => "from=start".to_owned(),
        _ => format!("from={}", page(addr, "skip:a", "from=head").next),
    };
    let mut reader = Reader::open(addr, "skip:a", &query);
    let mut last = match way {
        0 => {
            let (state, live) = reader.state();
            check_consecutive(0, &state);
            assert_eq!(i64::try_from(state.len()).unwrap(), live + 1, "all of it is live state");
            live
        }
        1 => -1,
        _ => query.rsplit_once(':').unwrap().1.parse().unwrap(),
    };
    publish(addr, "skip:a", "{\"typeName\":\"Lap\",\"round\":1}\n".repeat(5).as_str());
    for _ in 0..5 {
        let event = reader.event();
        assert_eq!(event.offset, last + 1, "{query}: a gap or a duplicate");
        assert!(!event.state);
        last = event.offset;
    }
}

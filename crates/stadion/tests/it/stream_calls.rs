//! Lists, looks, deleting, and who may do what to streams of events.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::events::{
    LINES, Published, Reader, bare, events_path, exists, page, publish, try_page, try_publish,
};
use crate::harness::Server;
use crate::player::{Player, path};
use crate::raw_http::{Reply, get, post, request};
use crate::socket::{Ws, upgrade};

const SITE: (&str, &str) = ("Origin", "https://other.example");

fn delete(server: &Server, stream: &str) -> Reply {
    request(server.addr(), "DELETE", &format!("/v1/streams/{stream}"), &[], "")
}

/// The names in a list, in its order.
fn names(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let value: Value = serde_json::from_str(reply.text()).unwrap();
    let streams = value["streams"].as_array().unwrap_or_else(|| panic!("no streams in {value}"));
    streams.iter().map(|stream| stream["name"].as_str().unwrap().to_owned()).collect()
}

fn list(server: &Server, query: &str) -> Vec<String> {
    names(&get(server.addr(), &format!("/v1/streams?{query}")))
}

#[test]
fn a_list_goes_by_prefix_in_pieces() {
    let server = Server::start();
    assert!(list(&server, "").is_empty());
    for name in ["hall:c", "hall:a", "room:x", "hall:b", "halls:z"] {
        publish(server.addr(), name, "1");
    }
    let mut all = list(&server, "");
    all.sort();
    assert_eq!(all, ["hall:a", "hall:b", "hall:c", "halls:z", "room:x"]);
    let mut halls = list(&server, "prefix=hall:");
    halls.sort();
    assert_eq!(halls, ["hall:a", "hall:b", "hall:c"]);
    assert!(list(&server, "prefix=none").is_empty());
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let piece = list(&server, &format!("prefix=hall&limit=2&after={after}"));
        assert!(piece.len() <= 2, "{piece:?}");
        match piece.last() {
            Some(last) => after = last.clone(),
            None => break,
        }
        found.extend(piece);
        assert!(found.len() <= 4, "a name comes again: {found:?}");
    }
    found.sort();
    assert_eq!(found, ["hall:a", "hall:b", "hall:c", "halls:z"]);
}

#[test]
fn a_look_tells_kind_epoch_head_and_readers() {
    let server = Server::start();
    let published = publish(server.addr(), "hall:a", "1\n2");
    let mut readers =
        [bare(server.addr(), "hall:a", "from=start"), bare(server.addr(), "hall:a", "from=start")];
    for reader in &mut readers {
        reader.text();
    }
    let reply = get(server.addr(), "/v1/streams/hall:a");
    assert_eq!(reply.status, 200, "{reply:?}");
    let look: Value = serde_json::from_str(reply.text()).unwrap();
    assert_eq!(look["kind"], "events", "{look}");
    assert_eq!(look["epoch"], published.epoch, "{look}");
    assert_eq!(look["readers"], 2, "{look}");
    assert!(look["head"] == published.position() || look["head"] == published.last, "{look}");
    let reply = get(server.addr(), "/v1/streams/hall:none");
    assert_eq!(reply.status, 404);
    reply.error_code();
}

#[test]
fn a_deleted_stream_is_gone_for_its_readers_too() {
    let server = Server::start();
    let published = publish(server.addr(), "hall:a", "1\n2");
    let mut socket = bare(server.addr(), "hall:a", "from=start");
    let mut reader = Reader::open(server.addr(), "hall:a", "from=start");
    socket.text();
    reader.event();
    assert_eq!(delete(&server, "hall:a").status / 100, 2);
    assert_eq!(socket.closed().0, 4110);
    assert_eq!(reader.closed().0, 4110);
    assert!(!exists(server.addr(), "hall:a"));
    assert!(list(&server, "").is_empty());
    let again = delete(&server, "hall:a");
    assert_eq!(again.status, 404, "{again:?}");
    again.error_code();
    assert_eq!(page(server.addr(), "hall:a", "from=start").next, "-:-1", "it is as if never written");
    let anew = publish(server.addr(), "hall:a", "3");
    assert_eq!(anew.first, 0);
    assert_ne!(anew.epoch, published.epoch, "another life, another epoch");
    assert_eq!(try_page(server.addr(), "hall:a", &format!("from={}", published.position())).status, 410);
}

#[test]
fn the_wrong_kind_of_call_is_a_conflict() {
    let server = Server::start();
    publish(server.addr(), "hall:a", "1");
    Player::join(server.addr(), "game:a", "alice");
    for reply in [
        try_publish(server.addr(), "game:a", "1"),
        try_publish(server.addr(), "plain", "1"),
        post(server.addr(), &path("hall:a", "alice", 0), "{}"),
        post(server.addr(), &path("competition:a", "alice", 0), "{}"),
    ] {
        assert_eq!(reply.status, 409, "{reply:?}");
        assert_eq!(reply.error_code(), "wrong_kind");
    }
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), ["1"]);
}

#[test]
fn what_the_program_writes_nobody_else_does() {
    let server = Server::start();
    let activation = "{\"typeName\":\"CompetitionActivatedEvent\",\"competitionId\":\"a\"}";
    for stream in ["competitions", "broker", "lobby:a", "tickets:a", "player:a"] {
        let reply = try_publish(server.addr(), stream, activation);
        assert_eq!(reply.status / 100, 4, "{stream}: {reply:?}");
        reply.error_code();
        assert!(!exists(server.addr(), stream), "{stream}");
    }
}

#[test]
fn another_site_may_read_and_no_more() {
    let server = Server::start();
    publish(server.addr(), "hall:a", "1");
    let events = events_path("hall:a");
    assert_eq!(request(server.addr(), "GET", &format!("{events}?from=start"), &[SITE], "").status, 200);
    let address = format!("{events}?from=start");
    assert_eq!(Ws::open(server.addr(), &address, &[SITE]).unwrap().text(), "1");
    let activation = "{\"typeName\":\"CompetitionActivatedEvent\",\"competitionId\":\"a\"}";
    for (method, address, body) in [
        ("POST", events.as_str(), "2"),
        ("POST", "/v1/competitions", activation),
        ("DELETE", "/v1/streams/hall:a", ""),
    ] {
        let reply = request(server.addr(), method, address, &[SITE], body);
        assert_eq!(reply.status, 403, "{method} {address}: {reply:?}");
        reply.error_code();
    }
    assert_eq!(page(server.addr(), "hall:a", "from=start").bodies(), ["1"]);
    assert!(!exists(server.addr(), "competition:a"));
    let own = format!("http://{}", server.addr());
    let reply = request(server.addr(), "POST", &events, &[("Origin", &own)], "2");
    assert_eq!(Published::parse(&reply).last, 1, "the server's own pages are no other site");
}

const TIMING: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
const ADMIN: &str = "EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8";

/// `open` is read by everybody, `closed` by nobody; a key for timing and one for all of `open` and `closed`.
fn server_with_keys() -> Server {
    let namespaces = [("open", "[\"read\"]"), ("closed", "[]"), ("free", "[\"read\", \"publish\"]")]
        .map(|(name, anonymous)| {
            format!(
                "[[namespace]]\nname = \"{name}\"\nkind = \"events\"\ndurability = \"memory\"\nanonymous = {anonymous}\n"
            )
        })
        .concat();
    let keys = [
        (TIMING, "[\"publish competition:*\"]"),
        (ADMIN, "[\"administer open:*\", \"publish open:*\", \"publish closed:*\", \"read closed:*\"]"),
    ]
    .map(|(key, rights)| {
        let sha256: String =
            Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("[[key]]\nname = \"k{}\"\nsha256 = \"{sha256}\"\nrights = {rights}\n", &sha256[..4])
    })
    .concat();
    Server::with(&(namespaces + &keys))
}

fn call(server: &Server, key: &str, method: &str, address: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {key}");
    let headers = [LINES, ("Authorization", bearer.as_str())];
    request(server.addr(), method, address, if key.is_empty() { &headers[..1] } else { &headers }, body)
}

#[test]
fn who_may_do_what() {
    let server = server_with_keys();
    let activation = "{\"typeName\":\"CompetitionActivatedEvent\",\"competitionId\":\"a\"}";
    let (open, closed, free) = (events_path("open:a"), events_path("closed:a"), events_path("free:a"));
    let competition = events_path("competition:a");
    let rows = [
        ("", "POST", free.as_str(), "1", 200),
        ("", "DELETE", "/v1/streams/free:a", "", 401),
        ("", "POST", &open, "1", 401),
        ("wrong", "POST", &open, "1", 401),
        (TIMING, "POST", &open, "1", 403),
        (ADMIN, "POST", &open, "1", 200),
        (ADMIN, "POST", &closed, "1", 200),
        ("", "GET", &open, "", 200),
        ("", "GET", "/v1/streams/open:a", "", 200),
        ("", "GET", &closed, "", 401),
        ("", "GET", "/v1/streams/closed:a", "", 401),
        (TIMING, "GET", &closed, "", 403),
        (ADMIN, "GET", &closed, "", 200),
        ("", "POST", "/v1/competitions", activation, 401),
        (ADMIN, "POST", "/v1/competitions", activation, 403),
        (TIMING, "POST", "/v1/competitions", activation, 200),
        (TIMING, "POST", &competition, "{\"typeName\":\"X\",\"competitionId\":\"a\"}", 200),
        ("", "GET", &competition, "", 401),
        ("", "GET", "/v1/competitions/a", "", 401),
        (TIMING, "GET", "/v1/competitions/a", "", 403),
        ("", "DELETE", "/v1/streams/open:a", "", 401),
        (TIMING, "DELETE", "/v1/streams/open:a", "", 403),
        (ADMIN, "DELETE", "/v1/streams/closed:a", "", 403),
        (ADMIN, "DELETE", "/v1/streams/open:a", "", 204),
    ];
    let mut wrong = Vec::new();
    for (key, method, address, body, status) in rows {
        let reply = call(&server, key, method, address, body);
        if reply.status != status && !(status == 204 && reply.status == 200) {
            wrong.push(format!("{method} {address} by {key:?}: {}, not {status}", reply.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!server.log().contains(ADMIN) && !server.log().contains(TIMING), "a key is in the log");
}

#[test]
fn a_list_holds_what_the_caller_may_read() {
    let server = server_with_keys();
    for name in ["open:a", "closed:a"] {
        assert_eq!(call(&server, ADMIN, "POST", &events_path(name), "1").status, 200);
    }
    let listed = |key: &str| {
        let mut names = names(&call(&server, key, "GET", "/v1/streams", ""));
        names.sort();
        names
    };
    assert_eq!(listed(""), ["open:a"]);
    assert_eq!(listed(ADMIN), ["closed:a", "open:a"]);
}

#[test]
fn a_page_is_cached_by_others_only_where_reading_is_free() {
    let server = server_with_keys();
    for (namespace, free) in [("open", true), ("closed", false)] {
        let name = format!("{namespace}:a");
        let reply = call(&server, ADMIN, "POST", &events_path(&name), "1\n2\n3");
        let address = format!("{}?from={}:-1&limit=2", events_path(&name), Published::parse(&reply).epoch);
        let page = crate::events::Page::parse(&call(&server, ADMIN, "GET", &address, ""));
        assert_eq!((page.events.len(), page.immutable), (2, free), "{name}");
    }
}

#[test]
fn a_browser_that_may_not_read_is_told_by_a_close_code() {
    let server = server_with_keys();
    let closed = events_path("closed:a");
    let refused = [
        (closed.clone(), 4401),
        (format!("{closed}?access_token=wrong"), 4401),
        (format!("{closed}?access_token={TIMING}"), 1008),
    ];
    for (address, code) in refused {
        let (closed, reason) = Ws::open(server.addr(), &address, &[SITE]).unwrap().closed();
        assert!(closed == code && !reason.is_empty(), "{address}: {closed} {reason}");
    }
    assert_eq!(upgrade(server.addr(), &closed, &[]).1.status, 401);
    let address = format!("{closed}?from=start&access_token={ADMIN}");
    let mut reader = Ws::open(server.addr(), &address, &[SITE]).unwrap();
    assert_eq!(call(&server, ADMIN, "POST", &closed, "1").status, 200);
    assert_eq!(reader.text(), "1");
}

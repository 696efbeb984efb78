//! Who may do what: the rules of loopback, API keys, tokens of players.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Server, Setup};
use crate::player::{Player, path, watch_path};
use crate::raw_http::{Reply, request};
use crate::socket::{Heard, Ws, upgrade};

const SITE: (&str, &str) = ("Origin", "https://other.example");

fn sync_with(server: &Server, stream: &str, headers: &[(&str, &str)]) -> Reply {
    request(server.addr(), "POST", &path(stream, "alice", 0), headers, "{}")
}

/// A sync with `Authorization: Bearer …`.
fn sync_as(server: &Server, stream: &str, token: &str) -> Reply {
    sync_with(server, stream, &[("Authorization", &format!("Bearer {token}"))])
}

#[test]
fn on_loopback_every_name_of_this_machine_is_served() {
    let server = Server::start();
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost", "[::1]", "LocalHost"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            assert_eq!(sync_with(&server, "s", &[("Host", &host)]).status, 200, "{host}");
        }
    }
}

#[test]
fn on_loopback_no_other_name_is_served() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    let hosts = [
        "evil.example",
        "evil.example:9922",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xlocalhost",
        "192.168.1.5",
        "0.0.0.0",
        "[2001:db8::1]:80",
        "127.0.0.1@evil.example",
    ];
    for host in hosts {
        let reply = sync_with(&server, "s", &[("Host", host)]);
        assert_eq!(reply.status / 100, 4, "{host}: {reply:?}");
        // A host that cannot be one may be refused before anybody asks for rights.
        if !host.contains('@') {
            check_says_what_to_configure(&reply);
        }
        let (_, reply) = upgrade(server.addr(), &path("s", "mallory", 0), &[("Host", host)]);
        assert_eq!(reply.status / 100, 4, "{host}: {reply:?}");
    }
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.ids_of("_c"), ["1"]);
}

fn check_says_what_to_configure(reply: &Reply) {
    reply.error_code();
    let body: Value = serde_json::from_str(reply.text()).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(!message.contains('\n'), "{message}");
    let told = ["[[key]]", "[jwt]", "trusted_proxies"].iter().any(|key| message.contains(key));
    assert!(told, "which key of the configuration would help is not said: {message}");
}

#[test]
fn on_loopback_nothing_comes_through_a_proxy() {
    let server = Server::start();
    let mut witness = Player::join(server.addr(), "s", "witness");
    for name in
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "x-forwarded-anything"]
    {
        let value = if name == "Forwarded" { "for=192.0.2.60;proto=http" } else { "192.0.2.60" };
        let reply = sync_with(&server, "s", &[(name, value)]);
        assert_eq!(reply.status / 100, 4, "{name}: {reply:?}");
        check_says_what_to_configure(&reply);
        let (_, reply) = upgrade(server.addr(), &path("s", "mallory", 0), &[(name, value)]);
        assert_eq!(reply.status / 100, 4, "{name}: {reply:?}");
    }
    witness.poll_to(witness.last + 2);
    assert_eq!(witness.ids_of("_c"), ["1"]);
}

#[test]
fn on_loopback_another_site_may_play_and_watch_and_no_more() {
    let server = Server::start();
    for origin in ["https://other.example", "http://localhost:1", "null"] {
        assert_eq!(sync_with(&server, "s", &[("Origin", origin)]).status, 200, "{origin}");
        for address in [path("s", "alice", 0), watch_path("s", 0)] {
            Ws::open(server.addr(), &address, &[("Origin", origin)]).unwrap().answer();
        }
    }
    let publish = request(server.addr(), "POST", "/v1/streams/hall:a/events", &[SITE], "{}");
    assert_eq!(publish.status / 100, 4, "{publish:?}");
    let delete = request(server.addr(), "DELETE", "/v1/streams/s", &[SITE], "");
    assert_eq!(delete.status / 100, 4, "{delete:?}");
    assert_eq!(Player::join(server.addr(), "s", "bob").proxy_id, "2", "the stream is still there");
}

/// A key as `stadion key` would make it: 256 bits, here the same ones in every run.
const KEY: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
const WATCHING_KEY: &str = "EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8";

fn key(name: &str, key: &str, rights: &[&str]) -> String {
    let sha256: String = Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[[key]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nrights = {rights:?}\n")
}

/// Namespaces `game` (nothing without a credential), `open` (watching) and `free` (watching and playing).
fn namespaces() -> String {
    [("game", "[]"), ("open", "[\"read\"]"), ("free", "[\"read\", \"play\"]")]
        .map(|(name, rights)| {
            format!("[[namespace]]\nname = \"{name}\"\nkind = \"lockstep\"\nanonymous = {rights}\n")
        })
        .concat()
}

fn server_with_keys() -> Server {
    let keys = key("program", KEY, &["play game:*", "read game:*", "play open:*"])
        + &key("screen", WATCHING_KEY, &["read game:*", "play game:one"]);
    Server::with(&(namespaces() + &keys))
}

fn check_refused(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {reply:?}");
    reply.error_code();
}

#[test]
fn without_a_credential_the_namespace_decides() {
    let server = server_with_keys();
    check_refused(&sync_with(&server, "game:a", &[]), 401, "nothing is free in game");
    check_refused(&sync_with(&server, "open:a", &[]), 401, "only watching is free in open");
    assert_eq!(sync_with(&server, "free:a", &[]).status, 200);
    assert_eq!(sync_as(&server, "open:a", KEY).status, 200);
    Ws::connect(server.addr(), &watch_path("open:a", 0)).answer();
    assert_eq!(sync_as(&server, "game:a", KEY).status, 200);
    let (_, reply) = upgrade(server.addr(), &watch_path("game:a", 0), &[]);
    check_refused(&reply, 401, "watching is not free in game");
}

#[test]
fn a_key_opens_what_its_rights_name() {
    let server = server_with_keys();
    assert_eq!(sync_as(&server, "game:a", KEY).status, 200);
    for scheme in ["Bearer", "bearer", "Key", "Token"] {
        let header = format!("{scheme} {KEY}");
        assert_eq!(sync_with(&server, "game:a", &[("Authorization", &header)]).status, 200, "{scheme}");
    }
    check_refused(&sync_as(&server, "game:a", WATCHING_KEY), 403, "a key that may only read");
    check_refused(&sync_as(&server, "closed", WATCHING_KEY), 403, "a stream that no right names");
    assert_eq!(sync_as(&server, "game:one", WATCHING_KEY).status, 200, "a pattern without a star is a name");
    check_refused(&sync_as(&server, "game:one2", WATCHING_KEY), 403, "a name is no prefix");
    let address = format!("{}&access_token={WATCHING_KEY}", watch_path("game:a", 0));
    Ws::connect(server.addr(), &address).answer();
}

#[test]
fn no_valid_credential_is_401() {
    let server = server_with_keys();
    let flipped = format!("{}B", &KEY[..42]);
    let sha256: String = Sha256::digest(KEY.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    for wrong in ["x", &flipped, &KEY[..42], &format!("{KEY}A"), &sha256, "a.b.c"] {
        check_refused(&sync_as(&server, "game:a", wrong), 401, wrong);
    }
    for header in ["Bearer", "Bearer ", "", KEY] {
        let status = sync_with(&server, "game:a", &[("Authorization", header)]).status;
        assert!(status == 401 || (header == KEY && status == 200), "{header:?}: {status}");
    }
}

#[test]
fn a_browsers_socket_brings_its_credential_in_the_query_or_as_a_subprotocol() {
    let server = server_with_keys();
    let address = path("game:a", "alice", 0);
    Ws::connect(server.addr(), &format!("{address}?access_token={KEY}")).answer();
    let protocol = format!("stadion.token.{KEY}");
    let (_, reply) = upgrade(server.addr(), &address, &[("Sec-WebSocket-Protocol", &protocol)]);
    assert_eq!(reply.status, 101);
    // A browser gives up a connection whose server chose none of its protocols.
    assert_eq!(reply.header("sec-websocket-protocol"), Some(protocol.as_str()), "{reply:?}");
    let (_, reply) = upgrade(server.addr(), &format!("{address}?access_token=wrong"), &[]);
    check_refused(&reply, 401, "a wrong token in the query");
}

#[test]
fn a_browser_is_told_by_a_close_code_why_it_was_refused() {
    let server = server_with_keys();
    let game = path("game:a", "alice", 0);
    let rows = [
        ("no credential", game.clone(), 4401),
        ("a wrong credential", format!("{game}?access_token=wrong"), 4401),
        ("no right", format!("{game}?access_token={WATCHING_KEY}"), 1008),
        ("a reserved name", format!("{}?access_token={KEY}", path("_x", "alice", 0)), 4400),
        ("an events stream", format!("{}?access_token={KEY}", path("competition:a", "alice", 0)), 4409),
    ];
    let mut wrong = Vec::new();
    for (what, address, code) in rows {
        match Ws::open(server.addr(), &address, &[SITE]).map(|mut ws| ws.heard()) {
            // A conflict is told only to who may know of the stream.
            Ok(Heard::Closed(closed, reason))
                if !reason.is_empty() && (closed == code || (code == 4409 && closed == 1008)) => {}
            other => wrong.push(format!("{what}: instead of a close with {code} and a reason: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (what, address, status) in [
        ("no credential", game.clone(), 401),
        ("no right", format!("{game}?access_token={WATCHING_KEY}"), 403),
    ] {
        let (_, reply) = upgrade(server.addr(), &address, &[]);
        check_refused(&reply, status, what);
    }
}

const SECRET: &str = "a secret of more than thirty-two bytes, made for this test";

/// Seconds since 1970, some time from now.
fn in_seconds(seconds: i64) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + seconds
}

fn token(secret: &str, algorithm: Algorithm, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn player_token(more: &Value) -> String {
    let mut claims = json!({"sub": "player-1", "exp": in_seconds(600), "rights": ["play game:*"]});
    for (key, value) in more.as_object().unwrap() {
        claims[key] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    token(SECRET, Algorithm::HS256, &claims)
}

fn server_with_jwt(more: &str) -> Server {
    Setup::new()
        .file("jwt.secret", &format!("{SECRET}\n"))
        .config(&namespaces())
        .config("[jwt]\nsecret_file = \"jwt.secret\"\n")
        .config(more)
        .start()
}

#[test]
fn a_players_token_opens_what_its_rights_and_the_namespace_name() {
    let server = server_with_jwt("");
    assert_eq!(sync_as(&server, "game:a", &player_token(&json!({}))).status, 200);
    let by_user_id = player_token(&json!({"sub": null, "user_id": "player-2"}));
    assert_eq!(sync_as(&server, "game:a", &by_user_id).status, 200, "user_id in place of sub");
    // What a namespace gives to a player beyond what it gives to all is left open; that he is known is not.
    let no_rights = player_token(&json!({"rights": null}));
    let status = sync_as(&server, "game:a", &no_rights).status;
    assert!(status == 200 || status == 403, "a valid token without rights: {status}");
    assert_eq!(sync_as(&server, "free:a", &no_rights).status, 200, "what the namespace gives to all");
}

#[test]
fn a_token_that_does_not_hold_is_401() {
    let server = server_with_jwt("");
    let claims = json!({"sub": "player-1", "exp": in_seconds(600), "rights": ["play game:*"]});
    let good = token(SECRET, Algorithm::HS256, &claims);
    let parts: Vec<&str> = good.split('.').collect();
    let other = player_token(&json!({"rights": ["play game:*", "administer game:*"]}));
    let other_parts: Vec<&str> = other.split('.').collect();
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let rows = [
        ("another secret", token("another secret of more than thirty-two bytes", Algorithm::HS256, &claims)),
        ("the secret with its line break", token(&format!("{SECRET}\n"), Algorithm::HS256, &claims)),
        ("an expired one", player_token(&json!({"exp": in_seconds(-3600)}))),
        ("one that is not yet valid", player_token(&json!({"nbf": in_seconds(3600)}))),
        ("claims of another token", format!("{}.{}.{}", parts[0], other_parts[1], parts[2])),
        ("no algorithm", format!("{none}.{}.", parts[1])),
        ("no algorithm, with a signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("half of it", good[..good.len() / 2].to_owned()),
        ("junk", "junk.junk.junk".to_owned()),
    ];
    for (what, token) in rows {
        check_refused(&sync_as(&server, "game:a", &token), 401, what);
    }
    assert_eq!(sync_as(&server, "game:a", &good).status, 200);
}

#[test]
fn issuer_and_audience_are_held_against_the_token() {
    let server = server_with_jwt("issuer = \"https://login.example\"\naudience = \"stadion\"\n");
    let with =
        |iss: Value, aud: Value| sync_as(&server, "game:a", &player_token(&json!({"iss": iss, "aud": aud})));
    let (issuer, audience) = (json!("https://login.example"), json!("stadion"));
    assert_eq!(with(issuer.clone(), audience.clone()).status, 200);
    check_refused(&with(json!("https://evil.example"), audience.clone()), 401, "another issuer");
    check_refused(&with(issuer.clone(), json!("other")), 401, "another audience");
    check_refused(&with(Value::Null, audience), 401, "no issuer");
    check_refused(&with(issuer, Value::Null), 401, "no audience");
}

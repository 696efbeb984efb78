//! The program around the streams: health, metrics, logs, start, configuration, end.

use serde_json::Value;

use crate::harness::{Outcome, Server, Setup, run, wait_for};
use crate::player::{Listener, Player, one_event, path, watch_path};
use crate::raw_http::{Http, get, post, request};
use crate::socket::Ws;

#[test]
fn health_and_readiness_are_told() {
    let server = Server::start();
    for address in ["/healthz", "/readyz"] {
        assert_eq!(get(server.addr(), address).status, 200, "{address}");
    }
}

#[test]
fn pages_are_served() {
    let server = Server::start();
    for address in ["/", "/play/"] {
        let reply = get(server.addr(), address);
        assert_eq!(reply.status, 200, "{address}: {reply:?}");
        assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{reply:?}");
    }
}

#[test]
fn unknown_addresses_are_404() {
    let server = Server::start();
    for address in
        ["/v1/nothing", "/v1/", "/_/nothing", "/_/../Cargo.toml", "/_/%2e%2e/%2e%2e/etc/passwd", "/a/b/c/d/e"]
    {
        let reply = get(server.addr(), address);
        assert_eq!(reply.status, 404, "{address}: {reply:?}");
    }
}

/// The value of each sample by its name with labels.
fn metrics(server: &Server) -> Vec<(String, f64)> {
    let reply = get(server.addr(), "/metrics");
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{reply:?}");
    let samples = reply.text().lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|e| panic!("{e}: {line}")))
        })
        .collect()
}

#[test]
fn metrics_tell_of_streams_clients_events_and_refusals() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "private-of-alice");
    let _pushed = Listener::push(server.addr(), "s", "private-of-bob");
    alice.send("e", "");
    assert_eq!(alice.ask(0, "{").status, 400);
    let samples = metrics(&server);
    let names: Vec<_> = samples.iter().map(|(name, _)| name.as_str()).collect();
    for what in ["stream", "client", "event", "sync", "byte", "duration", "refus"] {
        let found = names.iter().any(|name| name.starts_with("stadion_") && name.contains(what));
        assert!(found, "no stadion_… about {what}: {names:#?}");
    }
    assert!(!names.iter().any(|name| name.contains("private-of")), "{names:#?}");
    let known =
        |name: &&str| ["stadion_", "process_", "tokio_"].iter().any(|prefix| name.starts_with(prefix));
    assert!(names.iter().all(known), "{names:#?}");
}

#[test]
fn a_metric_about_syncs_counts_them() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let before = metrics(&server);
    for _ in 0..100 {
        alice.poll();
    }
    let after = metrics(&server);
    let grew = after.iter().any(|(name, value)| {
        let earlier = before.iter().find(|(other, _)| other == name).map_or(0.0, |(_, value)| *value);
        name.contains("sync") && !name.contains("sum") && (100.0..=101.0).contains(&(value - earlier))
    });
    assert!(grew, "{before:#?}\n{after:#?}");
}

#[test]
fn sigterm_closes_sockets_with_1001_and_exits_0() {
    let mut server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    let mut watcher = Listener::watch(server.addr(), "s");
    let mut delayed = Ws::connect(server.addr(), &format!("{}&delay=10s", watch_path("s", 0)));
    let mut idle = Http::connect(server.addr());
    assert_eq!(idle.request("GET", "/healthz", &[], b"").status, 200);
    server.signal("TERM");
    assert_eq!(alice.socket.closed().0, 1001);
    assert_eq!(watcher.socket.closed().0, 1001);
    assert_eq!(delayed.closed().0, 1001);
    assert_eq!(server.ended().code(), Some(0));
    assert!(std::net::TcpStream::connect(server.addr()).is_err(), "the port is still open");
}

#[test]
fn an_interrupt_drains_too() {
    let mut server = Server::start();
    let mut alice = Listener::push(server.addr(), "s", "alice");
    server.signal("INT");
    assert_eq!(alice.socket.closed().0, 1001);
    let code = server.ended().code();
    assert!(code == Some(0) || code == Some(130), "{code:?}");
}

#[test]
fn a_request_that_has_begun_is_still_answered() {
    let mut server = Server::start();
    drop(Player::join(server.addr(), "s", "alice"));
    let mut http = Http::connect(server.addr());
    let head = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", path("s", "bob", 0), server.addr());
    http.write(format!("{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{").as_bytes()).unwrap();
    // By its 100 the server says that it is in the middle of this request.
    let mut first = [0; 25];
    std::io::Read::read_exact(&mut http.stream(), &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    wait_for("the drain to begin", || std::net::TcpStream::connect(server.addr()).err());
    http.write(b"}").unwrap();
    assert_eq!(http.reply().unwrap().status, 200);
    assert_eq!(server.ended().code(), Some(0));
}

/// Checks an end with this code, and one message on standard error that names these things.
fn check_fails(outcome: &Outcome, code: i32, named: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "", "results alone go to standard output");
    for name in named {
        assert!(outcome.stderr.contains(name), "{name} is not named in:\n{}", outcome.stderr);
    }
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
}

fn serve(args: &[&str], env: &[(&str, &str)], files: &[(&str, &str)]) -> Outcome {
    let base = ["serve", "--memory"];
    run(&[&base[..], args].concat(), env, files)
}

#[test]
fn a_taken_port_exits_1_and_is_named() {
    let server = Server::start();
    let address = server.addr().to_string();
    check_fails(&serve(&["--listen", &address], &[], &[]), 1, &[&address]);
}

#[test]
fn wrong_usage_exits_2() {
    check_fails(&serve(&["--lisen", "127.0.0.1:0"], &[], &[]), 2, &["--lisen", "--listen"]);
    check_fails(&run(&["serv"], &[], &[]), 2, &["serv"]);
    check_fails(&serve(&["--listen", "nowhere"], &[], &[]), 2, &["nowhere"]);
    check_fails(&serve(&["--listen", "127.0.0.1:99999"], &[], &[]), 2, &["99999"]);
    check_fails(&serve(&["--log-format", "poem"], &[], &[]), 2, &["poem"]);
}

#[test]
fn a_public_address_without_authentication_is_refused_and_insecure_allows_it() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        check_fails(&serve(&["--listen", listen], &[], &[]), 2, &["--insecure"]);
        check_fails(&serve(&[], &[("STADION_LISTEN", listen)], &[]), 2, &["--insecure"]);
    }
    let server = Setup::new().listen("0.0.0.0:0").arg("--insecure").start();
    assert_eq!(post(server.addr(), &path("s", "alice", 0), "{}").status, 200);
    let with_key = "[[key]]\nname = \"k\"\nsha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\nrights = []\n";
    let server = Setup::new().listen("0.0.0.0:0").config(with_key).start();
    assert_eq!(get(server.addr(), "/healthz").status, 200);
}

/// A configuration file, and what the message must name.
const WRONG_CONFIGURATIONS: &[(&str, &[&str])] = &[
    ("lisen = \"127.0.0.1:0\"\n", &["lisen", "listen"]),
    ("[lockstep]\ndisconect_after = \"10s\"\n", &["disconect_after", "disconnect_after"]),
    ("[lockstpe]\nroot = true\n", &["lockstpe", "lockstep"]),
    ("[limits]\nconnections_per_adress = 5\n", &["connections_per_adress", "connections_per_address"]),
    ("[lockstep]\ndisconnect_after = \"soon\"\n", &["disconnect_after", "soon"]),
    ("[lockstep]\ndisconnect_after = 10\n", &["disconnect_after"]),
    ("[lockstep]\nroot = \"yes\"\n", &["root"]),
    ("[[namespace]]\nname = \"a\"\nkind = \"lock\"\n", &["kind"]),
    ("[[namespace]]\nname = \"a\"\nkind = \"lockstep\"\ntick = \"0ms\"\n", &["tick"]),
    ("[[namespace]]\nname = \"a\"\nkind = \"lockstep\"\ntikc = \"50ms\"\n", &["tikc", "tick"]),
    ("[[key]]\nname = \"a\"\nsha256 = \"zz\"\nrights = []\n", &["sha256"]),
    ("[jwt]\nsecret_file = \"not-there.secret\"\n", &["not-there.secret"]),
    ("listen = \n", &[]),
    ("[nats]\nurl = \"nats://127.0.0.1:4222\"\n", &["nats"]),
];

#[test]
fn a_wrong_configuration_exits_2_and_names_key_and_file() {
    let mut wrong = Vec::new();
    for (text, named) in WRONG_CONFIGURATIONS {
        let outcome = serve(&["--listen", "127.0.0.1:0", "--config", "my.toml"], &[], &[("my.toml", text)]);
        let names_all = named.iter().chain(&["my.toml"]).all(|name| outcome.stderr.contains(name));
        if outcome.code != Some(2) || !names_all || outcome.stderr.trim().lines().count() > 3 {
            wrong.push(format!("{text}should name {named:?}: {:?} {}", outcome.code, outcome.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let outcome = serve(&["--listen", "127.0.0.1:0", "--config", "not-there.toml"], &[], &[]);
    check_fails(&outcome, 2, &["not-there.toml"]);
}

#[test]
fn flags_stand_above_the_environment_and_that_above_the_file() {
    let quick = "[lockstep]\ndisconnect_after = \"300ms\"\n";
    // The file's quick disconnect is undone by the environment.
    let server = Setup::new()
        .config(quick)
        .env("STADION_LOCKSTEP__DISCONNECT_AFTER", "1h")
        .env("STADION_LISTEN", "127.0.0.1:1")
        .start();
    assert_ne!(server.addr().port(), 1, "--listen stands above STADION_LISTEN");
    let mut bob = Player::join(server.addr(), "s", "bob");
    drop(Player::join(server.addr(), "s", "alice"));
    bob.poll_to(20);
    assert!(bob.ids_of("_d").is_empty());
    let outcome = serve(&["--listen", "127.0.0.1:0"], &[("STADION_LOCKSTEP__DISCONNECT_AFTER", "soon")], &[]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
}

#[test]
fn help_and_version_go_to_standard_output() {
    for args in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        let outcome = run(args, &[], &[]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(!outcome.stdout.is_empty());
    }
    let help = run(&["serve", "--help"], &[], &[]).stdout;
    for option in ["--listen", "--memory", "--data", "--config", "--insecure", "--open", "--log-format"] {
        assert!(help.contains(option), "{option} is not in:\n{help}");
    }
}

const SECRET_ID: &str = "private-4c1d9a77e0";
const SECRET_TOKEN: &str = "token-8e02b6f55a1947";

#[test]
fn no_private_id_and_no_token_gets_into_the_log() {
    let mut server = Setup::new().arg("--log-format").arg("json").arg("--log").arg("trace").start();
    let address = path("s", SECRET_ID, 0);
    let bearer = format!("Bearer {SECRET_TOKEN}");
    for body in ["{}", "{", &one_event("_x", ""), &one_event("e", "")] {
        post(server.addr(), &address, body);
        post(server.addr(), &format!("/s/{SECRET_ID}/0?access_token={SECRET_TOKEN}"), body);
        request(server.addr(), "POST", &address, &[("Authorization", &bearer)], body);
    }
    for bad in [path("_s", SECRET_ID, 0), format!("/s/{SECRET_ID}/0/0"), format!("/v1/lockstep/{SECRET_ID}")]
    {
        post(server.addr(), &bad, "{}");
        get(server.addr(), &format!("{bad}?access_token={SECRET_TOKEN}"));
    }
    request(server.addr(), "PUT", &address, &[("X-Forwarded-For", SECRET_TOKEN)], "");
    let protocol = format!("stadion.token.{SECRET_TOKEN}");
    let in_query = format!("{address}?access_token={SECRET_TOKEN}");
    for (address, headers) in
        [(&in_query, &[][..]), (&address, &[("Sec-WebSocket-Protocol", protocol.as_str())])]
    {
        if let Ok(mut ws) = Ws::open(server.addr(), address, headers) {
            ws.heard();
        }
    }
    let mut ws = Ws::connect(server.addr(), &address);
    ws.answer();
    ws.send("{");
    ws.error();
    let mut half = Http::connect(server.addr());
    half.write(
        format!("POST {address} HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n{{", server.addr())
            .as_bytes(),
    )
    .unwrap();
    drop(half);
    server.signal("TERM");
    server.ended();
    let log = server.log();
    for secret in [SECRET_ID, SECRET_TOKEN] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let mut lines = 0;
    for line in log.lines().filter(|line| !line.is_empty()) {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => {
                assert!(value.is_object(), "{line}");
                lines += 1;
            }
            // The ready line is for whoever started the program.
            Err(e) => assert!(line.contains("http://"), "{e}: {line}"),
        }
    }
    assert!(lines > 0, "nothing was logged:\n{log}");
}

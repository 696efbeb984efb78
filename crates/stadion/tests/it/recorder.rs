//! `tail`, `publish`, `record` and `replay` as processes beside a real server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::harness::{Server, Setup, run, wait_for};
use crate::raw_http::{Http, request_bytes};
use crate::socket::Ws;

/// A command that goes on by itself; it is killed when the test lets go of it.
struct Running {
    child: Child,
    stdout: Arc<Mutex<Vec<String>>>,
    stderr: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn start(args: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stadion"));
        for (key, _) in std::env::vars() {
            if key.starts_with("STADION_") || key.starts_with("VANTAGE_") {
                command.env_remove(key);
            }
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = keep(child.stdout.take().unwrap());
        let stderr = keep(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }

    fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Lines of standard output so far.
    fn lines(&self) -> Vec<String> {
        self.stdout.lock().unwrap().clone()
    }

    fn said(&self) -> String {
        self.stderr.lock().unwrap().join("\n")
    }

    fn wait_for_lines(&self, count: usize) -> Vec<String> {
        wait_for(&format!("{count} lines; it said {:?}", self.said()), || {
            Some(self.lines()).filter(|lines| lines.len() >= count)
        })
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(format!("-{name}")).arg(id).status().unwrap().success());
    }

    fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the command", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- what the command said ---\n{}", self.said());
        }
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

fn keep(output: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&kept);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    });
    kept
}

/// A wire between a client and the server that can be cut.
struct Wire {
    addr: SocketAddr,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(server: SocketAddr) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let ends: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let all = Arc::clone(&ends);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(server).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    // An end that was cut is an error here and what the test wants.
                    thread::spawn(move || drop(std::io::copy(&mut from, &mut to)));
                }
                all.lock().unwrap().extend([near, far]);
            }
        });
        Wire { addr, ends }
    }

    fn cut(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            drop(end.shutdown(Shutdown::Both));
        }
    }
}

fn url(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

/// Publishes these lines and is done.
fn publish(server: &Server, stream: &str, lines: &str) {
    let outcome =
        run(&["publish", stream, "lines", "--server", &url(server.addr())], &[], &[("lines", lines)]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

fn activation(id: &str) -> String {
    format!("{{\"typeName\":\"CompetitionActivatedEvent\",\"competitionId\":\"{id}\"}}")
}

fn event(id: &str, number: usize) -> String {
    format!("{{\"typeName\":\"RaceEvent\", \"competitionId\":\"{id}\",\"n\": {number}.50}}")
}

/// The file's whole lines without their `_time`, which each must begin with.
fn recorded(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let without_time = |line: &str| {
        let (time, rest) = line.strip_prefix("{\"_time\":\"").unwrap().split_once("\",").unwrap();
        assert!(time.ends_with('Z') && time.contains('.'), "{line}");
        format!("{{{rest}")
    };
    whole.lines().map(without_time).collect()
}

#[test]
fn a_recorder_that_is_killed_goes_on_without_gap_or_duplicate() {
    const EVENTS: usize = 3_000;
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.json");
    let file = path.to_str().unwrap();
    let host = format!("ws://{}", server.addr());
    publish(&server, "competition:a", &activation("A"));
    let expected: Vec<String> =
        [activation("A")].into_iter().chain((0..EVENTS).map(|n| event("A", n))).collect();

    let mut publisher = Running::start(&["publish", "competition:a", "--server", &url(server.addr())]);
    let mut input = publisher.stdin();
    let record = || Running::start(&["record", "--file", file, "--host", &host, "--competition", "A"]);
    let mut recorder = record();
    wait_for("live state", || (recorded(&path).len() == 1).then_some(()));
    for part in expected[1..].chunks(EVENTS / 5) {
        let before = recorded(&path).len();
        for line in part {
            writeln!(input, "{line}").unwrap();
        }
        input.flush().unwrap();
        // In the middle of it: some have been written, others are on their way.
        wait_for("some of it", || (recorded(&path).len() > before).then_some(()));
        recorder.signal("KILL");
        recorder.ended();
        recorder = record();
    }
    drop(input);
    assert_eq!(publisher.ended().code(), Some(0), "{}", publisher.said());
    wait_for("everything", || (recorded(&path).len() >= expected.len()).then_some(()));
    recorder.signal("INT");
    assert_eq!(recorder.ended().code(), Some(130));
    assert_eq!(recorded(&path), expected);
    let saved: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("race.json.position")).unwrap()).unwrap();
    assert_eq!(saved["stream"], "competition:a");
    assert_eq!(saved["offset"], EVENTS);
    assert_eq!(saved["length"], std::fs::metadata(&path).unwrap().len());
}

#[test]
fn a_lost_position_is_a_gap_in_the_recording_and_live_state_follows() {
    let server = Server::start();
    let addr = server.addr();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.json");
    publish(&server, "competition:a", &[activation("A"), event("A", 1)].join("\n"));
    let host = format!("ws://{addr}");
    let _recorder =
        Running::start(&["record", "--file", path.to_str().unwrap(), "--host", &host, "--competition", "A"]);
    wait_for("live state", || (recorded(&path).len() == 2).then_some(()));
    // What it kept in memory is gone with it.
    drop(server);
    let server = Setup::new().listen(&addr.to_string()).start();
    publish(&server, "competition:a", &[activation("A"), event("A", 2)].join("\n"));
    let gap = "{\"_gap\":true}".to_owned();
    let last = event("A", 2);
    wait_for("what is new", || (recorded(&path).last() == Some(&last)).then_some(()));
    let expected = [activation("A"), event("A", 1), gap, activation("A"), event("A", 2)];
    assert_eq!(recorded(&path), expected);
}

fn recording() -> String {
    let mut text = String::new();
    for (second, event) in [activation("B"), event("B", 1), event("B", 2), event("B", 3)].iter().enumerate() {
        let inside = event.strip_prefix('{').unwrap();
        text.push_str(&format!("{{\"_time\":\"2020-01-12T14:45:0{second}.5+01:00\",{inside}\n"));
    }
    text
}

fn replaying(args: &[&str], path: &Path) -> (Running, SocketAddr) {
    let mut all = vec!["replay", "--address", "127.0.0.1:0", "--file", path.to_str().unwrap()];
    all.extend_from_slice(args);
    let replay = Running::start(&all);
    let ready = replay.wait_for_lines(1).remove(0);
    let addr = ready.split_once("ws://").unwrap().1.parse().unwrap();
    (replay, addr)
}

#[test]
fn each_subscriber_of_a_replay_gets_the_lines_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.json");
    let lines = recording();
    let (first, rest) = lines.split_once('\n').unwrap();
    std::fs::write(&path, format!("{first}\nthis is no JSON\n{rest}")).unwrap();
    let (replay, addr) = replaying(&["--speed", "20"], &path);
    let mut early = Ws::connect(addr, "/any/path?at=all");
    for line in lines.lines() {
        assert_eq!(early.text(), line);
    }
    let mut late = Ws::connect(addr, "/");
    for line in lines.lines() {
        assert_eq!(late.text(), line);
    }
    // The first one is still connected: its close is answered.
    early.close();
    assert_eq!(early.closed().0, 1005);
    wait_for("the damaged line's number", || replay.said().contains("line 2 is passed over").then_some(()));
    assert_eq!(replay.said().matches("line 2").count(), 1, "each subscriber met it, it is told once");
}

#[test]
fn a_strict_replay_ends_at_a_damaged_line() {
    let lines = format!("{}{{\"_time\":\"2020", recording());
    let outcome = run(
        &["replay", "--strict", "--speed", "100", "--file", "f", "--into", "http://127.0.0.1:9"],
        &[],
        &[("f", "{}\n")],
    );
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("line 1: "), "{}", outcome.stderr);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.json");
    std::fs::write(&path, lines).unwrap();
    let (mut replay, addr) = replaying(&["--speed", "100", "--strict"], &path);
    let mut socket = Ws::connect(addr, "/");
    for line in recording().lines() {
        assert_eq!(socket.text(), line);
    }
    assert_eq!(replay.ended().code(), Some(1));
    assert!(replay.said().contains("line 5: "), "{}", replay.said());
}

#[test]
fn what_is_replayed_into_a_server_comes_out_as_it_was_recorded() {
    let server = Server::start();
    let lines = recording();
    let args = ["replay", "--file", "race.json", "--speed", "20", "--into", &url(server.addr())];
    let outcome = run(&args, &[], &[("race.json", &lines)]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let expected = [activation("B"), event("B", 1), event("B", 2), event("B", 3)];
    for (stream, count) in [("competition:b", 4), ("competitions", 1)] {
        let tail = Running::start(&["tail", stream, "--from", "start", "--server", &url(server.addr())]);
        assert_eq!(tail.wait_for_lines(count), expected[..count]);
    }
    // The same into a stream of one's own.
    let outcome = run(&[&args[..], &["--stream", "hall:b"]].concat(), &[], &[("race.json", &lines)]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let tail = Running::start(&["tail", "hall:b", "--from", "start", "--server", &url(server.addr())]);
    assert_eq!(tail.wait_for_lines(4), expected);
}

#[test]
fn a_tail_goes_on_where_it_was_when_the_wire_is_cut() {
    let server = Server::start();
    let wire = Wire::to(server.addr());
    // One value of several lines is no JSON Lines, so it is posted by itself.
    let mut http = Http::connect(server.addr());
    let path = "/v1/streams/hall:t/events";
    http.write(&request_bytes(server.addr(), "POST", path, &[], b"{\"n\":\n 0}")).unwrap();
    assert_eq!(http.reply().unwrap().status, 200);
    let mut tail = Running::start(&["tail", "hall:t", "--from", "start", "--server", &url(wire.addr)]);
    assert_eq!(tail.wait_for_lines(1)[0], "{\"n\":  0}");
    let mut expected = tail.lines();
    for round in 0..3 {
        wire.cut();
        let lines: Vec<String> = (0..50).map(|n| format!("1{round}{n:02}.50")).collect();
        publish(&server, "hall:t", &lines.join("\n"));
        expected.extend(lines);
        assert_eq!(tail.wait_for_lines(expected.len()), expected);
    }
    assert!(tail.said().contains("connected again"), "{}", tail.said());
    tail.signal("INT");
    assert_eq!(tail.ended().code(), Some(130));
}

#[test]
fn a_bad_line_is_named_and_nothing_of_its_batch_is_written() {
    let server = Server::start();
    let server_url = url(server.addr());
    let outcome = run(
        &["publish", "hall:p", "lines", "--server", &server_url],
        &[],
        &[("lines", "{\"a\":1}\n\n{\"a\":\n")],
    );
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("line 3: EOF while parsing"), "{}", outcome.stderr);
    publish(&server, "hall:p", "\"the first that is written\"");
    let tail = Running::start(&["tail", "hall:p", "--from", "start", "--envelope", "--server", &server_url]);
    let first: serde_json::Value = serde_json::from_str(&tail.wait_for_lines(1)[0]).unwrap();
    assert_eq!(
        (first["offset"].as_u64(), first["body"].as_str()),
        (Some(0), Some("the first that is written"))
    );
}

#[test]
fn a_publisher_outlives_the_server_being_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let mut publisher = Running::start(&["publish", "hall:w", "--server", &url(addr)]);
    let mut input = publisher.stdin();
    writeln!(input, "1\n2").unwrap();
    wait_for("a notice", || publisher.said().contains("trying again").then_some(()));
    let server = Setup::new().listen(&addr.to_string()).start();
    writeln!(input, "3").unwrap();
    drop(input);
    assert_eq!(publisher.ended().code(), Some(0), "{}", publisher.said());
    let tail = Running::start(&["tail", "hall:w", "--from", "start", "--server", &url(server.addr())]);
    assert_eq!(tail.wait_for_lines(3), ["1", "2", "3"]);
}

#[test]
fn what_is_not_built_or_not_there_is_said() {
    let check = |args: &[&str], code: i32, said: &str| {
        let outcome = run(args, &[], &[]);
        assert_eq!(outcome.code, Some(code), "{args:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{args:?}: {}", outcome.stderr);
    };
    check(&["record", "--file", "f", "--host", "results.example.org"], 2, "TLS is not built yet: use ws://");
    check(&["tail", "hall:1", "--server", "https://h"], 2, "TLS is not built yet");
    check(&["record", "--host", "ws://h"], 2, "--file FILE");
    check(&["record", "--file", "f"], 2, "--host ws://HOST");
    check(&["tail", "hall:1", "--server", "http://127.0.0.1:9"], 1, "cannot be reached");
    check(&["replay", "--file", "missing"], 1, "cannot read missing");
    let outcome = run(&["record", "--file", "f"], &[("VANTAGE_HOST", "wss://h")], &[]);
    assert!(outcome.stderr.contains("\"wss://h\""), "{}", outcome.stderr);
}

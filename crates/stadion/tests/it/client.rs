//! The Rust client against the program, over a wire that can be cut.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use stadion_client::event_stream::{
    Cause, Identity, Options, ResetReason, SendError, Simulate, Status, Token, Update,
};
use stadion_client::{Answer, Event, EventStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::harness::{DEADLINE, Server, Setup};
use crate::wire::Wire;

/// A stream and everything it handed out; it checks the transport's promises with every answer.
struct Recorder {
    stream: EventStream,
    events: Vec<Event>,
    tick: i64,
    last: Answer,
    resets: Vec<ResetReason>,
    statuses: Vec<(Status, Cause)>,
    problems: Vec<String>,
}

impl Recorder {
    async fn join(url: &str, options: Options) -> Recorder {
        Recorder::of(EventStream::connect(url, "game:1", options).await.unwrap())
    }

    fn of(stream: EventStream) -> Recorder {
        Recorder {
            stream,
            events: Vec::new(),
            tick: 0,
            last: Answer::default(),
            resets: Vec::new(),
            statuses: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn take(&mut self, update: Update) {
        match update {
            Update::Reset { reason, epoch, .. } => {
                assert_eq!(self.stream.epoch(), epoch);
                self.resets.push(reason);
                self.events.clear();
                self.tick = 0;
            }
            Update::Answer(answer) => {
                assert!(!self.resets.is_empty(), "a reset comes before the first answer");
                assert!(answer.t >= self.tick, "ticks never go back");
                assert!(answer.events.iter().all(|event| event.t > self.tick && event.t <= answer.t));
                assert_eq!(self.stream.last_known_tick(), answer.t);
                self.tick = answer.t;
                self.events.extend(answer.events.iter().cloned());
                self.last = answer;
            }
            Update::Status { status, cause } => self.statuses.push((status, cause)),
            Update::Problem { code, .. } => self.problems.push(code),
            Update::Closed { cause, code, .. } => {
                self.statuses.push((Status::Closed, cause));
                self.problems.push(code);
            }
        }
    }

    /// Takes updates until the condition holds.
    async fn until(&mut self, what: &str, condition: impl Fn(&Recorder) -> bool) {
        let began = Instant::now();
        while !condition(self) {
            let update = timeout(DEADLINE.saturating_sub(began.elapsed()), self.stream.next()).await;
            let update = update.unwrap_or_else(|_| panic!("waited in vain for {what}: {:?}", self.statuses));
            self.take(update.unwrap_or_else(|| panic!("closed before {what}: {:?}", self.problems)));
        }
    }

    fn bodies(&self, kind: &str) -> Vec<&str> {
        self.events.iter().filter(|event| event.kind == kind).map(|event| event.body.as_str()).collect()
    }

    async fn got(&mut self, kind: &str, count: usize) {
        self.until(&format!("{count} events of {kind}"), |it| it.bodies(kind).len() >= count).await;
    }

    async fn joined(&mut self) {
        self.until("the first answer", |it| !it.stream.public_id().is_empty()).await;
    }
}

fn numbers(most: usize) -> Vec<String> {
    (1..=most).map(|i| i.to_string()).collect()
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(Server, Wire) -> F) {
    let server = Server::start();
    let wire = Wire::to(server.addr());
    Runtime::new().unwrap().block_on(test(server, wire));
}

/// They saw one log: the same events up to the tick that all know.
fn assert_one_log(all: &[&Recorder]) {
    let known = all.iter().map(|it| it.tick).min().unwrap();
    let log = |it: &Recorder| it.events.iter().filter(|event| event.t <= known).cloned().collect::<Vec<_>>();
    for it in all {
        assert_eq!(log(it), log(all[0]));
    }
}

fn polling() -> Options {
    Options { polling_only: true, poll_every: Duration::from_millis(20), ..Options::default() }
}

#[test]
fn push_poll_and_watch_see_one_log_through_lost_connections_and_lost_answers() {
    run(async |_server, wire| {
        let mut pushed = Recorder::join(&wire.url(), Options::default()).await;
        let mut polled = Recorder::join(&wire.url(), polling()).await;
        pushed.joined().await;
        polled.joined().await;
        let watching = Options { every: 3, ..Options::default() };
        let mut watcher = Recorder::of(EventStream::watch(&wire.url(), "game:1", watching).await.unwrap());
        for i in 1..=40_usize {
            pushed.stream.send("a", i.to_string()).unwrap();
            polled.stream.send("b", i.to_string()).unwrap();
            match i {
                10 => wire.cut(),
                20 => {
                    // Written, but nobody hears that it is.
                    wire.set_deaf(true);
                    pushed.stream.send("last", "words").unwrap();
                    tokio::task::yield_now().await;
                    wire.cut();
                    wire.set_deaf(false);
                }
                _ => {}
            }
            pushed.got("a", i.saturating_sub(3)).await;
        }
        for it in [&mut pushed, &mut polled, &mut watcher] {
            it.got("a", 40).await;
            it.got("b", 40).await;
            assert_eq!(it.bodies("a"), numbers(40));
            assert_eq!(it.bodies("b"), numbers(40));
            assert_eq!(it.bodies("last"), ["words"]);
            assert_eq!(it.resets, [ResetReason::Joined]);
            assert_eq!(it.problems, [""; 0]);
        }
        pushed.until("the confirmations", |it| it.stream.unconfirmed() == 0).await;
        assert!(pushed.statuses.contains(&(Status::Waiting, Cause::Network)));
        assert!(pushed.stream.ping().unwrap() > Duration::ZERO);
        assert_eq!(watcher.stream.public_id(), "");
        assert_eq!(watcher.stream.send("a", ""), Err(SendError::Spectator));
        assert_one_log(&[&pushed, &polled, &watcher]);
    });
}

#[test]
fn where_websockets_do_not_get_through_it_polls_and_changes_over_when_they_do() {
    run(async |_server, wire| {
        wire.set_no_upgrades(true);
        let options = Options { retry_socket: Duration::from_millis(50), ..polling() };
        let mut it = Recorder::join(&wire.url(), Options { polling_only: false, ..options }).await;
        it.stream.send("a", "1").unwrap();
        it.got("a", 1).await;
        assert_eq!(it.stream.status(), Status::Polling);
        wire.set_no_upgrades(false);
        it.until("the WebSocket", |it| it.stream.status() == Status::Open).await;
        it.stream.send("a", "2").unwrap();
        it.got("a", 2).await;
        assert_eq!(it.bodies("a"), ["1", "2"]);
        assert_eq!(it.resets, [ResetReason::Joined]);
        let mut late = Recorder::join(&wire.url(), Options::default()).await;
        late.got("a", 2).await;
        assert_one_log(&[&it, &late]);
    });
}

#[test]
fn a_program_that_is_started_again_with_its_identity_file_is_the_same_client() {
    run(async |_server, wire| {
        let folder = tempfile::tempdir().unwrap();
        let options = || Options { identity: Identity::File(folder.path().join("id")), ..Options::default() };
        let mut first = Recorder::join(&wire.url(), options()).await;
        first.stream.send("a", "1").unwrap();
        first.got("a", 1).await;
        // It does not know yet how much the first one sent, and must not take that for its own.
        let mut second = Recorder::join(&wire.url(), options()).await;
        second.stream.send("a", "2").unwrap();
        second.got("a", 2).await;
        assert_eq!((second.stream.public_id(), second.bodies("a")), ("1", vec!["1", "2"]));

        // The older one is told, and ends: the identity is not its own to change.
        first.until("the end", |it| it.stream.status() == Status::Closed).await;
        assert_eq!(first.statuses.last(), Some(&(Status::Closed, Cause::Replaced)));
        assert_eq!(first.stream.next().await, None);
        assert_eq!(first.stream.send("a", "3"), Err(SendError::Closed));
    });
}

#[test]
fn a_server_that_was_started_anew_has_another_epoch_and_everybody_starts_over() {
    run(async |server, wire| {
        let mut pushed = Recorder::join(&wire.url(), Options::default()).await;
        let mut polled = Recorder::join(&wire.url(), polling()).await;
        for it in [&mut pushed, &mut polled] {
            it.stream.send("a", "old").unwrap();
            it.got("a", 1).await;
        }
        let fresh = Server::start();
        wire.lead_to(fresh.addr());
        server.signal("TERM");
        for it in [&mut pushed, &mut polled] {
            it.until("the reset", |it| it.resets.len() == 2).await;
            assert_eq!(it.resets[1], ResetReason::EpochChanged);
            it.stream.send("a", "new").unwrap();
        }
        for it in [&mut pushed, &mut polled] {
            it.got("a", 2).await;
            assert_eq!(it.bodies("a"), ["new", "new"]);
        }
        assert_one_log(&[&pushed, &polled]);
    });
}

#[test]
fn what_the_server_refuses_is_found_among_the_rest_and_said() {
    let server = Setup::new().config("[limits]\nbody_bytes = \"8KiB\"\n").own_limits().start();
    Runtime::new().unwrap().block_on(async {
        for options in [Options::default(), polling()] {
            let mut it = Recorder::join(&format!("http://{}", server.addr()), options).await;
            it.joined().await;
            let before = it.bodies("a").len();
            for i in 1..=4 {
                it.stream.send("a", i.to_string()).unwrap();
            }
            it.stream.send("big", "x".repeat(9_000)).unwrap();
            it.stream.send("a", "5").unwrap();
            it.got("a", before + 5).await;
            assert_eq!(it.bodies("a")[before..], ["1", "2", "3", "4", "5"]);
            assert_eq!(it.bodies("big"), [""; 0]);
            assert!(!it.problems.is_empty());
        }
    });
}

#[test]
fn over_a_bad_network_the_game_is_the_same_only_later() {
    run(async |_server, wire| {
        let simulate = Simulate {
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(10),
            loss: 0.1,
            seed: Some(3),
        };
        for options in [Options::default(), polling()] {
            let mut bad =
                Recorder::join(&wire.url(), Options { simulate: Some(simulate.clone()), ..options }).await;
            let mut good = Recorder::join(&wire.url(), Options::default()).await;
            bad.joined().await;
            good.joined().await;
            let before = good.bodies("a").len();
            for i in 1..=30 {
                bad.stream.send("a", i.to_string()).unwrap();
            }
            for it in [&mut good, &mut bad] {
                it.got("a", before + 30).await;
                assert_eq!(it.bodies("a")[before..], numbers(30));
            }
            bad.until("the confirmations", |it| it.stream.unconfirmed() == 0).await;
            assert!(bad.stream.ping().unwrap() >= Duration::from_millis(40));
            assert_one_log(&[&good, &bad]);
        }
    });
}

#[test]
fn state_and_hashes_reach_the_others_and_a_desync_is_told() {
    run(async |_server, wire| {
        let mut one = Recorder::join(&wire.url(), Options::default()).await;
        let mut two = Recorder::join(&wire.url(), Options::default()).await;
        one.joined().await;
        two.joined().await;
        one.stream.set_state(BTreeMap::from([("name".to_owned(), "Ada".to_owned())])).unwrap();
        two.until("the state", |it| it.last.states.iter().any(|state| state.data["name"] == "Ada")).await;
        let t = one.tick.min(two.tick);
        one.stream.report_hash(t, "0123456789abcdef");
        two.stream.report_hash(t, "fedcba9876543210");
        two.until("the desync", |it| it.last.desync.as_ref().is_some_and(|desync| desync.t == t)).await;
    });
}

#[test]
fn a_spectator_waits_for_the_stream_and_a_game_loop_polls() {
    run(async |_server, wire| {
        let mut watcher =
            Recorder::of(EventStream::watch(&wire.url(), "game:1", Options::default()).await.unwrap());
        watcher.until("the wait", |it| it.statuses.contains(&(Status::Waiting, Cause::EpochChanged))).await;
        let mut player = Recorder::join(&wire.url(), Options::default()).await;
        player.stream.send("a", "1").unwrap();
        // As a game loop does it: what is there is taken, then a frame is drawn.
        while player.bodies("a").is_empty() {
            while let Some(update) = player.stream.poll() {
                player.take(update);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        watcher.got("a", 1).await;
        assert_eq!(watcher.resets, [ResetReason::Joined]);
        assert_one_log(&[&player, &watcher]);

        player.stream.close();
        player.until("the end", |it| it.stream.status() == Status::Closed).await;
        assert_eq!(player.statuses.last(), Some(&(Status::Closed, Cause::Closed)));
    });
}

/// 256 bits, as `stadion key` makes them.
const KEY: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";

#[test]
fn a_credential_that_expired_is_asked_for_anew_and_one_that_cannot_change_is_final() {
    let sha256: String = Sha256::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    let server = Server::with(&format!(
        "[[namespace]]\nname = \"game\"\nkind = \"lockstep\"\nanonymous = []\n\
         [[key]]\nname = \"bot\"\nsha256 = \"{sha256}\"\nrights = [\"play game:*\"]\n"
    ));
    let url = format!("http://{}", server.addr());
    Runtime::new().unwrap().block_on(async {
        for options in [Options::default(), polling()] {
            let stale = Options { token: Some(Token::fixed("stale")), ..options.clone() };
            let mut it = Recorder::join(&url, stale).await;
            it.until("the end", |it| it.stream.status() == Status::Closed).await;
            assert_eq!(it.statuses.last(), Some(&(Status::Closed, Cause::Unauthorized)));

            let asked = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&asked);
            let fresh = Token::fresh(move || {
                let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
                async move { Ok(if first { "stale" } else { KEY }.to_owned()) }
            });
            let mut it = Recorder::join(&url, Options { token: Some(fresh), ..options }).await;
            it.joined().await;
            assert_eq!(asked.load(Ordering::SeqCst), 2);
        }
    });
}

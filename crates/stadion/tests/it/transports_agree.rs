//! Whoever reads, by whatever transport, sees the same events in the same order with the same ticks.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::answer::Event;
use crate::harness::{DEADLINE, Server, wait_for};
use crate::player::{Listener, Player, path, watch_path};

/// A small generator (xorshift), so that a failure can be repeated from the seed it prints.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// How many events each client sends.
const EVENTS: i64 = 60;

/// Set once everything was sent: the tick that everybody reads up to.
type Until = AtomicI64;

/// A request with the next up to three of a client's numbered events, and the number of the last.
fn next_request(name: &str, sent: i64, with_seq: bool, chance: &mut Chance) -> (String, i64) {
    let last = EVENTS.min(sent + 1 + i64::try_from(chance.below(3)).unwrap());
    let events: Vec<_> = (sent + 1..=last).map(|n| json!({"Type": name, "Body": n.to_string()})).collect();
    let mut request = json!({"Events": events, "State": {"at": last.to_string()}});
    if with_seq {
        request["Seq"] = json!(last);
    }
    (request.to_string(), last)
}

/// A client that asks: now at once again, now after a pause. With `twice`, requests are repeated as after a lost answer.
fn poller(server: &Server, name: &str, seed: u64, twice: bool, until: &Until) -> Vec<Event> {
    let mut chance = Chance(seed);
    let mut player = Player::join(server.addr(), "s", name);
    let mut sent = 0;
    let mut next = Instant::now();
    wait_for(&format!("{name} to read everything (seed {seed})"), || {
        if Instant::now() < next {
            return None;
        }
        next = Instant::now() + Duration::from_millis(chance.below(40));
        if sent < EVENTS && chance.below(2) == 0 {
            let (request, last) = next_request(name, sent, twice, &mut chance);
            player.sync(&request);
            if twice && chance.below(2) == 0 {
                player.answer_from(0, &request);
            }
            sent = last;
        } else {
            player.poll();
        }
        let until = until.load(Ordering::SeqCst);
        (sent == EVENTS && until > 0 && player.last >= until).then_some(())
    });
    player.log
}

fn pushed(server: &Server, name: &str, seed: u64, every: u64, until: &Until) -> Vec<Event> {
    let mut chance = Chance(seed);
    let address = format!("{}?every={every}", path("s", name, 0));
    let mut listener = Listener::open(server.addr(), &address, 0);
    let began = Instant::now();
    let mut sent = 0;
    loop {
        for _ in 0..every {
            if sent < EVENTS && chance.below(3) > 0 {
                let (request, last) = next_request(name, sent, true, &mut chance);
                listener.socket.send(&request);
                if chance.below(3) == 0 {
                    listener.socket.send(&request);
                }
                sent = last;
            }
        }
        listener.next();
        let until = until.load(Ordering::SeqCst);
        if sent == EVENTS && until > 0 && listener.last >= until {
            return listener.log;
        }
        assert!(began.elapsed() < 2 * DEADLINE, "{name} is at {} of {until} (seed {seed})", listener.last);
    }
}

fn watcher(server: &Server, query: &str, until: &Until) -> Vec<Event> {
    let mut listener = Listener::open(server.addr(), &format!("{}{query}", watch_path("s", 0)), 0);
    let began = Instant::now();
    loop {
        listener.next();
        let until = until.load(Ordering::SeqCst);
        if until > 0 && listener.last >= until {
            return listener.log;
        }
        assert!(began.elapsed() < 2 * DEADLINE, "the watcher {query} is at {} of {until}", listener.last);
    }
}

#[test]
fn all_readers_see_the_same_events_in_the_same_order() {
    let seed = u64::from(std::process::id()) << 32 | 0x9e37_79b9;
    println!("seed {seed}");
    let server = Server::start();
    let mut judge = Player::join(server.addr(), "s", "judge");
    let until = Until::new(0);
    let senders = ["p1", "p2", "q1", "q2", "w1", "w2", "w5"];
    let logs = thread::scope(|scope| {
        let (server, until) = (&server, &until);
        let mut readers = Vec::new();
        for (n, name) in ["p1", "p2"].into_iter().enumerate() {
            readers.push((name, scope.spawn(move || poller(server, name, seed + n as u64, false, until))));
        }
        for (n, name) in ["q1", "q2"].into_iter().enumerate() {
            readers
                .push((name, scope.spawn(move || poller(server, name, seed + 10 + n as u64, true, until))));
        }
        for (name, every) in [("w1", 1), ("w2", 2), ("w5", 5)] {
            readers.push((name, scope.spawn(move || pushed(server, name, seed + 20 + every, every, until))));
        }
        for (name, query) in
            [("watcher", ""), ("delayed watcher", "&delay=300ms"), ("slow watcher", "&every=3")]
        {
            readers.push((name, scope.spawn(move || watcher(server, query, until))));
        }
        // Each sender's last event says that it is done.
        judge.poll_until(&format!("everybody's last event (seed {seed})"), |judge| {
            let last = EVENTS.to_string();
            judge
                .log
                .iter()
                .filter(|event| event.body == last && senders.contains(&event.kind.as_str()))
                .count()
                == senders.len()
        });
        until.store(judge.last, Ordering::SeqCst);
        readers.into_iter().map(|(name, reader)| (name, reader.join().unwrap())).collect::<Vec<_>>()
    });
    let until = until.into_inner();
    let whole: Vec<Event> =
        judge.answer_from(0, "{}").events.into_iter().filter(|event| event.t <= until).collect();
    for (name, mut log) in logs {
        log.retain(|event| event.t <= until);
        assert!(log == whole, "{name} saw another log (seed {seed}):\n{log:?}\ninstead of\n{whole:?}");
    }
    judge.log.retain(|event| event.t <= until);
    assert!(judge.log == whole, "the judge saw another log (seed {seed})");
    for name in senders {
        let own: Vec<i64> = whole
            .iter()
            .filter(|event| event.kind == name)
            .map(|event| event.body.parse().unwrap())
            .collect();
        assert_eq!(
            own,
            (1..=EVENTS).collect::<Vec<_>>(),
            "{name}: each event once and in order (seed {seed})"
        );
        let origins: BTreeSet<_> =
            whole.iter().filter(|event| event.kind == name).map(|event| &event.origin).collect();
        assert_eq!(origins.len(), 1, "{name} has one public id");
    }
}

#[test]
fn a_late_reader_sees_what_the_early_ones_saw() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    for n in 0..20 {
        alice.send("e", &n.to_string());
    }
    alice.poll_to(alice.last + 1);
    let head = alice.last;
    let mut late = [Listener::watch(server.addr(), "s"), Listener::push(server.addr(), "s", "bob")];
    let polled = Player::join(server.addr(), "s", "carol").answer_from(0, "{}");
    let upto = |events: &[Event]| events.iter().filter(|event| event.t <= head).cloned().collect::<Vec<_>>();
    assert_eq!(upto(&polled.events), alice.log);
    for listener in &mut late {
        listener.next_until("the head", |listener| listener.last >= head);
        assert_eq!(upto(&listener.log), alice.log);
    }
}

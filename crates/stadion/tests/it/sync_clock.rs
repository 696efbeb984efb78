//! A stream's clock, and which tick an event is stamped with.

use std::time::{Duration, Instant};

use crate::harness::{Server, wait_for};
use crate::player::{Player, one_event};

/// The number of whole ticks in a time.
fn ticks(time: Duration, tick: Duration) -> i64 {
    i64::try_from(time.as_micros() / tick.as_micros()).unwrap()
}

/// Polls for a while and holds each T against the time that can have passed on the server.
fn check_clock(server: &Server, stream: &str, tick: Duration, measure: Duration) {
    let sent = Instant::now();
    let mut alice = Player::join(server.addr(), stream, "alice");
    let joined = Instant::now();
    assert_eq!(alice.last, 0);
    wait_for("the end of the measurement", || {
        let asked = Instant::now();
        let answer = alice.poll();
        let (least, most) = (ticks(asked - joined, tick), ticks(sent.elapsed(), tick));
        assert!((least..=most).contains(&answer.t), "T is {}, by the clock {least} to {most}", answer.t);
        (sent.elapsed() > measure).then_some(())
    });
}

#[test]
fn the_tick_is_exactly_50_ms_from_the_streams_start() {
    check_clock(&Server::start(), "s", Duration::from_millis(50), Duration::from_millis(1500));
}

#[test]
fn a_namespace_has_its_own_tick() {
    let server = Server::with("[[namespace]]\nname = \"fast\"\nkind = \"lockstep\"\ntick = \"10ms\"\n");
    check_clock(&server, "fast:one", Duration::from_millis(10), Duration::from_millis(600));
    check_clock(&server, "slow", Duration::from_millis(50), Duration::from_millis(300));
}

#[test]
fn the_clock_runs_while_nobody_asks() {
    let server = Server::start();
    let mut quiet = Player::join(server.addr(), "quiet", "alice");
    Player::join(server.addr(), "other", "bob").poll_to(12);
    assert!(quiet.poll().t >= 12, "{}", quiet.last);
}

#[test]
fn an_event_is_stamped_with_the_tick_after_the_last_announced() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut clock = Player::join(server.addr(), "clock", "carol");
    for n in 0..10 {
        // Ticks pass that nobody was told of: they are still open.
        clock.poll_to(clock.last + n % 3);
        let announced = alice.last;
        let kind = format!("e{n}");
        alice.send(&kind, "");
        let event = alice.poll_for(&kind);
        assert_eq!(event.t, announced + 1, "{event:?}");
    }
}

#[test]
fn what_was_stamped_with_a_tick_that_has_come_is_in_the_same_answer() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    Player::join(server.addr(), "clock", "carol").poll_to(3);
    let answer = alice.send("e", "");
    assert!(answer.t >= 3, "{}", answer.raw);
    assert_eq!(answer.kinds(), ["_a", "_c", "e"]);
    assert_eq!(answer.events[2].t, 1, "tick 1 was announced to nobody");
}

#[test]
fn an_announcement_to_one_closes_the_tick_for_all() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    let mut bob = Player::join(server.addr(), "s", "bob");
    bob.poll_to(4);
    let announced = bob.last;
    alice.send("e", "from behind");
    let event = bob.poll_for("e");
    assert_eq!(event.t, announced + 1);
    assert_eq!(alice.poll_for("e"), event);
}

#[test]
fn connecting_is_stamped_by_the_same_rule() {
    let server = Server::start();
    let mut alice = Player::join(server.addr(), "s", "alice");
    alice.poll_to(3);
    let announced = alice.last;
    let mut bob = Player::new(server.addr(), "s", "bob");
    let first = bob.sync(&one_event("hello", ""));
    assert_eq!(first.proxy_id, "2");
    bob.poll_for("hello");
    let new: Vec<_> = bob.log.iter().filter(|event| event.t > 1).collect();
    assert_eq!(new.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["_c", "hello"]);
    assert!(new.iter().all(|event| event.t == announced + 1), "{new:?}");
    assert_eq!(new[0].body, "2");
}

#[test]
fn a_closed_tick_is_never_stamped_again() {
    let server = Server::start();
    let mut players: Vec<_> = (0..4).map(|n| Player::join(server.addr(), "s", &format!("p{n}"))).collect();
    for round in 0..40 {
        for (n, player) in players.iter_mut().enumerate() {
            match (round + n) % 3 {
                0 => player.send("e", &format!("{n}:{round}")),
                _ => player.poll(),
            };
        }
    }
    let head = players.iter().map(|player| player.last).max().unwrap();
    for player in &mut players {
        player.poll_to(head);
    }
    // Whatever was handed out piece by piece is the log: nothing came into a tick after it was handed out.
    for player in &mut players {
        let upto = player.last;
        let mut whole = player.answer_from(0, "{}").events;
        whole.retain(|event| event.t <= upto);
        assert_eq!(player.log, whole);
    }
}

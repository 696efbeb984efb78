//! The way of one event, as ARCHITECTURE.md numbers it: from one socket through the stream and its log to all others.

use serde_json::json;

use crate::answer::Event;
use crate::harness::Server;
use crate::player::{Listener, Player};

#[test]
fn path_of_one_event() {
    let server = Server::start();
    let addr = server.addr();
    // Who is there: a push connection that sends, another one, a watcher, one who polls; each at the head.
    let mut sender = Listener::push(addr, "game:path", "sender");
    let mut other = Listener::push(addr, "game:path", "other");
    let mut watcher = Listener::watch(addr, "game:path");
    let mut poller = Player::join(addr, "game:path", "poller");
    for listener in [&mut sender, &mut other, &mut watcher] {
        listener.next_until("all three to be connected", |l| {
            l.log.iter().filter(|event| event.kind == "_c").count() == 3
        });
    }
    let announced = sender.last.max(other.last).max(watcher.last);

    // 1 to 6: it is sent with the client's own count, stamped, written, and counted.
    let body = "1,\"0\" <é>\u{2028}";
    sender.socket.send(&json!({"Events": [{"Type": "steer", "Body": body}], "Seq": 1}).to_string());
    // A retry after an answer that seemed lost.
    sender.socket.send(&json!({"Events": [{"Type": "steer", "Body": body}], "Seq": 1}).to_string());

    // 7 to 9: at the next tick everybody is told, the sender too.
    let at_sender = sender.next_for("steer");
    assert!(at_sender.t > announced, "tick {announced} was closed, and {} is not after it", at_sender.t);
    assert_eq!(at_sender, Event::new(at_sender.t, "steer", &sender.first.proxy_id, body));
    assert_eq!(other.next_for("steer"), at_sender);
    assert_eq!(watcher.next_for("steer"), at_sender);
    assert_eq!(poller.poll_for("steer"), at_sender);
    let counted = sender.socket.answer_where("the count", |answer| answer.seq().is_some());
    assert_eq!(counted.seq(), Some(1));

    // One log for all: whoever comes later reads the same from the beginning, the event once.
    let tick = at_sender.t;
    let mut late = Player::join(addr, "game:path", "late");
    late.poll_until("its own connect", |player| player.last >= tick && player.ids_of("_c").len() == 4);
    let up_to_tick = |log: &[Event]| log.iter().filter(|event| event.t <= tick).cloned().collect::<Vec<_>>();
    assert_eq!(late.log.iter().filter(|event| event.kind == "steer").count(), 1);
    for log in [&sender.log, &other.log, &watcher.log, &poller.log] {
        assert_eq!(up_to_tick(log), up_to_tick(&late.log));
    }
}

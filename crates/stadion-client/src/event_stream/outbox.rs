//! The client's events that the server has not confirmed.

use std::collections::VecDeque;

/// Some minutes of a player's input; one who is away for longer has left the game.
const EVENTS_MAX: usize = 1_000;
const BYTES_MAX: usize = 256 * 1024;
/// A message stays well below any server's limit, so that one refused event takes few others along.
const BATCH_EVENTS_MAX: usize = 100;
const BATCH_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) kind: String,
    pub(super) body: String,
}

/// What is unconfirmed, and the count (`Seq`) of what is confirmed. Event number `written + 1` is the first in here.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    written: u64,
    /// Whether the events in here have their numbers; before the server's first word they have not, and none was sent.
    numbered: bool,
    events: VecDeque<Draft>,
    bytes: usize,
}

impl Draft {
    fn size(&self) -> usize {
        self.kind.len() + self.body.len()
    }
}

impl Outbox {
    /// How many of this client's events are in the stream.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The number of the last event in here.
    pub(super) fn last(&self) -> u64 {
        self.written + self.events.len() as u64
    }

    /// False when there is no room.
    pub(super) fn push(&mut self, event: Draft) -> bool {
        let bytes = self.bytes + event.size();
        if self.events.len() >= EVENTS_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.events.push_back(event);
        true
    }

    /// The server has `written` of this client's events; they need not be kept.
    pub(super) fn acknowledge(&mut self, written: u64) {
        while self.written < written && self.drop_first().is_some() {
            self.written += 1;
        }
    }

    /// The server's count at the beginning of a connection stands above the own one: it may have forgotten this
    /// client, or know of events that another life of this client sent.
    pub(super) fn align(&mut self, written: u64) {
        if self.numbered {
            self.acknowledge(written);
        }
        self.written = written;
        self.numbered = true;
    }

    /// The events after number `after` that go into the next message.
    pub(super) fn batch(&self, after: u64, one: bool) -> Vec<&Draft> {
        let first = usize::try_from(after.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |(index, event): &(usize, &Draft)| {
            bytes += event.size();
            *index == 0 || bytes <= BATCH_BYTES_MAX
        };
        let events_max = if one { 1 } else { BATCH_EVENTS_MAX };
        self.events
            .iter()
            .skip(first)
            .take(events_max)
            .enumerate()
            .take_while(fits)
            .map(|(_, event)| event)
            .collect()
    }

    /// Takes out the first event, which the server refuses; those after it move up by one number.
    pub(super) fn drop_first(&mut self) -> Option<Draft> {
        let event = self.events.pop_front()?;
        self.bytes -= event.size();
        Some(event)
    }

    /// Forgets everything and counts anew; returns how many events are lost by it.
    pub(super) fn clear(&mut self) -> usize {
        std::mem::take(self).events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: usize) -> Outbox {
        let mut outbox = Outbox::default();
        for i in 1..=n {
            assert!(outbox.push(Draft { kind: "a".into(), body: i.to_string() }));
        }
        outbox
    }

    fn bodies(events: &[&Draft]) -> Vec<String> {
        events.iter().map(|event| event.body.clone()).collect()
    }

    #[test]
    fn numbers_stay_with_their_events() {
        let mut outbox = filled(5);
        outbox.align(0);
        outbox.acknowledge(2);
        assert_eq!((outbox.written(), outbox.last()), (2, 5));
        assert_eq!(bodies(&outbox.batch(3, false)), ["4", "5"]);
        assert_eq!(bodies(&outbox.batch(2, true)), ["3"]);
        outbox.acknowledge(1);
        assert_eq!(outbox.written(), 2, "an old answer is no news");
        outbox.drop_first();
        assert_eq!(bodies(&outbox.batch(2, false)), ["4", "5"]);
        outbox.align(9);
        assert_eq!((outbox.written(), outbox.len()), (9, 0), "another life sent more");
        outbox.push(Draft { kind: "a".into(), body: "6".into() });
        outbox.align(0);
        assert_eq!(bodies(&outbox.batch(0, false)), ["6"], "a server that forgot gets it as the first");
    }

    #[test]
    fn what_was_never_sent_is_not_taken_for_what_the_server_has() {
        let mut outbox = filled(2);
        outbox.align(7);
        assert_eq!(bodies(&outbox.batch(7, false)), ["1", "2"]);
        outbox.align(8);
        assert_eq!(bodies(&outbox.batch(8, false)), ["2"]);
    }

    #[test]
    fn a_message_and_the_whole_are_bounded() {
        assert_eq!(filled(150).batch(0, false).len(), BATCH_EVENTS_MAX);
        let mut outbox = filled(EVENTS_MAX);
        assert!(!outbox.push(Draft { kind: String::new(), body: String::new() }));
        assert_eq!(outbox.clear(), EVENTS_MAX);
        let big = || Draft { kind: String::new(), body: "x".repeat(BATCH_BYTES_MAX - 10) };
        for _ in 0..4 {
            assert!(outbox.push(big()));
        }
        assert!(!outbox.push(big()));
        assert_eq!(outbox.batch(0, false).len(), 1);
    }
}

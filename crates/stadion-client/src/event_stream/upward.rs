//! What goes up on the present connection.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::outbox::{Draft, Outbox};

/// What one measurement weighs in the smoothed ping.
const PING_WEIGHT: f64 = 0.2;

/// A message to the server (wire/event-stream.md).
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Sent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<BTreeMap<String, String>>,
    pub(super) seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<HashReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) epoch: Option<String>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    pub(super) body: String,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HashReport {
    pub(super) t: i64,
    pub(super) hash: String,
}

/// What the server refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Culprit {
    Event(Draft),
    State,
    /// From now on one thing at a time, after a fresh start.
    Unknown,
    /// The refusal is not about anything that was sent.
    Nothing,
}

/// Which events were sent on the present connection, the newest state and hash, and how long events take until they
/// are confirmed.
///
/// Normally everything goes out at once. When the server has refused something and did not say what, it is *careful*:
/// one thing at a time, so that the next refusal names the culprit.
#[derive(Debug, Default)]
pub(super) struct Upward {
    pub(super) outbox: Outbox,
    pub(super) ping: Option<Duration>,
    /// The number of the last event that was sent on this connection.
    sent: u64,
    careful: bool,
    state: Option<BTreeMap<String, String>>,
    state_sent: bool,
    hash: Option<HashReport>,
    probe: Option<(u64, Instant)>,
}

impl Upward {
    pub(super) fn set_state(&mut self, state: BTreeMap<String, String>) {
        self.state = Some(state);
        self.state_sent = false;
    }

    pub(super) fn set_hash(&mut self, t: i64, hash: String) {
        self.hash = Some(HashReport { t, hash });
    }

    /// Another life of the stream: its ticks are not those that were hashed.
    pub(super) fn forget_hash(&mut self) {
        self.hash = None;
    }

    /// Everything that is not known to be written is to be sent (again), and the state with it.
    pub(super) fn rewind(&mut self) {
        self.sent = self.outbox.written();
        self.state_sent = false;
        self.probe = None;
    }

    /// The next message, or `None` when there is nothing to say.
    pub(super) fn take(&mut self, now: Instant) -> Option<Message> {
        if self.careful && self.sent > self.outbox.written() {
            return None;
        }
        let events: Vec<Sent> = self
            .outbox
            .batch(self.sent, self.careful)
            .into_iter()
            .map(|event| Sent { kind: event.kind.clone(), body: event.body.clone() })
            .collect();
        let alone = self.careful && !events.is_empty();
        let state = if self.state_sent || alone { None } else { self.state.clone() };
        let hash = if alone { None } else { self.hash.take() };
        if events.is_empty() && state.is_none() && hash.is_none() {
            return None;
        }
        self.sent += events.len() as u64;
        if !events.is_empty() && self.probe.is_none() {
            self.probe = Some((self.sent, now));
        }
        self.state_sent |= state.is_some();
        Some(Message { events, state, seq: self.sent, hash, epoch: None })
    }

    /// A message that only asks how much was written.
    pub(super) fn idle(&self) -> Message {
        Message { events: Vec::new(), state: None, seq: self.sent, hash: None, epoch: None }
    }

    /// Takes the server's count.
    pub(super) fn acknowledge(&mut self, written: u64, now: Instant) {
        self.outbox.acknowledge(written);
        self.sent = self.sent.max(self.outbox.written());
        self.careful &= self.outbox.len() > 0;
        if let Some((seq, at)) = self.probe
            && written >= seq
        {
            self.measured(now.duration_since(at));
            self.probe = None;
        }
    }

    /// Takes the time of one round trip.
    pub(super) fn measured(&mut self, round_trip: Duration) {
        self.ping = Some(match self.ping {
            None => round_trip,
            Some(ping) => ping.mul_f64(1.0 - PING_WEIGHT) + round_trip.mul_f64(PING_WEIGHT),
        });
    }

    /// The server refused what was sent: takes the culprit out of the way, or begins to look for it.
    pub(super) fn refused(&mut self) -> Culprit {
        if !self.careful && (self.outbox.len() > 0 || self.state.is_some()) {
            self.careful = true;
            return Culprit::Unknown;
        }
        if self.sent > self.outbox.written() {
            self.sent = self.outbox.written();
            self.probe = None;
            let culprit = self.outbox.drop_first();
            self.careful = self.outbox.len() > 0;
            return culprit.map_or(Culprit::Nothing, Culprit::Event);
        }
        if self.state.take().is_some() { Culprit::State } else { Culprit::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_events(n: u32) -> Upward {
        let mut upward = Upward::default();
        for i in 1..=n {
            upward.outbox.push(Draft { kind: "a".into(), body: i.to_string() });
        }
        upward
    }

    fn bodies(message: Option<Message>) -> Vec<String> {
        message.map_or(Vec::new(), |message| message.events.into_iter().map(|event| event.body).collect())
    }

    #[test]
    fn a_message_has_the_wires_names_and_nothing_empty() {
        let mut upward = with_events(1);
        upward.set_hash(7, "00ff".into());
        let json = |message| serde_json::to_string(&message).unwrap();
        assert_eq!(
            json(upward.take(Instant::now()).unwrap()),
            r#"{"Events":[{"Type":"a","Body":"1"}],"Seq":1,"Hash":{"T":7,"Hash":"00ff"}}"#
        );
        assert_eq!(json(upward.idle()), r#"{"Seq":1}"#);
    }

    #[test]
    fn after_a_lost_connection_what_is_unconfirmed_goes_again_and_the_state_with_it() {
        let now = Instant::now();
        let mut upward = with_events(3);
        upward.set_state(BTreeMap::from([("k".to_owned(), "v".to_owned())]));
        assert!(upward.take(now).unwrap().state.is_some());
        assert_eq!(upward.take(now), None);
        upward.acknowledge(1, now + Duration::from_millis(80));
        upward.rewind();
        let again = upward.take(now).unwrap();
        assert_eq!((again.seq, again.state.is_some()), (3, true));
        assert_eq!(bodies(Some(again)), ["2", "3"]);
    }

    #[test]
    fn the_ping_is_the_time_until_an_event_is_confirmed() {
        let now = Instant::now();
        let mut upward = with_events(2);
        upward.take(now);
        upward.acknowledge(1, now + Duration::from_millis(50));
        assert_eq!(upward.ping, None, "the second of the message is not confirmed");
        upward.acknowledge(2, now + Duration::from_millis(100));
        assert_eq!(upward.ping, Some(Duration::from_millis(100)));
    }

    #[test]
    fn one_at_a_time_a_refusal_names_its_culprit() {
        let now = Instant::now();
        let mut upward = with_events(3);
        upward.take(now);
        assert_eq!(upward.refused(), Culprit::Unknown);
        upward.rewind();
        assert_eq!(bodies(upward.take(now)), ["1"]);
        assert_eq!(upward.take(now), None, "the first is on its way");
        upward.acknowledge(1, now);
        assert_eq!(bodies(upward.take(now)), ["2"]);
        assert!(matches!(upward.refused(), Culprit::Event(event) if event.body == "2"));
        assert_eq!(bodies(upward.take(now)), ["3"]);
        upward.acknowledge(2, now);
        assert_eq!(upward.refused(), Culprit::Nothing);
    }
}

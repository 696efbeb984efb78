//! How far this client is: in which life of the stream, up to which tick, and how much of its own the stream has.
//! It knows nothing of connections but that each begins with an answer that holds `Epoch` and `Seq`.

use serde::Deserialize;
use tokio::time::Instant;

use super::ending::{Cause, Ending, Remedy};
use super::upward::{Culprit, Upward};
use super::{ConnectError, ResetReason, Status, Update, identity};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) upward: Upward,
    pub(super) id: String,
    /// "" while it is not known.
    pub(super) epoch: String,
    /// No tick after this one was handed out.
    pub(super) last_known: i64,
    pub(super) cause: Cause,
    renewable: bool,
    /// What the next first answer is to be announced as.
    reset: Option<ResetReason>,
    dropped: usize,
}

/// What a stream needs to know of a connection, whichever its transport.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) status: Status,
    /// No answer was accepted yet.
    pub(super) first: bool,
    /// The last tick that was asked for or came.
    pub(super) cursor: i64,
    /// The epoch that was asked for; "" for any.
    pub(super) epoch: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalText,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefusalText {
    code: String,
    message: String,
}

/// The code and the words of a refusal, if it is one.
pub(super) fn refusal(text: &str) -> Option<(String, String)> {
    let Refusal { error } = serde_json::from_str(text).ok()?;
    Some((error.code, error.message))
}

impl Progress {
    pub(super) fn new(id: String, renewable: bool) -> Self {
        Self {
            upward: Upward::default(),
            id,
            epoch: String::new(),
            last_known: 0,
            cause: Cause::Joined,
            renewable,
            reset: Some(ResetReason::Joined),
            dropped: 0,
        }
    }

    /// What any connection brings passes through here. An `Err` ends the connection.
    pub(super) fn receive(
        &mut self,
        connection: &mut Connection,
        text: &str,
        now: Instant,
    ) -> Result<Vec<Update>, Ending> {
        if let Some((code, message)) = refusal(text) {
            return self.refused(connection, &code, &message);
        }
        let answer: Answer = serde_json::from_str(text)
            .map_err(|error| Ending::bad_answer(format!("the server's answer is none: {error}")))?;
        check(&answer, connection.cursor)?;
        let mut updates = Vec::new();
        if connection.first {
            self.begin(connection, &answer, &mut updates)?;
        }
        connection.cursor = answer.t;
        self.acknowledge(&answer, now)?;
        updates.extend(self.advance(answer).map(Update::Answer));
        Ok(updates)
    }

    /// The first answer of a connection: which epoch it is in, and how much of what was sent is written.
    fn begin(
        &mut self,
        connection: &mut Connection,
        answer: &Answer,
        updates: &mut Vec<Update>,
    ) -> Result<(), Ending> {
        let epoch = answer.epoch.as_deref().unwrap_or_default();
        if epoch.is_empty() || (!connection.epoch.is_empty() && connection.epoch != epoch) {
            return Err(Ending::bad_answer("the first answer is not of the epoch that was asked for"));
        }
        connection.first = false;
        epoch.clone_into(&mut self.epoch);
        self.upward.outbox.align(answer.seq.unwrap_or_default());
        self.upward.rewind();
        updates.push(Update::Status { status: connection.status, cause: self.cause });
        if let Some(reason) = self.reset.take() {
            let dropped = std::mem::take(&mut self.dropped);
            updates.push(Update::Reset { epoch: self.epoch.clone(), reason, dropped });
        }
        Ok(())
    }

    fn acknowledge(&mut self, answer: &Answer, now: Instant) -> Result<(), Ending> {
        let Some(written) = answer.seq else { return Ok(()) };
        if written > self.upward.outbox.last() && self.renewable {
            // Somebody else sends under this id: only one of the two can keep it.
            let message = "another client uses the same private id";
            return Err(Ending::new(Remedy::RenewIdentity, Cause::Replaced, "", message));
        }
        self.upward.acknowledge(written, now);
        Ok(())
    }

    /// Takes what is new. A connection that was opened beside the present one begins with what that one had already
    /// brought; both read one log, so that leaving out the known ticks leaves no gap.
    fn advance(&mut self, mut answer: Answer) -> Option<Answer> {
        let known = self.last_known;
        if answer.t < known {
            return None;
        }
        answer.events.retain(|event| event.t > known);
        self.last_known = answer.t;
        Some(answer)
    }

    /// An error message on the open socket.
    fn refused(&mut self, connection: &Connection, code: &str, message: &str) -> Result<Vec<Update>, Ending> {
        let ending = Ending::of_error(code, message);
        if ending.remedy != Remedy::Isolate {
            return Err(ending);
        }
        if !connection.first
            && let Some(found) = self.take_out(&ending).update()
        {
            return Ok(vec![found]);
        }
        Err(Ending { remedy: Remedy::Retry, ..ending })
    }

    /// Takes what the server refuses out of the way.
    pub(super) fn take_out(&mut self, ending: &Ending) -> TakenOut {
        let what = match self.upward.refused() {
            Culprit::Nothing => return TakenOut::Nothing,
            Culprit::Unknown => return TakenOut::Searching,
            Culprit::State => "the state".to_owned(),
            Culprit::Event(event) => format!("an event of type {:?}", event.kind),
        };
        let message = format!("the server refuses {what}: {}", ending.message);
        TakenOut::Found(Update::Problem { code: ending.code.clone(), message })
    }

    /// The life of the stream that was known is over.
    pub(super) fn start_over(&mut self, reason: ResetReason) {
        if !self.epoch.is_empty() {
            self.dropped += self.upward.outbox.clear();
        }
        self.epoch.clear();
        self.last_known = 0;
        self.upward.forget_hash();
        self.upward.rewind();
        self.reset.get_or_insert(reason);
    }

    /// Becomes somebody else, who has sent nothing yet; `None` when the id is not to be given up. Otherwise how many
    /// unconfirmed events are: whether the stream has them nobody can say.
    pub(super) fn renew_identity(&mut self) -> Result<Option<usize>, ConnectError> {
        if !self.renewable {
            return Ok(None);
        }
        self.id = identity::make()?;
        let dropped = self.upward.outbox.clear();
        self.upward.rewind();
        Ok(Some(dropped))
    }
}

/// What came of a refusal.
#[derive(Debug)]
pub(super) enum TakenOut {
    Found(Update),
    Searching,
    /// Nothing that was sent can be at fault.
    Nothing,
}

impl TakenOut {
    pub(super) fn update(self) -> Option<Update> {
        match self {
            Self::Found(update) => Some(update),
            Self::Searching | Self::Nothing => None,
        }
    }
}

/// Holds an answer against what was asked for: events after `last_known` up to the answer's T, in order. Anything else
/// would be a gap, a duplicate, or a tick that may still change.
fn check(answer: &Answer, last_known: i64) -> Result<(), Ending> {
    if answer.t < last_known {
        let message = format!("the server went back from tick {last_known} to {}", answer.t);
        return Err(Ending::bad_answer(message));
    }
    let mut before = last_known.saturating_add(1);
    for event in &answer.events {
        if event.t < before || event.t > answer.t {
            let message = format!("an event of tick {} in the answer for {before} to {}", event.t, answer.t);
            return Err(Ending::bad_answer(message));
        }
        before = event.t;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_stream::outbox::Draft;

    fn joined() -> (Progress, Connection) {
        let mut progress = Progress::new("id".into(), true);
        let mut connection = open("", 0);
        let first = r#"{"T":4,"Events":[{"T":1,"Type":"_a","Origin":"_","Body":"1"}],"States":[],"ProxyId":"1","Epoch":"E","Seq":0}"#;
        let updates = progress.receive(&mut connection, first, Instant::now()).unwrap();
        assert!(matches!(updates[0], Update::Status { status: Status::Open, cause: Cause::Joined }));
        assert!(
            matches!(&updates[1], Update::Reset { epoch, reason: ResetReason::Joined, dropped: 0 } if epoch == "E")
        );
        assert!(matches!(&updates[2], Update::Answer(answer) if answer.t == 4));
        (progress, connection)
    }

    fn open(epoch: &str, cursor: i64) -> Connection {
        Connection { status: Status::Open, first: true, cursor, epoch: epoch.into() }
    }

    fn answer(t: i64, stamps: &[i64], more: &str) -> String {
        let events: Vec<String> =
            stamps.iter().map(|t| format!(r#"{{"T":{t},"Type":"a","Origin":"1","Body":""}}"#)).collect();
        format!(r#"{{"T":{t},"Events":[{}],"States":[],"ProxyId":"1"{more}}}"#, events.join(","))
    }

    #[test]
    fn gaps_duplicates_and_ticks_ahead_are_not_believed() {
        for (t, stamps) in [(6, &[4][..]), (6, &[7]), (6, &[6, 5]), (3, &[])] {
            let (mut progress, mut connection) = joined();
            let wrong = answer(t, stamps, "");
            let ending = progress.receive(&mut connection, &wrong, Instant::now()).unwrap_err();
            assert_eq!((ending.remedy, ending.cause), (Remedy::Retry, Cause::BadAnswer), "{wrong}");
            assert_eq!(progress.last_known, 4);
        }
        let (mut progress, mut connection) = joined();
        let right = answer(6, &[5, 5, 6], "");
        assert_eq!(progress.receive(&mut connection, &right, Instant::now()).unwrap().len(), 1);
    }

    #[test]
    fn a_connection_opened_beside_another_leaves_out_what_that_one_brought() {
        let (mut progress, mut pushed) = joined();
        let mut beside = open("E", 4);
        progress.receive(&mut pushed, &answer(6, &[5, 6], ""), Instant::now()).unwrap();
        let first = answer(7, &[5, 6, 7], r#","Epoch":"E","Seq":0"#);
        let updates = progress.receive(&mut beside, &first, Instant::now()).unwrap();
        assert!(matches!(&updates[1], Update::Answer(answer) if answer.t == 7 && answer.events.len() == 1));
    }

    #[test]
    fn another_epoch_than_asked_for_is_not_believed_and_a_new_one_voids_what_was() {
        let (mut progress, _) = joined();
        let first = answer(0, &[], r#","Epoch":"F","Seq":0"#);
        assert!(progress.receive(&mut open("E", 0), &first, Instant::now()).is_err());
        progress.upward.outbox.push(Draft { kind: "a".into(), body: String::new() });
        progress.start_over(ResetReason::EpochChanged);
        let updates = progress.receive(&mut open("", 0), &first, Instant::now()).unwrap();
        let reset = Update::Reset { epoch: "F".into(), reason: ResetReason::EpochChanged, dropped: 1 };
        assert_eq!(updates[1], reset);
    }

    #[test]
    fn a_count_above_ones_own_means_that_somebody_else_has_this_id() {
        let (mut progress, mut connection) = joined();
        let ending =
            progress.receive(&mut connection, &answer(5, &[], r#","Seq":1"#), Instant::now()).unwrap_err();
        assert_eq!(ending.remedy, Remedy::RenewIdentity);
    }
}

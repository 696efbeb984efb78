//! The lockstep layer: answers in, ordered requests out, no callbacks. For those who would rather
//! not have a driver (an entity component system, say), and what the driver stands on.

use std::collections::VecDeque;

use crate::answer::{Answer, Event};
use crate::random::{Seed, SeedError};

/// What the simulation has to do next. Every client of a stream gets the same requests in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Begin a new game with this seed, nobody is there yet.
    Reset {
        /// The tick it stands before.
        t: i64,
        /// Of all random numbers.
        seed: Seed,
    },
    /// A client is there.
    Connect {
        /// The tick it stands before.
        t: i64,
        /// The client's public id.
        id: String,
    },
    /// A client is gone.
    Disconnect {
        /// The tick it stands before.
        t: i64,
        /// The client's public id.
        id: String,
    },
    /// A client's event; it stands before the tick it is stamped with.
    Event(Event),
    /// Simulate tick `t`; everything that belongs before it has been said.
    Tick {
        /// Counts from 1 without a gap.
        t: i64,
    },
}

impl Request {
    /// The tick to simulate, or the one that this stands before.
    #[must_use]
    pub fn t(&self) -> i64 {
        match self {
            Request::Reset { t, .. }
            | Request::Connect { t, .. }
            | Request::Disconnect { t, .. }
            | Request::Tick { t }
            | Request::Event(Event { t, .. }) => *t,
        }
    }
}

/// An answer that does not continue the ones before it. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockstepError {
    /// An answer is older than the one before it.
    #[error("an answer of tick {t} came after one of tick {last_known}")]
    Backwards {
        /// The answer's tick.
        t: i64,
        /// The tick of the one before it.
        last_known: i64,
    },
    /// An event is stamped with a tick that had been announced.
    #[error("an event is stamped {t}, but tick {last_known} was announced before")]
    ClosedTick {
        /// The event's tick.
        t: i64,
        /// The last tick that was announced.
        last_known: i64,
    },
    /// Events do not stand in stream order.
    #[error("an event of tick {t} came after one of tick {previous}")]
    Unordered {
        /// The event's tick.
        t: i64,
        /// That of the one before it.
        previous: i64,
    },
    /// An event lies past the answer's own tick.
    #[error("an event of tick {t} came in an answer of tick {answer_t}")]
    BeyondAnswer {
        /// The event's tick.
        t: i64,
        /// The answer's.
        answer_t: i64,
    },
    /// The stream does not begin with `_a`.
    #[error("the stream does not begin with \"_a\"")]
    NotOpened,
    /// `_a` holds no seed.
    #[error(transparent)]
    BadSeed(#[from] SeedError),
    /// A saved simulation is older than this one.
    #[error("cannot go back from tick {t} to tick {to}")]
    Passed {
        /// The last tick that was handed out.
        t: i64,
        /// The saved one.
        to: i64,
    },
}

impl LockstepError {
    /// The error's name, the same in both languages.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            LockstepError::Backwards { .. } => "backwards",
            LockstepError::ClosedTick { .. } => "closed_tick",
            LockstepError::Unordered { .. } => "unordered",
            LockstepError::BeyondAnswer { .. } => "beyond_answer",
            LockstepError::NotOpened => "not_opened",
            LockstepError::BadSeed(_) => "bad_seed",
            LockstepError::Passed { .. } => "passed",
        }
    }
}

/// Turns answers into requests, tick by tick, and never passes the last tick that the server announced.
///
/// What is not simulated yet is held here, at most the stream itself, whose size the server bounds.
#[derive(Debug, Clone, Default)]
pub struct Lockstep {
    requests: VecDeque<Request>,
    opened: bool,
    t: i64,
    last_known: i64,
}

impl Lockstep {
    /// Before the first answer.
    #[must_use]
    pub fn new() -> Lockstep {
        Lockstep::default()
    }

    /// The last tick that was handed out; 0 before the first.
    #[must_use]
    pub fn t(&self) -> i64 {
        self.t
    }

    /// The last tick that the server announced: as far as a simulation may go.
    #[must_use]
    pub fn last_known(&self) -> i64 {
        self.last_known
    }

    /// How many ticks are ready to be simulated.
    #[must_use]
    pub fn behind(&self) -> i64 {
        self.last_known - self.t
    }

    /// Forgets everything: the stream has a new epoch.
    pub fn reset(&mut self) {
        *self = Lockstep::default();
    }

    /// Goes on after tick `to` of a saved simulation, without the requests up to it.
    ///
    /// # Errors
    /// [`LockstepError::Passed`] if a later tick was handed out already.
    pub fn skip_to(&mut self, to: i64) -> Result<(), LockstepError> {
        if to < self.t {
            return Err(LockstepError::Passed { t: self.t, to });
        }
        while self.requests.pop_front_if(|request| request.t() <= to).is_some() {}
        self.opened |= to > 0;
        self.t = to;
        self.last_known = self.last_known.max(to);
        Ok(())
    }

    /// Takes the next answer.
    ///
    /// # Errors
    /// If it does not continue the ones before it; then nothing of it was taken.
    pub fn push(&mut self, answer: Answer) -> Result<(), LockstepError> {
        self.check(&answer)?;
        let requests = answer.events.into_iter().map(request).collect::<Result<Vec<_>, _>>()?;
        self.opened |= !requests.is_empty();
        self.requests.extend(requests);
        self.last_known = answer.t;
        Ok(())
    }

    /// The next thing to do, `None` when the last known tick is reached.
    #[expect(clippy::should_implement_trait, reason = "it goes on after None, when the next answer is there")]
    pub fn next(&mut self) -> Option<Request> {
        let next_t = self.t + 1;
        if let Some(request) = self.requests.pop_front_if(|request| request.t() == next_t) {
            return Some(request);
        }
        if self.t >= self.last_known {
            return None;
        }
        self.t = next_t;
        Some(Request::Tick { t: next_t })
    }

    fn check(&self, answer: &Answer) -> Result<(), LockstepError> {
        let last_known = self.last_known;
        if answer.t < last_known {
            return Err(LockstepError::Backwards { t: answer.t, last_known });
        }
        let mut previous = last_known + 1;
        for &Event { t, .. } in &answer.events {
            if t <= last_known {
                return Err(LockstepError::ClosedTick { t, last_known });
            }
            if t < previous {
                return Err(LockstepError::Unordered { t, previous });
            }
            if t > answer.t {
                return Err(LockstepError::BeyondAnswer { t, answer_t: answer.t });
            }
            previous = t;
        }
        let opens = answer.events.first().is_some_and(|event| event.kind == "_a");
        if !self.opened && answer.t > 0 && !opens {
            return Err(LockstepError::NotOpened);
        }
        Ok(())
    }
}

fn request(event: Event) -> Result<Request, SeedError> {
    Ok(match event.kind.as_str() {
        "_a" => Request::Reset { t: event.t, seed: Seed::parse(&event.body)? },
        "_c" => Request::Connect { t: event.t, id: event.body },
        "_d" => Request::Disconnect { t: event.t, id: event.body },
        _ => Request::Event(event),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(t: i64, kind: &str) -> Event {
        Event { t, kind: kind.into(), origin: "1".into(), body: "1".into() }
    }

    #[test]
    fn skipping_to_a_saved_tick_leaves_out_what_came_before() {
        let mut lockstep = Lockstep::new();
        let events = vec![event(1, "_a"), event(3, "x"), event(5, "y")];
        lockstep.push(Answer { t: 6, events, ..Answer::default() }).unwrap();
        lockstep.skip_to(4).unwrap();
        assert_eq!(lockstep.next(), Some(Request::Event(event(5, "y"))));
        assert_eq!(lockstep.next(), Some(Request::Tick { t: 5 }));
        assert_eq!(lockstep.skip_to(4), Err(LockstepError::Passed { t: 5, to: 4 }));
    }

    #[test]
    fn a_saved_simulation_may_be_ahead_of_every_answer() {
        let mut lockstep = Lockstep::new();
        lockstep.skip_to(100).unwrap();
        let events = vec![event(101, "x")];
        lockstep.push(Answer { t: 101, events, ..Answer::default() }).unwrap();
        assert_eq!(lockstep.next(), Some(Request::Event(event(101, "x"))));
        assert_eq!((lockstep.next(), lockstep.next()), (Some(Request::Tick { t: 101 }), None));
    }
}

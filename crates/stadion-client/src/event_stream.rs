//! A lockstep stream as one client sees it (wire/event-stream.md): answers come down in order, without a gap and none
//! twice, whatever happens to connections; events go up exactly once.
//!
//! A task in the background connects by WebSocket, or else polls, and goes on after losses. What it has to say comes
//! as [`Update`]s, which a program awaits ([`EventStream::next`]) or a game loop takes when it has time
//! ([`EventStream::poll`]).
//!
//! Only `http://` addresses for now: where a server speaks TLS, put a proxy beside the game.

mod address;
mod backoff;
mod chance;
mod ending;
mod identity;
mod options;
mod outbox;
mod progress;
mod simulated_network;
mod task;
mod transport_poll;
mod transport_websocket;
mod upgrade;
mod upward;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::answer::Answer;
use address::Address;
use backoff::Backoff;
use chance::Chance;
pub use ending::Cause;
pub use identity::Identity;
pub use options::{Options, Token};
use outbox::Draft;
use progress::Progress;
pub use simulated_network::Simulate;
use task::Task;

/// Some seconds of answers. A game that takes none for longer is not kept up with: nothing more is read for it, until
/// the server closes the connection as too slow, and what it missed comes when it goes on.
const UPDATES_MAX: usize = 256;

/// What a stream has to say, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// A life of the stream begins for this client: whatever was built from earlier answers is void. Comes before the
    /// first answer of each epoch.
    Reset {
        /// The identity of this life.
        epoch: String,
        /// Why.
        reason: ResetReason,
        /// Events that were sent into another epoch and are given up with it.
        dropped: usize,
    },
    /// The next answer: its events are exactly those after the last one's `t`.
    Answer(Answer),
    /// The state of the connection.
    Status {
        /// What it is now.
        status: Status,
        /// Why the last connection ended; [`Cause::Joined`] at first.
        cause: Cause,
    },
    /// Something was refused or given up; the stream goes on. A server that cannot be reached is a status, no problem.
    Problem {
        /// The server's error code, or one of the client's own: `bad_answer`, `replaced`, `token`.
        code: String,
        /// For people.
        message: String,
    },
    /// The end: nothing comes after this.
    Closed {
        /// Why.
        cause: Cause,
        /// The server's error code, or "".
        code: String,
        /// For people.
        message: String,
    },
}

/// Why a life of the stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResetReason {
    /// It is the first of this object.
    Joined,
    /// The stream lives in another epoch than before.
    EpochChanged,
    /// The one before has ended.
    Ended,
}

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// An attempt is being made.
    Connecting,
    /// Answers are pushed by WebSocket.
    Open,
    /// Answers are asked for.
    Polling,
    /// Until the next attempt.
    Waiting,
    /// For good.
    Closed,
}

/// Why no stream could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not a server's address.
    #[error("not a server's address: {url:?}; it looks like http://127.0.0.1:9922")]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// No stream can have this name.
    #[error("a stream's name has 1 to 128 bytes and no '/': {name:?}")]
    BadName {
        /// What was given.
        name: String,
    },
    /// A private id is 1 to 128 bytes, has no `/` and is not `-`.
    #[error("a private id has 1 to 128 bytes, no '/', and is not '-'")]
    BadIdentity,
    /// The file with the private id cannot be read or made.
    #[error("the private id's file {}: {source}", path.display())]
    IdentityFile {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("no random numbers for a private id: {0}")]
    NoEntropy(getrandom::Error),
    /// A spectator is pushed to; there is nothing to poll.
    #[error("watching needs a WebSocket")]
    WatchingByPolling,
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Types that begin with `_` are the server's.
    #[error("an event's type must not begin with '_'")]
    ReservedType,
    /// Too much is unconfirmed, after minutes without a connection.
    #[error("too many events are unconfirmed")]
    OutboxFull,
    /// A spectator sends nothing.
    #[error("a spectator sends nothing")]
    Spectator,
    /// The stream is closed.
    #[error("the stream is closed")]
    Closed,
}

/// A lockstep stream as one client sees it. Ends when it is dropped.
#[derive(Debug)]
pub struct EventStream {
    updates: mpsc::Receiver<Update>,
    shared: Arc<Shared>,
    watching: bool,
    status: Status,
    public_id: String,
    epoch: String,
    last_known_tick: i64,
}

/// What the stream and its task both have.
#[derive(Debug)]
struct Shared {
    /// Guards what is sent and how far the client is; held for a moment, by either side.
    progress: Mutex<Progress>,
    /// There is something to send.
    changed: Notify,
    closing: Notify,
}

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        // A panic while it was held leaves counts that are still right one by one.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStream {
    /// Takes part in a stream, at a server's base address. Returns at once; the first answer comes as an update. Must
    /// be called inside a tokio runtime, whose threads go on connecting, sending and receiving.
    ///
    /// # Errors
    /// A bad address, name or identity. That the server cannot be reached is no error: it is tried again.
    pub async fn connect(base_url: &str, stream: &str, options: Options) -> Result<Self, ConnectError> {
        let id = options.identity.id()?;
        Self::start(base_url, stream, options, id, false)
    }

    /// Watches a stream without taking part: nothing goes upward. One that does not exist yet is waited for.
    ///
    /// # Errors
    /// A bad address or name, or `polling_only`.
    pub async fn watch(base_url: &str, stream: &str, options: Options) -> Result<Self, ConnectError> {
        if options.polling_only {
            return Err(ConnectError::WatchingByPolling);
        }
        Self::start(base_url, stream, options, "-".to_owned(), true)
    }

    fn start(
        base_url: &str,
        stream: &str,
        options: Options,
        id: String,
        watching: bool,
    ) -> Result<Self, ConnectError> {
        let address = Address::new(base_url, stream)?;
        let shared = Arc::new(Shared {
            progress: Mutex::new(Progress::new(id, options.identity.renewable() && !watching)),
            changed: Notify::new(),
            closing: Notify::new(),
        });
        let (sender, updates) = mpsc::channel(UPDATES_MAX);
        let task = Task {
            address,
            options,
            watching,
            shared: Arc::clone(&shared),
            updates: sender,
            backoff: Backoff::default(),
            chance: Chance::from_entropy(),
            good_since: None,
            tokens_refused: 0,
        };
        tokio::spawn(task.run());
        Ok(Self {
            updates,
            shared,
            watching,
            status: Status::Connecting,
            public_id: String::new(),
            epoch: String::new(),
            last_known_tick: 0,
        })
    }

    /// The next update; `None` after [`Update::Closed`]. Nothing is missed when this is dropped before.
    pub async fn next(&mut self) -> Option<Update> {
        let update = self.updates.recv().await;
        self.note(update)
    }

    /// The next update if there is one by now; never waits.
    pub fn poll(&mut self) -> Option<Update> {
        let update = self.updates.try_recv().ok();
        self.note(update)
    }

    /// Sends an event, exactly once: it is kept until the server confirms it, over lost connections. It takes effect
    /// when it comes back in an answer. Given up (and said) are only what the server refuses, and what is unconfirmed
    /// when the epoch changes or this client is replaced.
    ///
    /// # Errors
    /// The event is not taken; see [`SendError`].
    pub fn send(&self, kind: impl Into<String>, body: impl Into<String>) -> Result<(), SendError> {
        let event = Draft { kind: kind.into(), body: body.into() };
        if event.kind.starts_with('_') {
            return Err(SendError::ReservedType);
        }
        self.check_open()?;
        if !self.shared.progress().upward.outbox.push(event) {
            return Err(SendError::OutboxFull);
        }
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Replaces this client's volatile state, which the others see in their answers' `states`; no part of the
    /// simulation.
    ///
    /// # Errors
    /// [`SendError::Spectator`], [`SendError::Closed`].
    pub fn set_state(&self, state: BTreeMap<String, String>) -> Result<(), SendError> {
        self.check_open()?;
        self.shared.progress().upward.set_state(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Tells the hash of the simulation after tick `t`, for desync detection; only the latest goes out. A spectator's
    /// is nobody's concern.
    pub fn report_hash(&self, t: i64, hash: impl Into<String>) {
        if self.check_open().is_ok() {
            self.shared.progress().upward.set_hash(t, hash.into());
            self.shared.changed.notify_one();
        }
    }

    /// Ends it: what was received so far can still be taken, then comes [`Update::Closed`].
    pub fn close(&self) {
        self.shared.closing.notify_one();
    }

    /// The caller's name in the stream's events, as `"1"`, as of the last update that was taken; "" before the first
    /// answer and for a spectator. It changes when this client was replaced ([`Cause::Replaced`]).
    pub fn public_id(&self) -> &str {
        &self.public_id
    }

    /// The identity of the stream's present life, as of the last update that was taken; "" before the first.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// No tick after this one was handed out.
    pub fn last_known_tick(&self) -> i64 {
        self.last_known_tick
    }

    /// As of the last update that was taken.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Smoothed time from sending an event until the server confirms it, the wait for the next tick included; while
    /// polling, of a poll. `None` before the first.
    pub fn ping(&self) -> Option<Duration> {
        self.shared.progress().upward.ping
    }

    /// Events that were sent and are not confirmed.
    pub fn unconfirmed(&self) -> usize {
        self.shared.progress().upward.outbox.len()
    }

    fn check_open(&self) -> Result<(), SendError> {
        match self.status {
            Status::Closed => Err(SendError::Closed),
            _ if self.watching => Err(SendError::Spectator),
            Status::Connecting | Status::Open | Status::Polling | Status::Waiting => Ok(()),
        }
    }

    fn note(&mut self, update: Option<Update>) -> Option<Update> {
        match &update {
            Some(Update::Reset { epoch, .. }) => {
                epoch.clone_into(&mut self.epoch);
                self.last_known_tick = 0;
            }
            Some(Update::Answer(answer)) => {
                answer.proxy_id.clone_into(&mut self.public_id);
                self.last_known_tick = answer.t;
            }
            Some(Update::Status { status, .. }) => self.status = *status,
            Some(Update::Closed { .. }) => self.status = Status::Closed,
            Some(Update::Problem { .. }) | None => {}
        }
        update
    }
}

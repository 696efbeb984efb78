//! From polling to a WebSocket: tries now and then, beside what goes on.

use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::progress::Connection;
use super::transport_websocket::{NoSocket, Opening, Socket};

const WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Upgrade {
    wait: Duration,
    next: Instant,
    attempt: Option<(Connection, Attempt)>,
}

/// Ends with its owner.
#[derive(Debug)]
struct Attempt(JoinHandle<Result<(Socket, String), NoSocket>>);

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What came first.
#[derive(Debug)]
pub(super) enum Beside<T> {
    Done(T),
    /// The WebSocket with its first text.
    Upgraded(Connection, Box<Socket>, String),
}

impl Upgrade {
    pub(super) fn new(wait: Duration) -> Self {
        Self { wait, next: Instant::now() + wait, attempt: None }
    }

    /// Whether it is time for another attempt.
    pub(super) fn due(&self, now: Instant) -> bool {
        self.attempt.is_none() && now >= self.next
    }

    pub(super) fn begin(&mut self, connection: Connection, opening: Opening) {
        self.attempt = Some((connection, Attempt(tokio::spawn(Socket::open(opening)))));
    }

    /// Does `work`, unless a WebSocket comes about before it is done: then it is dropped.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Beside<T> {
        let mut work = pin!(work);
        loop {
            let opened = tokio::select! {
                biased;
                done = &mut work => return Beside::Done(done),
                opened = opened(&mut self.attempt) => opened,
            };
            if let (Some((connection, _)), Some((socket, first))) = (self.attempt.take(), opened) {
                return Beside::Upgraded(connection, Box::new(socket), first);
            }
            self.wait = (2 * self.wait).min(WAIT_MAX);
            self.next = Instant::now() + self.wait;
        }
    }
}

/// The WebSocket of the attempt, `None` when it failed; never, when there is none.
async fn opened(attempt: &mut Option<(Connection, Attempt)>) -> Option<(Socket, String)> {
    match attempt {
        Some((_, attempt)) => (&mut attempt.0).await.ok().and_then(Result::ok),
        None => pending().await,
    }
}

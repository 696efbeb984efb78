//! The task behind a stream: it connects, hands on what comes, sends what is to be sent, and goes on after losses.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::address::{Address, Query};
use super::backoff::Backoff;
use super::chance::Chance;
use super::ending::{Cause, Ending, Remedy};
use super::progress::{Connection, TakenOut, refusal};
use super::transport_poll::{Lost, Poller, Reply};
use super::transport_websocket::{NoSocket, Opening, Socket, bearer};
use super::upgrade::{Beside, Upgrade};
use super::{Options, ResetReason, Shared, Status, Update};

/// Without a word for this long a connection is lost; a server pings four times as often.
const SILENCE: Duration = Duration::from_secs(10);
/// No stream ticks more slowly than this; every n-th tick is pushed at least that often.
const SLOW_TICK: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A connection that held this long was a good one: the next failure is a first one.
const GOOD_CONNECTION: Duration = Duration::from_secs(5);
/// Credentials refused in a row before it is given up.
const TOKENS_REFUSED_MAX: u32 = 2;
/// Lost polls in a row that are simply repeated; after that the connection counts as lost.
const POLLS_LOST_MAX: u32 = 3;
/// An answer larger than this hints at more that is due (the server cuts at 1 MiB): ask again at once.
const LARGE_ANSWER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Task {
    pub(super) address: Address,
    pub(super) options: Options,
    pub(super) watching: bool,
    pub(super) shared: Arc<Shared>,
    pub(super) updates: mpsc::Sender<Update>,
    pub(super) backoff: Backoff,
    pub(super) chance: Chance,
    /// When the last connection brought its first answer.
    pub(super) good_since: Option<Instant>,
    pub(super) tokens_refused: u32,
}

impl Task {
    /// Runs until it is closed, refused for good, or nobody listens any more.
    pub(super) async fn run(mut self) {
        let updates = self.updates.clone();
        let shared = Arc::clone(&self.shared);
        let ending = tokio::select! {
            ending = self.connect_again_and_again() => ending,
            () = shared.closing.notified() => Ending::new(Remedy::Stop, Cause::Closed, "", "closed by its owner"),
            () = updates.closed() => return,
        };
        let closed = Update::Closed { cause: ending.cause, code: ending.code, message: ending.message };
        // Whoever dropped the stream does not want to know.
        drop(updates.send(closed).await);
    }

    async fn connect_again_and_again(&mut self) -> Ending {
        loop {
            self.status(Status::Connecting).await;
            let ending = self.attempt().await;
            if !self.go_on_after(&ending).await {
                return ending;
            }
            self.shared.progress().cause = ending.cause;
            self.status(Status::Waiting).await;
            sleep(self.backoff.next(&mut self.chance)).await;
        }
    }

    /// One attempt, and what became of it: by WebSocket, and by polling if that does not come about.
    async fn attempt(&mut self) -> Ending {
        let token = match &self.options.token {
            None => None,
            Some(token) => match token.get().await {
                Ok(token) => Some(token),
                Err(error) => {
                    return Ending::new(Remedy::Retry, Cause::Token, "token", format!("no token: {error}"));
                }
            },
        };
        if let Some(Err(ending)) = token.as_deref().map(bearer) {
            return ending;
        }
        if !self.options.polling_only {
            let (connection, opening) = self.opening(token.clone());
            match Socket::open(opening).await {
                Ok((socket, first)) => return self.be_pushed(connection, socket, first).await,
                Err(NoSocket::Closed(ending) | NoSocket::Unreachable(ending)) => return ending,
                Err(NoSocket::Refused(ending)) if self.watching => return ending,
                // A poll's answer tells whether it is the server that refuses, or something on the way.
                Err(NoSocket::Refused(_)) => {}
            }
        }
        self.poll(token).await
    }

    fn opening(&self, token: Option<String>) -> (Connection, Opening) {
        let progress = self.shared.progress();
        let cursor = progress.last_known;
        let Options { every, delay, .. } = self.options;
        let query = Query { watch: self.watching, epoch: &progress.epoch, every, delay };
        let opening = Opening {
            authority: self.address.authority.clone(),
            path: self.address.socket(&progress.id, cursor, query),
            token,
            first_answer: self.options.first_answer,
            silence_max: SILENCE + delay + SLOW_TICK * every,
            simulate: self.options.simulate.clone(),
        };
        (Connection { status: Status::Open, first: true, cursor, epoch: progress.epoch.clone() }, opening)
    }

    async fn be_pushed(&mut self, mut connection: Connection, mut socket: Socket, first: String) -> Ending {
        let shared = Arc::clone(&self.shared);
        let mut text = Some(first);
        loop {
            if let Some(text) = text.take()
                && let Err(ending) = self.receive(&mut connection, &text).await
            {
                return ending;
            }
            self.send_through(&mut socket);
            tokio::select! {
                next = socket.next() => match next {
                    Ok(next) => text = Some(next),
                    Err(ending) => return ending,
                },
                () = shared.changed.notified() => {}
            }
        }
    }

    fn send_through(&self, socket: &mut Socket) {
        if self.watching {
            return;
        }
        let now = Instant::now();
        while socket.writable() {
            let Some(message) = self.shared.progress().upward.take(now) else { return };
            // A message is made of strings and numbers, which always have a JSON form.
            socket.send(serde_json::to_string(&message).unwrap_or_default());
        }
    }

    /// Polls, and now and then tries whether a WebSocket comes about by now.
    async fn poll(&mut self, token: Option<String>) -> Ending {
        let epoch = self.shared.progress().epoch.clone();
        let mut connection = Connection { status: Status::Polling, first: true, cursor: 0, epoch };
        let simulate = &self.options.simulate;
        let mut poller = Poller::new(&self.address.authority, token.clone(), ANSWER_WITHIN, simulate);
        let mut upgrade = Upgrade::new(self.options.retry_socket);
        let mut lost_in_a_row = 0;
        loop {
            let began = Instant::now();
            if !self.options.polling_only && !connection.first && upgrade.due(began) {
                let (connection, opening) = self.opening(token.clone());
                upgrade.begin(connection, opening);
            }
            let (path, body) = self.next_poll(&mut connection, began);
            let reply = match upgrade.beside(poller.ask(&path, body)).await {
                Beside::Done(reply) => reply,
                Beside::Upgraded(pushed, socket, first) => {
                    return self.be_pushed(pushed, *socket, first).await;
                }
            };
            let mut next = began + self.options.poll_every;
            match reply {
                Ok(reply) => {
                    lost_in_a_row = 0;
                    if reply.text.len() > LARGE_ANSWER {
                        next = began;
                    }
                    if let Err(ending) = self.take_reply(&mut connection, reply).await {
                        return ending;
                    }
                    self.shared.progress().upward.measured(began.elapsed());
                }
                Err(Lost(message)) => {
                    self.shared.progress().upward.rewind();
                    lost_in_a_row += 1;
                    if connection.first || lost_in_a_row >= POLLS_LOST_MAX {
                        return Ending::lost(message);
                    }
                }
            }
            if let Beside::Upgraded(pushed, socket, first) = upgrade.beside(sleep_until(next)).await {
                return self.be_pushed(pushed, *socket, first).await;
            }
        }
    }

    fn next_poll(&self, connection: &mut Connection, now: Instant) -> (String, Vec<u8>) {
        let mut progress = self.shared.progress();
        connection.cursor = progress.last_known;
        // The first one asks how much is written, so that nothing is sent that already is.
        let taken = if connection.first { None } else { progress.upward.take(now) };
        let mut message = taken.unwrap_or_else(|| progress.upward.idle());
        message.epoch = Some(progress.epoch.clone());
        let path = self.address.poll(&progress.id, progress.last_known);
        (path, serde_json::to_vec(&message).unwrap_or_default())
    }

    async fn take_reply(&mut self, connection: &mut Connection, reply: Reply) -> Result<(), Ending> {
        if reply.status == 200 {
            return self.receive(connection, &reply.text).await;
        }
        let (code, message) = refusal(&reply.text).unwrap_or_default();
        let ending = Ending::of_status(reply.status, &code, &message);
        if ending.remedy != Remedy::Isolate {
            return Err(ending);
        }
        let taken_out = self.shared.progress().take_out(&ending);
        match taken_out {
            TakenOut::Nothing => {
                return Err(Ending { remedy: Remedy::Stop, cause: Cause::BadRequest, ..ending });
            }
            _ if connection.first => {
                return Err(Ending { remedy: Remedy::Stop, cause: Cause::BadRequest, ..ending });
            }
            TakenOut::Searching => {}
            TakenOut::Found(problem) => self.tell(problem).await,
        }
        self.shared.progress().upward.rewind();
        Ok(())
    }

    async fn receive(&mut self, connection: &mut Connection, text: &str) -> Result<(), Ending> {
        let first = connection.first;
        let updates = self.shared.progress().receive(connection, text, Instant::now())?;
        if first && !connection.first {
            self.good_since = Some(Instant::now());
            self.tokens_refused = 0;
        }
        for update in updates {
            self.tell(update).await;
        }
        Ok(())
    }

    /// Prepares the next attempt; false when there is to be none.
    async fn go_on_after(&mut self, ending: &Ending) -> bool {
        if self.good_since.take().is_some_and(|since| since.elapsed() > GOOD_CONNECTION) {
            self.backoff.reset();
        }
        let going_on = self.remedy(ending).await;
        self.shared.progress().upward.rewind();
        going_on
    }

    async fn remedy(&mut self, ending: &Ending) -> bool {
        match ending.remedy {
            Remedy::Retry => {
                if !ending.code.is_empty() {
                    self.problem(&ending.code, &ending.message).await;
                }
                true
            }
            Remedy::Isolate => {
                let found = self.shared.progress().take_out(ending).update();
                if let Some(problem) = found {
                    self.tell(problem).await;
                }
                true
            }
            Remedy::StartOver => {
                let ended = ending.cause == Cause::Ended;
                let reason = if ended { ResetReason::Ended } else { ResetReason::EpochChanged };
                self.shared.progress().start_over(reason);
                true
            }
            Remedy::RenewIdentity => self.renew_identity().await,
            Remedy::RenewToken => {
                self.tokens_refused += 1;
                let fresh = self.options.token.as_ref().is_some_and(|token| token.is_fresh());
                fresh && self.tokens_refused < TOKENS_REFUSED_MAX
            }
            Remedy::Stop => false,
        }
    }

    async fn renew_identity(&mut self) -> bool {
        let renewed = self.shared.progress().renew_identity();
        match renewed {
            Ok(Some(0)) => true,
            Ok(Some(dropped)) => {
                let message =
                    format!("a newer connection took over; {dropped} events may not have been written");
                self.problem("replaced", &message).await;
                true
            }
            Ok(None) | Err(_) => false,
        }
    }

    async fn status(&self, status: Status) {
        let cause = self.shared.progress().cause;
        self.tell(Update::Status { status, cause }).await;
    }

    async fn problem(&self, code: &str, message: &str) {
        self.tell(Update::Problem { code: code.to_owned(), message: message.to_owned() }).await;
    }

    /// Waits while the reader has not taken what came before, so that nothing piles up.
    async fn tell(&self, update: Update) {
        // When nobody listens any more, `run` ends.
        drop(self.updates.send(update).await);
    }
}

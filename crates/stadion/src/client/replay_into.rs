//! `stadion replay --into`: a recording into a running server, by one clock for all who watch there.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use super::address::{Address, encode};
use super::error::ClientError;
use super::http::{Http, Lines};
use super::progress::Progress;
use super::publish::{new_key, post_until_heard};
use super::recording::Recorded;
use super::replay::{BETWEEN_ROUNDS, clock, open, tell_skipped};
use super::script::{Cue, Options, Script};
use crate::events::competitions::COMPETITIONS;

/// What is due together goes in one request, up to this.
const BATCH_LINES_MAX: usize = 500;
const BATCH_BYTES_MAX: usize = 1 << 20;

/// What to feed, and whom.
#[derive(Clone, Debug)]
pub struct Feed {
    pub options: Options,
    pub address: Address,
    pub token: Option<String>,
    /// The stream that gets all of it; otherwise each event goes to its competition.
    pub stream: Option<String>,
    pub is_loop: bool,
}

impl Feed {
    /// Feeds the whole recording; for ever with `is_loop`.
    ///
    /// # Errors
    /// The file can't be read, the server refuses, a line is damaged and that is to end it.
    pub async fn run(self) -> Result<(), ClientError> {
        let mut feeder = Feeder {
            http: Http::new(self.address.clone(), self.token.as_deref())?,
            path: match &self.stream {
                Some(stream) => self.address.events_of(stream),
                None => format!("{}/v1/competitions", self.address.path),
            },
            run: new_key()?,
            written: self.stream.iter().cloned().collect(),
            is_strict: self.options.is_strict,
            requests: 0,
            events: 0,
            progress: Progress::default(),
        };
        loop {
            let before = feeder.events;
            feeder.play(open(self.options.clone()).await?).await?;
            if !self.is_loop || feeder.events == before {
                feeder.progress.finish();
                return Ok(());
            }
            sleep(BETWEEN_ROUNDS).await;
            feeder.begin_anew(&self.address).await?;
        }
    }
}

struct Feeder {
    http: Http,
    path: String,
    /// Begins every request's key.
    run: String,
    /// The streams that were fed.
    written: BTreeSet<String>,
    is_strict: bool,
    requests: u64,
    events: u64,
    progress: Progress,
}

/// Events that are due together, and their lines' numbers.
#[derive(Default)]
struct Batch {
    events: Vec<(u64, String)>,
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.events.len() >= BATCH_LINES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn add(&mut self, cue: &Cue) {
        // A line that says that events are missing is none itself.
        let Ok(Recorded { event: Some(event), .. }) = Recorded::parse(cue.line.as_bytes()) else { return };
        self.bytes += event.len() + 1;
        self.events.push((cue.number, event.into_owned()));
    }
}

impl Feeder {
    async fn play(&mut self, mut script: Script) -> Result<(), ClientError> {
        let began = Instant::now();
        let length = script.length();
        let mut next = self.next(&mut script)?;
        while let Some(first) = next {
            sleep_until(began + first.at).await;
            let now = began.elapsed();
            let mut batch = Batch::default();
            batch.add(&first);
            let mut last = first;
            next = self.next(&mut script)?;
            while let Some(cue) = next.take_if(|cue| cue.at <= now && !batch.is_full()) {
                batch.add(&cue);
                last = cue;
                next = self.next(&mut script)?;
            }
            self.publish(&batch.events).await?;
            self.progress.draw(self.events, |events| format!("{} {events}", clock(&last, length)));
        }
        Ok(())
    }

    fn next(&mut self, script: &mut Script) -> Result<Option<Cue>, ClientError> {
        let cue = script.next_cue()?;
        for line in script.take_skipped() {
            tell_skipped(&mut self.progress, &line);
        }
        Ok(cue)
    }

    /// Where the server refuses a batch, its events are tried one by one: so the bad one is found, and no other lost.
    async fn publish(&mut self, events: &[(u64, String)]) -> Result<(), ClientError> {
        if events.is_empty() {
            return Ok(());
        }
        let Err((status, message)) = self.post(events).await? else { return Ok(()) };
        for single in events.chunks(1) {
            let refused = match events.len() {
                1 => Err((status, message.clone())),
                _ => self.post(single).await?,
            };
            let (Err((status, message)), [(number, _)]) = (refused, single) else { continue };
            // What is wrong with the line alone; a missing right, say, is wrong with all of them.
            if self.is_strict || !matches!(status, 400 | 413) {
                let what = format!("line {number}");
                return Err(ClientError::Refused { what, status, message });
            }
            self.progress.notice(&format!("line {number} is passed over: {message}"));
        }
        Ok(())
    }

    async fn post(&mut self, events: &[(u64, String)]) -> Result<Result<(), (u16, String)>, ClientError> {
        let mut body = String::new();
        for (_, event) in events {
            body.push_str(event);
            body.push('\n');
        }
        self.requests += 1;
        let lines = Lines { body: Bytes::from(body), key: &format!("{}.{}", self.run, self.requests) };
        let heard =
            post_until_heard(&mut self.http, &self.path, lines, None::<Duration>, &mut self.progress).await?;
        let answer = match heard {
            Ok(answer) => answer,
            Err(refused) => return Ok(Err(refused)),
        };
        self.events += events.len() as u64;
        let answer = serde_json::from_str::<serde_json::Value>(&answer).unwrap_or_default();
        let streams = answer.get("streams").and_then(serde_json::Value::as_array);
        for stream in streams.into_iter().flatten() {
            let name = stream.get("stream").and_then(serde_json::Value::as_str);
            self.written.extend(name.filter(|name| *name != COMPETITIONS).map(str::to_owned));
        }
        Ok(Ok(()))
    }

    /// Deletes what was fed, so that the next round is a new epoch and not more of the same.
    async fn begin_anew(&mut self, address: &Address) -> Result<(), ClientError> {
        for stream in &self.written {
            let path = format!("{}/v1/streams/{}", address.path, encode(stream));
            let reply = self.http.delete(&path).await.map_err(|lost| ClientError::Unreachable {
                host: address.host.clone(),
                why: lost.to_string(),
            })?;
            // 404: somebody else did.
            if !reply.is_ok() && reply.status != 404 {
                let what = format!("to delete {stream} for the next round");
                return Err(ClientError::Refused { what, status: reply.status, message: reply.message() });
            }
        }
        Ok(())
    }
}

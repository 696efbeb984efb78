//! `stadion publish`: JSON Lines into a stream.
//!
//! A thread reads the input and cuts it into batches; they are sent one after another, each with a key of its own, so
//! that one whose answer got lost is sent again without harm. While the server is away two batches wait and nothing
//! more is read: whoever writes into the pipe waits too. So memory is bounded, and no file is left behind that
//! somebody would have to clear up; but what the writer itself can't hold is its to lose.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::address::Address;
use super::error::ClientError;
use super::http::{Http, Lines};
use super::progress::{Progress, size};
use crate::events::lines::{self, BadLines};

/// A request: small enough that a lost answer costs little, large enough that its own cost does not count.
const BATCH_LINES_MAX: u64 = 500;
const BATCH_BYTES_MAX: usize = 1 << 20;
/// What a server takes at most by its contract, however it is configured.
const LINE_BYTES_MAX: usize = 16 << 20;
const BATCHES_WAITING_MAX: usize = 2;
/// A file can be published again later; a pipe can't, so there it is tried forever.
const GIVE_UP_ON_FILE: Duration = Duration::from_secs(30);
const BACKOFF: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// What to publish.
#[derive(Clone, Debug)]
pub struct Publish {
    pub address: Address,
    pub token: Option<String>,
    pub stream: String,
    /// Standard input where there is none.
    pub file: Option<PathBuf>,
}

/// Whole lines, and which they are.
struct Batch {
    bytes: Vec<u8>,
    /// The number of the first, from 1.
    first: u64,
    lines: u64,
    events: u64,
}

impl Publish {
    /// Sends everything.
    ///
    /// # Errors
    /// A line is no JSON (nothing of its batch is written then), the server refuses, a file's server is away for
    /// long, the input can't be read.
    pub async fn run(self) -> Result<(), ClientError> {
        let (batches, mut received) = mpsc::channel(BATCHES_WAITING_MAX);
        let input: Box<dyn Read + Send> = match &self.file {
            None => Box::new(std::io::stdin()),
            Some(path) => Box::new(File::open(path).map_err(|error| ClientError::File {
                what: "cannot read",
                path: path.clone(),
                error,
            })?),
        };
        std::thread::spawn(move || cut(input, &batches));
        let mut sender = Sender::new(&self)?;
        while let Some(batch) = received.recv().await {
            sender.send(batch?).await?;
        }
        sender.progress.finish();
        Ok(())
    }
}

/// Reads until the end, an error, or until nobody takes batches any more.
fn cut(input: impl Read, batches: &mpsc::Sender<Result<Batch, ClientError>>) {
    let mut input = BufReader::with_capacity(BATCH_BYTES_MAX, input);
    let mut next = 1;
    loop {
        let batch = read_batch(&mut input, next);
        match &batch {
            Ok(batch) if batch.lines == 0 => return,
            Ok(batch) => next += batch.lines,
            Err(_) => {}
        }
        let is_over = batch.is_err();
        if batches.blocking_send(batch).is_err() || is_over {
            return;
        }
    }
}

/// What is there already up to a batch's size; waits for one line at least. No lines: the input is over.
fn read_batch(input: &mut BufReader<impl Read>, first: u64) -> Result<Batch, ClientError> {
    let mut batch = Batch { bytes: Vec::new(), first, lines: 0, events: 0 };
    while batch.lines < BATCH_LINES_MAX && batch.bytes.len() < BATCH_BYTES_MAX {
        if batch.lines > 0 && !input.buffer().contains(&b'\n') {
            return Ok(batch);
        }
        let before = batch.bytes.len();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read =
            input.by_ref().take(limit).read_until(b'\n', &mut batch.bytes).map_err(ClientError::Input)?;
        if read == 0 {
            return Ok(batch);
        }
        let line = batch.first + batch.lines;
        batch.lines += 1;
        let own = batch.bytes.get(before..).unwrap_or_default();
        if own.len() > LINE_BYTES_MAX {
            return Err(bad_line(&batch, line, format!("an event has at most {LINE_BYTES_MAX} bytes")));
        }
        if own.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Err(bad) = lines::read(own, true, LINE_BYTES_MAX) {
            return Err(bad_line(&batch, line, why(&bad)));
        }
        batch.events += 1;
    }
    Ok(batch)
}

fn bad_line(batch: &Batch, line: u64, why: String) -> ClientError {
    let kept = if batch.first == 1 {
        "nothing was published".to_owned()
    } else {
        format!("the lines before line {} were published", batch.first)
    };
    ClientError::BadLine { line, why: format!("{why}; {kept}") }
}

/// The error of a line by itself, without a number that counts from there.
fn why(bad: &BadLines) -> String {
    match bad {
        BadLines::NotJson { why, .. } => why.replace(" at line 1 column ", " at column "),
        BadLines::NotUtf8 { .. } | BadLines::Empty => bad.to_string(),
        BadLines::TooDeep { .. } | BadLines::TooBig { .. } => {
            bad.to_string().trim_start_matches("line 1: ").to_owned()
        }
    }
}

struct Sender {
    http: Http,
    path: String,
    what: String,
    /// Begins every key, so that two runs don't take each other's batches for their own.
    run: String,
    give_up: Option<Duration>,
    progress: Progress,
    events: u64,
    bytes: u64,
}

impl Sender {
    fn new(publish: &Publish) -> Result<Self, ClientError> {
        Ok(Self {
            http: Http::new(publish.address.clone(), publish.token.as_deref())?,
            path: publish.address.events_of(&publish.stream),
            what: format!("to publish to {}", publish.stream),
            run: new_key()?,
            give_up: publish.file.is_some().then_some(GIVE_UP_ON_FILE),
            progress: Progress::default(),
            events: 0,
            bytes: 0,
        })
    }

    async fn send(&mut self, batch: Batch) -> Result<(), ClientError> {
        if batch.events == 0 {
            return Ok(());
        }
        self.bytes += batch.bytes.len() as u64;
        let lines = Lines { body: Bytes::from(batch.bytes), key: &format!("{}.{}", self.run, batch.first) };
        let refused =
            post_until_heard(&mut self.http, &self.path, lines, self.give_up, &mut self.progress).await?;
        if let Err((status, message)) = refused {
            let last = batch.first + batch.lines - 1;
            let what = format!("{} (lines {} to {last})", self.what, batch.first);
            return Err(ClientError::Refused { what, status, message });
        }
        self.events += batch.events;
        let bytes = self.bytes;
        self.progress.draw(self.events, |events| format!("{events}, {}", size(bytes)));
        Ok(())
    }
}

/// Posts until the server says something that lasts: its answer, or a refusal's status and message.
///
/// # Errors
/// It was away for longer than `give_up`.
pub async fn post_until_heard(
    http: &mut Http,
    path: &str,
    lines: Lines<'_>,
    give_up: Option<Duration>,
    progress: &mut Progress,
) -> Result<Result<String, (u16, String)>, ClientError> {
    let began = Instant::now();
    let mut backoff = BACKOFF;
    let mut is_away = false;
    loop {
        let why = match http.post(path, lines.clone()).await {
            Ok(reply) if reply.is_passing() => format!("{} {}", reply.status, reply.message()),
            Ok(reply) => {
                if is_away {
                    progress.notice("the server is there again");
                }
                return Ok(if reply.is_ok() { Ok(reply.text) } else { Err((reply.status, reply.message())) });
            }
            Err(lost) => lost.to_string(),
        };
        if give_up.is_some_and(|limit| began.elapsed() >= limit) {
            return Err(ClientError::Unreachable { host: http.host().to_owned(), why });
        }
        if !std::mem::replace(&mut is_away, true) {
            progress.notice(&format!("the server at {} takes nothing now: {why}; trying again", http.host()));
        }
        sleep(backoff).await;
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}

/// 128 random bits.
///
/// # Errors
/// The system gave none.
pub fn new_key() -> Result<String, ClientError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(ClientError::Entropy)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_cut_into_batches_and_a_bad_line_is_named() {
        let check = |input: &str, expected: &[Result<(u64, u64, u64), &str>]| {
            let (sender, mut received) = mpsc::channel(100);
            cut(input.as_bytes(), &sender);
            drop(sender);
            let mut found = Vec::new();
            while let Ok(batch) = received.try_recv() {
                found.push(batch.map(|b| (b.first, b.lines, b.events)).map_err(|error| error.to_string()));
            }
            let found: Vec<_> =
                found.iter().map(|batch| batch.as_ref().copied().map_err(String::as_str)).collect();
            assert_eq!(found, expected, "{:.40}", input);
        };
        check("", &[]);
        check("1\n\n2\n", &[Ok((1, 3, 2))]);
        // Without a line break nobody knows whether more of the line comes, so it is waited for by itself.
        check("1\n2", &[Ok((1, 1, 1)), Ok((2, 1, 1))]);
        check(&"1\n".repeat(501), &[Ok((1, 500, 500)), Ok((501, 1, 1))]);
        check("1\nx\n", &[Err("line 2: expected value at column 1; nothing was published")]);
        check(
            &format!("{}{{\n", "1\n".repeat(500)),
            &[
                Ok((1, 500, 500)),
                Err(
                    "line 501: EOF while parsing an object at column 1; the lines before line 501 were published",
                ),
            ],
        );
    }
}

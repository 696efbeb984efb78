//! `stadion record`: appends what a stream brings to a file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use super::address::{Address, encode};
use super::connect::{Event, Heard, Reader, Source};
use super::envelope::Position;
use super::error::ClientError;
use super::http::bearer;
use super::process;
use super::progress::{Progress, size};
use super::record_file::{RecordFile, Resume};
use super::recording::{gap_line, line};
use crate::events::competitions::{COMPETITIONS, stream_of};

/// What arrives is synced at most this often, however fast it comes.
const SETTLE_EVERY: Duration = Duration::from_millis(200);
/// What arrived is written in pieces of this size.
const PENDING_BYTES_MAX: usize = 256 << 10;
/// Frames that have arrived and are not recorded yet.
const ARRIVED_MAX: usize = 256;
const DRAW_EVERY: Duration = Duration::from_millis(500);

/// What to record.
#[derive(Clone, Debug)]
pub struct Record {
    pub file: PathBuf,
    pub address: Address,
    pub token: Option<String>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The activations of all competitions.
    Competitions,
    Competition(String),
    Stream(String),
}

impl What {
    /// The whole path; an address that has one already is taken as it is.
    fn path(&self, address: &Address) -> String {
        match self {
            Self::Stream(name) => address.events_of(name),
            Self::Competitions | Self::Competition(_) if !address.path.is_empty() => address.path.clone(),
            Self::Competitions => "/v1/competitions".to_owned(),
            Self::Competition(id) => format!("/v1/competitions/{}", encode(id)),
        }
    }

    /// What the position beside the file belongs to.
    fn stream(&self, address: &Address) -> String {
        match self {
            Self::Stream(name) => name.clone(),
            Self::Competitions | Self::Competition(_) if !address.path.is_empty() => address.path.clone(),
            Self::Competitions => COMPETITIONS.to_owned(),
            Self::Competition(id) => stream_of(id),
        }
    }
}

impl Record {
    /// Goes on until it is interrupted or told to stop; then everything that arrived is in the file.
    ///
    /// # Errors
    /// The file can't be written, the server refuses, interrupted.
    pub async fn run(self) -> Result<(), ClientError> {
        let stream = self.what.stream(&self.address);
        let opened = RecordFile::open(&self.file, &stream);
        let (file, resume) = opened.map_err(|error| cannot_open(&self.file, error))?;
        let path = self.what.path(&self.address);
        let token = self.token.as_deref().map(bearer).transpose()?;
        let source = Source { address: self.address, path, token, is_patient: true };
        let mut recorder = Recorder::new(file, self.file);
        let from = recorder.begin(resume)?;
        let (sender, mut arrived) = mpsc::channel(ARRIVED_MAX);
        // By a task of its own, so that nothing that is done meanwhile breaks off a connection that is being made.
        let reading = tokio::spawn(read(Reader::new(source, from), sender));
        let ended = tokio::select! {
            ended = recorder.record(&mut arrived) => ended,
            () = process::interrupted() => Err(ClientError::Interrupted),
            () = terminated() => Ok(()),
        };
        reading.abort();
        let settled = recorder.settle();
        recorder.progress.finish();
        ended.and(settled)
    }
}

async fn read(mut reader: Reader, sender: mpsc::Sender<Result<Heard, ClientError>>) {
    loop {
        let heard = reader.next().await;
        let is_over = heard.is_err();
        if sender.send(heard).await.is_err() || is_over {
            return;
        }
    }
}

/// Returns when the process is asked to end; never where that can't be watched.
async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}

fn cannot_open(path: &std::path::Path, error: std::io::Error) -> ClientError {
    let what = if error.kind() == std::io::ErrorKind::WouldBlock {
        "another program records into"
    } else {
        "cannot record into"
    };
    ClientError::File { what, path: path.to_owned(), error }
}

struct Recorder {
    file: RecordFile,
    path: PathBuf,
    /// Whole lines that are not in the file yet.
    pending: String,
    standing: Standing,
    settled: Instant,
    is_dirty: bool,
    /// Events are missing before the next one.
    gap_due: bool,
    events: u64,
    progress: Progress,
}

/// What is known of where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Live state is being read: a restart begins where it began.
    State,
    After(Position),
    /// The server knows no positions.
    Unknown,
}

impl Recorder {
    fn new(file: RecordFile, path: PathBuf) -> Self {
        Self {
            file,
            path,
            pending: String::new(),
            standing: Standing::State,
            settled: Instant::now(),
            is_dirty: false,
            gap_due: false,
            events: 0,
            progress: Progress::default(),
        }
    }

    /// Makes the file ready; from where to read.
    fn begin(&mut self, resume: Resume) -> Result<String, ClientError> {
        match resume {
            Resume::After(position) => {
                let from = position.to_string();
                self.standing = Standing::After(position);
                return Ok(from);
            }
            Resume::Lost => {
                self.progress.notice(&format!(
                    "{} has no position to go on from: its next line says that events are missing",
                    self.path.display()
                ));
                self.pending.push_str(&gap_line(OffsetDateTime::now_utc()));
            }
            Resume::Begin => {}
        }
        self.begin_state()?;
        Ok("live".to_owned())
    }

    /// From here on a restart reads live state anew.
    fn begin_state(&mut self) -> Result<(), ClientError> {
        self.standing = Standing::State;
        self.write()?;
        let settled = self.file.settle(None);
        settled.map_err(|error| self.failed(error))?;
        self.is_dirty = false;
        Ok(())
    }

    async fn record(
        &mut self,
        arrived: &mut mpsc::Receiver<Result<Heard, ClientError>>,
    ) -> Result<(), ClientError> {
        loop {
            let settle_at = (self.settled + SETTLE_EVERY).into();
            let heard = tokio::select! {
                biased;
                heard = arrived.recv() => heard,
                () = sleep_until(settle_at), if self.is_dirty => {
                    self.settle()?;
                    continue;
                }
                () = sleep(DRAW_EVERY), if self.progress.is_terminal() => {
                    self.draw();
                    continue;
                }
            };
            let Some(heard) = heard else { return Ok(()) };
            self.take(heard?)?;
            while self.pending.len() < PENDING_BYTES_MAX
                && let Ok(heard) = arrived.try_recv()
            {
                self.take(heard?)?;
            }
            self.write()?;
            if self.is_dirty && self.settled.elapsed() >= SETTLE_EVERY {
                self.settle()?;
            }
            self.draw();
        }
    }

    fn take(&mut self, heard: Heard) -> Result<(), ClientError> {
        match heard {
            Heard::Event(event) => self.take_event(&event)?,
            Heard::Live { position, .. } => {
                self.standing = Standing::After(position);
                self.is_dirty = true;
            }
            Heard::Lost(why) => {
                self.progress.notice(&format!("events are missing: {why}"));
                self.pending.push_str(&gap_line(OffsetDateTime::now_utc()));
                self.begin_state()?;
            }
            Heard::Away(why) => {
                self.progress.notice(&format!("{why}; trying again"));
                self.gap_due = self.standing == Standing::Unknown;
            }
            Heard::Back => self.progress.notice("connected"),
        }
        Ok(())
    }

    fn take_event(&mut self, event: &Event) -> Result<(), ClientError> {
        let now = OffsetDateTime::now_utc();
        if event.position.is_none() && self.standing != Standing::Unknown {
            self.standing = Standing::Unknown;
            // Lines behind a position would be cut off at a restart, and could not be read again.
            let forgotten = self.file.settle_without_position();
            forgotten.map_err(|error| self.failed(error))?;
        }
        if std::mem::take(&mut self.gap_due) {
            self.pending.push_str(&gap_line(now));
        }
        self.pending.push_str(&line(event.body(), now));
        self.events += 1;
        self.is_dirty = true;
        if let Some(position) = event.position.as_ref().filter(|_| !event.is_state) {
            self.standing = Standing::After(position.clone());
        }
        Ok(())
    }

    /// Whole lines go into the file in one piece; only a crash can tear the last one.
    fn write(&mut self) -> Result<(), ClientError> {
        let written = self.file.append(self.pending.as_bytes());
        self.pending.clear();
        written.map_err(|error| self.failed(error))
    }

    fn settle(&mut self) -> Result<(), ClientError> {
        self.write()?;
        let settled = match &self.standing {
            // The position stays where live state began.
            Standing::State => Ok(()),
            Standing::After(position) => self.file.settle(Some(position)),
            Standing::Unknown => self.file.settle_without_position(),
        };
        self.settled = Instant::now();
        self.is_dirty = false;
        settled.map_err(|error| self.failed(error))
    }

    fn draw(&mut self) {
        let length = self.file.length();
        self.progress.draw(self.events, |events| format!("{events}, {}", size(length)));
    }

    fn failed(&self, error: std::io::Error) -> ClientError {
        ClientError::File { what: "cannot record into", path: self.path.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_path_is_taken_as_it_is() {
        let check = |address: &str, what: What, path: &str, stream: &str| {
            let address = Address::parse(address).unwrap();
            assert_eq!((what.path(&address).as_str(), what.stream(&address).as_str()), (path, stream));
        };
        check("ws://h", What::Competitions, "/v1/competitions", "competitions");
        check("ws://h/", What::Competition("A-1".to_owned()), "/v1/competitions/A-1", "competition:a-1");
        check("ws://h/replay", What::Competitions, "/replay", "/replay");
        check("ws://h", What::Stream("hall:1".to_owned()), "/v1/streams/hall:1/events", "hall:1");
    }
}

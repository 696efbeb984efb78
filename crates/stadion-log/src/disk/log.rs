//! The log as its owner uses it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use stadion_core::{Epoch, StreamName};

use super::commit::{COMMIT_BYTES_MAX, Commit, Done, Part, Refusal, StreamId, join};
use super::folder::{self, OpenError};
use super::format::Kind;
use super::hidden::HiddenState;
use super::medium::{Disk, Medium};
use super::notice::{Owner, Recovered};
use super::queue::Job;
use super::read::ReadError;
use super::recovery::{self, Found};
use super::shared::Shared;
use super::state::Life;
use super::writer::Writer;
use crate::Record;

/// A log in a folder: any number of streams, one thread that writes.
///
/// Dropping it writes what was handed in before, and waits for that (unless a [`Done`] is what drops it: then it goes
/// on by itself).
pub struct DiskLog {
    pub(super) shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug)]
pub struct Options {
    /// A file that has this many bytes is sealed and a new one begun. A larger one makes a start read more, a
    /// smaller one makes more files.
    pub segment_bytes: u64,
    /// Bytes that may wait for the disk; what comes then is refused as [`Refusal::Busy`].
    pub queue_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, queue_bytes: 64 << 20 }
    }
}

/// A stream as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    pub id: StreamId,
    pub name: StreamName,
    pub epoch: Epoch,
    /// It takes no more records.
    pub ended: bool,
    /// The first offset that retention has left; below it only what [`DiskLog::trim`] was told to keep.
    pub first: u64,
    /// The offset that the next record gets.
    pub head: u64,
    /// Bytes its records take of the files, about.
    pub bytes: u64,
}

impl DiskLog {
    /// Opens a folder, or makes it. Reads of each sealed file its end, of the last one everything.
    pub fn open(
        folder: &Path,
        options: Options,
        owner: Arc<dyn Owner>,
    ) -> Result<(Self, Recovered), OpenError> {
        Self::open_on(folder, options, owner, Arc::new(Disk))
    }

    pub(super) fn open_on(
        folder: &Path,
        options: Options,
        owner: Arc<dyn Owner>,
        medium: Arc<dyn Medium>,
    ) -> Result<(Self, Recovered), OpenError> {
        let lock = folder::open(folder)?;
        let Found { state, tail, segment_number_min, recovered } =
            recovery::recover(folder, medium.as_ref())?;
        let folder = folder.to_owned();
        let shared = Shared::new(folder, lock, options, state, segment_number_min, owner, medium);
        let shared = Arc::new(shared);
        let writer = Writer::new(Arc::clone(&shared), tail);
        let thread = std::thread::Builder::new().name("stadion-log".to_owned());
        let thread = thread
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io { file: shared.folder.clone(), source })?;
        Ok((Self { shared, writer: Some(thread) }, recovered))
    }

    /// Begins a stream, or a new life of one that has ended; its number. Nothing is written before its first commit,
    /// and if another life under the name has not ended, it ends with that.
    pub fn begin(&self, name: StreamName, epoch: Epoch) -> StreamId {
        let mut state = self.shared.state_mut();
        let stream = state.next_stream;
        state.next_stream += 1;
        state.names.insert((name.clone(), stream));
        state.streams.insert(stream, Life::new(name, epoch));
        StreamId(stream)
    }

    /// Hands in a commit. What becomes of it, `done` hears; an error here says that it never will.
    pub fn append(&self, commit: &Commit<'_>, done: Done) -> Result<(), Refusal> {
        self.append_all(std::slice::from_ref(commit), done)
    }

    /// Hands in commits of one or several streams, to be written all or none.
    pub fn append_all(&self, commits: &[Commit<'_>], done: Done) -> Result<(), Refusal> {
        let bytes = commits.iter().map(Commit::weight).sum();
        let bytes_max = self.shared.options.queue_bytes.min(COMMIT_BYTES_MAX);
        if bytes > bytes_max {
            return Err(Refusal::TooBig { bytes, bytes_max });
        }
        let mut parts = Vec::with_capacity(commits.len());
        commits.iter().for_each(|commit| commit.parts(&mut parts));
        join(&mut parts);
        self.shared.queue.push(Job { parts, done })
    }

    /// Ends a stream's life: it is read as before, and takes no more.
    pub fn end(&self, stream: StreamId, done: Done) -> Result<(), Refusal> {
        self.bare(Kind::End, stream, done)
    }

    /// Deletes one life of a stream. Its files shrink with the next [`DiskLog::reclaim`].
    pub fn delete(&self, stream: StreamId, done: Done) -> Result<(), Refusal> {
        self.bare(Kind::Delete, stream, done)
    }

    fn bare(&self, kind: Kind, StreamId(stream): StreamId, done: Done) -> Result<(), Refusal> {
        self.shared.queue.push(Job { parts: vec![Part::bare(kind, stream, 0)], done })
    }

    /// Shows the records at `offsets` in order, until `bytes_max` bytes were shown (one record at least), and returns
    /// the offset to go on from. Below the stream's first offset it shows what is still there.
    ///
    /// Lost records are an error that names their offsets; reading goes on behind them.
    pub fn read(
        &self,
        stream: StreamId,
        offsets: Range<u64>,
        bytes_max: usize,
        show: &mut dyn FnMut(Record<'_>),
    ) -> Result<u64, ReadError> {
        self.shared.read(stream, offsets, bytes_max, show)
    }

    /// What restores the stream's hidden state.
    pub fn hidden(&self, stream: StreamId) -> Result<HiddenState, ReadError> {
        self.shared.hidden(stream).map(|(hidden, _)| hidden)
    }

    /// The first offset at or behind `from` whose record's time is not before `time_ms`; the head if there is none.
    pub fn offset_at_time(&self, stream: StreamId, from: u64, time_ms: u64) -> Result<u64, ReadError> {
        self.shared.offset_at_time(stream, from, time_ms)
    }

    /// Where the stream must begin for its records to take at most `bytes_max` of the files: for retention by bytes.
    pub fn offset_of_bytes(&self, stream: StreamId, bytes_max: u64) -> Result<u64, ReadError> {
        self.shared.offset_of_bytes(stream, bytes_max)
    }

    /// The latest life of a stream.
    pub fn find(&self, name: &StreamName) -> Option<StreamId> {
        self.shared.state().latest(name).map(StreamId)
    }

    pub fn info(&self, StreamId(stream): StreamId) -> Option<StreamInfo> {
        let state = self.shared.state();
        state.streams.get(&stream).map(|life| StreamInfo {
            id: StreamId(stream),
            name: life.name.clone(),
            epoch: life.epoch,
            ended: life.ended,
            first: life.first,
            head: life.head,
            bytes: self.shared.bytes_of(&state, stream, life),
        })
    }

    /// Every life of every stream, by number.
    pub fn streams(&self) -> Vec<StreamId> {
        let mut streams: Vec<_> = self.shared.state().streams.keys().copied().map(StreamId).collect();
        streams.sort_unstable();
        streams
    }

    pub fn folder(&self) -> &PathBuf {
        &self.shared.folder
    }
}

impl Drop for DiskLog {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            // A writer that panicked has said so itself.
            drop(writer.join());
        }
    }
}

impl std::fmt::Debug for DiskLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskLog").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

//! A log in a folder of its own, and waiting for it.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use stadion_core::{Epoch, StreamName, Tick};
use stadion_log::Batch;
use stadion_log::disk::{
    Commit, DiskLog, Done, Fate, Hidden, Options, ReadError, Recovered, Refusal, StreamId,
};

/// Records as a test compares them: offset, tick, time, bytes.
pub(crate) type Kept = (u64, i64, u64, Vec<u8>);

pub(crate) fn small() -> Options {
    Options { segment_bytes: 4 << 10, ..Options::default() }
}

pub(crate) fn open(folder: &Path, options: Options) -> (DiskLog, Recovered) {
    DiskLog::open(folder, options, Arc::new(())).expect("the folder opens")
}

pub(crate) fn name(text: &str) -> StreamName {
    StreamName::new(text).unwrap()
}

pub(crate) fn begin(log: &DiskLog, text: &str) -> StreamId {
    log.begin(name(text), Epoch::from_bits(7))
}

/// What a commit came to: where its records went, or why they did not; without a reason where nobody knows.
pub(crate) type Said = Result<Vec<u64>, Option<Refusal>>;

/// A callback, and where its calls arrive.
pub(crate) fn listen() -> (Done, mpsc::Receiver<Said>) {
    let (send, receive) = mpsc::channel();
    let done = Box::new(move |fate: Fate<'_>| {
        let said = match fate {
            Fate::Written { firsts } => Ok(firsts.to_vec()),
            Fate::Refused(refusal) => Err(Some(refusal)),
            Fate::Unknown => Err(None),
        };
        // A test that does not ask any more is over.
        send.send(said).ok();
    });
    (done, receive)
}

pub(crate) fn heard<T>(receive: &mpsc::Receiver<T>) -> T {
    receive.recv_timeout(Duration::from_secs(60)).expect("the log answers")
}

pub(crate) fn append(log: &DiskLog, commits: &[Commit<'_>]) -> Said {
    let (done, receive) = listen();
    log.append_all(commits, done).map_err(Some)?;
    heard(&receive)
}

pub(crate) fn batch(time_ms: u64, records: &[&[u8]]) -> Batch {
    let mut batch = Batch::new(time_ms);
    for bytes in records {
        batch.push(Tick(0), |out| out.extend_from_slice(bytes));
    }
    batch
}

pub(crate) fn commit<'a>(stream: StreamId, batch: &'a Batch) -> Commit<'a> {
    Commit { stream, batch, hidden: Hidden::Nothing, first: None }
}

/// Appends records, and says the first one's offset.
pub(crate) fn put(log: &DiskLog, stream: StreamId, records: &[&[u8]]) -> u64 {
    let firsts = append(log, &[commit(stream, &batch(1000, records))]).expect("it is written");
    firsts[0]
}

/// What a stream shows between two offsets, in chunks of `bytes_max`.
pub(crate) fn try_read(
    log: &DiskLog,
    stream: StreamId,
    offsets: Range<u64>,
    bytes_max: usize,
) -> Result<Vec<Kept>, ReadError> {
    let mut found = Vec::new();
    let mut from = offsets.start;
    while from < offsets.end {
        let next = log.read(stream, from..offsets.end, bytes_max, &mut |r| {
            found.push((r.offset, r.tick.0, r.time_ms, r.bytes.to_vec()));
        })?;
        assert!(next > from, "a read goes on");
        from = next;
    }
    Ok(found)
}

pub(crate) fn read(log: &DiskLog, stream: StreamId, offsets: Range<u64>) -> Vec<Kept> {
    try_read(log, stream, offsets, 1 << 16).expect("it is readable")
}

/// The log's segment files, in order.
pub(crate) fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "segment"))
        .collect();
    files.sort();
    files
}

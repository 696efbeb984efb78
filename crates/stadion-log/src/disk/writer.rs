//! The one thread that writes: everything that gathered during the last sync goes out as one write and one sync.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::commit::{Done, Fate, Refusal, StreamId};
use super::footer;
use super::format::{SEGMENT_HEADER_LEN, SegmentHeader};
use super::group::{Group, Target};
use super::medium::{is_full, sync_folder};
use super::notice::Notice;
use super::queue::Job;
use super::segment::{self, SegmentFile};
use super::shared::Shared;
use super::state::Segment;

/// What one write takes at most (a single commit may be more): the next group should not wait long for this one.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// How long a log that fails waits before it tries again.
const RETRY: Duration = Duration::from_millis(200);

pub(super) struct Writer {
    shared: Arc<Shared>,
    /// The segment that grows. Without one, the next write begins one.
    tail: Option<Tail>,
    /// Whose commits are neither written nor not.
    unknown: Vec<Done>,
    group: Group,
    /// The last write failed, and that was said.
    failing: bool,
}

pub(super) struct Tail {
    pub(super) file: Arc<SegmentFile>,
    pub(super) len: u64,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, tail: Option<Tail>) -> Self {
        Self { shared, tail, unknown: Vec::new(), group: Group::default(), failing: false }
    }

    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _guard = CloseQueue(Arc::clone(&self.shared));
        let mut jobs = Vec::new();
        loop {
            if !self.unknown.is_empty() {
                if self.find_out() {
                    continue;
                }
                // Nothing can be written before that is known.
                let closed = self.shared.queue.pause(RETRY);
                self.shared.queue.drain(&mut jobs);
                refuse(&mut jobs, Refusal::Failing);
                if closed {
                    return;
                }
            } else if self.shared.queue.take(&mut jobs, GROUP_BYTES_MAX) {
                self.write(&mut jobs);
            } else {
                return;
            }
        }
    }

    fn write(&mut self, jobs: &mut Vec<Job>) {
        let tail = match self.room() {
            Ok(tail) => Target { segment: tail.file.number, salt: tail.file.salt, at: tail.len },
            Err(error) => {
                let refusal = self.failed(&error);
                return refuse(jobs, refusal);
            }
        };
        self.group.plan(&self.shared.state(), tail, jobs);
        if !self.group.frames.is_empty() {
            match self.put() {
                Ok(()) => self.publish(),
                Err(Failure::Nothing(error)) => {
                    let refusal = self.failed(&error);
                    return self.refuse_group(jobs, refusal);
                }
                Err(Failure::Unknown(error)) => {
                    self.failed(&error);
                    // What lies behind the last sync is told not to count by the segment that follows.
                    self.tail = None;
                    return self.leave_unknown(jobs);
                }
            }
        }
        for (mut job, fate) in jobs.drain(..).zip(self.group.fates()) {
            (job.done)(match fate {
                Ok(firsts) => Fate::Written { firsts },
                Err(refusal) => Fate::Refused(refusal),
            });
        }
    }

    /// One write, one sync.
    fn put(&mut self) -> Result<(), Failure> {
        let Some(tail) = &mut self.tail else {
            return Err(Failure::Nothing(io::ErrorKind::NotFound.into()));
        };
        let (medium, file) = (&self.shared.medium, &tail.file.file);
        if let Err(error) = medium.write(file, &self.group.bytes, tail.len) {
            // Refused means that no restart finds it, so that it is gone must be on the disk before it is said.
            return Err(match medium.cut(file, tail.len).and_then(|()| medium.sync(file)) {
                Ok(()) => Failure::Nothing(error),
                Err(_) => Failure::Unknown(error),
            });
        }
        medium.sync(file).map_err(Failure::Unknown)?;
        tail.len += self.group.bytes.len() as u64;
        Ok(())
    }

    /// Lets readers see what is durable now.
    fn publish(&mut self) {
        let Some(tail) = &self.tail else { return };
        let mut state = self.shared.state_mut();
        for ((header, at), body) in self.group.frames.iter().zip(self.group.bodies()) {
            let applied = state.apply(tail.file.number, header, *at, Some(body));
            debug_assert_eq!(applied, Ok(()), "what was planned fits");
        }
        drop(state);
        if std::mem::take(&mut self.failing) {
            self.shared.owner.notice(&Notice::WritesAgain);
        }
    }

    fn refuse_group(&mut self, jobs: &mut Vec<Job>, refusal: Refusal) {
        for (mut job, fate) in jobs.drain(..).zip(self.group.fates()) {
            (job.done)(Fate::Refused(fate.err().unwrap_or(refusal)));
        }
    }

    fn leave_unknown(&mut self, jobs: &mut Vec<Job>) {
        for (mut job, fate) in jobs.drain(..).zip(self.group.fates()) {
            match fate {
                Err(refusal) => (job.done)(Fate::Refused(refusal)),
                Ok(_) => {
                    (job.done)(Fate::Unknown);
                    self.unknown.push(job.done);
                }
            }
        }
    }

    /// After a sync failed, what it should have made durable may or may not be on the disk, whatever reading the file
    /// shows. A new segment that names the last position known to be durable decides: what lies behind never was.
    fn find_out(&mut self) -> bool {
        if let Err(error) = self.room() {
            self.failed(&error);
            return false;
        }
        for mut done in self.unknown.drain(..) {
            done(Fate::Refused(Refusal::Failing));
        }
        if std::mem::take(&mut self.failing) {
            self.shared.owner.notice(&Notice::WritesAgain);
        }
        true
    }

    fn failed(&mut self, error: &io::Error) -> Refusal {
        let full = is_full(error);
        if !std::mem::replace(&mut self.failing, true) {
            self.shared.owner.notice(&Notice::CannotWrite { full, error: error.to_string() });
        }
        if full { Refusal::Full } else { Refusal::Failing }
    }

    /// The segment to write to, a new one if the last is full.
    fn room(&mut self) -> io::Result<&Tail> {
        if let Some(tail) = self.tail.take() {
            if tail.len < self.shared.options.segment_bytes {
                return Ok(self.tail.insert(tail));
            }
            self.seal(tail)?;
        }
        let tail = self.begin_segment()?;
        Ok(self.tail.insert(tail))
    }

    /// Writes a full segment's index to its end. When there is no room for it, the segment is the tail again.
    fn seal(&mut self, tail: Tail) -> io::Result<()> {
        let (number, medium) = (tail.file.number, &self.shared.medium);
        let (frame, places) = footer::encode(&self.shared.state(), number, tail.file.salt, tail.len);
        if let Err(error) = medium.write(&tail.file.file, &frame, tail.len) {
            if medium.cut(&tail.file.file, tail.len).is_ok() {
                self.tail = Some(tail);
            }
            return Err(error);
        }
        // Its frames are durable without it. The next segment says where they end, and it is scanned at a start.
        medium.sync(&tail.file.file)?;
        let mut state = self.shared.state_mut();
        if let Some(segment) = state.segments.get_mut(&number) {
            segment.len = tail.len + frame.len() as u64;
            segment.sealed = true;
            for (stream, place) in places {
                segment.touched.entry(stream).or_default().frames = place;
            }
        }
        let wanted = state.without_snapshot(number);
        drop(state);
        if !wanted.is_empty() {
            let wanted: Vec<_> = wanted.into_iter().map(StreamId).collect();
            self.shared.owner.snapshots_wanted(&wanted);
        }
        Ok(())
    }

    fn begin_segment(&self) -> io::Result<Tail> {
        let last =
            self.shared.state().segments.last_key_value().map(|(number, segment)| (*number, segment.len));
        let (last, previous_end) = last.unwrap_or_default();
        // The counter also knows of files that could not be read.
        let number = (last + 1).max(self.shared.segment_number_min);
        let salt = (RandomState::new().build_hasher().finish() >> 32) as u32;
        let path = self.shared.folder.join(segment::file_name(number));
        let medium = &self.shared.medium;
        // One that is there was begun by an attempt that failed, and holds nothing.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let file = medium.create(&path)?;
        let header = SegmentHeader { number, previous_end, salt }.encode();
        medium.write(&file, &header, 0)?;
        medium.sync(&file)?;
        sync_folder(&self.shared.folder)?;
        let file = Arc::new(SegmentFile { number, path, file, salt });
        let segment = Segment {
            file: Arc::clone(&file),
            len: SEGMENT_HEADER_LEN,
            sealed: false,
            touched: Default::default(),
        };
        self.shared.state_mut().segments.insert(number, segment);
        Ok(Tail { file, len: SEGMENT_HEADER_LEN })
    }
}

/// Should the writer panic, say in somebody's [`Done`], then nobody may wait for it any more.
struct CloseQueue(Arc<Shared>);

impl Drop for CloseQueue {
    fn drop(&mut self) {
        self.0.queue.close();
        let mut left = Vec::new();
        self.0.queue.drain(&mut left);
    }
}

enum Failure {
    /// Nothing was written.
    Nothing(io::Error),
    Unknown(io::Error),
}

fn refuse(jobs: &mut Vec<Job>, refusal: Refusal) {
    for mut job in jobs.drain(..) {
        (job.done)(Fate::Refused(refusal));
    }
}

//! What waits for the writer. Bounded by bytes; who comes when it is full is told so.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::commit::{Done, Part, Refusal};

pub(super) struct Job {
    pub(super) parts: Vec<Part>,
    pub(super) done: Done,
}

pub(super) struct Queue {
    /// Guards what waits; held for a push or for taking a group.
    waiting: Mutex<Waiting>,
    wake: Condvar,
    bytes_max: usize,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<(usize, Job)>,
    bytes: usize,
    closed: bool,
    /// The writer sleeps; only then is it worth to wake it.
    writer_sleeps: bool,
}

/// A job that holds next to nothing still costs its own memory.
const JOB_BYTES: usize = 256;

impl Queue {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { waiting: Mutex::default(), wake: Condvar::new(), bytes_max }
    }

    pub(super) fn push(&self, job: Job) -> Result<(), Refusal> {
        let bytes = JOB_BYTES + job.parts.iter().map(Part::weight).sum::<usize>();
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Refusal::Closed);
        }
        // One job is always taken, however big.
        if waiting.bytes > 0 && waiting.bytes.saturating_add(bytes) > self.bytes_max {
            return Err(Refusal::Busy);
        }
        waiting.bytes += bytes;
        waiting.jobs.push_back((bytes, job));
        if waiting.writer_sleeps {
            waiting.writer_sleeps = false;
            drop(waiting);
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Takes what has gathered, up to about `bytes_max`, and waits for it if need be. `false`: closed, and nothing
    /// is left.
    pub(super) fn take(&self, group: &mut Vec<Job>, bytes_max: usize) -> bool {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.writer_sleeps = true;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.writer_sleeps = false;
        let mut taken = 0;
        while taken < bytes_max
            && let Some((bytes, job)) = waiting.jobs.pop_front()
        {
            taken += bytes;
            group.push(job);
        }
        waiting.bytes -= taken;
        true
    }

    /// Takes everything that is there.
    pub(super) fn drain(&self, group: &mut Vec<Job>) {
        let mut waiting = self.lock();
        waiting.bytes = 0;
        group.extend(waiting.jobs.drain(..).map(|(_, job)| job));
    }

    /// Sleeps until a job comes, the queue is closed or the time is over. Whether it is closed.
    pub(super) fn pause(&self, at_most: Duration) -> bool {
        let mut waiting = self.lock();
        if waiting.jobs.is_empty() && !waiting.closed {
            waiting.writer_sleeps = true;
            (waiting, _) = self.wake.wait_timeout(waiting, at_most).unwrap_or_else(PoisonError::into_inner);
            waiting.writer_sleeps = false;
        }
        waiting.closed
    }

    /// No more is taken; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

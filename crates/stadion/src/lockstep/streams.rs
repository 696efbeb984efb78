//! All lockstep streams of the program: a map from names to cells, and one driver a shard for their deadlines.
//!
//! A stream costs an entry in a map and one in a heap; no task, timer or thread is its own.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use stadion_core::stream::Due;
use stadion_core::timers::Timers;
use stadion_core::{Birth, Epoch, Refusal, StreamName, StreamRules, Time};
use tokio::sync::Notify;

use super::answer::Extensions;
use super::cell::{Cell, Sync};
use super::refused::Refused;
use crate::clock::Clock;
use crate::hub::frame::CloseCode;
use crate::metrics::Metrics;

#[derive(Debug)]
pub struct Streams {
    shards: Box<[Shard]>,
    hasher: std::hash::RandomState,
    count: AtomicUsize,
    streams_max: usize,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
}

/// A part of the streams. Its locks are held for a look-up, never while a stream is at work.
#[derive(Debug, Default)]
struct Shard {
    cells: Mutex<HashMap<StreamName, Arc<Cell>>>,
    timers: Mutex<Timers<StreamName>>,
    /// The driver's next deadline has come nearer.
    nearer: Notify,
}

/// Asked where a stream is to be made because there is none of its name.
pub trait Opening {
    /// What holds for the new stream; or why none may be made.
    fn open(&self) -> Result<Arc<StreamRules>, Refused>;
}

impl Streams {
    pub fn new(streams_max: usize, clock: Clock, metrics: Arc<Metrics>) -> Self {
        let shards = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            hasher: std::hash::RandomState::new(),
            count: AtomicUsize::new(0),
            streams_max,
            clock,
            metrics,
        }
    }

    fn shard(&self, name: &str) -> &Shard {
        let hash = self.hasher.hash_one(name);
        let index = usize::try_from(hash % self.shards.len() as u64).unwrap_or(0);
        // `index` is a remainder by the length, and there is at least one.
        self.shards.get(index).unwrap_or_else(|| unreachable!("a remainder is in range"))
    }

    pub fn find(&self, name: &str) -> Option<Arc<Cell>> {
        self.shard(name).cells.lock().get(name).cloned()
    }

    /// How many streams live.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn find_or_create(&self, name: &str, opening: &impl Opening) -> Result<Arc<Cell>, Refused> {
        let mut cells = self.shard(name).cells.lock();
        if let Some(cell) = cells.get(name) {
            return Ok(Arc::clone(cell));
        }
        let name = StreamName::new(name)?;
        if self.count.load(Ordering::Relaxed) >= self.streams_max {
            return Err(Refused::TooManyStreams { streams_max: self.streams_max });
        }
        let cell = Arc::new(Cell::new(name.clone(), opening.open()?, birth()?, self.clock.now()));
        cells.insert(name, Arc::clone(&cell));
        self.count.fetch_add(1, Ordering::Relaxed);
        self.metrics.streams.increment(1.0);
        Ok(cell)
    }

    /// Takes a request to the stream of this name, which is made where there is none.
    ///
    /// `then` runs under the stream's lock, right behind the answer, which is thus still the present.
    pub fn sync<R>(
        &self,
        name: &str,
        sync: Sync,
        opening: &impl Opening,
        then: impl FnOnce(&Arc<Cell>, &mut super::cell::Inner, stadion_core::Answer) -> R,
    ) -> Result<R, Refused> {
        loop {
            let cell = match self.find(name) {
                Some(cell) => cell,
                None if sync.message.epoch.as_deref().is_some_and(|epoch| !epoch.is_empty()) => {
                    return Err(Refusal::EpochChanged { current: None }.into());
                }
                None => self.find_or_create(name, opening)?,
            };
            let mut inner = cell.inner.lock();
            if inner.ended {
                continue;
            }
            let now = self.clock.now();
            let outcome = inner.sync(sync, now, &self.metrics);
            let outcome = outcome.map(|answer| then(&cell, &mut inner, answer));
            if inner.stream.is_stillborn() {
                // Its first request was refused: it never was.
                inner.ended = true;
                drop(inner);
                self.remove(&cell);
            } else {
                self.arm(&cell.name, &mut inner);
            }
            return outcome;
        }
    }

    /// Sees to it that the stream's next deadline is met.
    pub fn arm(&self, name: &StreamName, inner: &mut super::cell::Inner) {
        let ping = inner.stream.ping_every().map(|every| self.clock.now() + every);
        let Some(at) = [inner.stream.poll_timeout(), ping].into_iter().flatten().min() else { return };
        if inner.due.is_some_and(|due| due <= at) {
            return;
        }
        inner.due = Some(at);
        let shard = self.shard(name.as_str());
        let nearer = {
            let mut timers = shard.timers.lock();
            let before = timers.next();
            timers.arm(name.clone(), at);
            before.is_none_or(|before| at < before)
        };
        if nearer {
            shard.nearer.notify_one();
        }
    }

    /// Takes a stream that is over out of the map; not another one that bears its name by now.
    fn remove(&self, cell: &Arc<Cell>) {
        let shard = self.shard(cell.name.as_str());
        let mut cells = shard.cells.lock();
        if cells.get(cell.name.as_str()).is_some_and(|held| Arc::ptr_eq(held, cell)) {
            cells.remove(cell.name.as_str());
            shard.timers.lock().forget(&cell.name);
            self.count.fetch_sub(1, Ordering::Relaxed);
            self.metrics.streams.decrement(1.0);
        }
    }

    /// Meets the deadlines of all streams, for ever: one task a shard.
    pub async fn drive(self: Arc<Self>) {
        let drivers = (0..self.shards.len()).map(|index| tokio::spawn(Arc::clone(&self).drive_shard(index)));
        for driver in drivers.collect::<Vec<_>>() {
            if driver.await.is_err() {
                tracing::error!("a driver of streams has stopped; the streams of its shard stand still");
            }
        }
    }

    async fn drive_shard(self: Arc<Self>, index: usize) {
        let Some(shard) = self.shards.get(index) else { return };
        loop {
            let next = shard.timers.lock().next();
            match next {
                Some(at) => {
                    let sleep = tokio::time::sleep_until(self.clock.instant(at).into());
                    tokio::select! {
                        () = sleep => {}
                        () = shard.nearer.notified() => {}
                    }
                }
                None => shard.nearer.notified().await,
            }
            let now = self.clock.now();
            loop {
                let due = shard.timers.lock().pop_due(now);
                let Some(name) = due else { break };
                if let Some(cell) = self.find(name.as_str()) {
                    self.wake(&cell, now);
                }
            }
        }
    }

    /// Does what a stream's deadline asks for: disconnects, the end, a tick to its readers.
    fn wake(&self, cell: &Arc<Cell>, now: Time) {
        let ended = {
            let mut inner = cell.inner.lock();
            inner.due = None;
            if inner.ended {
                return;
            }
            match inner.stream.handle_timeout(now) {
                Due::Ended => {
                    inner.ended = true;
                    self.metrics.clients_changed(inner.stream.clients_connected(), 0);
                    true
                }
                Due::Commit(commit) => {
                    inner.write(commit, now, &self.metrics);
                    false
                }
                Due::Nothing => false,
            }
        };
        if ended {
            self.remove(cell);
            cell.audience.lock().close_all(CloseCode::StreamEnded, "the stream has ended", now);
            tracing::debug!(stream = %cell.name, "stream ended");
            return;
        }
        self.flush(cell, now);
        self.arm(&cell.name, &mut cell.inner.lock());
    }

    fn flush(&self, cell: &Arc<Cell>, now: Time) {
        let mut audience = cell.audience.lock();
        if audience.is_empty() {
            return;
        }
        let sent = audience.flush(&cell.inner, now);
        self.metrics.pushed_bytes.increment(sent);
        self.metrics.flush_seconds.record(self.clock.now().since(now));
    }

    /// Visits the streams whose names begin with `prefix` and come behind `after`, the first `limit` of them in order.
    pub fn list(
        &self,
        prefix: &str,
        after: &str,
        limit: usize,
        mut visit: impl FnMut(&str, &super::cell::Inner, usize),
    ) {
        let mut found: Vec<Arc<Cell>> = Vec::new();
        for shard in &self.shards {
            let cells = shard.cells.lock();
            let meant = |name: &str| name.starts_with(prefix) && name > after;
            found.extend(cells.values().filter(|cell| meant(cell.name.as_str())).cloned());
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        for cell in found.iter().take(limit) {
            let readers = cell.audience.lock().len();
            visit(cell.name.as_str(), &cell.inner.lock(), readers);
        }
    }

    /// Ends a stream at once. `false` where there is none.
    pub fn delete(&self, name: &str) -> bool {
        let Some(cell) = self.find(name) else { return false };
        {
            let mut inner = cell.inner.lock();
            if inner.ended {
                return false;
            }
            inner.ended = true;
            self.metrics.clients_changed(inner.stream.clients_connected(), 0);
        }
        self.remove(&cell);
        let now = self.clock.now();
        cell.audience.lock().close_all(CloseCode::StreamDeleted, "the stream was deleted", now);
        true
    }

    /// Closes every push connection and watcher.
    pub fn close_all(&self, code: CloseCode, reason: &str) {
        let now = self.clock.now();
        for shard in &self.shards {
            let cells: Vec<_> = shard.cells.lock().values().cloned().collect();
            for cell in cells {
                cell.audience.lock().close_all(code, reason, now);
            }
        }
    }
}

/// A new stream's identity and seed, from the system's entropy.
fn birth() -> Result<Birth, Refused> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|_| Refused::Unavailable)?;
    let (epoch, seed) = bytes.split_at(16);
    let epoch = epoch.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let seed = seed.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    // 63 bits: the sign stays clear.
    Ok(Birth { epoch: Epoch::from_bits(epoch), seed: i64::try_from(seed >> 1).unwrap_or(0) })
}

/// The answer to a poll, encoded under the lock.
pub fn encode(
    shown: Extensions,
) -> impl FnOnce(&Arc<Cell>, &mut super::cell::Inner, stadion_core::Answer) -> Vec<u8> {
    move |_, inner, answer| inner.encode(&answer, shown)
}

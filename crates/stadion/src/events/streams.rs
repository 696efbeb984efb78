//! All streams of events of the program, and the loop that gives their readers what is new.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use stadion_core::{StreamName, Time};
use tokio::sync::Notify;

use super::cell::Cell;
use crate::clock::Clock;
use crate::config::EventRules;
use crate::hub::frame::CloseCode;
use crate::metrics::Metrics;

/// By name in order, so that a list can go on behind a name.
#[derive(Debug)]
pub struct EventStreams {
    cells: RwLock<BTreeMap<StreamName, Arc<Cell>>>,
    fresh: Mutex<VecDeque<Arc<Cell>>>,
    woken: Notify,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
}

/// Between two looks at all readers for pings and silence.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

impl EventStreams {
    pub fn new(clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self { cells: RwLock::default(), fresh: Mutex::default(), woken: Notify::new(), clock, metrics }
    }

    pub fn find(&self, name: &str) -> Option<Arc<Cell>> {
        self.cells.read().get(name).cloned()
    }

    /// The stream of this name, which must be a good one; a reader of a name that was never written holds a place for
    /// it, so that he sees its first event.
    pub fn find_or_hold(&self, name: &str, rules: &Arc<EventRules>) -> Option<Arc<Cell>> {
        if let Some(cell) = self.find(name) {
            return Some(cell);
        }
        let name = StreamName::new(name).ok()?;
        let mut cells = self.cells.write();
        let cell = cells.entry(name.clone()).or_insert_with(|| Arc::new(Cell::new(name, Arc::clone(rules))));
        Some(Arc::clone(cell))
    }

    /// Lets go of a name that was held for a reader and never written.
    pub fn release(&self, cell: &Arc<Cell>) {
        let mut cells = self.cells.write();
        // One after the other: a flush takes these two locks in the other order.
        let is_read = !cell.readers.lock().is_empty();
        let is_unused = !is_read && cell.inner.lock().epoch().is_none();
        if is_unused && cells.get(cell.name.as_str()).is_some_and(|held| Arc::ptr_eq(held, cell)) {
            cell.inner.lock().deleted = true;
            cells.remove(cell.name.as_str());
        }
    }

    /// Deletes the stream with all its events. `false` where there is none.
    pub fn delete(&self, name: &str) -> bool {
        let removed = {
            let mut cells = self.cells.write();
            match cells.get(name) {
                Some(cell) if cell.inner.lock().epoch().is_some() => cells.remove(name),
                Some(_) | None => None,
            }
        };
        let Some(cell) = removed else { return false };
        cell.inner.lock().deleted = true;
        cell.readers.lock().close_all(CloseCode::StreamDeleted, "the stream was deleted", self.clock.now());
        true
    }

    /// Streams whose names begin with `prefix` and come behind `after`, in order.
    pub fn list(&self, prefix: &str, after: &str, mut visit: impl FnMut(&Arc<Cell>) -> bool) {
        for (name, cell) in self.cells.read().iter() {
            let is_meant = name.as_str().starts_with(prefix) && name.as_str() > after;
            if is_meant && cell.inner.lock().epoch().is_some() && !visit(cell) {
                return;
            }
        }
    }

    /// Sees to it that the stream's readers are told soon.
    pub fn has_news(&self, cell: &Arc<Cell>) {
        if !cell.waits_for_flush.swap(true, Ordering::AcqRel) {
            self.fresh.lock().push_back(Arc::clone(cell));
            self.woken.notify_one();
        }
    }

    /// Flushes what is new, for ever: at once when idle, at most every `flush` of a stream under load.
    pub async fn drive(self: Arc<Self>) {
        let mut later: BinaryHeap<Reverse<Later>> = BinaryHeap::new();
        let mut sweep_at = self.clock.now() + SWEEP_EVERY;
        loop {
            let wake_at = later.peek().map_or(sweep_at, |Reverse(next)| next.at.min(sweep_at));
            tokio::select! {
                () = self.woken.notified() => {}
                () = tokio::time::sleep_until(self.clock.instant(wake_at).into()) => {}
            }
            let now = self.clock.now();
            while let Some(Reverse(due)) = later.peek()
                && due.at <= now
            {
                if let Some(Reverse(due)) = later.pop() {
                    self.flush(&due.cell);
                }
            }
            loop {
                let next = self.fresh.lock().pop_front();
                let Some(cell) = next else { break };
                let at = cell.may_flush_at();
                if at <= self.clock.now() {
                    self.flush(&cell);
                } else {
                    later.push(Reverse(Later { at, cell }));
                }
            }
            if sweep_at <= now {
                self.sweep();
                sweep_at = self.clock.now() + SWEEP_EVERY;
            }
        }
    }

    fn flush(&self, cell: &Arc<Cell>) {
        let now = self.clock.now();
        let sent = cell.flush(now);
        self.metrics.pushed_bytes.increment(sent);
        self.metrics.flush_seconds.record(self.clock.now().since(now));
    }

    fn sweep(&self) {
        let cells: Vec<_> = self.cells.read().values().cloned().collect();
        let now = self.clock.now();
        for cell in cells {
            cell.readers.lock().sweep(now);
        }
    }

    pub fn close_all(&self, code: CloseCode, reason: &'static str) {
        let now = self.clock.now();
        for cell in self.cells.read().values() {
            cell.readers.lock().close_all(code, reason, now);
        }
    }
}

/// A stream that is to be flushed, but not yet.
#[derive(Debug)]
struct Later {
    at: Time,
    cell: Arc<Cell>,
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

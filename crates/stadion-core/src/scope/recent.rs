//! The last event of each key within a window of time: which competitions were activated in the last 24 hours.
//!
//! It is what a reader of the stream `competitions` begins with (wire/competition-events.md), and it is not scopes:
//! nothing closes there, things grow old.

use std::collections::HashMap;
use std::sync::Arc;

use super::arena::{Arena, Chain, Chained, Id, Links};
use super::bytes::{Taker, put_number, put_text};
use super::key::KEY_BYTES_MAX;
use super::snapshot::RestoreError;

/// The last event of each key, oldest first. Its clock is the wall's, in milliseconds since 1970, as the log stamps
/// events when they are received.
#[derive(Debug)]
pub struct RecentList {
    bounds: RecentBounds,
    next: u64,
    entries: Arena<Entry>,
    by_key: HashMap<Arc<str>, Id>,
    order: Chain<BY_OFFSET>,
    /// The latest time at which an entry had to leave before it was old.
    gap: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentBounds {
    pub window_ms: u64,
    /// Keys within the window; past it the one that was heard of longest ago leaves.
    pub keys_max: usize,
}

impl Default for RecentBounds {
    /// Of competitions: the last 24 hours, and more of them than are held in the world.
    fn default() -> Self {
        Self { window_ms: 24 * 60 * 60 * 1000, keys_max: 10_000 }
    }
}

#[derive(Debug)]
struct Entry {
    offset: u64,
    received_ms: u64,
    key: Arc<str>,
    links: Links,
}

const BY_OFFSET: usize = 0;
const VERSION: u8 = 1;

impl RecentList {
    pub fn new(bounds: RecentBounds) -> Self {
        Self {
            bounds,
            next: 0,
            entries: Arena::default(),
            by_key: HashMap::new(),
            order: Chain::default(),
            gap: None,
        }
    }

    /// Takes the stream's next event. One without a key, or with one that is too long, is nobody's last. An event that
    /// was applied before changes nothing.
    pub fn apply(&mut self, offset: u64, received_ms: u64, key: Option<&str>) {
        if offset < self.next {
            return;
        }
        let Some(next) = offset.checked_add(1) else { return };
        self.next = next;
        self.expire(received_ms);
        let Some(key) = key.filter(|key| key.len() <= KEY_BYTES_MAX) else { return };
        if let Some(superseded) = self.by_key.get(key) {
            self.remove(*superseded);
        }
        self.insert(offset, received_ms, key.into());
        self.trim();
    }

    /// Forgets what is older than the window. A reader is shown none of it anyway; this frees what retention spares.
    pub fn expire(&mut self, now_ms: u64) {
        while let Some(oldest) = self.order.first()
            && !self.is_recent(self.entries[oldest].received_ms, now_ms)
        {
            self.remove(oldest);
        }
    }

    /// The offset that is to be applied next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The last event of each key within the window before `now_ms`, its beginning included; oldest first, and so in
    /// ascending order.
    pub fn offsets(&self, now_ms: u64) -> impl Iterator<Item = u64> {
        let entries = self.order.iter(&self.entries);
        entries.filter(move |entry| self.is_recent(entry.received_ms, now_ms)).map(|entry| entry.offset)
    }

    /// Whether one had to leave that is within the window.
    pub fn is_truncated(&self, now_ms: u64) -> bool {
        self.gap.is_some_and(|received_ms| self.is_recent(received_ms, now_ms))
    }

    /// Version, next offset, the gap's time + 1 or 0, then each entry from the oldest: its offset + 1, time and key;
    /// ends with 0. Numbers and texts as in [`super::LiveState::snapshot`].
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_number(&mut out, self.next);
        put_number(&mut out, self.gap.map_or(0, |gap| gap.saturating_add(1)));
        for entry in self.order.iter(&self.entries) {
            put_number(&mut out, entry.offset + 1);
            put_number(&mut out, entry.received_ms);
            put_text(&mut out, &entry.key);
        }
        put_number(&mut out, 0);
        out
    }

    pub fn restore(snapshot: &[u8], bounds: RecentBounds) -> Result<Self, RestoreError> {
        let mut taker = Taker(snapshot);
        let version = taker.byte()?;
        if version != VERSION {
            return Err(RestoreError::OtherVersion(version));
        }
        let mut list = Self { next: taker.number()?, ..Self::new(bounds) };
        list.gap = taker.number()?.checked_sub(1);
        let mut after = 0;
        while let Some(offset) = taker.number()?.checked_sub(1) {
            if offset < after || offset >= list.next {
                return Err(RestoreError::Damaged("events are out of order"));
            }
            after = offset + 1;
            let received_ms = taker.number()?;
            let key = taker.text(KEY_BYTES_MAX)?;
            if list.by_key.contains_key(key) {
                return Err(RestoreError::Damaged("a key is there twice"));
            }
            list.insert(offset, received_ms, key.into());
        }
        if !taker.0.is_empty() {
            return Err(RestoreError::Damaged("something stands behind its end"));
        }
        list.trim();
        Ok(list)
    }

    fn is_recent(&self, received_ms: u64, now_ms: u64) -> bool {
        received_ms.saturating_add(self.bounds.window_ms) >= now_ms
    }

    fn insert(&mut self, offset: u64, received_ms: u64, key: Arc<str>) {
        let entry = Entry { offset, received_ms, key: key.clone(), links: Links::default() };
        let entry = self.entries.insert(entry);
        self.by_key.insert(key, entry);
        self.order.push_back(&mut self.entries, entry);
    }

    fn remove(&mut self, entry: Id) -> Entry {
        self.order.unlink(&mut self.entries, entry);
        let removed = self.entries.remove(entry);
        self.by_key.remove(&removed.key);
        removed
    }

    fn trim(&mut self) {
        while self.entries.len() > self.bounds.keys_max
            && let Some(oldest) = self.order.first()
        {
            let left = self.remove(oldest);
            self.gap = self.gap.max(Some(left.received_ms));
        }
    }
}

impl Chained<BY_OFFSET> for Entry {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

#[cfg(test)]
mod tests;

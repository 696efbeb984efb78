//! Scopes and live state: the shortest list of events that restores what is going on.
//!
//! A scope is something that opens and closes in a stream: a competition, a distance in it, heats in that
//! (wire/competition-events.md). A new reader gets the events in which the open scopes began and what came in them
//! since, then what comes live. [`LiveState`] is the index behind that: it is told each event's few [`Facts`] and
//! keeps offsets, never bodies.
//!
//! The order is the outer scope's opening, its own level's events since, then the scopes inside, each in the order of
//! its latest opening and whole before the next. An inner scope opens only in an open one, so that nothing is restored
//! without what stands around it.
//!
//! An event costs a look-up a level, and some links: it enters once and leaves once, when it is superseded, when its
//! scope closes or opens again, or when the outermost scope around it holds more than its [`Bounds`]. Rejected: a list
//! for each scope, merged where age counts, makes the bound a search among scopes; one list for all makes closing a
//! scan.

mod arena;
mod bytes;
mod key;
mod reading;
mod recent;
mod rules;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use arena::{Arena, Chain, Chained, Id, Links};
use rules::Deed;

pub use key::{KEY_BYTES_MAX, KeyFault, fold_case, join_key, split_key};
pub use reading::OpenScope;
pub use recent::{RecentBounds, RecentList};
pub use rules::{
    COMPETITION_ACTIVATED, Definition, LEVELS_MAX, Latest, Level, Reopen, RulesError, ScopeRules,
};
pub use snapshot::RestoreError;

/// One stream's live state.
#[derive(Debug)]
pub struct LiveState {
    rules: Arc<ScopeRules>,
    bounds: Bounds,
    /// Offsets before this one have been applied.
    next: u64,
    scopes: Arena<Scope>,
    /// What came in the open scopes. Their openings are the scopes' own.
    events: Arena<Event>,
    outermost: Inside,
    /// Of all scopes; not counted again for each reader.
    held: Held,
    /// How many places say that something is missing there.
    gaps: usize,
}

/// What live state may hold. Past it, what is oldest leaves and [`LiveState::is_truncated`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Events of one outermost scope with all that is open inside it. Openings count, but don't leave.
    pub events_max: usize,
    /// Bytes of the same.
    pub bytes_max: u64,
    /// Open scopes of the stream. One more closes the one that was opened longest ago beside it, or beside the scopes
    /// around it.
    pub scopes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { events_max: 100_000, bytes_max: 64 << 20, scopes_max: 10_000 }
    }
}

/// What live state is told about an event.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The event's type; empty for one without.
    pub kind: &'a str,
    /// By level, outermost first: the event's key as [`join_key`] makes it. `None`, or nothing, where it is absent.
    pub keys: &'a [Option<&'a str>],
    /// The key that [`ScopeRules::latest_keys`] asks for. `None` where it asks for none, or it is absent.
    pub latest: Option<&'a str>,
}

#[derive(Debug)]
struct Scope {
    level: usize,
    parent: Option<Id>,
    /// Itself, or the scope of level 0 around it.
    outermost: Id,
    key: Arc<str>,
    opening: Opening,
    own: Chain<OF_SCOPE>,
    /// Events of its own had to leave.
    has_gap: bool,
    /// The events that stand in `own` by their key, for each `latest` of the level that had one.
    latest: Vec<HashMap<Arc<str>, Id>>,
    inside: Inside,
    beside: Links,
    /// Of an outermost scope: what it and all inside it hold.
    held: Held,
    /// Of an outermost scope: the events in it, oldest first, openings left out.
    by_age: Chain<BY_AGE>,
}

#[derive(Clone, Copy, Debug)]
struct Opening {
    offset: u64,
    bytes: u64,
}

/// The scopes in a scope, or the outermost ones.
#[derive(Debug, Default)]
struct Inside {
    by_key: HashMap<Arc<str>, Id>,
    /// By latest opening.
    order: Chain<OF_SCOPE>,
    /// A scope had to close for want of room.
    has_gap: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    events: usize,
    bytes: u64,
}

#[derive(Debug)]
struct Event {
    offset: u64,
    bytes: u64,
    scope: Id,
    latest: Option<Box<LatestKey>>,
    in_scope: Links,
    in_age: Links,
}

#[derive(Debug)]
struct LatestKey {
    /// Which `latest` of the scope's level.
    index: usize,
    key: Arc<str>,
}

/// So that sums of them never overflow.
const EVENT_BYTES_MAX: u64 = u32::MAX as u64;

/// The chain of what is in the same scope: events, or scopes.
const OF_SCOPE: usize = 0;
/// The chain of an outermost scope's events by age.
const BY_AGE: usize = 1;

impl LiveState {
    pub fn new(rules: Arc<ScopeRules>, bounds: Bounds) -> Self {
        Self {
            rules,
            bounds,
            next: 0,
            scopes: Arena::default(),
            events: Arena::default(),
            outermost: Inside::default(),
            held: Held::default(),
            gaps: 0,
        }
    }

    /// Takes the stream's next event: its offset, the bytes it takes where it is kept (4 GiB at most), its facts.
    ///
    /// An event that was applied before changes nothing, so whoever folds again after a restart may begin too early.
    pub fn apply(&mut self, offset: u64, bytes: u64, facts: &Facts<'_>) {
        if offset < self.next {
            return;
        }
        let Some(next) = offset.checked_add(1) else { return };
        self.next = next;
        let bytes = bytes.min(EVENT_BYTES_MAX);
        let opening = Opening { offset, bytes };
        match self.rules.deed_of(facts) {
            None => {}
            Some(Deed::Open { level }) => self.open(level, opening, facts.keys),
            Some(Deed::Close { level }) => {
                if let Some(scope) = self.find(facts.keys.iter().take(level + 1)) {
                    self.close(scope);
                }
            }
            Some(Deed::Belong { level, latest }) => {
                if let Some(scope) = self.find(facts.keys.iter().take(level + 1)) {
                    let key = facts.latest.filter(|key| key.len() <= KEY_BYTES_MAX);
                    self.add(scope, offset, bytes, latest.zip(key));
                }
            }
        }
    }

    /// The offset that is to be applied next: one more than the last one.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many events [`LiveState::offsets`] gives.
    pub fn len(&self) -> usize {
        self.held.events
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        self.held.bytes
    }

    /// Whether anything is missing that the rules would have kept. It is so until the scope closes in which it is, and
    /// where an outermost scope is missing, until none is open.
    pub fn is_truncated(&self) -> bool {
        self.gaps > 0
    }

    pub fn rules(&self) -> &Arc<ScopeRules> {
        &self.rules
    }

    /// The open scope with these keys, outermost first.
    fn find<'k>(&self, keys: impl Iterator<Item = &'k Option<&'k str>>) -> Option<Id> {
        let mut found = None;
        for key in keys {
            found = Some(*self.inside(found).by_key.get((*key)?)?);
        }
        found
    }

    fn open(&mut self, level: usize, opening: Opening, keys: &[Option<&str>]) {
        let Some(key) = keys.get(level).copied().flatten() else { return };
        let parent = self.find(keys.iter().take(level));
        if level > 0 && parent.is_none() {
            return;
        }
        let Some((concurrent, reopen)) =
            self.rules.level(level).map(|level| (level.concurrent, level.reopen))
        else {
            return;
        };
        let scope = match self.inside(parent).by_key.get(key).copied() {
            Some(scope) => {
                self.reopen(scope, opening, reopen);
                scope
            }
            None => {
                if !concurrent {
                    self.close_inside(parent);
                }
                self.make_room(parent);
                self.insert(level, parent, key, opening)
            }
        };
        self.trim(self.scopes[scope].outermost);
    }

    fn insert(&mut self, level: usize, parent: Option<Id>, key: &str, opening: Opening) -> Id {
        let key: Arc<str> = key.into();
        let outermost = parent.map(|parent| self.scopes[parent].outermost);
        let scope = self.scopes.insert_with(|id| Scope {
            level,
            parent,
            outermost: outermost.unwrap_or(id),
            key: key.clone(),
            opening,
            own: Chain::default(),
            has_gap: false,
            latest: Vec::new(),
            inside: Inside::default(),
            beside: Links::default(),
            held: Held::default(),
            by_age: Chain::default(),
        });
        self.inside_mut(parent).by_key.insert(key, scope);
        self.append(parent, scope);
        self.count_in(scope, opening.bytes);
        scope
    }

    fn reopen(&mut self, scope: Id, opening: Opening, reopen: Reopen) {
        self.drop_own(scope);
        self.fill_gap(scope);
        match reopen {
            Reopen::Anew => self.close_inside(Some(scope)),
            Reopen::Repeat => {}
        }
        let parent = self.scopes[scope].parent;
        self.detach(parent, scope);
        self.append(parent, scope);
        let before = std::mem::replace(&mut self.scopes[scope].opening, opening);
        self.count_out(scope, before.bytes);
        self.count_in(scope, opening.bytes);
    }

    fn close(&mut self, scope: Id) {
        self.close_inside(Some(scope));
        self.drop_own(scope);
        self.fill_gap(scope);
        self.count_out(scope, self.scopes[scope].opening.bytes);
        let parent = self.scopes[scope].parent;
        self.detach(parent, scope);
        let closed = self.scopes.remove(scope);
        self.inside_mut(parent).by_key.remove(&closed.key);
        if self.scopes.len() == 0 && std::mem::take(&mut self.outermost.has_gap) {
            self.gaps -= 1;
        }
    }

    /// Closes all scopes in this one. As deep as there are levels.
    fn close_inside(&mut self, parent: Option<Id>) {
        while let Some(scope) = self.inside(parent).order.first() {
            self.close(scope);
        }
        if parent.is_some() && std::mem::take(&mut self.inside_mut(parent).has_gap) {
            self.gaps -= 1;
        }
    }

    fn drop_own(&mut self, scope: Id) {
        while let Some(event) = self.scopes[scope].own.first() {
            self.remove(event);
        }
    }

    fn fill_gap(&mut self, scope: Id) {
        if std::mem::take(&mut self.scopes[scope].has_gap) {
            self.gaps -= 1;
        }
    }

    fn add(&mut self, scope: Id, offset: u64, bytes: u64, latest: Option<(usize, &str)>) {
        if let Some((index, key)) = latest
            && let Some(superseded) =
                self.scopes[scope].latest.get(index).and_then(|by_key| by_key.get(key)).copied()
        {
            self.remove(superseded);
        }
        let event = self.insert_event(scope, offset, bytes, latest);
        let outermost = self.scopes[scope].outermost;
        self.scopes[outermost].by_age.push_back(&mut self.events, event);
        self.trim(outermost);
    }

    /// Adds an event to its scope. It has no age yet.
    fn insert_event(&mut self, scope: Id, offset: u64, bytes: u64, latest: Option<(usize, &str)>) -> Id {
        let latest = latest.map(|(index, key)| Box::new(LatestKey { index, key: key.into() }));
        let remembered = latest.as_ref().map(|latest| (latest.index, latest.key.clone()));
        let (in_scope, in_age) = (Links::default(), Links::default());
        let event = self.events.insert(Event { offset, bytes, scope, latest, in_scope, in_age });
        let at = &mut self.scopes[scope];
        at.own.push_back(&mut self.events, event);
        if let Some((index, key)) = remembered {
            if at.latest.len() <= index {
                at.latest.resize_with(index + 1, HashMap::new);
            }
            if let Some(by_key) = at.latest.get_mut(index) {
                by_key.insert(key, event);
            }
        }
        self.count_in(scope, bytes);
        event
    }

    fn remove(&mut self, event: Id) {
        let scope = self.events[event].scope;
        let outermost = self.scopes[scope].outermost;
        self.scopes[scope].own.unlink(&mut self.events, event);
        self.scopes[outermost].by_age.unlink(&mut self.events, event);
        let removed = self.events.remove(event);
        if let Some(latest) = removed.latest
            && let Some(by_key) = self.scopes[scope].latest.get_mut(latest.index)
        {
            by_key.remove(&latest.key);
        }
        self.count_out(scope, removed.bytes);
    }

    /// Lets the oldest events of an outermost scope go while it holds too much.
    fn trim(&mut self, outermost: Id) {
        loop {
            let Scope { held, by_age, .. } = &self.scopes[outermost];
            if held.events <= self.bounds.events_max && held.bytes <= self.bounds.bytes_max {
                return;
            }
            let Some(oldest) = by_age.first() else { return };
            let scope = self.events[oldest].scope;
            self.remove(oldest);
            if !std::mem::replace(&mut self.scopes[scope].has_gap, true) {
                self.gaps += 1;
            }
        }
    }

    /// Sees to it that one more scope may open in `parent`: what was opened longest ago beside it closes, or where
    /// nothing is beside it, beside the scopes around it.
    fn make_room(&mut self, parent: Option<Id>) {
        while self.scopes.len() >= self.bounds.scopes_max {
            let (mut around, mut spared) = (parent, None);
            let oldest = loop {
                let first = self.inside(around).order.first();
                let other = match first {
                    Some(first) if Some(first) == spared => Chain::<OF_SCOPE>::next(&self.scopes, first),
                    other => other,
                };
                match (other, around) {
                    (Some(other), _) => break other,
                    (None, Some(scope)) => (around, spared) = (self.scopes[scope].parent, Some(scope)),
                    // Nothing is open but the scopes around the new one, and these are few.
                    (None, None) => return,
                }
            };
            self.close(oldest);
            if !std::mem::replace(&mut self.inside_mut(around).has_gap, true) {
                self.gaps += 1;
            }
        }
    }

    fn count_in(&mut self, scope: Id, bytes: u64) {
        let outermost = self.scopes[scope].outermost;
        for held in [&mut self.held, &mut self.scopes[outermost].held] {
            held.events += 1;
            held.bytes += bytes;
        }
    }

    fn count_out(&mut self, scope: Id, bytes: u64) {
        let outermost = self.scopes[scope].outermost;
        for held in [&mut self.held, &mut self.scopes[outermost].held] {
            held.events -= 1;
            held.bytes -= bytes;
        }
    }

    fn append(&mut self, parent: Option<Id>, scope: Id) {
        let mut order = self.inside(parent).order;
        order.push_back(&mut self.scopes, scope);
        self.inside_mut(parent).order = order;
    }

    fn detach(&mut self, parent: Option<Id>, scope: Id) {
        let mut order = self.inside(parent).order;
        order.unlink(&mut self.scopes, scope);
        self.inside_mut(parent).order = order;
    }

    fn inside(&self, parent: Option<Id>) -> &Inside {
        parent.map_or(&self.outermost, |parent| &self.scopes[parent].inside)
    }

    fn inside_mut(&mut self, parent: Option<Id>) -> &mut Inside {
        match parent {
            Some(parent) => &mut self.scopes[parent].inside,
            None => &mut self.outermost,
        }
    }
}

impl Chained<OF_SCOPE> for Scope {
    fn links(&self) -> &Links {
        &self.beside
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.beside
    }
}

impl Chained<OF_SCOPE> for Event {
    fn links(&self) -> &Links {
        &self.in_scope
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.in_scope
    }
}

impl Chained<BY_AGE> for Event {
    fn links(&self) -> &Links {
        &self.in_age
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.in_age
    }
}

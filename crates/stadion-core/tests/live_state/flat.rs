//! Live state as one plain list that is searched for everything.

use std::collections::BTreeSet;

use stadion_core::scope::{Bounds, Definition, Reopen};

use crate::history::Past;

pub(crate) struct Flat {
    rules: Definition,
    bounds: Bounds,
    /// In the order in which they came.
    items: Vec<Item>,
    /// Scopes of which own events had to leave.
    short_of_events: BTreeSet<Vec<String>>,
    /// Scopes in which scopes had to close; the empty path stands for all.
    short_of_scopes: BTreeSet<Vec<String>>,
    pub(crate) superseded: usize,
}

struct Item {
    offset: u64,
    path: Vec<String>,
    is_opening: bool,
    latest: Option<(String, String)>,
    bytes: u64,
}

impl Flat {
    pub(crate) fn new(rules: Definition, bounds: Bounds) -> Self {
        Self {
            rules,
            bounds,
            items: Vec::new(),
            short_of_events: BTreeSet::new(),
            short_of_scopes: BTreeSet::new(),
            superseded: 0,
        }
    }

    pub(crate) fn apply(&mut self, offset: u64, event: &Past) {
        self.take(offset, event);
        if self.items.is_empty() {
            self.short_of_scopes.clear();
        }
    }

    fn take(&mut self, offset: u64, event: &Past) {
        let carried = event.carried();
        let mut home = carried;
        for level in 0..carried {
            let rules = &self.rules.levels[level];
            if rules.open.contains(&event.kind) {
                return self.open(offset, event, event.path(level));
            } else if rules.close.contains(&event.kind) {
                return self.close(&event.path(level));
            } else if rules.also.contains(&event.kind) {
                home = level + 1;
            }
        }
        if home == 0 {
            return;
        }
        let path = event.path(home - 1);
        if !self.is_open(&path) {
            return;
        }
        let is_latest = self.rules.levels[home - 1].latest.iter().any(|latest| latest.kind == event.kind);
        let latest = event.latest.clone().filter(|_| is_latest).map(|key| (event.kind.clone(), key));
        if latest.is_some() {
            let before = self.items.len();
            self.items.retain(|item| item.path != path || item.latest != latest);
            self.superseded += before - self.items.len();
        }
        self.items.push(Item { offset, path: path.clone(), is_opening: false, latest, bytes: event.bytes });
        self.trim(&path[0]);
    }

    fn open(&mut self, offset: u64, event: &Past, path: Vec<String>) {
        let around = &path[..path.len() - 1];
        if !around.is_empty() && !self.is_open(around) {
            return;
        }
        let (concurrent, reopen) = {
            let level = &self.rules.levels[path.len() - 1];
            (level.concurrent, level.reopen)
        };
        if self.is_open(&path) {
            self.items.retain(|item| item.path != path);
            self.short_of_events.remove(&path);
            if reopen == Reopen::Anew {
                self.close(&path);
            }
        } else {
            if !concurrent {
                for beside in self.inside(around) {
                    self.close(&beside);
                }
                if !around.is_empty() {
                    self.short_of_scopes.remove(around);
                }
            }
            self.make_room(around);
        }
        self.items.push(Item {
            offset,
            path: path.clone(),
            is_opening: true,
            latest: None,
            bytes: event.bytes,
        });
        self.trim(&path[0]);
    }

    fn close(&mut self, path: &[String]) {
        self.items.retain(|item| !item.path.starts_with(path));
        self.short_of_events.retain(|short| !short.starts_with(path));
        self.short_of_scopes.retain(|short| !short.starts_with(path));
    }

    fn make_room(&mut self, around: &[String]) {
        while self.items.iter().filter(|item| item.is_opening).count() >= self.bounds.scopes_max {
            let oldest = (0..=around.len()).rev().find_map(|depth| {
                let beside = self.inside(&around[..depth]);
                beside.into_iter().find(|path| !around.starts_with(path))
            });
            let Some(oldest) = oldest else { return };
            self.close(&oldest);
            self.short_of_scopes.insert(oldest[..oldest.len() - 1].to_vec());
        }
    }

    fn trim(&mut self, outermost: &String) {
        loop {
            let held = || self.items.iter().filter(|item| item.path[0] == *outermost);
            let bytes: u64 = held().map(|item| item.bytes).sum();
            if held().count() <= self.bounds.events_max && bytes <= self.bounds.bytes_max {
                return;
            }
            let oldest = self.items.iter().position(|item| item.path[0] == *outermost && !item.is_opening);
            let Some(oldest) = oldest else { return };
            let left = self.items.remove(oldest);
            self.short_of_events.insert(left.path);
        }
    }

    fn is_open(&self, path: &[String]) -> bool {
        self.items.iter().any(|item| item.is_opening && item.path == path)
    }

    /// The scopes in this one, by latest opening.
    fn inside(&self, around: &[String]) -> Vec<Vec<String>> {
        let openings = self.items.iter().filter(|item| item.is_opening);
        openings
            .filter(|item| item.path.len() == around.len() + 1 && item.path.starts_with(around))
            .map(|item| item.path.clone())
            .collect()
    }

    fn in_order(&self, around: &[String]) -> Vec<Vec<String>> {
        let whole = |path: Vec<String>| {
            let inside = self.in_order(&path);
            std::iter::once(path).chain(inside)
        };
        self.inside(around).into_iter().flat_map(whole).collect()
    }

    pub(crate) fn offsets(&self) -> Vec<u64> {
        let own = |path: Vec<String>| self.items.iter().filter(move |item| item.path == path);
        self.in_order(&[]).into_iter().flat_map(own).map(|item| item.offset).collect()
    }

    pub(crate) fn open_scopes(&self) -> Vec<(String, String, u64, bool)> {
        let scope = |path: Vec<String>| {
            let opening = self.items.iter().find(|item| item.is_opening && item.path == path).unwrap();
            let is_short = self.short_of_events.contains(&path) || self.short_of_scopes.contains(&path);
            let level = &self.rules.levels[path.len() - 1];
            (level.name.clone(), path[path.len() - 1].clone(), opening.offset, is_short)
        };
        self.in_order(&[]).into_iter().map(scope).collect()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.bytes).sum()
    }

    pub(crate) fn is_truncated(&self) -> bool {
        !self.short_of_events.is_empty() || !self.short_of_scopes.is_empty()
    }
}

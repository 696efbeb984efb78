//! What is live state of a history, said without keeping any: each question looks back through all of it.

use stadion_core::scope::{Definition, Reopen};

use crate::history::Past;

/// The events that restore the state after `history`, by their place in it.
pub(crate) fn live_state(rules: &Definition, history: &[Past]) -> Vec<usize> {
    let asked = Question { rules, history };
    let mut found = Vec::new();
    asked.collect(&[], &mut found);
    found
}

struct Question<'a> {
    rules: &'a Definition,
    history: &'a [Past],
}

enum Does {
    Opens(Vec<String>),
    Closes(Vec<String>),
    Belongs(Vec<String>),
    Nothing,
}

impl Question<'_> {
    /// The scopes in `around` in the order of their latest opening: opening, own events, what is inside.
    fn collect(&self, around: &[String], found: &mut Vec<usize>) {
        let now = self.history.len();
        let mut inside: Vec<(usize, Vec<String>)> = Vec::new();
        for event in self.history {
            if let Does::Opens(path) = self.does(event)
                && path.len() == around.len() + 1
                && path.starts_with(around)
                && let Some(opening) = self.opened(now, &path)
            {
                inside.push((opening, path));
            }
        }
        inside.sort();
        inside.dedup();
        for (opening, path) in inside {
            found.push(opening);
            found.extend((opening + 1..now).filter(|&index| self.is_own(index, &path)));
            self.collect(&path, found);
        }
    }

    /// The latest opening of the scope, where it is open just before the event at `now`.
    fn opened(&self, now: usize, path: &[String]) -> Option<usize> {
        for index in (0..now).rev() {
            let event = &self.history[index];
            if matches!(self.does(event), Does::Opens(opened) if opened == path)
                && self.is_around(index, path)
            {
                return Some(index);
            }
            if self.ends(index, path) {
                return None;
            }
        }
        None
    }

    /// Whether the scope around this one is open just before the event at `index`; there is none around an outermost.
    fn is_around(&self, index: usize, path: &[String]) -> bool {
        path.len() == 1 || self.opened(index, &path[..path.len() - 1]).is_some()
    }

    /// Whether the scope cannot be open after this event.
    fn ends(&self, index: usize, path: &[String]) -> bool {
        match self.does(&self.history[index]) {
            Does::Closes(closed) => path.starts_with(&closed),
            Does::Opens(opened) => {
                let level = &self.rules.levels[opened.len() - 1];
                let beside = opened.len() <= path.len()
                    && opened[..opened.len() - 1] == path[..opened.len() - 1]
                    && opened[opened.len() - 1] != path[opened.len() - 1];
                let anew =
                    path.len() > opened.len() && path.starts_with(&opened) && level.reopen == Reopen::Anew;
                ((beside && !level.concurrent) || anew) && self.is_around(index, &opened)
            }
            Does::Belongs(_) | Does::Nothing => false,
        }
    }

    fn is_own(&self, index: usize, path: &[String]) -> bool {
        let event = &self.history[index];
        let belongs = |event: &Past| matches!(self.does(event), Does::Belongs(to) if to == path);
        let is_latest =
            self.rules.levels[path.len() - 1].latest.iter().any(|latest| latest.kind == event.kind);
        let is_superseded = is_latest
            && event.latest.is_some()
            && self.history[index + 1..]
                .iter()
                .any(|later| belongs(later) && later.kind == event.kind && later.latest == event.latest);
        belongs(event) && !is_superseded
    }

    fn does(&self, event: &Past) -> Does {
        let carried = event.carried();
        for (number, level) in self.rules.levels.iter().enumerate().take(carried) {
            if level.open.contains(&event.kind) {
                return Does::Opens(event.path(number));
            }
            if level.close.contains(&event.kind) {
                return Does::Closes(event.path(number));
            }
            if level.also.contains(&event.kind) {
                return Does::Belongs(event.path(number));
            }
        }
        if carried == 0 { Does::Nothing } else { Does::Belongs(event.path(carried - 1)) }
    }
}

//! What a reader, a list of streams and retention are shown of live state.

use super::arena::{Chain, Id};
use super::{LiveState, OF_SCOPE, Scope};

/// A scope that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenScope<'a> {
    /// Counts from 0, the outermost level.
    pub level: usize,
    /// The level's name.
    pub name: &'a str,
    /// Its own key; [`super::split_key`] gives the values.
    pub key: &'a str,
    /// The offset of its latest opening.
    pub opened: u64,
    /// Whether events of its own, or scopes inside it, had to leave.
    pub is_truncated: bool,
}

impl LiveState {
    /// The events that restore the state, in the order in which a reader gets them. Their offsets go up and down.
    pub fn offsets(&self) -> impl Iterator<Item = u64> {
        self.in_order().flat_map(|scope| {
            std::iter::once(scope.opening.offset)
                .chain(scope.own.iter(&self.events).map(|event| event.offset))
        })
    }

    /// The open scopes, outer ones before those inside them.
    pub fn open_scopes(&self) -> impl Iterator<Item = OpenScope<'_>> {
        self.in_order().map(|scope| OpenScope {
            level: scope.level,
            name: self.rules.level(scope.level).map_or("", |level| level.name.as_str()),
            key: &scope.key,
            opened: scope.opening.offset,
            is_truncated: scope.has_gap || scope.inside.has_gap,
        })
    }

    /// What retention must spare of the offsets before `end`, in ascending order. Costs what it shows, and a glance at
    /// each open scope.
    pub fn kept_before(&self, end: u64) -> Vec<u64> {
        let mut kept = Vec::new();
        for scope in self.in_order() {
            kept.push(scope.opening.offset);
            kept.extend(
                scope.by_age.iter(&self.events).map(|event| event.offset).take_while(|offset| *offset < end),
            );
        }
        kept.retain(|offset| *offset < end);
        kept.sort();
        kept
    }

    pub(super) fn in_order(&self) -> impl Iterator<Item = &Scope> {
        std::iter::successors(self.outermost.order.first(), |&scope| self.following(scope))
            .map(|scope| &self.scopes[scope])
    }

    /// The scope after this one: the first inside it, or the next beside it, or beside one around it.
    fn following(&self, scope: Id) -> Option<Id> {
        let mut at = Some(scope);
        let mut following = self.scopes[scope].inside.order.first();
        while let (None, Some(scope)) = (following, at) {
            following = Chain::<OF_SCOPE>::next(&self.scopes, scope);
            at = self.scopes[scope].parent;
        }
        following
    }
}

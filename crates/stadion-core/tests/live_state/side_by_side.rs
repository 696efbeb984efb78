use std::sync::Arc;

use stadion_core::scope::{Bounds, LiveState, ScopeRules, split_key};

use crate::flat::Flat;
use crate::history::Past;

pub(crate) const WIDE: Bounds =
    Bounds { events_max: usize::MAX, bytes_max: u64::MAX, scopes_max: usize::MAX };

/// Applies a history and compares at each event. At a cut the state goes through its bytes.
pub(crate) struct SideBySide {
    pub(crate) rules: Arc<ScopeRules>,
    bounds: Bounds,
    pub(crate) state: LiveState,
    pub(crate) flat: Flat,
}

impl SideBySide {
    pub(crate) fn new(rules: ScopeRules, bounds: Bounds) -> Self {
        let rules = Arc::new(rules);
        let state = LiveState::new(rules.clone(), bounds);
        let flat = Flat::new(rules.definition().clone(), bounds);
        Self { rules, bounds, state, flat }
    }

    pub(crate) fn take(&mut self, offset: u64, event: &Past, cut: bool) {
        event.show(&self.rules, |facts| self.state.apply(offset, event.bytes, facts));
        self.flat.apply(offset, event);
        if cut {
            let snapshot = self.state.snapshot();
            self.state = LiveState::restore(&snapshot, self.rules.clone(), self.bounds).unwrap();
            assert_eq!(self.state.snapshot(), snapshot);
        }
        self.compare();
    }

    fn compare(&self) {
        let (state, flat) = (&self.state, &self.flat);
        let offsets: Vec<_> = state.offsets().collect();
        assert_eq!(offsets, flat.offsets());
        assert_eq!(state.len(), offsets.len());
        assert_eq!(state.bytes(), flat.bytes());
        assert_eq!(state.is_truncated(), flat.is_truncated());
        let scopes: Vec<_> = state
            .open_scopes()
            .map(|scope| {
                let key = split_key(scope.key, 1).pop().unwrap();
                (scope.name.to_owned(), key, scope.opened, scope.is_truncated)
            })
            .collect();
        assert_eq!(scopes, flat.open_scopes());
        for end in [0, state.next() / 2, state.next()] {
            let mut kept: Vec<_> = offsets.iter().copied().filter(|offset| *offset < end).collect();
            kept.sort_unstable();
            assert_eq!(state.kept_before(end), kept);
        }
    }
}

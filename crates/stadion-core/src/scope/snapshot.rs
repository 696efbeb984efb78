//! Live state as bytes, for the hidden state that a log keeps beside its events.
//!
//! ```text
//! version        u8         1
//! fingerprint    u64        of the rules, little-endian
//! next           number     the offset to be applied next
//! missing        u8         1: an outermost scope had to leave
//! scope*                    outer before inner, beside each other by latest opening
//! end            u8         0
//!
//! scope:
//!   level        u8         from 1
//!   missing      u8         1: events of its own, 2: scopes inside it
//!   key          text
//!   opened       number     an offset
//!   bytes        number     of the opening
//!   event*
//!   end          number     0
//!
//! event:
//!   step         number     its offset less the one before it in the scope; never 0
//!   bytes        number
//!   latest       number     0, or which `latest` of the level, from 1; then
//!   key          text       …its key
//! ```
//!
//! A number is 7 bits a byte, the lowest first, the high bit set on all but the last; a text is its length in bytes
//! and then UTF-8. There is no checksum: whoever keeps it has one.

use std::sync::Arc;

use super::arena::Id;
use super::bytes::{Taker, put_number, put_text};
use super::key::KEY_BYTES_MAX;
use super::rules::ScopeRules;
use super::{Bounds, EVENT_BYTES_MAX, LiveState, Opening, Scope};

const VERSION: u8 = 1;

const MISSING_EVENTS: u8 = 1;
const MISSING_SCOPES: u8 = 2;

/// Why a snapshot can't be taken up. With each of them the state is folded again from the events that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("live state was kept in version {0} of its format; this program knows version {VERSION}")]
    OtherVersion(u8),
    #[error("live state was kept under other scope rules")]
    OtherRules,
    #[error("kept live state is damaged: {0}")]
    Damaged(&'static str),
}

impl LiveState {
    /// What [`LiveState::restore`] takes. Some bytes an event, so it grows with [`LiveState::len`] alone.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.rules.fingerprint().to_le_bytes());
        put_number(&mut out, self.next);
        out.push(u8::from(self.outermost.has_gap));
        for scope in self.in_order() {
            self.put_scope(&mut out, scope);
        }
        out.push(0);
        out
    }

    fn put_scope(&self, out: &mut Vec<u8>, scope: &Scope) {
        out.push(u8::try_from(scope.level + 1).unwrap_or(u8::MAX));
        let missing_events = if scope.has_gap { MISSING_EVENTS } else { 0 };
        let missing_scopes = if scope.inside.has_gap { MISSING_SCOPES } else { 0 };
        out.push(missing_events | missing_scopes);
        put_text(out, &scope.key);
        put_number(out, scope.opening.offset);
        put_number(out, scope.opening.bytes);
        let mut before = scope.opening.offset;
        for event in scope.own.iter(&self.events) {
            put_number(out, event.offset - before);
            before = event.offset;
            put_number(out, event.bytes);
            match &event.latest {
                Some(latest) => {
                    put_number(out, latest.index as u64 + 1);
                    put_text(out, &latest.key);
                }
                None => put_number(out, 0),
            }
        }
        put_number(out, 0);
    }

    /// Takes up what [`LiveState::snapshot`] gave, under the rules of today. If they are others, or the bytes are
    /// damaged, nothing is restored. Bounds may have changed; what is past them leaves.
    pub fn restore(snapshot: &[u8], rules: Arc<ScopeRules>, bounds: Bounds) -> Result<Self, RestoreError> {
        let mut taker = Taker(snapshot);
        let version = taker.byte()?;
        if version != VERSION {
            return Err(RestoreError::OtherVersion(version));
        }
        if u64::from_le_bytes(taker.array()?) != rules.fingerprint() {
            return Err(RestoreError::OtherRules);
        }
        let mut state = Self::new(rules, bounds);
        state.next = taker.number()?;
        state.outermost.has_gap = match taker.byte()? {
            0 => false,
            1 => true,
            _ => return Err(RestoreError::Damaged("a mark is unknown")),
        };
        state.gaps += usize::from(state.outermost.has_gap);
        let mut around: Vec<Id> = Vec::new();
        let mut ages: Vec<(u64, Id)> = Vec::new();
        while let Some(level) = usize::from(taker.byte()?).checked_sub(1) {
            if level > around.len() {
                return Err(RestoreError::Damaged("a scope stands in none"));
            }
            if level == 0 {
                state.age(&mut ages);
            }
            around.truncate(level);
            let scope = state.take_scope(&mut taker, level, around.last().copied())?;
            state.take_events(&mut taker, scope, &mut ages)?;
            around.push(scope);
        }
        if !taker.0.is_empty() {
            return Err(RestoreError::Damaged("something stands behind its end"));
        }
        state.age(&mut ages);
        Ok(state)
    }

    fn take_scope(
        &mut self,
        taker: &mut Taker<'_>,
        level: usize,
        parent: Option<Id>,
    ) -> Result<Id, RestoreError> {
        let missing = taker.byte()?;
        if missing & !(MISSING_EVENTS | MISSING_SCOPES) != 0 {
            return Err(RestoreError::Damaged("a mark is unknown"));
        }
        let key = taker.text(KEY_BYTES_MAX)?;
        let opening = Opening { offset: taker.number()?, bytes: take_bytes(taker)? };
        if opening.offset >= self.next {
            return Err(RestoreError::Damaged("an event comes after the last one"));
        }
        let rules = self.rules.level(level).ok_or(RestoreError::Damaged("a level is unknown"))?;
        let beside = self.inside(parent);
        if beside.by_key.contains_key(key) || (!rules.concurrent && !beside.by_key.is_empty()) {
            return Err(RestoreError::Damaged("a scope is open twice"));
        }
        let scope = self.insert(level, parent, key, opening);
        let at = &mut self.scopes[scope];
        at.has_gap = missing & MISSING_EVENTS != 0;
        at.inside.has_gap = missing & MISSING_SCOPES != 0;
        self.gaps += usize::from(at.has_gap) + usize::from(at.inside.has_gap);
        Ok(scope)
    }

    fn take_events(
        &mut self,
        taker: &mut Taker<'_>,
        scope: Id,
        ages: &mut Vec<(u64, Id)>,
    ) -> Result<(), RestoreError> {
        let level = self.scopes[scope].level;
        let mut offset = self.scopes[scope].opening.offset;
        loop {
            let step = taker.number()?;
            if step == 0 {
                return Ok(());
            }
            offset = offset
                .checked_add(step)
                .filter(|offset| *offset < self.next)
                .ok_or(RestoreError::Damaged("an event comes after the last one"))?;
            let bytes = take_bytes(taker)?;
            let latest = match usize::try_from(taker.number()?).unwrap_or(usize::MAX).checked_sub(1) {
                Some(index) => Some((index, taker.text(KEY_BYTES_MAX)?)),
                None => None,
            };
            if let Some((index, key)) = latest {
                if self.rules.level(level).is_none_or(|level| index >= level.latest.len()) {
                    return Err(RestoreError::Damaged("a `latest` is unknown"));
                }
                let by_key = self.scopes[scope].latest.get(index);
                if by_key.is_some_and(|by_key| by_key.contains_key(key)) {
                    return Err(RestoreError::Damaged("a key's latest event is there twice"));
                }
            }
            ages.push((offset, self.insert_event(scope, offset, bytes, latest)));
        }
    }

    /// Puts the events of one outermost scope in the order of their age, and lets go what is too much.
    fn age(&mut self, ages: &mut Vec<(u64, Id)>) {
        ages.sort_by_key(|(offset, _)| *offset);
        let Some(outermost) = ages.first().map(|(_, event)| self.scopes[self.events[*event].scope].outermost)
        else {
            return;
        };
        let mut by_age = self.scopes[outermost].by_age;
        for (_, event) in ages.drain(..) {
            by_age.push_back(&mut self.events, event);
        }
        self.scopes[outermost].by_age = by_age;
        self.trim(outermost);
    }
}

fn take_bytes(taker: &mut Taker<'_>) -> Result<u64, RestoreError> {
    let bytes = taker.number()?;
    if bytes > EVENT_BYTES_MAX {
        return Err(RestoreError::Damaged("an event is too large"));
    }
    Ok(bytes)
}

//! What restores a stream's present state: the edge of [`stadion_core::scope`], which knows JSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use stadion_core::scope::{Bounds, Facts, LiveState, RecentBounds, RecentList, ScopeRules, join_key};

use crate::json_pointer::Pointer;

/// A namespace's scope rules with their pointers made ready.
#[derive(Debug)]
pub struct Scopes {
    rules: Arc<ScopeRules>,
    kind: Pointer,
    /// By level, outermost first.
    keys: Vec<Vec<Pointer>>,
    /// Those that [`ScopeRules::latest_keys`] may ask for.
    latest: HashMap<String, Pointer>,
    ignore_case: bool,
}

impl Scopes {
    /// `None` where a pointer is none.
    pub fn new(rules: ScopeRules) -> Option<Self> {
        let definition = rules.definition();
        let pointers =
            |texts: &[String]| texts.iter().map(|text| Pointer::parse(text)).collect::<Option<Vec<_>>>();
        let keys = definition.levels.iter().map(|level| pointers(&level.keys)).collect::<Option<_>>()?;
        let of_latest =
            definition.levels.iter().flat_map(|level| &level.latest).flat_map(|latest| &latest.keys);
        let latest =
            of_latest.map(|text| Some((text.clone(), Pointer::parse(text)?))).collect::<Option<_>>()?;
        Some(Self {
            kind: Pointer::parse(&definition.kind)?,
            keys,
            latest,
            ignore_case: definition.ignore_case,
            rules: Arc::new(rules),
        })
    }

    /// The rules of live competitions, which need no configuration.
    pub fn competition() -> Self {
        Self::new(ScopeRules::competition()).unwrap_or_else(|| unreachable!("the built-in pointers are good"))
    }
}

/// The index of what is live state, by the stream's kind.
#[derive(Debug)]
pub enum Live {
    /// By scopes.
    Scopes { state: LiveState, scopes: Arc<Scopes> },
    /// The last activation of each competition (the stream `competitions`).
    Activations(RecentList),
}

impl Live {
    pub fn scopes(scopes: &Arc<Scopes>) -> Self {
        let state = LiveState::new(Arc::clone(&scopes.rules), Bounds::default());
        Self::Scopes { state, scopes: Arc::clone(scopes) }
    }

    pub fn activations() -> Self {
        Self::Activations(RecentList::new(RecentBounds::default()))
    }

    /// Takes the stream's next event.
    pub fn apply(&mut self, offset: u64, time_ms: u64, event: &[u8]) {
        // What was published was checked to be JSON.
        let value: Value = serde_json::from_slice(event).unwrap_or(Value::Null);
        match self {
            Self::Scopes { state, scopes } => apply(state, scopes, offset, event.len() as u64, &value),
            Self::Activations(list) => {
                let key = competition_of(&value).map(|id| stadion_core::scope::fold_case(&id).into_owned());
                list.apply(offset, time_ms, key.as_deref());
            }
        }
    }

    pub fn offsets(&self, now_ms: u64) -> (Arc<[u64]>, bool) {
        match self {
            Self::Scopes { state, .. } => (state.offsets().collect(), state.is_truncated()),
            Self::Activations(list) => (list.offsets(now_ms).collect(), list.is_truncated(now_ms)),
        }
    }

    /// What retention must spare of the offsets before `end`, in ascending order.
    pub fn kept_before(&mut self, end: u64, now_ms: u64) -> Vec<u64> {
        match self {
            Self::Scopes { state, .. } => state.kept_before(end),
            Self::Activations(list) => {
                list.expire(now_ms);
                list.offsets(now_ms).take_while(|offset| *offset < end).collect()
            }
        }
    }

    /// The open scopes: level's name, key, the offset of the opening.
    pub fn open_scopes(&self) -> Vec<(String, String, u64)> {
        match self {
            Self::Scopes { state, .. } => state
                .open_scopes()
                .map(|scope| (scope.name.to_owned(), scope.key.to_owned(), scope.opened))
                .collect(),
            Self::Activations(_) => Vec::new(),
        }
    }
}

/// The event's `competitionId`.
pub fn competition_of(value: &Value) -> Option<Cow<'_, str>> {
    scalar(value.get("competitionId")?)
}

fn apply(state: &mut LiveState, scopes: &Scopes, offset: u64, bytes: u64, value: &Value) {
    let kind = scopes.kind.find(value).and_then(Value::as_str).unwrap_or_default();
    let keys: Vec<Option<String>> =
        scopes.keys.iter().map(|pointers| key(value, pointers.iter(), scopes.ignore_case)).collect();
    let keys: Vec<Option<&str>> = keys.iter().map(Option::as_deref).collect();
    let latest = scopes.rules.latest_keys(kind, &keys).and_then(|texts| {
        let pointers = texts.iter().filter_map(|text| scopes.latest.get(text));
        key(value, pointers, scopes.ignore_case)
    });
    state.apply(offset, bytes, &Facts { kind, keys: &keys, latest: latest.as_deref() });
}

fn key<'p>(value: &Value, pointers: impl Iterator<Item = &'p Pointer>, ignore_case: bool) -> Option<String> {
    let values: Vec<Option<Cow<'_, str>>> = pointers.map(|pointer| scalar(pointer.find(value)?)).collect();
    let mut joined = String::new();
    join_key(values.iter().map(|value| value.as_deref()), ignore_case, &mut joined).ok()?;
    Some(joined)
}

/// Text, a number or a truth value as a key's text.
fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

//! Random rules, and histories that are likely to do something under them.

use proptest::prelude::*;
use stadion_core::scope::{Definition, Facts, Latest, Level, Reopen, ScopeRules, join_key};

pub(crate) const LENGTH_MAX: usize = 80;

/// An event as the edge found it, keys not joined.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) kind: String,
    /// One for each level, outermost first.
    pub(crate) keys: Vec<Option<String>>,
    pub(crate) latest: Option<String>,
    pub(crate) bytes: u64,
}

impl Past {
    /// What live state is told. The key for `latest` only where the rules ask for it.
    pub(crate) fn show(&self, rules: &ScopeRules, show: impl FnOnce(&Facts<'_>)) {
        let joined: Vec<_> = self.keys.iter().map(|key| join(key.as_deref())).collect();
        let keys: Vec<_> = joined.iter().map(Option::as_deref).collect();
        let asked = rules.latest_keys(&self.kind, &keys).is_some();
        let latest = join(self.latest.as_deref()).filter(|_| asked);
        show(&Facts { kind: &self.kind, keys: &keys, latest: latest.as_deref() });
    }

    pub(crate) fn carried(&self) -> usize {
        self.keys.iter().take_while(|key| key.is_some()).count()
    }

    /// The keys of the scope of this level.
    pub(crate) fn path(&self, level: usize) -> Vec<String> {
        self.keys[..=level].iter().flatten().cloned().collect()
    }
}

fn join(value: Option<&str>) -> Option<String> {
    let mut key = String::new();
    join_key([value], false, &mut key).ok().map(|()| key)
}

pub(crate) fn histories() -> impl Strategy<Value = (ScopeRules, Vec<Past>)> {
    definitions().prop_flat_map(|definition| {
        let events = prop::collection::vec(event(definition.levels.len()), LENGTH_MAX / 2..=LENGTH_MAX);
        events.prop_map(move |events| (ScopeRules::new(definition.clone()).unwrap(), events))
    })
}

fn definitions() -> impl Strategy<Value = Definition> {
    let often = || prop::bool::weighted(0.8);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), often(), often());
    prop::collection::vec(flags, 1..=4).prop_map(|levels| Definition {
        levels: levels.into_iter().enumerate().map(level).collect(),
        ..Definition::default()
    })
}

fn level(
    (level, (concurrent, repeats, closes, has_also, latest, latest_also)): (
        usize,
        (bool, bool, bool, bool, bool, bool),
    ),
) -> Level {
    let kinds = |name: &str, wanted: bool| Vec::from_iter(wanted.then(|| format!("{name} {level}")));
    let mut superseded = Vec::new();
    if latest {
        superseded.push("speed".to_owned());
    }
    if latest_also {
        superseded.push(format!("also {level}"));
    }
    Level {
        name: format!("level {level}"),
        keys: vec!["/key".into()],
        open: kinds("open", true),
        close: kinds("close", closes),
        concurrent,
        reopen: if repeats { Reopen::Repeat } else { Reopen::Anew },
        latest: superseded.into_iter().map(|kind| Latest { kind, keys: vec!["/car".into()] }).collect(),
        also: kinds("also", has_also),
    }
}

/// Types of one more level than there are, so that some are unknown; mostly full keys out of few.
fn event(levels: usize) -> impl Strategy<Value = Past> {
    let at = 0..=levels;
    let kind = prop_oneof![
        12 => at.clone().prop_map(|level| format!("open {level}")),
        2 => at.clone().prop_map(|level| format!("close {level}")),
        2 => at.prop_map(|level| format!("also {level}")),
        8 => Just("speed".to_owned()),
        4 => Just("other".to_owned()),
    ];
    let key = prop_oneof![
        1 => Just(None),
        20 => prop_oneof![20 => Just("a"), 4 => Just("b"), 1 => Just("\0")].prop_map(|key| Some(key.to_owned())),
    ];
    let latest =
        prop_oneof![1 => Just(None), 3 => Just(Some("x".to_owned())), 1 => Just(Some("y".to_owned()))];
    (kind, prop::collection::vec(key, levels), latest, 1_u64..100)
        .prop_map(|(kind, keys, latest, bytes)| Past { kind, keys, latest, bytes })
}

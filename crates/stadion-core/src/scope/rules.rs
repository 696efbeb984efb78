//! What opens, closes and belongs to a scope: written as in a configuration, compiled for one look-up an event.

use std::collections::{HashMap, HashSet};

use super::Facts;
use super::key::KEY_BYTES_MAX;

/// Levels of one namespace's scopes. Each event walks down as many; nobody nests deeper than a handful.
pub const LEVELS_MAX: usize = 8;

/// A namespace's scopes as its configuration says them (wire/stadion.md, `[[namespace.scope]]`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Where the edge finds an event's type. Not looked at here, as all of its kind: it is part of the rules'
    /// fingerprint.
    pub kind: String,
    /// Whether the edge folds the case of keys.
    pub ignore_case: bool,
    /// Outermost first.
    pub levels: Vec<Level>,
}

/// One level of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub name: String,
    /// Where the edge finds the values that tell this level's scopes apart. With none there is one scope in each
    /// outer one, and every event carries its key.
    pub keys: Vec<String>,
    /// Types that open a scope.
    pub open: Vec<String>,
    /// Types that close one.
    pub close: Vec<String>,
    /// Whether several may be open at once in the same outer scope; otherwise opening one closes the other.
    pub concurrent: bool,
    pub reopen: Reopen,
    pub latest: Vec<Latest>,
    /// Types that belong to this level though they carry the keys of inner ones.
    pub also: Vec<String>,
}

/// What opening a scope does that is open already. Its own earlier events are dropped either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reopen {
    /// The scopes inside close.
    #[default]
    Anew,
    /// The scopes inside stay open.
    Repeat,
}

/// Events of which only the last of each key is live state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latest {
    pub kind: String,
    /// Where the edge finds the key. An event without it is kept as any other.
    pub keys: Vec<String>,
}

/// Why a definition makes no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("there are at most {LEVELS_MAX} levels of scopes")]
    TooManyLevels,
    #[error("two levels of scopes are named {name:?}")]
    SameName { name: String },
    #[error("nothing opens the scope {level:?}: name a type in its `open`")]
    NothingOpens { level: String },
    #[error("a type in the scope {level:?} is empty")]
    EmptyType { level: String },
    #[error(
        "the type {kind:?} is named more than once in `open`, `close` and `also` of the scopes: it can have one meaning"
    )]
    TwoMeanings { kind: String },
    #[error("the type {kind:?} is named more than once in `latest` of the scope {level:?}")]
    LatestTwice { level: String, kind: String },
    #[error("the type {kind:?} opens or closes a scope, so it cannot be in `latest` of the scope {level:?}")]
    LatestOpensOrCloses { level: String, kind: String },
}

/// Scope rules, checked and ready. Without levels nothing is ever live state.
#[derive(Debug)]
pub struct ScopeRules {
    definition: Definition,
    kinds: HashMap<Box<str>, Kind>,
    fingerprint: u64,
}

/// What the rules say about one type.
#[derive(Debug, Default)]
struct Kind {
    meaning: Option<Meaning>,
    /// By level, which of its `latest` this type is.
    latest: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug)]
enum Meaning {
    Opens(usize),
    Closes(usize),
    Also(usize),
}

/// What an event does to the scopes. Levels count from 0, the outermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Open { level: usize },
    Close { level: usize },
    Belong { level: usize, latest: Option<usize> },
}

impl ScopeRules {
    pub fn new(definition: Definition) -> Result<Self, RulesError> {
        if definition.levels.len() > LEVELS_MAX {
            return Err(RulesError::TooManyLevels);
        }
        let mut names = HashSet::new();
        let mut kinds: HashMap<Box<str>, Kind> = HashMap::new();
        for (number, level) in definition.levels.iter().enumerate() {
            if !names.insert(level.name.as_str()) {
                return Err(RulesError::SameName { name: level.name.clone() });
            }
            if level.open.is_empty() {
                return Err(RulesError::NothingOpens { level: level.name.clone() });
            }
            let opens = level.open.iter().map(|kind| (kind, Meaning::Opens(number)));
            let closes = level.close.iter().map(|kind| (kind, Meaning::Closes(number)));
            let also = level.also.iter().map(|kind| (kind, Meaning::Also(number)));
            for (kind, meaning) in opens.chain(closes).chain(also) {
                let rules = kind_of(&mut kinds, kind, level)?;
                if rules.meaning.replace(meaning).is_some() {
                    return Err(RulesError::TwoMeanings { kind: kind.clone() });
                }
            }
        }
        for (number, level) in definition.levels.iter().enumerate() {
            for (index, latest) in level.latest.iter().enumerate() {
                let rules = kind_of(&mut kinds, &latest.kind, level)?;
                let (level, kind) = (level.name.clone(), latest.kind.clone());
                if matches!(rules.meaning, Some(Meaning::Opens(_) | Meaning::Closes(_))) {
                    return Err(RulesError::LatestOpensOrCloses { level, kind });
                }
                if rules.latest.iter().any(|(other, _)| *other == number) {
                    return Err(RulesError::LatestTwice { level, kind });
                }
                rules.latest.push((number, index));
            }
        }
        let fingerprint = fingerprint(&definition);
        Ok(Self { definition, kinds, fingerprint })
    }

    /// The rules of live competitions (wire/competition-events.md).
    pub fn competition() -> Self {
        let level = |name: &str, keys: &[&str], open: &str, close: &[&str]| Level {
            name: name.into(),
            keys: texts(keys),
            open: texts(&[open]),
            close: texts(close),
            reopen: Reopen::Repeat,
            ..Level::default()
        };
        let definition = Definition {
            kind: "/typeName".into(),
            ignore_case: true,
            levels: vec![
                level("competition", &["/competitionId"], COMPETITION_ACTIVATED, &[]),
                Level {
                    also: texts(&["HeatCommittedEvent"]),
                    ..level(
                        "distance",
                        &["/distanceId"],
                        "DistanceActivatedEvent",
                        &["DistanceDeactivatedEvent"],
                    )
                },
                Level {
                    concurrent: true,
                    ..level(
                        "heat",
                        &["/heat/round", "/heat/number"],
                        "HeatActivatedEvent",
                        &["HeatDeactivatedEvent"],
                    )
                },
            ],
        };
        Self::new(definition).expect("the built-in rules hold; a test makes them")
    }

    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Changes with every part of the definition; the same in every build of the program.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Where the edge finds the key of which only this event's last counts; `None` where all of them do. `keys` as in
    /// [`Facts`].
    pub fn latest_keys(&self, kind: &str, keys: &[Option<&str>]) -> Option<&[String]> {
        match self.deed(kind, keys)? {
            Deed::Belong { level, latest: Some(latest) } => {
                Some(&self.definition.levels.get(level)?.latest.get(latest)?.keys)
            }
            Deed::Belong { latest: None, .. } | Deed::Open { .. } | Deed::Close { .. } => None,
        }
    }

    pub(super) fn level(&self, level: usize) -> Option<&Level> {
        self.definition.levels.get(level)
    }

    pub(super) fn deed_of(&self, facts: &Facts<'_>) -> Option<Deed> {
        self.deed(facts.kind, facts.keys)
    }

    /// A scope's keys are its own and those of the scopes around it. A type opens, closes or belongs to a level only
    /// where the event carries that level's keys; otherwise it is an event as any other: the innermost level's whose
    /// keys it carries.
    fn deed(&self, kind: &str, keys: &[Option<&str>]) -> Option<Deed> {
        let carried = keys
            .iter()
            .take(self.definition.levels.len())
            .take_while(|key| key.is_some_and(|key| key.len() <= KEY_BYTES_MAX))
            .count();
        let innermost = carried.checked_sub(1)?;
        let Some(rules) = self.kinds.get(kind) else {
            return Some(Deed::Belong { level: innermost, latest: None });
        };
        let level = match rules.meaning {
            Some(Meaning::Opens(level)) if level <= innermost => return Some(Deed::Open { level }),
            Some(Meaning::Closes(level)) if level <= innermost => return Some(Deed::Close { level }),
            Some(Meaning::Also(level)) => level.min(innermost),
            Some(Meaning::Opens(_) | Meaning::Closes(_)) | None => innermost,
        };
        let latest = rules.latest.iter().find(|(of, _)| *of == level).map(|(_, index)| *index);
        Some(Deed::Belong { level, latest })
    }
}

/// The type that opens a competition, and is in the stream `competitions` too.
pub const COMPETITION_ACTIVATED: &str = "CompetitionActivatedEvent";

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn kind_of<'k>(
    kinds: &'k mut HashMap<Box<str>, Kind>,
    kind: &str,
    level: &Level,
) -> Result<&'k mut Kind, RulesError> {
    if kind.is_empty() {
        return Err(RulesError::EmptyType { level: level.name.clone() });
    }
    Ok(kinds.entry(kind.into()).or_default())
}

/// FNV-1a with 64 bits: it need not withstand anybody, only be the same in every build, which the standard library's
/// hashes do not promise.
fn fingerprint(definition: &Definition) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut feed = |bytes: &[u8]| {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    let feed_all = |texts: &[String], feed: &mut dyn FnMut(&[u8])| {
        feed(&(texts.len() as u64).to_le_bytes());
        texts.iter().for_each(|text| feed(text.as_bytes()));
    };
    let Definition { kind, ignore_case, levels } = definition;
    feed(kind.as_bytes());
    feed(&[u8::from(*ignore_case)]);
    for level in levels {
        let Level { name, keys, open, close, concurrent, reopen, latest, also } = level;
        let repeats = match reopen {
            Reopen::Anew => false,
            Reopen::Repeat => true,
        };
        feed(name.as_bytes());
        feed(&[u8::from(*concurrent), u8::from(repeats)]);
        for texts in [keys, open, close, also] {
            feed_all(texts, &mut feed);
        }
        feed(&(latest.len() as u64).to_le_bytes());
        for Latest { kind, keys } in latest {
            feed(kind.as_bytes());
            feed_all(keys, &mut feed);
        }
    }
    hash
}

#[cfg(test)]
mod tests;

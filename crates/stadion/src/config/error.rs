//! What is wrong with a configuration: all of it at once, a line each.

use std::cell::RefCell;
use std::fmt;

use super::nearest::nearest;
use super::tree::Place;

/// Everything that is wrong with a configuration. Written out, it is one line a fault, each with the place (file and
/// line, environment variable or flag), the key, what was found and what is allowed. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    lines: Vec<String>,
}

impl ConfigError {
    /// The faults, one line each; never empty.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn one(line: String) -> ConfigError {
        ConfigError { lines: vec![line] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.lines.join("\n"))
    }
}

/// A key that the configuration knows, as it was asked for. The test of docs/configuration.md reads these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KnownKey {
    /// The sections it is in and its name: `lockstep.idle_after`.
    pub(super) path: String,
    /// What it may be, in words: `a duration from 1s to 1h`.
    pub(super) allowed: String,
    /// As it would be written; empty where there is none.
    pub(super) default: String,
}

#[derive(Debug)]
struct UnknownKey {
    place: Place,
    section: String,
    key: String,
    siblings: Vec<&'static str>,
}

/// Gathers faults and known keys while the sections are read.
#[derive(Debug, Default)]
pub(super) struct Report {
    faults: RefCell<Vec<(Place, String)>>,
    unknown: RefCell<Vec<UnknownKey>>,
    known: RefCell<Vec<KnownKey>>,
}

impl Report {
    pub(super) fn fault(&self, place: &Place, what: impl fmt::Display) {
        self.faults.borrow_mut().push((place.clone(), what.to_string()));
    }

    pub(super) fn unknown_key(&self, place: &Place, section: &str, key: &str, siblings: &[&'static str]) {
        self.unknown.borrow_mut().push(UnknownKey {
            place: place.clone(),
            section: section.to_owned(),
            key: key.to_owned(),
            siblings: siblings.to_vec(),
        });
    }

    pub(super) fn known_key(&self, key: KnownKey) {
        self.known.borrow_mut().push(key);
    }

    pub(super) fn into_result(self) -> (Vec<KnownKey>, Option<ConfigError>) {
        let known = self.known.into_inner();
        let mut faults = self.faults.into_inner();
        for unknown in self.unknown.into_inner() {
            let what = unknown.describe(&known);
            faults.push((unknown.place, what));
        }
        faults.sort_by(|(a, _), (b, _)| a.cmp(b));
        let lines: Vec<String> = faults.into_iter().map(|(place, what)| format!("{place}: {what}")).collect();
        let error = (!lines.is_empty()).then_some(ConfigError { lines });
        (known, error)
    }
}

impl UnknownKey {
    /// Names the key and the one that was probably meant: a similar one beside it, the same one in another section
    /// (in TOML a key below a `[section]` belongs to it, which is easily forgotten), or else all that may stand there.
    fn describe(&self, known: &[KnownKey]) -> String {
        let path = join(&self.section, &self.key);
        if let Some(near) = nearest(&self.key, self.siblings.iter().copied()) {
            return format!("unknown key \"{path}\"; did you mean \"{near}\"?");
        }
        let elsewhere = known.iter().find(|other| other.path.rsplit('.').next() == Some(self.key.as_str()));
        if let Some(other) = elsewhere {
            return match other.path.rsplit_once('.') {
                Some((section, key)) => {
                    format!("unknown key \"{path}\"; did you mean \"{key}\" in the section [{section}]?")
                }
                None => format!(
                    "unknown key \"{path}\"; did you mean \"{}\", above the first section?",
                    other.path
                ),
            };
        }
        let siblings: Vec<String> = self.siblings.iter().map(|key| format!("\"{key}\"")).collect();
        format!("unknown key \"{path}\"; known here: {}", siblings.join(", "))
    }
}

/// `section.key`, or `key` alone at the top.
pub(super) fn join(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

//! Reads one section of the configuration, key by key.
//!
//! A key is asked for by name, with its default and what is allowed; a fault is reported and the default stands in,
//! so that all faults of a file are found in one go. What nobody asked for is an unknown key: [`Section::finish`].
//! There is no second list of keys beside the code that reads them. The rejected way, `#[derive(Deserialize)]`, stops
//! at the first fault and cannot say that a duration out of range was meant for `lockstep.tick` in line 12.

use std::cell::RefCell;
use std::time::Duration;

use super::duration::{format_duration, parse_duration};
use super::error::{KnownKey, Report, join};
use super::size::{format_size, parse_size};
use super::tree::{Entry, Node, Place, Table};

/// The longest text a key takes, in bytes, where nothing shorter is said: a path or an address fits in.
const TEXT_BYTES_MAX: usize = 4096;

/// The most items of a list: a configuration is written by people.
const ITEMS_MAX: usize = 1000;

/// The default of a number, duration or size, and the range in which it may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<T> {
    pub(super) default: T,
    pub(super) min: T,
    pub(super) max: T,
}

impl<T: PartialOrd> Bound<T> {
    fn admits(&self, value: &T) -> bool {
        *value >= self.min && *value <= self.max
    }
}

/// A section that is being read.
#[derive(Debug)]
pub(super) struct Section<'a> {
    path: String,
    /// As its header is written: `[path]` or `[[path]]`.
    title: String,
    entries: Option<&'a Table>,
    place: Place,
    known: RefCell<Vec<&'static str>>,
    report: &'a Report,
}

impl<'a> Section<'a> {
    pub(super) fn root(tree: &'a Table, report: &'a Report) -> Section<'a> {
        Section {
            path: String::new(),
            title: String::new(),
            entries: Some(tree),
            place: Place::Default,
            known: RefCell::default(),
            report,
        }
    }

    /// Whether the section was written at all, were it empty.
    pub(super) fn is_written(&self) -> bool {
        self.entries.is_some()
    }

    /// As the section's header is written: `[limits]`, `[[key]]`; empty at the top.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Reports something that concerns the whole section.
    pub(super) fn fault(&self, what: impl std::fmt::Display) {
        self.report.fault(&self.place, what);
    }

    /// Reports something that concerns one key, at its place if it was written.
    pub(super) fn fault_at(&self, key: &str, what: impl std::fmt::Display) {
        let place = self.entry(key).map_or(&self.place, |entry| &entry.place);
        self.report.fault(place, format_args!("\"{}\" {what}", join(&self.path, key)));
    }

    /// The place of a key that was written.
    pub(super) fn place_of(&self, key: &str) -> Option<&'a Place> {
        self.entry(key).map(|entry| &entry.place)
    }

    /// `[name]` below this section.
    pub(super) fn section(&self, name: &'static str) -> Section<'a> {
        self.known.borrow_mut().push(name);
        let path = join(&self.path, name);
        let mut section = Section {
            title: format!("[{path}]"),
            path,
            entries: None,
            place: Place::Default,
            known: RefCell::default(),
            report: self.report,
        };
        if let Some(entry) = self.entry(name) {
            section.place = entry.place.clone();
            if let Node::Table(entries) = &entry.node {
                section.entries = Some(entries);
            } else {
                let found = &entry.node;
                let line =
                    format!("\"{}\" must be a section, {}; found {found}", section.path, section.title);
                self.report.fault(&entry.place, line);
            }
        }
        section
    }

    /// The `[[name]]`s below this section, each one a section, in their order.
    pub(super) fn sections(&self, name: &'static str) -> Vec<Section<'a>> {
        self.known.borrow_mut().push(name);
        let path = join(&self.path, name);
        let Some(entry) = self.entry(name) else { return Vec::new() };
        let wrong = |place: &Place, found: &Node| {
            self.report.fault(
                place,
                format_args!("\"{path}\" must be sections with two brackets, [[{path}]]; found {found}"),
            );
        };
        let Node::List(items) = &entry.node else {
            wrong(&entry.place, &entry.node);
            return Vec::new();
        };
        if items.len() > ITEMS_MAX {
            self.report.fault(
                &entry.place,
                format_args!("\"{path}\" may stand at most {ITEMS_MAX} times; found {}", items.len()),
            );
            return Vec::new();
        }
        let mut sections = Vec::with_capacity(items.len());
        for item in items {
            if let Node::Table(entries) = &item.node {
                sections.push(Section {
                    path: path.clone(),
                    title: format!("[[{path}]]"),
                    entries: Some(entries),
                    place: item.place.clone(),
                    known: RefCell::default(),
                    report: self.report,
                });
            } else {
                wrong(&item.place, &item.node);
            }
        }
        sections
    }

    /// Reports every key that was not asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for (key, entry) in self.entries.into_iter().flatten() {
            if !known.contains(&key.as_str()) {
                self.report.unknown_key(&entry.place, &self.path, key, &known);
            }
        }
    }

    /// Asks for a key of any kind: `read` gives `None` for what is not allowed. `None` if the key is not written or
    /// wrong. `default` is how the default is written, empty if there is none.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        allowed: &str,
        default: &str,
        read: impl Fn(&Node) -> Option<T>,
    ) -> Option<T> {
        self.known.borrow_mut().push(key);
        self.report.known_key(KnownKey {
            path: join(&self.path, key),
            allowed: allowed.to_owned(),
            default: default.to_owned(),
        });
        let entry = self.entry(key)?;
        let value = read(&entry.node);
        if value.is_none() {
            self.fault_at(key, format_args!("must be {allowed}; found {}", entry.node));
        }
        value
    }

    /// Asks for a key that must be there in a section that is.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        allowed: &str,
        read: impl Fn(&Node) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional(key, allowed, "", read);
        if self.is_written() && !self.has(key) {
            self.fault(format_args!("{} needs \"{key}\", {allowed}", self.title));
        }
        value
    }

    /// A whole number.
    pub(super) fn count(&self, key: &'static str, bound: Bound<usize>) -> usize {
        let allowed = format!("a number from {} to {}", bound.min, bound.max);
        self.optional(key, &allowed, &bound.default.to_string(), |node| {
            let number = match node {
                Node::Integer(number) => usize::try_from((*number)?).ok(),
                Node::Untyped(text) => text.parse().ok(),
                Node::Table(_) | Node::List(_) | Node::Text(_) | Node::Boolean(_) | Node::Other(_) => None,
            };
            number.filter(|number| bound.admits(number))
        })
        .unwrap_or(bound.default)
    }

    pub(super) fn duration(&self, key: &'static str, bound: Bound<Duration>) -> Duration {
        let allowed =
            format!("a duration from {} to {}", format_duration(bound.min), format_duration(bound.max));
        let default = format!("\"{}\"", format_duration(bound.default));
        self.optional(key, &allowed, &default, |node| {
            node.text().and_then(parse_duration).filter(|duration| bound.admits(duration))
        })
        .unwrap_or(bound.default)
    }

    /// A size in bytes; a plain number is bytes too.
    pub(super) fn size(&self, key: &'static str, bound: Bound<usize>) -> usize {
        let write = |bytes: usize| format_size(u64::try_from(bytes).unwrap_or(u64::MAX));
        let allowed = format!("a size from {} to {}", write(bound.min), write(bound.max));
        let default = format!("\"{}\"", write(bound.default));
        self.optional(key, &allowed, &default, |node| {
            let bytes = match node {
                Node::Integer(number) => u64::try_from((*number)?).ok(),
                Node::Text(text) | Node::Untyped(text) => parse_size(text),
                Node::Table(_) | Node::List(_) | Node::Boolean(_) | Node::Other(_) => None,
            };
            usize::try_from(bytes?).ok().filter(|bytes| bound.admits(bytes))
        })
        .unwrap_or(bound.default)
    }

    pub(super) fn switch(&self, key: &'static str, default: bool) -> bool {
        self.optional(key, "true or false", &default.to_string(), |node| match node {
            Node::Boolean(value) => Some(*value),
            Node::Untyped(text) => text.parse().ok(),
            Node::Text(_) | Node::Integer(_) | Node::Table(_) | Node::List(_) | Node::Other(_) => None,
        })
        .unwrap_or(default)
    }

    /// One of a few words, each with what it means.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
        default: &str,
    ) -> Option<T> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.optional(key, &words.join(" or "), default, |node| {
            let text = node.text()?;
            choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
        })
    }

    /// Any text that is not empty.
    pub(super) fn text(&self, key: &'static str, allowed: &str) -> Option<String> {
        self.optional(key, allowed, "", Node::some_text)
    }

    /// A list of texts, each read by `read`; in an environment variable they are separated by commas. The fault of a
    /// list names the item.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        allowed: &str,
        default: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let whole = format!("a list of {allowed}");
        let items = self.optional(key, &whole, default, |node| match node {
            Node::List(items) => Some(items.clone()),
            Node::Untyped(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let entry =
                    |part: &str| Entry { node: Node::Untyped(part.to_owned()), place: Place::Default };
                Some(parts.map(entry).collect())
            }
            Node::Text(_) | Node::Integer(_) | Node::Boolean(_) | Node::Other(_) | Node::Table(_) => None,
        })?;
        if items.len() > ITEMS_MAX {
            self.fault_at(key, format_args!("must have at most {ITEMS_MAX} items; found {}", items.len()));
            return None;
        }
        let mut values = Vec::with_capacity(items.len());
        for item in &items {
            match item.node.text().and_then(&read) {
                Some(value) => values.push(value),
                None => self.fault_at(key, format_args!("must be {whole}; found {}", item.node)),
            }
        }
        (values.len() == items.len()).then_some(values)
    }

    /// Whether the key is set.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.and_then(|entries| entries.get(key))
    }
}

impl Node {
    /// The text of a value that is text, also where the key decides.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) | Node::Untyped(text) => Some(text),
            Node::Table(_) | Node::List(_) | Node::Integer(_) | Node::Boolean(_) | Node::Other(_) => None,
        }
    }

    /// Text of a reasonable length that is not empty and has no control characters.
    pub(super) fn some_text(&self) -> Option<String> {
        let text = self.text()?;
        let fits = !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.contains(char::is_control);
        fits.then(|| text.to_owned())
    }
}

//! The configuration before it is understood: what was written, and where.
//!
//! One tree holds all sources. The file comes first, environment variables and flags are laid over it, so that the
//! sections are read once and do not know where a value is from; only its place does, for errors.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Report};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A line, counted from 1, of the file of that name.
    File { name: Arc<str>, line: usize },
    /// An environment variable.
    Variable(String),
    /// A flag of the command.
    Flag(&'static str),
    /// Nowhere: the default.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { name, line } => write!(out, "{name}:{line}"),
            Place::Variable(name) => write!(out, "the environment variable {name}"),
            Place::Flag(name) => out.write_str(name),
            Place::Default => out.write_str("the configuration"),
        }
    }
}

pub(super) type Table = BTreeMap<String, Entry>;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) node: Node,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Table(Table),
    List(Vec<Entry>),
    Text(String),
    /// From an environment variable or a flag: the key it sets decides what it is.
    Untyped(String),
    /// `None` where it does not fit 64 bits.
    Integer(Option<i64>),
    Boolean(bool),
    /// A float or a date, which no key of ours is; as it was written.
    Other(String),
}

/// The longest piece of a wrong value that an error repeats, in characters.
const FOUND_CHARS_MAX: usize = 60;

impl fmt::Display for Node {
    /// What was found, for an error. Of an address with a password the part that holds it is left out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Table(_) => out.write_str("a section"),
            Node::List(items) if items.is_empty() => out.write_str("an empty list"),
            Node::List(_) => out.write_str("a list"),
            Node::Text(text) | Node::Untyped(text) => {
                let (scheme, rest) = match (text.split_once("://"), text.rsplit_once('@')) {
                    (Some((scheme, _)), Some((_, host))) => (format!("{scheme}://…@"), host),
                    _ => (String::new(), text.as_str()),
                };
                let mut shown: String = rest.chars().take(FOUND_CHARS_MAX).collect();
                if shown.len() < rest.len() {
                    shown.push('…');
                }
                write!(out, "{:?}", scheme + &shown)
            }
            Node::Integer(Some(number)) => write!(out, "{number}"),
            Node::Integer(None) => out.write_str("a number of more than 64 bits"),
            Node::Boolean(value) => write!(out, "{value}"),
            Node::Other(text) => out.write_str(text),
        }
    }
}

/// Reads a TOML document; `name` is what errors call the file.
pub(super) fn parse_file(name: &str, text: &str) -> Result<Table, ConfigError> {
    let lines = Lines { name: name.into(), text };
    match DeTable::parse(text) {
        Ok(document) => Ok(lines.table(document.get_ref())),
        Err(error) => {
            let place = lines.place(error.span().map_or(0, |span| span.start));
            let message = error.message().trim().replace('\n', ", ");
            Err(ConfigError::one(format!("{place}: this is not TOML: {message}")))
        }
    }
}

struct Lines<'t> {
    name: Arc<str>,
    text: &'t str,
}

impl Lines<'_> {
    fn place(&self, byte: usize) -> Place {
        let before = self.text.as_bytes().iter().take(byte);
        Place::File { name: Arc::clone(&self.name), line: 1 + before.filter(|b| **b == b'\n').count() }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            (key.to_string(), self.entry(value))
        };
        let mut entries: Table = table.iter().map(entry).collect();
        // A table's own place is its header's or, for one that dotted keys made, its first key's.
        for (key, _) in table.iter() {
            if let Some(entry) = entries.get_mut(key.get_ref().as_ref())
                && !matches!(entry.node, Node::List(_))
            {
                entry.place = self.place(key.span().start);
            }
        }
        entries
    }

    fn entry(&self, value: &toml::Spanned<DeValue<'_>>) -> Entry {
        let node = match value.get_ref() {
            DeValue::String(text) => Node::Text(text.to_string()),
            DeValue::Integer(number) => {
                Node::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
            }
            DeValue::Boolean(value) => Node::Boolean(*value),
            DeValue::Float(number) => Node::Other(number.as_str().to_owned()),
            DeValue::Datetime(date) => Node::Other(date.to_string()),
            DeValue::Array(items) => Node::List(items.iter().map(|item| self.entry(item)).collect()),
            DeValue::Table(table) => Node::Table(self.table(table)),
        };
        Entry { node, place: self.place(value.span().start) }
    }
}

/// Lays a value over what the tree holds at `path`; sections on the way are made as needed.
pub(super) fn overlay(tree: &mut Table, path: &[&str], text: String, place: &Place, report: &Report) {
    let Some((last, sections)) = path.split_last() else { return };
    let mut table = tree;
    for section in sections {
        let made = || Entry { node: Node::Table(Table::new()), place: place.clone() };
        match &mut table.entry((*section).to_owned()).or_insert_with(made).node {
            Node::Table(inner) => table = inner,
            Node::List(_)
            | Node::Text(_)
            | Node::Untyped(_)
            | Node::Integer(_)
            | Node::Boolean(_)
            | Node::Other(_) => {
                report.fault(
                    place,
                    format_args!("\"{section}\" is not a section that a variable can reach into"),
                );
                return;
            }
        }
    }
    table.insert((*last).to_owned(), Entry { node: Node::Untyped(text), place: place.clone() });
}

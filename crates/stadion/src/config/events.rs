//! The keys of a `[[namespace]]` of streams of events.

use std::sync::Arc;
use std::time::Duration;

use stadion_core::scope::{Definition, Latest, Level, Reopen, ScopeRules};

use super::section::{Bound, Section};
use super::tree::Node;
use crate::events::competitions::COMPETITIONS;
use crate::events::live::{Live, Scopes};
use crate::hub::readers::SlowReader;
use crate::json_pointer::Pointer;

/// What holds for the streams of events of a namespace.
#[derive(Debug, Clone)]
pub struct EventRules {
    /// Events that were received longer ago go.
    pub retain: Duration,
    /// Writes to readers are coalesced for at most this long.
    pub flush: Duration,
    /// What becomes of a reader that is too far behind.
    pub slow_reader: SlowReader,
    /// How far that is, in bytes of what it gets.
    pub reader_backlog: usize,
    /// Where an event's type stands.
    pub type_pointer: Pointer,
    /// What is live state; `None`: nothing is.
    pub scopes: Option<Arc<Scopes>>,
}

/// A day: what a competition's day needs.
const RETAIN: Bound<Duration> = Bound {
    default: Duration::from_secs(86_400),
    min: Duration::from_secs(1),
    max: Duration::from_secs(3_650 * 86_400),
};

/// At once. Longer than ten seconds is not live.
const FLUSH: Bound<Duration> =
    Bound { default: Duration::ZERO, min: Duration::ZERO, max: Duration::from_secs(10) };

/// Several seconds of what a phone takes on a bad day.
const READER_BACKLOG: Bound<usize> = Bound { default: 8 << 20, min: 64 << 10, max: 1 << 30 };

const TYPE: &str = "/typeName";

impl EventRules {
    /// The rules of `competition:…` and `competitions` where the configuration says nothing of them.
    pub(super) fn competition() -> EventRules {
        EventRules { scopes: Some(Arc::new(Scopes::competition())), ..EventRules::default() }
    }

    /// An empty index of live state for the stream of this name.
    #[must_use]
    pub fn live(&self, stream: &str) -> Option<Live> {
        if stream == COMPETITIONS {
            Some(Live::activations())
        } else {
            self.scopes.as_ref().map(Live::scopes)
        }
    }

    pub(super) fn read(section: &Section<'_>) -> EventRules {
        let slow = [("skip", SlowReader::Skip), ("close", SlowReader::Close)];
        EventRules {
            retain: section.duration("retain", RETAIN),
            flush: section.duration("flush", FLUSH),
            slow_reader: section.choice("slow_reader", &slow, "\"skip\"").unwrap_or(SlowReader::Skip),
            reader_backlog: section.size("reader_backlog", READER_BACKLOG),
            type_pointer: section
                .optional("type", "a JSON pointer like \"/roundId\"", "\"/typeName\"", |node| {
                    Pointer::parse(node.text()?)
                })
                .unwrap_or_else(default_type),
            scopes: read_scopes(section),
        }
    }
}

impl Default for EventRules {
    fn default() -> EventRules {
        EventRules {
            retain: RETAIN.default,
            flush: FLUSH.default,
            slow_reader: SlowReader::Skip,
            reader_backlog: READER_BACKLOG.default,
            type_pointer: default_type(),
            scopes: None,
        }
    }
}

const POINTERS: &str = "JSON pointers like \"/roundId\"";

fn read_scopes(section: &Section<'_>) -> Option<Arc<Scopes>> {
    let ignore_case = section.switch("ignore_case", false);
    let kind = section.optional("type", "a JSON pointer like \"/roundId\"", "\"/typeName\"", |node| {
        Pointer::parse(node.text()?).map(|pointer| pointer.as_str().to_owned())
    });
    let levels: Vec<Level> = section.sections("scope").into_iter().map(read_level).collect();
    if levels.is_empty() {
        return None;
    }
    let definition = Definition { kind: kind.unwrap_or_else(|| TYPE.to_owned()), ignore_case, levels };
    match ScopeRules::new(definition) {
        Ok(rules) => Scopes::new(rules).map(Arc::new),
        Err(error) => {
            section.fault_at("scope", format_args!("is not right: {error}"));
            None
        }
    }
}

fn read_level(section: Section<'_>) -> Level {
    let level = Level {
        name: section.required("name", "text", Node::some_text).unwrap_or_default(),
        keys: pointers(&section, "key"),
        open: types(&section, "open"),
        close: types(&section, "close"),
        concurrent: section.switch("concurrent", false),
        reopen: section
            .choice("reopen", &[("anew", Reopen::Anew), ("repeat", Reopen::Repeat)], "\"anew\"")
            .unwrap_or(Reopen::Anew),
        latest: section
            .sections("latest")
            .into_iter()
            .map(|latest| {
                let read = Latest {
                    kind: latest.required("type", "text", Node::some_text).unwrap_or_default(),
                    keys: pointers(&latest, "key"),
                };
                latest.finish();
                read
            })
            .collect(),
        also: types(&section, "also"),
    };
    section.finish();
    level
}

fn types(section: &Section<'_>, key: &'static str) -> Vec<String> {
    let read = section.list(key, "event types", "[]", |text| (!text.is_empty()).then(|| text.to_owned()));
    read.unwrap_or_default()
}

fn pointers(section: &Section<'_>, key: &'static str) -> Vec<String> {
    let read = section.list(key, POINTERS, "[]", |text| Pointer::parse(text).map(|_| text.to_owned()));
    read.unwrap_or_default()
}

fn default_type() -> Pointer {
    Pointer::parse(TYPE).unwrap_or_else(|| unreachable!("{TYPE} is a pointer"))
}

//! The keys of a `[[namespace]]` of streams of events.

use std::time::Duration;

use super::section::{Bound, Section};
use crate::hub::readers::SlowReader;
use crate::json_pointer::Pointer;

/// What holds for the streams of events of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        }
    }
}

fn default_type() -> Pointer {
    Pointer::parse(TYPE).unwrap_or_else(|| unreachable!("{TYPE} is a pointer"))
}

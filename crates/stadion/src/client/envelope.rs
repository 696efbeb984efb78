//! A frame as a reader gets it: an envelope, a mark between them, or a bare event.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// `{epoch}:{offset}`: the last event seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// `-` of a stream that was never written.
    pub epoch: String,
    /// -1 before the first event.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.offset)
    }
}

/// What a text frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Event {
        position: Position,
        /// Part of live state: its position is none to resume from.
        is_state: bool,
        /// Where the event's own bytes are in the frame.
        body: Range<usize>,
    },
    /// Live begins behind this position.
    Live(Position),
    /// So many events were left out.
    Skipped(u64),
    /// No envelope: an event by itself.
    Bare,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    epoch: Option<Cow<'a, str>>,
    offset: Option<i64>,
    #[serde(default)]
    state: bool,
    #[serde(default)]
    live: bool,
    skipped: Option<u64>,
    #[serde(borrow, default, deserialize_with = "raw_value")]
    body: Option<&'a RawValue>,
}

/// Also `null` is an event; an `Option` alone would take it for none.
fn raw_value<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

impl Frame {
    pub fn parse(text: &str) -> Self {
        let Ok(raw) = serde_json::from_str::<Raw<'_>>(text) else { return Self::Bare };
        if raw.stream.is_none() {
            return Self::Bare;
        }
        if let Some(skipped) = raw.skipped {
            return Self::Skipped(skipped);
        }
        let (Some(epoch), Some(offset)) = (raw.epoch, raw.offset) else { return Self::Bare };
        let position = Position { epoch: epoch.into_owned(), offset };
        match raw.body {
            None if raw.live => Self::Live(position),
            None => Self::Bare,
            Some(body) => {
                // The value was borrowed from the text, so it lies in it.
                let begin = body.get().as_ptr() as usize - text.as_ptr() as usize;
                Self::Event { position, is_state: raw.state, body: begin..begin + body.get().len() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let check = |text: &str, expected: &str| {
            let found = match Frame::parse(text) {
                Frame::Event { position, is_state, body } => format!("{position} {is_state} {}", &text[body]),
                Frame::Live(position) => format!("live {position}"),
                Frame::Skipped(count) => format!("skipped {count}"),
                Frame::Bare => "bare".to_owned(),
            };
            assert_eq!(found, expected, "{text}");
        };
        check(
            r#"{"stream":"s","epoch":"e","offset":7,"time":"t","body":{"a" : 1}}"#,
            r#"e:7 false {"a" : 1}"#,
        );
        check(r#"{"stream":"s","epoch":"e","offset":7,"state":true,"body":null}"#, "e:7 true null");
        check(r#"{"stream":"s","epoch":"-","offset":-1,"live":true}"#, "live -:-1");
        check(r#"{"stream":"s","skipped":12}"#, "skipped 12");
        check(r#"{"typeName":"x","offset":1}"#, "bare");
        check(r#"{"stream":5,"epoch":"e","offset":7,"body":1}"#, "bare");
        check("[1]", "bare");
        check("no json", "bare");
    }
}

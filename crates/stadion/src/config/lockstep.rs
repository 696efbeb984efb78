//! `[lockstep]`: what holds for every lockstep stream.

use std::time::Duration;

use http::{HeaderValue, Uri};

use super::section::{Bound, Section};
use super::tree::Node;

/// As the original: 20 ticks a second. Below a millisecond there is nothing to count, above 10 s nothing to play.
pub(super) const TICK: Bound<Duration> =
    Bound { default: Duration::from_millis(50), min: Duration::from_millis(1), max: Duration::from_secs(10) };

/// As the original. A client polls five times a second, so this forgives a tunnel, not a closed tab.
const DISCONNECT_AFTER: Bound<Duration> = Bound {
    default: Duration::from_secs(10),
    min: Duration::from_millis(100),
    max: Duration::from_secs(3_600),
};

/// As the original, which drops a stream 60 to 120 s after the last request. Everybody may reload at once.
const IDLE_AFTER: Bound<Duration> = Bound {
    default: Duration::from_secs(60),
    min: Duration::from_millis(100),
    max: Duration::from_secs(86_400),
};

/// A lockstep stream is never trimmed at the front, since a late joiner needs it whole. Ten players with five inputs
/// a second of 100 bytes each fill this in three and a half hours.
const STREAM_BYTES_MAX: Bound<usize> = Bound { default: 64 << 20, min: 64 << 10, max: 2 << 30 };

/// Everybody simulates everybody's inputs, so games end at dozens; the rest is headroom.
const CLIENTS_MAX: Bound<usize> = Bound { default: 1_000, min: 1, max: 100_000 };

/// A client that was away for a minute sends what it gathered, at a few inputs a second.
const EVENTS_PER_REQUEST_MAX: Bound<usize> = Bound { default: 1_000, min: 1, max: 100_000 };

/// A client's State is a cursor, a name, a colour. It is repeated to all others, so it is kept small.
const STATE_KEYS_MAX: Bound<usize> = Bound { default: 64, min: 1, max: 10_000 };

/// The same in bytes, keys and values together.
const STATE_BYTES_MAX: Bound<usize> = Bound { default: 16 << 10, min: 1, max: 1 << 20 };

/// What holds for every lockstep stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Lockstep {
    /// Whether `POST /{stream}/{private id}/{tick}` is served at the root too, as the original does.
    pub root: bool,
    /// The tick of namespaces that say nothing else. Also in [`super::NamespaceRules`].
    pub tick: Duration,
    /// Silence after which a client is disconnected.
    pub disconnect_after: Duration,
    /// Silence of everybody after which a stream has ended.
    pub idle_after: Duration,
    /// Bytes of a stream's events.
    pub stream_bytes_max: usize,
    /// Connected clients of a stream.
    pub clients_max: usize,
    /// Events of one request.
    pub events_per_request_max: usize,
    /// Keys of a client's State.
    pub state_keys_max: usize,
    /// Bytes of a client's State, keys and values.
    pub state_bytes_max: usize,
    /// Which other websites' pages may read the answers.
    pub cors_origin: CorsOrigin,
}

/// `Access-Control-Allow-Origin` of lockstep answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigin {
    /// `*`, as the original.
    Any,
    /// One origin.
    One(HeaderValue),
    /// The header is not sent.
    Nobody,
}

impl CorsOrigin {
    /// The header's value, if it is sent.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        match self {
            CorsOrigin::Any => Some(HeaderValue::from_static("*")),
            CorsOrigin::One(origin) => Some(origin.clone()),
            CorsOrigin::Nobody => None,
        }
    }

    fn parse(text: &str) -> Option<CorsOrigin> {
        match text {
            "*" => Some(CorsOrigin::Any),
            "none" => Some(CorsOrigin::Nobody),
            origin => {
                let uri: Uri = origin.parse().ok()?;
                let scheme = uri.scheme_str()?;
                let plain = format!("{scheme}://{}", uri.authority()?);
                (matches!(scheme, "http" | "https") && plain == origin)
                    .then(|| HeaderValue::from_str(origin).ok().map(CorsOrigin::One))?
            }
        }
    }
}

pub(super) fn read(section: Section<'_>) -> Lockstep {
    let cors = "\"*\", \"none\" or an origin like \"https://game.example\"";
    let lockstep = Lockstep {
        root: section.switch("root", true),
        tick: section.duration("tick", TICK),
        disconnect_after: section.duration("disconnect_after", DISCONNECT_AFTER),
        idle_after: section.duration("idle_after", IDLE_AFTER),
        stream_bytes_max: section.size("stream_bytes_max", STREAM_BYTES_MAX),
        clients_max: section.count("clients_max", CLIENTS_MAX),
        events_per_request_max: section.count("events_per_request_max", EVENTS_PER_REQUEST_MAX),
        state_keys_max: section.count("state_keys_max", STATE_KEYS_MAX),
        state_bytes_max: section.size("state_bytes_max", STATE_BYTES_MAX),
        cors_origin: section
            .optional("cors_origin", cors, "\"*\"", |node: &Node| node.text().and_then(CorsOrigin::parse))
            .unwrap_or(CorsOrigin::Any),
    };
    section.finish();
    lockstep
}

//! `[limits]`: bounds of the server, whatever it serves.

use std::time::Duration;

use super::proxies::{AddressRange, TrustedProxies};
use super::section::{Bound, Section};

/// A core that pushes 20 ticks a second to each client is full at about 14,000 of them (a send costs 3.5 µs); above
/// this, everyone would be late, so the next ones are turned away. It also bounds what idle connections take: at 2 KB
/// and the kernel's buffers each, some hundred megabytes.
const CONNECTIONS: Bound<usize> = Bound { default: 20_000, min: 1, max: 1_000_000 };

/// A whole school or office may come from one address; one that takes more keeps others out.
const CONNECTIONS_PER_ADDRESS: Bound<usize> = Bound { default: 1_000, min: 1, max: 1_000_000 };

/// A stream is made by whoever plays in it first. One a second and address is plenty for people, and keeps a loop
/// that makes up names from filling `streams`.
const STREAMS_PER_ADDRESS_PER_MINUTE: Bound<usize> = Bound { default: 60, min: 1, max: 1_000_000 };

/// An idle stream is an entry of a map and of a timer, some hundred bytes.
const STREAMS: Bound<usize> = Bound { default: 100_000, min: 1, max: 10_000_000 };

/// A slow phone network sends a request's headers in a second or two; who takes longer holds a connection for nothing.
const HEADER_TIMEOUT: Bound<Duration> = Bound {
    default: Duration::from_secs(10),
    min: Duration::from_millis(100),
    max: Duration::from_secs(600),
};

/// The same for a request's body, which is small.
const BODY_TIMEOUT: Bound<Duration> = HEADER_TIMEOUT;

/// A lockstep request holds a player's inputs of a fifth of a second. It is read whole before anything happens, so
/// this is also what one connection can make the server hold.
const BODY_BYTES: Bound<usize> = Bound { default: 1 << 20, min: 1 << 10, max: 64 << 20 };

/// Bounds of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Open connections at once.
    pub connections: usize,
    /// Open connections at once of one client address.
    pub connections_per_address: PerAddress,
    /// New streams that one client address may make in a minute.
    pub streams_per_address_per_minute: PerAddress,
    /// Streams that live at once.
    pub streams: usize,
    /// Proxies whose word about the client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// From the connection's start, or the last answer's end, until a request's headers are complete.
    pub header_timeout: Duration,
    /// From a request's headers until its body is complete.
    pub body_timeout: Duration,
    /// Bytes of a lockstep request's body, or of a text frame upward.
    pub body_bytes: usize,
}

/// A bound that holds for each client address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerAddress {
    /// The bound.
    pub value: usize,
    /// Whether this machine's own address is bound too: only where the key is set, since without it that is who
    /// develops and measures.
    pub holds_for_loopback: bool,
}

fn per_address(section: &Section<'_>, key: &'static str, bound: Bound<usize>) -> PerAddress {
    PerAddress { value: section.count(key, bound), holds_for_loopback: section.has(key) }
}

pub(super) fn read(section: Section<'_>) -> Limits {
    let limits = Limits {
        connections: section.count("connections", CONNECTIONS),
        connections_per_address: per_address(&section, "connections_per_address", CONNECTIONS_PER_ADDRESS),
        streams_per_address_per_minute: per_address(
            &section,
            "streams_per_address_per_minute",
            STREAMS_PER_ADDRESS_PER_MINUTE,
        ),
        streams: section.count("streams", STREAMS),
        trusted_proxies: TrustedProxies::new(
            section
                .list("trusted_proxies", "addresses or ranges like \"10.0.0.0/8\"", "[]", AddressRange::parse)
                .unwrap_or_default(),
        ),
        header_timeout: section.duration("header_timeout", HEADER_TIMEOUT),
        body_timeout: section.duration("body_timeout", BODY_TIMEOUT),
        body_bytes: section.size("body_bytes", BODY_BYTES),
    };
    section.finish();
    limits
}

//! Events, their stamps, and the ids around them.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A tick of a lockstep stream. Ticks count from 0 at the stream's start; a client may name any 64-bit number as the
/// last one it knows, so the type is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub i64);

impl Tick {
    pub const ZERO: Self = Self(0);

    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of one life of a stream: 128 random bits as 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch {
    text: [u8; Self::LEN],
}

impl Epoch {
    pub const LEN: usize = 22;

    pub fn from_bits(bits: u128) -> Self {
        const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = [b'A'; Self::LEN];
        let mut shift = 128_u32;
        for slot in &mut text {
            // Six bits a character from the top; the last character holds the two that are left, padded with zeros.
            let six = if shift >= 6 { bits >> (shift - 6) } else { bits << (6 - shift) } & 63;
            shift = shift.saturating_sub(6);
            *slot = ALPHABET.get(six as usize).copied().unwrap_or(b'A');
        }
        Self { text }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({self})")
    }
}

/// What others know a client by: a counter of its stream, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicId(pub u64);

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a client proves itself by. Whoever knows it can speak for the client, so it is never shown: not in an event,
/// not in a log line, not by `Debug`.
///
/// Several maps hold it, so a clone shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrivateId(Arc<str>);

impl PrivateId {
    /// Long enough for a UUID, a signed token's hash or a device id; short enough to remember thousands.
    pub const BYTES_MAX: usize = 128;

    /// `None` for what can't be one: empty, longer than [`PrivateId::BYTES_MAX`], or `-`, which stands for a watcher.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= Self::BYTES_MAX && text != "-").then(|| Self(text.into()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PrivateId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateId(…)")
    }
}

/// Who an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server itself; `_` on the wire.
    Server,
    Client(PublicId),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("_"),
            Self::Client(id) => id.fmt(f),
        }
    }
}

/// An event as a client sends it, before it has a tick and an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub kind: Box<str>,
    pub body: Box<str>,
    /// Bytes that `kind` and `body` take where they are kept and sent. The edge knows the encoding and counts; the
    /// core only sums up.
    pub encoded_bytes: usize,
}

/// An event with its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub tick: Tick,
    pub kind: Box<str>,
    pub origin: Origin,
    pub body: Box<str>,
}

/// The types that begin so are the server's alone.
pub const RESERVED_PREFIX: char = '_';
/// Opens a stream; its body is the seed, a decimal int63.
pub const KIND_OPENED: &str = "_a";
/// A client is here; its body is the public id.
pub const KIND_CONNECTED: &str = "_c";
/// A client has fallen silent; its body is the public id.
pub const KIND_DISCONNECTED: &str = "_d";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_base64url_of_its_bits() {
        assert_eq!(Epoch::from_bits(0).as_str(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Epoch::from_bits(u128::MAX).as_str(), "_____________________w");
        assert_eq!(
            Epoch::from_bits(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).as_str(),
            "ASNFZ4mrze8BI0VniavN7w"
        );
    }

    #[test]
    fn a_private_id_is_not_shown() {
        let id = PrivateId::new("secret").unwrap();
        assert!(!format!("{id:?}").contains("secret"));
        assert_eq!(PrivateId::new("-"), None);
        assert_eq!(PrivateId::new(""), None);
        assert_eq!(PrivateId::new(&"x".repeat(129)), None);
    }
}

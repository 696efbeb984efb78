//! What a stream may be called.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A stream's name: 1 to 128 bytes of UTF-8 without control characters and `/`, not reserved (wire: *Streams*). What
/// comes before the first colon is its namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a stream's name must not be empty")]
    Empty,
    #[error("a stream's name has at most {} bytes", StreamName::BYTES_MAX)]
    TooLong,
    #[error("a stream's name must not hold control characters or '/'")]
    BadCharacter,
    #[error(
        "a stream's name must not be 'v1', 'api' or 'game_lobby', nor begin with '_' or '.': these are the server's own"
    )]
    Reserved,
}

impl StreamName {
    pub const BYTES_MAX: usize = 128;

    pub fn new(text: &str) -> Result<Self, NameError> {
        Self::check(text).map(|()| Self(text.into()))
    }

    /// Whether `text` may name a stream, without keeping it.
    pub fn check(text: &str) -> Result<(), NameError> {
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.len() > Self::BYTES_MAX {
            Err(NameError::TooLong)
        } else if text.chars().any(|c| c.is_control() || c == '/') {
            Err(NameError::BadCharacter)
        } else if matches!(text, "v1" | "api" | "game_lobby") || text.starts_with(['_', '.']) {
            Err(NameError::Reserved)
        } else {
            Ok(())
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `game` for `game:7`; empty for a name without a colon.
    pub fn namespace(&self) -> &str {
        self.0.split_once(':').map_or("", |(namespace, _)| namespace)
    }
}

impl Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_form() {
        for good in ["a", "game:7", "lobby", "play", "übung", "a b", "v1x", "x_", &"n".repeat(128)] {
            assert_eq!(StreamName::check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", NameError::Empty),
            ("a/b", NameError::BadCharacter),
            ("a\nb", NameError::BadCharacter),
            ("\u{85}", NameError::BadCharacter),
            ("_x", NameError::Reserved),
            (".x", NameError::Reserved),
            ("v1", NameError::Reserved),
            ("api", NameError::Reserved),
            ("game_lobby", NameError::Reserved),
            (&"n".repeat(129), NameError::TooLong),
        ] {
            assert_eq!(StreamName::check(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_namespace_ends_at_the_first_colon() {
        assert_eq!(StreamName::new("game:7:x").unwrap().namespace(), "game");
        assert_eq!(StreamName::new("free").unwrap().namespace(), "");
    }
}

//! What there is to be allowed, and lists of it as they are written.

use std::fmt;

use super::pattern::Pattern;

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Reading and watching a stream, finding it in lists.
    Read,
    /// Lockstep sync and push.
    Play,
    /// Publishing to a stream.
    Publish,
    /// Deleting a stream, importing into it.
    Administer,
    /// A player's calls to the lobby of a product.
    Lobby,
    /// A player's calls to a matchmaking queue.
    Matchmake,
    /// The server manager's calls, results, game servers' events.
    Server,
    /// Allocating, deallocating, tickets of others, the broker's stream.
    Operate,
}

impl Right {
    /// Every right there is.
    pub const ALL: [Right; 8] = [
        Right::Read,
        Right::Play,
        Right::Publish,
        Right::Administer,
        Right::Lobby,
        Right::Matchmake,
        Right::Server,
        Right::Operate,
    ];

    /// Its word in configuration, tokens and errors.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Right::Read => "read",
            Right::Play => "play",
            Right::Publish => "publish",
            Right::Administer => "administer",
            Right::Lobby => "lobby",
            Right::Matchmake => "matchmake",
            Right::Server => "server",
            Right::Operate => "operate",
        }
    }

    /// The right to streams that this word names.
    #[must_use]
    pub fn of_streams(word: &str) -> Option<Right> {
        Right::ALL.into_iter().find(|right| right.word() == word && right.is_of_streams())
    }

    /// Whether it is one of the four that are about streams.
    pub(super) fn is_of_streams(self) -> bool {
        match self {
            Right::Read | Right::Play | Right::Publish | Right::Administer => true,
            Right::Lobby | Right::Matchmake | Right::Server | Right::Operate => false,
        }
    }

    /// Whether the word is followed by a pattern of what it is about.
    fn has_pattern(self) -> bool {
        match self {
            Right::Read
            | Right::Play
            | Right::Publish
            | Right::Administer
            | Right::Lobby
            | Right::Matchmake => true,
            Right::Server | Right::Operate => false,
        }
    }
}

/// A set of rights to streams; the others are never in it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamRights {
    bits: u8,
}

impl StreamRights {
    /// No right.
    pub const NONE: StreamRights = StreamRights { bits: 0 };
    /// All four.
    pub const ALL: StreamRights = StreamRights { bits: 0b1111 };

    /// Whether the right is in the set.
    #[must_use]
    pub fn contains(self, right: Right) -> bool {
        self.bits & bit(right) != 0
    }
}

fn bit(right: Right) -> u8 {
    match right {
        Right::Read => 1,
        Right::Play => 2,
        Right::Publish => 4,
        Right::Administer => 8,
        Right::Lobby | Right::Matchmake | Right::Server | Right::Operate => 0,
    }
}

impl FromIterator<Right> for StreamRights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        StreamRights { bits: rights.into_iter().fold(0, |bits, right| bits | bit(right)) }
    }
}

impl fmt::Debug for StreamRights {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Right::ALL.iter().filter(|right| self.contains(**right)).map(|right| right.word());
        out.debug_set().entries(words).finish()
    }
}

/// A right as it is given: `publish competition:*`, `lobby exrps`, `server`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What may be done.
    pub right: Right,
    /// To what; matches everything where the right is about nothing in particular.
    pub pattern: Pattern,
}

impl Grant {
    /// Reads a right and what it is about; `None` if the word is unknown, the pattern is missing or too much.
    #[must_use]
    pub fn parse(text: &str) -> Option<Grant> {
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let right = Right::ALL.into_iter().find(|right| right.word() == word)?;
        let pattern = match (right.has_pattern(), rest.trim_start()) {
            (true, pattern) => Pattern::parse(pattern)?,
            (false, "") => Pattern::everything(),
            (false, _) => return None,
        };
        Some(Grant { right, pattern })
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.right.word())?;
        if self.right.has_pattern() { write!(out, " {}", self.pattern) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Grant::parse(text).map(|grant| grant.to_string()).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_grant_is_a_word_and_what_it_is_about() {
        check("publish competition:*", Some("publish competition:*"));
        check("  read   *  ", Some("read *"));
        check("lobby exrps", Some("lobby exrps"));
        check("server", Some("server"));
        check("operate", Some("operate"));
        for text in [
            "",
            "read",
            "read ",
            "server x",
            "operate *",
            "Read *",
            "write *",
            "*",
            "read a/b",
            "read a\u{7}",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_stream_name_may_hold_blanks() {
        check("read my stream", Some("read my stream"));
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: StreamRights = [Right::Read, Right::Publish, Right::Server].into_iter().collect();
        let held: Vec<Right> = Right::ALL.into_iter().filter(|right| set.contains(*right)).collect();
        assert_eq!(held, [Right::Read, Right::Publish]);
        assert!(Right::ALL.iter().all(|right| StreamRights::ALL.contains(*right) == right.is_of_streams()));
        assert!(Right::ALL.iter().all(|right| !StreamRights::NONE.contains(*right)));
    }
}

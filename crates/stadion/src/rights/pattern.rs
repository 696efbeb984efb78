//! Patterns of names: `competition:*`, `game:finals`, `*`.

use std::fmt;

/// A stream's name has at most 128 bytes, so a pattern that may match one needs hardly more.
const PATTERN_BYTES_MAX: usize = 256;

/// A pattern of names: `*` stands for any characters, also none; everything else for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
}

impl Pattern {
    /// Reads a pattern; `None` if it is empty, too long, or holds what no name does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Pattern> {
        let is_possible = !text.is_empty()
            && text.len() <= PATTERN_BYTES_MAX
            && !text.contains(|c: char| c.is_control() || c == '/');
        is_possible.then(|| Pattern { text: text.into() })
    }

    /// The pattern that matches every name.
    #[must_use]
    pub fn everything() -> Pattern {
        Pattern { text: "*".into() }
    }

    /// Whether the name is one of those meant. Time: at most the product of both lengths.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.text.split('*');
        // What stands before the first star, and after the last one, is bound to the ends of the name.
        let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            // The first place is the best one: it leaves the most for what follows.
            match rest.find(piece).and_then(|at| rest.get(at + piece.len()..)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(Pattern::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
    }

    #[test]
    fn a_star_stands_for_anything() {
        check("*", "", true);
        check("*", "game:1", true);
        check("competition:*", "competition:7", true);
        check("competition:*", "competition:", true);
        check("competition:*", "competitions", false);
        check("competition:*", "xcompetition:7", false);
        check("game:1", "game:1", true);
        check("game:1", "game:12", false);
        check("game:1", "agame:1", false);
        check("a*a", "a", false);
        check("a*a", "aa", true);
        check("*:final", "cup:final", true);
        check("a*b*c", "a1b2c", true);
        check("a*b*c", "a1c2b", false);
        check("**", "x", true);
        check("Game:*", "game:1", false);
    }

    /// What `*` means, by its definition.
    fn model(pattern: &[char], name: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['*', rest @ ..] => (0..=name.len()).any(|at| model(rest, &name[at..])),
            [c, rest @ ..] => name.first() == Some(c) && model(rest, &name[1..]),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(pattern in "[ab*]{1,7}", name in "[ab]{0,8}") {
            let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
            prop_assert_eq!(Pattern::parse(&pattern).unwrap().matches(&name), model(&p, &n));
        }
    }
}

//! Keys as text: what the edge makes of the values it finds in an event, so that comparing is comparing bytes.

use std::borrow::Cow;

/// A joined key longer than this counts as absent. Ids are some tens of bytes; a key is kept for each open scope.
pub const KEY_BYTES_MAX: usize = 1024;

/// Stands between the values of one key.
const BETWEEN: char = '\0';
/// Stands before a character that is not what it looks like: `BETWEEN` or itself inside a value.
const ESCAPE: char = '\u{1}';

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error("a value of the key is absent")]
    Absent,
    #[error("a key has at most {KEY_BYTES_MAX} bytes")]
    TooLong,
}

/// Appends to `out` the key that these values are together: an event's value for each of a level's keys, in their
/// order. A value that is absent, `null`, or neither text nor a number nor a truth value is `None`, and then there is
/// no key. Values are not told apart by type: a number is its decimal text. Of no values the key is empty, and always
/// there.
///
/// On an error `out` is as it was.
pub fn join_key<'a>(
    values: impl IntoIterator<Item = Option<&'a str>>,
    ignore_case: bool,
    out: &mut String,
) -> Result<(), KeyFault> {
    let start = out.len();
    let joined = append(values, ignore_case, out, start);
    if joined.is_err() {
        out.truncate(start);
    }
    joined
}

fn append<'a>(
    values: impl IntoIterator<Item = Option<&'a str>>,
    ignore_case: bool,
    out: &mut String,
    start: usize,
) -> Result<(), KeyFault> {
    for (number, value) in values.into_iter().enumerate() {
        let value = value.ok_or(KeyFault::Absent)?;
        if value.len() > KEY_BYTES_MAX {
            return Err(KeyFault::TooLong);
        }
        if number > 0 {
            out.push(BETWEEN);
        }
        let value = if ignore_case { fold_case(value) } else { Cow::Borrowed(value) };
        if value.contains([BETWEEN, ESCAPE]) {
            for character in value.chars() {
                match character {
                    BETWEEN => out.extend([ESCAPE, '0']),
                    ESCAPE => out.extend([ESCAPE, '1']),
                    other => out.push(other),
                }
            }
        } else {
            out.push_str(&value);
        }
        if out.len() - start > KEY_BYTES_MAX {
            return Err(KeyFault::TooLong);
        }
    }
    Ok(())
}

/// The values of a key that [`join_key`] made of `count` of them.
pub fn split_key(key: &str, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    key.split(BETWEEN).map(unescape).collect()
}

fn unescape(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::with_capacity(value.len());
    while let Some(character) = characters.next() {
        text.push(match character {
            ESCAPE if characters.next() == Some('0') => BETWEEN,
            other => other,
        });
    }
    text
}

/// A key as it is compared where case does not count. It is each character's lower case by itself, so that a word's
/// last letter is folded like any other.
pub fn fold_case(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else if text.is_ascii() {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn join(values: &[&str], ignore_case: bool) -> Result<String, KeyFault> {
        let mut out = String::from("before");
        let joined = join_key(values.iter().copied().map(Some), ignore_case, &mut out);
        joined.map(|()| out.split_off("before".len()))
    }

    proptest! {
        #[test]
        fn keys_differ_where_their_values_do(
            a in prop::collection::vec("[ab\0\u{1}01]{0,3}", 1..4),
            b in prop::collection::vec("[ab\0\u{1}01]{0,3}", 1..4),
        ) {
            let texts = |values: &[String]| join(&values.iter().map(String::as_str).collect::<Vec<_>>(), false).unwrap();
            prop_assert_eq!(a == b, texts(&a) == texts(&b));
            prop_assert_eq!(split_key(&texts(&a), a.len()), a);
        }
    }

    #[test]
    fn a_key_of_nothing_is_there_and_empty() {
        assert_eq!(join(&[], false).as_deref(), Ok(""));
        assert_eq!(split_key("", 0), Vec::<String>::new());
        assert_eq!(split_key("", 1), [""]);
    }

    #[test]
    fn a_key_without_one_of_its_values_is_absent() {
        let mut out = String::from("before");
        assert_eq!(join_key([Some("1"), None], false, &mut out), Err(KeyFault::Absent));
        assert_eq!(out, "before");
    }

    #[test]
    fn a_key_has_a_bound() {
        assert!(join(&["x".repeat(KEY_BYTES_MAX).as_str()], false).is_ok());
        assert_eq!(join(&["x".repeat(KEY_BYTES_MAX + 1).as_str()], false), Err(KeyFault::TooLong));
        assert_eq!(join(&["x".repeat(KEY_BYTES_MAX).as_str(), ""], false), Err(KeyFault::TooLong));
        assert_eq!(join(&["\0".repeat(KEY_BYTES_MAX).as_str()], false), Err(KeyFault::TooLong));
    }

    #[test]
    fn case_is_folded_where_it_does_not_count() {
        assert_eq!(join(&["30913459-50B1"], true).as_deref(), Ok("30913459-50b1"));
        assert_eq!(join(&["30913459-50B1"], false).as_deref(), Ok("30913459-50B1"));
        assert_eq!(fold_case("ÄΣ"), "äσ");
        assert!(matches!(fold_case("ab-1"), Cow::Borrowed("ab-1")));
    }
}

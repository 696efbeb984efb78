//! A publish request's body: one JSON value, or JSON Lines.

use serde_json::value::RawValue;

/// Why a body can't be published. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLines {
    #[error("line {line}: not UTF-8")]
    NotUtf8 { line: usize },
    #[error("the body holds no event")]
    Empty,
    #[error("line {line}: {why}")]
    NotJson { line: usize, why: String },
    #[error("line {line}: nested deeper than {DEPTH_MAX} levels")]
    TooDeep { line: usize },
    #[error("line {line}: an event has at most {bytes_max} bytes")]
    TooBig { line: usize, bytes_max: usize },
}

/// Enough for any honest event; a reader that recurses is safe with it.
const DEPTH_MAX: usize = 64;

impl BadLines {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Empty => "empty",
            Self::NotJson { .. } => "bad_json",
            Self::TooDeep { .. } => "too_deep",
            Self::TooBig { .. } => "too_big",
        }
    }
}

/// The events of a body, each the bytes of its value without the blanks around it. Lines count from 1, empty ones too.
pub fn read(body: &[u8], is_lines: bool, event_bytes_max: usize) -> Result<Vec<&str>, BadLines> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let line = if is_lines { line_at(body, error.valid_up_to()) } else { 1 };
        BadLines::NotUtf8 { line }
    })?;
    let mut events = Vec::new();
    if is_lines {
        for (index, line) in text.split('\n').enumerate() {
            let line = trim(line);
            if !line.is_empty() {
                events.push(check(line, index + 1, event_bytes_max)?);
            }
        }
    } else if !trim(text).is_empty() {
        events.push(check(trim(text), 1, event_bytes_max)?);
    }
    if events.is_empty() { Err(BadLines::Empty) } else { Ok(events) }
}

/// The line in which an event of this body stands.
pub fn line_of(body: &[u8], event: &str) -> usize {
    line_at(body, (event.as_ptr() as usize).saturating_sub(body.as_ptr() as usize))
}

fn line_at(body: &[u8], at: usize) -> usize {
    body.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// JSON's own blanks.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn check(value: &str, line: usize, bytes_max: usize) -> Result<&str, BadLines> {
    if value.len() > bytes_max {
        return Err(BadLines::TooBig { line, bytes_max });
    }
    if crate::json_depth::depth(value.as_bytes()) > DEPTH_MAX {
        return Err(BadLines::TooDeep { line });
    }
    match serde_json::from_str::<&RawValue>(value) {
        Ok(_) => Ok(value),
        Err(error) => Err(BadLines::NotJson { line, why: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_counted_and_checked() {
        let check = |body: &str, is_lines, expected: Result<&[&str], &str>| {
            let found = read(body.as_bytes(), is_lines, 20).map_err(|error| error.to_string());
            assert_eq!(
                found.as_deref().map_err(|error| error.split(" at line").next().unwrap()),
                expected,
                "{body:?}"
            );
        };
        check(" {\"a\" : 1}\r\n\n\t[2]  \n", true, Ok(&["{\"a\" : 1}", "[2]"]));
        check(" {\"a\":\n 1}\n", false, Ok(&["{\"a\":\n 1}"]));
        check("1\n2", false, Err("line 1: trailing characters"));
        check("1\n\nx", true, Err("line 3: expected value"));
        check("", true, Err("the body holds no event"));
        check("\n \n", false, Err("the body holds no event"));
        check("\"0123456789012345678\"", true, Err("line 1: an event has at most 20 bytes"));
        assert_eq!(read(b"1\n\xff", true, 9), Err(BadLines::NotUtf8 { line: 2 }));
        let body = b"1\n\n 2 \n";
        let lines: Vec<_> = read(body, true, 9).unwrap().iter().map(|event| line_of(body, event)).collect();
        assert_eq!(lines, [1, 3]);
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(read(deep(64).as_bytes(), true, 999).map(|events| events.len()), Ok(1));
        assert_eq!(read(deep(65).as_bytes(), true, 999), Err(BadLines::TooDeep { line: 1 }));
    }
}

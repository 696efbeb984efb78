//! Strings and numbers as the lockstep protocol writes them.

use std::io::Write as _;

/// Appends `text` as a JSON string in the original's manner: `<`, `>`, `&`, U+2028 and U+2029 are escaped too, so
/// that an answer can stand inside a script; DEL and C1 stay as they are.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let Some(escape) = escape_of(bytes, at, byte) else { continue };
        out.extend_from_slice(bytes.get(plain_from..at).unwrap_or_default());
        match escape {
            Escape::Short(letter) => out.extend_from_slice(&[b'\\', letter]),
            Escape::Unicode(code) => push_unicode(out, code),
        }
        plain_from = at + escape.width(byte);
    }
    out.extend_from_slice(bytes.get(plain_from..).unwrap_or_default());
    out.push(b'"');
}

/// How many bytes [`push_string`] appends.
pub(super) fn string_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let longer: usize = bytes
        .iter()
        .enumerate()
        .filter_map(|(at, &byte)| escape_of(bytes, at, byte).map(|escape| escape.len() - escape.width(byte)))
        .sum();
    bytes.len() + longer + 2
}

pub(super) fn push_number(out: &mut Vec<u8>, number: impl std::fmt::Display) {
    // Writing to a Vec can't fail.
    drop(write!(out, "{number}"));
}

#[derive(Clone, Copy)]
enum Escape {
    Short(u8),
    Unicode(u16),
}

impl Escape {
    /// Bytes of the text that the escape stands for: U+2028 and U+2029 are three in UTF-8.
    fn width(self, first: u8) -> usize {
        if first == 0xE2 { 3 } else { 1 }
    }

    fn len(self) -> usize {
        match self {
            Self::Short(_) => 2,
            Self::Unicode(_) => 6,
        }
    }
}

fn escape_of(bytes: &[u8], at: usize, byte: u8) -> Option<Escape> {
    match byte {
        b'"' | b'\\' => Some(Escape::Short(byte)),
        0x08 => Some(Escape::Short(b'b')),
        0x0C => Some(Escape::Short(b'f')),
        b'\n' => Some(Escape::Short(b'n')),
        b'\r' => Some(Escape::Short(b'r')),
        b'\t' => Some(Escape::Short(b't')),
        0..=0x1F | b'<' | b'>' | b'&' => Some(Escape::Unicode(byte.into())),
        0xE2 => match bytes.get(at + 1..at + 3) {
            Some([0x80, 0xA8]) => Some(Escape::Unicode(0x2028)),
            Some([0x80, 0xA9]) => Some(Escape::Unicode(0x2029)),
            _ => None,
        },
        _ => None,
    }
}

fn push_unicode(out: &mut Vec<u8>, code: u16) {
    drop(write!(out, "\\u{code:04x}"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_the_original_does() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain ü", r#""plain ü""#),
            ("a\"b\\c/", r#""a\"b\\c/""#),
            ("\u{8}\u{c}\n\r\t", r#""\b\f\n\r\t""#),
            ("\u{0}\u{1f}", r#""\u0000\u001f""#),
            ("<a>&", r#""\u003ca\u003e\u0026""#),
            ("\u{2028}x\u{2029}", r#""\u2028x\u2029""#),
            ("\u{7f}\u{85}\u{2027}", "\"\u{7f}\u{85}\u{2027}\""),
        ] {
            assert_eq!(encode(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_string_comes_back_and_its_length_is_known(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert_eq!(serde_json::from_str::<String>(&encoded).unwrap(), text.clone());
            prop_assert_eq!(encoded.len(), string_len(&text));
        }
    }
}

//! Sizes as people write them: `"8MiB"`, `"64KiB"`, `"1024"` bytes.
//!
//! Only the units that are powers of two: with `"8MB"` half of the readers would be wrong about what it means.

/// The units, largest first. `B` is the same as none.
const UNITS: [(&str, u64); 5] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)];

/// Reads a size in bytes; `None` if it is not one, or more than 2⁶⁴ - 1 bytes.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*bytes)
}

/// Writes a size as [`parse_size`] reads it, in the largest unit that keeps it whole.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    for (name, unit) in UNITS.iter().take(3) {
        if bytes != 0 && bytes.is_multiple_of(*unit) {
            return format!("{}{name}", bytes / unit);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: impl Into<Option<u64>>) {
        assert_eq!(parse_size(text), expected.into(), "{text:?}");
    }

    #[test]
    fn sizes_are_bytes_or_powers_of_two() {
        check("8MiB", 8 * 1024 * 1024);
        check("64KiB", 65_536);
        check("1024", 1024);
        check("10B", 10);
        check("2GiB", 2 * 1024 * 1024 * 1024);
        check("0", 0);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "MiB", "8MB", "8 MiB", "8mib", "1.5MiB", "-1", "8MiB ", "8MiB1", "1e3"] {
            check(text, None);
        }
        check("18446744073709551616", None);
        check("18446744073709551615KiB", None);
    }

    proptest! {
        #[test]
        fn every_written_size_is_read_back(bytes in any::<u64>(), shift in 0u32..40) {
            let bytes = bytes >> shift << shift;
            prop_assert_eq!(parse_size(&format_size(bytes)), Some(bytes));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9KMGiB .-]{0,12}|.{0,12}") {
            if let Some(bytes) = parse_size(&text) {
                prop_assert_eq!(parse_size(&format_size(bytes)), Some(bytes));
            }
        }
    }
}

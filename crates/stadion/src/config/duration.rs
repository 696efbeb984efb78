//! Durations as people write them: `"10s"`, `"250ms"`, `"1h30m"`.
//!
//! Whole numbers with a unit, the larger unit first, each at most once. Fractions are refused, since `"0.5s"` is
//! `"500ms"`, and so is a number without a unit: nobody remembers whether it meant seconds.

use std::time::Duration;

/// The units, largest first, with their length in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a duration; `None` if it is not one, or longer than 2⁶⁴ milliseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut units_left = UNITS.iter();
    let mut total_ms = 0u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (digits, after) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_where(after, |c| c.is_ascii_digit());
        let count: u64 = digits.parse().ok()?;
        // The iterator goes on behind the unit it found, so a smaller unit before a larger one is not found.
        let (_, unit_ms) = units_left.find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(count.checked_mul(*unit_ms)?)?;
        rest = after;
    }
    Some(Duration::from_millis(total_ms))
}

/// Writes a duration as [`parse_duration`] reads it; parts of a millisecond are left out.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut rest_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest_ms == 0 {
        return "0ms".to_owned();
    }
    let mut text = String::new();
    // Days are only read, never written: "24h" says what it said in the document.
    for (name, unit_ms) in UNITS.iter().skip(1) {
        if rest_ms >= *unit_ms {
            text.push_str(&format!("{}{name}", rest_ms / unit_ms));
            rest_ms %= unit_ms;
        }
    }
    text
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected_ms: impl Into<Option<u64>>) {
        assert_eq!(parse_duration(text), expected_ms.into().map(Duration::from_millis), "{text:?}");
    }

    #[test]
    fn durations_have_units_larger_ones_first() {
        check("10s", 10_000);
        check("250ms", 250);
        check("1h30m", 5_400_000);
        check("24h", 86_400_000);
        check("2d", 172_800_000);
        check("1m1ms", 60_001);
        check("0ms", 0);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "10", "s", "1.5s", "-1s", "1s ", " 1s", "1S", "30m1h", "1s1s", "1ms1s", "10 s", "1y", "٣s"]
        {
            check(text, None);
        }
        check("18446744073709551616ms", None);
        check("18446744073709551615s", None);
        check("213503982334d100000000000000000h", None);
    }

    proptest! {
        #[test]
        fn every_written_duration_is_read_back(ms in any::<u64>()) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9dhms .-]{0,12}|.{0,12}") {
            if let Some(duration) = parse_duration(&text) {
                prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
            }
        }
    }
}

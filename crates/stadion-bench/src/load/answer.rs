//! The parts of a lockstep answer that the load looks at, found without parsing the rest.

use crate::error::BenchError;

/// How the events that the load writes begin on the wire, behind their tick.
pub(crate) const OWN_EVENT: &[u8] = b"\"Type\":\"m\"";

/// The T of an answer, which must not be before `last`.
pub(crate) fn tick(answer: &[u8], last: i64) -> Result<i64, BenchError> {
    let wrong = |why: &str| {
        let start = answer.get(..answer.len().min(200)).unwrap_or_default();
        BenchError::Wrong(format!("{why} in {}", String::from_utf8_lossy(start)))
    };
    let rest = answer.strip_prefix(b"{\"T\":").ok_or_else(|| wrong("no T"))?;
    if answer.last() != Some(&b'}') {
        return Err(wrong("no end"));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    let t = digits.fold(0_i64, |t, digit| t.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')));
    if t < last {
        return Err(wrong(&format!("T went back from {last}")));
    }
    Ok(t)
}

/// How many of the load's own events are in an answer.
pub(crate) fn own_events(answer: &[u8]) -> u64 {
    // The shortest answer has none, and is the most frequent one.
    let Some(last) = answer.len().checked_sub(OWN_EVENT.len()) else { return 0 };
    let mut found = 0;
    let mut at = 0;
    while at <= last {
        match answer.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'y')) {
            // The y of "Type" stands at its third place.
            Some(y) => {
                let start = (at + y).wrapping_sub(2);
                found += u64::from(answer.get(start..).is_some_and(|rest| rest.starts_with(OWN_EVENT)));
                at += y + 1;
            }
            None => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_read_and_never_goes_back() {
        let answer = br#"{"T":123,"Events":[],"States":[],"ProxyId":"1"}"#;
        assert_eq!(tick(answer, 0).unwrap(), 123);
        assert_eq!(tick(answer, 123).unwrap(), 123);
        assert!(tick(answer, 124).is_err());
        assert!(tick(&answer[..20], 0).is_err());
        assert!(tick(br#"{"error":{"code":"x"}}"#, 0).is_err());
    }

    #[test]
    fn own_events_are_counted_and_others_are_not() {
        let answer = br#"{"T":5,"Events":[{"T":4,"Type":"_c","Origin":"_","Body":"y"},{"T":5,"Type":"m","Origin":"1","Body":"y"},{"T":5,"Type":"m","Origin":"2","Body":""}]}"#;
        assert_eq!(own_events(answer), 2);
        assert_eq!(own_events(b"{}"), 0);
    }
}

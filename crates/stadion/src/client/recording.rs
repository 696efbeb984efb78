//! A recording: a file of JSON Lines, each an event with the time at which it was received as `_time` (RFC 3339).
//!
//! An event keeps its bytes. `_time` becomes its first key; one that it had is taken out. What is no object, or an
//! object with `_body` or `_gap` as its only key, is written as `{"_time","_body"}`, so that every event comes back out
//! as it went in. `{"_time","_gap":true}` says that events are missing there.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tail::one_line;

const TIME: &str = "_time";
const BODY: &str = "_body";
const GAP: &str = "_gap";

/// An event as a line of a recording, with its line break.
pub fn line(event: &str, time: OffsetDateTime) -> String {
    let event = one_line(event);
    let event = strip(event.trim_matches(BLANKS), TIME);
    let time = time_text(time);
    let members = members(&event);
    let is_wrapped = members.as_ref().is_none_or(|members| is_only(members, BODY) || is_only(members, GAP));
    let inside = event.strip_prefix('{').filter(|_| !is_wrapped);
    match (inside, members.is_none_or(|members| members.is_empty())) {
        (None, _) => format!("{{\"_time\":\"{time}\",\"_body\":{event}}}\n"),
        (Some(inside), true) => format!("{{\"_time\":\"{time}\"{inside}\n"),
        (Some(inside), false) => format!("{{\"_time\":\"{time}\",{inside}\n"),
    }
}

/// The line that says that events are missing.
pub fn gap_line(time: OffsetDateTime) -> String {
    format!("{{\"_time\":\"{}\",\"_gap\":true}}\n", time_text(time))
}

/// A line of a recording, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<'a> {
    pub time: OffsetDateTime,
    /// The event as it was received; `None` where the line says that some are missing.
    pub event: Option<Cow<'a, str>>,
}

/// Why a line is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error("it is no JSON: {0}")]
    NotJson(String),
    #[error("it is no object with a _time like \"2026-11-21T12:00:00.5Z\"")]
    NoTime,
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

impl<'a> Recorded<'a> {
    /// # Errors
    /// The line is damaged.
    pub fn parse(line: &'a [u8]) -> Result<Self, Damaged> {
        let text = std::str::from_utf8(line).map_err(|_error| Damaged::NotUtf8)?;
        let text = text.trim_matches(BLANKS);
        if let Err(error) = serde_json::from_str::<&RawValue>(text) {
            return Err(Damaged::NotJson(error.to_string().replace(" at line 1 column ", " at column ")));
        }
        let members = members(text).ok_or(Damaged::NoTime)?;
        let time = members.iter().find(|member| member.key == TIME).ok_or(Damaged::NoTime)?;
        let time: Cow<'_, str> = serde_json::from_str(text.get(time.value.clone()).unwrap_or_default())
            .map_err(|_| Damaged::NoTime)?;
        let time = OffsetDateTime::parse(&time, &Rfc3339).map_err(|_error| Damaged::NoTime)?;
        let event = strip(text, TIME);
        let rest = self::members(&event).unwrap_or_default();
        let event = match rest.as_slice() {
            [only] if only.key == GAP => None,
            [only] if only.key == BODY => {
                event.get(only.value.clone()).map(|body| Cow::Owned(body.to_owned()))
            }
            _ => Some(event),
        };
        Ok(Self { time, event })
    }
}

/// `2026-11-21T12:00:00.000123Z`, always with its fraction.
fn time_text(time: OffsetDateTime) -> String {
    let time = time.to_offset(time::UtcOffset::UTC);
    let whole = time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default();
    format!("{}.{:06}Z", whole.trim_end_matches('Z'), time.microsecond())
}

/// JSON's own blanks.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// A key of an object and its value.
struct Member {
    key: String,
    /// From the key's quote to the value's end.
    whole: Range<usize>,
    value: Range<usize>,
}

fn is_only(members: &[Member], key: &str) -> bool {
    matches!(members, [only] if only.key == key)
}

/// The text without a key, and without one of the commas beside it. All that stands twice goes.
fn strip<'a>(object: &'a str, key: &str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(object);
    while let Some(members) = members(&text)
        && let Some(at) = members.iter().position(|member| member.key == key)
    {
        let Some(own) = members.get(at).map(|member| member.whole.clone()) else { break };
        let before = at.checked_sub(1).and_then(|at| members.get(at)).map(|member| member.whole.end);
        let cut = if members.len() > at + 1 {
            // With the comma behind it; what blanks follow that one belong to the next key.
            let comma = text.get(own.end..).and_then(|rest| rest.find(','));
            own.start..comma.map_or(own.end, |comma| own.end + comma + 1)
        } else {
            before.unwrap_or(own.start)..own.end
        };
        text.to_mut().replace_range(cut, "");
    }
    text
}

/// The members of an object that is valid JSON; `None` for any other value.
fn members(json: &str) -> Option<Vec<Member>> {
    let bytes = json.as_bytes();
    if bytes.first() != Some(&b'{') {
        return None;
    }
    let (mut found, mut depth, mut in_string, mut escaped) = (Vec::new(), 0_usize, false, false);
    // Where the key began, where it ended, where its value begins.
    let (mut key, mut colon): (Option<Range<usize>>, Option<usize>) = (None, None);
    let mut end_of_value = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_end = depth == 1 && !in_string && matches!(byte, b',' | b'}');
        if is_end && let (Some(key), Some(colon)) = (key.take(), colon.take()) {
            let begin = (colon + 1..end_of_value).find(|at| !is_blank(bytes.get(*at)));
            found.push(Member {
                key: serde_json::from_str(json.get(key.clone())?).ok()?,
                whole: key.start..end_of_value,
                value: begin.unwrap_or(end_of_value)..end_of_value,
            });
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                if depth == 1 && colon.is_none() {
                    key = Some(key.filter(|_| !in_string).map_or(at..at, |key| key.start..at + 1));
                }
            }
            b':' if depth == 1 && !in_string => colon = Some(at),
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !is_blank(Some(byte)) {
            end_of_value = at + 1;
        }
    }
    Some(found)
}

fn is_blank(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIME_MS: i128 = 1_795_262_400_123;

    fn at() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(TIME_MS * 1_000_000).unwrap()
    }

    fn check(event: &str, expected: &str) {
        let recorded = line(event, at());
        let expected = expected.replace('@', "\"_time\":\"2026-11-21T12:00:00.123000Z\"") + "\n";
        assert_eq!(recorded, expected, "{event}");
        assert_eq!(Recorded::parse(recorded.as_bytes()).unwrap().time, at());
    }

    /// That, and the event comes out as it went in.
    fn check_both(event: &str, expected: &str) {
        check(event, expected);
        let recorded = line(event, at());
        assert_eq!(Recorded::parse(recorded.as_bytes()).unwrap().event.as_deref(), Some(event));
    }

    #[test]
    fn an_event_keeps_its_bytes_and_gets_its_time() {
        check_both(r#"{"a":1}"#, r#"{@,"a":1}"#);
        check_both(r#"{ "b" : 1.50 , "a":"\u00fc}," }"#, r#"{@, "b" : 1.50 , "a":"\u00fc}," }"#);
        check_both("{}", "{@}");
        check_both("{ }", "{@ }");
        check_both(r#"{"a":{"_time":"mine"}}"#, r#"{@,"a":{"_time":"mine"}}"#);
        check_both(r#"{"_body":[1],"a":2}"#, r#"{@,"_body":[1],"a":2}"#);
        check_both(r#"{"a":"_time","b":":{"}"#, r#"{@,"a":"_time","b":":{"}"#);
    }

    #[test]
    fn what_is_no_object_is_wrapped() {
        for event in
            ["null", "-1.5e3", "\"a{\\\"\"", "[1, {\"_time\":2}]", r#"{"_body":1}"#, r#"{"_gap":true}"#]
        {
            check_both(event, &format!("{{@,\"_body\":{event}}}"));
        }
    }

    #[test]
    fn an_events_own_time_is_replaced_and_line_breaks_become_blanks() {
        check(r#"{"_time":"x","a":1}"#, r#"{@,"a":1}"#);
        check(r#"{"a":1,"_time":"x"}"#, r#"{@,"a":1}"#);
        check(r#"{"a":1, "_time" : {"b":[1,2]} , "c":3}"#, r#"{@,"a":1,  "c":3}"#);
        check(r#"{"_time":5}"#, "{@}");
        check(r#"{"_time":5,"a":1,"\u005ftime":6}"#, r#"{@,"a":1}"#);
        check("{\n \"a\":\r\n1}\n", r#"{@,  "a":  1}"#);
        check(r#"{"_time":1,"_body":2}"#, r#"{@,"_body":{"_body":2}}"#);
    }

    #[test]
    fn lines_of_other_recorders_are_read_and_damaged_ones_are_told() {
        let parse = |line: &[u8]| Recorded::parse(line).map(|found| found.event.map(Cow::into_owned));
        let event = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(parse(br#"{"a":1,"_time":"2020-01-12T14:45:54.216352+01:00"}"#), event(r#"{"a":1}"#));
        assert_eq!(parse(b" {\"_time\":\"2020-01-12T14:45:54Z\"}\r\n"), event("{}"));
        assert_eq!(parse(gap_line(at()).as_bytes()), Ok(None));
        assert_eq!(parse(b"{\"a\":1}"), Err(Damaged::NoTime));
        assert_eq!(parse(b"{\"_time\":\"yesterday\"}"), Err(Damaged::NoTime));
        assert_eq!(parse(b"[1]"), Err(Damaged::NoTime));
        assert_eq!(parse(b"{\"_time\":\"\xff\"}"), Err(Damaged::NotUtf8));
        assert_eq!(
            parse(b"{\"_time\":\"2020-01-12T"),
            Err(Damaged::NotJson("EOF while parsing a string at column 21".to_owned()))
        );
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<i32>().prop_map(Into::into),
            "[a-z_\\\\\",:{}]{0,6}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map("[a-z_\\\\\",:{}]{0,4}|_body|_gap", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_event_comes_back_out(event in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&event) } else { serde_json::to_string(&event) };
            let text = text.unwrap();
            let recorded = line(&text, at());
            let found = Recorded::parse(recorded.as_bytes()).unwrap();
            let expected = one_line(&text).into_owned();
            prop_assert_eq!(found.event.as_deref(), Some(expected.as_str()));
            prop_assert_eq!(recorded.matches('\n').count(), 1);
        }
    }
}

//! What a lockstep client sends: `{"Events":[{"Type","Body"}],"State":{…}}` and the extensions.
//!
//! Read with care for what clients of the original do: keys in any case, `null` for anything, an event's `T` and
//! `Origin` ignored whatever they hold. Everything else that is not of the form is refused as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use stadion_core::desync::Report;
use stadion_core::{Draft, Tick};

use super::json;
use crate::json_depth::depth;

/// A request's body, read and checked.
#[derive(Debug, Default)]
pub struct Message {
    pub events: Vec<Draft>,
    /// `Some` with an empty map where the client said `{}`.
    pub state: Option<State>,
    pub epoch: Option<Box<str>>,
    pub seq: Option<u64>,
    pub hash: Option<Report>,
}

/// A client's volatile state as readers get it, `{"key":"value",…}`, keys sorted by their bytes.
#[derive(Clone, Debug)]
pub struct State {
    pub encoded: Arc<[u8]>,
    pub is_empty: bool,
}

/// Bounds on a message beyond its bytes.
#[derive(Clone, Copy, Debug)]
pub struct MessageLimits {
    pub events_max: usize,
    pub state_keys_max: usize,
    pub state_bytes_max: usize,
}

/// Why a body is no message: for a 400.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    #[error("the body is not UTF-8: bad byte at {at}")]
    NotUtf8 { at: usize },
    #[error("the body is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("{0}")]
    NotOfTheForm(String),
}

impl BadMessage {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "not_utf8",
            Self::TooDeep => "too_deep",
            Self::NotOfTheForm(_) => "bad_json",
        }
    }
}

/// Enough for any honest body; a parser that recurses is safe with it.
const DEPTH_MAX: usize = 64;

impl Message {
    pub fn decode(body: &[u8], limits: MessageLimits) -> Result<Self, BadMessage> {
        let text =
            std::str::from_utf8(body).map_err(|error| BadMessage::NotUtf8 { at: error.valid_up_to() })?;
        if depth(body) > DEPTH_MAX {
            return Err(BadMessage::TooDeep);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let message = json
            .deserialize_any(MessageVisitor { limits })
            .and_then(|message| json.end().map(|()| message))
            .map_err(|error| BadMessage::NotOfTheForm(error.to_string()))?;
        Ok(message)
    }
}

/// Whether `key` is `name` but for case, by the folding of the original: `ſ` is an s and the Kelvin sign a k.
fn is_key(key: &str, name: &str) -> bool {
    let fold = |c: char| match c {
        'ſ' => 's',
        '\u{212A}' => 'k',
        _ => c.to_ascii_lowercase(),
    };
    key.eq_ignore_ascii_case(name) || key.chars().map(fold).eq(name.chars().map(fold))
}

/// Puts the field's name before what its reader says.
fn within<T, E: de::Error>(field: &str, result: Result<T, E>) -> Result<T, E> {
    result.map_err(|error| E::custom(format_args!("{field}: {error}")))
}

struct MessageVisitor {
    limits: MessageLimits,
}

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with Events and State, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Message, E> {
        Ok(Message::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let mut message = Message::default();
        while let Some(Text(key)) = map.next_key::<Text>()? {
            if is_key(&key, "Events") {
                message.events = within("Events", map.next_value_seed(Events(self.limits)))?;
            } else if is_key(&key, "State") {
                message.state = within("State", map.next_value_seed(StateSeed(self.limits)))?;
            } else if is_key(&key, "Epoch") {
                message.epoch = within("Epoch", map.next_value::<Option<Text>>())?.map(|text| text.0.into());
            } else if is_key(&key, "Seq") {
                message.seq = within("Seq", map.next_value::<Option<u64>>())?;
            } else if is_key(&key, "Hash") {
                message.hash = within("Hash", map.next_value_seed(HashSeed))?;
            } else {
                map.next_value::<Skipped>()?;
            }
        }
        Ok(message)
    }
}

struct Events(MessageLimits);

impl<'de> DeserializeSeed<'de> for Events {
    type Value = Vec<Draft>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Draft>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Events {
    type Value = Vec<Draft>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Vec<Draft>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Draft>, A::Error> {
        let mut events = Vec::new();
        while let Some(event) = list.next_element_seed(EventSeed { index: events.len() })? {
            if events.len() == self.0.events_max {
                return Err(de::Error::custom(format_args!("more than {} events", self.0.events_max)));
            }
            events.push(event);
        }
        Ok(events)
    }
}

struct EventSeed {
    index: usize,
}

impl<'de> DeserializeSeed<'de> for EventSeed {
    type Value = Draft;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Draft, D::Error> {
        let index = self.index;
        deserializer
            .deserialize_any(self)
            .map_err(|error| de::Error::custom(format_args!("event {index}: {error}")))
    }
}

impl<'de> Visitor<'de> for EventSeed {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event with Type and Body, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Draft, E> {
        Ok(draft(String::new(), String::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Draft, A::Error> {
        let (mut kind, mut body) = (String::new(), String::new());
        while let Some(Text(key)) = map.next_key::<Text>()? {
            if is_key(&key, "Type") {
                kind =
                    within("Type", map.next_value::<Option<Text>>())?.map_or_else(String::new, |text| text.0);
            } else if is_key(&key, "Body") {
                body =
                    within("Body", map.next_value::<Option<Text>>())?.map_or_else(String::new, |text| text.0);
            } else {
                map.next_value::<Skipped>()?;
            }
        }
        Ok(draft(kind, body))
    }
}

fn draft(kind: String, body: String) -> Draft {
    let encoded_bytes = json::string_len(&kind) + json::string_len(&body);
    Draft { kind: kind.into(), body: body.into(), encoded_bytes }
}

struct StateSeed(MessageLimits);

impl<'de> DeserializeSeed<'de> for StateSeed {
    type Value = Option<State>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StateSeed {
    type Value = Option<State>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        let mut bytes = 0;
        while let Some(Text(key)) = map.next_key::<Text>()? {
            let value = map.next_value::<Option<Text>>()?.map_or_else(String::new, |text| text.0);
            bytes += key.len() + value.len();
            entries.insert(key, value);
            if entries.len() > self.0.state_keys_max {
                return Err(de::Error::custom(format_args!("more than {} keys", self.0.state_keys_max)));
            }
            if bytes > self.0.state_bytes_max {
                return Err(de::Error::custom(format_args!("more than {} bytes", self.0.state_bytes_max)));
            }
        }
        let mut encoded = vec![b'{'];
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                encoded.push(b',');
            }
            json::push_string(&mut encoded, key);
            encoded.push(b':');
            json::push_string(&mut encoded, value);
        }
        encoded.push(b'}');
        Ok(Some(State { encoded: encoded.into(), is_empty: entries.is_empty() }))
    }
}

struct HashSeed;

impl<'de> DeserializeSeed<'de> for HashSeed {
    type Value = Option<Report>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for HashSeed {
    type Value = Option<Report>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with T and Hash, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut tick, mut hash) = (None, None);
        while let Some(Text(key)) = map.next_key::<Text>()? {
            if is_key(&key, "T") {
                tick = Some(within("T", map.next_value::<i64>())?);
            } else if is_key(&key, "Hash") {
                hash = Some(within("Hash", map.next_value::<Text>())?.0);
            } else {
                map.next_value::<Skipped>()?;
            }
        }
        let (Some(tick), Some(hash)) = (tick, hash) else {
            return Err(de::Error::custom("T and Hash belong together"));
        };
        let is_hex = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || hash.is_empty() || hash.len() > Report::HASH_BYTES_MAX {
            return Err(de::Error::custom(format_args!(
                "Hash: 1 to {} hexadecimal digits are expected",
                Report::HASH_BYTES_MAX
            )));
        }
        Ok(Some(Report { tick: Tick(tick), hash: hash.into() }))
    }
}

/// A string, and nothing that merely can be read as one.
struct Text(String);

impl<'de> de::Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Text)
    }
}

/// A value that is ignored but looked through: a number may be as huge as it likes, but a lone surrogate makes the
/// body as bad here as anywhere else, which serde's own `IgnoredAny` does not see.
struct Skipped;

impl<'de> de::Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        if has_lone_surrogate(raw.get()) {
            Err(de::Error::custom("lone surrogate in a string"))
        } else {
            Ok(Self)
        }
    }
}

/// Whether one of the `\uD800` to `\uDFFF` stands without its other half in this valid JSON.
fn has_lone_surrogate(json: &str) -> bool {
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let escape = rest.get(at + 1..).unwrap_or_default();
        rest = escape.get(1..).unwrap_or_default();
        match unicode_escape(escape) {
            Some(0xD800..=0xDBFF) => {
                let low = escape.get(5..).and_then(|after| after.strip_prefix('\\')).and_then(unicode_escape);
                if !matches!(low, Some(0xDC00..=0xDFFF)) {
                    return true;
                }
                rest = escape.get(11..).unwrap_or_default();
            }
            Some(0xDC00..=0xDFFF) => return true,
            Some(_) | None => {}
        }
    }
    false
}

/// The four digits of `uXXXX`.
fn unicode_escape(escape: &str) -> Option<u16> {
    u16::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MessageLimits = MessageLimits { events_max: 3, state_keys_max: 2, state_bytes_max: 20 };

    /// The message in short, or the error's code and text.
    fn read(body: &str) -> String {
        match Message::decode(body.as_bytes(), LIMITS) {
            Ok(message) => {
                let events: Vec<_> =
                    message.events.iter().map(|e| format!("{}={}", e.kind, e.body)).collect();
                let state = message.state.map(|s| String::from_utf8(s.encoded.to_vec()).unwrap());
                let hash = message.hash.map(|h| format!("{}:{}", h.tick, h.hash));
                format!("{events:?} {state:?} {:?} {:?} {hash:?}", message.epoch, message.seq)
            }
            Err(error) => format!("{}: {error}", error.code()),
        }
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(read(body), expected, "{body}");
    }

    #[test]
    fn what_clients_of_the_original_send_is_read() {
        let nothing = "[] None None None None";
        check("{}", nothing);
        check("null", nothing);
        check(" {} \n", nothing);
        check(r#"{"Events":null,"State":null,"other":[1,{"a":null}],"Seq":null}"#, nothing);
        check(
            r#"{"Events":[{"T":"x","Type":"a","Origin":{},"Body":"b"}],"State":{"k":"v","j":null}}"#,
            r#"["a=b"] Some("{\"j\":\"\",\"k\":\"v\"}") None None None"#,
        );
        check(
            r#"{"Events":[{"T":1e999,"Origin":"\\ud800\ud83d\ude00"}],"x":-123456789012345678901234567890}"#,
            r#"["="] None None None None"#,
        );
        check(r#"{"EVENTſ":[{"tYPE":"a"},null]}"#, r#"["a=", "="] None None None None"#);
        check(
            r#"{"epoch":"","seq":7,"hash":{"t":3,"hash":"aF"}}"#,
            r#"[] None Some("") Some(7) Some("3:aF")"#,
        );
    }

    #[test]
    fn what_is_not_of_the_form_is_refused_by_name() {
        for (body, begins) in [
            ("", "bad_json: EOF"),
            ("[]", "bad_json: invalid type: sequence"),
            ("{} x", "bad_json: trailing characters"),
            ("{}{}", "bad_json: trailing characters"),
            (r#"{"Events":{}}"#, "bad_json: Events: invalid type"),
            (r#"{"Events":[1]}"#, "bad_json: Events: event 0: invalid type"),
            (r#"{"Events":[{},{"Type":1}]}"#, "bad_json: Events: event 1: Type: invalid type"),
            (r#"{"Events":[{},{},{},{}]}"#, "bad_json: Events: more than 3 events"),
            (r#"{"State":[]}"#, "bad_json: State: invalid type"),
            (r#"{"State":{"a":1}}"#, "bad_json: State: invalid type"),
            (r#"{"State":{"a":"","b":"","c":""}}"#, "bad_json: State: more than 2 keys"),
            (r#"{"State":{"a":"01234567890123456789"}}"#, "bad_json: State: more than 20 bytes"),
            (r#"{"Seq":-1}"#, "bad_json: Seq:"),
            (r#"{"Seq":1.5}"#, "bad_json: Seq:"),
            (r#"{"Epoch":1}"#, "bad_json: Epoch:"),
            (r#"{"Hash":{"T":1}}"#, "bad_json: Hash: T and Hash belong together"),
            (r#"{"Hash":{"T":1,"Hash":"xyz"}}"#, "bad_json: Hash: Hash: 1 to 64 hexadecimal digits"),
            (
                r#"{"Events":[{"Body":"\ud800"}]}"#,
                "bad_json: Events: event 0: Body: unexpected end of hex escape",
            ),
            (r#"{"unknown":"\ud800"}"#, "bad_json: lone surrogate"),
            (r#"{"unknown":["\\",{"\ud83d\u0041":1}]}"#, "bad_json: lone surrogate"),
            (r#"{"unknown":"\ude00"}"#, "bad_json: lone surrogate"),
        ] {
            assert!(read(body).starts_with(begins), "{body}: {}", read(body));
        }
        assert_eq!(Message::decode(b"{\"a\":\"\xff\"}", LIMITS).unwrap_err(), BadMessage::NotUtf8 { at: 6 });
    }

    #[test]
    fn nesting_ends_at_64_levels() {
        let nested =
            |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        check(&nested(64), "[] None None None None");
        assert!(read(&nested(65)).starts_with("too_deep"));
        assert!(read(&"[".repeat(100_000)).starts_with("too_deep"));
        check(
            r#"{"x":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}"#,
            "[] None None None None",
        );
    }
}

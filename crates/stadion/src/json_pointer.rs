//! JSON pointers (RFC 6901) into raw events: where an event's type and its scopes' keys stand.

use std::borrow::Cow;

use serde_json::Value;

/// A checked pointer, its steps unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    text: String,
    steps: Vec<String>,
}

impl Pointer {
    /// `None` for what is no pointer: it begins with `/`, and `~` stands only in `~0` and `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed =
            text.starts_with('/') && text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        let steps =
            || text.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        well_formed.then(|| Self { text: text.to_owned(), steps: steps() })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value it points to, where there is one.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.steps.iter().try_fold(value, |value, step| match value {
            Value::Object(map) => map.get(step),
            Value::Array(list) => list.get(step.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }

    /// The string it points to in raw JSON.
    pub fn text_in<'a>(&self, json: &'a [u8]) -> Option<Cow<'a, str>> {
        if let [key] = self.steps.as_slice() {
            return top_level_text(json, key);
        }
        let value: Value = serde_json::from_slice(json).ok()?;
        Some(Cow::Owned(self.find(&value)?.as_str()?.to_owned()))
    }
}

/// The string under a key of the object itself, without building the rest of it.
fn top_level_text<'a>(json: &'a [u8], key: &str) -> Option<Cow<'a, str>> {
    struct Finder<'k> {
        key: &'k str,
    }
    impl<'de> serde::de::Visitor<'de> for Finder<'_> {
        type Value = Option<Cow<'de, str>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            #[derive(serde::Deserialize)]
            struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
            let mut found = None;
            while let Some(Text(key)) = map.next_key::<Text<'_>>()? {
                if key == self.key {
                    let raw = map.next_value::<&'de serde_json::value::RawValue>()?;
                    found = serde_json::from_str::<Text<'de>>(raw.get()).ok().map(|text| text.0);
                } else {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    let mut json = serde_json::Deserializer::from_slice(json);
    serde::Deserializer::deserialize_map(&mut json, Finder { key }).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_finds_what_it_names() {
        let check = |pointer: &str, json: &str, found: Option<&str>| {
            let pointer = Pointer::parse(pointer).unwrap();
            assert_eq!(pointer.text_in(json.as_bytes()).as_deref(), found, "{} in {json}", pointer.as_str());
        };
        check("/typeName", r#"{"a":[1,{"typeName":"no"}],"typeName":"yes"}"#, Some("yes"));
        check("/typeName", r#"{"typeName":"a\"\u00fc"}"#, Some("a\"ü"));
        check("/typeName", r#"{"typeName":5}"#, None);
        check("/typeName", r#"[1]"#, None);
        check("/a/b", r#"{"a":{"b":"x"}}"#, Some("x"));
        check("/a/1", r#"{"a":["x","y"]}"#, Some("y"));
        check("/a~1b", r#"{"a/b":"x"}"#, Some("x"));
        for bad in ["", "a", "/a~", "/a~2"] {
            assert_eq!(Pointer::parse(bad), None, "{bad}");
        }
    }
}

//! What the program's edge does, for tests: the facts of an event in JSON.

use serde_json::Value;
use stadion_core::scope::{Definition, join_key};

use crate::history::Past;

pub(crate) fn past(event: &Value, rules: &Definition) -> Past {
    let key = |pointers: &[String]| {
        let values: Vec<_> = pointers.iter().map(|pointer| event.pointer(pointer).and_then(text)).collect();
        let mut key = String::new();
        let joined = join_key(values.iter().map(Option::as_deref), rules.ignore_case, &mut key);
        joined.ok().map(|()| key)
    };
    Past {
        kind: event.pointer(&rules.kind).and_then(text).unwrap_or_default(),
        keys: rules.levels.iter().map(|level| key(&level.keys)).collect(),
        latest: None,
        bytes: event.to_string().len() as u64,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

//! The answer of a sync, a push or a watch: parsed, and checked byte for byte against the wire's own form.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) t: i64,
    pub(crate) kind: String,
    pub(crate) origin: String,
    pub(crate) body: String,
}

impl Event {
    pub(crate) fn new(t: i64, kind: &str, origin: &str, body: &str) -> Event {
        Event { t, kind: kind.to_owned(), origin: origin.to_owned(), body: body.to_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) t: i64,
    pub(crate) origin: String,
    pub(crate) data: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) t: i64,
    pub(crate) events: Vec<Event>,
    pub(crate) states: Vec<State>,
    pub(crate) proxy_id: String,
    pub(crate) raw: String,
    json: Value,
}

const PLAIN: [&str; 4] = ["T", "Events", "States", "ProxyId"];
const EXTENSIONS: [&str; 4] = ["Epoch", "Seq", "Hashes", "Desync"];

impl Answer {
    /// Parses an answer. One without extensions must be written as the original writes it, to the byte.
    pub(crate) fn parse(raw: &str) -> Answer {
        let json: Value = serde_json::from_str(raw).unwrap_or_else(|e| panic!("{e}: {raw}"));
        let object = json.as_object().unwrap_or_else(|| panic!("no object: {raw}"));
        for key in object.keys() {
            assert!(PLAIN.contains(&key.as_str()) || EXTENSIONS.contains(&key.as_str()), "{key} in {raw}");
        }
        for key in PLAIN {
            assert!(object.contains_key(key), "no {key} in {raw}");
        }
        let answer = Answer {
            t: json["T"].as_i64().unwrap(),
            events: array(&json, "Events").iter().map(event).collect(),
            states: array(&json, "States").iter().map(state).collect(),
            proxy_id: json["ProxyId"].as_str().unwrap().to_owned(),
            raw: raw.to_owned(),
            json: json.clone(),
        };
        let plain = render(&answer);
        if object.len() == PLAIN.len() {
            assert_eq!(raw, plain, "the answer is not written as the contract says");
        } else {
            // Where the extensions stand is free; what is common is still written the one way.
            let (head, _) = plain.split_once(",\"States\":").unwrap();
            assert!(raw.contains(head.trim_start_matches('{')), "{raw}\ndoes not hold {head}");
        }
        answer
    }

    pub(crate) fn epoch(&self) -> Option<&str> {
        self.json.get("Epoch").map(|epoch| epoch.as_str().unwrap())
    }

    pub(crate) fn seq(&self) -> Option<i64> {
        self.json.get("Seq").map(|seq| seq.as_i64().unwrap())
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// The types of the events, in order.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }
}

fn array<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json[key].as_array().unwrap_or_else(|| panic!("{key} is no array in {json}"))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no string in {value}")).to_owned()
}

fn event(value: &Value) -> Event {
    Event {
        t: value["T"].as_i64().unwrap(),
        kind: text(value, "Type"),
        origin: text(value, "Origin"),
        body: text(value, "Body"),
    }
}

fn state(value: &Value) -> State {
    let data = value["Data"].as_object().unwrap();
    State {
        t: value["T"].as_i64().unwrap(),
        origin: text(value, "Origin"),
        data: data.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect(),
    }
}

/// The plain answer as the contract writes it: key order, escapes, no blanks.
fn render(answer: &Answer) -> String {
    let events: Vec<String> = answer.events.iter().map(render_event).collect();
    let states: Vec<String> = answer.states.iter().map(render_state).collect();
    format!(
        "{{\"T\":{},\"Events\":[{}],\"States\":[{}],\"ProxyId\":{}}}",
        answer.t,
        events.join(","),
        states.join(","),
        quoted(&answer.proxy_id)
    )
}

fn render_event(event: &Event) -> String {
    format!(
        "{{\"T\":{},\"Type\":{},\"Origin\":{},\"Body\":{}}}",
        event.t,
        quoted(&event.kind),
        quoted(&event.origin),
        quoted(&event.body)
    )
}

fn render_state(state: &State) -> String {
    // A BTreeMap of strings is in the order of their bytes.
    let data: Vec<String> = state.data.iter().map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
    format!("{{\"T\":{},\"Origin\":{},\"Data\":{{{}}}}}", state.t, quoted(&state.origin), data.join(","))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

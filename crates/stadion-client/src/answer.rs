//! What a server answers to a sync, with the wire's own names (wire/event-stream.md).
//!
//! The transport reads these, the lockstep layer plays them. An answer holds every event of the
//! ticks it closes, so a reader that has all answers in order has the whole log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to one sync, or one pushed frame.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Answer {
    /// The server's tick: a client simulates up to it and never past it.
    #[serde(deserialize_with = "null_is_default")]
    pub t: i64,
    /// Every event that is new to this client, in stream order, none stamped later than `t`.
    #[serde(deserialize_with = "null_is_default")]
    pub events: Vec<Event>,
    /// The clients' volatile state, in no order; it is not synchronised and no part of a simulation.
    #[serde(deserialize_with = "null_is_default")]
    pub states: Vec<State>,
    /// The caller's public id, empty for a spectator.
    #[serde(deserialize_with = "null_is_default")]
    pub proxy_id: String,
    /// Which life of the stream this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// How many of this client's events are in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Each client's latest state hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashes: Option<Vec<ClientHash>>,
    /// There when clients computed different states for one tick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desync: Option<Desync>,
}

/// One event of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Event {
    /// The tick it belongs to.
    pub t: i64,
    /// Types that begin with `_` are the server's: `_a` opens the stream, `_c` and `_d` say who comes and goes.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The public id of the client that sent it, `_` for the server.
    pub origin: String,
    /// Whatever the game put into it; of `_a` the seed, of `_c` and `_d` the public id.
    pub body: String,
}

/// The volatile state of one client: the whole map it set last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct State {
    /// The tick it was stamped with.
    pub t: i64,
    /// The client's public id.
    pub origin: String,
    /// What the client set.
    #[serde(deserialize_with = "null_is_default")]
    pub data: BTreeMap<String, String>,
}

/// A client's hash of its simulation after tick `t`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClientHash {
    /// The client's public id.
    pub origin: String,
    /// The tick it had simulated.
    pub t: i64,
    /// Sixteen hexadecimal digits, as the hasher writes them.
    pub hash: String,
}

/// The server saw different hashes for one tick.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Desync {
    /// The tick whose hashes differ.
    pub t: i64,
    /// The public ids that differ.
    #[serde(deserialize_with = "null_is_default")]
    pub origins: Vec<String>,
}

/// The original server answers `null` for nothing in places; an absent key is handled by `default`.
fn null_is_default<'de, D, V>(deserializer: D) -> Result<V, D::Error>
where
    D: serde::Deserializer<'de>,
    V: Deserialize<'de> + Default,
{
    Ok(Option::<V>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_extensions_is_read_and_written_back_unchanged() {
        let text = r#"{"T":6,"Events":[{"T":1,"Type":"_a","Origin":"_","Body":"8157455327416287193"}],"States":[{"T":3,"Origin":"1","Data":{"x":"1"}}],"ProxyId":"1"}"#;
        let answer: Answer = serde_json::from_str(text).unwrap();
        assert_eq!(answer.events[0].kind, "_a");
        assert_eq!(answer.states[0].data["x"], "1");
        assert_eq!(serde_json::to_string(&answer).unwrap(), text);
    }

    #[test]
    fn extensions_and_null_are_read() {
        let text = r#"{"T":6,"Events":null,"States":null,"ProxyId":"","Epoch":"e","Seq":3,"Hashes":[{"Origin":"1","T":5,"Hash":"00"}],"Desync":{"T":5,"Origins":["1","2"]}}"#;
        let answer: Answer = serde_json::from_str(text).unwrap();
        assert!(answer.events.is_empty());
        assert_eq!(answer.seq, Some(3));
        assert_eq!(answer.hashes.unwrap()[0].t, 5);
        assert_eq!(answer.desync.unwrap().origins, ["1", "2"]);
    }
}

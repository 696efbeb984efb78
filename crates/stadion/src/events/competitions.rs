//! Live competitions (wire: *competition events*): their addresses, and where an event of one belongs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{StatusCode, request};
use hyper::body::Incoming;
use serde_json::Value;
use stadion_core::StreamName;
use stadion_core::scope::{COMPETITION_ACTIVATED, fold_case};

use super::lines;
use super::live::competition_of;
use super::publish::{self, NewEvents, json};
use crate::app::App;
use crate::http::access;
use crate::http::error::{self, Reply};
use crate::rights::Right;

/// The stream of activations.
pub const COMPETITIONS: &str = "competitions";

/// The stream of a competition; ids are told apart without regard to case.
pub fn stream_of(id: &str) -> String {
    format!("competition:{}", fold_case(id))
}

/// `POST /v1/competitions`: each event goes to the stream of its competition, an activation to `competitions` too,
/// all of a request or nothing.
pub async fn publish(app: &App, peer: SocketAddr, parts: &request::Parts, incoming: Incoming) -> Reply {
    if let Err(denied) = access::check_entry(app, parts, peer) {
        return denied.reply();
    }
    let bytes = match publish::read_body(app, incoming).await {
        Ok(bytes) => bytes,
        Err(reply) => return *reply,
    };
    match sort(&bytes, parts).and_then(|streams| write(app, peer, parts, &bytes, streams)) {
        Ok(reply) => reply,
        Err(reply) => *reply,
    }
}

/// The events by stream. Which stream an event goes to is its own to say.
fn sort<'a>(bytes: &'a Bytes, parts: &request::Parts) -> Result<BTreeMap<String, Vec<&'a str>>, Box<Reply>> {
    let mut streams: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for event in publish::read_events(bytes, parts)? {
        let value: Value = serde_json::from_str(event).unwrap_or(Value::Null);
        let bad = |why: &str| {
            let message = format!("line {}: {why}", lines::line_of(bytes, event));
            error::reply(StatusCode::BAD_REQUEST, "bad_competition", &message, Some("competitionId"))
        };
        let Some(id) = competition_of(&value) else { return Err(Box::new(bad("competitionId is missing"))) };
        let stream = stream_of(&id);
        if let Err(error) = StreamName::check(&stream) {
            return Err(Box::new(bad(&format!("competitionId: {error}"))));
        }
        if is_activation(&value) {
            streams.entry(COMPETITIONS.to_owned()).or_default().push(event);
        }
        streams.entry(stream).or_default().push(event);
    }
    Ok(streams)
}

fn write(
    app: &App,
    peer: SocketAddr,
    parts: &request::Parts,
    bytes: &Bytes,
    streams: BTreeMap<String, Vec<&str>>,
) -> Result<Reply, Box<Reply>> {
    for stream in streams.keys().filter(|stream| *stream != COMPETITIONS) {
        access::check_events(app, parts, peer, Right::Publish, stream)
            .map_err(|denied| Box::new(denied.reply()))?;
    }
    let key = publish::idempotency_key(parts)?;
    let batches: Vec<NewEvents<'_>> =
        streams.iter().map(|(name, events)| NewEvents { name, events: events.as_slice() }).collect();
    let published =
        publish::publish_all(app, &batches, key, bytes).map_err(|error| publish::refusal(app, &error))?;
    let published: Vec<Value> = batches
        .iter()
        .zip(published)
        .map(|(batch, published)| {
            serde_json::json!({
                "stream": batch.name, "epoch": published.epoch.as_str(), "first": published.first, "last": published.last,
            })
        })
        .collect();
    Ok(json(StatusCode::OK, &serde_json::json!({ "streams": published })))
}

fn is_activation(event: &Value) -> bool {
    event.get("typeName").and_then(Value::as_str) == Some(COMPETITION_ACTIVATED)
}

/// Looks through events that are published straight to `competition:X`: none may be another competition's, and
/// activations are in `competitions` too, so these are given back.
pub fn check_own<'a>(stream: &str, body: &[u8], events: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let Some(id) = stream.strip_prefix("competition:") else { return Ok(Vec::new()) };
    let mut activations = Vec::new();
    for event in events {
        let value: Value = serde_json::from_str(event).unwrap_or(Value::Null);
        let own: Option<Cow<'_, str>> = competition_of(&value);
        if own.is_some_and(|own| fold_case(&own) != fold_case(id)) {
            let line = lines::line_of(body, event);
            return Err(format!("line {line}: its competitionId is another one than the stream's"));
        }
        if is_activation(&value) {
            activations.push(*event);
        }
    }
    Ok(activations)
}

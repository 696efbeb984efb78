//! Publishing: events of a request go into the log together or not at all.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request};
use http_body_util::Full;
use hyper::body::Incoming;
use stadion_core::Epoch;

use super::cell::{Idempotency, Limits, NotPublished, Published};
use super::competitions;
use super::lines::{self, BadLines};
use crate::app::App;
use crate::clock::Clock;
use crate::http::error::{self, Reply};
use crate::http::{access, body};
use crate::rights::Right;

/// An event, and a whole request: a batch of events, or a recording's part.
const EVENT_BYTES_MAX: usize = 1 << 20;
const REQUEST_BYTES_MAX: usize = 16 << 20;
const KEY_BYTES_MAX: usize = 256;
/// What a stream in memory may take; its oldest events go first.
const MEMORY_BYTES_MAX: u64 = 256 << 20;

/// `POST /v1/streams/{name}/events`
pub async fn publish(
    app: &App,
    peer: SocketAddr,
    parts: &request::Parts,
    name: &str,
    incoming: Incoming,
) -> Reply {
    if let Err(denied) = access::check_events(app, parts, peer, Right::Publish, name) {
        return denied.reply();
    }
    let bytes = match read_body(app, incoming).await {
        Ok(bytes) => bytes,
        Err(reply) => return *reply,
    };
    match append(app, name, parts, &bytes) {
        Ok(published) => json(StatusCode::OK, &published),
        Err(reply) => *reply,
    }
}

fn append(app: &App, name: &str, parts: &request::Parts, bytes: &Bytes) -> Result<Published, Box<Reply>> {
    let events = read_events(bytes, parts)?;
    let activations = competitions::check_own(name, bytes, &events).map_err(|message| {
        Box::new(error::reply(StatusCode::BAD_REQUEST, "bad_competition", &message, Some("competitionId")))
    })?;
    let key = idempotency_key(parts)?;
    // In the order of their names: `competition:…` stands before `competitions`.
    let mut batches = vec![NewEvents { name, events: &events }];
    if !activations.is_empty() {
        batches.push(NewEvents { name: competitions::COMPETITIONS, events: &activations });
    }
    let published = publish_all(app, &batches, key, bytes).map_err(|error| refusal(app, &error))?;
    published.first().copied().ok_or_else(|| refusal(app, &NotPublished::Unavailable))
}

/// A publish request's body, whole.
pub async fn read_body(app: &App, incoming: Incoming) -> Result<Bytes, Box<Reply>> {
    body::read(incoming, REQUEST_BYTES_MAX, app.config.limits.body_timeout)
        .await
        .map_err(|bad| Box::new(error::reply(bad.status(), bad.code(), &bad.to_string(), None)))
}

/// The events of a body, checked.
pub fn read_events<'a>(bytes: &'a Bytes, parts: &request::Parts) -> Result<Vec<&'a str>, Box<Reply>> {
    lines::read(bytes, is_lines(parts), EVENT_BYTES_MAX).map_err(|bad| {
        let is_big = matches!(bad, BadLines::TooBig { .. });
        let status = if is_big { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        Box::new(error::reply(status, bad.code(), &bad.to_string(), Some("body")))
    })
}

/// How it is answered that nothing was published.
pub fn refusal(app: &App, error: &NotPublished) -> Box<Reply> {
    let (status, code) = match error {
        NotPublished::OtherBody => (StatusCode::UNPROCESSABLE_ENTITY, "other_body"),
        NotPublished::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    app.streams.metrics.refused(code);
    Box::new(error::reply(status, code, &error.to_string(), None))
}

/// Events for one stream.
#[derive(Clone, Copy, Debug)]
pub struct NewEvents<'a> {
    pub name: &'a str,
    pub events: &'a [&'a str],
}

/// Puts events into streams, which are made where there are none, and has their readers told. All of them or none;
/// the answers are in the order of `batches`, which is that of the names.
pub fn publish_all(
    app: &App,
    batches: &[NewEvents<'_>],
    key: Option<&str>,
    body: &[u8],
) -> Result<Vec<Published>, NotPublished> {
    let idempotency = key.map(|key| Idempotency { key, body });
    loop {
        let cells: Option<Vec<_>> = batches
            .iter()
            .map(|batch| app.events.find_or_hold(batch.name, app.config.namespaces.events_of(batch.name)))
            .collect();
        let cells = cells.ok_or(NotPublished::Unavailable)?;
        // Locked together, in the order of their names as everywhere, so that nobody sees a half.
        let mut streams: Vec<_> = cells.iter().map(|cell| cell.inner.lock()).collect();
        if streams.iter().any(|stream| stream.deleted) {
            continue;
        }
        let now_ms = Clock::wall_ms();
        for stream in &mut streams {
            stream.check_key(idempotency, now_ms)?;
        }
        let mut published = Vec::with_capacity(batches.len());
        for ((stream, batch), cell) in streams.iter_mut().zip(batches).zip(&cells) {
            if stream.epoch().is_none() {
                app.streams.metrics.streams.increment(1.0);
            }
            let limits = Limits { retain: cell.rules.retain, bytes_max: MEMORY_BYTES_MAX };
            published.push(stream.publish(batch.events, idempotency, new_epoch()?, now_ms, limits)?);
        }
        drop(streams);
        for (cell, batch) in cells.iter().zip(batches) {
            app.streams.metrics.events.increment(batch.events.len() as u64);
            app.events.has_news(cell);
        }
        return Ok(published);
    }
}

fn new_epoch() -> Result<Epoch, NotPublished> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|_| NotPublished::Unavailable)?;
    Ok(Epoch::from_bits(u128::from_ne_bytes(bits)))
}

/// The request's `Idempotency-Key`.
pub fn idempotency_key(parts: &request::Parts) -> Result<Option<&str>, Box<Reply>> {
    let Some(key) = parts.headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(Some(key)),
        Ok(_) | Err(_) => {
            let message = format!("Idempotency-Key has 1 to {KEY_BYTES_MAX} visible ASCII characters");
            let reply = error::reply(StatusCode::BAD_REQUEST, "bad_key", &message, Some("Idempotency-Key"));
            Err(Box::new(reply))
        }
    }
}

fn is_lines(parts: &request::Parts) -> bool {
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| {
        let kind = kind.trim();
        kind.eq_ignore_ascii_case("application/x-ndjson") || kind.eq_ignore_ascii_case("application/jsonl")
    })
}

/// An answer in JSON.
pub fn json(status: StatusCode, value: &impl serde::Serialize) -> Reply {
    // What is answered is made of strings and numbers, which always can be written.
    let mut reply = Response::new(Full::new(Bytes::from(serde_json::to_vec(value).unwrap_or_default())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

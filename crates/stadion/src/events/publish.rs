//! `POST /v1/streams/{name}/events`

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request};
use http_body_util::Full;
use hyper::body::Incoming;
use stadion_core::{Epoch, StreamName};

use super::cell::{Idempotency, NotPublished, Published};
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
    let bytes = match body::read(incoming, REQUEST_BYTES_MAX, app.config.limits.body_timeout).await {
        Ok(bytes) => bytes,
        Err(bad) => return error::reply(bad.status(), bad.code(), &bad.to_string(), None),
    };
    let key = match idempotency_key(parts) {
        Ok(key) => key,
        Err(reply) => return *reply,
    };
    match append(app, name, parts, &bytes, key) {
        Ok(published) => json(StatusCode::OK, &published),
        Err(reply) => *reply,
    }
}

fn append(
    app: &App,
    name: &str,
    parts: &request::Parts,
    bytes: &Bytes,
    key: Option<&str>,
) -> Result<Published, Box<Reply>> {
    let events = lines::read(bytes, is_lines(parts), EVENT_BYTES_MAX).map_err(|bad| {
        app.streams.metrics.refused(bad.code());
        let status = if matches!(bad, BadLines::TooBig { .. }) {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::BAD_REQUEST
        };
        error::reply(status, bad.code(), &bad.to_string(), Some("body"))
    })?;
    let idempotency = key.map(|key| Idempotency { key, body: bytes });
    publish_events(app, name, &events, idempotency).map_err(|error| {
        let (status, code) = match error {
            NotPublished::OtherBody => (StatusCode::UNPROCESSABLE_ENTITY, "other_body"),
            NotPublished::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        app.streams.metrics.refused(code);
        Box::new(error::reply(status, code, &error.to_string(), None))
    })
}

/// Puts events into a stream, which is made where there is none, and has its readers told.
pub fn publish_events(
    app: &App,
    name: &str,
    events: &[&str],
    idempotency: Option<Idempotency<'_>>,
) -> Result<Published, NotPublished> {
    let rules = app.config.namespaces.events_of(name);
    loop {
        let cell = app.events.find_or_hold(name, rules).ok_or(NotPublished::Unavailable)?;
        let mut inner = cell.inner.lock();
        if inner.deleted {
            continue;
        }
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|_| NotPublished::Unavailable)?;
        let epoch = Epoch::from_bits(u128::from_ne_bytes(bits));
        let was_new = inner.epoch().is_none();
        let published =
            inner.publish(events, idempotency, epoch, Clock::wall_ms(), rules.retain, MEMORY_BYTES_MAX)?;
        drop(inner);
        if was_new {
            app.streams.metrics.streams.increment(1.0);
        }
        app.streams.metrics.events.increment(events.len() as u64);
        app.events.has_news(&cell);
        return Ok(published);
    }
}

fn idempotency_key(parts: &request::Parts) -> Result<Option<&str>, Box<Reply>> {
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

/// Whether a stream may be called so.
pub fn check_name(name: &str) -> Result<(), Box<Reply>> {
    StreamName::check(name).map_err(|bad| {
        Box::new(error::reply(StatusCode::BAD_REQUEST, "bad_stream_name", &bad.to_string(), Some("stream")))
    })
}

//! The calls below `/v1/streams`: list, look, delete, read, publish.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header, request};
use hyper::body::Incoming;

use super::access;
use super::error::{self, Reply};
use super::upgrade;
use crate::app::App;
use crate::events::cell::Cell;
use crate::events::competitions::{self, COMPETITIONS};
use crate::events::publish;
use crate::lockstep::address;
use crate::reading::envelope::Envelope;
use crate::reading::{event_stream, page, socket};
use crate::rights::Right;

/// Streams of a list.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// The stream whose events are asked for as server-sent events, if that is what the request is.
pub(super) fn event_stream_name(parts: &request::Parts) -> Option<String> {
    let path = parts.uri.path();
    if parts.method != Method::GET || !path.starts_with("/v1/") || !event_stream::is_wanted(parts) {
        return None;
    }
    if let Some(id) = path.strip_prefix("/v1/competitions") {
        return match id.strip_prefix('/') {
            None => id.is_empty().then(|| COMPETITIONS.to_owned()),
            Some(id) => Some(competitions::stream_of(&address::decode(id).ok()?)),
        };
    }
    let name = path.strip_prefix("/v1/streams/")?.strip_suffix("/events")?;
    address::decode(name).ok().map(std::borrow::Cow::into_owned)
}

/// `path` is what follows `/v1/streams`.
pub(super) async fn answer(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: &mut request::Parts,
    path: &str,
    body: Incoming,
) -> Reply {
    let mut segments = path.split('/').skip(1);
    let (name, rest) = (segments.next(), segments.next());
    if segments.next().is_some() || (path.is_empty() != name.is_none()) {
        return not_found(path);
    }
    let Some(name) = name else {
        return if parts.method == Method::GET { list(app, peer, parts) } else { not_allowed("GET") };
    };
    let name = match address::decode(name) {
        Ok(name) => name.into_owned(),
        Err(bad) => return access::Denied::from(bad).reply(),
    };
    match (rest, parts.method.as_str()) {
        (None, "GET") => look(app, peer, parts, &name),
        (None, "DELETE") => delete(app, peer, parts, &name),
        (None, _) => not_allowed("GET, DELETE"),
        (Some("events"), "GET") if upgrade::is_wanted(&parts.headers) => {
            socket::upgrade(app, peer, parts, name)
        }
        (Some("events"), "GET") => page::page(app, peer, parts, &name),
        (Some("events"), "POST") => publish::publish(app, peer, parts, &name, body).await,
        (Some("events"), _) => not_allowed("GET, POST"),
        (Some(_), _) => not_found(path),
    }
}

/// `path` is what follows `/v1/competitions`: nothing, or `/` and an id.
pub(super) async fn competition(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: &mut request::Parts,
    path: &str,
    body: Incoming,
) -> Reply {
    let name = match path.strip_prefix('/') {
        None if path.is_empty() && parts.method == Method::POST => {
            return competitions::publish(app, peer, parts, body).await;
        }
        None if path.is_empty() => COMPETITIONS.to_owned(),
        Some(id) if !id.is_empty() && !id.contains('/') => match address::decode(id) {
            Ok(id) => competitions::stream_of(&id),
            Err(bad) => return access::Denied::from(bad).reply(),
        },
        Some(_) | None => return not_found(path),
    };
    if parts.method != Method::GET {
        return not_allowed(if path.is_empty() { "GET, POST" } else { "GET" });
    }
    if !upgrade::is_wanted(&parts.headers) {
        return page::page(app, peer, parts, &name);
    }
    socket::upgrade(app, peer, parts, name)
}

#[derive(serde::Serialize)]
struct Stream<'a> {
    name: &'a str,
    kind: &'static str,
    epoch: String,
    /// The position of the last event.
    head: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tick: Option<i64>,
    readers: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<Scope>,
}

/// An open scope.
#[derive(serde::Serialize)]
struct Scope {
    scope: String,
    key: String,
    /// The offset of its opening.
    offset: u64,
}

fn list(app: &App, peer: SocketAddr, parts: &request::Parts) -> Reply {
    let (mut prefix, mut after, mut limit) = (String::new(), String::new(), LIMIT);
    for (key, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        match &*key {
            "prefix" => prefix = value.into_owned(),
            "after" => after = value.into_owned(),
            "limit" => match value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)) {
                Some(asked) => limit = asked,
                None => {
                    let message = format!("limit is a number from 1 to {LIMIT_MAX}");
                    return error::reply(StatusCode::BAD_REQUEST, "bad_query", &message, Some("limit"));
                }
            },
            _ => {}
        }
    }
    let principal = match access::principal(app, parts, peer) {
        Ok(principal) => principal,
        Err(denied) => return denied.reply(),
    };
    let mut found: Vec<serde_json::Value> = Vec::new();
    let may_read = |name: &str| access::may(app, &principal, Right::Read, name);
    app.events.list(&prefix, &after, |cell| {
        if may_read(cell.name.as_str()) {
            found.push(describe(cell));
        }
        found.len() < limit
    });
    app.streams.list(&prefix, &after, limit, |name, inner, readers| {
        if may_read(name) {
            found.push(describe_lockstep(name, &inner.stream, readers));
        }
    });
    found.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    found.truncate(limit);
    publish::json(StatusCode::OK, &serde_json::json!({ "streams": found }))
}

fn name_of(stream: &serde_json::Value) -> &str {
    stream.get("name").and_then(serde_json::Value::as_str).unwrap_or_default()
}

fn look(app: &App, peer: SocketAddr, parts: &request::Parts, name: &str) -> Reply {
    if let Err(denied) = access::check_any(app, parts, peer, Right::Read, name) {
        return denied.reply();
    }
    if let Some(cell) = app.events.find(name)
        && cell.inner.lock().epoch().is_some()
    {
        return publish::json(StatusCode::OK, &describe(&cell));
    }
    if let Some(cell) = app.streams.find(name) {
        let readers = cell.audience.lock().len();
        let inner = cell.inner.lock();
        return publish::json(StatusCode::OK, &describe_lockstep(name, &inner.stream, readers));
    }
    no_such_stream(name)
}

fn delete(app: &App, peer: SocketAddr, parts: &request::Parts, name: &str) -> Reply {
    if let Err(denied) = access::check_any(app, parts, peer, Right::Administer, name) {
        return denied.reply();
    }
    if app.events.delete(name) || app.streams.delete(name) {
        let mut reply = http::Response::new(http_body_util::Full::default());
        *reply.status_mut() = StatusCode::NO_CONTENT;
        return reply;
    }
    no_such_stream(name)
}

fn describe(cell: &Arc<Cell>) -> serde_json::Value {
    let readers = cell.readers.lock().len();
    let inner = cell.inner.lock();
    let envelope =
        Envelope { stream: cell.name.as_str(), epoch: inner.epoch(), type_pointer: &cell.rules.type_pointer };
    value(Stream {
        name: cell.name.as_str(),
        kind: "events",
        epoch: inner.epoch().map_or_else(String::new, |epoch| epoch.to_string()),
        head: envelope.position(inner.head()),
        tick: None,
        readers,
        open: inner
            .open_scopes()
            .into_iter()
            .map(|(scope, key, offset)| Scope { scope, key, offset })
            .collect(),
    })
}

fn describe_lockstep(name: &str, stream: &stadion_core::Stream, readers: usize) -> serde_json::Value {
    value(Stream {
        name,
        kind: "lockstep",
        epoch: stream.epoch().to_string(),
        head: format!("{}:{}", stream.epoch(), i128::from(stream.head()) - 1),
        tick: Some(stream.announced().0),
        readers,
        open: Vec::new(),
    })
}

fn value(stream: Stream<'_>) -> serde_json::Value {
    // Strings and numbers always are JSON.
    serde_json::to_value(stream).unwrap_or_default()
}

fn no_such_stream(name: &str) -> Reply {
    error::reply(
        StatusCode::NOT_FOUND,
        "no_such_stream",
        &format!("there is no stream {name:?}"),
        Some("stream"),
    )
}

fn not_found(path: &str) -> Reply {
    let message = format!("there is no such call: /v1/streams{path}");
    error::reply(StatusCode::NOT_FOUND, "not_found", &message, None)
}

fn not_allowed(allowed: &'static str) -> Reply {
    let message = format!("this address takes {allowed}");
    let mut reply = error::reply(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &message, None);
    reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    reply
}

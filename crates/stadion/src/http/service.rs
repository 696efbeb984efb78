//! From a request to its answer: one `match` over the path, in the order in which it is read here.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;

use super::access::Denied;
use super::error::{self, Reply};
use super::{access, pages, streams, upgrade};
use crate::app::App;
use crate::lockstep::address::Address;
use crate::lockstep::{poll, push};
use crate::reading::event_stream::{self, EventStream};

/// A whole answer, or one that goes on.
pub type Body = Either<Full<Bytes>, EventStream>;

/// Answers a request of `peer`.
pub async fn answer(app: Arc<App>, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    if let Some(name) = streams::event_stream_name(&parts) {
        return match event_stream::open(&app, peer, &parts, &name) {
            Ok(reply) => reply.map(Either::Right),
            Err(reply) => reply.map(Either::Left),
        };
    }
    whole_answer(app, peer, &mut parts, body).await.map(Either::Left)
}

async fn whole_answer(
    app: Arc<App>,
    peer: SocketAddr,
    parts: &mut http::request::Parts,
    body: Incoming,
) -> Reply {
    let path = parts.uri.path().to_owned();
    if let Some(address) = lockstep_address(&app, &parts.method, &path) {
        let mut reply = lockstep(&app, peer, parts, body, address).await;
        allow_cross_origin(&app, &mut reply);
        return reply;
    }
    // These check their callers themselves, since a browser's WebSocket is told of a refusal in its own way.
    if let Some(stream) = path.strip_prefix("/v1/streams").filter(|_| parts.method != Method::OPTIONS) {
        return streams::answer(&app, peer, parts, stream, body).await;
    }
    if let Some(competition) =
        path.strip_prefix("/v1/competitions").filter(|_| parts.method != Method::OPTIONS)
    {
        return streams::competition(&app, peer, parts, competition, body).await;
    }
    // Whom the whole server is closed to (another website's page behind a rebound name, a proxy) sees no page either.
    if let Err(denied) = access::check_entry(&app, parts, peer) {
        return denied.reply();
    }
    if parts.method == Method::OPTIONS {
        return no_content();
    }
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return error::reply(
            StatusCode::NOT_FOUND,
            "not_found",
            &format!("there is no such call: {path}"),
            None,
        );
    }
    match path.as_str() {
        "/healthz" => text("ok\n"),
        "/readyz" if app.is_draining() => {
            error::reply(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is going away", None)
        }
        "/readyz" => text("ready\n"),
        "/metrics" => metrics(&app),
        _ => match path.strip_prefix("/_/") {
            Some(asset) => pages::asset(asset, &parts.headers),
            None => pages::page(&path, parts.uri.query(), &parts.headers),
        },
    }
}

/// The part of the path that is a lockstep address, if the call is one: below `/v1/lockstep/` anything, at the root
/// (the original's place) what is no page and no call of ours.
fn lockstep_address<'a>(app: &App, method: &Method, path: &'a str) -> Option<&'a str> {
    if let Some(address) = path.strip_prefix("/v1/lockstep/") {
        return Some(address);
    }
    let address = path.strip_prefix('/')?;
    let first = address.split('/').next()?;
    let is_ours = matches!(first, "v1" | "api" | "game_lobby") || first.starts_with('_');
    let is_page = (method == Method::GET || method == Method::HEAD) && address.split('/').count() < 3;
    let is_operations = matches!(address, "healthz" | "readyz" | "metrics");
    (app.config.lockstep.root && !is_ours && !is_page && !is_operations).then_some(address)
}

async fn lockstep(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: &mut http::request::Parts,
    body: Incoming,
    address: &str,
) -> Reply {
    if parts.method == Method::OPTIONS {
        return no_content();
    }
    let is_get = parts.method == Method::GET;
    if parts.method != Method::POST && !is_get {
        let mut reply = error::reply(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "a lockstep address takes POST, or GET to become a WebSocket",
            None,
        );
        reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, GET, OPTIONS"));
        return reply;
    }
    let address = Address::parse(address).map_err(|bad| {
        app.streams.metrics.refused(bad.code());
        Denied::from(bad)
    });
    if !is_get {
        return match address {
            Ok(address) => poll::poll(app, peer, parts, address, body).await,
            Err(denied) => denied.reply(),
        };
    }
    if !upgrade::is_wanted(&parts.headers) {
        return address.map_or_else(|denied| denied.reply(), |_| upgrade::required());
    }
    push::upgrade(app, peer, parts, address)
}

/// On every lockstep answer, refusals too: otherwise a page could not read why.
fn allow_cross_origin(app: &App, reply: &mut Reply) {
    let Some(origin) = app.config.lockstep.cors_origin.header() else { return };
    let headers = reply.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
}

fn no_content() -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

fn text(text: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, plain);
    reply
}

fn metrics(app: &App) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(app.streams.metrics.render())));
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, format);
    reply
}

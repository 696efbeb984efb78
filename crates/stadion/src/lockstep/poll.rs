//! Lockstep over HTTP polling: one POST, one answer.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Response, header, request};
use http_body_util::Full;
use hyper::body::Incoming;

use super::address::Address;
use super::answer::Extensions;
use super::cell::Sync;
use super::refused::Refused;
use super::request::Message;
use super::streams;
use crate::app::{App, NewStream};
use crate::http::error::{self, Reply};
use crate::http::{access, body};
use crate::rights::Right;

/// Answers a poll. Until the whole body is read and understood, nothing happens.
pub async fn poll(
    app: &App,
    peer: SocketAddr,
    parts: &request::Parts,
    address: Address<'_>,
    incoming: Incoming,
) -> Reply {
    let super::address::Who::Client(client) = address.who else {
        return error::reply(
            http::StatusCode::BAD_REQUEST,
            "bad_private_id",
            "'-' stands for a watcher, who reads by WebSocket",
            Some("private id"),
        );
    };
    if let Err(denied) = access::check_stream(app, parts, peer, Right::Play, &address.stream) {
        return denied.reply();
    }
    let bytes = match body::read(incoming, app.config.limits.body_bytes, app.config.limits.body_timeout).await
    {
        Ok(bytes) => bytes,
        Err(bad) => return error::reply(bad.status(), bad.code(), &bad.to_string(), None),
    };
    let began = Instant::now();
    let metrics = &app.streams.metrics;
    metrics.received_bytes.increment(bytes.len() as u64);
    let outcome = Message::decode(&bytes, app.message_limits).map_err(Refused::from).and_then(|message| {
        let shown = Extensions {
            epoch: message.epoch.is_some(),
            seq: message.seq.is_some(),
            hashes: message.hash.is_some(),
        };
        let sync = Sync { client, last_known: address.last_known, message, quiet: false };
        let address_of_client = app.config.limits.trusted_proxies.client(peer.ip(), &parts.headers);
        let opening = NewStream { app, address: address_of_client, name: &address.stream };
        app.streams.sync(&address.stream, sync, &opening, streams::encode(shown))
    });
    match outcome {
        Ok(answer) => {
            metrics.syncs.increment(1);
            metrics.sent_bytes.increment(answer.len() as u64);
            metrics.sync_seconds.record(began.elapsed());
            let mut reply = Response::new(Full::new(Bytes::from(answer)));
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            reply.headers_mut().insert(header::CONTENT_TYPE, plain);
            reply
        }
        Err(refused) => {
            metrics.refused(refused.code());
            error::reply_with(refused.status(), refused.body())
        }
    }
}

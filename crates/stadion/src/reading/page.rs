//! `GET /v1/streams/{name}/events` as a JSON page, which waits for nothing.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Response, header, request};
use http_body_util::Full;

use super::envelope::Envelope;
use super::from::Point;
use super::socket::{Wishes, begin, end, lost_reply};
use crate::app::App;
use crate::http::access;
use crate::http::error::Reply;
use crate::hub::cursor::Source;
use crate::rights::Right;

/// The events of a page, beyond which it is full.
const PAGE_BYTES_MAX: usize = 4 << 20;

pub fn page(app: &App, peer: SocketAddr, parts: &request::Parts, name: &str) -> Reply {
    let checked = access::check_events(app, parts, peer, Right::Read, name).and_then(|()| Wishes::of(parts));
    let wishes = match checked {
        Ok(wishes) => wishes,
        Err(denied) => return denied.reply(),
    };
    let rules = app.config.namespaces.events_of(name);
    let Some(cell) = app.events.find(name) else {
        let envelope = Envelope { stream: name, epoch: None, type_pointer: &rules.type_pointer };
        return match wishes.from {
            Point::Position(_) if !wishes.recover_live => lost_reply(super::from::Lost::Epoch),
            _ => reply("-", &[], &envelope.position(0), false),
        };
    };
    let (epoch, begun, until) = {
        let inner = cell.inner.lock();
        let begun = begin(&inner, &wishes.from);
        let until = wishes.to.as_ref().map(|to| end(&inner, to)).transpose();
        (inner.epoch(), begun, until)
    };
    let wants_live = wishes.from == Point::Live || (begun.is_err() && wishes.recover_live);
    if let Some(list) = cell.live_state().filter(|_| wants_live) {
        let envelope = Envelope { stream: name, epoch, type_pointer: &rules.type_pointer };
        let epoch = epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
        return reply(&epoch, &cell.state_page(&list), &envelope.position(list.next), false);
    }
    let (begun, until) = match (begun, until) {
        (Ok(begun), Ok(until)) => (begun, until.unwrap_or(u64::MAX)),
        (Err(_), Ok(_)) if wishes.recover_live => (cell.inner.lock().head(), u64::MAX),
        (Err(lost), _) | (_, Err(lost)) => return lost_reply(lost),
    };
    let (events, next) = cell.page(begun, until, wishes.limit, PAGE_BYTES_MAX);
    let envelope = Envelope { stream: name, epoch, type_pointer: &rules.type_pointer };
    let is_full = next - begun == wishes.limit as u64;
    let never_changes = is_full
        && matches!(wishes.from, Point::Position(_))
        && matches!(wishes.to, None | Some(Point::Position(_)))
        && access::is_open_to_all(app, Right::Read, name);
    let epoch = epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
    reply(&epoch, &events, &envelope.position(next), never_changes)
}

/// `{"epoch","events":[…],"next":position}`
fn reply(epoch: &str, events: &[u8], next: &str, never_changes: bool) -> Reply {
    let mut body = format!("{{\"epoch\":\"{epoch}\",\"events\":[").into_bytes();
    body.extend_from_slice(events);
    body.extend_from_slice(format!("],\"next\":\"{next}\"}}").as_bytes());
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cache = if never_changes { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    reply
}

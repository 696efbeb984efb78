//! `GET /v1/streams/{name}/events` as server-sent events: a body that is asked for more when the socket has room.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request};
use hyper::body::Frame;
use tokio::time::Sleep;

use super::from::Point;
use super::socket::{Wishes, cursor, lost_reply};
use crate::app::App;
use crate::events::cell::Cell;
use crate::http::access::{self, Denied};
use crate::http::error::{self, Reply};
use crate::hub::cursor::{Cursor, Encoding};
use crate::hub::readers::{Pulled, ReaderId};
use crate::rights::Right;

/// Whether the request wants server-sent events.
pub fn is_wanted(parts: &request::Parts) -> bool {
    let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// Begins to read, or says why not.
pub fn open(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: &request::Parts,
    name: &str,
) -> Result<Response<EventStream>, Box<Reply>> {
    access::check_events(app, parts, peer, Right::Read, name).map_err(|denied| Box::new(denied.reply()))?;
    let mut wishes = Wishes::of(parts).map_err(|bad| Box::new(bad.reply()))?;
    if let Some(last) = parts.headers.get("last-event-id") {
        let point = last.to_str().ok().and_then(Point::parse);
        let bad = || Denied::bad_request("bad_position", "Last-Event-ID is a position", "Last-Event-ID");
        wishes.from = point.ok_or_else(|| Box::new(bad().reply()))?;
    }
    wishes.encoding = match wishes.encoding {
        Encoding::Envelope => Encoding::EventStreamEnvelope,
        Encoding::Bare | Encoding::EventStream | Encoding::EventStreamEnvelope => Encoding::EventStream,
    };
    let rules = app.config.namespaces.events_of(name);
    let Some(cell) = app.events.find_or_hold(name, rules) else {
        let message = format!("{name:?} is no stream's name");
        return Err(Box::new(error::reply(
            StatusCode::BAD_REQUEST,
            "bad_stream_name",
            &message,
            Some("stream"),
        )));
    };
    let cursor = match cursor(&cell, &wishes) {
        Ok(cursor) => cursor,
        Err(lost) => {
            app.events.release(&cell);
            return Err(Box::new(lost_reply(lost)));
        }
    };
    let id = cell.readers.lock().add_body();
    app.streams.metrics.readers.increment(1.0);
    let body = EventStream { app: Arc::clone(app), cell, cursor, id, quiet: Box::pin(rest()), ended: false };
    let mut reply = Response::new(body);
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers before they pass them on would hold back what is live.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(reply)
}

/// A reader by server-sent events.
#[derive(Debug)]
pub struct EventStream {
    app: Arc<App>,
    cell: Arc<Cell>,
    cursor: Cursor,
    id: ReaderId,
    /// Until something must be said so that the connection is not taken for dead.
    quiet: Pin<Box<Sleep>>,
    ended: bool,
}

const QUIET_MAX: Duration = Duration::from_secs(25);

fn rest() -> Sleep {
    tokio::time::sleep(QUIET_MAX)
}

impl hyper::body::Body for EventStream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let cell = Arc::clone(&this.cell);
        let pulled = cell.readers.lock().pull(this.id, &mut this.cursor, &*cell, context.waker());
        let bytes = match pulled {
            Pulled::Frames(frames) => frames,
            Pulled::End(code, reason) => {
                this.ended = true;
                let data = serde_json::json!({ "code": code.code(), "reason": reason });
                format!("event: close\ndata: {data}\n\n").into_bytes()
            }
            Pulled::Nothing => {
                if this.quiet.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                b":\n\n".to_vec()
            }
        };
        this.quiet.as_mut().reset(tokio::time::Instant::now() + QUIET_MAX);
        this.app.streams.metrics.pushed_bytes.increment(bytes.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))))
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.cell.readers.lock().remove_body(self.id, &mut self.cursor);
        self.app.streams.metrics.readers.decrement(1.0);
        self.app.events.release(&self.cell);
    }
}

//! Who may make a call: the gate before every handler.

use std::net::SocketAddr;

use http::{StatusCode, request};
use stadion_core::StreamName;

use super::error::{self, Reply};
use crate::app::App;
use crate::config::Kind;
use crate::hub::frame::CloseCode;
use crate::lockstep::address::BadAddress;
use crate::rights::{self, Object, Principal, Right};

/// Why a call goes no further.
#[derive(Debug)]
pub struct Denied {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<&'static str>,
}

/// Whether this caller may do that with a lockstep stream.
pub fn check_stream(
    app: &App,
    parts: &request::Parts,
    peer: SocketAddr,
    right: Right,
    stream: &str,
) -> Result<(), Denied> {
    match check_right(app, parts, peer, right, stream)? {
        Kind::Lockstep => Ok(()),
        Kind::Events => {
            Err(wrong_kind(stream, "a stream of events; it is published to and read, not synced"))
        }
    }
}

/// Whether this caller may do that with a stream of events.
pub fn check_events(
    app: &App,
    parts: &request::Parts,
    peer: SocketAddr,
    right: Right,
    stream: &str,
) -> Result<(), Denied> {
    match check_any(app, parts, peer, right, stream)? {
        Kind::Events => Ok(()),
        Kind::Lockstep => Err(wrong_kind(stream, "a lockstep stream; it is synced, pushed and watched")),
    }
}

/// Whether this caller may do that with a stream, of whatever kind it is.
pub fn check_any(
    app: &App,
    parts: &request::Parts,
    peer: SocketAddr,
    right: Right,
    stream: &str,
) -> Result<Kind, Denied> {
    if let Err(bad) = StreamName::check(stream) {
        return Err(Denied::bad_request("bad_stream_name", &bad.to_string(), "stream"));
    }
    check_right(app, parts, peer, right, stream)
}

/// Whether this principal may do that; for lists.
pub fn may(app: &App, principal: &Principal, right: Right, stream: &str) -> bool {
    rights::allow(principal, right, Object::Stream(stream, &app.config.namespace_of(stream))).is_ok()
}

/// Whether everybody may do that without a credential.
pub fn is_open_to_all(app: &App, right: Right, stream: &str) -> bool {
    app.config.namespace_of(stream).anonymous.contains(right)
}

fn check_right(
    app: &App,
    parts: &request::Parts,
    peer: SocketAddr,
    right: Right,
    stream: &str,
) -> Result<Kind, Denied> {
    let principal = principal(app, parts, peer)?;
    let rules = app.config.namespace_of(stream);
    rights::allow(&principal, right, Object::Stream(stream, &rules)).map_err(|denied| {
        app.streams.metrics.refused(denied.code());
        Denied {
            status: denied.status(),
            code: denied.code(),
            message: denied.message().to_owned(),
            field: None,
        }
    })?;
    Ok(rules.kind)
}

fn wrong_kind(stream: &str, what: &str) -> Denied {
    let message = format!("{stream:?} is {what}");
    Denied { status: StatusCode::CONFLICT, code: "wrong_kind", message, field: Some("stream") }
}

/// Whether this caller is let in at all; pages and health ask for no more.
pub fn check_entry(app: &App, parts: &request::Parts, peer: SocketAddr) -> Result<(), Denied> {
    principal(app, parts, peer).map(drop)
}

pub fn principal(app: &App, parts: &request::Parts, peer: SocketAddr) -> Result<Principal, Denied> {
    app.authenticator.principal(&parts.headers, &parts.uri, peer).map_err(|refused| {
        app.streams.metrics.refused(refused.code());
        tracing::debug!(code = refused.code(), "a call was refused");
        Denied { status: refused.status(), code: refused.code(), message: refused.message(), field: None }
    })
}

impl From<BadAddress> for Denied {
    fn from(bad: BadAddress) -> Self {
        let status = if bad == BadAddress::Form { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Self { status, code: bad.code(), message: bad.to_string(), field: Some(bad.field()) }
    }
}

impl Denied {
    pub fn bad_request(code: &'static str, message: &str, field: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.to_owned(), field: Some(field) }
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn reply(&self) -> Reply {
        let mut reply = error::reply(self.status, self.code, &self.message, self.field);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = http::HeaderValue::from_static("Bearer");
            reply.headers_mut().insert(http::header::WWW_AUTHENTICATE, scheme);
        }
        reply
    }

    /// How a browser's WebSocket is closed that was accepted only to say this.
    pub fn close_code(&self) -> CloseCode {
        match self.status {
            StatusCode::UNAUTHORIZED => CloseCode::NoCredential,
            StatusCode::FORBIDDEN => CloseCode::NoRight,
            StatusCode::CONFLICT => CloseCode::Conflict,
            _ => CloseCode::BadRequest,
        }
    }
}

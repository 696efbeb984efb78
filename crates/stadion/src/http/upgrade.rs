//! The WebSocket handshake (RFC 6455, section 4).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::error::{self, Reply};

/// Whether the request wants to become a WebSocket at all.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    has_token(headers, header::UPGRADE, "websocket") && has_token(headers, header::CONNECTION, "upgrade")
}

/// The answer that makes a WebSocket of the connection, or why not.
pub fn accept(headers: &HeaderMap) -> Result<Reply, Box<Reply>> {
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes);
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let Some(key) = key.filter(|_| is_wanted(headers) && version == Some(b"13")) else {
        return Err(Box::new(required()));
    };
    if !is_key(key.as_bytes()) {
        let message = "Sec-WebSocket-Key is 16 bytes in base64";
        let reply =
            error::reply(StatusCode::BAD_REQUEST, "bad_handshake", message, Some("Sec-WebSocket-Key"));
        return Err(Box::new(reply));
    }
    let mut reply = Response::new(Full::<Bytes>::default());
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let out = reply.headers_mut();
    out.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    out.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        out.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(protocol) = crate::rights::selected_subprotocol(headers) {
        out.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    Ok(reply)
}

/// 426: this address is a WebSocket.
pub fn required() -> Reply {
    let mut reply = error::reply(
        StatusCode::UPGRADE_REQUIRED,
        "upgrade_required",
        "this address is read by WebSocket, version 13",
        None,
    );
    reply.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    reply.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    reply
}

/// The connection behind the request, and what the client sent ahead of our answer.
pub async fn connection(upgrade: OnUpgrade) -> Option<(TcpStream, Bytes)> {
    let upgraded: Upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    // Registered anew: the old registration remembers the task that served the request and keeps its memory.
    let tcp = TcpStream::from_std(parts.io.into_inner().into_std().ok()?).ok()?;
    tcp.writable().await.ok()?;
    // Copied, so that the buffer of 8 KB in which the request was read goes now and not with the connection.
    Some((tcp, Bytes::copy_from_slice(&parts.read_buf)))
}

fn is_key(key: &[u8]) -> bool {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(key).is_ok_and(|key| key.len() == 16)
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

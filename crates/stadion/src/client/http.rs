//! Requests over one kept connection, strictly one after another.

use std::time::Duration;

use ::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use ::http::{HeaderValue, Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::Address;
use super::error::ClientError;

/// A server that takes longer is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Far above a page of events.
const ANSWER_BYTES_MAX: usize = 64 << 20;

#[derive(Debug)]
pub struct Http {
    address: Address,
    token: Option<HeaderValue>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
}

/// Whether the server heard the request nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Lost(String);

/// A body of JSON Lines.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    pub body: Bytes,
    /// `Idempotency-Key`: the same key makes a second attempt harmless.
    pub key: &'a str,
}

impl Http {
    /// # Errors
    /// The token does not fit into a header.
    pub fn new(address: Address, token: Option<&str>) -> Result<Self, ClientError> {
        Ok(Self { address, token: token.map(bearer).transpose()?, sender: None })
    }

    pub fn host(&self) -> &str {
        &self.address.host
    }

    pub async fn get(&mut self, path: &str) -> Result<Reply, Lost> {
        self.ask(Method::GET, path, None).await
    }

    pub async fn delete(&mut self, path: &str) -> Result<Reply, Lost> {
        self.ask(Method::DELETE, path, None).await
    }

    pub async fn post(&mut self, path: &str, lines: Lines<'_>) -> Result<Reply, Lost> {
        self.ask(Method::POST, path, Some(lines)).await
    }

    async fn ask(&mut self, method: Method, path: &str, lines: Option<Lines<'_>>) -> Result<Reply, Lost> {
        let reply = timeout(ANSWER_WITHIN, self.exchange(method, path, lines)).await;
        let reply = reply.unwrap_or_else(|_elapsed| Err(Lost("no answer in time".to_owned())));
        if reply.is_err() {
            self.sender = None;
        }
        reply
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        lines: Option<Lines<'_>>,
    ) -> Result<Reply, Lost> {
        let lost = |error: &dyn std::fmt::Display| Lost(error.to_string());
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.address.host);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        let mut body = Bytes::new();
        if let Some(lines) = lines {
            request =
                request.header(CONTENT_TYPE, "application/x-ndjson").header("idempotency-key", lines.key);
            body = lines.body;
        }
        let request = request.body(Full::new(body)).map_err(|error| lost(&error))?;
        let sender = self.connected().await.map_err(|error| lost(&error))?;
        let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await.map_err(|error| lost(&error))?.to_bytes();
        Ok(Reply { status, text: String::from_utf8_lossy(&body).into_owned() })
    }

    async fn connected(
        &mut self,
    ) -> Result<&mut SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let kept = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match kept {
            Some(sender) => sender,
            None => {
                let tcp = TcpStream::connect(&self.address.connect).await?;
                tcp.set_nodelay(true)?;
                let (sender, connection) = handshake(TokioIo::new(tcp)).await?;
                // It ends with the sender; how, the next request learns.
                tokio::spawn(async move { drop(connection.await) });
                sender
            }
        };
        Ok(self.sender.insert(sender))
    }
}

impl Reply {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether another attempt may go better.
    pub fn is_passing(&self) -> bool {
        is_passing(self.status)
    }

    /// What the server says of it.
    pub fn message(&self) -> String {
        message(&self.text)
    }
}

pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

/// The message of an error's body, or the body.
pub(super) fn message(body: &str) -> String {
    let said = serde_json::from_str::<serde_json::Value>(body).ok();
    let said = said.as_ref().and_then(|body| body.pointer("/error/message")?.as_str());
    said.unwrap_or(body).to_owned()
}

/// `Bearer …`, marked as secret for whoever prints headers.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_invalid| ClientError::Usage("the token does not fit into a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

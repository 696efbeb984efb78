//! Polling over one kept connection.
//!
//! hyper's own client of one connection: the server beside it is hyper too, polls are strictly one after another, and
//! a pool, redirects and proxies would only stand between them.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::simulated_network::{Network, Simulate};
use super::transport_websocket::{ANSWER_BYTES_MAX, bearer};

#[derive(Debug)]
pub(super) struct Poller {
    authority: String,
    token: Option<String>,
    answer_within: Duration,
    network: Network,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: String,
}

/// Whether the server heard the request nobody knows.
#[derive(Debug)]
pub(super) struct Lost(pub(super) String);

impl Poller {
    pub(super) fn new(
        authority: &str,
        token: Option<String>,
        answer_within: Duration,
        simulate: &Option<Simulate>,
    ) -> Self {
        let network = Network::new(simulate);
        Self { authority: authority.to_owned(), token, answer_within, network, sender: None }
    }

    pub(super) async fn ask(&mut self, path: &str, body: Vec<u8>) -> Result<Reply, Lost> {
        sleep(self.network.delay()).await;
        if self.network.lost() {
            return Err(Lost("simulated: the request was lost".to_owned()));
        }
        let reply = match timeout(self.answer_within, self.exchange(path, body)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(lost)) => {
                self.sender = None;
                return Err(lost);
            }
            Err(_elapsed) => {
                self.sender = None;
                return Err(Lost("no answer in time".to_owned()));
            }
        };
        sleep(self.network.delay()).await;
        if self.network.lost() {
            return Err(Lost("simulated: the answer was lost".to_owned()));
        }
        Ok(reply)
    }

    async fn exchange(&mut self, path: &str, body: Vec<u8>) -> Result<Reply, Lost> {
        let lost = |error: &dyn std::fmt::Display| Lost(format!("the server cannot be reached: {error}"));
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            let value = bearer(token).map_err(|ending| Lost(ending.message))?;
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| lost(&error))?;
        let sender = self.connected().await.map_err(|error| lost(&error))?;
        let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await.map_err(|error| lost(&error))?.to_bytes();
        let text = String::from_utf8(body.into()).map_err(|error| lost(&error))?;
        Ok(Reply { status, text })
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
                let tcp = TcpStream::connect(&self.authority).await?;
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

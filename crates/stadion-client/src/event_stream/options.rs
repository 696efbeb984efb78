//! How a stream connects.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Identity;
use super::simulated_network::Simulate;

/// How a stream connects. The defaults fit a player on a real network.
#[derive(Clone, Debug)]
pub struct Options {
    /// A credential; none by default.
    pub token: Option<Token>,
    /// Who this client is to the server; by default somebody new.
    pub identity: Identity,
    /// Push every n-th tick only, 1 to 1,000; default 1.
    pub every: u32,
    /// For a spectator: stay this far behind, up to an hour.
    pub delay: Duration,
    /// Never opens a WebSocket. A spectator needs one.
    pub polling_only: bool,
    /// From poll to poll where there is no WebSocket; default 200 ms.
    pub poll_every: Duration,
    /// How long a WebSocket may take until its first answer; default 5 s.
    pub first_answer: Duration,
    /// While polling, when to try a WebSocket again, doubling up to a minute; default 10 s.
    pub retry_socket: Duration,
    /// A worse network, to try a game on.
    pub simulate: Option<Simulate>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: None,
            identity: Identity::New,
            every: 1,
            delay: Duration::ZERO,
            polling_only: false,
            poll_every: Duration::from_millis(200),
            first_answer: Duration::from_secs(5),
            retry_socket: Duration::from_secs(10),
            simulate: None,
        }
    }
}

type Fresh = dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>> + Send + Sync;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A credential: an API key or a JWT.
#[derive(Clone)]
pub struct Token(Kind);

#[derive(Clone)]
enum Kind {
    Fixed(String),
    Fresh(Arc<Fresh>),
}

impl Token {
    /// One that stays valid.
    pub fn fixed(token: impl Into<String>) -> Self {
        Self(Kind::Fixed(token.into()))
    }

    /// One that is asked for anew before each attempt to connect.
    pub fn fresh<F, R>(ask: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self(Kind::Fresh(Arc::new(move || Box::pin(ask()))))
    }

    /// Whether asking again may give another one.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(self.0, Kind::Fresh(_))
    }

    pub(super) async fn get(&self) -> Result<String, BoxError> {
        match &self.0 {
            Kind::Fixed(token) => Ok(token.clone()),
            Kind::Fresh(ask) => ask().await,
        }
    }
}

impl fmt::Debug for Token {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

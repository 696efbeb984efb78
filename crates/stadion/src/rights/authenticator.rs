//! From a request's headers to who calls.

use std::net::SocketAddr;

use http::{HeaderMap, StatusCode, Uri};

use super::Principal;
use super::credential::{self, Credential};
use super::jwt::{KeyFileError, Tokens};
use super::key::Keys;
use super::origin::{self, Host};
use crate::config::{Access, Config};

/// A request that is not answered, whatever it asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A credential was shown and does not hold. What is wrong with it, never the credential.
    #[error("the credential is not valid: {0}")]
    BadCredential(&'static str),
    /// No authentication is configured, and the request is not plainly from this machine. How that was seen.
    #[error(
        "without authentication only this machine is served, and {0}; \
         configure [[key]] or [jwt] (\"stadion key\" makes a key), or start with --insecure"
    )]
    NotLocal(String),
}

impl Refused {
    /// 401 or 403.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Refused::BadCredential(_) => StatusCode::UNAUTHORIZED,
            Refused::NotLocal(_) => StatusCode::FORBIDDEN,
        }
    }

    /// `bad_credential` or `not_local`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refused::BadCredential(_) => "bad_credential",
            Refused::NotLocal(_) => "not_local",
        }
    }

    /// One line for the caller; a `NotLocal` is worth a line in the log too.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }
}

/// Knows every credential. Made once; shared by all connections.
#[derive(Debug)]
pub struct Authenticator {
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Loopback,
    Insecure,
    Authenticated { keys: Keys, tokens: Option<Box<Tokens>> },
}

impl Authenticator {
    /// Reads the files that `[jwt]` names.
    ///
    /// # Errors
    /// A file that cannot be read or holds no key. Exit code 2.
    pub fn new(config: &Config) -> Result<Authenticator, KeyFileError> {
        let mode = match config.access {
            Access::Loopback => Mode::Loopback,
            Access::Insecure => Mode::Insecure,
            Access::Authenticated => Mode::Authenticated {
                keys: Keys::new(&config.keys),
                tokens: config.jwt.as_ref().map(Tokens::load).transpose()?.map(Box::new),
            },
        };
        Ok(Authenticator { mode })
    }

    /// Who sends a request with these headers, from this connection's other end.
    ///
    /// Without authentication it allocates nothing unless it refuses. With it, a key costs a SHA-256, a token a
    /// signature check; for a WebSocket it is called once, at the upgrade.
    ///
    /// # Errors
    /// [`Refused`] if a credential does not hold, or if without authentication the request is not from this machine.
    pub fn principal(&self, headers: &HeaderMap, uri: &Uri, peer: SocketAddr) -> Result<Principal, Refused> {
        match &self.mode {
            Mode::Loopback => {
                origin::require_local(headers, uri, peer)?;
                let is_own = |host: Host<'_>| host.is_loopback();
                Ok(if origin::is_cross_site(headers, is_own) {
                    Principal::CrossSite
                } else {
                    Principal::Local
                })
            }
            Mode::Insecure => {
                let own = origin::hosts(headers, uri).next().flatten();
                let is_own = |host: Host<'_>| own.is_some_and(|own| own.has_name_of(host));
                Ok(if origin::is_cross_site(headers, is_own) {
                    Principal::CrossSite
                } else {
                    Principal::Local
                })
            }
            Mode::Authenticated { keys, tokens } => match credential::of_request(headers, uri)? {
                Some(credential) => verify(keys, tokens.as_deref(), &credential),
                None => Ok(Principal::Anonymous),
            },
        }
    }
}

fn verify(keys: &Keys, tokens: Option<&Tokens>, credential: &Credential<'_>) -> Result<Principal, Refused> {
    if !credential.looks_like_a_token() {
        let program = keys.find(credential.secret());
        return program.map(Principal::Key).ok_or(Refused::BadCredential("no such key"));
    }
    match tokens {
        Some(tokens) => tokens.verify(credential.secret()).map(Principal::Player),
        None => Err(Refused::BadCredential("players' tokens are not configured here")),
    }
}

#[cfg(test)]
mod tests;

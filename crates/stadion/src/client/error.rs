//! Why a command that speaks to a server ends without having done it.

use std::path::PathBuf;

use super::address::AddressError;
use crate::cli::{EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE};

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What was typed is wrong: what, and what is allowed.
    #[error("{0}")]
    Usage(String),
    #[error("the server at {host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    #[error("the server refused {what}: {status} {message}")]
    Refused { what: String, status: u16, message: String },
    #[error("the server closed the connection for good: {code} {reason}")]
    Closed { code: u16, reason: String },
    #[error("the position is lost, events are missing: {0}; --from live goes on with what is")]
    PositionLost(String),
    #[error("{what} {path}: {error}", path = path.display())]
    File { what: &'static str, path: PathBuf, error: std::io::Error },
    #[error("cannot listen on {address}: {error}; choose another address with --address")]
    Listen { address: std::net::SocketAddr, error: std::io::Error },
    #[error("cannot read standard input: {0}")]
    Input(std::io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
    #[error("cannot start: {0}")]
    Start(std::io::Error),
    #[error("cannot make a key: {0}")]
    Entropy(getrandom::Error),
    /// A line of the input can't be published.
    #[error("line {line}: {why}")]
    BadLine { line: u64, why: String },
    /// The part that failed ended in a way that nobody foresaw.
    #[error("the command failed in itself: {0}")]
    Broken(String),
    #[error("interrupted")]
    Interrupted,
}

impl ClientError {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Address(_) | Self::Usage(_) => EXIT_USAGE,
            Self::Interrupted => EXIT_INTERRUPTED,
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Closed { .. }
            | Self::PositionLost(_)
            | Self::File { .. }
            | Self::Listen { .. }
            | Self::Input(_)
            | Self::Output(_)
            | Self::Start(_)
            | Self::Entropy(_)
            | Self::BadLine { .. }
            | Self::Broken(_) => EXIT_FAILED,
        }
    }
}

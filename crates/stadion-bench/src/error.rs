//! What can go wrong with a measurement.

use std::io;
use std::path::PathBuf;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("cannot {what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("{} is not there: build it first (cargo build --release -p stadion), or name it with --stadion", .0.display())]
    NoProgram(PathBuf),
    #[error("{program} did not become ready: {why}\n{said}")]
    NotReady { program: String, why: &'static str, said: String },
    /// The server answered, but not what it should have.
    #[error("wrong answer: {0}")]
    Wrong(String),
    #[error("{what} did not happen within {seconds} s")]
    TooSlow { what: String, seconds: u64 },
}

/// Names the operation that failed.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, BenchError>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Into<String>) -> Result<T, BenchError> {
        self.map_err(|source| BenchError::Io { what: what.into(), source: source.into() })
    }
}

//! The command line: what may be typed, and the commands that are over at once.
//!
//! `main` parses, runs and turns the outcome into the exit code; [`ServeArgs`] is the only part that `serve` needs.
//! Results go to standard output ([`print_result`] is the one place that writes there), everything else to standard
//! error. `clap` itself ends the process with 2 for a mistyped command or option and with 0 for `--help`.

mod check_config;
mod completions;
mod key;
mod publish;
mod record;
mod replay;
mod serve;
mod server;
mod tail;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use check_config::CheckConfigArgs;
pub use completions::CompletionsArgs;
pub use key::KeyArgs;
pub use publish::PublishArgs;
pub use record::RecordArgs;
pub use replay::ReplayArgs;
pub use serve::{LogArgs, LogFormat, LogLevel, ServeArgs};
pub use server::ServerArgs;
use server::parse_stream;
pub use tail::TailArgs;

use crate::config::ConfigError;
use crate::rights::KeyFileError;

/// It was done.
pub const EXIT_DONE: u8 = 0;
/// It failed.
pub const EXIT_FAILED: u8 = 1;
/// It was asked for in a wrong way, or configured so.
pub const EXIT_USAGE: u8 = 2;
/// The user interrupted it.
pub const EXIT_INTERRUPTED: u8 = 130;

const AFTER_HELP: &str = "\
Examples:
  stadion serve --open                 everything on http://127.0.0.1:9922, and its page
  stadion serve --config stadion.toml  as the file says
  stadion publish hall:1 events.jsonl  JSON Lines into a stream
  stadion tail hall:1                  and out of it
  stadion key --name timing --right 'publish competition:*'

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
Results go to standard output, everything else to standard error.";

/// One program that carries a live match from "who plays?" to "watch it again".
#[derive(Debug, Parser)]
#[command(name = "stadion", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: everything in one process on one port
    Serve(ServeArgs),
    /// Write JSON Lines into a stream of events
    Publish(PublishArgs),
    /// Append what a competition or a stream brings to a file
    Record(RecordArgs),
    /// Play a recording to whoever connects, or into a running server
    Replay(ReplayArgs),
    /// Print a stream's events as JSON Lines
    Tail(TailArgs),
    /// Check a configuration file as `serve` would, without starting anything
    CheckConfig(CheckConfigArgs),
    /// Make an API key for a program, and what to put into the configuration
    Key(KeyArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Why a command ends without having done it.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that the configuration names is wrong.
    #[error("{file}: {error}", file = .0.display(), error = .1)]
    KeyFile(PathBuf, KeyFileError),
    /// The system gave no random numbers.
    #[error("cannot make a key: {0}")]
    Entropy(getrandom::Error),
    /// Standard output takes nothing.
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
}

impl CliError {
    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            CliError::Config(_) | CliError::KeyFile(..) => EXIT_USAGE.into(),
            CliError::Entropy(_) | CliError::Output(_) => EXIT_FAILED.into(),
        }
    }
}

/// Writes a result to standard output. A reader that has gone (`stadion … | head`) has what it wanted.
///
/// # Errors
/// Standard output cannot be written to, for another reason.
pub fn print_result(text: &str) -> Result<(), CliError> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A setting of `record` and `replay` by its environment variable, under our name or under the one that recorders of
/// Vantage events know.
fn setting(name: &str) -> Option<String> {
    ["STADION", "VANTAGE"].iter().find_map(|prefix| std::env::var(format!("{prefix}_{name}")).ok())
}

#[cfg(test)]
mod tests;

//! `stadion tail`.

use std::process::ExitCode;

use clap::Args;

use super::{EXIT_USAGE, ServerArgs, parse_stream};
use crate::client::process;
use crate::client::tail::Tail;
use crate::command::report;
use crate::reading::from::Point;

const AFTER_HELP: &str = "\
Each event is one line on standard output, in the bytes it was published with; line breaks between its parts become
blanks. When the connection breaks it goes on where it was, without gap or duplicate; where that is no longer possible
it ends with exit code 1.

Examples:
  stadion tail hall:1
  stadion tail competition:9a1d --from start | jq .typeName
  stadion tail hall:1 --from -5m --envelope
  stadion tail hall:1 --from 2026-11-21T12:00:00Z --server http://hall.example.org:9922";

/// Options of `stadion tail`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TailArgs {
    /// The stream
    #[arg(value_name = "STREAM", value_parser = parse_stream)]
    pub stream: String,

    /// live (its live state, then what comes), head (only what comes), start (the oldest kept), a position EPOCH:OFFSET
    /// (what is behind it), a time like 2026-11-21T12:00:00Z, or -5m
    #[arg(long, value_name = "WHERE", default_value = "live", value_parser = parse_from, allow_hyphen_values = true)]
    pub from: String,

    /// Print each event in its envelope (stream, epoch, offset, time, type, body), and the mark behind live state
    #[arg(long)]
    pub envelope: bool,

    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,
}

impl TailArgs {
    /// Prints until it is interrupted or nobody reads any more.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        let address = match self.server.address() {
            Ok(address) => address,
            Err(error) => return report(&error, EXIT_USAGE.into()),
        };
        let tail = Tail {
            address,
            token: self.server.token.clone(),
            stream: self.stream.clone(),
            from: self.from.clone(),
            envelopes: self.envelope,
        };
        process::run(process::until_interrupted(tail.run()))
    }
}

fn parse_from(text: &str) -> Result<String, String> {
    let allowed = "\"live\", \"head\", \"start\", a position, a time like 2026-11-21T12:00:00Z or -5m";
    Point::parse(text).map(|_| text.to_owned()).ok_or_else(|| format!("it is {allowed}"))
}

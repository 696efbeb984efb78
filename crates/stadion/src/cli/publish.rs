//! `stadion publish`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{EXIT_USAGE, ServerArgs, parse_stream};
use crate::client::process;
use crate::client::publish::Publish;
use crate::command::report;

const AFTER_HELP: &str = "\
Each line is one event, kept byte for byte; empty lines are skipped. Lines are sent in batches of up to 500 or 1 MiB. A
line that is no JSON is named with its number, nothing of its batch is written, and the exit code is 1.

While the server is away it is tried again, each line is written once. From a pipe that goes on for as long as it takes:
nothing more is read meanwhile, so whoever writes into the pipe waits. With FILE it ends after 30 s.

Examples:
  stadion publish hall:1 events.jsonl
  ./timing | stadion publish competition:9a1d --server http://hall.example.org:9922
  echo '{\"typeName\":\"Hello\"}' | stadion publish hall:1";

/// Options of `stadion publish`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PublishArgs {
    /// The stream
    #[arg(value_name = "STREAM", value_parser = parse_stream)]
    pub stream: String,

    /// JSON Lines [default: standard input]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,
}

impl PublishArgs {
    /// Publishes everything.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        let address = match self.server.address() {
            Ok(address) => address,
            Err(error) => return report(&error, EXIT_USAGE.into()),
        };
        let file = self.file.clone().filter(|file| file.as_os_str() != "-");
        let publish =
            Publish { address, token: self.server.token.clone(), stream: self.stream.clone(), file };
        process::run(process::until_interrupted(publish.run()))
    }
}

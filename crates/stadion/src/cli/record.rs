//! `stadion record`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{EXIT_USAGE, parse_stream, setting};
use crate::client::address::Address;
use crate::client::error::ClientError;
use crate::client::process;
use crate::client::record::{Record, What};
use crate::command::report;

const AFTER_HELP: &str = "\
Each event becomes one line: a JSON object, the event's own bytes with the time at which it was received as \"_time\". A
file that is there already is appended to. Beside it, FILE.position says up to where it is whole: after an interruption
of any kind, recording goes on there without gap or duplicate. Where that is not possible, a line {\"_time\",\"_gap\":true}
says so and live state follows. It waits for a server that is not there yet, and comes back to one that went away.

Environment: STADION_HOST, STADION_FILE, STADION_COMPETITION; or VANTAGE_HOST, VANTAGE_FILE, VANTAGE_COMPETITION.

Examples:
  stadion record --file hall.json --host ws://127.0.0.1:9922 --stream hall:1
  stadion record --file activations.json --host ws://results.example.org
  stadion record --file race.json --host ws://results.example.org --competition 9a1d";

/// Options of `stadion record`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RecordArgs {
    /// The file to append to
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The server: ws://HOST:PORT, and with a path exactly that address (TLS is not built yet, so a bare host is refused)
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,

    /// The competition to record [default: the activations of all]
    #[arg(long, value_name = "ID", conflicts_with = "stream")]
    pub competition: Option<String>,

    /// The stream to record, instead of a competition
    #[arg(long, value_name = "NAME", value_parser = parse_stream)]
    pub stream: Option<String>,

    /// An API key or a JSON Web Token; the environment does not show it to other users of this machine
    #[arg(long, value_name = "TOKEN", env = "STADION_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

impl RecordArgs {
    /// Records until it is interrupted.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.plan() {
            Ok(record) => process::run(record.run()),
            Err(error) => report(&error, EXIT_USAGE.into()),
        }
    }

    fn plan(&self) -> Result<Record, ClientError> {
        let missing =
            |option: &str| ClientError::Usage(format!("say --{option}; \"stadion record --help\" shows how"));
        let file = self.file.clone().or_else(|| setting("FILE").map(PathBuf::from));
        let host = self.host.clone().or_else(|| setting("HOST")).ok_or_else(|| missing("host ws://HOST"))?;
        let what = match (&self.stream, &self.competition) {
            (Some(stream), _) => What::Stream(stream.clone()),
            (None, Some(id)) => What::Competition(id.clone()),
            (None, None) => setting("COMPETITION").map_or(What::Competitions, What::Competition),
        };
        Ok(Record {
            file: file.ok_or_else(|| missing("file FILE"))?,
            address: Address::parse(&host)?,
            token: self.token.clone(),
            what,
        })
    }
}

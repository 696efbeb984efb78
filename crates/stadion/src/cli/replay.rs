//! `stadion replay`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{EXIT_USAGE, parse_stream, setting};
use crate::client::address::Address;
use crate::client::error::ClientError;
use crate::client::process;
use crate::client::replay::Replay;
use crate::client::replay_into::Feed;
use crate::client::script::Options;
use crate::command::report;
use crate::config::parse_duration;

const AFTER_HELP: &str = "\
Serves a recording (\"stadion record\" makes one) by WebSocket at any path. Each subscriber gets it from the start, line by
line as it stands, with the recorded waits divided by the speed; after the last line the connection stays open.

With --into it feeds a running server instead, by one clock for all who watch there: without \"_time\", each event to its
competition, or all to --stream. The server being away for a while is waited for.

Environment: STADION_FILE, STADION_ADDRESS, STADION_SPEED; or VANTAGE_FILE, VANTAGE_ADDRESS, VANTAGE_SPEED.

Examples:
  stadion replay --file race.json
  stadion replay --file race.json --address 127.0.0.1:3000 --speed 4 --from 12m30s
  stadion replay --file race.json --speed 20 --into http://127.0.0.1:9922
  stadion replay --file hall.json --loop --into http://127.0.0.1:9922 --stream hall:1";

/// Options of `stadion replay`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReplayArgs {
    /// The recording
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Where to serve; a port alone means every address of this machine, port 0 a free one [default: :3000]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address, conflicts_with = "into")]
    pub address: Option<SocketAddr>,

    /// How many times as fast, any number above 0 [default: 1]
    #[arg(long, value_name = "NUMBER", value_parser = parse_speed)]
    pub speed: Option<f64>,

    /// Begin so long after the first event; the live state at that point comes first, at once
    #[arg(long, value_name = "DURATION", value_parser = parse_from)]
    pub from: Option<Duration>,

    /// Begin anew after the last line; with --into the streams are deleted first, so that each round is a new epoch
    #[arg(long = "loop")]
    pub is_loop: bool,

    /// End at a damaged line instead of passing over it
    #[arg(long)]
    pub strict: bool,

    /// Feed this server instead of serving
    #[arg(long, value_name = "URL")]
    pub into: Option<String>,

    /// The stream that gets all events [default: each goes to its competition]
    #[arg(long, value_name = "NAME", value_parser = parse_stream, requires = "into")]
    pub stream: Option<String>,

    /// An API key or a JSON Web Token for --into; the environment does not show it to other users of this machine
    #[arg(long, value_name = "TOKEN", env = "STADION_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// What the options come to.
enum Plan {
    Serve(Replay),
    Feed(Feed),
}

impl ReplayArgs {
    /// Replays until it is interrupted, or with --into until the recording is over.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.plan() {
            Ok(Plan::Serve(replay)) => process::run(process::until_interrupted(replay.run())),
            Ok(Plan::Feed(feed)) => process::run(process::until_interrupted(feed.run())),
            Err(error) => report(&error, EXIT_USAGE.into()),
        }
    }

    fn plan(&self) -> Result<Plan, ClientError> {
        let usage = ClientError::Usage;
        let file = self.file.clone().or_else(|| setting("FILE").map(PathBuf::from));
        let file =
            file.ok_or_else(|| usage("say --file FILE; \"stadion replay --help\" shows how".to_owned()))?;
        let speed = match (self.speed, setting("SPEED")) {
            (Some(speed), _) => speed,
            (None, Some(text)) => parse_speed(&text).map_err(|why| usage(format!("SPEED: {why}")))?,
            (None, None) => 1.0,
        };
        let from = self.from.unwrap_or_default();
        let options = Options { file, speed, from, is_strict: self.strict };
        if let Some(into) = &self.into {
            let address = Address::parse(into)?;
            let (token, stream) = (self.token.clone(), self.stream.clone());
            return Ok(Plan::Feed(Feed { options, address, token, stream, is_loop: self.is_loop }));
        }
        let address = match (self.address, setting("ADDRESS")) {
            (Some(address), _) => address,
            (None, Some(text)) => parse_address(&text).map_err(|why| usage(format!("ADDRESS: {why}")))?,
            (None, None) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 3000)),
        };
        Ok(Plan::Serve(Replay { options, address, is_loop: self.is_loop }))
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let parsed = match text.strip_prefix(':') {
        Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))),
        None => text.parse().ok(),
    };
    parsed.ok_or_else(|| "an address is :PORT or ADDRESS:PORT".to_owned())
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "a speed is a number above 0".to_owned())
}

fn parse_from(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a duration is like 12m30s".to_owned())
}

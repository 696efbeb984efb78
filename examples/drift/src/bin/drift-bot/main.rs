//! Joins a match of Drift and plays it, as a player in a browser does: it simulates the same ticks,
//! and steers by the same few events.

mod hash_log;
mod pilot;
mod session;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use drift::parse_name;

use session::Session;

/// Plays a match of Drift without a browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The server's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9922")]
    server: String,
    /// The match, as in the page's address after `?game=`
    #[arg(long, value_name = "STREAM")]
    game: String,
    /// What the others see
    #[arg(long, default_value = "Bot", value_parser = name)]
    name: String,
    /// How long to play; without it until Ctrl-C
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Where to write the state's hash after each tick, a line `tick hash` each; begun anew with a new epoch
    #[arg(long, value_name = "FILE")]
    hash_log: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, String> {
    parse_name(text).map(str::to_owned).ok_or_else(|| "a name has 1 to 16 visible characters".to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match play(Options::parse()).await {
        Ok(summary) => {
            // A reader that went away, as `head` does, is no failure.
            writeln!(std::io::stdout(), "{summary}").ok();
            ExitCode::SUCCESS
        }
        Err(error) => {
            writeln!(std::io::stderr(), "drift-bot: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

async fn play(options: Options) -> Result<String, Box<dyn std::error::Error>> {
    let mut session =
        Session::join(&options.server, &options.game, &options.name, options.hash_log.as_deref()).await?;
    let seconds = options.seconds.map(Duration::from_secs);
    let over = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(seconds).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = session.play() => ended?,
        () = over => {}
        interrupt = tokio::signal::ctrl_c() => interrupt?,
    }
    session.summary()
}

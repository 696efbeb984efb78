//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bench::{Plan, push, start, sync};
use crate::error::BenchError;
use crate::process::cores::{self, Cores};
use crate::report::{Machine, Report};
use crate::{bare, progress};

const AFTER_HELP: &str = "\
Tables go to standard output as Markdown, progress to standard error where that is a terminal.

Examples:
  cargo build --release -p stadion -p stadion-bench
  target/release/stadion-bench all --rounds 7 --json figures.json
  target/release/stadion-bench sync --rounds 9
  target/release/stadion-bench push --stadion /usr/bin/stadion";

/// Measures what `stadion` costs: the real program on one core, the load on another.
#[derive(Debug, Parser)]
#[command(name = "stadion-bench", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Polls: CPU a poll beside a bare axum handler, at 10, 10,000 and 500,000 events in the stream
    Sync,
    /// Push: 1,000 clients at 20 ticks a second beside a bare send; memory a client
    Push,
    /// Start: time until it is ready, memory when idle
    Start,
    /// All of them, one after the other
    All,
    /// What `sync` measures beside: answers a constant
    #[command(hide = true)]
    BareHandler {
        #[arg(long)]
        answer_bytes: usize,
    },
    /// What `push` measures beside: sends the same bytes to everybody
    #[command(hide = true)]
    BareSend {
        #[arg(long)]
        readers: usize,
        #[arg(long)]
        groups: usize,
        #[arg(long)]
        frame_bytes: usize,
        #[arg(long)]
        tick_ms: u64,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// The program to measure [default: `stadion` beside this one]
    #[arg(long, global = true, value_name = "PATH")]
    stadion: Option<PathBuf>,

    /// Write everything that was measured to this file too
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,

    /// A short run that shows that everything works; its figures say nothing
    #[arg(long, global = true)]
    quick: bool,

    /// Rounds in which each is measured once [default: 5; 1 when quick]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,

    /// How long each is measured in a round [default: 4; 0.3 when quick]
    #[arg(long, global = true, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
}

impl Cli {
    /// Measures and reports.
    pub(crate) fn run(self) -> Result<(), BenchError> {
        let Self { command, options } = self;
        let benches: &[fn(&Plan) -> Result<_, BenchError>] = match command {
            Command::Sync => &[sync::run],
            Command::Push => &[push::run],
            Command::Start => &[start::run],
            Command::All => &[sync::run, push::run, start::run],
            Command::BareHandler { answer_bytes } => return bare::handler::run(answer_bytes),
            Command::BareSend { readers, groups, frame_bytes, tick_ms } => {
                let tick = Duration::from_millis(tick_ms);
                return bare::send::run(bare::send::Sending { readers, groups, frame_bytes, tick });
            }
        };
        cores::raise_open_files()?;
        let cores_there = std::thread::available_parallelism().map_or(1, usize::from);
        let plan = options.plan(Cores::take()?)?;
        let mut tables = Vec::new();
        for bench in benches {
            tables.push(bench(&plan)?);
        }
        progress::done();
        let report = Report {
            command: command_line(),
            machine: Machine::this(cores_there),
            quick: plan.quick,
            tables,
        };
        report.publish(options.json.as_deref())
    }
}

impl Options {
    fn plan(&self, cores: Cores) -> Result<Plan, BenchError> {
        let stadion = match &self.stadion {
            Some(path) => path.clone(),
            None => std::env::current_exe().unwrap_or_default().with_file_name("stadion"),
        };
        if !stadion.is_file() {
            return Err(BenchError::NoProgram(stadion));
        }
        let (rounds, seconds) = if self.quick { (1, 0.3) } else { (5, 4.0) };
        Ok(Plan {
            // A child starts in a folder of its own.
            stadion: std::path::absolute(&stadion).unwrap_or(stadion),
            cores,
            quick: self.quick,
            rounds: self.rounds.unwrap_or(rounds),
            each: self.seconds.unwrap_or(Duration::from_secs_f64(seconds)),
        })
    }
}

/// What was typed, without where the program lies.
fn command_line() -> String {
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once("stadion-bench".to_owned()).chain(args).collect::<Vec<_>>().join(" ")
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    let bounds = Duration::from_millis(10)..=Duration::from_secs(600);
    bounds.contains(&duration).then_some(duration).ok_or_else(|| "between 0.01 and 600".to_owned())
}

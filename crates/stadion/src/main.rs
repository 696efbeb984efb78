//! The command `stadion`: parses, runs, and turns what came of it into the exit code.

use std::process::ExitCode;

use clap::Parser;
use stadion::cli::{Cli, Command};
use stadion::command;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => return command::serve(&args),
        Command::Publish(args) => return args.run(),
        Command::Record(args) => return args.run(),
        Command::Replay(args) => return args.run(),
        Command::Tail(args) => return args.run(),
        Command::CheckConfig(args) => args.run(),
        Command::Key(args) => args.run(),
        Command::Completions(args) => args.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => command::report(&error, error.exit_code()),
    }
}

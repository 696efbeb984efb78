//! The command `stadion-bench`: what `stadion` costs, measured from outside on the real program.
//!
//! The server under test is a child process on one core, the load is this process on another. What stands beside it
//! (a bare handler, a bare send) is a child on the server's core, measured in the same run, in turns.

mod bare;
mod bench;
mod cli;
mod error;
mod load;
mod process;
mod progress;
mod report;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::complain(&error);
            ExitCode::FAILURE
        }
    }
}

//! `stadion check-config FILE`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{CliError, print_result};
use crate::config::{Config, Flags};
use crate::rights::Authenticator;

const AFTER_HELP: &str = "\
Checks what `stadion serve --config FILE` would: the file, the environment variables STADION_… above it, and the
files that [jwt] names. All faults are named at once, with file and line; then the exit code is 2.

Example:
  stadion check-config stadion.toml && systemctl restart stadion";

/// Options of `stadion check-config`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckConfigArgs {
    /// The configuration file (TOML)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The server will be started with --insecure
    #[arg(long, env = "STADION_INSECURE", value_parser = FalseyValueParser::new())]
    pub insecure: bool,
}

impl CheckConfigArgs {
    /// Checks the file, and says on standard output that it is right.
    ///
    /// # Errors
    /// All its faults.
    pub fn run(&self) -> Result<(), CliError> {
        let flags = Flags { insecure: self.insecure, ..Flags::default() };
        let config = Config::load(Some(&self.file), std::env::vars_os(), &flags)?;
        Authenticator::new(&config).map_err(|error| CliError::KeyFile(self.file.clone(), error))?;
        print_result(&format!("{} is valid\n", self.file.display()))
    }
}

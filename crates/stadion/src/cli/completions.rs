//! `stadion completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, CliError, print_result};

const AFTER_HELP: &str = "\
Examples:
  stadion completions bash > ~/.local/share/bash-completion/completions/stadion
  stadion completions zsh > ~/.zfunc/_stadion
  stadion completions fish > ~/.config/fish/completions/stadion.fish";

/// Options of `stadion completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

impl CompletionsArgs {
    /// Writes the shell's script to standard output.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub fn run(&self) -> Result<(), CliError> {
        print_result(&self.script())
    }

    /// The script. It is gathered first: the generator cannot fail softly when a pipe breaks.
    pub(super) fn script(&self) -> String {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "stadion", &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}

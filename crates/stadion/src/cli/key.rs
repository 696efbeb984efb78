//! `stadion key`.

use clap::Args;

use super::{CliError, print_result};
use crate::rights::{Grant, NewKey};

const AFTER_HELP: &str = "\
Standard output: the key in the first line, then what belongs into the configuration file. The key is shown this once;
the configuration holds its SHA-256 alone. A program shows it as `Authorization: Bearer KEY`.

Rights:
  read STREAM, play STREAM, publish STREAM, administer STREAM   STREAM may hold *: 'competition:*'
  lobby PRODUCT, matchmake QUEUE                                a player's calls
  server                                                        the server manager's calls, results
  operate                                                       allocate, tickets of others, the broker's stream

Examples:
  stadion key --name timing --right 'publish competition:*'
  stadion key --name console --right 'read *' --right operate";

/// The longest name, as the configuration allows it.
const NAME_BYTES_MAX: usize = 64;

/// Options of `stadion key`.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct KeyArgs {
    /// The program's name, for the log
    #[arg(long, value_name = "NAME", default_value = "program", value_parser = parse_name)]
    pub name: String,

    /// What the program may do; may be given several times [default: nothing]
    #[arg(long = "right", value_name = "RIGHT", value_parser = parse_right)]
    pub rights: Vec<Grant>,
}

impl KeyArgs {
    /// Makes a key and writes it, with its section of the configuration, to standard output.
    ///
    /// # Errors
    /// No entropy, or standard output cannot be written to.
    pub fn run(&self) -> Result<(), CliError> {
        let key = NewKey::make().map_err(CliError::Entropy)?;
        print_result(&format!("{}\n\n{}", key.secret(), self.section(&key)))
    }

    /// The `[[key]]` to paste.
    pub(super) fn section(&self, key: &NewKey) -> String {
        let rights: Vec<String> = self.rights.iter().map(|right| toml_text(&right.to_string())).collect();
        format!(
            "[[key]]\nname = {}\nsha256 = \"{}\"\nrights = [{}]\n",
            toml_text(&self.name),
            key.sha256(),
            rights.join(", ")
        )
    }
}

fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn parse_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.contains(char::is_control) {
        return Err(format!("a name is text of 1 to {NAME_BYTES_MAX} bytes"));
    }
    Ok(text.to_owned())
}

fn parse_right(text: &str) -> Result<Grant, String> {
    Grant::parse(text).ok_or_else(|| {
        "a right is \"read\", \"play\", \"publish\", \"administer\" and a stream like \"competition:*\", \
         \"lobby\" and a product, \"matchmake\" and a queue, \"server\" or \"operate\""
            .to_owned()
    })
}

//! Where a configuration comes from: flags above environment variables above the file.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(test)]
use super::error::KnownKey;
use super::error::Report;
use super::section::Section;
use super::tree::{Node, Place, Table, overlay, parse_file};
use super::{
    Access, Config, ConfigError, DATA_FOLDER, Data, LISTEN, address, authentication, limits, lockstep,
};
use super::{namespace, unbuilt};

/// Environment variables begin with this.
const PREFIX: &str = "STADION_";

/// Environment variables that stand for a flag of a command and for no key of the file. `cli` reads them.
pub const FLAG_VARIABLES: [&str; 12] = [
    "STADION_CONFIG",
    "STADION_MEMORY",
    "STADION_INSECURE",
    "STADION_LOG",
    "STADION_LOG_FORMAT",
    "STADION_SERVER",
    "STADION_TOKEN",
    "STADION_HOST",
    "STADION_FILE",
    "STADION_COMPETITION",
    "STADION_ADDRESS",
    "STADION_SPEED",
];

/// A configuration is written by people; what is larger is some other file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data`.
    pub data: Option<String>,
    /// `--memory`: nothing is kept, whatever `data` says.
    pub memory: bool,
    /// `--insecure`: a public address without authentication is meant.
    pub insecure: bool,
}

impl Config {
    /// Reads and checks the whole configuration. `env` is the process's environment; of it only the variables that
    /// begin with `STADION_` are looked at.
    ///
    /// Paths in the file count from the file's folder, those in the environment and in flags from the working one.
    ///
    /// # Errors
    /// Every fault, if there is one; a file that cannot be read is one too.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (OsString, OsString)>,
        flags: &Flags,
    ) -> Result<Config, ConfigError> {
        let Some(path) = file else { return Config::from_text("", "", env, flags) };
        let name = path.display().to_string();
        let text =
            read_file(path).map_err(|error| ConfigError::one(format!("cannot read {name}: {error}")))?;
        Config::from_text(&name, &text, env, flags)
    }

    /// The same with the file's text at hand; `name` is its path.
    ///
    /// # Errors
    /// Every fault, if there is one.
    pub fn from_text(
        name: &str,
        text: &str,
        env: impl IntoIterator<Item = (OsString, OsString)>,
        flags: &Flags,
    ) -> Result<Config, ConfigError> {
        let report = Report::default();
        let mut tree = parse_file(name, text)?;
        overlay_environment(&mut tree, env, &report);
        overlay_flags(&mut tree, flags, &report);
        let config = read_all(&tree, Path::new(name).parent(), flags, &report);
        let (_, error) = report.into_result();
        error.map_or(Ok(config), Err)
    }
}

/// Every key that a configuration with this text asks for.
#[cfg(test)]
pub(super) fn known_keys(text: &str) -> Vec<KnownKey> {
    let report = Report::default();
    let tree = parse_file("keys.toml", text).unwrap();
    read_all(&tree, None, &Flags::default(), &report);
    report.into_result().0
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        let message = format!("it is larger than {FILE_BYTES_MAX} bytes, which no configuration is");
        return Err(std::io::Error::other(message));
    }
    Ok(text)
}

fn overlay_environment(
    tree: &mut Table,
    env: impl IntoIterator<Item = (OsString, OsString)>,
    report: &Report,
) {
    for (name, value) in env {
        let Some(name) = name.to_str() else { continue };
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        if FLAG_VARIABLES.contains(&name) {
            continue;
        }
        let place = Place::Variable(name.to_owned());
        let Some(value) = value.to_str() else {
            report.fault(&place, "the value is not UTF-8");
            continue;
        };
        let key = key.to_ascii_lowercase();
        let path: Vec<&str> = key.split("__").collect();
        overlay(tree, &path, value.to_owned(), &place, report);
    }
}

fn overlay_flags(tree: &mut Table, flags: &Flags, report: &Report) {
    for (name, key, value) in [("--listen", "listen", &flags.listen), ("--data", "data", &flags.data)] {
        if let Some(value) = value {
            overlay(tree, &[key], value.clone(), &Place::Flag(name), report);
        }
    }
}

/// Reads every section. What is wrong is in the report, and the values given back are then of no use.
fn read_all(tree: &Table, folder: Option<&Path>, flags: &Flags, report: &Report) -> Config {
    let root = Section::root(tree, report);
    let listen = root
        .optional("listen", address::ALLOWED, &format!("\"{LISTEN}\""), |node| {
            node.text().and_then(address::parse_listen)
        })
        .unwrap_or(LISTEN);
    let data = path_key(&root, "data", &format!("\"{DATA_FOLDER}\""), folder);
    let data = if flags.memory { Data::Memory } else { Data::Folder(data.unwrap_or(DATA_FOLDER.into())) };
    let limits = limits::read(root.section("limits"));
    let lockstep = lockstep::read(root.section("lockstep"));
    let jwt = authentication::read_jwt(root.section("jwt"), folder);
    let keys = authentication::read_keys(root.sections("key"));

    // A section with a fault counts too: it must not be followed by the advice to add it.
    let is_authenticated = tree.contains_key("jwt") || tree.contains_key("key");
    let access = match (is_authenticated, flags.insecure) {
        (true, _) => Access::Authenticated,
        (false, true) => Access::Insecure,
        (false, false) => Access::Loopback,
    };
    let is_public = !listen.ip().to_canonical().is_loopback();
    if is_public && access == Access::Loopback {
        root.fault_at(
            "listen",
            format_args!(
                "is a public address, {listen}, and there is neither [[key]] nor [jwt]: add one of them \
                 (\"stadion key\" makes a key), listen on 127.0.0.1, or start with --insecure"
            ),
        );
    }
    let anonymous = namespace::AnonymousRule::of(access, is_public);
    let namespaces = namespace::read(root.sections("namespace"), lockstep.tick, anonymous);
    unbuilt::read(&root);
    root.finish();
    Config { listen, data, limits, lockstep, namespaces, jwt, keys, access }
}

/// A path: one in the file counts from the file's folder.
pub(super) fn path_key(
    section: &Section<'_>,
    key: &'static str,
    default: &str,
    folder: Option<&Path>,
) -> Option<PathBuf> {
    let path = PathBuf::from(section.optional(key, "a path", default, Node::some_text)?);
    match (section.place_of(key), folder) {
        (Some(Place::File { .. }), Some(folder)) => Some(folder.join(path)),
        (Some(Place::File { .. } | Place::Variable(_) | Place::Flag(_) | Place::Default) | None, _) => {
            Some(path)
        }
    }
}

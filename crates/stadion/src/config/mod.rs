//! The configuration: one TOML file, environment variables above it, flags above both; read once, checked whole.
//!
//! [`Config::load`] gives plain values that are handed on in parts, or every fault at once ([`ConfigError`]). The
//! sections of parts that do not exist yet are known and checked too (`unbuilt`), so that a file written for a
//! later version is told what is missing and not that its keys are unknown. Nothing here opens the files that the
//! configuration names; `rights::Authenticator` does.
//!
//! docs/configuration.md lists every key; a test keeps the two alike.

mod address;
mod authentication;
mod duration;
mod error;
mod events;
mod limits;
mod lockstep;
mod namespace;
mod nearest;
mod proxies;
mod section;
mod size;
mod source;
mod tree;
mod unbuilt;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub use authentication::{Jwt, JwtKey, ProgramKey, Sha256};
pub use duration::{format_duration, parse_duration};
pub use error::ConfigError;
pub use events::EventRules;
pub use limits::{Limits, PerAddress};
pub use lockstep::{CorsOrigin, Lockstep};
pub use namespace::{Kind, NamespaceRules, Namespaces};
pub use proxies::{AddressRange, TrustedProxies};
pub use size::{format_size, parse_size};
pub use source::{FLAG_VARIABLES, Flags};

/// Where `serve` listens if nothing is said: this machine alone.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9922);

/// The data folder if nothing is said, in the folder the program was started in.
pub const DATA_FOLDER: &str = "./stadion-data";

/// Where events are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Nothing is kept.
    Memory,
    /// In this folder. It is not made before something is written.
    Folder(PathBuf),
}

/// Who gets in, which follows from the rest of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// There are keys or players' tokens: everybody shows a credential or is anonymous.
    Authenticated,
    /// No authentication, this machine alone: everything is allowed to it.
    Loopback,
    /// No authentication, and `--insecure` says that this is meant.
    Insecure,
}

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where events are kept.
    pub data: Data,
    /// Bounds of the server.
    pub limits: Limits,
    /// What holds for every lockstep stream.
    pub lockstep: Lockstep,
    /// The rules of streams by their names.
    pub namespaces: Namespaces,
    /// How players' tokens are checked.
    pub jwt: Option<Jwt>,
    /// The programs that have a key.
    pub keys: Vec<ProgramKey>,
    /// Who gets in.
    pub access: Access,
}

impl Default for Config {
    /// What holds without file, environment and flags.
    fn default() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "a test reads the empty configuration, nothing in it can be wrong"
        )]
        Config::from_text("", "", [], &Flags::default()).expect("the defaults are valid")
    }
}

impl Config {
    /// The rules of the stream of this name, which need not exist.
    #[must_use]
    pub fn namespace_of(&self, stream: &str) -> NamespaceRules {
        self.namespaces.of(stream)
    }

    /// Whether anybody can show a credential.
    #[must_use]
    pub fn has_authentication(&self) -> bool {
        self.access == Access::Authenticated
    }
}

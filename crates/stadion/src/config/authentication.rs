//! `[jwt]` and `[[key]]`: who can show a credential.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::section::{Bound, Section};
use super::source::path_key;
use crate::rights::Grant;

/// Clocks of well kept machines differ by seconds; a minute forgives the others too.
const LEEWAY: Bound<Duration> =
    Bound { default: Duration::from_secs(60), min: Duration::ZERO, max: Duration::from_secs(3_600) };

/// The longest name of a key, in bytes. It appears in every line of the log about its calls.
const NAME_BYTES_MAX: usize = 64;

/// What a list of rights may hold, for errors.
const RIGHTS: &str = "rights like \"publish competition:*\"";

/// How players' tokens are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwt {
    /// What their signatures are checked with.
    pub key: JwtKey,
    /// The `iss` that a token must have.
    pub issuer: Option<String>,
    /// The `aud` that a token must have.
    pub audience: Option<String>,
    /// How far clocks may differ where `exp` and `nbf` are compared.
    pub leeway: Duration,
    /// Whether a token without `exp` is refused.
    pub require_exp: bool,
}

/// The file that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwtKey {
    /// HS256 with this file's bytes; a line break at its end does not count.
    Secret(PathBuf),
    /// RS256, ES256 or EdDSA with this PEM file's public key.
    Public(PathBuf),
}

/// A program that has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramKey {
    /// Its name, for logs.
    pub name: String,
    /// Of the key's text.
    pub sha256: Sha256,
    /// What it may do.
    pub rights: Vec<Grant>,
}

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Sha256> {
        let mut digest = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, start) in digest.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(start..start + 2)?, 16).ok()?;
        }
        Some(Sha256(digest))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No secret, but nothing that helps in a log either.
        out.write_str("Sha256(…)")
    }
}

pub(super) fn read_jwt(section: Section<'_>, folder: Option<&Path>) -> Option<Jwt> {
    let secret = path_key(&section, "secret_file", "", folder);
    let public = path_key(&section, "key_file", "", folder);
    let is_remote = section.text("jwks_url", "an address").is_some();
    if is_remote {
        section.fault_at("jwks_url", "is not built yet in this version of stadion; use \"key_file\"");
    }
    let key = match (secret, public) {
        (Some(secret), None) => Some(JwtKey::Secret(secret)),
        (None, Some(public)) => Some(JwtKey::Public(public)),
        (Some(_), Some(_)) => {
            section.fault("[jwt] takes either \"secret_file\" or \"key_file\"; found both");
            None
        }
        (None, None) => {
            let is_wrong = ["secret_file", "key_file"].iter().any(|key| section.has(key));
            if section.is_written() && !is_remote && !is_wrong {
                section.fault("[jwt] needs \"secret_file\" (HS256) or \"key_file\" (RS256, ES256, EdDSA)");
            }
            None
        }
    };
    let issuer = section.text("issuer", "text");
    let audience = section.text("audience", "text");
    let leeway = section.duration("leeway", LEEWAY);
    let require_exp = section.switch("require_exp", false);
    section.finish();
    key.map(|key| Jwt { key, issuer, audience, leeway, require_exp })
}

pub(super) fn read_keys(sections: Vec<Section<'_>>) -> Vec<ProgramKey> {
    let mut keys: Vec<ProgramKey> = Vec::with_capacity(sections.len());
    let (mut names, mut digests) = (HashSet::new(), HashSet::new());
    for section in sections {
        let name = section.required("name", &format!("text of at most {NAME_BYTES_MAX} bytes"), |node| {
            node.some_text().filter(|name| name.len() <= NAME_BYTES_MAX)
        });
        let sha256 =
            section.required("sha256", "64 hexadecimal digits (\"stadion key\" makes them)", |node| {
                node.text().and_then(Sha256::parse)
            });
        let rights = section.list("rights", RIGHTS, "[]", Grant::parse).unwrap_or_default();
        if let (Some(name), Some(sha256)) = (name, sha256) {
            if !names.insert(name.clone()) {
                section.fault_at("name", format_args!("is that of another [[key]] too: {name:?}"));
            }
            if !digests.insert(sha256) {
                section.fault_at("sha256", "is that of another [[key]] too");
            }
            keys.push(ProgramKey { name, sha256, rights });
        }
        section.finish();
    }
    keys
}

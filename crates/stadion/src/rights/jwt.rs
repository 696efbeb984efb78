//! Players' tokens (JWT, RFC 7519).
//!
//! One key, one algorithm: a token whose header names another one is refused before its signature is looked at, so
//! that a public key is never taken for a shared secret, and `none` is nothing at all.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::Value;

use super::{Grant, Player, Refused};
use crate::config::{Jwt, JwtKey};

/// The longest player id, in bytes, so that `player:{id}` has the length of a stream's name at most by a little.
const PLAYER_ID_BYTES_MAX: usize = 128;

/// The most rights in a token.
const RIGHTS_MAX: usize = 256;

/// A P-256 point as a key file holds it: a byte that says "uncompressed", then two coordinates.
const P256_POINT_BYTES: usize = 65;

/// A file that `[jwt]` names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("cannot read \"jwt.{key}\", {}: {source}", path.display())]
    Unreadable {
        /// The configuration's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It was read and holds nothing usable.
    #[error("\"jwt.{key}\", {}, must hold {allowed}; it {found}", path.display())]
    Wrong {
        /// The configuration's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What it may hold.
        allowed: &'static str,
        /// What it holds.
        found: &'static str,
    },
}

/// Checks tokens.
pub(super) struct Tokens {
    key: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key of HS256 is a secret.
        out.debug_struct("Tokens").field("algorithms", &self.validation.algorithms).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<Value>,
    user_id: Option<Value>,
    rights: Option<Value>,
}

impl Tokens {
    /// Reads the key's file.
    pub(super) fn load(jwt: &Jwt) -> Result<Tokens, KeyFileError> {
        let (key, algorithm) = match &jwt.key {
            JwtKey::Secret(path) => (secret(path)?, Algorithm::HS256),
            JwtKey::Public(path) => public(path)?,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = jwt.leeway.as_secs();
        validation.validate_nbf = true;
        let mut required = HashSet::new();
        if jwt.require_exp {
            required.insert("exp".to_owned());
        }
        if let Some(issuer) = &jwt.issuer {
            validation.set_issuer(&[issuer]);
            required.insert("iss".to_owned());
        }
        match &jwt.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                required.insert("aud".to_owned());
            }
            None => validation.validate_aud = false,
        }
        validation.required_spec_claims = required;
        Ok(Tokens { key, validation })
    }

    /// The player that a token names, if it is valid now.
    pub(super) fn verify(&self, token: &str) -> Result<Arc<Player>, Refused> {
        let token = decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|error| Refused::BadCredential(reason(error.kind())))?;
        if token.header.crit.is_some() {
            return Err(Refused::BadCredential("the token demands an extension that is not known here"));
        }
        let Claims { sub, user_id, rights } = token.claims;
        let id = player_id(sub).or_else(|| player_id(user_id)).ok_or(Refused::BadCredential(
            "the token names no player: \"sub\" or \"user_id\", 1 to 128 bytes without control characters",
        ))?;
        let rights = rights
            .map_or(Some(Vec::new()), grants)
            .ok_or(Refused::BadCredential("the token's \"rights\" are not a list of at most 256 texts"))?;
        Ok(Arc::new(Player { id, rights }))
    }
}

/// A player's id is text, or a number that some sites have.
fn player_id(claim: Option<Value>) -> Option<String> {
    let id = match claim? {
        Value::String(id) => id,
        Value::Number(id) if id.is_u64() => id.to_string(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_possible = !id.is_empty() && id.len() <= PLAYER_ID_BYTES_MAX && !id.contains(char::is_control);
    is_possible.then_some(id)
}

/// The rights of a token. Those that are not known here give nothing: its issuer may serve others too.
fn grants(claim: Value) -> Option<Vec<Grant>> {
    let list = match claim {
        Value::Array(list) if list.len() <= RIGHTS_MAX => list,
        Value::Null => return Some(Vec::new()),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return None;
        }
    };
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    Some(texts?.into_iter().filter_map(Grant::parse).collect())
}

/// What to say about a token that does not hold. The library's own words could repeat parts of it.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            "the token is signed in another way than is configured"
        }
        ErrorKind::InvalidSignature => "the token's signature is wrong",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks a claim that is required: exp, iss or aud",
        _ => "the token cannot be read",
    }
}

fn secret(path: &Path) -> Result<DecodingKey, KeyFileError> {
    const KEY: &str = "secret_file";
    let bytes = read(KEY, path)?;
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let secret = secret.strip_suffix(b"\r").filter(|_| bytes.ends_with(b"\n")).unwrap_or(secret);
    if secret.is_empty() {
        let path = path.to_owned();
        return Err(KeyFileError::Wrong { key: KEY, path, allowed: "a secret", found: "is empty" });
    }
    Ok(DecodingKey::from_secret(secret))
}

/// The key and the algorithm of a PEM file.
fn public(path: &Path) -> Result<(DecodingKey, Algorithm), KeyFileError> {
    const KEY: &str = "key_file";
    let bytes = read(KEY, path)?;
    let wrong = |found| KeyFileError::Wrong {
        key: KEY,
        path: path.to_owned(),
        allowed: "a public key (RSA, EC P-256 or Ed25519) as PEM",
        found,
    };
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("PRIVATE KEY-----") {
        return Err(wrong("holds a private key, which does not belong here"));
    }
    if !text.contains("PUBLIC KEY-----") {
        return Err(wrong("holds none"));
    }
    if let Ok(key) = DecodingKey::from_rsa_pem(&bytes) {
        return Ok((key, Algorithm::RS256));
    }
    if let Ok(key) = DecodingKey::from_ed_pem(&bytes) {
        return Ok((key, Algorithm::EdDSA));
    }
    match DecodingKey::from_ec_pem(&bytes) {
        Ok(key) if key.try_get_as_bytes().is_ok_and(|point| point.len() == P256_POINT_BYTES) => {
            Ok((key, Algorithm::ES256))
        }
        Ok(_) => Err(wrong("holds one of another curve")),
        Err(_) => Err(wrong("holds one that cannot be read")),
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, KeyFileError> {
    std::fs::read(path).map_err(|source| KeyFileError::Unreadable { key, path: path.to_owned(), source })
}

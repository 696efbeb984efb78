//! API keys: 256 random bits, of which the server knows the SHA-256 alone.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest;

use super::Program;
use crate::config::{ProgramKey, Sha256};

/// A key begins with this, so that one in a public place is found and known for what it is.
const PREFIX: &str = "stadion_";

/// The keys of the configuration.
#[derive(Debug)]
pub(super) struct Keys {
    keys: Vec<(Sha256, Arc<Program>)>,
}

impl Keys {
    pub(super) fn new(keys: &[ProgramKey]) -> Keys {
        let program = |key: &ProgramKey| Program { name: key.name.clone(), rights: key.rights.clone() };
        Keys { keys: keys.iter().map(|key| (key.sha256, Arc::new(program(key)))).collect() }
    }

    /// The program whose key this is. How long it takes does not depend on how much of a digest is right.
    pub(super) fn find(&self, secret: &str) -> Option<Arc<Program>> {
        let shown = digest(secret);
        let mut found = None;
        for (known, program) in &self.keys {
            if is_equal(&shown.0, &known.0) {
                found = Some(program);
            }
        }
        found.cloned()
    }
}

/// Compares all bytes, wherever the first difference is. The compiler is kept from knowing better.
fn is_equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let difference = a.iter().zip(b).fold(0, |difference, (a, b)| std::hint::black_box(difference | (a ^ b)));
    difference == 0
}

fn digest(secret: &str) -> Sha256 {
    Sha256(sha2::Sha256::digest(secret.as_bytes()).into())
}

/// A key that was just made. Its `Debug` does not show it.
pub struct NewKey {
    secret: String,
}

impl NewKey {
    /// Makes a key of 256 bits from the system's entropy.
    ///
    /// # Errors
    /// The system gives none.
    pub fn make() -> Result<NewKey, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(NewKey { secret: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)) })
    }

    /// The key itself. It is shown once, to who asked for it.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What the configuration holds of it.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        digest(&self.secret)
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("NewKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str, sha256: Sha256) -> ProgramKey {
        ProgramKey { name: name.to_owned(), sha256, rights: Vec::new() }
    }

    #[test]
    fn a_key_is_found_by_its_digest() {
        let made = NewKey::make().unwrap();
        let keys = Keys::new(&[program("other", digest("other")), program("mine", made.sha256())]);
        assert_eq!(keys.find(made.secret()).unwrap().name, "mine");
        assert!(keys.find("").is_none());
        assert!(keys.find(&made.secret().to_lowercase()).is_none());
        assert!(keys.find(&made.sha256().to_string()).is_none(), "the digest is not the key");
    }

    #[test]
    fn digests_are_the_usual_ones() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc").to_string(), expected);
        assert_eq!(Sha256::parse(expected), Some(digest("abc")));
        assert_eq!(Sha256::parse(&expected.to_uppercase()), Some(digest("abc")));
        for wrong in ["", "ba78", &expected[1..], &format!("{expected}0"), &expected.replace('b', "+")] {
            assert_eq!(Sha256::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_wrong_bit_anywhere_is_another_key() {
        let right = digest("abc").0;
        for byte in 0..32 {
            for bit in 0..8 {
                let mut wrong = right;
                wrong[byte] ^= 1 << bit;
                assert!(!is_equal(&right, &wrong));
            }
        }
        assert!(is_equal(&right, &right));
    }

    #[test]
    fn a_new_key_has_256_bits_and_is_never_the_same() {
        let (a, b) = (NewKey::make().unwrap(), NewKey::make().unwrap());
        assert_ne!(a.secret(), b.secret());
        let bits = URL_SAFE_NO_PAD.decode(a.secret().strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bits.len(), 32);
        assert!(!a.secret().contains('.'), "a dot would make it look like a token");
        assert!(!format!("{a:?}").contains(a.secret()));
    }
}

//! Who this client is to the server.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::ConnectError;

/// Who this client is to the server: its private id, a secret by which the server knows it again.
#[derive(Clone, Debug, Default)]
pub enum Identity {
    /// Made for this object and forgotten with it.
    #[default]
    New,
    /// Kept in this file, which is made when it is not there. Of two programs with the same file, the newer connection
    /// takes the place of the older, whose stream closes.
    File(PathBuf),
    /// The caller's own secret. Of two connections with the same one, the newer takes the place of the older.
    Fixed(String),
}

/// As the server's own bound.
const ID_BYTES_MAX: usize = 128;

impl Identity {
    /// Whether the id may be given up for another one when a newer connection claims it.
    pub(super) fn renewable(&self) -> bool {
        match self {
            Self::New => true,
            Self::File(_) | Self::Fixed(_) => false,
        }
    }

    pub(super) fn id(&self) -> Result<String, ConnectError> {
        match self {
            Self::New => make(),
            Self::Fixed(id) if valid(id) => Ok(id.clone()),
            Self::Fixed(_) => Err(ConnectError::BadIdentity),
            Self::File(path) => {
                of_file(path).map_err(|source| ConnectError::IdentityFile { path: path.clone(), source })
            }
        }
    }
}

/// 128 random bits.
pub(super) fn make() -> Result<String, ConnectError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(ConnectError::NoEntropy)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn valid(id: &str) -> bool {
    !id.is_empty() && id != "-" && id.len() <= ID_BYTES_MAX && !id.contains('/')
}

fn of_file(path: &Path) -> std::io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => read(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let id = make().map_err(std::io::Error::other)?;
            match create(path) {
                Ok(mut file) => writeln!(file, "{id}").map(|()| id),
                // Another program has just made it.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&fs::read_to_string(path)?),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

fn read(text: &str) -> std::io::Result<String> {
    let id = text.trim();
    if valid(id) { Ok(id.to_owned()) } else { Err(std::io::Error::other("it holds no private id")) }
}

/// A secret is nobody else's to read.
fn create(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_the_same_id_each_time_and_to_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        let identity = Identity::File(path.clone());
        let id = identity.id().unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(identity.id().unwrap(), id);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "\n").unwrap();
        assert!(matches!(identity.id(), Err(ConnectError::IdentityFile { .. })));
    }

    #[test]
    fn new_ids_differ_and_bad_ones_are_refused() {
        assert_ne!(Identity::New.id().unwrap(), Identity::New.id().unwrap());
        for bad in ["", "-", "a/b"] {
            assert!(matches!(Identity::Fixed(bad.into()).id(), Err(ConnectError::BadIdentity)));
        }
    }
}

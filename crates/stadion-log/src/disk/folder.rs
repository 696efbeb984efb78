//! The log's folder: its format's version, and the lock that keeps it to one process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::format::FORMAT_VERSION;
use super::medium::sync_folder;

/// Why a folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is in use by process {pid}; stop it first, or name another folder", folder.display())]
    InUse { folder: PathBuf, pid: String },
    #[error("{} has format {found}; this program knows up to {known}: use a newer one", folder.display())]
    TooNew { folder: PathBuf, found: u32, known: u32 },
    #[error("{} says no format's version; the folder is no log's, or damaged", file.display())]
    NoFormat { file: PathBuf },
    #[error("{}: {source}", file.display())]
    Io { file: PathBuf, source: io::Error },
}

/// Held as long as the log is open; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough while a child process that is just being started still has a copy of it.
        self.file.unlock().ok();
    }
}

const FORMAT_FILE: &str = "FORMAT";
const LOCK_FILE: &str = "LOCK";

/// Makes the folder if there is none, locks it and checks its format.
pub(super) fn open(folder: &Path) -> Result<FolderLock, OpenError> {
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let lock = lock(folder)?;
    let file = folder.join(FORMAT_FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => check_format(folder, &file, &text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A folder with segments and without a version is not ours to guess at.
            if !super::segment::list(folder).map_err(|source| failed(folder, source))?.is_empty() {
                return Err(OpenError::NoFormat { file });
            }
            write_format(folder).map_err(|source| failed(&file, source))?;
        }
        Err(source) => return Err(failed(&file, source)),
    }
    Ok(lock)
}

/// Says the format's version. It is there whole or not at all.
pub(super) fn write_format(folder: &Path) -> io::Result<()> {
    let draft = folder.join("FORMAT.new");
    let mut file = File::create(&draft)?;
    file.write_all(format!("stadion-log {FORMAT_VERSION}\n").as_bytes())?;
    file.sync_all()?;
    std::fs::rename(draft, folder.join(FORMAT_FILE))?;
    sync_folder(folder)
}

fn check_format(folder: &Path, file: &Path, text: &str) -> Result<(), OpenError> {
    let version = text.strip_prefix("stadion-log ").and_then(|version| version.trim().parse().ok());
    match version {
        Some(found) if found > FORMAT_VERSION => {
            Err(OpenError::TooNew { folder: folder.to_owned(), found, known: FORMAT_VERSION })
        }
        Some(_) => Ok(()),
        None => Err(OpenError::NoFormat { file: file.to_owned() }),
    }
}

fn lock(folder: &Path) -> Result<FolderLock, OpenError> {
    let path = folder.join(LOCK_FILE);
    let failed = |source| failed(&path, source);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(failed)?;
            return Err(OpenError::InUse { folder: folder.to_owned(), pid: pid.trim().to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    // Overwritten in one write, so that who comes second never finds it empty.
    let pid = format!("{}\n", std::process::id());
    file.write_all(pid.as_bytes()).map_err(failed)?;
    file.set_len(pid.len() as u64).map_err(failed)?;
    Ok(FolderLock { file })
}

fn failed(file: &Path, source: io::Error) -> OpenError {
    OpenError::Io { file: file.to_owned(), source }
}

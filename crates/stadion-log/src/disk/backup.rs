//! A second folder with the same log, made while the first one is written to.
//!
//! Sealed segments never change, so a backup on the same file system links them and takes no room; the segment that
//! grows is copied up to a frame's end. What the backup shows is the log as it was at one moment.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::folder::write_format;
use super::footer;
use super::format::{SEGMENT_HEADER_LEN, SegmentHeader};
use super::log::DiskLog;
use super::medium::sync_folder;
use super::segment::{self, SegmentFile};

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is not empty; a backup goes into a new or an empty folder", folder.display())]
    NotEmpty { folder: PathBuf },
    #[error("{} holds no log", folder.display())]
    NoLog { folder: PathBuf },
    #[error("{}: {source}", file.display())]
    Io { file: PathBuf, source: io::Error },
}

/// A segment to be backed up.
struct Source {
    number: u64,
    path: PathBuf,
    /// How much of it is copied; a sealed one is linked.
    copy: Option<u64>,
}

/// So often a copy begins anew when a segment is removed under it; that happens a few times a day.
const ATTEMPTS: u32 = 5;

impl DiskLog {
    /// Makes a backup of what is durable now. Appends and reads go on meanwhile, retention waits.
    pub fn backup(&self, to: &Path) -> Result<(), BackupError> {
        let _moving = self.shared.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let sources: Vec<Source> = {
            let state = self.shared.state();
            let segments = state.segments.iter();
            segments
                .map(|(&number, segment)| Source {
                    number,
                    path: segment.file.path.clone(),
                    copy: (!segment.sealed).then_some(segment.len),
                })
                .collect()
        };
        prepare(to)?;
        sources.iter().try_for_each(|source| put(source, to))?;
        finish(to)
    }
}

/// Makes a backup of a folder that another process may be writing to. It may hold commits that were not acknowledged
/// yet.
pub fn backup_folder(from: &Path, to: &Path) -> Result<(), BackupError> {
    prepare(to)?;
    let mut attempt = 1;
    loop {
        let numbers = segment::list(from).map_err(|source| failed(from, source))?;
        if numbers.is_empty() && !from.join("FORMAT").exists() {
            return Err(BackupError::NoLog { folder: from.to_owned() });
        }
        // In order: what is copied last was written last.
        let put_all = numbers.into_iter().try_for_each(|number| put(&look(from, number)?, to));
        match put_all {
            Ok(()) => return finish(to),
            // What was in a segment that is gone is in a later one now.
            Err(BackupError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS =>
            {
                attempt += 1;
                clear(to)?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn look(from: &Path, number: u64) -> Result<Source, BackupError> {
    let path = from.join(segment::file_name(number));
    let look = || {
        let file = File::open(&path)?;
        let len = file.metadata()?.len();
        let mut file = SegmentFile { number, path: path.clone(), file, salt: 0 };
        let header = file.read(0, SEGMENT_HEADER_LEN.min(len))?;
        let sealed = SegmentHeader::decode(&header).is_some_and(|(header, _)| {
            file.salt = header.salt;
            footer::read_summary(&file, len).is_some()
        });
        Ok((!sealed).then_some(len))
    };
    let copy = look().map_err(|source| failed(&path, source))?;
    Ok(Source { number, path, copy })
}

fn put(source: &Source, to: &Path) -> Result<(), BackupError> {
    let target = to.join(segment::file_name(source.number));
    let put = || match source.copy {
        None if std::fs::hard_link(&source.path, &target).is_ok() => Ok(()),
        // On another file system, or one without links.
        None => copy(&source.path, &target, u64::MAX),
        Some(len) => copy(&source.path, &target, len),
    };
    put().map_err(|error| failed(&source.path, error))
}

fn copy(from: &Path, to: &Path, len: u64) -> io::Result<()> {
    let mut source = File::open(from)?.take(len);
    let mut target = File::create(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

fn prepare(to: &Path) -> Result<(), BackupError> {
    std::fs::create_dir_all(to).map_err(|source| failed(to, source))?;
    let mut entries = std::fs::read_dir(to).map_err(|source| failed(to, source))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty { folder: to.to_owned() }),
    }
}

fn clear(to: &Path) -> Result<(), BackupError> {
    let clear = || {
        for number in segment::list(to)? {
            std::fs::remove_file(to.join(segment::file_name(number)))?;
        }
        Ok(())
    };
    clear().map_err(|source| failed(to, source))
}

/// The version comes last: without it the folder is no log, so that half a backup is never opened.
fn finish(to: &Path) -> Result<(), BackupError> {
    sync_folder(to).and_then(|()| write_format(to)).map_err(|source| failed(to, source))
}

fn failed(file: &Path, source: io::Error) -> BackupError {
    BackupError::Io { file: file.to_owned(), source }
}

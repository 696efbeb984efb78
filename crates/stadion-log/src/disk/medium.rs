//! How the log writes: the seam where tests make a disk fail.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub(super) trait Medium: Send + Sync {
    /// A new file, open for reading and writing.
    fn create(&self, path: &Path) -> io::Result<File>;
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
    /// What was written is on the disk when this returns.
    fn sync(&self, file: &File) -> io::Result<()>;
    fn cut(&self, file: &File, len: u64) -> io::Result<()>;
}

/// The system's own files.
#[derive(Debug)]
pub(super) struct Disk;

impl Medium for Disk {
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn cut(&self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }
}

/// Makes a folder's entries durable: a file is only there after a power cut if its folder was synced too.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether an error says that there is no room, not that the disk fails.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

//! The file of hashes that a test compares with what browsers computed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use stadion_client::TickHash;

/// Lines of `tick hash`, of one epoch.
#[derive(Debug)]
pub(crate) struct HashLog {
    path: PathBuf,
    file: BufWriter<File>,
}

impl HashLog {
    pub(crate) fn create(path: &Path) -> io::Result<HashLog> {
        Ok(HashLog { path: path.to_owned(), file: BufWriter::new(File::create(path)?) })
    }

    /// A new epoch: what was computed in the old one compares with nothing any more.
    pub(crate) fn begin_anew(&mut self) -> io::Result<()> {
        self.file = BufWriter::new(File::create(&self.path)?);
        Ok(())
    }

    pub(crate) fn write(&mut self, TickHash { t, hash }: &TickHash) -> io::Result<()> {
        writeln!(self.file, "{t} {hash}")
    }

    /// Once an answer, so that whoever reads along sees whole lines.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

//! The file that a recorder appends to, and beside it the position up to which it is whole.
//!
//! `{file}.position` is one JSON object, `{"stream","epoch","offset","length"}`. It is written after the lines are
//! synced, so that behind `length` may stand lines that are read once more: a restart cuts the file there. Without
//! `epoch` and `offset` live state was begun at `length` and is not complete.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::envelope::Position;

#[derive(Debug)]
pub struct RecordFile {
    file: File,
    position_path: PathBuf,
    /// What is recorded, so that a position of something else is not taken for one's own.
    stream: String,
    length: u64,
}

/// How a recorder goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Nothing was recorded yet.
    Begin,
    /// Behind this position.
    After(Position),
    /// Something is recorded, and nobody knows up to where.
    Lost,
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    stream: String,
    #[serde(flatten)]
    position: Option<Position>,
    length: u64,
}

impl RecordFile {
    /// Opens or makes the file, locks it, and brings it to where recording goes on.
    ///
    /// # Errors
    /// It can't be read or written; `WouldBlock`: another recorder has it.
    pub fn open(path: &Path, stream: &str) -> io::Result<(Self, Resume)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock()?;
        let mut position_path = path.as_os_str().to_owned();
        position_path.push(".position");
        let position_path = PathBuf::from(position_path);
        let length = file.seek(SeekFrom::End(0))?;
        let saved = read_saved(&position_path)?.filter(|saved| saved.stream == stream);
        let mut this = Self { file, position_path, stream: stream.to_owned(), length };
        let resume = match saved {
            Some(saved) if this.is_line_end(saved.length)? => {
                this.cut(saved.length)?;
                match saved.position {
                    Some(position) => Resume::After(position),
                    None => Resume::Begin,
                }
            }
            Some(_) | None => {
                if !this.is_line_end(this.length)? {
                    this.append(b"\n")?;
                }
                if this.length == 0 { Resume::Begin } else { Resume::Lost }
            }
        };
        Ok((this, resume))
    }

    /// The bytes in it.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds whole lines.
    ///
    /// # Errors
    /// They can't be written; some of them may stand there, the last one torn.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Makes what stands there safe, and keeps the position that belongs to it. `None`: live state begins here.
    ///
    /// # Errors
    /// It can't be written.
    pub fn settle(&mut self, position: Option<&Position>) -> io::Result<()> {
        self.file.sync_data()?;
        let saved = Saved { stream: self.stream.clone(), position: position.cloned(), length: self.length };
        let text = serde_json::to_vec(&saved)?;
        // Renamed over the old one, so that there is a whole one at any moment.
        let new_path = self.position_path.with_extension("position.new");
        let mut new = File::create(&new_path)?;
        new.write_all(&text)?;
        new.write_all(b"\n")?;
        new.sync_data()?;
        std::fs::rename(&new_path, &self.position_path)
    }

    /// Makes what stands there safe, where the source knows no positions.
    ///
    /// # Errors
    /// It can't be written.
    pub fn settle_without_position(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        match std::fs::remove_file(&self.position_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Whether a line ends there, or the file begins.
    fn is_line_end(&mut self, at: u64) -> io::Result<bool> {
        if at > self.length {
            return Ok(false);
        }
        let Some(last) = at.checked_sub(1) else { return Ok(true) };
        let mut byte = [0];
        self.file.seek(SeekFrom::Start(last))?;
        self.file.read_exact(&mut byte)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(byte == *b"\n")
    }
}

/// One that can't be understood is as good as none.
fn read_saved(path: &Path) -> io::Result<Option<Saved>> {
    match std::fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(offset: i64) -> Position {
        Position { epoch: "e".to_owned(), offset }
    }

    #[test]
    fn a_restart_cuts_the_file_to_where_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        let (mut file, resume) = RecordFile::open(&path, "s").unwrap();
        assert_eq!(resume, Resume::Begin);
        assert!(RecordFile::open(&path, "s").is_err(), "two recorders on one file");
        file.settle(None).unwrap();
        file.append(b"state\n").unwrap();
        drop(file);

        let (mut file, resume) = RecordFile::open(&path, "s").unwrap();
        assert_eq!((resume, file.length()), (Resume::Begin, 0), "live state was not complete");
        file.append(b"1\n2\n").unwrap();
        file.settle(Some(&position(7))).unwrap();
        file.append(b"3\n4").unwrap();
        drop(file);

        let (file, resume) = RecordFile::open(&path, "s").unwrap();
        assert_eq!((resume, file.length()), (Resume::After(position(7)), 4));
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n");
    }

    #[test]
    fn without_a_fitting_position_nothing_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        let position_path = folder.path().join("r.json.position");
        let check = |text: &str, saved: Option<&str>, expected: &str| {
            std::fs::write(&path, text).unwrap();
            match saved {
                Some(saved) => std::fs::write(&position_path, saved).unwrap(),
                None => drop(std::fs::remove_file(&position_path)),
            }
            let (_, resume) = RecordFile::open(&path, "s").unwrap();
            assert_eq!(resume, Resume::Lost, "{text:?} {saved:?}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        };
        check("1\n2\n", None, "1\n2\n");
        check("1\n2", None, "1\n2\n");
        check("1\n2\n", Some("{\"stream\":\"other\",\"epoch\":\"e\",\"offset\":1,\"length\":2}"), "1\n2\n");
        check("1\n2\n", Some("{\"stream\":\"s\",\"epoch\":\"e\",\"offset\":1,\"length\":3}"), "1\n2\n");
        check("1\n2\n", Some("{\"stream\":\"s\",\"epoch\":\"e\",\"offset\":1,\"length\":9}"), "1\n2\n");
        check("1\n2\n", Some("{\"stream\":"), "1\n2\n");
    }
}

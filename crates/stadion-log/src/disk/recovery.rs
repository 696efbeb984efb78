//! The start: what the folder's files say the log is.
//!
//! Of a sealed segment its summary is read; a segment without one is scanned, which is the last, and one whose end
//! is damaged. Only the last file is ever changed: a write that was cut off is removed from it.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::OpenError;
use super::footer;
use super::format::{SEGMENT_HEADER_LEN, SegmentHeader, TRAILER_LEN};
use super::medium::{Medium, sync_folder};
use super::notice::{Damage, Recovered};
use super::scan::scan;
use super::segment::{self, SegmentFile};
use super::state::{Segment, State};
use super::writer::Tail;

pub(super) struct Found {
    pub(super) state: State,
    /// The last segment, if it can go on growing.
    pub(super) tail: Option<Tail>,
    /// Above every file's number, readable or not.
    pub(super) segment_number_min: u64,
    pub(super) recovered: Recovered,
}

/// A segment's file as it was found.
struct Opened {
    file: SegmentFile,
    len: u64,
    previous_end: u64,
}

pub(super) fn recover(folder: &Path, medium: &dyn Medium) -> Result<Found, OpenError> {
    let numbers = segment::list(folder).map_err(|source| failed(folder, source))?;
    let last = numbers.last().copied();
    let segment_number_min = last.map_or(1, |last| last + 1);
    let mut recovery =
        Recovery { medium, state: State::default(), recovered: Recovered::default(), tail: None };
    let mut opened = Vec::new();
    for number in numbers {
        let path = folder.join(segment::file_name(number));
        let is_last = Some(number) == last;
        opened.extend(recovery.open(number, path, is_last)?);
    }
    let ends: Vec<(u64, u64)> = opened.iter().map(|next| (next.file.number, next.previous_end)).collect();
    let mut behind = ends.into_iter().skip(1);
    for segment in opened {
        // What a segment's successor says counts only where that is the very next one.
        let next = behind.next().filter(|(number, _)| *number == segment.file.number + 1);
        let end = next.map_or(segment.len, |(_, end)| end.min(segment.len));
        let is_last = Some(segment.file.number) == last;
        recovery.load(segment, end, is_last)?;
    }
    let Recovery { mut state, mut recovered, tail, .. } = recovery;
    for life in state.streams.values_mut() {
        // A trim that was not written, as the disk was full, shows in what is gone.
        life.trim(life.pieces.first().unwrap_or(life.head));
    }
    state.next_stream = state.next_stream.max(1);
    recovered.segments = state.segments.len();
    recovered.streams = state.streams.len();
    Ok(Found { state, tail, segment_number_min, recovered })
}

struct Recovery<'a> {
    medium: &'a dyn Medium,
    state: State,
    recovered: Recovered,
    tail: Option<Tail>,
}

impl Recovery<'_> {
    fn open(&mut self, number: u64, path: PathBuf, is_last: bool) -> Result<Option<Opened>, OpenError> {
        let open = |path: &Path| -> io::Result<(File, u64)> {
            let file = OpenOptions::new().read(true).write(is_last).open(path)?;
            let len = file.metadata()?.len();
            Ok((file, len))
        };
        let (file, len) = open(&path).map_err(|source| failed(&path, source))?;
        let mut file = SegmentFile { number, path, file, salt: 0 };
        self.recovered.bytes_read += SEGMENT_HEADER_LEN.min(len);
        let header =
            file.read(0, SEGMENT_HEADER_LEN.min(len)).map_err(|source| failed(&file.path, source))?;
        let header = SegmentHeader::decode(&header).filter(|(header, _)| header.number == number);
        let Some((header, whole)) = header else {
            if is_last && len <= SEGMENT_HEADER_LEN {
                return self.remove_unbegun(&file, len).map(|()| None);
            }
            self.damaged(&file, 0..len, "the segment's header: nothing in the file can be read");
            return Ok(None);
        };
        if !whole {
            self.damaged(&file, 0..SEGMENT_HEADER_LEN, "one of the two copies of the segment's header");
        }
        file.salt = header.salt;
        Ok(Some(Opened { file, len, previous_end: header.previous_end }))
    }

    /// A segment whose making was cut off: nothing was ever written to it.
    fn remove_unbegun(&mut self, file: &SegmentFile, len: u64) -> Result<(), OpenError> {
        let folder = file.path.parent().unwrap_or(Path::new("."));
        std::fs::remove_file(&file.path)
            .and_then(|()| sync_folder(folder))
            .map_err(|source| failed(&file.path, source))?;
        let what = "the file was only begun; it was removed";
        self.recovered.cut = Some(Damage { file: file.path.clone(), at: 0..len, what });
        Ok(())
    }

    fn load(&mut self, opened: Opened, end: u64, is_last: bool) -> Result<(), OpenError> {
        let Opened { file, len, .. } = opened;
        let file = Arc::new(file);
        let number = file.number;
        let segment =
            Segment { file: Arc::clone(&file), len: end, sealed: false, touched: Default::default() };
        self.state.segments.insert(number, segment);
        self.recovered.bytes_read += TRAILER_LEN.min(len);
        if end == len
            && let Some((trailer, summary)) = footer::read_summary(&file, len)
        {
            self.recovered.bytes_read += summary.len() as u64;
            if footer::load(&mut self.state, number, &summary).is_some() {
                self.seal(number);
                return Ok(());
            }
            self.damaged(
                &file,
                trailer.summary_at..len,
                "the segment's summary; it was read through instead",
            );
        }
        self.scan(&file, len, end, is_last)
    }

    fn scan(&mut self, file: &Arc<SegmentFile>, len: u64, end: u64, is_last: bool) -> Result<(), OpenError> {
        let mut misfits = Vec::new();
        let state = &mut self.state;
        if let Some(segment) = state.segments.get_mut(&file.number) {
            segment.len = SEGMENT_HEADER_LEN;
        }
        let scanned = scan(file, SEGMENT_HEADER_LEN.min(end)..end, &mut |header, at, body| {
            if let Err(what) = state.apply(file.number, header, at, body) {
                misfits.push((at..at + header.frame_len(), what));
            }
        });
        let scanned = scanned.map_err(|source| failed(&file.path, source))?;
        self.recovered.bytes_read += scanned.bytes_read;
        for (at, what) in misfits {
            self.damaged(file, at, what);
        }
        for at in scanned.damage {
            self.damaged(file, at, "these bytes are not what was written");
        }
        if let Some(segment) = self.state.segments.get_mut(&file.number) {
            segment.len = scanned.end;
        }
        if is_last {
            return self.cut(file, scanned.end, len);
        }
        if scanned.index {
            self.damaged(file, scanned.end..end, "the segment's index; it was read through instead");
            // Its frames are all there, and no other file says where they end.
            self.seal(file.number);
        } else if scanned.end < end {
            self.damaged(file, scanned.end..end, "the end of the segment cannot be read");
        }
        Ok(())
    }

    /// Removes what lies behind the last whole frame of the last segment.
    fn cut(&mut self, file: &Arc<SegmentFile>, end: u64, len: u64) -> Result<(), OpenError> {
        if end < len {
            let cut = self.medium.cut(&file.file, end).and_then(|()| self.medium.sync(&file.file));
            cut.map_err(|source| failed(&file.path, source))?;
            let what = "the last write was cut off; what there was of it was removed";
            self.recovered.cut = Some(Damage { file: file.path.clone(), at: end..len, what });
        }
        self.tail = Some(Tail { file: Arc::clone(file), len: end });
        Ok(())
    }

    fn seal(&mut self, number: u64) {
        if let Some(segment) = self.state.segments.get_mut(&number) {
            segment.sealed = true;
        }
    }

    fn damaged(&mut self, file: &SegmentFile, at: Range<u64>, what: &'static str) {
        self.recovered.damage.push(Damage { file: file.path.clone(), at, what });
    }
}

fn failed(file: &Path, source: io::Error) -> OpenError {
    OpenError::Io { file: file.to_owned(), source }
}

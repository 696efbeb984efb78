//! What the writer, the readers and the callers of one log have in common.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Options;
use super::folder::FolderLock;
use super::footer;
use super::format::{Kind, SEGMENT_HEADER_LEN};
use super::frames::FrameIndex;
use super::medium::Medium;
use super::notice::{Damage, Notice, Owner};
use super::queue::Queue;
use super::scan::scan;
use super::segment::SegmentFile;
use super::state::{State, Touch};

pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) options: Options,
    /// Guards what the log knows: written once a group, for as long as its frames take to be noted, read to find out
    /// where something is; nobody reads or writes a file under it.
    state: RwLock<State>,
    pub(super) queue: Queue,
    pub(super) owner: Arc<dyn Owner>,
    pub(super) medium: Arc<dyn Medium>,
    indices: Mutex<Indices>,
    /// Above every file of the folder.
    pub(super) segment_number_min: u64,
    /// Let go of once nobody reads or writes any more.
    _lock: FolderLock,
    /// Held by who moves records and removes segments, and by a backup, which needs them where they are.
    pub(super) moving: Mutex<()>,
}

/// Indices of sealed segments that somebody read lately.
#[derive(Default)]
struct Indices {
    kept: HashMap<(u64, u64), Arc<FrameIndex>>,
    bytes: usize,
}

/// Past this the indices are forgotten and read again: a handful of readers far behind need a few megabytes.
const INDEX_CACHE_BYTES: usize = 32 << 20;

impl Shared {
    pub(super) fn new(
        folder: PathBuf,
        lock: FolderLock,
        options: Options,
        state: State,
        segment_number_min: u64,
        owner: Arc<dyn Owner>,
        medium: Arc<dyn Medium>,
    ) -> Self {
        let queue = Queue::new(options.queue_bytes);
        Self {
            folder,
            options,
            state: RwLock::new(state),
            queue,
            owner,
            medium,
            indices: Mutex::default(),
            segment_number_min,
            _lock: lock,
            moving: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream's index in a sealed segment. One that is damaged is said and made anew from the segment's frames.
    pub(super) fn index(
        &self,
        file: &SegmentFile,
        stream: u64,
        (at, len, crc): (u64, u64, u32),
    ) -> std::io::Result<Arc<FrameIndex>> {
        let key = (file.number, stream);
        let kept = self.indices.lock().unwrap_or_else(PoisonError::into_inner).kept.get(&key).cloned();
        if let Some(index) = kept {
            return Ok(index);
        }
        let index = match footer::read_index(file, at, len, crc) {
            Some(index) => index,
            None => {
                self.owner.notice(&Notice::Damaged(Damage {
                    file: file.path.clone(),
                    at: at..at + len,
                    what: "a stream's index; it is made anew from the records",
                }));
                rebuild(file, stream, at)?
            }
        };
        let index = Arc::new(index);
        let mut indices = self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        if indices.bytes + index.memory() > INDEX_CACHE_BYTES {
            *indices = Indices::default();
        }
        indices.bytes += index.memory();
        indices.kept.insert(key, Arc::clone(&index));
        Ok(index)
    }
}

/// A stream's index, from the frames themselves; the index that is damaged lies at `end` or behind it.
fn rebuild(file: &SegmentFile, stream: u64, end: u64) -> std::io::Result<FrameIndex> {
    let mut touch = Touch::default();
    scan(file, SEGMENT_HEADER_LEN..end, &mut |header, at, _| {
        if header.stream == stream && matches!(header.kind, Kind::Commit | Kind::Chain) {
            touch.note(header, at);
        }
    })?;
    Ok(touch.into_index())
}

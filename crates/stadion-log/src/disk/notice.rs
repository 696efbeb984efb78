//! What the log says of its own accord: damage, a full disk, what it found at the start.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::commit::StreamId;

/// Bytes of a file that are not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub file: PathBuf,
    /// Bytes from the file's beginning.
    pub at: Range<u64>,
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, at, what } = self;
        write!(f, "{}: damage at {} to {}: {what}", file.display(), at.start, at.end)
    }
}

/// What opening a folder found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub segments: usize,
    pub streams: usize,
    /// Bytes that were read to find it.
    pub bytes_read: u64,
    /// The last file ended in a write that was cut off; these bytes of it were removed. None of it was acknowledged,
    /// unless the disk has lost what it said it had.
    pub cut: Option<Damage>,
    /// Damage that was met on the way. Sealed segments are not read through at a start; [`DiskLog::verify`] does that.
    ///
    /// [`DiskLog::verify`]: super::DiskLog::verify
    pub damage: Vec<Damage>,
}

/// Something that whoever runs the log should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Damaged(Damage),
    /// Writing fails, and why. Until [`Notice::WritesAgain`], commits are refused.
    CannotWrite {
        full: bool,
        error: String,
    },
    WritesAgain,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => damage.fmt(f),
            Self::CannotWrite { full: true, error } => write!(f, "the log's disk is full: {error}"),
            Self::CannotWrite { full: false, error } => write!(f, "the log cannot write: {error}"),
            Self::WritesAgain => f.write_str("the log writes again"),
        }
    }
}

/// Who owns the log's streams, asked and told on the log's own thread: an answer must be quick and must not wait for
/// the log, nor for a lock that somebody holds who waits for it.
pub trait Owner: Send + Sync {
    /// A segment was sealed. The next commit of each of these streams should bring [`Hidden::Full`], or one without
    /// records be made for it: what is read to restore a stream begins there. Nothing is lost if it does not come.
    ///
    /// [`Hidden::Full`]: super::Hidden::Full
    fn snapshots_wanted(&self, streams: &[StreamId]);

    fn notice(&self, notice: &Notice);
}

/// For streams without hidden state.
impl Owner for () {
    fn snapshots_wanted(&self, _streams: &[StreamId]) {}

    fn notice(&self, _notice: &Notice) {}
}

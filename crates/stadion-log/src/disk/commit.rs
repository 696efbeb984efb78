//! What is handed to the log, and what becomes of it.

use super::body::{self, CarriedBody, Step};
use super::format::{FLAG_DELTA, FLAG_FULL, FLAG_MORE, FLAG_TICKS, FrameHeader, Kind};
use crate::Batch;

/// One life of a stream in this log. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// What a commit brings of a stream's hidden state: bytes that the log keeps and does not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hidden<'a> {
    #[default]
    Nothing,
    /// A change of it.
    Delta(&'a [u8]),
    /// The whole of it, as it is once this is committed. What came before is not needed any more.
    Full(&'a [u8]),
}

/// Records of one stream, and hidden state, to be written together or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'a> {
    pub stream: StreamId,
    /// May be empty, to write hidden state alone.
    pub batch: &'a Batch,
    pub hidden: Hidden<'a>,
    /// The offset that the first record must get; anything else is refused. `None` takes the next one.
    pub first: Option<u64>,
}

/// What became of commits that were handed in together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate<'a> {
    /// They are on the disk. For each commit the offset of its first record; without records, the stream's head.
    Written { firsts: &'a [u64] },
    /// Nothing of them is written, nor will be.
    Refused(Refusal),
    /// The disk does not say. A second call says [`Fate::Written`] or [`Fate::Refused`], as soon as the log works
    /// again; if the program ends before that, the next start finds out.
    Unknown,
}

/// Hears what became of a commit, on the log's own thread: it must be quick, and must not wait for the log.
///
/// It is called once, or twice where the first call says [`Fate::Unknown`].
pub type Done = Box<dyn FnMut(Fate<'_>) + Send>;

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the disk is full; nothing was written. It goes on by itself when there is room")]
    Full,
    #[error("the disk fails; nothing was written. The log tries again by itself")]
    Failing,
    #[error("too much waits for the disk already; try again in a moment")]
    Busy,
    #[error("a commit of {bytes} bytes is more than the {bytes_max} that the log takes")]
    TooBig { bytes: usize, bytes_max: usize },
    #[error("the stream's next offset is {head}, not the one that was named")]
    Moved { head: u64 },
    #[error("the log has no such stream")]
    NoStream,
    #[error("the stream has ended")]
    Ended,
    #[error("the log is being closed")]
    Closed,
}

/// A frame on its way, with what must hold when its turn comes.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) header: FrameHeader,
    pub(super) body: Vec<u8>,
    /// The first frame of a commit: its offset is told.
    pub(super) leads: bool,
    pub(super) only_if: OnlyIf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnlyIf {
    Always,
    /// The stream's head is there.
    Head(u64),
    /// The stream's hidden state is the one that was read.
    Hidden(u64),
}

/// A commit's records go into frames of about this size, so that reading a few of them does not read them all.
const FRAME_BYTES: usize = 256 << 10;
/// More than any record and its lengths; a frame's body must stay far below 4 GiB.
pub(super) const COMMIT_BYTES_MAX: usize = 1 << 30;

impl Commit<'_> {
    /// About how much memory and file it takes.
    pub(super) fn weight(&self) -> usize {
        let hidden = match self.hidden {
            Hidden::Nothing => 0,
            Hidden::Delta(bytes) | Hidden::Full(bytes) => bytes.len(),
        };
        self.batch.byte_len() + 8 * self.batch.len() + hidden
    }

    pub(super) fn parts(&self, out: &mut Vec<Part>) {
        let begins = out.len();
        let whole = self.batch.byte_len() <= FRAME_BYTES;
        if whole {
            out.push(self.part(self.batch, self.hidden));
        } else {
            let mut batch = Batch::new(self.batch.time_ms);
            for (tick, bytes) in self.batch.records() {
                if !batch.is_empty() && batch.byte_len() + bytes.len() > FRAME_BYTES {
                    out.push(self.part(&batch, Hidden::Nothing));
                    batch = Batch::new(self.batch.time_ms);
                }
                batch.push(tick, |out| out.extend_from_slice(bytes));
            }
            out.push(self.part(&batch, self.hidden));
        }
        if let Some(first) = out.get_mut(begins) {
            first.leads = true;
            first.only_if = self.first.map_or(OnlyIf::Always, OnlyIf::Head);
        }
    }

    fn part(&self, batch: &Batch, hidden: Hidden<'_>) -> Part {
        let mut header = FrameHeader::new(Kind::Commit, self.stream.0, 0);
        let (state, flag) = match hidden {
            Hidden::Nothing => (&[][..], 0),
            Hidden::Delta(bytes) => (bytes, FLAG_DELTA),
            Hidden::Full(bytes) => (bytes, FLAG_FULL),
        };
        let mut body = Vec::with_capacity(state.len() + batch.byte_len() + 12 * batch.len());
        body.extend_from_slice(state);
        header.flags = flag;
        header.hidden_len = len32(state.len());
        header.records = len32(batch.len());
        header.time_ms = batch.time_ms;
        if body::put_batch(&mut body, batch) {
            header.flags |= FLAG_TICKS;
        }
        Part::new(header, body)
    }
}

impl Part {
    pub(super) fn new(mut header: FrameHeader, body: Vec<u8>) -> Self {
        header.body_len = len32(body.len());
        header.body_crc = crc32fast::hash(&body);
        Self { header, body, leads: false, only_if: OnlyIf::Always }
    }

    /// A frame that says something about a stream and holds nothing else.
    pub(super) fn bare(kind: Kind, stream: u64, offset: u64) -> Self {
        Self::new(FrameHeader::new(kind, stream, offset), Vec::new())
    }

    pub(super) fn carried(stream: u64, body: CarriedBody) -> Self {
        let mut header = FrameHeader::new(Kind::Carried, stream, 0);
        body.describe(&mut header);
        Self::new(header, body.bytes)
    }

    pub(super) fn chain(stream: u64, steps: &[Step], version: u64) -> Self {
        let mut header = FrameHeader::new(Kind::Chain, stream, 0);
        header.records = len32(steps.len());
        let mut body = Vec::new();
        body::put_chain(&mut body, steps);
        header.hidden_len = len32(body.len());
        Self { only_if: OnlyIf::Hidden(version), ..Self::new(header, body) }
    }

    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.body.len()
    }
}

/// All frames but the last say that more come, so that they count together or not at all.
pub(super) fn join(parts: &mut [Part]) {
    if let Some((_, before)) = parts.split_last_mut() {
        before.iter_mut().for_each(|part| part.header.flags |= FLAG_MORE);
    }
}

/// Lengths here are below [`COMMIT_BYTES_MAX`].
fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

//! Retention: what a stream needs no longer is told by [`DiskLog::trim`], and [`DiskLog::reclaim`] takes the room back.
//!
//! A segment that holds nothing alive goes. One that holds little alive is emptied first: that little is written
//! again at the log's end, and only when it is durable there the file is removed. Every move frees several times what
//! it writes, as long as [`LIVING_PART`] holds.

use std::ops::Range;
use std::sync::{PoisonError, mpsc};

use super::body::CarriedBody;
use super::commit::{Done, Fate, Part, Refusal, StreamId};
use super::format::{FRAME_HEADER_LEN, Kind};
use super::log::DiskLog;
use super::medium::sync_folder;
use super::notice::{Damage, Notice};
use super::pieces::Piece;
use super::queue::Job;
use super::read::ReadError;
use super::shared::Shared;
use super::state::{Life, Segment, State, Touch};

/// What a call of [`DiskLog::reclaim`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Files that were removed, and their bytes.
    pub segments: usize,
    pub bytes: u64,
    /// Bytes that were written again.
    pub carried: u64,
    /// Why it stopped early; what it did so far stands, and a later call goes on.
    pub stopped: Option<Refusal>,
}

/// A segment is emptied when what lives in it is at most one in this many of its bytes.
const LIVING_PART: u64 = 4;
/// Records are moved in frames of about this size, so many bytes in one go.
const CARRY_BYTES: usize = 256 << 10;
const ON_THE_WAY_BYTES: usize = 4 << 20;
/// About what a stream's declaration takes beside its name.
const DECLARE_BYTES: u64 = FRAME_HEADER_LEN as u64 + 24;

impl DiskLog {
    /// The stream's records below `before` are needed no longer, except those at `keep`. A later call may move `before`
    /// forward and must name again what of the records below it is still to be kept; what was once let go stays so.
    ///
    /// Counts at once. That the stream begins there is written too, with whatever is written next; where that fails,
    /// a restart may show some of the records again.
    pub fn trim(&self, StreamId(stream): StreamId, before: u64, keep: &[Range<u64>]) {
        let mut keep: Vec<Range<u64>> = keep.iter().filter(|range| !range.is_empty()).cloned().collect();
        keep.sort_unstable_by_key(|range| range.start);
        keep.dedup_by(|later, earlier| {
            let together = later.start <= earlier.end;
            if together {
                earlier.end = earlier.end.max(later.end);
            }
            together
        });
        let moved = {
            let mut state = self.shared.state_mut();
            let Some(life) = state.streams.get_mut(&stream) else { return };
            let first = life.first;
            life.trim(before);
            life.keep = Some(keep);
            (life.first > first).then_some(life.first)
        };
        if let Some(first) = moved {
            let parts = vec![Part::bare(Kind::Trim, stream, first)];
            // It is no loss when it is refused, as the docs say.
            self.shared.queue.push(Job { parts, done: Box::new(|_| ()) }).ok();
        }
    }

    /// Removes the files that hold nothing alive any more, and those that hold little, after moving that. Blocks while
    /// it reads and writes; not for the log's own thread, nor under a lock that a [`Done`] may want.
    pub fn reclaim(&self) -> Reclaimed {
        let shared = &self.shared;
        let _moving = shared.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reclaimed = Reclaimed::default();
        let mut numbers: Vec<u64> = shared.state().segments.keys().copied().collect();
        numbers.pop();
        for number in numbers {
            let Some(plan) = Plan::of(&shared.state(), number) else { continue };
            match empty(shared, plan) {
                Ok(carried) => reclaimed.carried += carried,
                Err(Stop::Refused(refusal)) => {
                    reclaimed.stopped = Some(refusal);
                    break;
                }
                // The file stays: what is damaged in it may yet be saved by other means.
                Err(Stop::Unreadable(error)) => {
                    shared.owner.notice(&Notice::Damaged(unreadable(shared, number, &error)));
                    continue;
                }
            }
            if let Some(bytes) = remove(shared, number) {
                reclaimed.segments += 1;
                reclaimed.bytes += bytes;
            }
        }
        reclaimed
    }
}

/// What must be written again before a segment can go.
#[derive(Debug, Default)]
struct Plan {
    /// For each piece of a stream the offsets that live in it.
    records: Vec<(u64, Vec<Range<u64>>)>,
    hidden: Vec<u64>,
    declare: Vec<u64>,
    deleted: Vec<u64>,
}

impl Plan {
    /// `None` if the segment stays.
    fn of(state: &State, number: u64) -> Option<Self> {
        let segment = state.segments.get(&number)?;
        // Its header says how much of the file before it counts; nothing else does, if that one has no index.
        let before = number.checked_sub(1).and_then(|before| state.segments.get(&before));
        if before.is_some_and(|before| !before.sealed) {
            return None;
        }
        let mut plan = Self::default();
        let mut living = 0;
        let budget = segment.len / LIVING_PART;
        for (&stream, touch) in &segment.touched {
            let Some(life) = state.streams.get(&stream) else { continue };
            living += plan.stream(number, stream, life, touch);
            if living > budget {
                return None;
            }
        }
        plan.deleted =
            state.deleted.iter().filter(|(_, at)| **at == number).map(|(stream, _)| *stream).collect();
        plan.deleted.retain(|stream| held_elsewhere(state, number, *stream));
        plan.records.sort_unstable_by_key(|(stream, parts)| (*stream, parts.first().map(|part| part.start)));
        Some(plan)
    }

    /// Adds what lives of a stream; about how many bytes that is.
    fn stream(&mut self, number: u64, stream: u64, life: &Life, touch: &Touch) -> u64 {
        let mut bytes = 0;
        let committed: u64 = life.pieces.extents_in(number).map(|extent| len(&extent.offsets)).sum();
        for piece in life.pieces.in_segment(number) {
            let (whole, of) = match &piece {
                Piece::Moved { moved, offsets } => (moved.len, len(offsets)),
                Piece::Committed { .. } | Piece::Nothing { .. } => (touch.bytes, committed),
            };
            let living = life.living(piece.offsets());
            if !living.is_empty() {
                bytes += whole.saturating_mul(living.iter().map(len).sum()) / of.max(1);
                self.records.push((stream, living));
            }
        }
        if needs_hidden(number, life, touch) {
            bytes += touch.hidden_bytes;
            self.hidden.push(stream);
        }
        if life.declared_in == Some(number) {
            bytes += DECLARE_BYTES + life.name.as_str().len() as u64;
            self.declare.push(stream);
        }
        bytes
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.hidden.is_empty()
            && self.declare.is_empty()
            && self.deleted.is_empty()
    }
}

fn len(offsets: &Range<u64>) -> u64 {
    offsets.end.saturating_sub(offsets.start)
}

fn needs_hidden(number: u64, life: &Life, touch: &Touch) -> bool {
    touch.hidden_bytes > 0 && life.hidden.full.is_none_or(|(full, _)| full <= number)
}

/// Whether a file other than segment `number` holds something of a deleted stream.
fn held_elsewhere(state: &State, number: u64, stream: u64) -> bool {
    let holds = |(at, segment): (&u64, &Segment)| *at != number && segment.touched.contains_key(&stream);
    state.segments.iter().any(holds)
}

enum Stop {
    Refused(Refusal),
    Unreadable(ReadError),
}

/// Writes again what lives in a segment; the bytes that took.
fn empty(shared: &Shared, plan: Plan) -> Result<u64, Stop> {
    let mut moving = Moving::new(shared);
    for (stream, living) in plan.records {
        carry(shared, StreamId(stream), &living, &mut moving)?;
    }
    for stream in plan.hidden {
        match shared.hidden(StreamId(stream)) {
            Ok((hidden, version)) => moving.push(Part::chain(stream, &hidden.into_steps(), version))?,
            Err(ReadError::NoStream) => {}
            Err(error) => return Err(Stop::Unreadable(error)),
        }
    }
    for stream in plan.declare {
        moving.push(Part::bare(Kind::Declare, stream, 0))?;
    }
    for stream in plan.deleted {
        moving.push(Part::bare(Kind::Delete, stream, 0))?;
    }
    moving.wait()?;
    Ok(moving.bytes)
}

/// Writes again what lives in one piece of a stream. Pieces are not put together: a frame stands for all offsets from
/// its first to its last, and between two pieces others may lie.
fn carry(
    shared: &Shared,
    stream: StreamId,
    living: &[Range<u64>],
    moving: &mut Moving<'_>,
) -> Result<(), Stop> {
    let mut body: Option<CarriedBody> = None;
    for offsets in living {
        let mut from = offsets.start;
        while from < offsets.end {
            let read = shared.read(stream, from..offsets.end, CARRY_BYTES, &mut |record| {
                body.get_or_insert_with(|| CarriedBody::new(&record)).push(&record);
            });
            from = match read {
                Ok(next) => next,
                Err(ReadError::NoStream) => return Ok(()),
                Err(error) => return Err(Stop::Unreadable(error)),
            };
            if let Some(full) = body.take_if(|body| body.bytes.len() >= CARRY_BYTES) {
                moving.push(Part::carried(stream.0, full))?;
            }
        }
    }
    body.map_or(Ok(()), |body| moving.push(Part::carried(stream.0, body)))
}

/// Frames that are on their way to the disk.
struct Moving<'a> {
    shared: &'a Shared,
    send: mpsc::Sender<Result<(), Refusal>>,
    receive: mpsc::Receiver<Result<(), Refusal>>,
    under_way: usize,
    under_way_bytes: usize,
    bytes: u64,
}

impl<'a> Moving<'a> {
    fn new(shared: &'a Shared) -> Self {
        let (send, receive) = mpsc::channel();
        Self { shared, send, receive, under_way: 0, under_way_bytes: 0, bytes: 0 }
    }

    fn push(&mut self, part: Part) -> Result<(), Stop> {
        if self.under_way_bytes >= ON_THE_WAY_BYTES {
            self.wait()?;
        }
        let weight = part.weight();
        let send = self.send.clone();
        let done: Done = Box::new(move |fate| {
            let fate = match fate {
                Fate::Written { .. } => Ok(()),
                Fate::Refused(refusal) => Err(refusal),
                // The second call says which.
                Fate::Unknown => return,
            };
            // Who stopped early listens no more.
            send.send(fate).ok();
        });
        self.shared.queue.push(Job { parts: vec![part], done }).map_err(Stop::Refused)?;
        self.under_way += 1;
        self.under_way_bytes += weight;
        self.bytes += weight as u64;
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Stop> {
        for _ in 0..std::mem::take(&mut self.under_way) {
            match self.receive.recv() {
                // A stream that was deleted or went on meanwhile: whether the segment can go is looked at again.
                Ok(Ok(()) | Err(Refusal::NoStream | Refusal::Moved { .. })) => {}
                Ok(Err(refusal)) => return Err(Stop::Refused(refusal)),
                Err(mpsc::RecvError) => return Err(Stop::Refused(Refusal::Closed)),
            }
        }
        self.under_way_bytes = 0;
        Ok(())
    }
}

/// Removes a segment that nothing needs any more; its bytes.
fn remove(shared: &Shared, number: u64) -> Option<u64> {
    // What a sealed segment holds alive only gets less, so that what is seen here still holds below.
    Plan::of(&shared.state(), number).filter(Plan::is_empty)?;
    let segment = {
        let mut state = shared.state_mut();
        let segment = state.segments.remove(&number)?;
        for stream in segment.touched.keys() {
            if let Some(life) = state.streams.get_mut(stream) {
                life.pieces.remove_segment(number);
            }
        }
        state.deleted.retain(|_, at| *at != number);
        segment
    };
    let path = &segment.file.path;
    if let Err(error) = std::fs::remove_file(path).and_then(|()| sync_folder(&shared.folder)) {
        // Nothing is lost by it: the next start finds the file and what it holds dead.
        let error = format!("{}: {error}", path.display());
        shared.owner.notice(&Notice::CannotWrite { full: false, error });
    }
    Some(segment.len)
}

fn unreadable(shared: &Shared, number: u64, error: &ReadError) -> Damage {
    match error {
        ReadError::Damaged { damage, .. } => damage.clone(),
        ReadError::NoStream
        | ReadError::PastHead { .. }
        | ReadError::Missing { .. }
        | ReadError::Io { .. } => Damage {
            file: shared.folder.join(super::segment::file_name(number)),
            at: 0..0,
            what: "what lives in it cannot be read, so that it cannot be moved",
        },
    }
}

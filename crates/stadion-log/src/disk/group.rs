//! What gathered for one write: each job's frames behind one another, or why it is refused.

use super::commit::{OnlyIf, Part, Refusal};
use super::format::{FLAG_DELTA, FLAG_FULL, FLAG_MORE, FRAME_HEADER_LEN, FrameHeader, Kind};
use super::numbers::ByNumber;
use super::queue::Job;
use super::state::{Life, State};

#[derive(Default)]
pub(super) struct Group {
    pub(super) bytes: Vec<u8>,
    /// Each frame and its position in the segment.
    pub(super) frames: Vec<(FrameHeader, u64)>,
    firsts: Vec<u64>,
    /// For each job how many of `firsts` are its own, or why it is refused.
    fates: Vec<Result<usize, Refusal>>,
    planned: ByNumber<Planned>,
    /// What `planned` was before the job at hand.
    before: Vec<(u64, Option<Planned>)>,
}

/// What a huge commit took beyond this is given back.
const BUFFER_BYTES: usize = 16 << 20;

/// A stream as it will be once the group is written.
#[derive(Clone, Copy)]
struct Planned {
    head: u64,
    version: u64,
    declared: bool,
    ended: bool,
    deleted: bool,
}

/// Where the group will be written.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) segment: u64,
    pub(super) salt: u32,
    pub(super) at: u64,
}

impl Group {
    /// Lays out the jobs' frames. A job that cannot be leaves nothing behind, and does not disturb the others.
    pub(super) fn plan(&mut self, state: &State, target: Target, jobs: &mut [Job]) {
        self.bytes.clear();
        self.bytes.shrink_to(BUFFER_BYTES);
        self.frames.clear();
        self.firsts.clear();
        self.fates.clear();
        self.planned.clear();
        for job in jobs {
            let marks = (self.bytes.len(), self.frames.len(), self.firsts.len());
            self.before.clear();
            let planned = job.parts.iter_mut().try_for_each(|part| self.part(state, target, part));
            if planned.is_err() {
                self.bytes.truncate(marks.0);
                self.frames.truncate(marks.1);
                self.firsts.truncate(marks.2);
                for (stream, planned) in self.before.drain(..).rev() {
                    match planned {
                        Some(planned) => self.planned.insert(stream, planned),
                        None => self.planned.remove(&stream),
                    };
                }
            }
            self.fates.push(planned.map(|()| self.firsts.len() - marks.2));
        }
    }

    /// Each job's fate, if the group was written: the offsets of its commits, or why it was refused.
    pub(super) fn fates(&self) -> impl Iterator<Item = Result<&[u64], Refusal>> {
        let mut firsts = self.firsts.as_slice();
        self.fates.iter().map(move |fate| {
            fate.map(|count| {
                let (own, rest) = firsts.split_at_checked(count).unwrap_or_default();
                firsts = rest;
                own
            })
        })
    }

    fn part(&mut self, state: &State, target: Target, part: &mut Part) -> Result<(), Refusal> {
        let stream = part.header.stream;
        if part.header.kind == Kind::Delete && state.deleted.contains_key(&stream) {
            // It is said again, as the segment that said it is to go.
            self.push(target, part.header, &part.body);
            return Ok(());
        }
        let life = state.streams.get(&stream).ok_or(Refusal::NoStream)?;
        let known = self.planned.get(&stream).copied();
        let mut planned = known.unwrap_or_else(|| Planned {
            head: life.head,
            version: life.hidden.version,
            declared: life.declared_in == Some(target.segment),
            ended: life.ended,
            deleted: false,
        });
        check(part, &planned)?;
        let kind = part.header.kind;
        if !planned.declared && kind != Kind::Delete {
            self.declare(target, life, stream, &planned, kind != Kind::Declare);
            planned.declared = true;
        }
        match kind {
            Kind::Commit => {
                part.header.offset = planned.head;
                if part.leads {
                    self.firsts.push(planned.head);
                }
                planned.head = part.header.end();
                planned.version += u64::from(part.header.flags & (FLAG_DELTA | FLAG_FULL) != 0);
            }
            Kind::Chain => {
                part.header.offset = planned.head;
                planned.version += 1;
            }
            Kind::Trim => part.header.offset = part.header.offset.min(planned.head),
            Kind::End => planned.ended = true,
            Kind::Delete => planned.deleted = true,
            Kind::Declare | Kind::Carried | Kind::Index => {}
        }
        if kind != Kind::Declare {
            self.push(target, part.header, &part.body);
        }
        self.planned.insert(stream, planned);
        self.before.push((stream, known));
        Ok(())
    }

    /// Each segment says of each stream in it what it is, before its first frame there.
    fn declare(&mut self, target: Target, life: &Life, stream: u64, planned: &Planned, more: bool) {
        let mut body = Vec::new();
        let mut declaration = life.declaration();
        declaration.ended |= planned.ended;
        declaration.encode(&mut body);
        let mut header = Part::new(FrameHeader::new(Kind::Declare, stream, planned.head), Vec::new()).header;
        header.body_len = u32::try_from(body.len()).unwrap_or(u32::MAX);
        header.body_crc = crc32fast::hash(&body);
        header.flags = if more { FLAG_MORE } else { 0 };
        self.push(target, header, &body);
    }

    fn push(&mut self, target: Target, header: FrameHeader, body: &[u8]) {
        let at = target.at + self.bytes.len() as u64;
        header.encode(&mut self.bytes, target.salt, at);
        self.bytes.extend_from_slice(body);
        self.frames.push((header, at));
    }

    /// The bodies of the frames, in order.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        self.frames.iter().map(move |(header, _)| {
            let len = usize::try_from(header.frame_len()).unwrap_or(usize::MAX);
            let (frame, behind) = rest.split_at_checked(len).unwrap_or_default();
            rest = behind;
            frame.get(FRAME_HEADER_LEN..).unwrap_or_default()
        })
    }
}

fn check(part: &Part, planned: &Planned) -> Result<(), Refusal> {
    if planned.deleted {
        return Err(Refusal::NoStream);
    }
    if planned.ended && part.header.kind == Kind::Commit {
        return Err(Refusal::Ended);
    }
    match part.only_if {
        OnlyIf::Head(head) if head != planned.head => Err(Refusal::Moved { head: planned.head }),
        OnlyIf::Hidden(version) if version != planned.version => Err(Refusal::Moved { head: planned.head }),
        OnlyIf::Always | OnlyIf::Head(_) | OnlyIf::Hidden(_) => Ok(()),
    }
}

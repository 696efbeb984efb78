//! The plain readers of a stream: WebSockets that are written to, and bodies that ask.
//!
//! A flush takes what is new into the tails once, writes `tail[cursor..]` to each WebSocket, whatever that is to whom,
//! and wakes the bodies. Who is behind (joined from an old position, blocked for long) is brought on by its own task.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Duration;

use slab::Slab;
use stadion_core::Time;

use super::cursor::{Cursor, Due, EncodedTail, Encoding, Source};
use super::frame::{CloseCode, PING, frames_within};
use super::socket::{Sent, Socket};

/// A WebSocket that reads.
#[derive(Debug)]
pub struct Reader {
    pub socket: Arc<Socket>,
    pub cursor: Cursor,
    pub heard: Arc<AtomicU64>,
    pub pinged: Time,
}

/// What becomes of a reader that is too far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowReader {
    /// It goes on with live state.
    Skip,
    Close,
}

#[derive(Debug)]
pub struct Readers {
    readers: Slab<Reader>,
    /// Who reads through a body of HTTP, and waits for something new.
    bodies: Slab<Option<Waker>>,
    tails: [EncodedTail; 4],
    backlog_bytes: u64,
    slow: SlowReader,
    closed: Option<(CloseCode, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderId(usize);

/// What a body gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled {
    Frames(Vec<u8>),
    /// Its waker is called when there is something.
    Nothing,
    /// These are its last words.
    End(CloseCode, &'static str),
}

/// A reader that is behind gives way to others after so many chunks.
const CHUNKS_A_TURN: usize = 16;
const PING_EVERY: Duration = Duration::from_secs(54);
const SILENCE_MAX: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

const WHERE_IT_ENDS: &str = "this is where you wanted to stop";
const TOO_FAR_BEHIND: &str = "too far behind: come back for live state";

impl Readers {
    pub fn new(backlog_bytes: usize, slow: SlowReader) -> Self {
        let encodings =
            [Encoding::Bare, Encoding::Envelope, Encoding::EventStream, Encoding::EventStreamEnvelope];
        Self {
            readers: Slab::new(),
            bodies: Slab::new(),
            tails: encodings.map(EncodedTail::new),
            backlog_bytes: backlog_bytes as u64,
            slow,
            closed: None,
        }
    }

    pub fn len(&self) -> usize {
        self.readers.len() + self.bodies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn add(&mut self, reader: Reader) -> ReaderId {
        ReaderId(self.readers.insert(reader))
    }

    pub fn remove(&mut self, id: ReaderId) {
        if let Some(mut reader) = self.readers.try_remove(id.0) {
            let tail = tail_of(&mut self.tails, reader.cursor.encoding);
            reader.cursor.leave(tail);
        }
    }

    pub fn add_body(&mut self) -> ReaderId {
        ReaderId(self.bodies.insert(None))
    }

    pub fn remove_body(&mut self, id: ReaderId, cursor: &mut Cursor) {
        if self.bodies.try_remove(id.0).is_some() {
            cursor.leave(tail_of(&mut self.tails, cursor.encoding));
        }
    }

    /// Sends everybody home.
    pub fn close_all(&mut self, code: CloseCode, reason: &'static str, now: Time) {
        self.closed = Some((code, reason));
        for (_, reader) in &self.readers {
            reader.socket.close(code, reason, now);
        }
        self.wake_bodies();
    }

    /// Gives everybody who stands at the tail what is new. The bytes handed to the kernel.
    pub fn flush(&mut self, source: &impl Source, now: Time) -> u64 {
        for tail in &mut self.tails {
            tail.extend(source);
        }
        self.wake_bodies();
        let (mut sent, mut all_have_it) = (0, true);
        let Self { readers, tails, backlog_bytes, slow, .. } = self;
        for (_, reader) in readers.iter_mut() {
            if reader.cursor.place.is_some() {
                let tail = tail_of(tails, reader.cursor.encoding);
                sent += tell(reader, tail, source, *backlog_bytes, *slow, now).0;
                all_have_it &= reader.cursor.has_all_of(tail);
            }
        }
        if all_have_it {
            // Bodies come for theirs later.
            let [bare, envelope, ..] = tails;
            bare.all_have_had_it();
            envelope.all_have_had_it();
        }
        sent
    }

    /// Brings one reader on: who has just joined, or whose socket has room again. The bytes handed to the kernel, and
    /// whether there is more to do for it at once.
    pub fn advance(&mut self, id: ReaderId, source: &impl Source, now: Time) -> (u64, bool) {
        let Self { readers, tails, backlog_bytes, slow, .. } = self;
        let Some(reader) = readers.get_mut(id.0) else { return (0, false) };
        let tail = tail_of(tails, reader.cursor.encoding);
        tell(reader, tail, source, *backlog_bytes, *slow, now)
    }

    /// What a body gets next.
    pub fn pull(&mut self, id: ReaderId, cursor: &mut Cursor, source: &impl Source, waker: &Waker) -> Pulled {
        if let Some((code, reason)) = self.closed {
            return Pulled::End(code, reason);
        }
        let tail = tail_of(&mut self.tails, cursor.encoding);
        let is_behind = cursor.backlog(tail) > self.backlog_bytes;
        let due = if is_behind { Due::Gone } else { cursor.due(tail, source) };
        match due {
            Due::Tail([]) => {
                if let Some(waits) = self.bodies.get_mut(id.0) {
                    *waits = Some(waker.clone());
                }
                Pulled::Nothing
            }
            Due::Tail(frames) => {
                let frames = frames.to_vec();
                cursor.sent_tail(tail);
                Pulled::Frames(frames)
            }
            Due::Chunk(chunk) => {
                cursor.sent_whole_chunk(&chunk);
                Pulled::Frames(chunk.bytes)
            }
            Due::Finished => Pulled::End(CloseCode::Done, WHERE_IT_ENDS),
            Due::Gone => match source.live_state().filter(|_| self.slow == SlowReader::Skip) {
                Some(list) => {
                    let mut note = Vec::new();
                    source.push_skipped(&mut note, cursor.encoding, list.next.saturating_sub(cursor.next));
                    cursor.restart(list, tail);
                    Pulled::Frames(note)
                }
                None => Pulled::End(CloseCode::TooSlow, TOO_FAR_BEHIND),
            },
        }
    }

    /// Pings who was not pinged for long, and drops who is silent or takes nothing.
    pub fn sweep(&mut self, now: Time) {
        for (_, reader) in &mut self.readers {
            let heard = Time::from_micros(reader.heard.load(Ordering::Relaxed));
            let is_stuck = reader.socket.stuck_since().is_some_and(|since| now.since(since) >= WRITE_TIMEOUT);
            if is_stuck || now.since(heard) >= SILENCE_MAX {
                reader.socket.mark_dead();
            } else if now.since(reader.pinged.max(heard)) >= PING_EVERY
                && reader.socket.send(&[IoSlice::new(&PING)], now) == Sent::Taken
            {
                reader.pinged = now;
            }
        }
    }

    fn wake_bodies(&mut self) {
        for (_, waits) in &mut self.bodies {
            if let Some(waker) = waits.take() {
                waker.wake();
            }
        }
    }
}

fn tail_of(tails: &mut [EncodedTail; 4], encoding: Encoding) -> &mut EncodedTail {
    let [bare, envelope, event_stream, event_stream_envelope] = tails;
    match encoding {
        Encoding::Bare => bare,
        Encoding::Envelope => envelope,
        Encoding::EventStream => event_stream,
        Encoding::EventStreamEnvelope => event_stream_envelope,
    }
}

/// Sends a WebSocket what is due to it, from wherever it stands. The bytes handed to the kernel, and whether there is
/// more for it, and room.
fn tell(
    reader: &mut Reader,
    tail: &mut EncodedTail,
    source: &impl Source,
    backlog_bytes: u64,
    slow: SlowReader,
    now: Time,
) -> (u64, bool) {
    let Reader { socket, cursor, .. } = reader;
    let mut total = 0;
    for _ in 0..CHUNKS_A_TURN {
        let is_behind = cursor.backlog(tail) > backlog_bytes;
        let due = if is_behind { Due::Gone } else { cursor.due(tail, source) };
        match due {
            Due::Tail(frames) => {
                let (bytes, taken) = send(socket, frames, now);
                cursor.sent_of_tail(bytes, taken);
                return (total + bytes, false);
            }
            Due::Chunk(chunk) => {
                let (bytes, taken) = send(socket, &chunk.bytes, now);
                cursor.sent_chunk(&chunk, bytes, taken);
                total += bytes;
                if bytes < chunk.bytes.len() as u64 {
                    return (total, false);
                }
            }
            Due::Finished => {
                socket.close(CloseCode::Done, WHERE_IT_ENDS, now);
                return (total, false);
            }
            Due::Gone => {
                if !leave_behind(socket, cursor, tail, source, slow, now) {
                    return (total, false);
                }
            }
        }
    }
    (total, true)
}

/// A reader that is too far behind starts anew from live state, or goes. `false`: not now, or not at all.
fn leave_behind(
    socket: &Socket,
    cursor: &mut Cursor,
    tail: &mut EncodedTail,
    source: &impl Source,
    slow: SlowReader,
    now: Time,
) -> bool {
    let may_skip = slow == SlowReader::Skip && cursor.encoding.can_skip();
    let Some(list) = source.live_state().filter(|_| may_skip) else {
        socket.close(CloseCode::TooSlow, TOO_FAR_BEHIND, now);
        return false;
    };
    let mut note = Vec::new();
    source.push_skipped(&mut note, cursor.encoding, list.next.saturating_sub(cursor.next));
    if socket.send(&[IoSlice::new(&note)], now) != Sent::Taken {
        // It hears of it when it takes something again.
        return false;
    }
    cursor.restart(list, tail);
    true
}

/// Hands frames to the socket. The bytes that are on their way (whole frames, the last of them perhaps kept by the
/// socket in part), and how many frames that is.
fn send(socket: &Socket, frames: &[u8], now: Time) -> (u64, u64) {
    if frames.is_empty() {
        return (0, 0);
    }
    match socket.send_frames(frames, now) {
        Some(bytes) => (bytes as u64, frames_within(frames, bytes)),
        None => (0, 0),
    }
}

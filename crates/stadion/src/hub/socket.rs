//! The outbound half of an upgraded connection: whole frames, written by whoever has them, without a queue.
//!
//! A writer hands over a frame in slices and learns whether it went out. Where the kernel takes only a part, the rest
//! of *that frame* is kept and nothing more is accepted until it is gone: the reader's cursor stands, and its task
//! goes on when the socket is writable again. So a slow reader costs at most one frame and nobody waits for it.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use parking_lot::Mutex;
use stadion_core::Time;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::frame::{CloseCode, frame_end};

/// An upgraded connection. Reading is its task's alone; writing is everybody's.
#[derive(Debug)]
pub struct Socket {
    tcp: TcpStream,
    /// Guards the order of bytes on the wire.
    out: Mutex<Out>,
    /// Wakes the task when something waits to be written.
    wake: Notify,
    /// [`OPEN`], [`CLOSING`] or [`DEAD`]; only ever goes up.
    life: AtomicU8,
    again: AtomicBool,
}

#[derive(Debug, Default)]
struct Out {
    /// What the kernel did not take yet; ends at a frame's end.
    rest: Vec<u8>,
    /// How much of it was put there by [`Socket::send_control`].
    control_bytes: usize,
    /// The kernel takes nothing since then.
    stuck_since: Option<Time>,
}

/// Whether a frame is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The kernel has it, or the rest of it is kept.
    Taken,
    /// An earlier frame is still in the way: nothing was taken.
    Blocked,
    /// The connection is closed or closing.
    Gone,
}

const OPEN: u8 = 0;
const CLOSING: u8 = 1;
const DEAD: u8 = 2;

/// Answers to a client that does not read: pongs, errors. Past this it is cut off.
const CONTROL_BYTES_MAX: usize = 64 << 10;

impl Socket {
    pub fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            out: Mutex::default(),
            wake: Notify::new(),
            life: AtomicU8::new(OPEN),
            again: AtomicBool::new(false),
        }
    }

    /// Writes one or more whole frames, given as slices in order, with one system call.
    pub fn send(&self, frames: &[IoSlice<'_>], now: Time) -> Sent {
        if self.is_closing() {
            return Sent::Gone;
        }
        let mut out = self.out.lock();
        if !out.rest.is_empty() {
            return Sent::Blocked;
        }
        let written = match frames {
            [whole] => self.tcp.try_write(whole),
            parts => self.tcp.try_write_vectored(parts),
        };
        match written {
            Ok(written) => {
                out.keep_rest(frames, written);
                if out.rest.is_empty() {
                    return Sent::Taken;
                }
                out.stuck_since = Some(now);
                drop(out);
                self.wake.notify_one();
                Sent::Taken
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                out.stuck_since.get_or_insert(now);
                drop(out);
                self.wake.notify_one();
                Sent::Blocked
            }
            Err(_) => Sent::Gone,
        }
    }

    /// Writes as many of these frames as the kernel takes. The bytes that are on their way, a frame's end: where the
    /// kernel stopped within a frame, the rest of that one is kept. `None`: nothing was taken, something is in the way.
    pub fn send_frames(&self, frames: &[u8], now: Time) -> Option<usize> {
        if self.is_closing() {
            return None;
        }
        let mut out = self.out.lock();
        if !out.rest.is_empty() {
            return None;
        }
        let written = match self.tcp.try_write(frames) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return None,
        };
        if written == frames.len() {
            return Some(written);
        }
        let end = frame_end(frames, written);
        out.rest.extend_from_slice(frames.get(written..end).unwrap_or_default());
        out.stuck_since.get_or_insert(now);
        drop(out);
        self.wake.notify_one();
        Some(end)
    }

    /// Writes a frame of this reader's own (a pong, an error, a close) behind whatever is in the way.
    pub fn send_control(&self, frame: &[u8], now: Time) -> Sent {
        let mut out = self.out.lock();
        out.control_bytes = if out.rest.is_empty() { 0 } else { out.control_bytes + frame.len() };
        if out.control_bytes > CONTROL_BYTES_MAX {
            return Sent::Gone;
        }
        let written = if out.rest.is_empty() { self.tcp.try_write(frame).unwrap_or(0) } else { 0 };
        if written < frame.len() {
            out.rest.extend_from_slice(frame.get(written..).unwrap_or_default());
            out.stuck_since.get_or_insert(now);
            drop(out);
            self.wake.notify_one();
        }
        Sent::Taken
    }

    /// Sends a close frame; nothing is sent after it. The task ends the connection when the client has answered, or
    /// when it took too long to.
    pub fn close(&self, code: CloseCode, reason: &str, now: Time) {
        if self.life.fetch_max(CLOSING, Ordering::Relaxed) == OPEN {
            self.send_control(&code.frame(reason), now);
            self.wake.notify_one();
        }
    }

    pub fn is_closing(&self) -> bool {
        self.life.load(Ordering::Relaxed) >= CLOSING
    }

    pub fn is_dead(&self) -> bool {
        self.life.load(Ordering::Relaxed) == DEAD
    }

    /// Says that the other side has closed, and was answered.
    pub fn mark_closing(&self) {
        self.life.fetch_max(CLOSING, Ordering::Relaxed);
    }

    /// Gives the connection up without another word: it takes nothing, or is gone.
    pub fn mark_dead(&self) {
        self.life.fetch_max(DEAD, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Has the task come round once more, behind others.
    pub fn call_again(&self) {
        self.again.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Whether [`Socket::call_again`] was asked for, once.
    pub fn is_called_again(&self) -> bool {
        self.again.swap(false, Ordering::Relaxed)
    }

    /// Whether something waits for the socket to be writable, and since when.
    pub fn stuck_since(&self) -> Option<Time> {
        self.out.lock().stuck_since
    }

    /// Goes on with what was kept. `true` when nothing is in the way any more.
    pub fn flush(&self) -> io::Result<bool> {
        let mut out = self.out.lock();
        while !out.rest.is_empty() {
            match self.tcp.try_write(&out.rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    out.rest.drain(..written);
                    out.stuck_since = None;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        out.stuck_since = None;
        out.rest.shrink_to(0);
        Ok(true)
    }

    pub fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Resolves when somebody could not write, or wants the connection to close.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }
}

impl Out {
    fn keep_rest(&mut self, frames: &[IoSlice<'_>], mut written: usize) {
        for slice in frames {
            let skip = written.min(slice.len());
            written -= skip;
            self.rest.extend_from_slice(slice.get(skip..).unwrap_or_default());
        }
    }
}

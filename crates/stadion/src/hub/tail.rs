//! The latest bytes of a stream, ready to be sent: one contiguous buffer for all readers.
//!
//! A reader's cursor is a position in it; what it has not had is `tail[cursor..]`, one slice, whoever asks. Positions
//! count from the tail's beginning and never come again; who is behind what is still kept reads from the log.

/// How much is kept for readers that are a little behind: several seconds of a lively game.
const KEPT_BYTES: usize = 256 << 10;

/// A buffer up to this is kept for what comes next although nothing is in it.
const IDLE_BYTES_MAX: usize = 16 << 10;

#[derive(Debug, Default)]
pub struct Tail {
    bytes: Vec<u8>,
    /// The position of `bytes[0]`.
    base: u64,
}

impl Tail {
    /// The position behind the last byte: where a reader stands that has had everything.
    pub fn head(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Appends what `fill` writes. What is too old goes first, in large steps, so that a byte is moved at most once.
    pub fn extend(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        if self.bytes.len() > 2 * KEPT_BYTES {
            let old = self.bytes.len() - KEPT_BYTES;
            self.bytes.drain(..old);
            self.base += old as u64;
        }
        fill(&mut self.bytes);
    }

    /// Everything from `position` on, unless that is too long ago.
    pub fn from(&self, position: u64) -> Option<&[u8]> {
        let start = usize::try_from(position.checked_sub(self.base)?).ok()?;
        self.bytes.get(start..)
    }

    /// Everybody has had everything: nothing needs to be kept.
    pub fn all_have_had_it(&mut self) {
        self.base = self.head();
        if self.bytes.capacity() > IDLE_BYTES_MAX {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }

    /// Begins anew behind a gap: no cursor from before finds anything in it.
    pub fn break_off(&mut self) {
        self.base = self.head() + 1;
        self.bytes = Vec::new();
    }

    /// Forgets everything but where it stands: nobody reads.
    pub fn clear(&mut self) {
        self.base = self.head();
        self.bytes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_finds_what_came_after_it_until_that_is_too_old() {
        let mut tail = Tail::default();
        tail.extend(|out| out.extend_from_slice(b"one"));
        let cursor = tail.head();
        tail.extend(|out| out.extend_from_slice(b"two"));
        assert_eq!(tail.from(0), Some(&b"onetwo"[..]));
        assert_eq!(tail.from(cursor), Some(&b"two"[..]));
        assert_eq!(tail.from(tail.head()), Some(&b""[..]));
        assert_eq!(tail.from(tail.head() + 1), None);
        for _ in 0..40 {
            tail.extend(|out| out.resize(out.len() + KEPT_BYTES / 8, b'x'));
        }
        assert_eq!(tail.from(cursor), None);
        assert_eq!(tail.from(tail.head() - 5), Some(&b"xxxxx"[..]));
        assert!(tail.bytes.len() < 3 * KEPT_BYTES);
        tail.all_have_had_it();
        assert_eq!((tail.from(tail.head()), tail.bytes.capacity()), (Some(&b""[..]), 0));
        tail.clear();
        let cursor = tail.head();
        assert_eq!(tail.from(cursor), Some(&b""[..]));
        tail.break_off();
        assert_eq!(tail.from(cursor), None);
        assert_eq!(tail.from(tail.head()), Some(&b""[..]));
    }
}

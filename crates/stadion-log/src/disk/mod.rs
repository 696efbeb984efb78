//! The log on disk.
//!
//! All streams share few append-only files, the *segments*: a hundred thousand streams are not a hundred thousand
//! files, and what many streams write at once is one write and one sync. [`DiskLog`] is the whole face; one thread
//! writes, any thread reads.
//!
//! # What is promised
//!
//! - A commit whose [`Fate`] is *written* survives the process and the machine: it was synced before. A commit is one
//!   unit, also where it goes to several streams: after any crash all of it is there or nothing.
//! - *Refused* means that no restart will find it. *Unknown* means that the disk failed in between; the log says
//!   later which it is.
//! - What is read is what was written, or it is said that it is not: everything in a file is under a checksum.
//! - A record keeps its offset, tick and time for ever, also when it is moved to another file.
//!
//! # Files
//!
//! | file | |
//! |---|---|
//! | `FORMAT` | `stadion-log 1` and a line break. A newer version is refused |
//! | `LOCK` | the process id of who has the folder open, in decimal; locked for as long |
//! | `00000000000000000007.segment` | segment 7 |
//!
//! A segment grows by appending until it has [`Options::segment_bytes`]; then its index is written to its end: it is
//! *sealed* and never changes again. When nothing in it is needed any more it is deleted ([`DiskLog::reclaim`]). So
//! there are gaps in the numbers; they only ever go up. Each segment describes itself: it declares each stream before
//! the stream's first frame in it.
//!
//! Numbers are little-endian. `varint` is seven bits a byte, lowest first, the high bit set on all but the last;
//! `zigzag` is a varint of a signed number, 0, −1, 1, −2 … as 0, 1, 2, 3 …; `bytes` is a varint length and so many bytes.
//! Checksums are CRC-32 (IEEE).
//!
//! ```text
//! segment     0 ┌────────────────────────┐
//!               │ header, copy 1      32 │    magic "STDL" u32, version u16 = 1, 0 u16, number u64,
//!            32 ├────────────────────────┤    previous end u64, salt u32, checksum of these 28 bytes u32
//!               │ header, copy 2      32 │
//!            64 ├────────────────────────┤
//!               │ frame                  │
//!               │ frame                  │
//!               │ …                      │
//!               ├────────────────────────┤    once it is sealed:
//!               │ index frame            │    header, then as its body: an index for each stream,
//!               │                        │    the summary, the trailer
//!               └────────────────────────┘
//! ```
//!
//! *Previous end* says how many bytes of the segment before this one count. It is that file's length, except after a
//! sync failed: then what lies behind the last good sync was told as refused, whatever the disk made of it.
//!
//! The *salt* is random. It goes into the checksum of each frame's header, together with the frame's position, so that
//! neither an event that holds the image of a frame nor a frame at a wrong place is ever taken for one.
//!
//! ```text
//! frame       0 │ checksum of bytes 4 to 48, begun with salt ^ position (low half) ^ (high half rotated by 16)  u32
//!             4 │ checksum of the body                                                                        u32
//!             8 │ bytes of the body                                                                           u32
//!            12 │ magic 0x51d7                                                                                u16
//!            14 │ kind                                                                                        u8
//!            15 │ flags: 1 more, 2 ticks, 4 hidden delta, 8 hidden full                                       u8
//!            16 │ records                                                                                     u32
//!            20 │ bytes of hidden state at the body's beginning                                               u32
//!            24 │ stream                                                                                      u64
//!            32 │ offset                                                                                      u64
//!            40 │ time, milliseconds since 1970                                                               u64
//!            48 │ body
//! ```
//!
//! | kind | offset | body |
//! |---|---|---|
//! | 1 commit | of the first record; the others follow without gaps | hidden state; for each record its tick if flag 2 says so (zigzag, the difference to the one before), `bytes` |
//! | 2 declare | the stream's head | epoch u128, first offset varint, ended u8, name `bytes` |
//! | 3 carried | of the first record | for each record: offset (varint, how many were left out before it), time (zigzag, the difference to the one before, at first to the header's), tick (zigzag, likewise, at first to 0), `bytes` |
//! | 4 chain | the stream's head | hidden state that was moved, for each step (the header's *records*): 1 full or 0 delta u8, the head it stands at varint, `bytes` |
//! | 5 trim | the stream's first offset | |
//! | 6 end, 7 delete | | |
//! | 8 index | | see below |
//!
//! Flag 1, *more*: the commit goes on in the next frame. A commit to several streams, one of many records and one to a
//! stream not yet declared in the segment are several frames; without the last none counts.
//!
//! ```text
//! index body    │ a stream's index:   blocks varint, for each: offset, time, position, latest time, where its entries
//!               │                     begin among the entries (varints); then the entries, up to 64 a block:
//!               │                     offsets left out before it × 4 + 0 no hidden state, 1 delta, 2 full, 3 chain
//!               │                     varint, records varint, time zigzag, bytes between it and the frame before
//!               │                     varint, bytes of the frame varint; each beginning at its block's values
//!               │ … of each stream
//!               ├ summary             streams varint, for each: number varint, flags u8 (1 deleted: nothing follows;
//!               │                     2 snapshot here), a declaration as in kind 2, head, the snapshot's position if
//!               │                     flag 2, deltas since the last snapshot, bytes of hidden state, bytes of frames
//!               │                     with records, latest time; ranges committed, for each first offset and length;
//!               │                     ranges carried, for each first offset, length, position, bytes, latest time;
//!               │                     the index's position, bytes, checksum (varints);
//!               │                     deleted streams varint, for each its number varint
//!               ├ trailer           0 number u64, 8 position of the index frame u64, 16 position of the summary u64,
//!               │                  24 bytes of it u32, 28 its checksum u32, 32 salt u32,
//!               │                  36 checksum of these 36 bytes u32, 40 magic "STDLEND\n" u64
//! ```
//!
//! # A start
//!
//! Of a sealed segment the trailer and the summary are read, nothing else; a segment without one is read through: the
//! last. Where a frame in it is not what it should be and good ones follow, that is damage: it is said, with file and
//! position, and the rest counts. Where none follows, a write was cut off: it is said too, and cut away. A sealed
//! segment's frames are checked when they are read, or all of them by [`DiskLog::verify`].
//!
//! # Hidden state
//!
//! A commit may bring bytes that readers never see: a change of what the stream's owner must know after a restart, or
//! the whole of it. When a segment is sealed the owner is asked for the whole ([`Owner::snapshots_wanted`]) of each
//! stream that brought changes; it comes as part of a later commit, in the stream's own order, so that nobody waits for
//! anybody. [`DiskLog::hidden`] gives the latest whole and the changes since then.
//!
//! # Why not …
//!
//! - *A file a stream*: a sync a file, and a hundred thousand open files.
//! - *An embedded key-value store*: on the same machine it reached a twentieth to a third of plain appending.
//! - *A memory map*: a page that cannot be read or written ends the process instead of a request, and it needs
//!   `unsafe`.
//! - *Preallocated files*: a sync gets cheaper, but a torn tail can no longer be told from room not yet used, and an
//!   empty folder takes 64 MiB.

mod backup;
mod body;
mod codec;
mod commit;
#[cfg(test)]
mod failing;
mod folder;
mod footer;
mod format;
mod frames;
mod group;
mod hidden;
mod log;
mod medium;
mod notice;
mod numbers;
mod pieces;
mod queue;
mod read;
mod reclaim;
mod recovery;
mod scan;
mod seek;
mod segment;
mod shared;
mod state;
mod verify;
mod writer;

pub use backup::{BackupError, backup_folder};
pub use commit::{Commit, Done, Fate, Hidden, Refusal, StreamId};
pub use folder::OpenError;
pub use hidden::HiddenState;
pub use log::{DiskLog, Options, StreamInfo};
pub use notice::{Damage, Notice, Owner, Recovered};
pub use read::ReadError;
pub use reclaim::Reclaimed;

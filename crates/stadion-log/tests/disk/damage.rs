//! Files that are not what was written: cut off, or with bits that turned.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stadion_core::StreamName;
use stadion_log::disk::{Commit, DiskLog, Hidden, Options, ReadError, Recovered, StreamId};

use crate::support::{Kept, append, batch, begin, commit, open, put, read, segments, small};

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// What each stream was told to hold, by name.
type Written = BTreeMap<StreamName, Vec<Kept>>;

fn written(log: &DiskLog) -> Written {
    let streams = log.streams().into_iter();
    streams
        .map(|stream| {
            let info = log.info(stream).unwrap();
            (info.name, read(log, stream, 0..info.head))
        })
        .collect()
}

#[test]
fn a_write_that_was_cut_off_anywhere_is_removed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let a = begin(&log, "a");
    put(&log, a, &[b"one", b"two"]);
    let whole = written(&log);
    drop(log);
    let file = segments(folder.path()).pop().unwrap();
    let good = std::fs::metadata(&file).unwrap().len();
    // The last commit goes to two streams, one of them new: three frames that count together.
    let (log, _) = open(folder.path(), Options::default());
    let b = begin(&log, "b");
    let (to_a, to_b) = (batch(5, &[b"three"]), batch(5, &[b"four", b"five"]));
    append(&log, &[commit(a, &to_a), commit(b, &to_b)]).unwrap();
    let more = written(&log);
    drop(log);
    let len = std::fs::metadata(&file).unwrap().len();

    let bytes = std::fs::read(&file).unwrap();
    for end in good..=len {
        std::fs::write(&file, &bytes[..end as usize]).unwrap();
        let (log, recovered) = open(folder.path(), Options::default());
        assert_eq!(recovered.damage, []);
        assert_eq!(written(&log), if end == len { more.clone() } else { whole.clone() }, "cut at {end}");
        match recovered.cut {
            Some(cut) => assert_eq!((cut.file, cut.at), (file.clone(), good..end)),
            None => assert!(end == good || end == len, "cut at {end} is not said"),
        }
        // The log goes on from there.
        let first = put(&log, a, &[b"next"]);
        assert_eq!(first, if end == len { 3 } else { 2 });
        assert_eq!(read(&log, a, first..first + 1)[0].3, b"next");
    }
}

#[test]
fn a_segment_that_was_only_begun_is_removed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = begin(&log, "a");
    put(&log, a, &[b"one"]);
    drop(log);
    let begun = folder.path().join("00000000000000000002.segment");
    for len in [0, 1, 40, 63] {
        std::fs::write(&begun, vec![0; len]).unwrap();
        let (log, recovered) = open(folder.path(), small());
        assert_eq!(recovered.cut.unwrap().file, begun);
        assert!(!begun.exists());
        assert_eq!(read(&log, a, 0..1)[0].3, b"one");
    }
}

fn tiny() -> Options {
    Options { segment_bytes: 2500, ..Options::default() }
}

/// A log with three sealed segments and one that grows: many streams, hidden state, records that were moved.
fn fill(folder: &Path) {
    let (log, _) = open(folder, tiny());
    let streams: Vec<StreamId> = (0..3).map(|n| begin(&log, &format!("s:{n}"))).collect();
    let mut round = 0_u64;
    while segments(folder).len() < 4 {
        for (number, &stream) in streams.iter().enumerate() {
            let text = format!("{round} {number} {}", "x".repeat(40 * number));
            let batch = batch(1000 + round, &[text.as_bytes(), b"second"]);
            let hidden = format!("hidden {round}");
            let hidden = match round % 5 {
                0 => Hidden::Full(hidden.as_bytes()),
                1 => Hidden::Delta(hidden.as_bytes()),
                _ => Hidden::Nothing,
            };
            append(&log, &[Commit { hidden, ..commit(stream, &batch) }]).unwrap();
        }
        round += 1;
        if round == 5 {
            log.trim(streams[0], 4, &[1..2, 3..4]);
        }
    }
    put(&log, streams[1], &[b"last"]);
}

/// Reads everything that can be read; whether something could not.
fn salvage(log: &DiskLog, expected: &Written) -> bool {
    let mut lost = false;
    for stream in log.streams() {
        let info = log.info(stream).unwrap();
        let records = &expected[&info.name];
        assert!(info.head <= records.len() as u64);
        lost |= info.head < records.len() as u64;
        let mut from = 0;
        let mut below = info.first;
        while from < info.head {
            let mut at = from;
            let result = log.read(stream, from..info.head, 500, &mut |r| {
                let kept = (r.offset, r.tick.0, r.time_ms, r.bytes.to_vec());
                assert_eq!(kept, records[r.offset as usize], "what is shown is what was written");
                assert!(r.offset == at || r.offset <= below, "nothing is left out in silence");
                at = r.offset + 1;
            });
            match result {
                Ok(next) => from = next,
                Err(error) => {
                    assert!(
                        matches!(error, ReadError::Damaged { .. } | ReadError::Missing { .. }),
                        "{error}"
                    );
                    lost = true;
                    from = error.resume_at().unwrap();
                    below = below.max(from);
                }
            }
        }
        match log.hidden(stream) {
            Ok(hidden) => {
                for (_, bytes) in hidden.full.iter().chain(&hidden.deltas) {
                    assert!(bytes.starts_with(b"hidden "));
                }
            }
            Err(error) => {
                assert!(matches!(error, ReadError::Damaged { .. }), "{error}");
                lost = true;
            }
        }
    }
    lost
}

#[test]
fn a_bit_that_turned_anywhere_is_said_and_never_shown() {
    let origin = tempfile::tempdir().unwrap();
    fill(origin.path());
    let (log, recovered) = open(origin.path(), tiny());
    assert_eq!(recovered.damage, []);
    assert_eq!(log.verify().unwrap(), []);
    let expected = written(&log);
    drop(log);
    let folder = tempfile::tempdir().unwrap();
    copy(origin.path(), folder.path());
    let mut found_late = 0;
    for (number, file) in segments(folder.path()).into_iter().enumerate() {
        let bytes = std::fs::read(&file).unwrap();
        // Every part of every header is met in one of many frames; all bytes would be a minute.
        for at in (number % 3..bytes.len()).step_by(3) {
            let mut turned = bytes.clone();
            turned[at] ^= 1 << (at % 8);
            std::fs::write(&file, &turned).unwrap();
            let notices = Arc::new(Notices::default());
            let opened = DiskLog::open(folder.path(), tiny(), Arc::clone(&notices) as _);
            let (log, Recovered { cut, damage, .. }) = opened.unwrap();
            let verified = log.verify().unwrap();
            let lost = salvage(&log, &expected);
            let at_start = cut.is_some() || !damage.is_empty();
            assert!(
                at_start || !verified.is_empty(),
                "byte {at} of segment {number} is neither said at the start nor by a look at all"
            );
            let streams_gone = log.streams().len() < expected.len();
            assert!(!streams_gone || at_start, "byte {at} of segment {number}: a stream is gone in silence");
            found_late += usize::from(lost && !at_start);
            for said in cut.iter().chain(&damage) {
                assert_eq!(said.file, file, "byte {at}");
                let whole_end = said.what.contains("index") || said.what.contains("summary");
                assert!(
                    whole_end || (said.at.start..said.at.end + 1).contains(&(at as u64)),
                    "byte {at}: {said}"
                );
            }
            drop(log);
            // The start may have cut it.
            std::fs::write(&file, &bytes).unwrap();
        }
    }
    assert!(found_late > 0, "damage in a sealed segment is found when it is read");
}

#[derive(Default)]
struct Notices(std::sync::Mutex<Vec<String>>);

impl stadion_log::disk::Owner for Notices {
    fn snapshots_wanted(&self, _streams: &[StreamId]) {}

    fn notice(&self, notice: &stadion_log::disk::Notice) {
        self.0.lock().unwrap().push(notice.to_string());
    }
}

#[test]
fn a_damaged_index_is_made_anew_and_said() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let (log, _) = open(folder.path(), tiny());
    let expected = written(&log);
    drop(log);
    let file = segments(folder.path()).remove(0);
    let bytes = std::fs::read(&file).unwrap();
    let trailer = &bytes[bytes.len() - 48..];
    let number = |range: std::ops::Range<usize>| u64::from_le_bytes(trailer[range].try_into().unwrap());
    let (index, summary) = (number(8..16) + 48, number(16..24));
    let mut turned = bytes.clone();
    (index..summary).for_each(|at| turned[at as usize] ^= 4);
    std::fs::write(&file, turned).unwrap();
    let notices = Arc::new(Notices::default());
    let (log, recovered) = DiskLog::open(folder.path(), tiny(), Arc::clone(&notices) as _).unwrap();
    assert_eq!(recovered.damage, [], "a start does not read it");
    assert_eq!(written(&log), expected);
    let said = notices.0.lock().unwrap();
    assert_eq!(said.len(), 3, "once a stream: {said:?}");
    assert!(said[0].contains(file.to_str().unwrap()) && said[0].contains("index"), "{said:?}");
}

#[test]
fn an_event_that_looks_like_a_frame_is_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let a = begin(&log, "a");
    put(&log, a, &[b"one"]);
    let file = segments(folder.path()).pop().unwrap();
    let image = std::fs::read(&file).unwrap();
    let end = image.len();
    // The file's own frames as the body of an event, behind one that will be damaged.
    put(&log, a, &[&image[64..]]);
    put(&log, a, &[b"three"]);
    drop(log);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[end + 8] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (log, recovered) = open(folder.path(), Options::default());
    assert_eq!(recovered.damage.len(), 1);
    assert_eq!(recovered.damage[0].at.start, end as u64);
    let error = log.read(a, 1..2, 1, &mut |_| unreachable!()).unwrap_err();
    assert!(matches!(&error, ReadError::Missing { offsets } if *offsets == (1..2)), "{error}");
    assert_eq!(read(&log, a, 2..3)[0].3, b"three");
}

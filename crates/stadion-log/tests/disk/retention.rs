//! What is needed no longer goes; what must stay is moved first.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use stadion_core::{Epoch, Tick};
use stadion_log::Batch;
use stadion_log::disk::{Commit, DiskLog, Hidden, HiddenState, ReadError, StreamId};

use crate::support::{
    Kept, append, batch, begin, commit, heard, listen, name, open, put, read, segments, small, try_read,
};

/// Fills segments with a stream's records, until there are so many files.
fn fill(log: &DiskLog, folder: &Path, stream: StreamId, files: usize) {
    let last = segments(folder).last().cloned();
    let mut begun = 0;
    let mut seen = last;
    while begun < files {
        let head = log.info(stream).unwrap().head;
        let mut batch = Batch::new(1_000 + head);
        batch.push(Tick(head.cast_signed()), |out| out.extend_from_slice(&[head as u8; 200]));
        append(log, &[commit(stream, &batch)]).unwrap();
        let now = segments(folder).last().cloned();
        begun += usize::from(now != seen);
        seen = now;
    }
}

fn made(offset: u64) -> Kept {
    (offset, offset.cast_signed(), 1_000 + offset, vec![offset as u8; 200])
}

#[test]
fn dead_segments_go_and_what_is_kept_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = begin(&log, "a");
    fill(&log, folder.path(), a, 10);
    let head = log.info(a).unwrap().head;
    let before = head - 5;
    // One record here and there, and a run that lies across two segments.
    let mut keep: Vec<u64> = vec![0, 7, 40];
    keep.extend(60..90);
    let ranges: Vec<_> = keep.iter().map(|&offset| offset..offset + 1).collect();
    log.trim(a, before, &ranges);
    let reclaimed = log.reclaim();
    assert_eq!(reclaimed.stopped, None);
    assert!(reclaimed.segments >= 6, "{reclaimed:?}");
    assert!(reclaimed.carried < reclaimed.bytes / 4, "{reclaimed:?}");

    let check = |log: &DiskLog| {
        let info = log.info(a).unwrap();
        assert_eq!((info.first, info.head), (before, head));
        let shown = read(log, a, 0..head);
        for &offset in &keep {
            assert_eq!(shown.iter().find(|record| record.0 == offset), Some(&made(offset)));
            assert_eq!(read(log, a, offset..offset + 1), [made(offset)]);
        }
        for record in &shown {
            assert_eq!(*record, made(record.0));
        }
        assert_eq!(log.offset_at_time(a, 0, 0).unwrap(), before, "a time leads to what retention left");
        assert_eq!(log.offset_at_time(a, 0, 1_000 + before + 2).unwrap(), before + 2);
    };
    check(&log);
    drop(log);
    let (log, recovered) = open(folder.path(), small());
    assert_eq!(recovered.damage, []);
    check(&log);

    // Again, with less to keep: what was moved once is moved again, or goes.
    let before = segments(folder.path()).len();
    fill(&log, folder.path(), a, 4);
    let head = log.info(a).unwrap().head;
    log.trim(a, head, std::slice::from_ref(&(7..8)));
    log.reclaim();
    assert!(segments(folder.path()).len() < before + 4);
    assert_eq!(read(&log, a, 7..8), [made(7)]);
    drop(log);
    let (log, _) = open(folder.path(), small());
    assert_eq!(read(&log, a, 7..8), [made(7)]);
    assert_eq!(log.info(a).unwrap().first, head);
    assert_eq!(log.verify().unwrap(), []);
}

#[test]
fn after_a_restart_nothing_goes_before_it_is_said_what_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = begin(&log, "a");
    fill(&log, folder.path(), a, 5);
    let head = log.info(a).unwrap().head;
    log.trim(a, head, std::slice::from_ref(&(0..1)));
    put(&log, a, &[b"the trim is durable with this"]);
    drop(log);
    let (log, _) = open(folder.path(), small());
    assert_eq!(log.info(a).unwrap().first, head);
    assert_eq!(log.reclaim().segments, 0);
    log.trim(a, head, std::slice::from_ref(&(0..1)));
    assert!(log.reclaim().segments > 2);
    assert_eq!(read(&log, a, 0..1), [made(0)]);
}

#[test]
fn a_stream_outlives_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = log.begin(name("a"), Epoch::from_bits(42));
    let (ended, busy) = (begin(&log, "ended"), begin(&log, "busy"));
    let one = batch(1, &[b"one", b"two"]);
    let with = |hidden| Commit { hidden, ..commit(a, &one) };
    append(&log, &[with(Hidden::Full(b"all"))]).unwrap();
    append(&log, &[with(Hidden::Delta(b"more"))]).unwrap();
    put(&log, ended, &[b"one"]);
    let (done, receive) = listen();
    log.end(ended, done).unwrap();
    heard(&receive).unwrap();
    for round in 0..3 {
        // Each time the files that are there now are gone at the end, those that things were moved to as well.
        let there = segments(folder.path());
        fill(&log, folder.path(), busy, 3);
        log.trim(a, 4, &[]);
        log.trim(ended, 1, &[]);
        log.trim(busy, log.info(busy).unwrap().head, &[]);
        log.reclaim();
        let left: Vec<_> = segments(folder.path()).into_iter().filter(|file| there.contains(file)).collect();
        assert!(left.is_empty() || round == 0 || left == there[there.len() - 1..], "{left:?}");
    }
    drop(log);
    let (log, recovered) = open(folder.path(), small());
    assert_eq!(recovered.damage, []);
    let info = log.info(a).unwrap();
    assert_eq!((info.epoch, info.first, info.head, info.ended), (Epoch::from_bits(42), 4, 4, false));
    let hidden = HiddenState { full: Some((2, b"all".to_vec())), deltas: vec![(4, b"more".to_vec())] };
    assert_eq!(log.hidden(a).unwrap(), hidden);
    let info = log.info(ended).unwrap();
    assert_eq!((info.first, info.head, info.ended), (1, 1, true));
    assert_eq!(put(&log, a, &[b"five"]), 4);
}

#[test]
fn a_deleted_stream_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let (gone, pinned) = (begin(&log, "gone"), begin(&log, "pinned"));
    // Its records lie beside others that stay, so that the file stays.
    for number in 0..15 {
        put(&log, pinned, &[&[number; 200]]);
        put(&log, gone, &[b"a little"]);
    }
    fill(&log, folder.path(), gone, 2);
    let head = log.info(gone).unwrap().head;
    let (done, receive) = listen();
    log.delete(gone, done).unwrap();
    heard(&receive).unwrap();
    assert!(matches!(log.read(gone, 0..1, 1, &mut |_| ()), Err(ReadError::NoStream)));
    assert!(head > 15);
    assert_eq!(log.find(&name("gone")), None);
    let busy = begin(&log, "busy");
    for _ in 0..3 {
        fill(&log, folder.path(), busy, 3);
        log.trim(busy, log.info(busy).unwrap().head, &[]);
        assert_eq!(log.reclaim().stopped, None);
    }
    drop(log);
    let (log, _) = open(folder.path(), small());
    assert_eq!(log.streams(), [pinned, busy]);
    assert_eq!(log.find(&name("gone")), None);
    assert!(segments(folder.path())[0].ends_with("00000000000000000001.segment"), "the pinned file is there");
    let again = begin(&log, "gone");
    assert!(again > busy);
    assert_eq!(put(&log, again, &[b"anew"]), 0);
}

#[test]
fn retention_by_bytes_bounds_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let (a, b) = (begin(&log, "a"), begin(&log, "b"));
    for round in 0..15 {
        fill(&log, folder.path(), a, 2);
        put(&log, b, &[b"small and for ever"]);
        let before = log.offset_of_bytes(a, 10_000).unwrap();
        log.trim(a, before, &[]);
        log.reclaim();
        let info = log.info(a).unwrap();
        assert!(info.bytes < 10_000 + 2 * 5_000, "{info:?}");
        assert_eq!(read(&log, a, info.first..info.head).len() as u64, info.head - info.first);
        assert_eq!(read(&log, b, 0..round + 1).len() as u64, round + 1);
        let files = segments(folder.path()).len();
        assert!(files <= 6, "{files} files in round {round}");
    }
}

#[test]
fn readers_see_no_gap_while_files_are_sealed_and_removed_under_them() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = begin(&log, "a");
    put(&log, a, &[&0_u64.to_le_bytes()]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..3_u64 {
            let (log, over) = (&log, &over);
            scope.spawn(move || {
                let mut round = 0;
                while !over.load(Ordering::Relaxed) {
                    let info = log.info(a).unwrap();
                    // From the beginning, from the middle, from the end.
                    let from = info.first + (info.head - info.first) * (reader + round % 2) / 3;
                    let mut expected = from;
                    let shown = try_read(log, a, from..info.head, 2000).unwrap();
                    for record in shown {
                        // What was trimmed meanwhile may be left out.
                        assert!(record.0 == expected || record.0 <= log.info(a).unwrap().first.max(expected));
                        assert_eq!(record.3[..8], record.0.to_le_bytes());
                        expected = record.0 + 1;
                    }
                    assert!(expected == info.head || log.info(a).unwrap().first >= expected);
                    let kept = read(log, a, 0..1);
                    assert_eq!(kept[0].3, 0_u64.to_le_bytes(), "it is moved about and always there");
                    round += 1;
                }
            });
        }
        let mut sealed = 0;
        while sealed < 40 {
            let head = log.info(a).unwrap().head;
            let mut record = head.to_le_bytes().to_vec();
            record.resize(8 + head as usize % 300, 0);
            put(&log, a, &[&record]);
            log.trim(a, head.saturating_sub(60), std::slice::from_ref(&(0..1)));
            sealed += log.reclaim().segments;
        }
        over.store(true, Ordering::Relaxed);
    });
}

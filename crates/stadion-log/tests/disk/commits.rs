//! What becomes of commits: their order, their bounds, what is refused.

use std::sync::{Arc, Mutex};

use stadion_core::{Epoch, Tick};
use stadion_log::Batch;
use stadion_log::disk::{
    Commit, DiskLog, Fate, Hidden, Notice, OpenError, Options, Owner, Refusal, StreamId,
};

use crate::support::{append, batch, begin, commit, heard, listen, name, open, put, read, small, try_read};

#[test]
fn many_writers_get_offsets_without_gaps_in_their_own_order() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let shared = begin(&log, "shared");
    std::thread::scope(|scope| {
        for writer in 0..8_u8 {
            let log = &log;
            scope.spawn(move || {
                let own = begin(log, &format!("own:{writer}"));
                for number in 0..40_u8 {
                    assert_eq!(put(log, own, &[&[number]]), u64::from(number));
                    put(log, shared, &[&[writer, number], &[writer, number]]);
                }
            });
        }
    });
    let records = read(&log, shared, 0..8 * 40 * 2);
    for writer in 0..8_u8 {
        let own: Vec<u8> = records.iter().filter(|r| r.3[0] == writer).map(|r| r.3[1]).collect();
        let expected: Vec<u8> = (0..40).flat_map(|number| [number, number]).collect();
        assert_eq!(own, expected);
    }
    for pair in records.chunks(2) {
        assert_eq!(pair[0].3, pair[1].3, "a batch stays together");
    }
}

#[test]
fn a_commit_that_expects_another_head_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let (a, b) = (begin(&log, "a"), begin(&log, "b"));
    let one = batch(1, &[b"one"]);
    let expecting = |stream, first| Commit { first: Some(first), ..commit(stream, &one) };
    assert_eq!(append(&log, &[expecting(a, 0), expecting(b, 0)]), Ok(vec![0, 0]));
    let refused = append(&log, &[expecting(a, 1), expecting(b, 0)]);
    assert_eq!(refused, Err(Some(Refusal::Moved { head: 1 })));
    assert_eq!(log.info(a).unwrap().head, 1);
    // Within one hand-in the later ones see the earlier.
    assert_eq!(append(&log, &[expecting(a, 1), expecting(a, 2)]), Ok(vec![1, 2]));
    assert_eq!(append(&log, &[commit(StreamId(99), &one)]), Err(Some(Refusal::NoStream)));
    assert_eq!(log.info(a).unwrap().head, 3);
}

#[test]
fn what_is_handed_in_before_the_log_is_dropped_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let a = begin(&log, "a");
    let one = batch(1, &[b"one"]);
    let (done, receive) = listen();
    let done = Arc::new(Mutex::new(done));
    for _ in 0..500 {
        let done = Arc::clone(&done);
        log.append(&commit(a, &one), Box::new(move |fate| (done.lock().unwrap())(fate))).unwrap();
    }
    drop(log);
    let firsts: Vec<u64> = receive.try_iter().map(|said| said.unwrap()[0]).collect();
    assert_eq!(firsts, (0..500).collect::<Vec<_>>());
    let (log, _) = open(folder.path(), Options::default());
    assert_eq!(log.info(a).unwrap().head, 500);
}

#[test]
fn a_full_queue_and_a_huge_commit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { queue_bytes: 40_000, ..Options::default() };
    let (log, _) = open(folder.path(), options);
    let a = begin(&log, "a");
    let big = batch(1, &[&[1; 10_000]]);
    let mut waiting = Vec::new();
    let refusal = loop {
        let (done, receive) = listen();
        match log.append(&commit(a, &big), done) {
            Ok(()) => waiting.push(receive),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, Refusal::Busy);
    for (number, receive) in waiting.iter().enumerate() {
        assert_eq!(heard(receive), Ok(vec![number as u64]));
    }
    put(&log, a, &[b"there is room again"]);
    let huge = batch(1, &[&[1; 40_001]]);
    let refused = append(&log, &[commit(a, &huge)]);
    assert!(matches!(refused, Err(Some(Refusal::TooBig { bytes_max: 40_000, .. }))), "{refused:?}");
}

#[test]
fn a_long_batch_is_one_commit_and_is_read_in_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let a = begin(&log, "a");
    let mut batch = Batch::new(77);
    for number in 0..3000_u32 {
        batch.push(Tick(i64::from(number) * 2), |out| {
            out.extend_from_slice(&number.to_le_bytes().repeat(100))
        });
    }
    let hidden = Hidden::Delta(b"secret");
    assert_eq!(append(&log, &[Commit { hidden, ..commit(a, &batch) }]), Ok(vec![0]));
    let records = try_read(&log, a, 1000..2000, 5000).unwrap();
    assert_eq!(records.len(), 1000);
    for (record, number) in records.iter().zip(1000_u32..) {
        assert_eq!((record.0, record.1, record.2), (u64::from(number), i64::from(number) * 2, 77));
        assert_eq!(record.3, number.to_le_bytes().repeat(100));
    }
    let hidden = log.hidden(a).unwrap();
    assert_eq!((hidden.full, hidden.deltas), (None, vec![(3000, b"secret".to_vec())]));
}

#[test]
fn a_new_life_under_a_name_ends_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let first = log.begin(name("game:1"), Epoch::from_bits(1));
    put(&log, first, &[b"old"]);
    let second = log.begin(name("game:1"), Epoch::from_bits(2));
    put(&log, first, &[b"still"]);
    assert!(!log.info(first).unwrap().ended, "nothing is written of the new life yet");
    put(&log, second, &[b"new"]);
    let late = batch(1, &[b"late"]);
    assert_eq!(append(&log, &[commit(first, &late)]), Err(Some(Refusal::Ended)));
    drop(log);
    let (log, _) = open(folder.path(), Options::default());
    assert_eq!(log.find(&name("game:1")), Some(second));
    assert_eq!(log.info(second).unwrap().epoch, Epoch::from_bits(2));
    let old = log.info(first).unwrap();
    assert_eq!((old.ended, old.epoch, old.head), (true, Epoch::from_bits(1), 2));
    assert_eq!(read(&log, first, 0..2)[1].3, b"still");
    let third = log.begin(name("game:2"), Epoch::from_bits(3));
    assert!(third > second, "numbers are never used again");
}

#[derive(Default)]
struct Asked(Mutex<Vec<Vec<StreamId>>>);

impl Owner for Asked {
    fn snapshots_wanted(&self, streams: &[StreamId]) {
        self.0.lock().unwrap().push(streams.to_vec());
    }

    fn notice(&self, notice: &Notice) {
        panic!("nothing is wrong here: {notice}");
    }
}

#[test]
fn a_sealed_segment_asks_for_the_snapshots_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(Asked::default());
    let (log, _) = DiskLog::open(folder.path(), small(), Arc::clone(&asked) as _).unwrap();
    let (a, b, c) = (begin(&log, "a"), begin(&log, "b"), begin(&log, "c"));
    let one = batch(1, &[b"one"]);
    let with = |stream, hidden| Commit { hidden, ..commit(stream, &one) };
    append(&log, &[with(a, Hidden::Delta(b"da")), with(b, Hidden::Delta(b"db")), commit(c, &one)]).unwrap();
    append(&log, &[with(b, Hidden::Full(b"fb"))]).unwrap();
    put(&log, c, &[&[0; 5000]]);
    put(&log, c, &[b"the next segment"]);
    assert_eq!(*asked.0.lock().unwrap(), [[a]], "b has said it, c has nothing to say");
    let nothing = Batch::new(5);
    append(&log, &[Commit { hidden: Hidden::Full(b"fa"), ..commit(a, &nothing) }]).unwrap();
    put(&log, c, &[&[0; 5000]]);
    put(&log, c, &[b"the next segment"]);
    assert_eq!(asked.0.lock().unwrap().len(), 1, "all is said");
    drop(log);
    let (log, _) = open(folder.path(), small());
    assert_eq!(log.hidden(a).unwrap().full, Some((1, b"fa".to_vec())));
    assert_eq!(log.hidden(b).unwrap().full, Some((2, b"fb".to_vec())));
    assert_eq!(log.hidden(c).unwrap().full, None);
}

#[test]
fn the_last_to_let_go_of_the_log_may_be_a_callback() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(open(folder.path(), Options::default()).0);
    let a = begin(&log, "a");
    let one = batch(1, &[b"one"]);
    let (mut done, receive) = listen();
    let own = Mutex::new(Some(Arc::clone(&log)));
    let gone = std::sync::mpsc::channel();
    let last = Box::new(move |fate: Fate<'_>| {
        // Waits until the callback's is the only one.
        gone.1.recv().unwrap();
        drop(own.lock().unwrap().take());
        done(fate);
    });
    log.append(&commit(a, &one), last).unwrap();
    drop(log);
    gone.0.send(()).unwrap();
    assert_eq!(heard(&receive), Ok(vec![0]));
    // The folder is free as soon as its thread has ended.
    let again = loop {
        match DiskLog::open(folder.path(), Options::default(), Arc::new(())) {
            Ok((log, _)) => break log,
            Err(OpenError::InUse { .. }) => std::thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(again.info(a).unwrap().head, 1);
}

#[test]
fn a_callback_that_panics_closes_the_log_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let a = begin(&log, "a");
    let one = batch(1, &[b"one"]);
    log.append(&commit(a, &one), Box::new(|_| panic!("on purpose"))).unwrap();
    let refused = loop {
        let (done, receive) = listen();
        match log.append(&commit(a, &one), done) {
            // It came before the panic: then nobody answers, but nobody waits for ever either.
            Ok(()) => drop(receive.recv()),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refused, Refusal::Closed);
    assert_eq!(read(&log, a, 0..1)[0].3, b"one", "it is read as before");
}

//! Many streams, many segments: few files, and a start that reads little of them.

use stadion_log::disk::{Commit, Options};

use crate::support::{append, batch, begin, commit, open, put, read, segments};

#[test]
fn a_hundred_thousand_streams_are_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let streams: Vec<_> = (0..100_000_u32).map(|number| begin(&log, &format!("game:{number}"))).collect();
    for (round, part) in streams.chunks(5000).chain(streams.chunks(5000)).enumerate() {
        let record = batch(round as u64, &[&(round as u64).to_le_bytes()]);
        let commits: Vec<Commit<'_>> = part.iter().map(|&stream| commit(stream, &record)).collect();
        append(&log, &commits).unwrap();
    }
    drop(log);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(files <= 4, "{files} files");
    let (log, recovered) = open(folder.path(), Options::default());
    assert_eq!(recovered.streams, 100_000);
    for &stream in streams.iter().step_by(9_973) {
        assert_eq!(log.info(stream).unwrap().head, 2);
        let rounds = read(&log, stream, 0..2).into_iter().map(|record| record.2).collect::<Vec<_>>();
        assert_eq!(rounds[1], rounds[0] + 20);
    }
}

#[test]
fn a_start_reads_the_ends_of_sealed_segments_and_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 40_000, ..Options::default() };
    let (log, _) = open(folder.path(), options.clone());
    let (a, b) = (begin(&log, "a"), begin(&log, "b"));
    while segments(folder.path()).len() < 150 {
        put(&log, a, &[&[1; 300], &[2; 300], &[3; 300]]);
        put(&log, b, &[&[4; 300]]);
    }
    let heads = [a, b].map(|stream| log.info(stream).unwrap().head);
    drop(log);
    let files = segments(folder.path());
    let sizes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    let last = files.last().unwrap().metadata().unwrap().len();
    let (log, recovered) = open(folder.path(), options);
    assert_eq!([a, b].map(|stream| log.info(stream).unwrap().head), heads);
    assert_eq!(recovered.segments, 150);
    let per_sealed = (recovered.bytes_read - last) / 149;
    assert!(per_sealed < 400, "{per_sealed} bytes of a sealed segment with two streams");
    assert!(recovered.bytes_read * 20 < sizes, "{} of {sizes} bytes", recovered.bytes_read);
    // All of it is there, wherever one begins.
    for from in (0..heads[0]).step_by(1777) {
        let record = &read(&log, a, from..from + 1)[0];
        assert_eq!((record.0, record.3[0]), (from, (from % 3) as u8 + 1));
    }
}

//! A process that is killed in the middle of writing, again and again: what it was told is written, is.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use stadion_log::disk::{DiskLog, Options, StreamId};

use crate::support::{append, batch, commit, name, open, put, read};

const FOLDER: &str = "STADION_LOG_TEST_FOLDER";
const WRITERS: usize = 6;

fn options() -> Options {
    Options { segment_bytes: 20_000, ..Options::default() }
}

fn stream(log: &DiskLog, text: &str) -> StreamId {
    log.find(&name(text)).unwrap_or_else(|| crate::support::begin(log, text))
}

/// Appends for ever, each record its own offset, and prints what was acknowledged. The parent runs it and kills it.
#[test]
#[ignore = "runs as the child of the test below"]
fn child() {
    let folder = std::env::var_os(FOLDER).expect("the parent names a folder");
    let (log, recovered) = open(Path::new(&folder), options());
    assert_eq!(recovered.damage, [], "a kill cuts off, it does not damage");
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
    };
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (log, say) = (&log, &say);
            scope.spawn(move || {
                let own = stream(log, &format!("own:{writer}"));
                let mut number = log.info(own).unwrap().head;
                loop {
                    let records: Vec<_> = (number..=number + number % 3).map(u64::to_le_bytes).collect();
                    let records: Vec<_> = records.iter().map(|bytes| &bytes[..]).collect();
                    assert_eq!(put(log, own, &records), number);
                    number += records.len() as u64;
                    say(format!("ack own:{writer} {number}"));
                }
            });
        }
        scope.spawn(|| {
            let pair = [stream(&log, "left"), stream(&log, "right")];
            let mut number = log.info(pair[0]).unwrap().head;
            loop {
                let record = batch(number, &[&number.to_le_bytes()]);
                let firsts = append(&log, &pair.map(|stream| commit(stream, &record))).unwrap();
                assert_eq!(firsts, [number, number]);
                number += 1;
                say(format!("ack left {number}"));
            }
        });
    });
}

#[test]
fn what_was_acknowledged_survives_twenty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = std::collections::BTreeMap::new();
    for round in 0..20_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks = 0;
        let mut hear = |line: String| {
            let Some(ack) = line.strip_prefix("ack ") else { return 0 };
            // The last line may be cut off.
            let Some((stream, head)) = ack.split_once(' ') else { return 0 };
            acknowledged.insert(stream.to_owned(), head.parse::<u64>().unwrap_or(0));
            1
        };
        while acks <= round * 61 % 700 {
            acks += hear(lines.next().expect("the child goes on").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // A number that was cut off would say less than was acknowledged, which proves less, not more.
        lines.map_while(Result::ok).for_each(|line| {
            hear(line);
        });

        let (log, recovered) = open(folder.path(), options());
        assert_eq!(recovered.damage, []);
        for (text, &head) in &acknowledged {
            let stream = log.find(&name(text)).expect("what was acknowledged is there");
            let info = log.info(stream).unwrap();
            assert!(info.head >= head, "{text}: {head} were acknowledged, {} are there", info.head);
            for (expected, record) in (0..info.head).zip(read(&log, stream, 0..info.head)) {
                assert_eq!((record.0, record.3), (expected, expected.to_le_bytes().to_vec()), "{text}");
            }
        }
        let heads = ["left", "right"].map(|text| log.find(&name(text)).map(|s| log.info(s).unwrap().head));
        assert_eq!(heads[0], heads[1], "a commit to two streams is in both or in none");
    }
    assert!(acknowledged.len() > WRITERS, "all writers were heard: {acknowledged:?}");
}

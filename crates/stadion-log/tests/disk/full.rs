//! A disk without room: nothing of what is refused stays, and it goes on by itself when there is room again.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use stadion_log::disk::{DiskLog, Options, Refusal, StreamId};

use crate::support::{append, batch, begin, commit, open, put, read};

const FOLDER: &str = "STADION_LOG_TEST_FOLDER";

/// Appends until there is no room; how many records there are then.
fn fill(log: &DiskLog, stream: StreamId) -> u64 {
    let record = batch(1, &[&[7; 3000]]);
    loop {
        match append(log, &[commit(stream, &record)]) {
            Ok(_) => {}
            Err(Some(Refusal::Full)) => return log.info(stream).unwrap().head,
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A limit on the size of files stands in for the disk: it can be set by anybody, and only for the own process.
#[test]
#[ignore = "runs as the child of the test below, which has the signal ignored that comes with the limit"]
fn child() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the parent names a folder"));
    let limit = |bytes| {
        let maximum = getrlimit(Resource::Fsize).maximum;
        setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
    };
    let (log, _) = open(&folder, Options::default());
    let (a, b) = (begin(&log, "a"), begin(&log, "b"));
    put(&log, b, &[b"before"]);
    limit(Some(100_000));
    let head = fill(&log, a);
    assert!((20..40).contains(&head), "{head}");
    assert_eq!(append(&log, &[commit(b, &batch(1, &[&[1; 4000]]))]), Err(Some(Refusal::Full)));
    assert_eq!(read(&log, a, 0..head).len() as u64, head, "it is read as before");
    assert_eq!(read(&log, b, 0..1)[0].3, b"before");
    limit(None);
    assert_eq!(put(&log, a, &[b"there is room"]), head);
    assert_eq!(put(&log, b, &[b"after"]), 1);
    limit(Some(50_000));
    assert_eq!(append(&log, &[commit(a, &batch(1, &[b"no"]))]), Err(Some(Refusal::Full)));
    drop(log);
    limit(None);
    let (log, recovered) = open(&folder, Options::default());
    assert_eq!((recovered.cut, recovered.damage), (None, vec![]), "what was refused left nothing");
    assert_eq!(log.info(a).unwrap().head, head + 1);
    assert_eq!(read(&log, a, head..head + 1)[0].3, b"there is room");
    assert_eq!(log.info(b).unwrap().head, 2);
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" full::child --exact --ignored --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
}

/// A small file system in memory, if one may be mounted here.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path) -> Option<Self> {
        let options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // A mount that stays is seen; there is nobody to tell here.
        Command::new("umount").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_goes_on_once_retention_has_made_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_tmpfs) = Tmpfs::mount(folder.path()) else {
        // The limit on file sizes, above, shows the same but for the room that retention makes.
        return;
    };
    let options = Options { segment_bytes: 100_000, ..Options::default() };
    let (log, _) = open(folder.path(), options.clone());
    let a = begin(&log, "a");
    let mut last = 0;
    for _ in 0..3 {
        let head = fill(&log, a);
        assert!(head > last + 100, "{head} after {last}");
        assert_eq!(append(&log, &[commit(a, &batch(1, &[&[7; 3000]]))]), Err(Some(Refusal::Full)));
        assert_eq!(read(&log, a, last..head).len() as u64, head - last);
        log.trim(a, head, &[]);
        let reclaimed = log.reclaim();
        assert!(reclaimed.segments >= 5, "{reclaimed:?}");
        last = put(&log, a, &[b"there is room"]);
        assert_eq!(last, head);
    }
    drop(log);
    let (log, recovered) = open(folder.path(), options);
    assert_eq!((recovered.cut, recovered.damage), (None, vec![]));
    assert_eq!(read(&log, a, last..last + 1)[0].3, b"there is room");
}

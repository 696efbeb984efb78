//! A disk that fails when it is told to, and what the log makes of it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use stadion_core::{Epoch, StreamName, Tick};

use super::medium::{Disk, Medium};
use super::{Commit, DiskLog, Fate, Hidden, Notice, Options, Owner, Refusal, StreamId};
use crate::Batch;

/// How many of the next calls of each kind fail.
#[derive(Default)]
struct Failing {
    creates: AtomicU32,
    writes: AtomicU32,
    syncs: AtomicU32,
    cuts: AtomicU32,
}

fn fails(left: &AtomicU32) -> io::Result<()> {
    let fewer = left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    fewer.map_or(Ok(()), |_| Err(io::Error::from_raw_os_error(5)))
}

impl Medium for Failing {
    fn create(&self, path: &Path) -> io::Result<File> {
        fails(&self.creates)?;
        Disk.create(path)
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        if let Err(error) = fails(&self.writes) {
            // Half of it got there.
            Disk.write(file, &bytes[..bytes.len() / 2], at)?;
            return Err(error);
        }
        Disk.write(file, bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        fails(&self.syncs)?;
        Disk.sync(file)
    }

    fn cut(&self, file: &File, len: u64) -> io::Result<()> {
        fails(&self.cuts)?;
        Disk.cut(file, len)
    }
}

#[derive(Default)]
struct Notices(Mutex<Vec<Notice>>);

impl Owner for Notices {
    fn snapshots_wanted(&self, _streams: &[StreamId]) {}

    fn notice(&self, notice: &Notice) {
        self.0.lock().unwrap().push(notice.clone());
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Written(u64),
    Refused(Refusal),
    Unknown,
}

struct Bench {
    folder: tempfile::TempDir,
    medium: Arc<Failing>,
    notices: Arc<Notices>,
    log: Option<DiskLog>,
    stream: StreamId,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bench =
            Self { folder, medium: Arc::default(), notices: Arc::default(), log: None, stream: StreamId(1) };
        bench.open();
        bench.stream = bench.log().begin(StreamName::new("a").unwrap(), Epoch::from_bits(1));
        bench
    }

    fn open(&mut self) {
        self.log = None;
        let options = Options { segment_bytes: 2000, ..Options::default() };
        let (owner, medium) = (Arc::clone(&self.notices), Arc::clone(&self.medium));
        let (log, recovered) = DiskLog::open_on(self.folder.path(), options, owner, medium).unwrap();
        assert_eq!(recovered.damage, []);
        self.log = Some(log);
    }

    fn log(&self) -> &DiskLog {
        self.log.as_ref().unwrap()
    }

    fn append(&self, text: &str) -> mpsc::Receiver<Said> {
        let (send, receive) = mpsc::channel();
        let done = move |fate: Fate<'_>| {
            let said = match fate {
                Fate::Written { firsts } => Said::Written(firsts[0]),
                Fate::Refused(refusal) => Said::Refused(refusal),
                Fate::Unknown => Said::Unknown,
            };
            send.send(said).unwrap();
        };
        let mut batch = Batch::new(1);
        batch.push(Tick(0), |out| out.extend_from_slice(text.as_bytes()));
        let commit = Commit { stream: self.stream, batch: &batch, hidden: Hidden::Nothing, first: None };
        self.log().append(&commit, Box::new(done)).unwrap();
        receive
    }

    fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        let head = self.log().info(self.stream).unwrap().head;
        let mut from = 0;
        while from < head {
            let show = &mut |r: crate::Record<'_>| shown.push(String::from_utf8(r.bytes.to_vec()).unwrap());
            from = self.log().read(self.stream, from..head, 1000, show).unwrap();
        }
        shown
    }
}

fn next(receive: &mpsc::Receiver<Said>) -> Said {
    receive.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn a_sync_that_fails_is_unknown_first_and_refused_for_good() {
    // How often the log fails to begin a new file before it can say what became of the commit.
    for more in [0, 1, 2] {
        let mut bench = Bench::new();
        assert_eq!(next(&bench.append("one")), Said::Written(0));
        bench.medium.creates.store(more, Ordering::SeqCst);
        bench.medium.syncs.store(1, Ordering::SeqCst);
        let receive = bench.append("two");
        assert_eq!(next(&receive), Said::Unknown);
        assert_eq!(next(&receive), Said::Refused(Refusal::Failing));
        assert_eq!(bench.shown(), ["one"]);
        assert_eq!(next(&bench.append("three")), Said::Written(1));
        let notices = std::mem::take(&mut *bench.notices.0.lock().unwrap());
        assert!(
            matches!(notices[..], [Notice::CannotWrite { full: false, .. }, Notice::WritesAgain]),
            "{notices:?}"
        );
        // The file still holds "two", as if the disk had written it after all.
        let first = std::fs::read(bench.folder.path().join("00000000000000000001.segment")).unwrap();
        assert!(first.ends_with(b"two"));
        for _ in 0..2 {
            bench.open();
            assert_eq!(bench.shown(), ["one", "three"], "refused is refused, also after a restart");
        }
        // The segment that says so stays as long as the one it speaks of.
        for _ in 0..60 {
            assert!(matches!(next(&bench.append(&"x".repeat(100))), Said::Written(_)));
        }
        let head = bench.log().info(bench.stream).unwrap().head;
        bench.log().trim(bench.stream, head, std::slice::from_ref(&(0..1)));
        bench.log().reclaim();
        bench.log().reclaim();
        bench.open();
        assert_eq!(bench.shown()[0], "one");
        assert!(!bench.shown().contains(&"two".to_owned()));
    }
}

#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let mut bench = Bench::new();
    assert_eq!(next(&bench.append("one")), Said::Written(0));
    bench.medium.writes.store(2, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(next(&bench.append("two")), Said::Refused(Refusal::Failing));
    }
    assert_eq!(next(&bench.append("three")), Said::Written(1));
    assert_eq!(bench.notices.0.lock().unwrap().len(), 2, "said once, and once that it is over");
    bench.open();
    assert_eq!(bench.shown(), ["one", "three"]);
}

#[test]
fn half_a_write_that_cannot_be_cut_away_does_not_count() {
    let mut bench = Bench::new();
    assert_eq!(next(&bench.append("one")), Said::Written(0));
    bench.medium.cuts.store(1, Ordering::SeqCst);
    bench.medium.writes.store(1, Ordering::SeqCst);
    let receive = bench.append("two");
    assert_eq!(next(&receive), Said::Unknown);
    assert_eq!(next(&receive), Said::Refused(Refusal::Failing));
    assert_eq!(next(&bench.append("three")), Said::Written(1));
    bench.open();
    assert_eq!(bench.shown(), ["one", "three"]);
}

#[test]
fn a_segment_that_cannot_be_sealed_is_read_through() {
    // Failing to write the index, to sync it, and to begin the next file; once and twice.
    for (what, times) in (0..3).flat_map(|what| [(what, 1), (what, 2)]) {
        let mut bench = Bench::new();
        let mut expected = Vec::new();
        while std::fs::metadata(bench.folder.path().join("00000000000000000001.segment"))
            .map_or(0, |file| file.len())
            < 2000
        {
            let text = format!("{} {}", expected.len(), "y".repeat(60));
            assert_eq!(next(&bench.append(&text)), Said::Written(expected.len() as u64));
            expected.push(text);
        }
        [&bench.medium.writes, &bench.medium.syncs, &bench.medium.creates][what]
            .store(times, Ordering::SeqCst);
        for _ in 0..times {
            assert_eq!(next(&bench.append("no")), Said::Refused(Refusal::Failing), "{what} {times}");
        }
        assert_eq!(next(&bench.append("yes")), Said::Written(expected.len() as u64));
        expected.push("yes".to_owned());
        assert_eq!(bench.shown(), expected);
        for _ in 0..2 {
            bench.open();
            assert_eq!(bench.shown(), expected, "{what} {times}");
            assert_eq!(bench.log().verify().unwrap(), []);
        }
    }
}

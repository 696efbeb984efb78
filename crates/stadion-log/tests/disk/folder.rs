//! The folder: one process at a time, a known format, backups.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stadion_log::disk::{BackupError, DiskLog, OpenError, Options, backup_folder};

use crate::support::{begin, open, put, read, segments, small};

fn refused(folder: &std::path::Path) -> OpenError {
    DiskLog::open(folder, Options::default(), Arc::new(())).unwrap_err()
}

#[test]
fn a_second_open_names_the_firsts_process() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    let error = refused(folder.path());
    let pid = std::process::id().to_string();
    assert!(matches!(&error, OpenError::InUse { pid: found, .. } if *found == pid), "{error}");
    assert!(error.to_string().contains(&format!("process {pid}")));
    drop(log);
    open(folder.path(), Options::default());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let format = folder.path().join("FORMAT");
    std::fs::write(&format, "stadion-log 2\n").unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, OpenError::TooNew { found: 2, known: 1, .. }), "{error}");
    for text in ["", "stadion-log", "fjall 3"] {
        std::fs::write(&format, text).unwrap();
        assert!(matches!(refused(folder.path()), OpenError::NoFormat { .. }), "{text:?}");
        assert_eq!(std::fs::read_to_string(&format).unwrap(), text);
    }
}

#[test]
fn segments_without_a_format_are_not_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), Options::default());
    put(&log, begin(&log, "a"), &[b"one"]);
    drop(log);
    std::fs::remove_file(folder.path().join("FORMAT")).unwrap();
    assert!(matches!(refused(folder.path()), OpenError::NoFormat { .. }));
}

#[test]
fn a_backup_of_a_running_log_is_the_log_at_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = open(folder.path(), small());
    let (a, b) = (begin(&log, "a"), begin(&log, "b"));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                for stream in [a, b] {
                    assert_eq!(put(&log, stream, &[&number.to_le_bytes(), &[7; 100]]), number * 2);
                }
                number += 1;
                if number.is_multiple_of(50) {
                    log.trim(a, number, &[3..4, 5..6]);
                    log.reclaim();
                }
            }
        });
        while log.info(b).is_none_or(|info| info.head == 0) {
            std::thread::yield_now();
        }
        for round in 0..10 {
            // At least a few segments further each time.
            let last = segments(folder.path()).pop();
            while segments(folder.path()).pop() == last {
                std::thread::yield_now();
            }
            let backup = tempfile::tempdir().unwrap();
            let head = log.info(b).unwrap().head;
            if round % 2 == 0 {
                log.backup(backup.path()).unwrap();
            } else {
                backup_folder(folder.path(), backup.path()).unwrap();
            }
            let (copy, recovered) = open(backup.path(), small());
            assert_eq!(recovered.damage, []);
            assert!(round % 2 == 1 || recovered.cut.is_none(), "what is durable ends with a frame");
            let infos = [a, b].map(|stream| copy.info(stream).unwrap());
            assert!(infos[1].head >= head, "what was there before the backup began is in it");
            assert!(infos[0].head == infos[1].head || infos[0].head == infos[1].head + 2);
            for info in &infos {
                for record in read(&copy, info.id, info.first..info.head) {
                    if record.0 % 2 == 0 {
                        assert_eq!(record.3, (record.0 / 2).to_le_bytes());
                    }
                }
            }
            // Both go on, each for itself.
            assert_eq!(put(&copy, b, &[b"elsewhere"]), infos[1].head);
            assert!(matches!(log.backup(backup.path()), Err(BackupError::NotEmpty { .. })));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(log.verify().unwrap(), []);
}

#[test]
fn a_backup_of_something_else_is_refused() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(matches!(backup_folder(from.path(), to.path()), Err(BackupError::NoLog { .. })));
}

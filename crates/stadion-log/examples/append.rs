//! How many appends of 128 bytes the log acknowledges a second, beside plain appending in the same run.
//!
//! `cargo run --release -p stadion-log --example append [FOLDER] [SECONDS]`
//!
//! *Plain* is one file, one write of all writers' bytes, one `fdatasync`, again: nothing is checked, indexed or told to
//! anybody. *Threads* stands each writer on a thread that waits for its answer, as both can; *callback* lets each
//! writer's answer hand in its next append, which is how a program with one event loop uses the log.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails shall stop there")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use stadion_core::{Epoch, StreamName, Tick};
use stadion_log::Batch;
use stadion_log::disk::{Commit, DiskLog, Done, Fate, Hidden, Options, StreamId};

const BYTES: usize = 128;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "target/append".to_owned());
    let seconds: u64 = arguments.next().map_or(3, |seconds| seconds.parse().unwrap());
    let folder = Path::new(&folder).join("run");
    println!("appends/s       plain   callback          plain threads    threads");
    for writers in [1, 50, 256] {
        let compare = |plain, ours| compare(&folder, writers, seconds, plain, ours);
        let (one, two) = (compare(plain, callback), compare(threads_plain, threads));
        println!(
            "{writers:>7} {:>13.0} {:>10.0} {:>4.0}% {:>17.0} {:>10.0} {:>4.0}%",
            one[0], one[1], one[2], two[0], two[1], two[2],
        );
    }
}

type Work = fn(&Path, usize, &Clock);

/// Both by turns, four times a second, so that both meet the same disk: the medians of their rates and of what the
/// second is of the first, in percent.
fn compare(folder: &Path, writers: usize, seconds: u64, plain: Work, ours: Work) -> [f64; 3] {
    let turn = |work: Work| {
        std::fs::create_dir_all(folder).unwrap();
        let clock = Clock::new(Duration::from_millis(250));
        work(folder, writers, &clock);
        std::fs::remove_dir_all(folder).unwrap();
        clock.rate()
    };
    let turns: Vec<[f64; 3]> = (0..seconds * 4)
        .map(|_| (turn(plain), turn(ours)))
        .map(|(plain, ours)| [plain, ours, 100.0 * ours / plain])
        .collect();
    [0, 1, 2].map(|column| {
        let mut values: Vec<f64> = turns.iter().filter_map(|turn| turn.get(column)).copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    })
}

/// Counts what is acknowledged, and says when to stop.
struct Clock {
    begin: Instant,
    time: Duration,
    acknowledged: AtomicU64,
    took: Mutex<Duration>,
}

impl Clock {
    fn new(time: Duration) -> Self {
        Self { begin: Instant::now(), time, acknowledged: AtomicU64::new(0), took: Mutex::default() }
    }

    fn goes_on(&self, acknowledged: u64) -> bool {
        self.acknowledged.fetch_add(acknowledged, Ordering::Relaxed);
        let took = self.begin.elapsed();
        *self.took.lock().unwrap() = took;
        took < self.time
    }

    fn rate(&self) -> f64 {
        let acknowledged = self.acknowledged.load(Ordering::Relaxed);
        f64::from(u32::try_from(acknowledged).unwrap()) / self.took.lock().unwrap().as_secs_f64()
    }
}

fn plain(folder: &Path, writers: usize, clock: &Clock) {
    let file = File::create(folder.join("plain")).unwrap();
    let bytes = vec![7; BYTES * writers];
    let mut at = 0;
    while clock.goes_on(if at == 0 { 0 } else { writers as u64 }) {
        file.write_all_at(&bytes, at).unwrap();
        file.sync_data().unwrap();
        at += bytes.len() as u64;
    }
}

/// The least that group commit takes: whoever finds nobody writing writes what has gathered.
fn threads_plain(folder: &Path, writers: usize, clock: &Clock) {
    #[derive(Default)]
    struct Gathered {
        bytes: Vec<u8>,
        group: u64,
        written: u64,
        writing: bool,
        at: u64,
    }
    let file = File::create(folder.join("plain")).unwrap();
    let gathered = Mutex::new(Gathered::default());
    let told = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                while clock.goes_on(0) {
                    let mut g = gathered.lock().unwrap();
                    g.bytes.extend_from_slice(&[7; BYTES]);
                    let own = g.group;
                    while g.written <= own {
                        if g.writing {
                            g = told.wait(g).unwrap();
                            continue;
                        }
                        g.writing = true;
                        let (bytes, at) = (std::mem::take(&mut g.bytes), g.at);
                        g.at += bytes.len() as u64;
                        g.group += 1;
                        drop(g);
                        file.write_all_at(&bytes, at).unwrap();
                        file.sync_data().unwrap();
                        g = gathered.lock().unwrap();
                        g.writing = false;
                        g.written = g.group;
                        told.notify_all();
                    }
                    drop(g);
                    clock.goes_on(1);
                }
            });
        }
    });
}

struct Ours {
    log: DiskLog,
    streams: Vec<StreamId>,
    batch: Batch,
}

fn ours(folder: &Path, writers: usize) -> Arc<Ours> {
    let (log, _) = DiskLog::open(folder, Options::default(), Arc::new(())).unwrap();
    let begin =
        |number| log.begin(StreamName::new(&format!("stream:{number}")).unwrap(), Epoch::from_bits(number));
    let streams = (0..writers as u128).map(begin).collect();
    let mut batch = Batch::new(1_800_000_000_000);
    batch.push(Tick::ZERO, |out| out.extend_from_slice(&[7; BYTES]));
    Arc::new(Ours { log, streams, batch })
}

impl Ours {
    fn append(&self, stream: StreamId, done: Done) {
        let commit = Commit { stream, batch: &self.batch, hidden: Hidden::Nothing, first: None };
        self.log.append(&commit, done).unwrap();
    }
}

fn callback(folder: &Path, writers: usize, clock: &Clock) {
    let ours = ours(folder, writers);
    let acknowledged = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let (send, receive) = mpsc::channel::<()>();
    for &stream in &ours.streams {
        again(&ours, stream, &acknowledged, &over, &send);
    }
    drop(send);
    while clock.goes_on(acknowledged.swap(0, Ordering::Relaxed)) {
        std::thread::sleep(Duration::from_millis(1));
    }
    over.store(true, Ordering::Relaxed);
    // Ends when the last writer has let go of its end.
    receive.recv().unwrap_err();
}

fn again(
    ours: &Arc<Ours>,
    stream: StreamId,
    count: &Arc<AtomicU64>,
    over: &Arc<AtomicBool>,
    open: &mpsc::Sender<()>,
) {
    let mut next = Some((Arc::clone(ours), Arc::clone(count), Arc::clone(over), open.clone()));
    let done = move |fate: Fate<'_>| {
        assert!(matches!(fate, Fate::Written { .. }), "{fate:?}");
        let Some((ours, count, over, open)) = next.take() else { return };
        count.fetch_add(1, Ordering::Relaxed);
        if !over.load(Ordering::Relaxed) {
            again(&ours, stream, &count, &over, &open);
        }
    };
    ours.append(stream, Box::new(done));
}

fn threads(folder: &Path, writers: usize, clock: &Clock) {
    let ours = ours(folder, writers);
    std::thread::scope(|scope| {
        for &stream in &ours.streams {
            let ours = &ours;
            scope.spawn(move || {
                while clock.goes_on(0) {
                    let (send, receive) = mpsc::sync_channel(1);
                    let done = move |fate: Fate<'_>| {
                        assert!(matches!(fate, Fate::Written { .. }), "{fate:?}");
                        send.send(()).unwrap();
                    };
                    ours.append(stream, Box::new(done));
                    receive.recv().unwrap();
                    clock.goes_on(1);
                }
            });
        }
    });
}

//! A log and a list of vectors see the same steps, and must show the same, after any number of restarts.

use std::ops::Range;

use proptest::prelude::*;
use stadion_core::{Epoch, Tick};
use stadion_log::Batch;
use stadion_log::disk::{Commit, DiskLog, Hidden, HiddenState, Options, Refusal, StreamId};

use crate::support::{Kept, append, heard, listen, name, open, try_read};

#[derive(Clone, Debug)]
enum Act {
    /// One commit that goes to several streams: for each the sizes of its records, and its hidden state.
    Append(Vec<(usize, Vec<usize>, Secret)>, i64),
    /// What is below this part of the stream goes, but for these parts of it.
    Trim(usize, f64, Vec<(f64, u8)>),
    Reclaim,
    End(usize),
    Delete(usize),
    Reopen,
}

#[derive(Clone, Debug)]
enum Secret {
    Nothing,
    Delta(u8),
    Full(u8),
}

const STREAMS: usize = 4;

fn secret() -> impl Strategy<Value = Secret> {
    prop_oneof![
        3 => Just(Secret::Nothing),
        2 => (0_u8..40).prop_map(Secret::Delta),
        1 => (0_u8..90).prop_map(Secret::Full),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let size = prop_oneof![8 => 0_usize..200, 1 => 1000_usize..3000];
    let commit = (0..STREAMS, prop::collection::vec(size, 0..5), secret());
    prop_oneof![
        20 => (prop::collection::vec(commit, 1..4), -50_i64..500).prop_map(|(c, later)| Act::Append(c, later)),
        3 => (0..STREAMS, 0.0..1.0, prop::collection::vec((0.0..1.0, 0_u8..4), 0..5))
            .prop_map(|(s, before, keep)| Act::Trim(s, before, keep)),
        3 => Just(Act::Reclaim),
        1 => (0..STREAMS).prop_map(Act::End),
        1 => (0..STREAMS).prop_map(Act::Delete),
        3 => Just(Act::Reopen),
    ]
}

/// A life of a stream, as a vector.
struct Life {
    id: StreamId,
    epoch: Epoch,
    number: usize,
    ended: bool,
    first: u64,
    records: Vec<Kept>,
    /// Below `first` these must be there.
    keep: Vec<Range<u64>>,
    hidden: HiddenState,
}

impl Life {
    fn must_show(&self, offset: u64) -> bool {
        offset >= self.first || self.keep.iter().any(|range| range.contains(&offset))
    }
}

struct Model {
    lives: Vec<Life>,
    epochs: u128,
    time: u64,
}

impl Model {
    fn current(&mut self, log: &DiskLog, number: usize) -> &mut Life {
        let at = self.lives.iter().position(|life| life.number == number && !life.ended);
        let at = at.unwrap_or_else(|| {
            self.epochs += 1;
            let epoch = Epoch::from_bits(self.epochs << 64);
            self.lives.push(Life {
                id: log.begin(name(&format!("stream:{number}")), epoch),
                epoch,
                number,
                ended: false,
                first: 0,
                records: Vec::new(),
                keep: Vec::new(),
                hidden: HiddenState::default(),
            });
            self.lives.len() - 1
        });
        &mut self.lives[at]
    }

    fn append(&mut self, log: &DiskLog, commits: &[(usize, Vec<usize>, Secret)], later: i64) {
        self.time = self.time.saturating_add_signed(later);
        let time = self.time;
        let mut made = Vec::new();
        let mut firsts = Vec::new();
        for (number, sizes, secret) in commits {
            let life = self.current(log, *number);
            let mut batch = Batch::new(time);
            firsts.push(life.records.len() as u64);
            for size in sizes {
                let offset = life.records.len() as u64;
                let bytes = vec![(offset as usize * 7 + size) as u8; *size];
                let tick = if number % 2 == 0 { offset as i64 / 3 } else { 0 };
                batch.push(Tick(tick), |out| out.extend_from_slice(&bytes));
                life.records.push((offset, tick, time, bytes));
            }
            let head = life.records.len() as u64;
            let bytes = match secret {
                Secret::Nothing => Vec::new(),
                Secret::Delta(len) | Secret::Full(len) => vec![head as u8; usize::from(*len)],
            };
            match secret {
                Secret::Nothing => {}
                Secret::Delta(_) => life.hidden.deltas.push((head, bytes.clone())),
                Secret::Full(_) => {
                    life.hidden = HiddenState { full: Some((head, bytes.clone())), deltas: Vec::new() };
                }
            }
            made.push((life.id, batch, secret.clone(), bytes));
        }
        let commits: Vec<_> = made
            .iter()
            .zip(&firsts)
            .map(|((stream, batch, secret, bytes), first)| {
                let hidden = match secret {
                    Secret::Nothing => Hidden::Nothing,
                    Secret::Delta(_) => Hidden::Delta(bytes),
                    Secret::Full(_) => Hidden::Full(bytes),
                };
                Commit { stream: *stream, batch, hidden, first: Some(*first) }
            })
            .collect();
        assert_eq!(append(log, &commits), Ok(firsts));
    }

    fn trim(&mut self, log: &DiskLog, number: usize, before: f64, keep: &[(f64, u8)]) {
        let Some(life) = self.lives.iter_mut().find(|life| life.number == number && !life.ended) else {
            return;
        };
        let head = life.records.len() as f64;
        let before = ((before * head) as u64).max(life.first);
        let mut kept = Vec::new();
        for (at, len) in keep {
            let at = (at * head) as u64;
            // What was once let go cannot be kept again.
            kept.extend(
                (at..at + u64::from(*len)).filter(|o| *o < before && life.must_show(*o)).map(|o| o..o + 1),
            );
        }
        log.trim(life.id, before, &kept);
        life.first = before;
        life.keep = kept;
    }

    fn check(&self, log: &DiskLog) {
        for life in &self.lives {
            let head = life.records.len() as u64;
            let info = log.info(life.id).expect("the stream is there");
            assert_eq!((info.head, info.ended, info.epoch), (head, life.ended, life.epoch));
            assert_eq!(info.name.as_str(), format!("stream:{}", life.number));
            assert_eq!(info.first, life.first);
            for (from, bytes_max) in [(0, 1), (life.first, 700), (head / 2, 100_000)] {
                let shown = try_read(log, life.id, from..head, bytes_max).expect("all is readable");
                let expected = life.records.iter().skip(from as usize);
                let mut shown = shown.into_iter().peekable();
                for record in expected {
                    match shown.next_if(|shown| shown.0 == record.0) {
                        Some(shown) => assert_eq!(&shown, record),
                        None => assert!(!life.must_show(record.0), "offset {} is gone", record.0),
                    }
                }
                assert_eq!(shown.next(), None);
            }
            assert_eq!(log.hidden(life.id).expect("hidden state is readable"), life.hidden);
            let kept = || life.records.iter().filter(|record| record.0 >= life.first);
            for time in [0, self.time / 2, self.time, self.time + 1000] {
                let found = log.offset_at_time(life.id, 0, time).unwrap();
                let expected = kept().find(|record| record.2 >= time).map_or(head, |record| record.0);
                assert_eq!(found, expected, "time {time}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_history_shows_the_same_as_a_vector(acts in prop::collection::vec(act(), 1..60), segment_bytes in 600_u64..6000) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes, ..Options::default() };
        let mut log = open(folder.path(), options.clone()).0;
        let mut model = Model { lives: Vec::new(), epochs: 0, time: 1_000_000 };
        for act in &acts {
            match act {
                Act::Append(commits, later) => model.append(&log, commits, *later),
                Act::Trim(number, before, keep) => model.trim(&log, *number, *before, keep),
                Act::Reclaim => prop_assert_eq!(log.reclaim().stopped, None),
                Act::End(number) => {
                    let Some(life) = model.lives.iter_mut().find(|l| l.number == *number && !l.ended) else { continue };
                    let (done, receive) = listen();
                    log.end(life.id, done).unwrap();
                    prop_assert_eq!(heard(&receive), Ok(vec![]));
                    life.ended = true;
                    let batch = Batch::new(0);
                    let late = Commit { stream: life.id, batch: &batch, hidden: Hidden::Full(b"late"), first: None };
                    prop_assert_eq!(append(&log, &[late]), Err(Some(Refusal::Ended)));
                }
                Act::Delete(number) => {
                    let Some(at) = model.lives.iter().position(|life| life.number == *number) else { continue };
                    let (done, receive) = listen();
                    log.delete(model.lives[at].id, done).unwrap();
                    prop_assert_eq!(heard(&receive), Ok(vec![]));
                    model.lives.remove(at);
                }
                Act::Reopen => {
                    drop(log);
                    let recovered;
                    (log, recovered) = open(folder.path(), options.clone());
                    prop_assert_eq!((recovered.cut, recovered.damage), (None, vec![]));
                }
            }
            if !matches!(act, Act::Append(..)) {
                model.check(&log);
            }
        }
        model.check(&log);
        let mut ids: Vec<_> = model.lives.iter().map(|life| life.id).collect();
        ids.sort();
        prop_assert_eq!(log.streams(), ids);
    }
}

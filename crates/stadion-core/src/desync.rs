//! The clients' state hashes, and where they part.
//!
//! In lockstep everybody computes the same state at the same tick. A client that says so with a hash helps to find
//! out early when that is no longer true: the reports for one tick are compared as they come.

use std::collections::BTreeMap;

use crate::event::{PublicId, Tick};

/// Ticks whose reports are kept for comparison. At 20 ticks a second it is six seconds: whoever is further apart
/// than that is compared again once he has caught up.
const TICKS_KEPT_MAX: usize = 128;
/// Nobody can have simulated what was not announced; a little slack allows for a report that meets a stream whose
/// ticks were counted anew.
const TICKS_AHEAD_MAX: i64 = 64;

#[derive(Debug, Default)]
pub struct Hashes {
    latest: BTreeMap<PublicId, Report>,
    by_tick: BTreeMap<Tick, BTreeMap<PublicId, Box<str>>>,
    desync: Option<Desync>,
}

/// One client's hash of its state after a tick, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub tick: Tick,
    pub hash: Box<str>,
}

/// The tick at which states differ, and who differs: the ones that stand against the majority, or everybody who
/// reported where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desync {
    pub tick: Tick,
    pub origins: Vec<PublicId>,
}

impl Report {
    /// Enough for SHA-256.
    pub const HASH_BYTES_MAX: usize = 64;
}

impl Hashes {
    pub(crate) fn report(&mut self, client: PublicId, report: Report, announced: Tick) {
        if report.tick.0 > announced.0.saturating_add(TICKS_AHEAD_MAX) || report.tick < Tick::ZERO {
            return;
        }
        let at_tick = self.by_tick.entry(report.tick).or_default();
        let agrees =
            at_tick.iter().all(|(id, hash)| *id == client || hash.eq_ignore_ascii_case(&report.hash));
        at_tick.insert(client, report.hash.clone());
        if !agrees {
            self.desync = Some(Desync { tick: report.tick, origins: dissenters(at_tick) });
        } else if at_tick.len() > 1
            && at_tick.len() >= self.latest.len()
            && self.desync.as_ref().is_some_and(|desync| desync.tick < report.tick)
        {
            // Everybody agrees again at a later tick: whoever was apart has started over.
            self.desync = None;
        }
        if self.latest.get(&client).is_none_or(|latest| latest.tick <= report.tick) {
            self.latest.insert(client, report);
        }
        while self.by_tick.len() > TICKS_KEPT_MAX {
            self.by_tick.pop_first();
        }
    }

    /// Who has left is compared with nobody any more.
    pub(crate) fn forget(&mut self, client: PublicId) {
        self.latest.remove(&client);
        self.by_tick.retain(|_, reports| {
            reports.remove(&client);
            !reports.is_empty()
        });
    }

    /// Each client's latest report, by public id.
    pub fn latest(&self) -> impl Iterator<Item = (PublicId, &Report)> {
        self.latest.iter().map(|(id, report)| (*id, report))
    }

    /// The latest mismatch, until everybody agrees again at a later tick.
    pub fn desync(&self) -> Option<&Desync> {
        self.desync.as_ref()
    }
}

fn dissenters(at_tick: &BTreeMap<PublicId, Box<str>>) -> Vec<PublicId> {
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for hash in at_tick.values() {
        *votes.entry(hash.to_ascii_lowercase()).or_default() += 1;
    }
    let most = votes.values().copied().max().unwrap_or(0);
    let mut leaders = votes.iter().filter(|(_, count)| **count == most).map(|(hash, _)| hash);
    let majority = match (leaders.next(), leaders.next()) {
        (Some(hash), None) => Some(hash),
        _ => None,
    };
    at_tick
        .iter()
        .filter(|(_, hash)| majority.is_none_or(|majority| !hash.eq_ignore_ascii_case(majority)))
        .map(|(id, _)| *id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports `(client, tick, hash)` in order, then who is said to differ, and where.
    fn check(reports: &[(u64, i64, &str)], expected: Option<(i64, &[u64])>) {
        let mut hashes = Hashes::default();
        for &(client, tick, hash) in reports {
            hashes.report(PublicId(client), Report { tick: Tick(tick), hash: hash.into() }, Tick(100));
        }
        let found = hashes.desync().map(|d| (d.tick.0, d.origins.iter().map(|id| id.0).collect::<Vec<_>>()));
        assert_eq!(found, expected.map(|(tick, ids)| (tick, ids.to_vec())), "{reports:?}");
    }

    #[test]
    fn clients_that_agree_are_left_alone() {
        check(&[(1, 5, "ab"), (2, 5, "AB"), (3, 6, "cd")], None);
    }

    #[test]
    fn two_that_differ_are_both_named() {
        check(&[(1, 5, "ab"), (2, 5, "ac")], Some((5, &[1, 2])));
    }

    #[test]
    fn the_minority_is_named() {
        check(&[(1, 5, "ab"), (2, 5, "ac"), (3, 5, "ab")], Some((5, &[2])));
    }

    #[test]
    fn agreement_at_a_later_tick_ends_it() {
        check(&[(1, 5, "ab"), (2, 5, "ac"), (1, 9, "ff"), (2, 9, "ff")], None);
        check(&[(1, 5, "ab"), (2, 5, "ac"), (1, 9, "ff")], Some((5, &[1, 2])));
    }

    #[test]
    fn what_nobody_can_have_simulated_is_not_kept() {
        check(&[(1, 500, "ab"), (2, 500, "ac"), (1, -1, "ab"), (2, -1, "ac")], None);
    }

    #[test]
    fn who_has_left_differs_from_nobody() {
        let mut hashes = Hashes::default();
        let mut report = |client, hash: &str| {
            hashes.report(PublicId(client), Report { tick: Tick(5), hash: hash.into() }, Tick(9));
            hashes.forget(PublicId(1));
            hashes.desync().is_some()
        };
        assert!(!report(1, "aa"));
        assert!(!report(2, "bb"));
        assert!(report(3, "cc"));
    }

    #[test]
    fn reports_are_bounded() {
        let mut hashes = Hashes::default();
        for tick in 0..10_000 {
            hashes.report(PublicId(1), Report { tick: Tick(tick), hash: "ab".into() }, Tick(tick));
        }
        assert_eq!(hashes.by_tick.len(), TICKS_KEPT_MAX);
        assert_eq!(hashes.latest.len(), 1);
    }
}

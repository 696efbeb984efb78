//! How long to wait before the next attempt.

use std::time::Duration;

use super::chance::Chance;

const FIRST: Duration = Duration::from_millis(250);
/// Long enough to leave a server that struggles alone, short enough for a player who waits.
const CAP: Duration = Duration::from_secs(5);
/// More doublings than it takes to reach the cap.
const FAILURES_MAX: u32 = 16;

/// Doubling, capped, and with jitter, so that a server that restarts is not met by all its clients in one instant.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection held: the next failure is a first one.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Between half of the step and the whole of it.
    pub(super) fn next(&mut self, chance: &mut Chance) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures).min(CAP);
        self.failures = (self.failures + 1).min(FAILURES_MAX);
        step / 2 + chance.up_to(step / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_begin_anew_after_a_good_connection() {
        let (mut backoff, mut chance) = (Backoff::default(), Chance::new(1));
        for step in [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map(Duration::from_millis) {
            let wait = backoff.next(&mut chance);
            assert!(step / 2 <= wait && wait < step, "{wait:?} of {step:?}");
        }
        backoff.reset();
        assert!(backoff.next(&mut chance) < FIRST);
    }
}

//! Chance outside the simulation: jitter and simulated loss.

use std::time::Duration;

use crate::random::{Random, Seed};

#[derive(Debug)]
pub(super) struct Chance(Random);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::new(Seed(seed), 0))
    }

    pub(super) fn from_entropy() -> Self {
        // Without entropy the clients' waits are alike, nothing worse.
        Self::new(getrandom::u64().unwrap_or_default())
    }

    /// 0 ≤ x < 1
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// 0 ≤ x < `most`
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.unit())
    }
}

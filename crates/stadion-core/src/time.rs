//! The machines' notion of now.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of a monotonic clock, counted from an origin that the caller chooses (the program's start). In
/// microseconds, so that a century fits and a comparison is one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    micros: u64,
}

impl Time {
    pub const ORIGIN: Self = Self { micros: 0 };

    pub const fn from_micros(micros: u64) -> Self {
        Self { micros }
    }

    pub const fn as_micros(self) -> u64 {
        self.micros
    }

    /// How long `self` is after `earlier`; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self { micros: self.micros.saturating_add(u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX)) }
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self { micros: self.micros.saturating_sub(u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX)) }
    }
}

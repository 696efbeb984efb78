//! The one place where the program reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use stadion_core::Time;

/// Monotonic time for the machines, counted from the program's start, and wall-clock time for records.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub fn now(&self) -> Time {
        Time::from_micros(u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// The instant at which [`Clock::now`] is `time`.
    pub fn instant(&self, time: Time) -> Instant {
        self.origin + time.since(Time::ORIGIN)
    }

    /// Milliseconds since 1970.
    pub fn wall_ms() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

//! When to play the next tick: the stream's own speed, faster when too far behind.
//!
//! A game that just reached the last known tick waits for the next one there; that wait is the
//! buffer it has from then on. It shrinks by itself: while a whole second never came closer than
//! two ticks to the end, the game runs a little fast.

/// More ticks behind than this are caught up.
const CATCH_UP_ABOVE: i64 = 4;
/// Catching up, the distance shrinks by half about every 70 ms at 50 ms a tick.
const CATCH_UP_TICKS: f64 = 2.0;
/// How long the least distance is watched before a surplus counts.
const SURPLUS_WINDOW_MS: f64 = 1000.0;
/// From this distance at its least, the game could be closer.
const SURPLUS_TICKS: i64 = 2;
/// How fast it then runs; too little to be seen.
const SURPLUS_RATE: f64 = 1.05;

/// Counts due ticks by the caller's clock.
#[derive(Debug, Clone)]
pub struct Pace {
    tick_ms: f64,
    last_ms: Option<f64>,
    /// Ticks that are due, with the fraction that has passed of the next one.
    due: f64,
    window_ms: f64,
    least_behind: i64,
    surplus: bool,
}

impl Pace {
    /// For a stream whose tick is `tick_ms` long.
    ///
    /// # Panics
    /// If that is not above 0.
    #[must_use]
    pub fn new(tick_ms: f64) -> Pace {
        assert!(tick_ms > 0.0, "a tick of {tick_ms} ms");
        Pace { tick_ms, last_ms: None, due: 0.0, window_ms: 0.0, least_behind: i64::MAX, surplus: false }
    }

    /// Lets time pass until `now_ms` of any clock that does not go backwards; `behind` ticks could be played.
    pub fn advance(&mut self, now_ms: f64, behind: i64) {
        let elapsed = self.last_ms.map_or(0.0, |last_ms| (now_ms - last_ms).max(0.0));
        self.last_ms = Some(now_ms);
        self.watch_surplus(elapsed, behind);
        self.due += (elapsed / self.tick_ms) * self.rate(behind);
    }

    /// Whether to play one tick now, of the `behind` that could be played; if so, it counts as played.
    pub fn take(&mut self, behind: i64) -> bool {
        if behind <= 0 {
            self.settle();
            return false;
        }
        if self.due < 1.0 {
            return false;
        }
        self.due -= 1.0;
        true
    }

    /// Gives up what is due beyond one tick: the frame's time is used up, or there is nothing to play.
    pub fn settle(&mut self) {
        self.due = self.due.min(1.0);
    }

    /// How far the time between the last tick and the next one has passed, 0 to 1.
    #[must_use]
    pub fn interpolation(&self) -> f64 {
        self.due.min(1.0)
    }

    fn rate(&self, behind: i64) -> f64 {
        if behind > CATCH_UP_ABOVE {
            1.0 + (behind - CATCH_UP_ABOVE) as f64 / CATCH_UP_TICKS
        } else if self.surplus {
            SURPLUS_RATE
        } else {
            1.0
        }
    }

    fn watch_surplus(&mut self, elapsed_ms: f64, behind: i64) {
        self.least_behind = self.least_behind.min(behind);
        if behind < SURPLUS_TICKS {
            self.surplus = false;
        }
        self.window_ms += elapsed_ms;
        if self.window_ms < SURPLUS_WINDOW_MS {
            return;
        }
        self.surplus = self.least_behind >= SURPLUS_TICKS;
        self.window_ms = 0.0;
        self.least_behind = behind;
    }
}

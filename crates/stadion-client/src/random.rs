//! Random numbers of a simulation: sfc32, keyed anew for each tick (docs/random.md).
//!
//! Only 32-bit arithmetic, so the JavaScript client computes the same numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fixed::Fixed;

/// What `_a` gives the simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seed(pub u64);

impl Seed {
    /// Reads the body of `_a`: a decimal number below 2^64, without a sign.
    ///
    /// # Errors
    /// Anything else is a [`SeedError`].
    pub fn parse(body: &str) -> Result<Seed, SeedError> {
        let error = || SeedError { body: body.to_owned() };
        let decimal = (1..=20).contains(&body.len()) && body.bytes().all(|byte| byte.is_ascii_digit());
        if !decimal {
            return Err(error());
        }
        body.parse().map(Seed).map_err(|_| error())
    }

    pub(crate) fn low(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    pub(crate) fn high(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The body of `_a` is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seed {body:?} is not a decimal number below 2^64")]
pub struct SeedError {
    body: String,
}

/// How often the generator runs after a new key, so that neighbouring ticks have nothing in common.
const WARM_UP: usize = 15;

/// The generator sfc32 (Chris Doty-Humphrey, `PractRand`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Random {
    a: u32,
    b: u32,
    c: u32,
    counter: u32,
}

impl Random {
    /// The numbers of one tick.
    #[must_use]
    pub fn new(seed: Seed, tick: i64) -> Random {
        let tick = tick.cast_unsigned();
        let mut random = Random {
            a: seed.low(),
            b: seed.high(),
            c: (tick & 0xffff_ffff) as u32,
            counter: ((tick >> 32) as u32).wrapping_add(1),
        };
        for _ in 0..WARM_UP {
            random.next_u32();
        }
        random
    }

    /// Begins the numbers of one tick. What was drawn before has no influence on them.
    pub fn rekey(&mut self, seed: Seed, tick: i64) {
        *self = Random::new(seed, tick);
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let result = self.a.wrapping_add(self.b).wrapping_add(self.counter);
        self.counter = self.counter.wrapping_add(1);
        self.a = self.b ^ (self.b >> 9);
        self.b = self.c.wrapping_add(self.c << 3);
        self.c = self.c.rotate_left(21).wrapping_add(result);
        result
    }

    /// A number below `n`, each equally likely: numbers that would favour some are drawn again.
    /// `below(1)` is 0 and draws nothing.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "below(0): there is no number below 0");
        if n == 1 {
            return 0;
        }
        let shift = (n - 1).leading_zeros();
        loop {
            let value = self.next_u32() >> shift;
            if value < n {
                return value;
            }
        }
    }

    /// A whole number from `lo` to just below `hi`, each equally likely.
    ///
    /// # Panics
    /// If `lo` is not below `hi`.
    pub fn range(&mut self, lo: i32, hi: i32) -> i32 {
        assert!(lo < hi, "range({lo}, {hi}): the smaller comes first");
        lo.wrapping_add_unsigned(self.below(hi.abs_diff(lo)))
    }

    /// A fixed-point number from 0 to just below 1.
    pub fn fixed01(&mut self) -> Fixed {
        (self.next_u32() >> 16).cast_signed()
    }
}

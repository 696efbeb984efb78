//! How many new streams an address may make: a stream is memory that a stranger can ask for by a name he makes up.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use stadion_core::Time;

use crate::config::Limits;
use crate::lockstep::refused::Refused;

#[derive(Debug)]
pub(crate) struct StreamRate {
    per_minute: u32,
    /// Without the key in the configuration this machine itself is not counted: it is who develops and measures.
    counts_loopback: bool,
    /// How many the address made since then.
    made: Mutex<HashMap<IpAddr, (Time, u32)>>,
}

const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are counted at once; past it those whose minute is over are forgotten.
const ADDRESSES_MAX: usize = 10_000;

impl StreamRate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limit = limits.streams_per_address_per_minute;
        Self {
            per_minute: u32::try_from(limit.value).unwrap_or(u32::MAX),
            counts_loopback: limit.holds_for_loopback,
            made: Mutex::default(),
        }
    }

    /// Counts one more stream of this address, or refuses it.
    pub(crate) fn take(&self, address: IpAddr, now: Time) -> Result<(), Refused> {
        if address.is_loopback() && !self.counts_loopback {
            return Ok(());
        }
        let mut made = self.made.lock();
        if made.len() >= ADDRESSES_MAX {
            made.retain(|_, (since, _)| now.since(*since) < MINUTE);
        }
        let refused = Refused::TooManyNewStreams { per_minute: self.per_minute };
        if made.len() >= ADDRESSES_MAX && !made.contains_key(&address) {
            return Err(refused);
        }
        let (since, count) = made.entry(address).or_insert((now, 0));
        if now.since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        if *count >= self.per_minute {
            return Err(refused);
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_minute: u32, counts_loopback: bool) -> StreamRate {
        StreamRate { per_minute, counts_loopback, made: Mutex::default() }
    }

    #[test]
    fn an_address_makes_so_many_a_minute() {
        let rate = rate(2, false);
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let at = |s: u64| Time::from_micros(s * 1_000_000);
        assert_eq!(rate.take(here, at(0)), Ok(()));
        assert_eq!(rate.take(here, at(1)), Ok(()));
        assert_eq!(rate.take(here, at(59)), Err(Refused::TooManyNewStreams { per_minute: 2 }));
        assert_eq!(rate.take(there, at(59)), Ok(()));
        assert_eq!(rate.take(here, at(60)), Ok(()));
    }

    #[test]
    fn this_machine_counts_only_where_it_was_said() {
        let here = [127, 0, 0, 1].into();
        assert!((0..9).all(|_| rate(1, false).take(here, Time::ORIGIN).is_ok()));
        let counted = rate(1, true);
        assert!(counted.take(here, Time::ORIGIN).is_ok());
        assert!(counted.take(here, Time::ORIGIN).is_err());
    }
}

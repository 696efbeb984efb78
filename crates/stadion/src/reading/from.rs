//! Where a reader starts and ends: `from`, `to`, `recover`.

use std::time::Duration;

use stadion_core::Epoch;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::parse_duration;

/// `from` or `to`, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// Live state, then live.
    Live,
    /// Only what comes.
    Head,
    /// The oldest that is kept.
    Start,
    Position(Position),
    /// Milliseconds since 1970.
    Time(u64),
    /// So long ago.
    Ago(Duration),
}

/// `{epoch}:{offset}`: the last event seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// `-` of a stream that was never written.
    pub epoch: String,
    /// The offset behind it: what is read next.
    pub next: u64,
}

/// Why a position can't be read from, for 4010 or 410.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    #[error("the stream lives in another epoch")]
    Epoch,
    #[error("events behind this position are no longer kept")]
    NoLongerKept,
    #[error("this position lies in the future")]
    Future,
}

impl Point {
    /// `None` where it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "live" => return Some(Self::Live),
            "head" => return Some(Self::Head),
            "start" | "-:-1" => return Some(Self::Start),
            _ => {}
        }
        // A position first: an epoch may begin with '-'.
        if let Some(position) = Position::parse(text) {
            return Some(Self::Position(position));
        }
        if let Some(ago) = text.strip_prefix('-') {
            return parse_duration(ago).map(Self::Ago);
        }
        parse_time(text).map(Self::Time)
    }
}

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let (epoch, offset) = text.split_once(':')?;
        let is_epoch = epoch.len() == Epoch::LEN
            && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let next = match offset {
            "-1" => 0,
            digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse::<u64>().ok()?.checked_add(1)?
            }
            _ => return None,
        };
        is_epoch.then(|| Self { epoch: epoch.to_owned(), next })
    }

    /// The offset to go on with, in a stream that keeps `first..head`.
    pub fn resolve(&self, epoch: Option<Epoch>, first: u64, head: u64) -> Result<u64, Lost> {
        if epoch.is_none_or(|epoch| epoch.as_str() != self.epoch) {
            Err(Lost::Epoch)
        } else if self.next > head {
            Err(Lost::Future)
        } else if self.next < first {
            Err(Lost::NoLongerKept)
        } else {
            Ok(self.next)
        }
    }
}

/// An RFC 3339 time in milliseconds since 1970.
fn parse_time(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_as_they_are_written() {
        let check = |text: &str, point: Option<Point>| assert_eq!(Point::parse(text), point, "{text}");
        let position = |epoch: &str, next| Some(Point::Position(Position { epoch: epoch.to_owned(), next }));
        check("live", Some(Point::Live));
        check("head", Some(Point::Head));
        check("start", Some(Point::Start));
        check("-:-1", Some(Point::Start));
        check("AAAAAAAAAAAAAAAAAAAAAA:-1", position("AAAAAAAAAAAAAAAAAAAAAA", 0));
        check("AAAAAAAAAAAAAAAAAAA-_A:41", position("AAAAAAAAAAAAAAAAAAA-_A", 42));
        check("-AAAAAAAAAAAAAAAAAAAAA:3", position("-AAAAAAAAAAAAAAAAAAAAA", 4));
        check("-5m", Some(Point::Ago(Duration::from_secs(300))));
        check("2026-11-21T12:00:00Z", Some(Point::Time(1_795_262_400_000)));
        check("2026-11-21T13:00:00.5+01:00", Some(Point::Time(1_795_262_400_500)));
        for bad in [
            "",
            "x",
            "-",
            "-5",
            "5m",
            "AAAAAAAAAAAAAAAAAAAAAA:",
            "AAAAAAAAAAAAAAAAAAAAAA:-2",
            "AAAA:1",
            "AAAAAAAAAAAAAAAAAAAAAA:99999999999999999999",
            "AAAAAAAAAAAAAAAAAAAAAA:+1",
            "2026-11-21",
            "2026-13-21T12:00:00Z",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn a_position_is_good_while_its_event_and_epoch_are() {
        let epoch = Epoch::from_bits(1);
        let resolve =
            |next, now: Option<Epoch>| Position { epoch: epoch.to_string(), next }.resolve(now, 10, 20);
        assert_eq!(resolve(10, Some(epoch)), Ok(10));
        assert_eq!(resolve(20, Some(epoch)), Ok(20));
        assert_eq!(resolve(21, Some(epoch)), Err(Lost::Future));
        assert_eq!(resolve(9, Some(epoch)), Err(Lost::NoLongerKept));
        assert_eq!(resolve(10, Some(Epoch::from_bits(2))), Err(Lost::Epoch));
        assert_eq!(resolve(10, None), Err(Lost::Epoch));
    }
}

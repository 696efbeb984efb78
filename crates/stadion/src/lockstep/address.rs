//! `/{stream}/{private id}/{last known tick}`: the three segments of a lockstep address.

use std::borrow::Cow;

use stadion_core::{NameError, PrivateId, StreamName, Tick};

/// What an address names. The segments are split before they are decoded, so that an encoded `/` can't make more of
/// them.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub stream: Cow<'a, str>,
    pub who: Who,
    pub last_known: Tick,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Who {
    Client(PrivateId),
    /// `-`
    Watcher,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("an address is /{{stream}}/{{private id}}/{{last known tick}}")]
    Form,
    #[error("the address is not percent-encoded UTF-8")]
    Encoding,
    #[error(transparent)]
    Stream(#[from] NameError),
    #[error("a private id has 1 to {} bytes and is not '-'", PrivateId::BYTES_MAX)]
    PrivateId,
}

impl BadAddress {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form | Self::Encoding => "bad_address",
            Self::Stream(_) => "bad_stream_name",
            Self::PrivateId => "bad_private_id",
        }
    }

    pub fn field(&self) -> &'static str {
        match self {
            Self::Form | Self::Encoding => "path",
            Self::Stream(_) => "stream",
            Self::PrivateId => "private id",
        }
    }
}

impl<'a> Address<'a> {
    /// Reads the three segments that follow the prefix, a path without its first `/`.
    pub fn parse(path: &'a str) -> Result<Self, BadAddress> {
        let mut segments = path.split('/');
        let (Some(stream), Some(who), Some(tick), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(BadAddress::Form);
        };
        if stream.is_empty() || who.is_empty() || tick.is_empty() {
            return Err(BadAddress::Form);
        }
        let stream = decode(stream)?;
        StreamName::check(&stream)?;
        let who = match &*decode(who)? {
            "-" => Who::Watcher,
            id if id.contains('/') => return Err(BadAddress::PrivateId),
            id => Who::Client(PrivateId::new(id).ok_or(BadAddress::PrivateId)?),
        };
        Ok(Self { stream, who, last_known: tick_of(&decode(tick)?) })
    }
}

/// A path's segment without its percent-encoding.
pub fn decode(segment: &str) -> Result<Cow<'_, str>, BadAddress> {
    if !segment.contains('%') {
        return Ok(Cow::Borrowed(segment));
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (Some(high), Some(low)) = (digit(), digit()) else { return Err(BadAddress::Encoding) };
            bytes.push(u8::try_from(high * 16 + low).map_err(|_| BadAddress::Encoding)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadAddress::Encoding)
}

/// A signed 64-bit number; what is none counts as 0, what is too large as the largest, as in the original.
fn tick_of(text: &str) -> Tick {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Tick::ZERO;
    }
    let saturated = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Tick(text.parse().unwrap_or(saturated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_three_segments() {
        let check = |path: &str, stream: &str, who: &str, tick: i64| {
            let address = Address::parse(path).unwrap();
            let found = match &address.who {
                Who::Client(id) => id.expose(),
                Who::Watcher => "-",
            };
            assert_eq!((&*address.stream, found, address.last_known), (stream, who, Tick(tick)), "{path}");
        };
        check("s/p/0", "s", "p", 0);
        check("s/-/7", "s", "-", 7);
        check("s/%2D/7", "s", "-", 7);
        check("game:1/%C3%BC/-5", "game:1", "ü", -5);
        check("s/p/+5", "s", "p", 5);
        check("s/p/x", "s", "p", 0);
        check("s/p/5x", "s", "p", 0);
        check("s/p/-", "s", "p", 0);
        check("s/p/99999999999999999999", "s", "p", i64::MAX);
        check("s/p/-99999999999999999999", "s", "p", i64::MIN);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (path, why) in [
            ("s/p", BadAddress::Form),
            ("s/p/0/", BadAddress::Form),
            ("s/p/0/x", BadAddress::Form),
            ("/p/0", BadAddress::Form),
            ("s//0", BadAddress::Form),
            ("s/p/", BadAddress::Form),
            ("s%2Ft/p/0", BadAddress::Stream(NameError::BadCharacter)),
            ("s/p%2Fq/0", BadAddress::PrivateId),
            ("s%zz/p/0", BadAddress::Encoding),
            ("s%f/p/0", BadAddress::Encoding),
            ("s%ff/p/0", BadAddress::Encoding),
            ("_s/p/0", BadAddress::Stream(NameError::Reserved)),
        ] {
            assert_eq!(Address::parse(path), Err(why), "{path}");
        }
        let long = format!("s/{}/0", "p".repeat(129));
        assert_eq!(Address::parse(&long), Err(BadAddress::PrivateId));
    }
}

//! Where a stream is: the server's base address and the stream's name.

use std::time::Duration;

use http::Uri;

use super::ConnectError;

const NAME_BYTES_MAX: usize = 128;

#[derive(Clone, Debug)]
pub(super) struct Address {
    /// Host and port.
    pub(super) authority: String,
    /// Up to and with the stream's name.
    path: String,
}

/// What goes into a push or watch address's query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    pub(super) watch: bool,
    pub(super) epoch: &'a str,
    pub(super) every: u32,
    pub(super) delay: Duration,
}

impl Address {
    pub(super) fn new(base: &str, stream: &str) -> Result<Self, ConnectError> {
        let bad = || ConnectError::BadUrl { url: base.to_owned() };
        let uri: Uri = base.parse().map_err(|_error| bad())?;
        if uri.scheme_str() != Some("http") {
            return Err(bad());
        }
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.as_str().contains('@') {
            return Err(bad());
        }
        if stream.is_empty() || stream.len() > NAME_BYTES_MAX || stream.contains('/') {
            return Err(ConnectError::BadName { name: stream.to_owned() });
        }
        let port = authority.port_u16().unwrap_or(80);
        let below = uri.path().trim_end_matches('/');
        Ok(Self {
            authority: format!("{}:{port}", authority.host()),
            path: format!("{below}/v1/lockstep/{}", encode(stream)),
        })
    }

    /// Where to sync from the last known tick.
    pub(super) fn poll(&self, id: &str, tick: i64) -> String {
        format!("{}/{}/{tick}", self.path, encode(id))
    }

    /// Where to be pushed from the last known tick.
    pub(super) fn socket(&self, id: &str, tick: i64, query: Query<'_>) -> String {
        let mut path = format!("{}?every={}", self.poll(id, tick), query.every.max(1));
        if !query.epoch.is_empty() {
            path.push_str(&format!("&epoch={}", encode(query.epoch)));
        }
        if query.watch {
            path.push_str("&watch=1");
            if !query.delay.is_zero() {
                path.push_str(&format!("&delay={}ms", query.delay.as_millis()));
            }
        }
        path
    }
}

/// Percent-encodes everything that may mean something in an address.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_what_stands_before_and_encode_what_is_inside() {
        let address = Address::new("http://[::1]:9922/below/", "game:ä 1").unwrap();
        assert_eq!(address.authority, "[::1]:9922");
        assert_eq!(address.poll("a?b", 7), "/below/v1/lockstep/game%3A%C3%A4%201/a%3Fb/7");
        let query = Query { watch: true, epoch: "e_", every: 2, delay: Duration::from_secs(30) };
        assert_eq!(
            Address::new("http://h", "g").unwrap().socket("-", 0, query),
            "/v1/lockstep/g/-/0?every=2&epoch=e_&watch=1&delay=30000ms"
        );
    }

    #[test]
    fn what_is_no_address_or_no_name_is_refused() {
        for base in ["", "localhost", "ftp://h", "https://h", "ws://h", "http://user:secret@h", "http://"] {
            assert!(matches!(Address::new(base, "g"), Err(ConnectError::BadUrl { .. })), "{base}");
        }
        for name in ["", "a/b", &"x".repeat(129)] {
            assert!(matches!(Address::new("http://h", name), Err(ConnectError::BadName { .. })), "{name}");
        }
    }
}

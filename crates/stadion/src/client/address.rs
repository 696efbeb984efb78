//! Where a server is.

use ::http::Uri;

/// A server's address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host and port, for a connection.
    pub connect: String,
    /// Host and port as written, for the header.
    pub host: String,
    /// What stands before every path; no `/` at its end.
    pub path: String,
}

/// Why it is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("{0:?} is no address: write http://HOST:PORT or ws://HOST:PORT")]
    Malformed(String),
    #[error("TLS is not built yet: use ws://… or http://… instead of {0:?}")]
    Tls(String),
    #[error("TLS is not built yet: use ws://{0} ({0:?} alone means wss://{0})")]
    Bare(String),
}

impl Address {
    /// `ws://…` and `http://…` are the same; a bare host means `wss://`, which is not built yet.
    ///
    /// # Errors
    /// It is no address, or one with TLS.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(text.to_owned());
        let Some((scheme, _)) = text.split_once("://") else {
            return Err(if text.is_empty() { malformed() } else { AddressError::Bare(text.to_owned()) });
        };
        match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => {}
            "wss" | "https" => return Err(AddressError::Tls(text.to_owned())),
            _ => return Err(malformed()),
        }
        let uri: Uri = text.parse().map_err(|_error| malformed())?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(malformed)?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            connect: format!("{}:{port}", authority.host()),
            host: authority.as_str().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Where a stream's events are read and published.
    pub fn events_of(&self, stream: &str) -> String {
        format!("{}/v1/streams/{}/events", self.path, encode(stream))
    }
}

/// Percent-encodes everything that may mean something in an address.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
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
    fn an_address_is_taken_apart() {
        let check = |text: &str, connect: &str, host: &str, path: &str| {
            let address = Address::parse(text).unwrap();
            assert_eq!((&*address.connect, &*address.host, &*address.path), (connect, host, path), "{text}");
        };
        check("http://127.0.0.1:9922", "127.0.0.1:9922", "127.0.0.1:9922", "");
        check("ws://example.org", "example.org:80", "example.org", "");
        check("WS://[::1]:1/below/", "[::1]:1", "[::1]:1", "/below");
        let address = Address::parse("http://h/below").unwrap();
        assert_eq!(address.events_of("hall:ä 1"), "/below/v1/streams/hall:%C3%A4%201/events");
    }

    #[test]
    fn what_is_no_address_says_what_to_write() {
        let check = |text: &str, said: &str| {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        };
        check("", "is no address");
        check("ftp://h", "is no address");
        check("http://", "is no address");
        check("http://user:secret@h", "is no address");
        check("wss://h", "TLS is not built yet: use ws://");
        check("https://h", "TLS is not built yet: use ws://");
        check("results.example.org", "alone means wss://results.example.org");
    }
}

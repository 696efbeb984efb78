//! Addresses to listen on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What an address to listen on looks like, for errors and the documentation.
pub(super) const ALLOWED: &str = "an address and port like \"127.0.0.1:9922\"";

/// Reads `IP:port`, `[IPv6]:port` or `localhost:port`; `None` for anything else. Other names are not looked up: what
/// they stand for could change from loopback to public between two starts.
pub(super) fn parse_listen(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().ok()?))
        }
        Some(_) => None,
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse_listen(text).map(|address| address.to_string()).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn an_address_to_listen_on_is_numbers_or_localhost() {
        check("127.0.0.1:9922", Some("127.0.0.1:9922"));
        check("localhost:0", Some("127.0.0.1:0"));
        check("[::1]:80", Some("[::1]:80"));
        check("0.0.0.0:9922", Some("0.0.0.0:9922"));
        for text in [
            "",
            "9922",
            ":9922",
            "127.0.0.1",
            "127.0.0.1:70000",
            "example.com:80",
            "localhost:+1",
            "localhost:",
        ] {
            check(text, None);
        }
    }
}

//! What a request says about where it is from: `Host`, `Origin`, and the traces that proxies leave.
//!
//! A browser sends whatever page it shows to 127.0.0.1. Two things give such a request away: it names the server as
//! the page does (`Host`, where an attacker let his own name point to 127.0.0.1), and it bears its `Origin`.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Uri};

use super::Refused;

/// All names of the `X-Forwarded-*` headers begin with this.
const X_FORWARDED: &str = "x-forwarded-";

/// The longest piece of a header that a message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// A host's name or address, without its port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host<'a> {
    name: &'a str,
}

impl<'a> Host<'a> {
    /// Reads `name`, `name:port` or `[IPv6]:port`; `None` for anything else.
    fn parse(text: &'a str) -> Option<Host<'a>> {
        let (name, port) = match text.strip_prefix('[') {
            Some(inside) => inside.split_once(']')?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let is_port = port.is_empty()
            || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        (is_port && !name.is_empty()).then_some(Host { name })
    }

    /// Whether only this machine is called that: `localhost` and what is below it, or a loopback address.
    pub(super) fn is_loopback(self) -> bool {
        let name = self.name.strip_suffix('.').unwrap_or(self.name);
        let last = name.rsplit('.').next().unwrap_or(name);
        last.eq_ignore_ascii_case("localhost")
            || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Whether it is the same host, whatever the port.
    pub(super) fn has_name_of(self, other: Host<'_>) -> bool {
        self.name.eq_ignore_ascii_case(other.name)
    }
}

/// Every host that the request says it is for; `None` for one that cannot be read. An honest request names one.
pub(super) fn hosts<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> impl Iterator<Item = Option<Host<'a>>> {
    let of_uri = uri.authority().map(|authority| Host::parse(authority.as_str()));
    let of_headers = headers.get_all(HOST).iter().map(|value| value.to_str().ok().and_then(Host::parse));
    of_uri.into_iter().chain(of_headers)
}

/// Refuses what is not plainly from this machine: another peer, a proxy's traces, a `Host` that is not loopback.
pub(super) fn require_local(headers: &HeaderMap, uri: &Uri, peer: SocketAddr) -> Result<(), Refused> {
    if !peer.ip().to_canonical().is_loopback() {
        return Err(Refused::NotLocal(format!("this request is from {}", peer.ip())));
    }
    for name in headers.keys() {
        if name == FORWARDED || name.as_str().starts_with(X_FORWARDED) {
            return Err(Refused::NotLocal(format!("this request came through a proxy, it bears {name:?}")));
        }
    }
    let mut has_host = false;
    for host in hosts(headers, uri) {
        if !host.is_some_and(Host::is_loopback) {
            return Err(Refused::NotLocal(format!(
                "this request is for the host {}",
                shown_host(headers, uri)
            )));
        }
        has_host = true;
    }
    if has_host { Ok(()) } else { Err(Refused::NotLocal("this request names no host".to_owned())) }
}

/// Whether a page of another website sends this. `is_own` knows the server's own names. No `Origin` is no page: a
/// browser leaves it away only where nothing but reading is possible.
pub(super) fn is_cross_site(headers: &HeaderMap, is_own: impl Fn(Host<'_>) -> bool) -> bool {
    headers.get_all(ORIGIN).iter().any(|origin| !origin_host(origin).is_some_and(&is_own))
}

/// The host of `http://host:port`; `None` for any other origin, like `null` or a browser extension's.
fn origin_host(origin: &HeaderValue) -> Option<Host<'_>> {
    let (scheme, host) = origin.to_str().ok()?.split_once("://")?;
    matches!(scheme, "http" | "https").then(|| Host::parse(host))?
}

fn shown_host(headers: &HeaderMap, uri: &Uri) -> String {
    let text = match uri.authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => headers
            .get_all(HOST)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect::<Vec<_>>()
            .join(", "),
    };
    format!("{:?}", text.chars().take(SHOWN_CHARS_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_many_names() {
        for name in [
            "localhost",
            "localhost:9922",
            "LOCALHOST:1",
            "localhost.",
            "play.localhost:80",
            "127.0.0.1",
            "127.0.0.1:9922",
            "127.9.9.9",
            "[::1]",
            "[::1]:9922",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(Host::parse(name).is_some_and(Host::is_loopback), "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_loopback_is_not() {
        for name in [
            "",
            ":9922",
            "example.com",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "[::]:80",
            "192.168.0.1",
            "localhost:x",
            "localhost:80@example.com",
            "user@example.com",
            "[::1",
            "[::1]x",
        ] {
            assert!(!Host::parse(name).is_some_and(Host::is_loopback), "{name}");
        }
    }
}

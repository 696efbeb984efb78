//! Where a request carries its credential.
//!
//! `Authorization` first; browsers, whose WebSockets and EventSources cannot set headers, use a subprotocol
//! `stadion.token.{…}` or `?access_token=`.

use std::borrow::Cow;
use std::fmt;

use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue, Uri};

use super::Refused;

/// Tokens with many claims have 2 KiB; a web server's whole header has 8.
const CREDENTIAL_BYTES_MAX: usize = 8 << 10;

/// A WebSocket's subprotocol that is a credential begins with this.
const TOKEN_PROTOCOL: &str = "stadion.token.";

/// The subprotocol that a client may offer beside its credential, to be chosen in its place.
const PROTOCOL: &str = "stadion";

/// The query's parameter.
const ACCESS_TOKEN: &str = "access_token";

/// An API key or a token, as it was shown. Its `Debug` says nothing, so that no log ever does.
pub(super) struct Credential<'a> {
    secret: Cow<'a, str>,
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credential(…)")
    }
}

impl<'a> Credential<'a> {
    fn new(secret: Cow<'a, str>) -> Result<Credential<'a>, Refused> {
        if secret.is_empty() {
            return Err(Refused::BadCredential("it is empty"));
        }
        if secret.len() > CREDENTIAL_BYTES_MAX {
            return Err(Refused::BadCredential("it is too long"));
        }
        Ok(Credential { secret })
    }

    /// The text itself, to be checked and forgotten.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether it has the three parts of a JWT. An API key holds no dot.
    pub(super) fn looks_like_a_token(&self) -> bool {
        self.secret.contains('.')
    }
}

/// The credential that a request shows, if any.
pub(super) fn of_request<'a>(
    headers: &'a HeaderMap,
    uri: &'a Uri,
) -> Result<Option<Credential<'a>>, Refused> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let text = value.to_str().map_err(|_| Refused::BadCredential("it is not plain text"))?;
        let (_, secret) =
            text.trim().split_once(' ').ok_or(Refused::BadCredential("write \"Authorization: Bearer …\""))?;
        return Credential::new(secret.trim_start().into()).map(Some);
    }
    if let Some(secret) = protocols(headers).find_map(|name| name.strip_prefix(TOKEN_PROTOCOL)) {
        return Credential::new(secret.into()).map(Some);
    }
    match uri.query().and_then(access_token) {
        Some(written) => Credential::new(percent_decoded(written)?).map(Some),
        None => Ok(None),
    }
}

/// The subprotocol that the answer to an upgrade must name, if the request offers one of ours: a browser closes the
/// connection if it offered some and none was chosen. `stadion` if that is among them, else the credential's own.
#[must_use]
pub fn selected_subprotocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut token = None;
    for name in protocols(headers) {
        if name == PROTOCOL {
            return Some(HeaderValue::from_static(PROTOCOL));
        }
        if name.starts_with(TOKEN_PROTOCOL) {
            token = token.or(Some(name));
        }
    }
    let mut value = HeaderValue::from_str(token?).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

fn access_token(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == ACCESS_TOKEN))
        .map(|(_, v)| v)
}

fn percent_decoded(text: &str) -> Result<Cow<'_, str>, Refused> {
    if !text.contains('%') {
        return Ok(text.into());
    }
    let wrong = || Refused::BadCredential("access_token is not percent-encoded as it should be");
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or_else(wrong)?;
        bytes.push(byte);
        bytes.extend_from_slice(piece.as_bytes().get(2..).unwrap_or_default());
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `headers` are `name: value` lines.
    fn check(headers: &[&str], uri: &str, expected: Result<Option<&str>, &str>) {
        let map = header_map(headers);
        let uri: Uri = uri.parse().unwrap();
        let found = of_request(&map, &uri);
        let found = found.as_ref().map(|found| found.as_ref().map(Credential::secret));
        let expected = expected.map_err(|reason| Refused::BadCredential(Box::leak(reason.into())));
        assert_eq!(found, expected.as_ref().copied(), "{headers:?} {uri}");
    }

    fn header_map(lines: &[&str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            map.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_credential_may_stand_in_three_places() {
        check(&[], "/x", Ok(None));
        check(&["authorization: Bearer k1"], "/x", Ok(Some("k1")));
        check(&["authorization: Token k1"], "/x", Ok(Some("k1")));
        check(&["authorization: whatever   k1"], "/x", Ok(Some("k1")));
        check(&["sec-websocket-protocol: stadion.token.k2"], "/x", Ok(Some("k2")));
        check(&["sec-websocket-protocol: chat, stadion.token.k2, x"], "/x", Ok(Some("k2")));
        check(&["sec-websocket-protocol: chat"], "/x", Ok(None));
        check(&[], "/x?a=1&access_token=k3", Ok(Some("k3")));
        check(&[], "/x?access_token=k%33%2E", Ok(Some("k3.")));
        check(&[], "/x?my_access_token=k3", Ok(None));
    }

    #[test]
    fn the_header_stands_above_the_others() {
        check(
            &["authorization: Bearer k1", "sec-websocket-protocol: stadion.token.k2"],
            "/x?access_token=k3",
            Ok(Some("k1")),
        );
        check(&["sec-websocket-protocol: stadion.token.k2"], "/x?access_token=k3", Ok(Some("k2")));
    }

    #[test]
    fn a_broken_credential_is_no_missing_one() {
        check(&["authorization: Bearer"], "/x", Err("write \"Authorization: Bearer …\""));
        check(&["authorization: k1"], "/x?access_token=k3", Err("write \"Authorization: Bearer …\""));
        check(&["authorization: Bearer \u{e4}"], "/x", Err("it is not plain text"));
        check(&["sec-websocket-protocol: stadion.token."], "/x", Err("it is empty"));
        check(&[], "/x?access_token=", Err("it is empty"));
        for broken in ["%", "%4", "%zz", "%ff", "%+4"] {
            let uri = format!("/x?access_token={broken}");
            check(&[], &uri, Err("access_token is not percent-encoded as it should be"));
        }
        let long = format!("/x?access_token={}", "k".repeat(CREDENTIAL_BYTES_MAX + 1));
        check(&[], &long, Err("it is too long"));
    }

    #[test]
    fn an_upgrade_chooses_one_of_our_protocols() {
        for (offered, chosen) in [
            ("chat", None),
            ("stadion", Some("stadion")),
            ("stadion.token.k", Some("stadion.token.k")),
            ("stadion.token.k, stadion", Some("stadion")),
        ] {
            let line = format!("sec-websocket-protocol: {offered}");
            let found = selected_subprotocol(&header_map(&[&line]));
            assert_eq!(found.as_ref().map(|v| v.to_str().unwrap()), chosen, "{offered}");
        }
    }

    #[test]
    fn a_credential_is_never_written_out() {
        let credential = Credential::new("hush".into()).unwrap();
        assert!(!format!("{credential:?}").contains("hush"));
        let chosen =
            selected_subprotocol(&header_map(&["sec-websocket-protocol: stadion.token.hush"])).unwrap();
        assert!(!format!("{chosen:?}").contains("hush"));
    }
}

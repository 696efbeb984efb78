//! `limits.trusted_proxies`: whose word about a client's address counts.

use std::net::IpAddr;

use http::HeaderMap;

/// The header in which proxies say where a request is from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// One address, or all that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address; `None` for anything else, also for bits that are set
    /// behind the prefix, which are a slip: `10.0.0.1/8`.
    #[must_use]
    pub fn parse(text: &str) -> Option<AddressRange> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                (address.parse().ok()?, bits.parse().ok()?)
            }
            Some(_) => return None,
            None => {
                let address: IpAddr = text.parse().ok()?;
                (address, if address.is_ipv4() { 32 } else { 128 })
            }
        };
        let range = AddressRange { address, bits };
        let width = if address.is_ipv4() { 32 } else { 128 };
        (bits <= width && range.prefix(address)? == as_number(address)).then_some(range)
    }

    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && self.prefix(address) == self.prefix(self.address)
    }

    /// The address with everything behind the prefix zero.
    fn prefix(&self, address: IpAddr) -> Option<u128> {
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let behind = width.checked_sub(u32::from(self.bits))?;
        Some(as_number(address).checked_shr(behind).unwrap_or(0).checked_shl(behind).unwrap_or(0))
    }
}

fn as_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The proxies in front of the server, none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies {
    ranges: Vec<AddressRange>,
}

impl TrustedProxies {
    pub(super) fn new(ranges: Vec<AddressRange>) -> TrustedProxies {
        TrustedProxies { ranges }
    }

    /// Whether this address is a proxy's.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.ranges.iter().any(|range| range.contains(address))
    }

    /// The address of the client behind a connection: the connection's own, or if that is a trusted proxy's, the last
    /// one in `X-Forwarded-For` that is not. What stands before it was written by the client and may be a lie. A piece
    /// that is no address ends the search at the proxy that passed it on.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.ranges.is_empty() {
            return client;
        }
        let values: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            if !self.contains(client) {
                break;
            }
            match hop.trim().parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                Err(_) => break,
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_range(text: &str, expected: bool) {
        assert_eq!(AddressRange::parse(text).is_some(), expected, "{text:?}");
    }

    #[test]
    fn ranges_are_addresses_with_an_optional_prefix() {
        for text in
            ["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "::/0", "fd00::/8", "::1", "192.168.1.0/24", "::1/128"]
        {
            check_range(text, true);
        }
        for text in [
            "",
            "10",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "host",
            "10.0.0.0/8/8",
        ] {
            check_range(text, false);
        }
    }

    fn check(trusted: &[&str], peer: &str, forwarded: &[&str], expected: &str) {
        let proxies =
            TrustedProxies::new(trusted.iter().map(|text| AddressRange::parse(text).unwrap()).collect());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let client = proxies.client(peer.parse().unwrap(), &headers);
        assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{trusted:?} {peer} {forwarded:?}");
    }

    #[test]
    fn only_a_trusted_proxy_speaks_for_others() {
        check(&[], "10.0.0.1", &["1.2.3.4"], "10.0.0.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4"], "1.2.3.4");
        check(&["10.0.0.0/8"], "::ffff:10.0.0.1", &["1.2.3.4"], "1.2.3.4");
        check(&["10.0.0.0/8"], "11.0.0.1", &["1.2.3.4"], "11.0.0.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &[], "10.0.0.1");
        check(&["fd00::/8"], "fd00::1", &["2001:db8::1"], "2001:db8::1");
    }

    #[test]
    fn what_the_client_wrote_itself_does_not_count() {
        check(&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4");
        check(&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], "1.2.3.4");
        check(&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6, junk, 10.0.0.2"], "10.0.0.2");
        check(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4:80"], "10.0.0.1");
    }
}

//! Trusted proxies in front of the server, and the client address that they report.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What proxies say of the client.
pub const FORWARDED_FOR: &str = "X-Forwarded-For";

/// The trusted proxies. None by default.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Proxies {
    pub fn new(networks: Vec<Network>) -> Proxies {
        Proxies(networks)
    }

    /// The client behind `peer`. `forwarded` are the values of all X-Forwarded-For fields, in their order.
    ///
    /// Each proxy adds the address that called it at the end. So the list is believed from its end for as long as it names
    /// proxies that are trusted: whatever stands before the first that is not may be of the client's own making.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a [u8]>) -> IpAddr {
        let mut client = peer;
        let mut said = forwarded.rev().flat_map(|value| value.rsplit(|b| *b == b',')).map(<[u8]>::trim_ascii);
        while self.trust(client) {
            // Lists may have empty places (RFC 9110, section 5.6.1).
            let Some(entry) = said.find(|entry| !entry.is_empty()) else { break };
            let Some(address) = address(entry) else { break };
            client = address;
        }
        client
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }
}

/// An address as proxies write it: some add the port, some put brackets around IPv6.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => is_same(ours.to_bits(), theirs.to_bits(), 32, self.prefix),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => is_same(ours.to_bits(), theirs.to_bits(), 128, self.prefix),
            _ => false,
        }
    }
}

fn is_same(ours: impl Into<u128>, theirs: impl Into<u128>, bits: u32, prefix: u32) -> bool {
    // Shifting all of 128 bits away would overflow.
    (ours.into() ^ theirs.into()).checked_shr(bits - prefix).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Network, &'static str> {
        const FORM: &str = "write it as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1";
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                (address, Some(digits.parse::<u32>().map_err(|_| FORM)?))
            }
            Some(_) => return Err(FORM),
        };
        let written: IpAddr = address.parse().map_err(|_| FORM)?;
        let longest = if written.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest {
            return Err(FORM);
        }
        // An IPv4 address that is written as IPv6, as far as the prefix leaves it one.
        let address = if prefix + 32 >= longest && longest == 128 { written.to_canonical() } else { written };
        let prefix = if address.is_ipv4() && longest == 128 { prefix - 96 } else { prefix };
        let host_bits = match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            IpAddr::V6(v6) => v6.to_bits(),
        };
        if host_bits.checked_shl(prefix).unwrap_or(0) != 0 {
            return Err("its address has bits set beyond its prefix");
        }
        Ok(Network { address, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> Proxies {
        Proxies::new(networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn client(proxies: &Proxies, peer: &str, fields: &[&str]) -> String {
        proxies.client(peer.parse().unwrap(), fields.iter().map(|field| field.as_bytes())).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_say_is_believed() {
        let ours = proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);
        for (peer, fields, expected) in [
            ("192.0.2.9", &["198.51.100.1"][..], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the client claimed stands before what our proxy saw.
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            // A proxy behind a proxy.
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "10.1.2.3,2001:db8::7"], "198.51.100.1"),
            ("127.0.0.1", &["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
            ("127.0.0.1", &["2001:db9::1"], "2001:db9::1"),
            ("127.0.0.1", &["[2001:db9::1]:443"], "2001:db9::1"),
            ("127.0.0.1", &["[2001:db9::1]"], "2001:db9::1"),
            ("127.0.0.1", &["198.51.100.1:5000"], "198.51.100.1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", " , ,\t"], "198.51.100.1"),
            // The proxy that passed on a malformed address is the last known one.
            ("127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, unknown, 10.1.1.1"], "10.1.1.1"),
            ("127.0.0.1", &["198.51.100.1, 1.2.3.4.5"], "127.0.0.1"),
            ("127.0.0.1", &["fe80::1%eth0"], "127.0.0.1"),
            ("127.0.0.1", &["\u{ff11}"], "127.0.0.1"),
        ] {
            assert_eq!(client(&ours, peer, fields), expected, "{peer} {fields:?}");
        }
        assert_eq!(client(&Proxies::default(), "127.0.0.1", &["198.51.100.1"]), "127.0.0.1");
        assert_eq!(client(&proxies(&["0.0.0.0/0"]), "1.2.3.4", &["5.6.7.8, 9.9.9.9"]), "5.6.7.8");
    }

    #[test]
    fn a_very_long_list_is_read_from_its_end() {
        let ours = proxies(&["127.0.0.1"]);
        assert_eq!(client(&ours, "127.0.0.1", &[&"6.6.6.6,".repeat(10_000), "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&ours, "127.0.0.1", &[&",".repeat(10_000), &"127.0.0.1,".repeat(10_000)]), "127.0.0.1");
    }

    #[test]
    fn networks_have_one_meaning() {
        for (text, inside, outside) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("0.0.0.0/0", "203.0.113.1", "::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("::1", "::1", "::2"),
            ("::ffff:10.0.0.0/104", "10.1.1.1", "11.0.0.0"),
        ] {
            let network: Network = text.parse().unwrap();
            let has = |address: &str| network.has(address.parse().unwrap());
            assert!(has(inside) && !has(outside), "{text}");
        }
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10/8",
            "::/129",
            "localhost",
            "10.0.0.1/8",
            "2001:db8::1/32",
            "10.0.0.0/8/8",
            "10.0.0.0/99999999999",
            "fe80::1%eth0",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}

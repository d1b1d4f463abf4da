//! Which addresses are called.
//!
//! Self-managed providers live in private networks, so those are allowed. The metadata services of clouds, which give
//! credentials to any caller, are always refused. Loopback and Bowline's own listeners are refused unless the operator
//! allows them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::str::FromStr;

use crate::providers::failure::{Failure, Result};

/// `--allow-provider-address`: an address, a network (`127.0.0.0/8`), or one address with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedAddress {
    network: IpAddr,
    prefix: u8,
    port: Option<u16>,
}

impl FromStr for AllowedAddress {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<AllowedAddress, String> {
        let wrong = || format!("`{text}` is not an address, a network such as 10.0.0.0/8, or an address with a port");
        if let Ok(address) = text.parse::<SocketAddr>() {
            let port = Some(address.port()).filter(|&port| port > 0).ok_or_else(wrong)?;
            let network = plain(address.ip());
            return Ok(AllowedAddress { network, prefix: bits(network), port: Some(port) });
        }
        let (network, prefix) = text.split_once('/').map_or((text, None), |(network, prefix)| (network, Some(prefix)));
        let network = plain(network.parse::<IpAddr>().map_err(|_| wrong())?);
        let prefix = match prefix {
            None => bits(network),
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|&prefix| prefix <= bits(network)).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        Ok(AllowedAddress { network, prefix, port: None })
    }
}

impl AllowedAddress {
    fn covers(&self, address: IpAddr, port: u16) -> bool {
        let same_prefix = match (self.network, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let ignored = 32 - u32::from(self.prefix);
                a.to_bits().checked_shr(ignored) == b.to_bits().checked_shr(ignored)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let ignored = 128 - u32::from(self.prefix);
                a.to_bits().checked_shr(ignored) == b.to_bits().checked_shr(ignored)
            }
            _ => false,
        };
        same_prefix && self.port.is_none_or(|own| own == port)
    }

    fn names_port(&self) -> bool {
        self.port.is_some()
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct AddressRules {
    pub allowed: Vec<AllowedAddress>,
    pub own_ports: Vec<u16>,
}

impl AddressRules {
    pub fn check(&self, address: SocketAddr) -> Result<()> {
        let (ip, port) = (plain(address.ip()), address.port());
        let mut forms = [Some(ip), embedded(ip)].into_iter().flatten();
        if forms.clone().any(never) {
            return Err(Failure::RefusedAddress(address.ip()));
        }
        let mut covering = self.allowed.iter().filter(|allowed| allowed.covers(ip, port));
        let is_loopback = forms.any(|form| form.is_loopback());
        let is_own = self.own_ports.contains(&port) && (is_loopback || is_of_this_machine(ip));
        if is_own && !covering.clone().any(AllowedAddress::names_port) {
            return Err(Failure::OwnListener(address.ip()));
        }
        if is_loopback && covering.next().is_none() {
            return Err(Failure::RefusedAddress(address.ip()));
        }
        Ok(())
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The kernel treats IPv4-mapped addresses as IPv4.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The IPv4 address inside an IPv6 address: IPv4-compatible, NAT64, 6to4.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else { return None };
    let s = address.segments();
    let (high, low) = match s {
        [0, 0, 0, 0, 0, 0, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => (high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))))
}

/// Refused whatever the operator allows.
fn never(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, ..] = address.octets();
            // 240.0.0.0/4 is reserved and ends with the broadcast address. The last three are metadata services:
            // Alibaba Cloud, Azure, Oracle Cloud.
            a == 0
                || a >= 240
                || address.is_link_local()
                || address.is_multicast()
                || [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]].contains(&address.octets())
        }
        IpAddr::V6(address) => {
            // Metadata services of AWS and Google Cloud; the NAT64 prefix for local use may hide an IPv4 address anywhere.
            const AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            const GOOGLE: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);
            let s = address.segments();
            address.is_unspecified()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || [AWS, GOOGLE].contains(&address)
                || s[..3] == [0x64, 0xff9b, 1]
        }
    }
}

/// A socket can be bound to addresses of this machine only. Port 0 means any free port.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allowed: &[&str], own_ports: &[u16]) -> AddressRules {
        let allowed = allowed.iter().map(|text| text.parse().expect(text)).collect();
        AddressRules { allowed, own_ports: own_ports.to_vec() }
    }

    fn is_open(rules: &AddressRules, address: &str) -> bool {
        rules.check(address.parse().expect(address)).is_ok()
    }

    #[test]
    fn public_and_private_networks_are_open() {
        let rules = rules(&[], &[]);
        for address in [
            "140.82.121.4:443",
            "10.1.2.3:80",
            "172.16.0.1:443",
            "192.168.1.1:8080",
            "[fd12:3456::1]:443",
            "[2606:50c0::1]:443",
        ] {
            assert!(is_open(&rules, address), "{address}");
        }
    }

    #[test]
    fn some_addresses_are_refused_whatever_is_allowed() {
        let open = rules(&["0.0.0.0/0", "::/0", "169.254.169.254:80"], &[]);
        for address in [
            "169.254.169.254:80",
            "169.254.0.1:443",
            "100.100.100.200:80",
            "168.63.129.16:80",
            "192.0.0.192:80",
            "0.0.0.0:80",
            "0.1.2.3:80",
            "224.0.0.1:80",
            "239.1.1.1:80",
            "240.0.0.1:80",
            "255.255.255.255:80",
            "[::]:80",
            "[fe80::1]:80",
            "[febf::1]:80",
            "[ff02::1]:80",
            "[fd00:ec2::254]:80",
            "[fd20:ce::254]:80",
            "[::ffff:169.254.169.254]:80",
            "[::ffff:0.0.0.0]:80",
            "[::169.254.169.254]:80",
            "[64:ff9b::169.254.169.254]:80",
            "[64:ff9b::100.100.100.200]:80",
            "[64:ff9b:1::a9fe:a9fe]:80",
            "[2002:a9fe:a9fe::1]:80",
        ] {
            assert!(!is_open(&open, address), "{address}");
        }
    }

    #[test]
    fn loopback_is_open_where_it_is_allowed_and_nowhere_else() {
        for address in ["127.0.0.1:8000", "127.1.2.3:8000", "[::1]:8000", "[::ffff:127.0.0.1]:8000"] {
            assert!(!is_open(&rules(&[], &[]), address), "{address}");
            assert!(!is_open(&rules(&["10.0.0.0/8"], &[]), address), "{address}");
            assert!(is_open(&rules(&["127.0.0.0/8", "::1"], &[]), address), "{address}");
        }
        for address in ["[::127.0.0.1]:8000", "[64:ff9b::127.0.0.1]:8000", "[2002:7f00:1::]:8000"] {
            assert!(!is_open(&rules(&["127.0.0.0/8"], &[]), address), "{address}");
        }
        let one = rules(&["127.0.0.1:8000"], &[]);
        assert!(is_open(&one, "127.0.0.1:8000"));
        assert!(!is_open(&one, "127.0.0.1:8001"));
        assert!(!is_open(&one, "127.0.0.2:8000"));
    }

    #[test]
    fn own_listeners_have_to_be_named_with_their_port() {
        assert!(!is_open(&rules(&["127.0.0.0/8"], &[8000]), "127.0.0.1:8000"));
        assert!(is_open(&rules(&["127.0.0.0/8"], &[8000]), "127.0.0.1:8001"));
        assert!(is_open(&rules(&["127.0.0.1:8000"], &[8000]), "127.0.0.1:8000"));
        assert!(is_open(&rules(&[], &[443]), "203.0.113.7:443"), "the same port of another machine");
    }

    #[test]
    fn entries_are_read_strictly() {
        for text in ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::1", "::/0", "[::1]:80", "127.0.0.1:1"] {
            assert!(text.parse::<AllowedAddress>().is_ok(), "{text}");
        }
        for text in
            ["", "localhost", "127.0.0.1:0", "127.0.0.0/33", "::/129", "127.0.0.0/", "127.0.0.0/+8", "127.1", "*"]
        {
            assert!(text.parse::<AllowedAddress>().is_err(), "{text}");
        }
    }
}

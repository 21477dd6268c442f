//! IP addresses and networks as Kubernetes' rules read them: no zones, no IPv4 inside IPv6, no leading zeros.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ip(IpAddr);

/// A network: an address (its host bits are kept) and the length of the prefix in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: Ip,
    bits: u8,
}

impl Ip {
    /// Reads an IPv4 or IPv6 address.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('%') && text.contains(':') {
            return Err(format!("the IP address {text:?} has a zone, which is not allowed"));
        }
        match text.parse() {
            Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
                Err(format!("{text:?} is an IPv4 address mapped into IPv6, which is not allowed"))
            }
            Ok(address) => Ok(Self(address)),
            Err(_) => Err(format!("{text:?} is not an IP address")),
        }
    }

    /// 4 or 6.
    pub(crate) fn family(self) -> i64 {
        if self.0.is_ipv4() { 4 } else { 6 }
    }

    /// Whether it is `0.0.0.0` or `::`.
    pub(crate) fn is_unspecified(self) -> bool {
        self.0.is_unspecified()
    }

    /// Whether it is of `127.0.0.0/8` or is `::1`.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// Whether it is of `224.0.0.0/24`, or an IPv6 multicast address of link-local scope.
    pub(crate) fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
            IpAddr::V6(address) => address.to_bits() >> 112 & 0xff0f == 0xff02,
        }
    }

    /// Whether it is of `169.254.0.0/16` or `fe80::/10`.
    pub(crate) fn is_link_local_unicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local(),
        }
    }

    /// Whether it may name a host beyond the link. Private addresses count as global.
    pub(crate) fn is_global_unicast(self) -> bool {
        self.0 != IpAddr::V4(Ipv4Addr::BROADCAST)
            && !self.is_unspecified()
            && !self.is_loopback()
            && !self.0.is_multicast()
            && !self.is_link_local_unicast()
    }
}

impl std::fmt::Display for Ip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Cidr {
    /// Reads `address/bits`.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((address, bits)) = text.rsplit_once('/') else {
            return Err(format!("the network {text:?} has no `/` and number of bits"));
        };
        let address = Ip::parse(address)?;
        let plain =
            bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits.len() == 1 || !bits.starts_with('0'));
        let most = if address.0.is_ipv4() { 32 } else { 128 };
        match bits.parse::<u8>() {
            Ok(bits) if plain && bits <= most => Ok(Self { address, bits }),
            _ => Err(format!("the network {text:?} needs a number of bits from 0 to {most} behind its `/`")),
        }
    }

    /// The address part, host bits included.
    pub(crate) fn ip(self) -> Ip {
        self.address
    }

    /// The length of the prefix in bits.
    pub(crate) fn prefix_length(self) -> i64 {
        i64::from(self.bits)
    }

    /// The same network with its host bits cleared.
    #[must_use]
    pub(crate) fn masked(self) -> Self {
        Self { address: masked(self.address, self.bits), bits: self.bits }
    }

    /// Whether the address is of this network. Addresses of the other family never are.
    pub(crate) fn contains_ip(self, ip: Ip) -> bool {
        self.address.family() == ip.family() && masked(self.address, self.bits) == masked(ip, self.bits)
    }

    /// Whether every address of `other` is of this network.
    pub(crate) fn contains_cidr(self, other: Self) -> bool {
        self.bits <= other.bits && self.contains_ip(other.address)
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

fn masked(ip: Ip, bits: u8) -> Ip {
    let bits = u32::from(bits);
    Ip(match ip.0 {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_strictly() {
        for (text, canonical) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::", "::"),
            ("2001:DB8::ABCD", "2001:db8::abcd"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("::1.2.3.4", "::102:304"),
        ] {
            assert_eq!(Ip::parse(text).map(|ip| ip.to_string()).as_deref(), Ok(canonical), "{text}");
        }
        for bad in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.256",
            "1.2.3.4 ",
            ":::1",
            "1:2:3:4:5:6:7",
            "12345::",
            "::ffff:1.2.3.4",
            "fe80::1%eth0",
            "fe80::1%",
            "1.2.3.4%eth0",
            "[::1]",
            "1:2:3:4:5:6:7:8::",
            "1.2.3.4/8",
        ] {
            assert!(Ip::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_of_addresses_are_told_apart() {
        type Kind = fn(Ip) -> bool;
        let table: [(Kind, &[&str], &[&str]); 5] = [
            (Ip::is_unspecified, &["0.0.0.0", "::"], &["127.0.0.1", "::1"]),
            (Ip::is_loopback, &["127.255.0.1", "::1"], &["192.168.0.1", "2001:db8::abcd"]),
            (Ip::is_link_local_multicast, &["224.0.0.1", "ff02::1", "ff12::1"], &["224.0.1.1", "ff05::1"]),
            (Ip::is_link_local_unicast, &["169.254.1.1", "fe80::1", "febf::1"], &["192.168.0.1", "fec0::1"]),
            (
                Ip::is_global_unicast,
                &["192.168.0.1", "10.0.0.1", "2001:db8::abcd", "fd00::1", "240.0.0.1"],
                &["255.255.255.255", "0.0.0.0", "::", "ff00::1", "224.1.1.1", "::1", "127.0.0.1", "fe80::1"],
            ),
        ];
        for (kind, yes, no) in table {
            assert!(yes.iter().all(|text| kind(Ip::parse(text).unwrap())), "{yes:?}");
            assert!(!no.iter().any(|text| kind(Ip::parse(text).unwrap())), "{no:?}");
        }
    }

    #[test]
    fn networks_are_read_strictly_and_contain_what_they_contain() {
        for bad in [
            "1.2.3.4",
            "1.2.3.4/",
            "1.2.3.4/33",
            "1.2.3.4/08",
            "1.2.3.4/+8",
            "1.2.3.4/-1",
            "::1/129",
            "/8",
            "::ffff:1.2.3.4/100",
            "fe80::1%eth0/64",
            "1.2.3.4/256",
            "1.2.3.4/8/8",
        ] {
            assert!(Cidr::parse(bad).is_err(), "{bad}");
        }
        let cidr = |text: &str| Cidr::parse(text).unwrap();
        assert_eq!(cidr("192.168.1.7/16").masked().to_string(), "192.168.0.0/16");
        assert_eq!(cidr("2001:db8::1/0").masked().to_string(), "::/0");
        assert!(cidr("0.0.0.0/0").contains_ip(Ip::parse("9.9.9.9").unwrap()));
        assert!(!cidr("0.0.0.0/0").contains_ip(Ip::parse("::1").unwrap()));
        assert!(cidr("10.1.0.0/16").contains_cidr(cidr("10.1.2.0/24")));
        assert!(!cidr("10.1.2.0/24").contains_cidr(cidr("10.1.0.0/16")));
        assert!(cidr("::1/128").contains_cidr(cidr("::1/128")));
    }
}

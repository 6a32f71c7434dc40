//! Addresses: families, prefixes, host identifiers, and which addresses may be published.

use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

mod special;
pub use special::{Special, publishable};

/// One of the two address families. Each is detected, decided and reported on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both families, IPv4 first.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The length of an address in bits.
    pub fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// `IPv4` or `IPv6`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An address block in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3); no bits are set beyond its length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why a text is not a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixError {
    /// Not `ADDRESS/LENGTH`.
    Form,
    /// Longer than an address of the family.
    Length,
    /// Bits are set beyond the length.
    HostBits,
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "expected ADDRESS/LENGTH, such as 198.51.100.0/24 or 2001:db8::/32",
            Self::Length => "the prefix length is longer than an address",
            Self::HostBits => "bits are set beyond the prefix length",
        })
    }
}

impl core::error::Error for PrefixError {}

impl Prefix {
    /// A prefix with no bits set beyond its length.
    pub fn new(address: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let prefix = Self::covering(address, length)?;
        if prefix.address == address { Ok(prefix) } else { Err(PrefixError::HostBits) }
    }

    /// The prefix of this length that holds `address`.
    pub fn covering(address: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let bits = Family::of(address).bits();
        if length > bits {
            return Err(PrefixError::Length);
        }
        let address = match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask32(length))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask128(length))),
        };
        Ok(Self { address, length })
    }

    /// Whether the prefix holds an address of the same family.
    pub fn contains(&self, address: IpAddr) -> bool {
        Self::covering(address, self.length)
            .is_ok_and(|other| other == *self && Family::of(address) == Family::of(self.address))
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The number of leading bits that count.
    pub fn length(&self) -> u8 {
        self.length
    }
}

const fn mask32(length: u8) -> u32 {
    if length == 0 { 0 } else { u32::MAX << (32 - length as u32) }
}

const fn mask128(length: u8) -> u128 {
    if length == 0 { 0 } else { u128::MAX << (128 - length as u32) }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = text.split_once('/').ok_or(PrefixError::Form)?;
        if length.is_empty() || length.len() > 3 || !length.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PrefixError::Form);
        }
        let address = address.parse().map_err(|_| PrefixError::Form)?;
        Self::new(address, length.parse().map_err(|_| PrefixError::Length)?)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The host part of an IPv6 address, to be combined with a prefix that changes.
///
/// Written as an address with a zero prefix (`::1234`, with subnet bits where wanted: `::3:0:0:0:1234`) or as
/// `mac(02:00:5e:00:53:01)`, which stands for the modified EUI-64 identifier (RFC 4291, appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(Ipv6Addr);

/// Why a host identifier cannot be read or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostIdError {
    /// Neither an IPv6 address nor `mac(…)`.
    Form,
    /// Bits are set inside the prefix.
    Overlap,
    /// A prefix longer than 64 bits leaves no room for an EUI-64 identifier, or it is no IPv6 prefix.
    Prefix,
}

impl fmt::Display for HostIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "expected a host id such as ::1234 or mac(02:00:5e:00:53:01)",
            Self::Overlap => "the host id has bits set inside the prefix",
            Self::Prefix => "a host id needs an IPv6 prefix",
        })
    }
}

impl core::error::Error for HostIdError {}

impl HostId {
    /// The address of this host under `prefix`; refused where the two overlap.
    pub fn under(self, prefix: Prefix) -> Result<Ipv6Addr, HostIdError> {
        let IpAddr::V6(network) = prefix.address() else { return Err(HostIdError::Prefix) };
        if self.0.to_bits() & mask128(prefix.length()) != 0 {
            return Err(HostIdError::Overlap);
        }
        Ok(Ipv6Addr::from_bits(network.to_bits() | self.0.to_bits()))
    }
}

impl FromStr for HostId {
    type Err = HostIdError;

    fn from_str(text: &str) -> Result<Self, HostIdError> {
        let Some(mac) = text.strip_prefix("mac(").and_then(|rest| rest.strip_suffix(')')) else {
            return text.parse().map(Self).map_err(|_| HostIdError::Form);
        };
        let mut octets = [0_u8; 6];
        let mut parts = mac.split([':', '-']);
        for octet in &mut octets {
            // `from_str_radix` takes a sign too.
            let two_digits = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let part = parts.next().filter(two_digits).ok_or(HostIdError::Form)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| HostIdError::Form)?;
        }
        if parts.next().is_some() {
            return Err(HostIdError::Form);
        }
        let [first, second, third, device @ ..] = octets;
        let [fourth, fifth, sixth] = device;
        let eui64 = u64::from_be_bytes([first ^ 0x02, second, third, 0xff, 0xfe, fourth, fifth, sixth]);
        Ok(Self(Ipv6Addr::from_bits(u128::from(eui64))))
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What one source, or a round, knows about an address. Only deterministic sources may say [`Self::NoAddress`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It is this one.
    Address(IpAddr),
    /// There certainly is none.
    NoAddress,
    /// Nothing is known, and why. Leads to no write, ever.
    Unknown(String),
}

#[cfg(test)]
mod tests;

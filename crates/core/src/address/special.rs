//! Which addresses may be published as one's own.
//!
//! From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190), every block whose column
//! "Globally Reachable" is not true, and those that are reachable but are a service's and nobody's own (AS112, AMT,
//! translation); plus multicast; plus the blocks a Cloudflare edge or tunnel answers from
//! (<https://www.cloudflare.com/ips/>): a source that names one of those has seen a proxy, not the machine.

use super::Prefix;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not one's own public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Special {
    /// What the block is for, as in the registry: "private use".
    pub purpose: &'static str,
    /// The block.
    pub block: Prefix,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.purpose, self.block)
    }
}

/// Says why an address must not be published; `Ok` for every other.
pub fn publishable(address: IpAddr) -> Result<(), Special> {
    let found = match address {
        IpAddr::V4(v4) => special4(v4),
        IpAddr::V6(v6) => special6(v6),
    };
    found.map_or(Ok(()), Err)
}

fn special4(address: Ipv4Addr) -> Option<Special> {
    let held = |row: &&Row4| {
        let block = Prefix { address: IpAddr::V4(Ipv4Addr::from(row.0)), length: row.1 };
        block.contains(IpAddr::V4(address))
    };
    if REACHABLE4.iter().any(|row| held(&row)) {
        return None;
    }
    BLOCKS4.iter().find(held).map(|row| Special {
        purpose: row.2,
        block: Prefix { address: IpAddr::V4(Ipv4Addr::from(row.0)), length: row.1 },
    })
}

fn special6(address: Ipv6Addr) -> Option<Special> {
    let held = |row: &&Row6| {
        let block = Prefix { address: IpAddr::V6(Ipv6Addr::from(row.0)), length: row.1 };
        block.contains(IpAddr::V6(address))
    };
    if let Some(row) = BLOCKS6.iter().find(held) {
        let block = Prefix { address: IpAddr::V6(Ipv6Addr::from(row.0)), length: row.1 };
        return Some(Special { purpose: row.2, block });
    }
    // RFC 4291 §2.4, RFC 3587: global unicast has so far been assigned from 2000::/3 alone.
    let global = Prefix { address: IpAddr::V6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0)), length: 3 };
    let everything = Prefix { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), length: 0 };
    (!global.contains(IpAddr::V6(address)))
        .then_some(Special { purpose: "not assigned for global unicast", block: everything })
}

pub(super) type Row4 = ([u8; 4], u8, &'static str);
pub(super) type Row6 = ([u16; 8], u8, &'static str);

/// Globally reachable parts of special blocks.
pub(super) const REACHABLE4: &[Row4] =
    &[([192, 0, 0, 9], 32, "PCP anycast (RFC 7723)"), ([192, 0, 0, 10], 32, "TURN anycast (RFC 8155)")];

pub(super) const BLOCKS4: &[Row4] = &[
    ([0, 0, 0, 0], 8, "this network (RFC 791)"),
    ([10, 0, 0, 0], 8, "private use (RFC 1918)"),
    ([100, 64, 0, 0], 10, "shared address space of carrier-grade NAT (RFC 6598)"),
    ([103, 21, 244, 0], 22, "Cloudflare"),
    ([103, 22, 200, 0], 22, "Cloudflare"),
    ([103, 31, 4, 0], 22, "Cloudflare"),
    ([104, 16, 0, 0], 13, "Cloudflare"),
    ([104, 24, 0, 0], 14, "Cloudflare"),
    ([104, 28, 0, 0], 16, "Cloudflare WARP"),
    ([108, 162, 192, 0], 18, "Cloudflare"),
    ([127, 0, 0, 0], 8, "loopback (RFC 1122)"),
    ([131, 0, 72, 0], 22, "Cloudflare"),
    ([141, 101, 64, 0], 18, "Cloudflare"),
    ([162, 158, 0, 0], 15, "Cloudflare"),
    ([169, 254, 0, 0], 16, "link-local (RFC 3927)"),
    ([172, 16, 0, 0], 12, "private use (RFC 1918)"),
    ([172, 64, 0, 0], 13, "Cloudflare"),
    ([173, 245, 48, 0], 20, "Cloudflare"),
    ([188, 114, 96, 0], 20, "Cloudflare"),
    ([190, 93, 240, 0], 20, "Cloudflare"),
    ([192, 0, 0, 0], 24, "IETF protocol assignments (RFC 6890)"),
    ([192, 0, 2, 0], 24, "documentation (RFC 5737)"),
    ([192, 31, 196, 0], 24, "AS112 (RFC 7535)"),
    ([192, 52, 193, 0], 24, "AMT (RFC 7450)"),
    ([192, 88, 99, 0], 24, "deprecated 6to4 relay anycast (RFC 7526)"),
    ([192, 168, 0, 0], 16, "private use (RFC 1918)"),
    ([192, 175, 48, 0], 24, "AS112 (RFC 7534)"),
    ([197, 234, 240, 0], 22, "Cloudflare"),
    ([198, 18, 0, 0], 15, "benchmarking (RFC 2544)"),
    ([198, 41, 128, 0], 17, "Cloudflare"),
    ([198, 51, 100, 0], 24, "documentation (RFC 5737)"),
    ([203, 0, 113, 0], 24, "documentation (RFC 5737)"),
    ([224, 0, 0, 0], 4, "multicast (RFC 5771)"),
    ([240, 0, 0, 0], 4, "reserved (RFC 1112)"),
];

pub(super) const BLOCKS6: &[Row6] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped (RFC 4291)"),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "IPv4/IPv6 translation (RFC 6052)"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "IPv4/IPv6 translation (RFC 8215)"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard-only (RFC 6666)"),
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix (RFC 9780)"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "IETF protocol assignments (RFC 2928)"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation (RFC 3849)"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4 (RFC 3056)"),
    ([0x2400, 0xcb00, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x2405, 0x8100, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x2405, 0xb500, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x2606, 0x4700, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112 (RFC 7534)"),
    ([0x2803, 0xf800, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x2a06, 0x98c0, 0, 0, 0, 0, 0, 0], 29, "Cloudflare"),
    ([0x2a09, 0xbac0, 0, 0, 0, 0, 0, 0], 29, "Cloudflare WARP"),
    ([0x2c0f, 0xf248, 0, 0, 0, 0, 0, 0], 32, "Cloudflare"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation (RFC 9637)"),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing identifiers (RFC 9602)"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local (RFC 4193)"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local (RFC 4291)"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "deprecated site-local (RFC 3879)"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast (RFC 4291)"),
];

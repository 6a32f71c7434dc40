//! What the kernel knows of this machine's links, addresses and default routes.
//!
//! [`snapshot`] asks, [`Events`] hears what changes. On Linux that is rtnetlink(7), of which [`wire`] turns bytes into
//! values and is pure; on other systems libraries ask, and `elsewhere` turns their answers into the same values. What
//! the values mean (which address is a good one, which gateway is the router) is for those who ask.

#[cfg(any(not(target_os = "linux"), test))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod events;
#[cfg(target_os = "linux")]
mod socket;
pub mod wire;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::asked::{Events, snapshot};
#[cfg(target_os = "linux")]
pub use events::{Events, Told};
#[cfg(target_os = "linux")]
pub use socket::snapshot;
pub use wire::Change;

use dynflare_core::address::Family;
use std::fmt;
use std::net::IpAddr;

#[cfg(test)]
mod sample;

/// Links, addresses and default routes at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Network interfaces.
    pub links: Vec<Link>,
    /// The addresses they hold.
    pub addresses: Vec<Held>,
    /// The default routes of the main table.
    pub routes: Vec<DefaultRoute>,
    /// Whether a part came while the kernel was changing it.
    interrupted: bool,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `IFF_…` (netdevice(7)).
    flags: u32,
}

impl Link {
    /// Whether it is switched on (`IFF_UP`) and can carry packets (`IFF_RUNNING`).
    pub fn is_up(&self) -> bool {
        self.flags & 0x41 == 0x41
    }

    /// Whether it leads nowhere but back (`IFF_LOOPBACK`).
    pub fn is_loopback(&self) -> bool {
        self.flags & 0x8 != 0
    }
}

/// An address that an interface holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The interface's number.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// The length of the network's prefix, in bits.
    pub length: u8,
    /// What is to be said about it.
    pub flags: Flags,
    /// For how long new connections may begin from it.
    pub preferred: Lifetime,
    /// For how long it stays.
    pub valid: Lifetime,
}

/// What the kernel says about an address (`IFA_F_…`, `linux/if_addr.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Out of the way of the kernel's, of which there are twelve.
    const SECONDARY: u32 = 1 << 31;

    /// IPv4 uses the first bit for something else: a further address of the same network.
    fn of(family: Family, bits: u32) -> Self {
        match family {
            Family::V4 if bits & 0x1 != 0 => Self(bits & !0x1 | Self::SECONDARY),
            Family::V4 | Family::V6 => Self(bits & !Self::SECONDARY),
        }
    }

    /// Not the first IPv4 address of its network on the interface (`IFA_F_SECONDARY`).
    pub fn is_secondary(self) -> bool {
        self.0 & Self::SECONDARY != 0
    }

    /// A temporary address (RFC 8981).
    pub fn is_temporary(self) -> bool {
        self.0 & 0x1 != 0
    }

    /// Somebody else on the link has it (RFC 4862 §5.4).
    pub fn is_duplicate(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// No new connections should begin from it (RFC 4862 §5.5.4).
    pub fn is_deprecated(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Not yet known to be nobody else's (RFC 4862 §5.4); with optimistic duplicate detection it is used meanwhile
    /// (RFC 4429).
    pub fn is_tentative(self) -> bool {
        self.0 & (0x40 | 0x4) != 0
    }
}

/// A time in seconds from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u32);

impl Lifetime {
    /// `INFINITY_LIFE_TIME`, greater than every other.
    pub const FOREVER: Self = Self(u32::MAX);

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::FOREVER { f.write_str("ever") } else { write!(f, "{} s", self.0) }
    }
}

/// A way to everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRoute {
    /// For this family.
    pub family: Family,
    /// Out by the interface of this number.
    pub index: u32,
    /// To this router, of the same family; `None` where the link itself is the way.
    pub gateway: Option<IpAddr>,
    /// The lowest is used.
    pub metric: u32,
}

impl Snapshot {
    /// The interface of that name.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// The default route of the family that the kernel would use: the lowest metric, then by the interface's name.
    pub fn default_route(&self, family: Family) -> Option<(&Link, &DefaultRoute)> {
        let routes = self.routes.iter().filter(|route| route.family == family);
        let with_link = |route: &'_ DefaultRoute| self.links.iter().find(|link| link.index == route.index);
        let found = routes.filter_map(|route| Some((with_link(route)?, route)));
        found.min_by(|a, b| (a.1.metric, &a.0.name, a.1.gateway).cmp(&(b.1.metric, &b.0.name, b.1.gateway)))
    }
}

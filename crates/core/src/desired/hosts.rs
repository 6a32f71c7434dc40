//! Other machines' IPv6 addresses: the agreed prefix with their host ids.

use crate::address::{HostId, HostIdError, Prefix};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

/// One or more host ids with the length of the prefix they go under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    ids: Vec<HostId>,
    length: u8,
}

/// Why host ids cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostsError {
    /// No host id at all.
    NoHost,
    /// The prefix length is not in 1..=127.
    Length(u8),
    /// This host id does not go under a prefix of that length.
    Host(HostId, HostIdError),
}

impl fmt::Display for HostsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("no host id is given"),
            Self::Length(length) => {
                write!(f, "a prefix length of {length} is not in 1 to 127 (usual: 48 to 64)")
            }
            Self::Host(id, error) => write!(f, "host id {id}: {error}"),
        }
    }
}

impl core::error::Error for HostsError {}

impl Hosts {
    /// Host ids under a prefix of `length` bits, 1..=127; usual are 48 to 64. Refuses an id with bits inside the
    /// prefix, since it would publish an address in somebody else's network.
    pub fn new(ids: Vec<HostId>, length: u8) -> Result<Self, HostsError> {
        if ids.is_empty() {
            return Err(HostsError::NoHost);
        }
        if !(1..=127).contains(&length) {
            return Err(HostsError::Length(length));
        }
        let zero = prefix_of(Ipv6Addr::UNSPECIFIED, length);
        for id in &ids {
            id.under(zero).map_err(|error| HostsError::Host(*id, error))?;
        }
        Ok(Self { ids, length })
    }

    /// The length of the prefix in bits, 1..=127.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// How many hosts there are.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// The hosts' addresses in the network of `address`.
    pub fn beside(&self, address: Ipv6Addr) -> Vec<Ipv6Addr> {
        let prefix = prefix_of(address, self.length);
        let under = |id: &HostId| id.under(prefix).expect("`new` has tried every id under this length");
        self.ids.iter().map(under).collect()
    }
}

fn prefix_of(address: Ipv6Addr, length: u8) -> Prefix {
    Prefix::covering(IpAddr::V6(address), length).expect("`new` takes lengths up to 127 only")
}

//! The way a connection leaves this machine: an interface, a source address, a routing mark, or just the default
//! route. It is set on the socket before anything is sent; where it cannot be, there is no socket.
//!
//! Names are resolved by the system, which takes its own way to its name servers.

use super::NetError;
use dynflare_core::address::Family;
use socket2::{Domain, SockRef, Socket, Type};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest name of an interface, in bytes (`IFNAMSIZ` without its zero).
const LONGEST: usize = 15;

/// The name of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device([u8; LONGEST]);

impl Device {
    /// `None` for what cannot be the name of an interface.
    pub fn new(name: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b':');
        if name.is_empty() || name.len() > LONGEST || matches!(name, "." | "..") || !name.bytes().all(plain) {
            return None;
        }
        let mut bytes = [0; LONGEST];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Some(Self(bytes))
    }

    /// The name.
    pub fn name(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
        std::str::from_utf8(&self.0[..end]).expect("invariant: made from ASCII")
    }
}

/// How sockets are bound; where one cannot be, nothing is sent. The default binds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Way {
    /// The source address over IPv4.
    pub v4: Option<Ipv4Addr>,
    /// The source address over IPv6.
    pub v6: Option<Ipv6Addr>,
    /// The interface (`SO_BINDTODEVICE`, Linux): nothing leaves or enters by another one.
    pub device: Option<Device>,
    /// The mark that policy routing looks at (`SO_MARK`, Linux).
    pub mark: Option<u32>,
}

impl Way {
    /// The same with this source address.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => self.v4 = Some(address),
            IpAddr::V6(address) => self.v6 = Some(address),
        }
        self
    }

    /// The source address over a family.
    pub fn source(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::V4 => self.v4.map(IpAddr::V4),
            Family::V6 => self.v6.map(IpAddr::V6),
        }
    }

    /// Whether it leads out over the family: one that is a source address alone has that address's family alone.
    pub fn serves(&self, family: Family) -> bool {
        self.source(family).is_some()
            || self.device.is_some()
            || self.mark.is_some()
            || (self.v4.is_none() && self.v6.is_none())
    }

    /// The one family it leads out over, where it is one.
    pub fn only(&self) -> Option<Family> {
        match (self.serves(Family::V4), self.serves(Family::V6)) {
            (true, false) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (true, true) | (false, false) => None,
        }
    }

    /// Binds a socket of a family, before it connects.
    ///
    /// The error holds a [`NetError::Unbound`], which [`told`](Self::told) finds again.
    pub fn bind(&self, socket: &SockRef<'_>, family: Family) -> io::Result<()> {
        if !self.serves(family) {
            let reason = format!("it has no {family} address");
            return Err(io::Error::other(NetError::Unbound { way: self.to_string(), reason, hint: None }));
        }
        let source = |socket: &SockRef<'_>| match self.source(family) {
            Some(source) => socket.bind(&SocketAddr::new(source, 0).into()),
            None => Ok(()),
        };
        let bound = self.device(socket).and_then(|()| self.mark(socket)).and_then(|()| source(socket));
        bound.map_err(|error| io::Error::other(self.unbound(&error)))
    }

    /// Looks whether sockets of the family can be bound so at all.
    pub(super) fn probe(&self, family: Family) -> io::Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        let domain = match family {
            Family::V4 => Domain::IPV4,
            Family::V6 => Domain::IPV6,
        };
        self.bind(&SockRef::from(&Socket::new(domain, Type::DGRAM, None)?), family)
    }

    /// The error that [`bind`](Self::bind) put into another.
    pub(super) fn told(error: &io::Error) -> Option<NetError> {
        error.get_ref()?.downcast_ref::<NetError>().cloned()
    }

    #[cfg(target_os = "linux")]
    fn device(&self, socket: &SockRef<'_>) -> io::Result<()> {
        self.device.as_ref().map_or(Ok(()), |device| socket.bind_device(Some(device.name().as_bytes())))
    }

    #[cfg(target_os = "linux")]
    fn mark(&self, socket: &SockRef<'_>) -> io::Result<()> {
        self.mark.map_or(Ok(()), |mark| socket.set_mark(mark))
    }

    #[cfg(not(target_os = "linux"))]
    fn device(&self, _socket: &SockRef<'_>) -> io::Result<()> {
        self.device.as_ref().map_or(Ok(()), |_| Err(io::ErrorKind::Unsupported.into()))
    }

    #[cfg(not(target_os = "linux"))]
    fn mark(&self, _socket: &SockRef<'_>) -> io::Result<()> {
        self.mark.map_or(Ok(()), |_| Err(io::ErrorKind::Unsupported.into()))
    }

    fn unbound(&self, error: &io::Error) -> NetError {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => Some(
                "an interface needs CAP_NET_RAW on old kernels (before 5.7), a mark needs CAP_NET_ADMIN: run as \
                 root, or give them in the service's AmbientCapabilities=",
            ),
            io::ErrorKind::AddrNotAvailable => Some("no interface of this machine has that address now"),
            io::ErrorKind::Unsupported => Some("interfaces and marks are for Linux; bind to an `address`"),
            _ => None,
        };
        NetError::Unbound { way: self.to_string(), reason: super::dial::os_words(error), hint }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.device.as_ref().map(|device| format!("interface {}", device.name())),
            self.v4.map(|address| address.to_string()),
            self.v6.map(|address| address.to_string()),
            self.mark.map(|mark| format!("mark {mark:#x}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { f.write_str("the default route") } else { f.write_str(&parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(address: &str) -> Way {
        Way::default().from_address(address.parse().expect("an address"))
    }

    #[test]
    fn a_source_address_alone_leads_out_over_its_own_family_alone() {
        assert_eq!(way("192.0.2.1").only(), Some(Family::V4));
        assert_eq!(way("2001:db8::1").only(), Some(Family::V6));
        assert_eq!(Way { mark: Some(1), ..way("192.0.2.1") }.only(), None);
        assert!(Family::BOTH.into_iter().all(|family| Way::default().serves(family)));
    }

    #[test]
    fn a_way_that_is_not_there_is_no_socket() {
        let absent = [
            way("192.0.2.77"),
            way("2001:db8::77"),
            Way { device: Device::new("dfl-none"), ..Way::default() },
            Way { device: Device::new("dfl-none"), ..way("127.0.0.1") },
        ];
        for way in absent {
            let error = Way::told(&way.probe(Family::V4).expect_err("no such way")).expect("told");
            assert!(matches!(error, NetError::Unbound { .. }), "{error}");
            assert!(!error.may_have_been_sent() && error.lacks_family().is_none());
        }
        assert!(way("127.0.0.9").probe(Family::V4).is_ok(), "all of 127/8 is local");
    }

    #[test]
    fn the_name_of_an_interface_is_short_and_plain() {
        for name in ["", "a/b", "a b", "..", "eth0:1", "sixteencharacter", "größe"] {
            assert_eq!(Device::new(name), None, "{name}");
        }
        for name in ["wan0", "fifteencharacte", "enp1s0.7"] {
            assert_eq!(Device::new(name).expect("a name").name(), name);
        }
    }
}

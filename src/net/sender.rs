//! The address this machine speaks from: chosen once per round, so that everybody who is asked sees the same one.
//!
//! With temporary addresses (RFC 8981) the kernel may change its mind between two connections, and two honest sources
//! would contradict each other.

use super::Way;
use dynflare_core::address::Family;
use socket2::{Domain, SockRef, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A place far away, so that the choice is made as for any other: k.root-servers.net. Nothing is sent to it.
const FAR: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(193, 0, 14, 129)), IpAddr::V6(Ipv6Addr::new(0x2001, 0x7fd, 0, 0, 0, 0, 0, 1))];

/// The address the kernel would speak from to the Internet over `family`, by this way; `None` where it knows no way
/// there.
///
/// By a connected datagram socket: connecting one looks up the route and the source address (RFC 6724 §5) and sends
/// nothing.
pub fn towards_internet(family: Family, way: Way) -> Option<IpAddr> {
    let [v4, v6] = FAR;
    let far = match family {
        Family::V4 => v4,
        Family::V6 => v6,
    };
    let far = SocketAddr::new(far, 53);
    let socket = Socket::new(Domain::for_address(far), Type::DGRAM, None).ok()?;
    way.bind(&SockRef::from(&socket), family).ok()?;
    socket.connect(&far.into()).ok()?;
    let from = socket.local_addr().ok()?.as_socket()?.ip();
    (!from.is_unspecified()).then_some(from)
}

/// Whether `from` is one to speak to `to` from: of its family, and not from outside to this machine or this link, whose
/// answers would then take another way than expected.
pub fn fits(from: IpAddr, to: IpAddr) -> bool {
    let near = match to {
        IpAddr::V4(to) => to.is_loopback() || to.is_link_local(),
        IpAddr::V6(to) => to.is_loopback() || to.is_unicast_link_local(),
    };
    Family::of(from) == Family::of(to) && !near
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_is_used_towards_its_own_family_and_beyond_the_link() {
        let from = address("2001:db8::1");
        assert!(fits(from, address("2001:db8:1::1")));
        for near in ["192.0.2.1", "::1", "fe80::1"] {
            assert!(!fits(from, address(near)), "{near}");
        }
        assert!(fits(address("192.0.2.1"), address("198.51.100.1")));
        assert!(!fits(address("192.0.2.1"), address("127.0.0.1")));
    }

    #[test]
    fn the_kernel_s_choice_is_of_the_family_asked() {
        for family in Family::BOTH {
            assert!(towards_internet(family, Way::default()).is_none_or(|from| Family::of(from) == family));
        }
    }
}

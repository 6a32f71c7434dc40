//! What the world sees of home, and how it changes.

use super::{Lab, Place};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::PoisonError;

/// The addresses of a lab's home as others see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Ipv6Addr,
}

impl Lab {
    /// The IPv4 address that the world sees, but for a pool.
    pub fn wan(&self) -> IpAddr {
        IpAddr::V4(self.seen().v4)
    }

    /// The IPv6 address that the world sees.
    pub fn wan6(&self) -> IpAddr {
        IpAddr::V6(self.seen().v6)
    }

    /// Changes the address that the world sees, as an internet provider would: at once, and old flows hang. Any address
    /// will do; the internet finds its way there.
    ///
    /// IPv4: it is the one of whoever translates last (the router's or the carrier's `wan0` or `pub0`), or that of
    /// home's own `wan0` in [`Shape::Direct`](super::Shape::Direct).
    ///
    /// IPv6: it is home's own, on `lan0` (`wan0` in [`Shape::Direct`](super::Shape::Direct)), in place of the one it
    /// had from here. Another /64 is another delegated prefix: the router has its `::1` from then on, and home's way
    /// out leads over that.
    #[track_caller]
    pub fn set_wan(&self, address: IpAddr) {
        let old = self.seen();
        let new = match address {
            IpAddr::V4(v4) => {
                self.move_v4(v4);
                Seen { v4, ..old }
            }
            IpAddr::V6(v6) => {
                if self.edge.0 == Place::HOME {
                    self.move_own_v6(old.v6, v6);
                } else {
                    self.move_v6(old.v6, v6);
                }
                Seen { v6, ..old }
            }
        };
        *self.wan.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }

    fn seen(&self) -> Seen {
        *self.wan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_v4(&self, address: Ipv4Addr) {
        let (place, device) = self.edge;
        self.ip(Place::INTERNET, &format!("route replace {address}/32 dev isp0"));
        self.ip(
            place,
            &format!(
                "addr flush dev {device} to 0.0.0.0/0 scope global
                 addr add {address}/32 dev {device}
                 route replace default via 203.0.113.1 dev {device} onlink"
            ),
        );
    }

    /// Home is on the internet itself.
    fn move_own_v6(&self, old: Ipv6Addr, new: Ipv6Addr) {
        self.ip(Place::INTERNET, &format!("route replace {new}/128 dev isp0"));
        self.ip(
            Place::HOME,
            &format!(
                "addr flush dev wan0 to {old}/128
                 addr add {new}/64 dev wan0 nodad
                 route replace ::/0 via 2001:db8:ffff::1 dev wan0 onlink"
            ),
        );
    }

    /// Home is behind the router, and perhaps behind a carrier.
    fn move_v6(&self, old: Ipv6Addr, new: Ipv6Addr) {
        let (before, prefix) = (network(old), network(new));
        let router = Ipv6Addr::from(u128::from(prefix) | 1);
        if before != prefix {
            let carrier = self.edge.0 == Place::CARRIER;
            let next = if carrier { "2001:db8:fffe::5" } else { "2001:db8:ffff::5" };
            self.ip(Place::INTERNET, &format!("route replace {prefix}/64 via {next}"));
            if carrier {
                self.ip(Place::CARRIER, &format!("route replace {prefix}/64 via 2001:db8:ffff::5"));
            }
            let gone = Ipv6Addr::from(u128::from(before) | 1);
            self.ip(
                Place::ROUTER,
                &format!("addr flush dev lan0 to {gone}/128\naddr add {router}/64 dev lan0 nodad"),
            );
        }
        self.ip(
            Place::HOME,
            &format!(
                "addr flush dev lan0 to {old}/128
                 addr add {new}/64 dev lan0 nodad
                 route replace ::/0 via {router} dev lan0"
            ),
        );
    }
}

/// The /64 that an address lies in.
fn network(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))
}

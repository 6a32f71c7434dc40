//! Elsewhere than on Linux: what a library found, as the values that rtnetlink's answers become.
//!
//! Pure. There are no lifetimes, no metrics and no mark of a secondary address; which link leads out is told by the
//! address that the system would speak from.

use super::{DefaultRoute, Flags, Held, Lifetime, Link, Snapshot};
use dynflare_core::address::Family;
use std::net::IpAddr;

#[cfg(not(target_os = "linux"))]
pub(super) mod asked;

/// `IFF_UP` and `IFF_RUNNING`, as on Linux.
const UP: u32 = 0x41;

/// `IFF_LOOPBACK`, as on Linux.
const LOOPBACK: u32 = 0x8;

/// `IFA_F_…`, as on Linux.
const TEMPORARY: u32 = 0x1;
const DUPLICATE: u32 = 0x8;
const DEPRECATED: u32 = 0x20;
const TENTATIVE: u32 = 0x40;

/// A network interface as a library tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) state: State,
    pub(super) addresses: Vec<Address>,
    pub(super) gateways: Vec<IpAddr>,
}

/// What it is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Down,
    Up,
    Loopback,
}

/// An address of it, with the length of its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) ip: IpAddr,
    pub(super) length: u8,
    pub(super) marks: Vec<Mark>,
}

/// What is to be said about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Deprecated,
    Duplicate,
    Temporary,
    Tentative,
}

impl Mark {
    fn bit(self) -> u32 {
        match self {
            Self::Deprecated => DEPRECATED,
            Self::Duplicate => DUPLICATE,
            Self::Temporary => TEMPORARY,
            Self::Tentative => TENTATIVE,
        }
    }
}

/// The same as values; `speaks` is the address from which the system would speak to the Internet, of each family.
pub(super) fn translate(found: &[Found], speaks: &[IpAddr]) -> Snapshot {
    let mut whole = Snapshot::default();
    for one in found {
        let flags = match one.state {
            State::Down => 0,
            State::Up => UP,
            State::Loopback => UP | LOOPBACK,
        };
        whole.links.push(Link { index: one.index, name: one.name.clone(), flags });
        whole.addresses.extend(one.addresses.iter().map(|address| held(one.index, address)));
        whole.routes.extend(Family::BOTH.into_iter().flat_map(|family| routes(one, family, speaks)));
    }
    whole
}

fn held(index: u32, found: &Address) -> Held {
    let bits = found.marks.iter().fold(0, |bits, mark| bits | mark.bit());
    Held {
        index,
        address: found.ip,
        length: found.length,
        flags: match Family::of(found.ip) {
            // The first bit means something else there.
            Family::V4 => Flags::default(),
            Family::V6 => Flags::of(Family::V6, bits),
        },
        preferred: Lifetime::FOREVER,
        valid: Lifetime::FOREVER,
    }
}

/// The default routes by a link: one for each gateway, and one without where the system speaks from there all the same
/// (a tunnel). The link that the system speaks from goes before all others.
fn routes(one: &Found, family: Family, speaks: &[IpAddr]) -> Vec<DefaultRoute> {
    let of_family = |address: &&IpAddr| Family::of(**address) == family;
    let mut spoken = speaks.iter().filter(of_family);
    let leads_out = spoken.any(|own| one.addresses.iter().any(|held| held.ip == *own));
    let metric = u32::from(!leads_out);
    let route = |gateway| DefaultRoute { family, index: one.index, gateway, metric };
    let by: Vec<DefaultRoute> = one.gateways.iter().filter(of_family).map(|by| route(Some(*by))).collect();
    if by.is_empty() && leads_out { vec![route(None)] } else { by }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn address(text: &str, marks: &[Mark]) -> Address {
        let (address, length) = text.split_once('/').expect("an address and a length");
        Address { ip: ip(address), length: length.parse().expect("a length"), marks: marks.to_vec() }
    }

    fn link(index: u32, name: &str, addresses: Vec<Address>, gateways: &[&str]) -> Found {
        let gateways = gateways.iter().map(|gateway| ip(gateway)).collect();
        Found { index, name: name.to_owned(), state: State::Up, addresses, gateways }
    }

    fn machine() -> [Found; 4] {
        let v6 = |text, marks: &[Mark]| address(text, marks);
        [
            Found {
                state: State::Loopback,
                ..link(1, "Loopback Pseudo-Interface 1", vec![v6("::1/128", &[])], &[])
            },
            link(12, "Wi-Fi", vec![address("192.168.7.20/24", &[])], &["192.168.7.1"]),
            link(
                7,
                "Ethernet",
                vec![
                    address("192.168.1.20/24", &[]),
                    v6("2001:db8::20/64", &[]),
                    v6("2001:db8::7e57/64", &[Mark::Temporary]),
                    v6("2001:db8::1d/64", &[Mark::Temporary, Mark::Deprecated]),
                    v6("2001:db8::2/64", &[Mark::Tentative]),
                    v6("2001:db8::3/64", &[Mark::Duplicate]),
                ],
                &["192.168.1.1", "fe80::1"],
            ),
            Found { state: State::Down, ..link(9, "utun3", vec![v6("2001:db8:7::2/64", &[])], &[]) },
        ]
    }

    #[test]
    fn what_is_said_about_an_address_stays_said() {
        let whole = translate(&machine(), &[]);
        let of = |text: &str| {
            let held = whole.addresses.iter().find(|held| held.address == ip(text)).expect("it is there");
            let flags = held.flags;
            (
                held.length,
                flags.is_temporary(),
                flags.is_deprecated(),
                flags.is_tentative(),
                flags.is_duplicate(),
            )
        };
        assert_eq!(of("192.168.1.20"), (24, false, false, false, false));
        assert_eq!(of("2001:db8::20"), (64, false, false, false, false));
        assert_eq!(of("2001:db8::7e57"), (64, true, false, false, false));
        assert_eq!(of("2001:db8::1d"), (64, true, true, false, false));
        assert_eq!(of("2001:db8::2"), (64, false, false, true, false));
        assert_eq!(of("2001:db8::3"), (64, false, false, false, true));
        let up: Vec<(&str, bool, bool)> =
            whole.links.iter().map(|link| (&*link.name, link.is_up(), link.is_loopback())).collect();
        assert_eq!(
            up,
            [
                ("Loopback Pseudo-Interface 1", true, true),
                ("Wi-Fi", true, false),
                ("Ethernet", true, false),
                ("utun3", false, false)
            ]
        );
    }

    #[test]
    fn the_link_that_the_system_speaks_from_is_that_of_the_default_route() {
        let by = |speaks: &[&str], family| {
            let speaks: Vec<IpAddr> = speaks.iter().map(|own| ip(own)).collect();
            let whole = translate(&machine(), &speaks);
            whole.default_route(family).map(|(link, route)| (link.name.clone(), route.gateway))
        };
        let ethernet = |gateway| Some(("Ethernet".to_owned(), Some(ip(gateway))));
        assert_eq!(by(&["192.168.1.20", "2001:db8::7e57"], Family::V4), ethernet("192.168.1.1"));
        assert_eq!(by(&["192.168.1.20", "2001:db8::7e57"], Family::V6), ethernet("fe80::1"));
        let wifi = Some(("Wi-Fi".to_owned(), Some(ip("192.168.7.1"))));
        assert_eq!(by(&["192.168.7.20"], Family::V4), wifi);
        // A tunnel has no gateway, and leads out all the same.
        assert_eq!(by(&["2001:db8:7::2"], Family::V6), Some(("utun3".to_owned(), None)));
        assert_eq!(translate(&machine()[..1], &[]).default_route(Family::V6), None);
    }
}

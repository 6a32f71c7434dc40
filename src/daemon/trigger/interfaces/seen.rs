//! The part of the kernel's knowledge that matters, for comparing.

#[cfg(any(target_os = "linux", test))]
use crate::net::netlink::Change;
use crate::net::netlink::{Held, Link, Snapshot};
use dynflare_core::address::Family;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    addresses: BTreeSet<Address>,
    routes: BTreeSet<Route>,
    /// The links of those, by number: their names, and whether they are up.
    links: BTreeMap<u32, (String, bool)>,
}

/// An address that is ready for use: link, address, length of its network, deprecated, temporary.
type Address = (u32, IpAddr, u8, bool, bool);

/// A default route: whether it is for IPv6, link, gateway, metric.
type Route = (bool, u32, Option<IpAddr>, u32);

impl Seen {
    /// What matters of this.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let addresses: BTreeSet<Address> = snapshot.addresses.iter().filter_map(address).collect();
        let routes: BTreeSet<Route> = snapshot
            .routes
            .iter()
            .map(|route| (route.family == Family::V6, route.index, route.gateway, route.metric))
            .collect();
        let used: BTreeSet<u32> =
            addresses.iter().map(|address| address.0).chain(routes.iter().map(|route| route.1)).collect();
        let links = snapshot.links.iter().filter(|link| used.contains(&link.index)).map(state).collect();
        Self { addresses, routes, links }
    }
}

/// What is told change by change.
#[cfg(any(target_os = "linux", test))]
impl Seen {
    /// Whether the change may concern what was seen, so that it is worth looking again.
    pub(super) fn is_touched_by(&self, change: &Change) -> bool {
        match change {
            Change::Link(link) => self.links.get(&link.index).is_some_and(|known| *known != state(link).1),
            Change::LinkGone(index) => self.links.contains_key(index),
            Change::Address(held) => match address(held) {
                Some(address) => !self.addresses.contains(&address),
                // It was ready, and is not any more.
                None => self.holds(held),
            },
            Change::AddressGone(held) => self.holds(held),
            // A route that replaces another is told without the other.
            Change::Route(_) | Change::RouteGone(_) => true,
        }
    }

    fn holds(&self, held: &Held) -> bool {
        self.addresses.iter().any(|known| known.0 == held.index && known.1 == held.address)
    }
}

fn state(link: &Link) -> (u32, (String, bool)) {
    (link.index, (link.name.clone(), link.is_up()))
}

/// The address, where it leads beyond its link and is ready for use.
fn address(held: &Held) -> Option<Address> {
    let near = match held.address {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    };
    let flags = held.flags;
    let ready = !near && !flags.is_tentative() && !flags.is_duplicate();
    ready.then_some((held.index, held.address, held.length, flags.is_deprecated(), flags.is_temporary()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::netlink::wire;

    const TEMPORARY: u32 = 0x1;
    const DEPRECATED: u32 = 0x20;
    const TENTATIVE: u32 = 0x40;
    const DUPLICATE: u32 = 0x8;

    fn seen(addresses: &[(&str, u32, u32)]) -> Seen {
        Seen::of(&Snapshot::sample(addresses))
    }

    fn held(text: &str, flags: u32, preferred: u32) -> Held {
        Snapshot::sample(&[(text, flags, preferred)]).addresses[0]
    }

    #[test]
    fn lifetimes_that_begin_anew_change_nothing() {
        let before = seen(&[("2001:db8::5/64", 0, 1800)]);
        assert_eq!(before, seen(&[("2001:db8::5/64", 0, 3600)]));
        assert!(!before.is_touched_by(&Change::Address(held("2001:db8::5/64", 0, 3600))));
    }

    #[test]
    fn an_address_counts_when_it_is_ready() {
        let before = seen(&[]);
        for (text, flags) in [
            ("2001:db8::5/64", TENTATIVE),
            ("2001:db8::5/64", TENTATIVE | DUPLICATE),
            ("fe80::1/64", 0),
            ("169.254.7.7/16", 0),
            ("127.0.0.2/8", 0),
        ] {
            assert_eq!(before, seen(&[(text, flags, 60)]), "{text}");
            assert!(!before.is_touched_by(&Change::Address(held(text, flags, 60))), "{text}");
            assert!(!before.is_touched_by(&Change::AddressGone(held(text, flags, 60))), "{text}");
        }
        for (text, flags) in [("2001:db8::5/64", 0), ("2001:db8::5/64", TEMPORARY), ("192.0.2.5/24", 0)] {
            assert_ne!(before, seen(&[(text, flags, 60)]), "{text}");
            assert!(before.is_touched_by(&Change::Address(held(text, flags, 60))), "{text}");
        }
    }

    #[test]
    fn what_becomes_of_an_address_counts() {
        let before = seen(&[("2001:db8::5/64", 0, 60)]);
        for (text, flags) in [
            ("2001:db8::5/64", DEPRECATED),
            ("2001:db8::5/64", TENTATIVE),
            ("2001:db8::5/56", 0),
            ("2001:db8::6/64", 0),
        ] {
            assert_ne!(before, seen(&[(text, flags, 60)]), "{text} {flags}");
            assert!(before.is_touched_by(&Change::Address(held(text, flags, 60))), "{text} {flags}");
        }
        assert!(before.is_touched_by(&Change::AddressGone(held("2001:db8::5/64", 0, 0))));
        assert!(!before.is_touched_by(&Change::AddressGone(held("2001:db8::9/64", 0, 0))));
    }

    #[test]
    fn links_count_that_lead_somewhere() {
        let whole = Snapshot::sample(&[("192.0.2.5/24", 0, 60)]);
        let before = Seen::of(&whole);
        let [_, lan, off] = whole.links.as_slice() else { panic!("the sample has three links") };
        assert!(!before.is_touched_by(&Change::Link(lan.clone())), "as it was");
        let changed = |from: &Link, index, name: &str| {
            let mut link = from.clone();
            (link.index, link.name) = (index, name.to_owned());
            Change::Link(link)
        };
        assert!(before.is_touched_by(&changed(off, lan.index, "lan0")), "down now");
        assert!(before.is_touched_by(&changed(lan, lan.index, "wan0")), "renamed");
        assert!(before.is_touched_by(&Change::LinkGone(lan.index)));
        assert!(!before.is_touched_by(&Change::LinkGone(off.index)));
        assert!(!before.is_touched_by(&changed(lan, off.index, "off0")), "nothing is at it yet");
    }

    #[test]
    fn ur_17_a_default_route_that_comes_is_a_change() {
        let whole = Snapshot::sample(&[("192.0.2.5/24", 0, 60)]);
        let route = whole.routes[0];
        let stranded = Seen::of(&whole.clone().stranded());
        assert_ne!(stranded, Seen::of(&whole));
        assert!(stranded.is_touched_by(&Change::Route(route)));
        assert!(Seen::of(&whole).is_touched_by(&Change::RouteGone(route)));
    }

    #[test]
    fn a_datagram_that_is_cut_short_is_none() {
        assert_eq!(wire::changes(&[]), Some(Vec::new()));
        assert_eq!(wire::changes(&[1, 2, 3]), None);
    }
}

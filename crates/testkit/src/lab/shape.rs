//! How the namespaces of a lab are wired, for each shape.

use super::wan::Seen;
use super::{Place, Shape};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a shape needs.
pub(super) struct Plan {
    /// The namespaces, home first.
    pub(super) places: Vec<Place>,
    /// Pairs of (place, device), each a cable.
    pub(super) cables: Vec<[(Place, &'static str); 2]>,
    /// Lines for `ip` in each place.
    pub(super) lines: Vec<(Place, String)>,
    /// Where IPv4 is translated, out of which device, and to what.
    pub(super) nat: Vec<(Place, &'static str, &'static str)>,
    /// Who holds the public address, at which device.
    pub(super) edge: (Place, &'static str),
    /// What the world sees at first.
    pub(super) seen: Seen,
}

/// The router's addresses inside and the way out, which every shape has.
const ROUTER: &str = "
    addr add 192.168.77.1/24 dev lan0
    addr add 2001:db8:1:100::1/64 dev lan0 nodad
    link set lan0 up
    addr add 2001:db8:ffff::5/64 dev wan0 nodad
    link set wan0 up
    route add ::/0 via 2001:db8:ffff::1";

const HOME: &str = "
    addr add 192.168.77.50/24 dev lan0
    addr add 2001:db8:1:100::50/64 dev lan0 nodad
    link set lan0 up
    route add default via 192.168.77.1
    route add ::/0 via 2001:db8:1:100::1";

/// What the carrier has besides where it translates to a pool.
const POOL: &str = "
    addr add 203.0.113.200/24 dev pub0
    addr add 203.0.113.201/24 dev pub0
    route add default via 203.0.113.1";

/// Addresses of servers on the internet, for any use.
const SERVERS: std::ops::RangeInclusive<u8> = 1..=9;

pub(super) fn plan(shape: Shape) -> Plan {
    let mut internet = String::from(
        "addr add 203.0.113.1/24 dev isp0
         addr add 2001:db8:ffff::1/64 dev isp0 nodad
         link set isp0 up\n",
    );
    for number in SERVERS {
        let addresses = [format!("198.51.100.{number}0/32"), format!("2001:db8:cafe::{number}0/128")];
        internet.extend(addresses.map(|address| format!("addr add {address} dev lo\n")));
    }
    let seen = Seen { v4: WAN, v6: HOME_V6 };
    let lan = [(Place::HOME, "lan0"), (Place::ROUTER, "lan0")];
    let home = (Place::HOME, HOME.to_owned());
    match shape {
        Shape::Plain => {
            internet.push_str("route add 2001:db8:1::/48 via 2001:db8:ffff::5\n");
            Plan {
                places: vec![Place::HOME, Place::ROUTER, Place::INTERNET],
                cables: vec![lan, [(Place::ROUTER, "wan0"), (Place::INTERNET, "isp0")]],
                lines: vec![home, (Place::ROUTER, ROUTER.to_owned()), (Place::INTERNET, internet)],
                nat: vec![(Place::ROUTER, "wan0", "masquerade")],
                edge: (Place::ROUTER, "wan0"),
                seen,
            }
        }
        Shape::Direct => Plan {
            places: vec![Place::HOME, Place::INTERNET],
            cables: vec![[(Place::HOME, "wan0"), (Place::INTERNET, "isp0")]],
            lines: vec![
                (
                    Place::HOME,
                    format!(
                        "addr add {DIRECT_V6}/64 dev wan0 nodad
                         link set wan0 up
                         route add ::/0 via 2001:db8:ffff::1 dev wan0 onlink"
                    ),
                ),
                (Place::INTERNET, internet),
            ],
            nat: Vec::new(),
            edge: (Place::HOME, "wan0"),
            seen: Seen { v4: WAN, v6: DIRECT_V6 },
        },
        Shape::CarrierGrade | Shape::PoolNat => {
            let mut carrier = String::from(
                "addr add 100.64.9.1/24 dev sub0
                 addr add 2001:db8:ffff::1/64 dev sub0 nodad
                 link set sub0 up
                 addr add 2001:db8:fffe::5/64 dev pub0 nodad
                 link set pub0 up
                 route add 2001:db8:1::/48 via 2001:db8:ffff::5
                 route add ::/0 via 2001:db8:fffe::1\n",
            );
            if shape == Shape::PoolNat {
                carrier.push_str(POOL);
            }
            let internet = internet.replace("2001:db8:ffff::1/64", "2001:db8:fffe::1/64");
            let inner = "addr add 100.64.9.2/24 dev wan0\nroute add default via 100.64.9.1\n";
            let out = match shape {
                Shape::PoolNat => "snat to numgen inc mod 2 map { 0 : 203.0.113.200, 1 : 203.0.113.201 }",
                Shape::Plain | Shape::Direct | Shape::CarrierGrade => "masquerade",
            };
            Plan {
                places: vec![Place::HOME, Place::ROUTER, Place::CARRIER, Place::INTERNET],
                cables: vec![
                    lan,
                    [(Place::ROUTER, "wan0"), (Place::CARRIER, "sub0")],
                    [(Place::CARRIER, "pub0"), (Place::INTERNET, "isp0")],
                ],
                lines: vec![
                    home,
                    (Place::ROUTER, format!("{ROUTER}\n{inner}")),
                    (Place::CARRIER, carrier),
                    (
                        Place::INTERNET,
                        format!(
                            "{internet}
                             route add 2001:db8:1::/48 via 2001:db8:fffe::5
                             route add 2001:db8:ffff::/64 via 2001:db8:fffe::5"
                        ),
                    ),
                ],
                nat: vec![(Place::ROUTER, "wan0", "masquerade"), (Place::CARRIER, "pub0", out)],
                edge: (Place::CARRIER, "pub0"),
                seen,
            }
        }
    }
}

/// The public address that a lab begins with.
const WAN: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);

/// Home's own behind a router.
const HOME_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0x100, 0, 0, 0, 0x50);

/// Home's own without one.
const DIRECT_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 5);

/// A place's table for rules that hinder.
pub(super) fn hindering() -> String {
    let hook = |name: &str, hook: &str| {
        format!("chain {name} {{ type filter hook {hook} priority -10; policy accept; }}\n")
    };
    let chains = [hook("coming", "input"), hook("passing", "forward"), hook("leaving", "output")].concat();
    format!("table inet lab {{\n{chains}}}\n")
}

/// A place's table that translates what leaves by a device.
pub(super) fn translating(device: &str, to: &str) -> String {
    format!(
        "table ip nat {{\nchain post {{\ntype nat hook postrouting priority 100;\n\
         oifname \"{device}\" {to}\n}}\n}}\n"
    )
}

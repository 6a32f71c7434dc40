//! Messages put together by hand, and tens of thousands of broken ones.

use super::*;

/// A message with its header, padded.
fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(HEADER + body.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u16::try_from(4 + value.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

fn octets(address: &str) -> Vec<u8> {
    match address.parse().expect("an address") {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn link_body(index: u32, flags: u32, name: &str) -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend(index.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    body.extend([0; 4]);
    body.extend(attribute(3, format!("{name}\0").as_bytes()));
    body
}

fn address_body(family: u8, length: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![family, length, 0x80, 0];
    body.extend(2_u32.to_ne_bytes());
    body.extend(attributes.concat());
    body
}

fn route_body(family: u8, destination: u8, kind: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![family, destination, 0, 0, 254, 3, 0, kind];
    body.extend([0; 4]);
    body.extend(attributes.concat());
    body
}

fn lifetimes(preferred: u32, valid: u32) -> Vec<u8> {
    let mut value = preferred.to_ne_bytes().to_vec();
    value.extend(valid.to_ne_bytes());
    value.extend([0; 8]);
    attribute(6, &value)
}

fn held(address: &str, length: u8, flags: u32) -> Held {
    let address: IpAddr = address.parse().expect("an address");
    Held {
        index: 2,
        address,
        length,
        flags: Flags::of(Family::of(address), flags),
        preferred: Lifetime::FOREVER,
        valid: Lifetime::FOREVER,
    }
}

fn taken(datagrams: &[Vec<u8>]) -> (Snapshot, Progress) {
    let mut snapshot = Snapshot::default();
    let mut progress = Progress::More;
    for datagram in datagrams {
        progress = take(datagram, 7, &mut snapshot);
    }
    (snapshot, progress)
}

#[test]
fn a_question_is_a_header_and_zeros() {
    for (table, length) in [(Table::Links, 32_u32), (Table::Addresses, 24), (Table::Routes, 28)] {
        let bytes = question(table, 9);
        assert_eq!(bytes.len(), length as usize);
        assert_eq!(number(&bytes, 0), Some(length));
        assert_eq!(short(&bytes, 6), Some(0x301));
        assert_eq!(number(&bytes, 8), Some(9));
        assert!(bytes[12..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn links_addresses_and_default_routes_are_read() {
    let flags = 0x800_u32 | 0x100 | 0x1;
    let v6 = [
        attribute(1, &octets("2001:db8:1:100::50")),
        lifetimes(300, 600),
        attribute(8, &flags.to_ne_bytes()),
    ];
    let point_to_point = [attribute(1, &octets("198.51.100.1")), attribute(2, &octets("198.51.100.2"))];
    let default = [
        attribute(4, &2_u32.to_ne_bytes()),
        attribute(5, &octets("192.0.2.1")),
        attribute(6, &100_u32.to_ne_bytes()),
    ];
    let (snapshot, progress) = taken(&[
        [
            message(NEW_LINK, 2, 7, &link_body(2, 0x1043, "lan0")),
            message(NEW_ADDRESS, 2, 7, &address_body(10, 64, &v6)),
        ]
        .concat(),
        message(NEW_ADDRESS, 2, 7, &address_body(2, 32, &point_to_point)),
        message(NEW_ROUTE, 2, 7, &route_body(2, 0, 1, &default)),
        message(DONE, 2, 7, &[0; 4]),
    ]);
    assert_eq!(progress, Progress::Done);
    assert_eq!(snapshot.links, [Link { index: 2, name: "lan0".to_owned(), flags: 0x1043 }]);
    let first =
        Held { preferred: Lifetime(300), valid: Lifetime(600), ..held("2001:db8:1:100::50", 64, flags) };
    assert_eq!(snapshot.addresses, [first, held("198.51.100.2", 32, 0x80)]);
    assert!(snapshot.addresses[0].flags.is_temporary());
    let route = DefaultRoute { family: Family::V4, index: 2, gateway: "192.0.2.1".parse().ok(), metric: 100 };
    assert_eq!(snapshot.routes, [route]);
    assert!(snapshot.link("lan0").is_some_and(Link::is_up));
    assert_eq!(snapshot.default_route(Family::V4).map(|found| found.1.gateway), Some(route.gateway));
    assert_eq!(snapshot.default_route(Family::V6), None);
}

#[test]
fn a_second_address_of_a_network_is_not_a_temporary_one() {
    let own = [attribute(2, &octets("192.0.2.7")), attribute(8, &0x81_u32.to_ne_bytes())];
    let (snapshot, _) = taken(&[message(NEW_ADDRESS, 2, 7, &address_body(2, 24, &own))]);
    assert!(!snapshot.addresses[0].flags.is_temporary());
}

#[test]
fn routes_that_lead_elsewhere_or_nowhere_are_not_default_routes() {
    let out = || attribute(4, &2_u32.to_ne_bytes());
    let other_table = [out(), attribute(15, &51820_u32.to_ne_bytes())];
    let (snapshot, _) = taken(&[
        message(NEW_ROUTE, 2, 7, &route_body(2, 24, 1, &[out()])),
        message(NEW_ROUTE, 2, 7, &route_body(10, 0, 7, &[out()])),
        message(NEW_ROUTE, 2, 7, &route_body(2, 0, 1, &other_table)),
    ]);
    assert_eq!(snapshot.routes, []);
}

#[test]
fn a_route_over_several_ways_is_one_per_way() {
    let hop = |index: u32, gateway: &str| {
        let inner = attribute(5, &octets(gateway));
        let mut bytes = u16::try_from(8 + inner.len()).expect("short").to_ne_bytes().to_vec();
        bytes.extend([0; 2]);
        bytes.extend(index.to_ne_bytes());
        bytes.extend(inner);
        bytes
    };
    let several = attribute(9, &[hop(2, "192.0.2.1"), hop(3, "198.51.100.1")].concat());
    let (snapshot, _) = taken(&[message(NEW_ROUTE, 2, 7, &route_body(2, 0, 1, &[several]))]);
    let ways: Vec<_> = snapshot.routes.iter().map(|route| (route.index, route.gateway)).collect();
    assert_eq!(ways, [(2, "192.0.2.1".parse().ok()), (3, "198.51.100.1".parse().ok())]);
}

#[test]
fn a_table_that_changed_meanwhile_is_asked_for_again() {
    let own = [attribute(1, &octets("2001:db8::1"))];
    let changed = message(NEW_ADDRESS, 2 | DUMP_INTERRUPTED, 7, &address_body(10, 64, &own));
    assert_eq!(taken(&[changed, message(DONE, 2, 7, &[0; 4])]).1, Progress::Interrupted);
}

#[test]
fn a_refusal_is_its_errno_and_another_answer_is_ignored() {
    let mut body = (-1_i32).to_ne_bytes().to_vec();
    body.extend([0; 16]);
    assert_eq!(taken(&[message(ERROR, 0, 7, &body)]).1, Progress::Refused(1));
    assert_eq!(taken(&[message(ERROR, 0, 6, &body)]).1, Progress::More);
    assert_eq!(taken(&[message(NEW_LINK, 2, 6, &link_body(2, 1, "old0"))]).0.links, []);
}

#[test]
fn lengths_that_lie_are_broken_or_ignored() {
    let whole = message(NEW_LINK, 2, 7, &link_body(2, 1, "lan0"));
    for cut in 1..whole.len() - 1 {
        assert_eq!(taken(&[whole[..cut].to_vec()]), (Snapshot::default(), Progress::Broken), "{cut}");
    }
    for length in [0_u32, 1, 15, u32::MAX] {
        let mut lying = whole.clone();
        lying[..4].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(taken(&[lying]).1, Progress::Broken, "{length}");
    }
    let wrong = [attribute(1, &[1, 2, 3])];
    assert_eq!(taken(&[message(NEW_ADDRESS, 2, 7, &address_body(10, 64, &wrong))]).0.addresses, []);
    let other = [attribute(1, &octets("192.0.2.1"))];
    assert_eq!(taken(&[message(NEW_ADDRESS, 2, 7, &address_body(10, 64, &other))]).0.addresses, []);
    let long = [attribute(1, &octets("192.0.2.1"))];
    assert_eq!(taken(&[message(NEW_ADDRESS, 2, 7, &address_body(2, 33, &long))]).0.addresses, []);
}

/// xorshift64* (Vigna 2016): the same inputs every time.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[4]
    }
}

#[test]
fn fifty_thousand_broken_answers_neither_panic_nor_make_an_impossible_address() {
    let mut seeded = Seeded(0x6479_6e66_6c61_7265);
    let good = [
        message(NEW_LINK, 2, 7, &link_body(2, 0x1043, "lan0")),
        message(
            NEW_ADDRESS,
            2,
            7,
            &address_body(10, 64, &[attribute(1, &octets("2001:db8::1")), lifetimes(1, 2)]),
        ),
        message(
            NEW_ROUTE,
            2,
            7,
            &route_body(2, 0, 1, &[attribute(9, &[0; 24]), attribute(4, &[2, 0, 0, 0])]),
        ),
        message(DONE, 2, 7, &[0; 4]),
    ]
    .concat();
    for round in 0..50_000 {
        let bytes: Vec<u8> = if round % 2 == 0 {
            let length = seeded.below(160);
            (0..length).map(|_| seeded.byte()).collect()
        } else {
            let mut bytes = good.clone();
            for _ in 0..=seeded.below(6) {
                let place = seeded.below(bytes.len());
                bytes[place] = seeded.byte();
            }
            bytes.truncate(bytes.len() - seeded.below(3) * seeded.below(40));
            bytes
        };
        let mut snapshot = Snapshot::default();
        take(&bytes, 7, &mut snapshot);
        for change in changes(&bytes).unwrap_or_default() {
            match change {
                Change::Address(held) | Change::AddressGone(held) => snapshot.addresses.push(held),
                Change::Route(route) | Change::RouteGone(route) => snapshot.routes.push(route),
                Change::Link(_) | Change::LinkGone(_) => {}
            }
        }
        for held in &snapshot.addresses {
            assert!(held.length <= Family::of(held.address).bits());
        }
        for route in &snapshot.routes {
            assert!(route.gateway.is_none_or(|gateway| Family::of(gateway) == route.family));
        }
    }
}

#[test]
fn what_the_kernel_says_unasked_is_read_in_its_order() {
    let address = address_body(10, 64, &[attribute(1, &octets("2001:db8::1"))]);
    let route = |destination| route_body(2, destination, 1, &[attribute(4, &[2, 0, 0, 0])]);
    let datagram = [
        message(NEW_LINK, 0, 0, &link_body(2, 0x1043, "lan0")),
        message(NEW_ADDRESS, 0, 0, &address),
        // A route to somewhere only, a neighbour (RTM_NEWNEIGH).
        message(NEW_ROUTE, 0, 0, &route(24)),
        message(28, 0, 0, &[0; 12]),
        message(NEW_ROUTE, 0, 0, &route(0)),
        message(NEW_ROUTE + GONE, 0, 0, &route(0)),
        message(NEW_ADDRESS + GONE, 0, 0, &address),
        message(NEW_LINK + GONE, 0, 0, &link_body(2, 0x1002, "lan0")),
    ]
    .concat();
    let way = DefaultRoute { family: Family::V4, index: 2, gateway: None, metric: 0 };
    let own = held("2001:db8::1", 64, 0x80);
    assert_eq!(
        changes(&datagram),
        Some(vec![
            Change::Link(Link { index: 2, name: "lan0".to_owned(), flags: 0x1043 }),
            Change::Address(own),
            Change::Route(way),
            Change::RouteGone(way),
            Change::AddressGone(own),
            Change::LinkGone(2),
        ])
    );
    assert_eq!(changes(&datagram[..datagram.len() - 1]), None);
}

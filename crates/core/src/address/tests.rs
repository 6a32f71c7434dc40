//! Addresses: prefixes, host ids, and every edge of every block that may not be published.

use super::special::{BLOCKS4, BLOCKS6, REACHABLE4};
use super::{Family, HostId, HostIdError, Prefix, PrefixError, publishable};
use alloc::format;
use alloc::string::ToString;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn prefix(text: &str) -> Prefix {
    text.parse().expect("a prefix")
}

fn host(text: &str) -> HostId {
    text.parse().expect("a host id")
}

#[test]
fn ur_8_addresses_that_nobody_can_have_are_not_published() {
    for text in [
        "10.20.10.22",
        "192.168.1.2",
        "172.16.0.1",
        "172.31.255.254",
        "100.64.0.9",
        "169.254.1.1",
        "127.0.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "fd5e::",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "::",
        "::1",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "64:ff9b::102:304",
        "2001:db8::",
        "2001::1",
        "2002:102:304::1",
        "3fff::1",
        "ff02::1",
        "4000::1",
        "1::1",
    ] {
        assert!(publishable(address(text)).is_err(), "{text}");
    }
}

#[test]
fn ur_4_cloudflares_own_addresses_are_not_published() {
    for text in [
        "104.18.0.0",
        "172.67.1.1",
        "104.28.9.9",
        "162.158.1.1",
        "2606:4700::1111",
        "2a06:98c0::1",
        "2a09:bac1::1",
    ] {
        let special = publishable(address(text)).expect_err(text);
        assert!(special.purpose.starts_with("Cloudflare"), "{text}: {special}");
        assert!(special.block.contains(address(text)), "{text}: {special}");
    }
}

#[test]
fn ordinary_addresses_are_published() {
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.9.9.9",
        "100.63.255.255",
        "100.128.0.0",
        "192.0.0.9",
        "192.0.0.10",
        "2001:4860:4860::8888",
        "2a00::1",
        "2620:fe::fe",
    ] {
        assert_eq!(publishable(address(text)), Ok(()), "{text}");
    }
}

fn last4(first: u32, length: u8) -> u32 {
    first | u32::MAX.checked_shr(u32::from(length)).unwrap_or(0)
}

fn last6(first: u128, length: u8) -> u128 {
    first | u128::MAX.checked_shr(u32::from(length)).unwrap_or(0)
}

/// Whether a row other than those outside holds the address: what stands beside a block may be special of its own.
fn special4(bits: u32) -> bool {
    let holds = |row: &&super::special::Row4| {
        let first = u32::from_be_bytes(row.0);
        (first..=last4(first, row.1)).contains(&bits)
    };
    BLOCKS4.iter().any(|row| holds(&row)) && !REACHABLE4.iter().any(|row| holds(&row))
}

fn special6(bits: u128) -> bool {
    let holds = |row: &super::special::Row6| {
        let first = Ipv6Addr::from(row.0).to_bits();
        (first..=last6(first, row.1)).contains(&bits)
    };
    BLOCKS6.iter().any(holds) || bits >> 125 != 1
}

#[test]
fn every_ipv4_block_ends_exactly_where_it_should() {
    for (octets, length, purpose) in BLOCKS4 {
        let first = u32::from_be_bytes(*octets);
        let last = last4(first, *length);
        let shown = |bits: u32| IpAddr::V4(Ipv4Addr::from_bits(bits));
        for inside in [first, last] {
            let special = publishable(shown(inside)).expect_err(purpose);
            assert_eq!((special.purpose, special.block.length()), (*purpose, *length), "{}", shown(inside));
        }
        for outside in [first.checked_sub(1), last.checked_add(1)].into_iter().flatten() {
            assert_eq!(publishable(shown(outside)).is_err(), special4(outside), "{}", shown(outside));
        }
    }
}

#[test]
fn every_ipv6_block_ends_exactly_where_it_should() {
    for (segments, length, purpose) in BLOCKS6 {
        let first = Ipv6Addr::from(*segments).to_bits();
        let last = last6(first, *length);
        let shown = |bits: u128| IpAddr::V6(Ipv6Addr::from_bits(bits));
        for inside in [first, last] {
            let special = publishable(shown(inside)).expect_err(purpose);
            assert_eq!((special.purpose, special.block.length()), (*purpose, *length), "{}", shown(inside));
        }
        for outside in [first.checked_sub(1), last.checked_add(1)].into_iter().flatten() {
            assert_eq!(publishable(shown(outside)).is_err(), special6(outside), "{}", shown(outside));
        }
    }
}

#[test]
fn the_edges_of_known_blocks_are_at_known_addresses() {
    // Written out, so that a mistake in a table row shows although the tests above take the table for true.
    for (inside, outside) in [
        ("0.255.255.255", "1.0.0.0"),
        ("10.0.0.0", "9.255.255.255"),
        ("10.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.63.255.255"),
        ("100.127.255.255", "100.128.0.0"),
        ("103.21.244.0", "103.21.243.255"),
        ("103.21.247.255", "103.21.248.0"),
        ("103.22.200.0", "103.22.199.255"),
        ("103.22.203.255", "103.22.204.0"),
        ("103.31.4.0", "103.31.3.255"),
        ("103.31.7.255", "103.31.8.0"),
        ("104.16.0.0", "104.15.255.255"),
        ("104.27.255.255", "104.29.0.0"),
        ("108.162.192.0", "108.162.191.255"),
        ("108.162.255.255", "108.163.0.0"),
        ("127.0.0.0", "126.255.255.255"),
        ("127.255.255.255", "128.0.0.0"),
        ("131.0.72.0", "131.0.71.255"),
        ("131.0.75.255", "131.0.76.0"),
        ("141.101.64.0", "141.101.63.255"),
        ("141.101.127.255", "141.101.128.0"),
        ("162.158.0.0", "162.157.255.255"),
        ("162.159.255.255", "162.160.0.0"),
        ("169.254.0.0", "169.253.255.255"),
        ("169.254.255.255", "169.255.0.0"),
        ("172.16.0.0", "172.15.255.255"),
        ("172.31.255.255", "172.32.0.0"),
        ("172.64.0.0", "172.63.255.255"),
        ("172.71.255.255", "172.72.0.0"),
        ("173.245.48.0", "173.245.47.255"),
        ("173.245.63.255", "173.245.64.0"),
        ("188.114.96.0", "188.114.95.255"),
        ("188.114.111.255", "188.114.112.0"),
        ("190.93.240.0", "190.93.239.255"),
        ("190.93.255.255", "190.94.0.0"),
        ("192.0.0.0", "191.255.255.255"),
        ("192.0.0.8", "192.0.0.9"),
        ("192.0.0.11", "192.0.0.10"),
        ("192.0.0.255", "192.0.1.0"),
        ("192.0.2.0", "192.0.1.255"),
        ("192.0.2.255", "192.0.3.0"),
        ("192.168.0.0", "192.167.255.255"),
        ("192.168.255.255", "192.169.0.0"),
        ("197.234.240.0", "197.234.239.255"),
        ("197.234.243.255", "197.234.244.0"),
        ("198.18.0.0", "198.17.255.255"),
        ("198.19.255.255", "198.20.0.0"),
        ("198.41.128.0", "198.41.127.255"),
        ("198.41.255.255", "198.42.0.0"),
        ("198.51.100.255", "198.51.101.0"),
        ("203.0.113.0", "203.0.112.255"),
        ("224.0.0.0", "223.255.255.255"),
        ("2001:1ff:ffff::", "2001:200::"),
        ("2001:db8::", "2001:db7:ffff::"),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("2002::", "2001:ffff::"),
        ("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
        ("2400:cb00::", "2400:caff::"),
        ("2606:4700:ffff::", "2606:4701::"),
        ("2a06:98c7:ffff::", "2a06:98c8::"),
        ("3fff::", "3ffe:ffff::"),
        ("3fff:fff:ffff::", "3fff:1000::"),
        ("1fff:ffff::", "2000::"),
        ("4000::", "3fff:ffff::"),
    ] {
        assert!(publishable(address(inside)).is_err(), "{inside}");
        assert_eq!(publishable(address(outside)), Ok(()), "{outside}");
    }
}

#[test]
fn the_tables_are_sorted_and_hold_true_blocks() {
    assert!(BLOCKS4.is_sorted_by_key(|row| (row.0, row.1)));
    assert!(BLOCKS6.is_sorted_by_key(|row| (row.0, row.1)));
    for (octets, length, purpose) in BLOCKS4.iter().chain(REACHABLE4) {
        assert!(Prefix::new(IpAddr::V4((*octets).into()), *length).is_ok(), "{purpose}");
    }
    for (segments, length, purpose) in BLOCKS6 {
        assert!(Prefix::new(IpAddr::V6((*segments).into()), *length).is_ok(), "{purpose}");
    }
}

#[test]
fn ur_15_a_new_prefix_moves_the_host_with_its_subnet() {
    let server = host("::3:0:0:0:1234");
    for (network, expected) in
        [("2001:db8:0:1100::/56", "2001:db8:0:1103::1234"), ("2001:db8:0:2200::/56", "2001:db8:0:2203::1234")]
    {
        assert_eq!(server.under(prefix(network)), Ok(expected.parse().expect("an address")));
    }
}

#[test]
fn a_host_id_with_bits_inside_the_prefix_is_refused_at_every_length() {
    for bit in 0..128_u8 {
        let id = HostId(Ipv6Addr::from_bits(1 << (127 - bit)));
        for length in 0..=128_u8 {
            let network = Prefix::covering(address("2001:db8::1"), length).expect("a length");
            let expected = if bit < length {
                Err(HostIdError::Overlap)
            } else {
                let IpAddr::V6(first) = network.address() else { panic!("IPv6") };
                Ok(Ipv6Addr::from_bits(first.to_bits() | 1 << (127 - bit)))
            };
            assert_eq!(id.under(network), expected, "bit {bit}, length {length}");
        }
    }
}

#[test]
fn a_host_id_needs_an_ipv6_prefix() {
    assert_eq!(host("::1").under(prefix("192.0.2.0/24")), Err(HostIdError::Prefix));
}

#[test]
fn a_mac_becomes_its_modified_eui_64_identifier() {
    // The example of RFC 4291, appendix A: 34-56-78 and 9A-BC-DE become 3656:78FF:FE9A:BCDE.
    for text in ["mac(34:56:78:9a:bc:de)", "mac(34-56-78-9A-BC-DE)"] {
        assert_eq!(host(text).to_string(), "::3656:78ff:fe9a:bcde");
    }
    assert_eq!(host("mac(02:00:5e:00:53:01)").to_string(), "::5eff:fe00:5301");
    assert_eq!(host("mac(00:00:5e:00:53:01)").to_string(), "::200:5eff:fe00:5301");
    let under = host("mac(00:00:5e:00:53:01)").under(prefix("2001:db8:0:1::/64"));
    assert_eq!(under, Ok("2001:db8:0:1:200:5eff:fe00:5301".parse().expect("an address")));
    let too_long = host("mac(00:00:5e:00:53:01)").under(prefix("2001:db8::/72"));
    assert_eq!(too_long, Err(HostIdError::Overlap));
}

#[test]
fn what_is_no_host_id_is_refused() {
    for text in [
        "",
        "1234",
        "192.0.2.1",
        "::1/64",
        "::g",
        "mac()",
        "mac(00:00:5e:00:53)",
        "mac(00:00:5e:00:53:01:02)",
        "mac(0:0:5e:0:53:1)",
        "mac(00:00:5e:00:53:0g)",
        "mac(00:00:5e:00:53:+1)",
        "mac(00005e005301)",
        "mac(00:00:5e:00:53:01",
        "mac 00:00:5e:00:53:01",
        "mac(00:00:5e:00:53:é)",
    ] {
        assert_eq!(text.parse::<HostId>(), Err(HostIdError::Form), "{text:?}");
    }
}

#[test]
fn prefixes_are_read_and_shown_in_their_shortest_form() {
    for (text, shown) in [
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.100.7/32", "198.51.100.7/32"),
        ("::/0", "::/0"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::1/128", "2001:db8::1/128"),
        ("2001:db8::/032", "2001:db8::/32"),
    ] {
        assert_eq!(prefix(text).to_string(), shown);
        assert_eq!(format!("{:?}", prefix(text)), shown);
    }
}

#[test]
fn what_is_no_prefix_is_refused_with_its_reason() {
    for (text, error) in [
        ("", PrefixError::Form),
        ("198.51.100.0", PrefixError::Form),
        ("198.51.100.0/", PrefixError::Form),
        ("/24", PrefixError::Form),
        ("198.51.100/24", PrefixError::Form),
        ("198.51.100.0/+8", PrefixError::Form),
        ("198.51.100.0/-1", PrefixError::Form),
        ("198.51.100.0/ 8", PrefixError::Form),
        ("198.51.100.0/8/8", PrefixError::Form),
        ("198.51.100.0/0024", PrefixError::Form),
        ("198.51.100.0/33", PrefixError::Length),
        ("198.51.100.0/256", PrefixError::Length),
        ("2001:db8::/129", PrefixError::Length),
        ("2001:db8::/999", PrefixError::Length),
        ("198.51.100.1/24", PrefixError::HostBits),
        ("198.51.100.1/0", PrefixError::HostBits),
        ("2001:db8::1/127", PrefixError::HostBits),
        ("2001:db8:1::/32", PrefixError::HostBits),
    ] {
        assert_eq!(text.parse::<Prefix>(), Err(error), "{text:?}");
    }
}

#[test]
fn a_prefix_holds_its_own_family_only() {
    assert!(prefix("::/0").contains(address("2001:db8::1")));
    assert!(!prefix("::/0").contains(address("192.0.2.1")));
    assert!(prefix("0.0.0.0/0").contains(address("192.0.2.1")));
    assert!(!prefix("0.0.0.0/0").contains(address("::192.0.2.1")));
    assert!(!prefix("0.0.0.0/0").contains(address("::ffff:192.0.2.1")));
}

#[test]
fn a_prefix_holds_exactly_what_shares_its_bits() {
    let one = address("198.51.100.170");
    for length in 0..=32_u8 {
        let block = Prefix::covering(one, length).expect("a length");
        assert_eq!((block.length(), block.contains(one)), (length, true));
        for bit in 0..32_u8 {
            let IpAddr::V4(v4) = one else { panic!("IPv4") };
            let other = IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() ^ (1 << (31 - bit))));
            assert_eq!(block.contains(other), bit >= length, "{block} {other}");
        }
    }
    assert_eq!(Prefix::covering(one, 33), Err(PrefixError::Length));
}

#[test]
fn families_know_their_addresses() {
    assert_eq!(Family::BOTH.map(Family::bits), [32, 128]);
    assert_eq!(Family::BOTH.map(Family::as_str), ["IPv4", "IPv6"]);
    assert_eq!(Family::of(address("192.0.2.1")), Family::V4);
    assert_eq!(Family::of(address("::ffff:192.0.2.1")), Family::V6);
    assert_eq!(format!("{:>6}", Family::V4), "  IPv4");
}

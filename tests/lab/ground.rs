//! The lab itself, and what every other test in it stands on: whoever is asked sees the address that is expected.

use crate::{dynflare, said};
use dynflare_testkit::lab::{Fate, Lab, Place, Shape, echo};
use dynflare_testkit::serve::Server;
use std::collections::BTreeSet;
use std::path::Path;

/// What the program at home says when it asks an echo server on the internet.
fn seen(lab: &Lab) -> String {
    let source = ["detect", "--panel", "1", "-s", "url:http://echo.example.com/"];
    let allow = ["--allow", "203.0.113.0/24", "--allow", "2001:db8::/32"];
    said(&dynflare(lab, Place::HOME, &[source.as_slice(), &allow].concat()))
}

/// Echo servers over both families, known at home by a name.
fn echoes(lab: &Lab) -> [Server; 2] {
    let (v4, v6) = ("198.51.100.10", "2001:db8:cafe::10");
    lab.hosts(Place::HOME, &[("echo.example.com", v4), ("echo.example.com", v6)]);
    let listen = |address: &str| echo(lab.listen(Place::INTERNET, address));
    [listen("198.51.100.10:80"), listen("[2001:db8:cafe::10]:80")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_world_sees_the_routers_address_over_ipv4_and_homes_own_over_ipv6() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let _echoes = echoes(&lab);
    let said = seen(&lab);
    assert!(said.contains("IPv4: 203.0.113.5, agreed"), "{said}");
    assert!(said.contains("IPv6: 2001:db8:1:100::50, agreed"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_wan_address_is_seen_at_once_whatever_the_shape() {
    for shape in [Shape::Plain, Shape::CarrierGrade] {
        let Some(lab) = Lab::new(shape) else { return };
        let _echoes = echoes(&lab);
        for address in ["203.0.113.5", "203.0.113.77", "203.0.113.5"] {
            lab.set_wan(address.parse().expect("an address"));
            let said = seen(&lab);
            assert!(said.contains(&format!("IPv4: {address}, agreed")), "{shape:?}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_gives_every_flow_another_address() {
    let Some(lab) = Lab::new(Shape::PoolNat) else { return };
    let _echoes = echoes(&lab);
    let (mut addresses, mut said) = (BTreeSet::new(), String::new());
    for _ in 0..4 {
        said = seen(&lab);
        for address in ["203.0.113.200", "203.0.113.201"] {
            if said.contains(&format!("IPv4: {address}, agreed")) {
                addresses.insert(address);
            }
        }
    }
    assert_eq!(addresses.len(), 2, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_fails_and_comes_back_when_it_is_let_through() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let _echoes = echoes(&lab);
    lab.hinder(Place::ROUTER, "ip daddr 198.51.100.10 tcp dport 80", Fate::Reject);
    let said = seen(&lab);
    assert!(said.contains("refused the connection"), "{said}");
    assert!(said.contains("IPv6: 2001:db8:1:100::50, agreed"), "{said}");
    lab.unhinder(Place::ROUTER);
    assert!(seen(&lab).contains("IPv4: 203.0.113.5, agreed"));
    lab.link(Place::HOME, "lan0", "down");
    let said = seen(&lab);
    assert!(said.contains("IPv4: this machine has no way to the Internet"), "{said}");
}

#[test]
fn a_lab_leaves_nothing_behind() {
    let Some(lab) = Lab::new(Shape::CarrierGrade) else { return };
    lab.resolver(Place::HOME, "198.51.100.50");
    let names: Vec<String> = [Place::HOME, Place::ROUTER, Place::CARRIER, Place::INTERNET]
        .iter()
        .map(|place| lab.name(*place).to_owned())
        .collect();
    let there = |name: &String| {
        ["/run/netns", "/etc/netns"].iter().any(|folder| Path::new(folder).join(name).exists())
    };
    assert!(names.iter().all(there));
    drop(lab);
    assert!(!names.iter().any(there));
}

//! The lab itself, and what every other test in it stands on: whoever is asked sees the address that is expected.

use crate::{dynflare, said};
use dynflare_testkit::lab::{Bind, Fate, Lab, Place, Shape, echo};
use dynflare_testkit::nameserver::KEYS;
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
    for shape in [Shape::Plain, Shape::CarrierGrade, Shape::Direct] {
        let Some(lab) = Lab::new(shape) else { return };
        let _echoes = echoes(&lab);
        for address in ["203.0.113.5", "203.0.113.77", "203.0.113.5"] {
            lab.set_wan(address.parse().expect("an address"));
            let said = seen(&lab);
            assert!(said.contains(&format!("IPv4: {address}, agreed")), "{shape:?}: {said}");
        }
        for address in ["2001:db8:1:100::51", "2001:db8:1:2::9", "2001:db8:77::1:9", "2001:db8:1:100::50"] {
            lab.set_wan(address.parse().expect("an address"));
            assert_eq!(lab.wan6().to_string(), address);
            let said = seen(&lab);
            assert!(said.contains(&format!("IPv6: {address}, agreed")), "{shape:?}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_on_the_internet_itself_has_the_address_that_the_world_sees() {
    let Some(lab) = Lab::new(Shape::Direct) else { return };
    let _echoes = echoes(&lab);
    lab.set_wan("203.0.113.77".parse().expect("an address"));
    let allow = ["--allow", "203.0.113.0/24", "--allow", "2001:db8::/32"];
    let arguments = ["detect", "--quorum", "1", "-s", "interface"];
    let said = said(&dynflare(&lab, Place::HOME, &[arguments.as_slice(), &allow].concat()));
    assert!(said.contains("IPv4: 203.0.113.77, agreed"), "{said}");
    assert!(said.contains("IPv6: 2001:db8:ffff::5, agreed"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_name_server_on_the_internet_is_changed_from_home_and_read_from_anywhere() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let Some(bind) = Bind::start(&lab) else { return };
    let _echoes = echoes(&lab);
    let key = format!("{}:{}:{}", KEYS[0].algorithm, KEYS[0].name, KEYS[0].secret);
    let folder = std::env::temp_dir().join(format!("dynflare-ground-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    let file = folder.join("dynflare.toml").display().to_string();
    let text = format!(
        "version = 1\nrecords = [\"rfc2136:example.org:A+AAAA:home\"]\nquorum = 1\n\
         pool = [\"url:http://echo.example.com/\"]\nallow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\n\
         state_dir = \"{}\"\n[providers.rfc2136]\nserver = \"{}\"\nkey = \"{key}\"\n",
        folder.display(),
        Bind::V4,
    );
    std::fs::write(&file, text).expect("a file of our own");
    for (v4, v6) in [("203.0.113.5", "2001:db8:1:100::50"), ("203.0.113.9", "2001:db8:2::7")] {
        for address in [v4, v6] {
            lab.set_wan(address.parse().expect("an address"));
        }
        let said = said(&dynflare(&lab, Place::HOME, &["update", "--config", &file]));
        for place in [Place::HOME, Place::INTERNET] {
            assert_eq!(bind.read(&lab, place, ("home.example.org", "A")), [v4], "{said}{}", bind.log());
            assert_eq!(bind.read(&lab, place, ("home.example.org", "AAAA")), [v6], "{said}{}", bind.log());
        }
    }
    bind.change(&lab, "update add other.example.org 60 TXT \"by hand\"");
    let said = lab.dig(Place::HOME, Bind::V6, &["+short", "other.example.org", "TXT"]);
    assert_eq!(said.trim(), "\"by hand\"");
    let _gone = std::fs::remove_dir_all(folder);
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

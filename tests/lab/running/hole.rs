//! UR-51: this machine has an IPv6 address, and what is sent over IPv6 vanishes.

use super::{PROVIDER, SOURCES, World, v4, v6};
use dynflare_testkit::lab::{Fate, Lab, Place};

const API: &str = "api.example.com";

/// How many packets home has sent to the provider over IPv6.
fn sent(lab: &Lab) -> u32 {
    let rules = lab.run_in(Place::HOME, &["nft", "list", "table", "inet", "lab"]);
    let rules = String::from_utf8_lossy(&rules.stdout).into_owned();
    let count = rules.split("counter packets ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("no count: {rules}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_51_a_black_hole_for_ipv6_costs_the_daemon_less_than_a_second() {
    let Some(world) = World::new("hole") else { return };
    let lab = &world.lab;
    lab.hosts(Place::HOME, &[(API, &v4(PROVIDER)), (API, &v6(PROVIDER))]);
    lab.hinder(Place::ROUTER, &format!("ip6 daddr {}", v6(PROVIDER)), Fate::Drop);
    let sources = SOURCES.map(v4);
    // The kernel sends the first packet of a connection again after a second (RFC 6298 §2.1): where it sent one, the
    // attempt was given up before. A machine that is busy elsewhere for that long gets another chance.
    let mut packets = Vec::new();
    for last in 11..=13 {
        lab.unhinder(Place::HOME);
        lab.nft(Place::HOME, &format!("add rule inet lab leaving ip6 daddr {} counter", v6(PROVIDER)));
        let address = format!("203.0.113.{last}");
        lab.set_wan(address.parse().expect("an address"));
        let daemon = world.run(Place::HOME, sources.each_ref().map(String::as_str), API);
        daemon.wait_for(&format!("-> {address}"));
        assert_eq!(world.contents(), [address]);
        packets.push(sent(lab));
        if packets.last() == Some(&1) {
            return;
        }
    }
    panic!("IPv6 is tried, and given up soon: {packets:?}");
}

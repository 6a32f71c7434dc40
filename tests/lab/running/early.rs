//! UR-17: it is started before there is a network.

use super::{PROVIDER, SOURCES, World, v4};
use dynflare_testkit::lab::{Fate, Place};

/// A machine without any link.
const BOOTING: Place = Place("booting");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_17_a_daemon_that_is_there_before_its_network_writes_nothing_and_is_right_when_it_comes() {
    let Some(mut world) = World::new("early") else { return };
    world.lab.add(BOOTING);
    let sources = SOURCES.map(v4);
    let daemon = world.run(BOOTING, sources.each_ref().map(String::as_str), &v4(PROVIDER));
    daemon.wait_for("cannot update home.example.com A");
    assert!(world.fake.log().is_empty(), "{}", daemon.log());

    // It comes in steps, as networks do: first a way to the provider, and to nobody who tells an address.
    let lab = &world.lab;
    lab.cable((BOOTING, "eth0"), (Place::INTERNET, "booting0"));
    for source in &sources {
        lab.hinder(BOOTING, &format!("ip daddr {source}"), Fate::Reject);
    }
    lab.ip(Place::INTERNET, "addr add 192.0.2.1/24 dev booting0\nlink set booting0 up");
    lab.ip(BOOTING, "link set eth0 up\naddr add 192.0.2.9/24 dev eth0\nroute add default via 192.0.2.1");
    world.until_asked(&daemon);
    assert_eq!((world.contents(), world.fake.writes().len()), (vec!["203.0.113.99".to_owned()], 0));

    // Then the rest of it, and nobody tells.
    lab.unhinder(BOOTING);
    daemon.wait_for("home.example.com A at cloudflare: 203.0.113.99 -> 192.0.2.9");
    assert_eq!((world.contents(), world.fake.writes().len()), (vec!["192.0.2.9".to_owned()], 1));
}

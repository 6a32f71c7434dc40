//! Real events of a real kernel.

use super::{Watched, at};
use dynflare::daemon::trigger::{Name, RouterEvents, Trigger};
use dynflare_testkit::lab::{Lab, Place, Shape};

/// Lines for `ip` that change something, one fire each.
const CHANGES: &[&str] = &[
    "addr add 192.0.2.5/24 dev lan0",
    "addr del 192.0.2.5/24 dev lan0",
    "addr add 2001:db8:7::5/64 dev lan0 nodad",
    "addr change 2001:db8:7::5/64 dev lan0 valid_lft 3600 preferred_lft 0",
    "addr del 2001:db8:7::5/64 dev lan0",
    "route replace default via 192.168.77.2",
    "route del default",
    "route add default via 192.168.77.1",
    "route del ::/0",
    "route add ::/0 via 2001:db8:1:100::1",
];

/// Lines that change nothing of importance.
const CHATTER: &str = "addr change 2001:db8:1:100::50/64 dev lan0 valid_lft 7200 preferred_lft 3600
    addr change 2001:db8:1:100::50/64 dev lan0 valid_lft 7200 preferred_lft 7200
    neigh replace 192.168.77.9 lladdr 02:00:00:00:00:09 dev lan0
    route add 198.51.100.0/24 via 192.168.77.1
    route add default via 192.168.77.1 table 77
    link add chatter0 type veth peer name chatter1
    link set chatter0 up
    link set chatter1 up
    link del chatter0
    route replace default via 192.168.77.1
    link set lan0 txqueuelen 900";

#[test]
fn every_change_of_addresses_and_default_routes_is_noticed_once() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Off);
        watched.watches(Name::Interfaces).await;
        for change in CHANGES {
            lab.ip(Place::HOME, change);
            assert_eq!(watched.next().await, Trigger::Interfaces, "{change}");
        }
        watched.quiet().await;
    });
}

#[test]
fn chatter_is_not_noticed() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Off);
        watched.watches(Name::Interfaces).await;
        lab.ip(Place::HOME, CHATTER);
        watched.quiet().await;
        lab.link(Place::HOME, "lan0", "down");
        assert_eq!(watched.next().await, Trigger::Interfaces);
    });
}

/// A machine whose network is not there yet.
const BOOTING: Place = Place("booting");

#[test]
fn ur_17_the_network_that_comes_after_boot_is_noticed() {
    let Some(mut lab) = Lab::new(Shape::Plain) else { return };
    lab.add(BOOTING);
    at(&lab, BOOTING, async || {
        let mut watched = Watched::start(RouterEvents::Off);
        watched.watches(Name::Interfaces).await;
        lab.cable((BOOTING, "eth0"), (Place::INTERNET, "booting0"));
        lab.ip(Place::INTERNET, "link set booting0 up");
        lab.ip(BOOTING, "link set eth0 up");
        watched.quiet().await;
        lab.ip(BOOTING, "addr add 192.0.2.9/24 dev eth0");
        assert_eq!(watched.next().await, Trigger::Interfaces, "an address");
        lab.ip(BOOTING, "route add default via 192.0.2.1");
        assert_eq!(watched.next().await, Trigger::Interfaces, "a way out");
        watched.quiet().await;
    });
}

#[test]
fn after_more_events_than_there_is_room_for_it_fires() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Off);
        watched.watches(Name::Interfaces).await;
        // Nobody reads meanwhile: the runtime of this thread stands still. What is there afterwards is what was there
        // before.
        let route = |number: u32| {
            let (high, low) = (number / 250, number % 250);
            format!("route add 10.{high}.{low}.0/24 via 192.168.77.1")
        };
        let flood: Vec<String> = (0..3000).map(route).collect();
        lab.ip(Place::HOME, &flood.join("\n"));
        assert_eq!(watched.next().await, Trigger::Interfaces);
        watched.quiet().await;
    });
}

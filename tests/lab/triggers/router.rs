//! A real router that announces and reports, and strangers who would like to.

use super::{PATIENCE, Watched, at};
use dynflare::daemon::trigger::{Name, RouterEvents, Trigger};
use dynflare_testkit::lab::{Fate, Lab, Miniupnpd, Place, Shape};
use socket2::SockRef;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Addresses that miniupnpd believes to be public; nothing in a lab can reach anybody who has them.
const WANS: [[u8; 4]; 4] = [[11, 22, 33, 44], [11, 22, 33, 45], [11, 22, 33, 46], [11, 22, 33, 47]];

fn wan(number: usize) -> IpAddr {
    IpAddr::V4(WANS[number].into())
}

/// What a router announces by NAT-PMP.
fn announcement(address: IpAddr) -> Vec<u8> {
    let IpAddr::V4(address) = address else { panic!("NAT-PMP is for IPv4") };
    [[0, 128, 0, 0, 0, 0, 1, 44].as_slice(), &address.octets()].concat()
}

impl Watched {
    /// Waits until the router is noticed to have told this address; what it told before is passed over.
    async fn router_tells(&mut self, address: IpAddr) {
        loop {
            match self.next().await {
                Trigger::Router(Some(told)) if told == address => return,
                Trigger::Router(_) | Trigger::Interfaces => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_real_router_s_announcements_are_noticed() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.set_wan(wan(0));
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Listen);
        watched.watches(Name::Router).await;
        for number in [1, 2] {
            lab.set_wan(wan(number));
            watched.router_tells(wan(number)).await;
        }
    });
}

#[test]
fn only_the_gateway_s_announcements_to_everybody_count() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.ip(Place::ROUTER, "addr add 192.168.77.9/24 dev lan0");
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Listen);
        watched.watches(Name::Router).await;
        let say = |from: &str, to: Ipv4Addr, told: &[u8]| {
            let socket = lab.udp(Place::ROUTER, from);
            let own = Ipv4Addr::new(192, 168, 77, 1);
            SockRef::from(&socket).set_multicast_if_v4(&own).expect("it is the router's");
            socket.send_to(told, (to, 5350)).expect("it can be sent");
        };
        let everybody = Ipv4Addr::new(224, 0, 0, 1);
        say("192.168.77.9:5351", everybody, &announcement(wan(0)));
        say("192.168.77.1:5351", Ipv4Addr::new(192, 168, 77, 50), &announcement(wan(1)));
        say("192.168.77.1:5351", everybody, b"anything else");
        watched.quiet().await;
        say("192.168.77.1:5351", everybody, &announcement(wan(2)));
        assert_eq!(watched.next().await, Trigger::Router(Some(wan(2))));
        say("192.168.77.1:5351", everybody, &announcement(wan(2)));
        watched.quiet().await;
    });
}

/// Changes the address until the router reports one. This router forgets what changes while a report is under way, so
/// one change may not be enough.
async fn reports(lab: &Lab, watched: &mut Watched, first: u8) {
    const SOON: Duration = Duration::from_secs(5);
    for last in first..first + 8 {
        let address = IpAddr::from([11, 22, 33, last]);
        lab.set_wan(address);
        if tokio::time::timeout(SOON, watched.router_tells(address)).await.is_ok() {
            return watched.quiet().await;
        }
    }
    panic!("the router reported none of eight changes");
}

#[test]
fn a_real_router_reports_by_upnp_and_is_subscribed_to_again_after_it_was_gone() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.set_wan(wan(0));
    let Some(router) = Miniupnpd::start(&lab) else { return };
    // Announcements do not arrive: what is noticed was reported.
    lab.hinder(Place::HOME, "udp dport 5350", Fate::Drop);
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Subscribe);
        watched.watches(Name::Router).await;
        for first in [60, 80] {
            reports(&lab, &mut watched, first).await;
        }
        // It goes, and comes back with another address and without any subscription. That the network changed is the
        // occasion to ask for more time.
        drop(router);
        lab.ip(Place::HOME, "addr add 192.0.2.5/24 dev lan0");
        assert_eq!(watched.next().await, Trigger::Interfaces);
        let mut states = watched.triggers.states();
        let lost = states.wait_for(|states| matches!(states.get(&Name::Router), Some(Err(_))));
        let lost = tokio::time::timeout(PATIENCE, lost).await.expect("the loss is told");
        let why = lost.expect("the triggers run").get(&Name::Router).cloned();
        assert!(matches!(&why, Some(Err(why)) if why.contains("no reports by UPnP: ")), "{why:?}");
        lab.set_wan(wan(3));
        let router = Miniupnpd::start(&lab).expect("it was there before");
        watched.router_tells(wan(3)).await;
        watched.watches(Name::Router).await;
        watched.triggers.stop().await;
        drop(router);
    });
}

#[test]
fn nothing_is_sent_to_a_router_that_is_only_listened_to() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.nft(
        Place::HOME,
        "add rule inet lab leaving ip daddr { 192.168.77.1, 239.255.255.250 } counter comment \"to the router\"",
    );
    at(&lab, Place::HOME, async || {
        let mut watched = Watched::start(RouterEvents::Listen);
        watched.watches(Name::Router).await;
        watched.quiet().await;
    });
    let rules = lab.run_in(Place::HOME, &["nft", "list", "table", "inet", "lab"]);
    let rules = String::from_utf8_lossy(&rules.stdout).into_owned();
    assert!(rules.contains("counter packets 0 bytes 0"), "{rules}");
}

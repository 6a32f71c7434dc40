//! BIND as the primary of a zone, Knot and PowerDNS as its secondaries, which hear of a change late.

use crate::played::{NEW, OLD, Place, question};
use dynflare_testkit::nameserver::{Kind, NameServer, ZONE, read};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::unbounded_channel;

const SECONDARIES: [(Kind, Ipv4Addr); 2] =
    [(Kind::Knot, Ipv4Addr::new(127, 0, 0, 3)), (Kind::PowerDns, Ipv4Addr::new(127, 0, 0, 4))];

/// Tells a secondary that the zone has changed (RFC 1996 §3.7), as the primary would.
async fn notify(secondary: SocketAddr, server: &NameServer) {
    let mut message = vec![0x12, 0x34, 0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ZONE.split('.') {
        message.push(u8::try_from(label.len()).expect("a short label"));
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 6, 0, 1]);
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
    socket.send_to(&message, secondary).await.expect("loopback delivers");
    let mut answer = [0; 512];
    let heard = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut answer)).await;
    assert!(heard.is_ok_and(|heard| heard.is_ok()), "{secondary} does not take note: {}", server.log());
}

#[tokio::test]
async fn a_change_is_confirmed_once_the_secondaries_have_it() {
    let Some(primary) = NameServer::start(Kind::Bind) else { return };
    primary.change(&format!("update add home.{ZONE} 60 A {OLD}\nsend\n"));
    let mut place = Place::at(primary.v4().port());
    place.list(Ipv4Addr::LOCALHOST);
    let mut secondaries = Vec::new();
    for (kind, address) in SECONDARIES {
        let Some(server) = NameServer::start_secondary(kind, &primary, address) else { return };
        place.list(address);
        secondaries.push((SocketAddr::new(address.into(), primary.v4().port()), server));
    }
    // Their first transfer: told until they have it.
    for (at, server) in &secondaries {
        let mut rounds = 0;
        while read(*at, &format!("home.{ZONE}"), "A").is_empty() {
            rounds += 1;
            assert!(rounds < 100, "{:?} has no zone: {}", server.kind(), server.log());
            notify(*at, server).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    primary.change(&format!("update delete home.{ZONE} A\nupdate add home.{ZONE} 60 A {NEW}\nsend\n"));
    let confirming = place.confirming().await;
    let (sender, mut seen) = unbounded_channel();
    let asking = tokio::spawn(async move {
        confirming.confirm(question(&[NEW], &[]), |so_far| drop(sender.send(so_far.clone()))).await
    });
    // The primary has it, and nobody else until it is told.
    let lagging = loop {
        let so_far = seen.recv().await.expect("it goes on");
        if so_far.why.as_ref().is_some_and(|why| why.contains("does not give the new values, and 1 more")) {
            break so_far;
        }
    };
    assert_eq!((lagging.state.as_str(), lagging.right, lagging.servers), ("waiting", 1, 3));
    for (at, server) in &secondaries {
        notify(*at, server).await;
    }
    let confirmation = asking.await.expect("no panic");
    assert_eq!(
        (confirmation.state.as_str(), confirmation.right, confirmation.servers),
        ("confirmed", 3, 3),
        "{}",
        confirmation.clause()
    );
}

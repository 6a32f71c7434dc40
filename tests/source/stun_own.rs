//! Our own STUN responder, asked by our own sources and by coturn's clients.

use crate::dns::ask_over;
use dynflare::net::{Network, NetworkSettings};
use dynflare::server::stun::Stun;
use dynflare_core::address::Family;
use std::net::SocketAddr;
use tokio::process::Command;

fn responder() -> (Stun, SocketAddr, SocketAddr) {
    let any = ["127.0.0.1:0", "[::1]:0"].map(|address| address.parse().expect("an address"));
    let stun = Stun::bind(&any).expect("loopback has free ports");
    let [v4, v6] = *stun.addresses() else { panic!("both are there") };
    (stun, v4, v6)
}

#[tokio::test]
async fn our_sources_learn_their_address_from_our_responder() {
    let (_stun, v4, v6) = responder();
    let network = Network::new(NetworkSettings::default());
    for (family, server, me) in [(Family::V4, v4, "127.0.0.1"), (Family::V6, v6, "::1")] {
        for way in ["", "udp://", "tcp://"] {
            let spec = format!("stun:{way}{server}");
            assert_eq!(ask_over(&spec, family, &network).await.as_deref(), Ok(me), "{spec}");
        }
    }
}

#[tokio::test]
async fn coturns_client_learns_its_address_from_our_responder() {
    if !std::path::Path::new("/usr/bin/turnutils_stunclient").exists() {
        return dynflare_testkit::nameserver::skip("coturn is not installed (apt-get install coturn)");
    }
    let (_stun, v4, v6) = responder();
    for (server, me) in [(v4, "127.0.0.1:"), (v6, "::1:")] {
        let mut client = Command::new("/usr/bin/turnutils_stunclient");
        client.args(["-p", &server.port().to_string(), &server.ip().to_string()]);
        let output = client.output().await.expect("it is there");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find(|line| line.contains("reflexive addr")).unwrap_or_default();
        assert!(line.contains(me), "{said}");
    }
    // It looks for a second address, which there is none of; the mapping it finds all the same.
    let mut client = Command::new("/usr/bin/turnutils_natdiscovery");
    client.args(["-m", "-p", &v4.port().to_string(), "-L", "127.0.0.1", "127.0.0.1"]);
    let output = client.output().await.expect("it comes with the other");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("127.0.0.1"), "{said}");
}

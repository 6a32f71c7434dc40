//! The rate limit on the wire: what is too much is dropped or told to come over TCP, where it is answered.

use crate::{question, serve};
use dynflare_nameserver::net::RateLimit;
use dynflare_testkit::nameserver::{clients_installed, dig};
use std::net::UdpSocket;
use std::time::Duration;

#[test]
fn a_flood_is_cut_and_whoever_really_asks_gets_through_over_tcp() {
    let rate = RateLimit { same: 5, slip: 2, exempt: Vec::new(), ..RateLimit::default() };
    let served = serve(Some(rate), Vec::new());
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
    socket.connect(served.v4).expect("loopback is reached");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    let question = question("home.dyn.example.org", 1);
    let (mut whole, mut cut) = (0, 0);
    for _ in 0..200 {
        socket.send(&question).expect("loopback takes it");
    }
    let mut answer = [0; 512];
    // Until what was let through has come: ten at once, and every second of the others.
    while whole + cut < 100 {
        let length = socket.recv(&mut answer).expect("every second one at least is answered");
        assert!(length <= question.len() + 16);
        if answer[2] & 2 == 0 {
            whole += 1;
        } else {
            assert_eq!(length, question.len(), "no longer than the question");
            cut += 1;
        }
    }
    assert!(whole >= 10 && cut > 50, "{whole} answers, {cut} times \"ask over TCP\"");
    let tally = served.server.tally();
    assert!(tally.slipped >= cut && tally.dropped > 50, "{tally:?}");
    if clients_installed() {
        let said = dig(served.v4, &["+short", "+tcp", "home.dyn.example.org", "A"]);
        assert_eq!(said, "203.0.113.7\n");
    }
}

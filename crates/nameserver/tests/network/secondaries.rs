//! Word to secondaries: told again while they are silent, and no more when they have answered.

use crate::{ZONE, engine, name, sockets};
use dynflare_nameserver::net::{Heard, Manners, Secondary, Server, Streams};
use std::net::{SocketAddr, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Waits until something is so, as long as a loaded machine may take.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool, log: impl Fn() -> String) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "it never came to this: {what}\n{}", log());
        sleep(Duration::from_millis(20));
    }
}

/// A secondary that says nothing, or refuses.
fn word(answer: Option<u8>) -> (Server, SocketAddr, Vec<u8>) {
    let secondary = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
    secondary.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    let address = secondary.local_addr().expect("bound");
    let told = Secondary { address, zones: Some(vec![name(ZONE)]), key: None, from: None };
    let server = Server::start(engine(), sockets(), Streams::default(), (Manners::default(), vec![told]));
    let server = server.expect("it starts");
    let mut octets = [0; 512];
    let (length, from) = secondary.recv_from(&mut octets).expect("word comes at the start");
    if let Some(rcode) = answer {
        let mut said = octets[..length].to_vec();
        said[2] |= 0x80;
        said[3] = rcode;
        secondary.send_to(&said, from).expect("loopback takes it");
    } else {
        let mut again = [0; 512];
        let (length, _) = secondary.recv_from(&mut again).expect("the silent are told again");
        assert_eq!(again[..length], octets[..length], "the same message");
    }
    (server, address, octets[..length].to_vec())
}

#[test]
fn the_silent_are_told_again() {
    let (server, address, octets) = word(None);
    assert_eq!(octets[2..4], [0x24, 0]);
    let words = server.words();
    assert_eq!((words.len(), words[0].secondary, words[0].heard), (1, address, Heard::Silence));
}

#[test]
fn who_refuses_is_told_no_more() {
    let (server, _, _) = word(Some(5));
    until("its answer is known", || server.words()[0].heard == Heard::No(5), String::new);
}

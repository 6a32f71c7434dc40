//! Clients that behave badly: floods of what is no DNS, connections that are held for nothing, transfers nobody takes.

use crate::{ZONE, question, serve, serve_with};
use dynflare_nameserver::net::Streams;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// xorshift64* (Marsaglia 2003, Vigna 2016): the same octets at every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A message in which some octets are not what they should be, and which may be cut off.
    fn spoil(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bad = good.to_vec();
        for _ in 0..=self.next() % 4 {
            let place = usize::try_from(self.next()).unwrap_or_default() % bad.len();
            bad[place] = self.next().to_be_bytes()[0];
        }
        bad.truncate(usize::try_from(self.next()).unwrap_or_default() % (bad.len() + 1));
        bad
    }
}

fn is_answered(server: SocketAddr) -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
    socket.connect(server).expect("loopback is reached");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    let question = question("home.dyn.example.org", 1);
    let mut answer = [0; 512];
    // A datagram may be lost behind a flood.
    (0..10).any(|_| {
        socket.send(&question).expect("loopback takes it");
        socket.recv(&mut answer).is_ok_and(|length| length > question.len() && answer[..2] == question[..2])
    })
}

#[test]
fn a_flood_of_broken_messages_does_not_stop_it() {
    let served = serve(None, Vec::new());
    let mut noise = Noise(7);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
    let update = {
        let mut octets = question(ZONE, 6);
        octets[2] = 0x28;
        octets[11] = 1;
        octets.extend(b"\x04k256\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x1d\x0bhmac-sha256\x00");
        octets.extend([0; 16]);
        octets
    };
    for round in 0..50_000 {
        let good = if round % 2 == 0 { question("home.dyn.example.org", 1) } else { update.clone() };
        socket.send_to(&noise.spoil(&good), served.v4).expect("loopback takes it");
    }
    assert!(is_answered(served.v4));
    for _ in 0..200 {
        let mut stream = TcpStream::connect(served.v4).expect("it listens");
        let bad = noise.spoil(&update);
        let length = u16::try_from(bad.len()).expect("short").to_be_bytes();
        // It may hang up in between.
        let _sent = stream.write_all(&length).and_then(|()| stream.write_all(&bad));
    }
    assert!(is_answered(served.v4));
}

/// What is left to read until the other side ends the connection.
fn rest(mut stream: TcpStream) -> usize {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(length) => length,
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it never hung up");
            all.len()
        }
    }
}

fn hasty() -> Streams {
    let (idle, step) = (Duration::from_millis(300), Duration::from_millis(300));
    Streams { idle, step, ..Streams::default() }
}

#[test]
fn who_says_nothing_or_never_finishes_has_to_go() {
    let served = serve_with(hasty(), None, Vec::new());
    let quiet = TcpStream::connect(served.v4).expect("it listens");
    assert_eq!(rest(quiet), 0);
    let mut half = TcpStream::connect(served.v4).expect("it listens");
    half.write_all(&[0, 100, 1, 2, 3]).expect("it reads");
    assert_eq!(rest(half), 0);
    // One octet after the other does not buy time: the message has to be complete.
    let mut slow = TcpStream::connect(served.v4).expect("it listens");
    slow.set_nodelay(true).expect("an option");
    let mut sent = 0;
    while slow.write_all(&[1]).is_ok() {
        sent += 1;
        assert!(sent < 3000, "it never hung up");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_does_not_take_what_it_asked_for_has_to_go() {
    let served = serve_with(hasty(), None, Vec::new());
    let mut stream = TcpStream::connect(served.v4).expect("it listens");
    let asked = question("many.dyn.example.org", 1);
    let framed = [&u16::try_from(asked.len()).expect("short").to_be_bytes()[..], &asked].concat();
    stream.set_write_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    // Answers pile up, then questions do, and then it hangs up.
    let mut sent = 0;
    while stream.write_all(&framed).is_ok() {
        sent += 1;
        assert!(sent < 10_000_000, "it takes questions for ever");
    }
    assert!(is_answered(served.v4), "nobody else was held up");
}

#[test]
fn more_connections_than_places_wait_or_go_and_then_there_is_room_again() {
    let streams = Streams { places: 4, ..hasty() };
    let served = serve_with(streams, None, Vec::new());
    let held: Vec<TcpStream> = (0..16).map(|_| TcpStream::connect(served.v4).expect("a queue")).collect();
    assert!(is_answered(served.v4), "datagrams do not mind");
    for stream in held {
        assert_eq!(rest(stream), 0);
    }
    let mut stream = TcpStream::connect(served.v4).expect("it listens");
    let asked = question("home.dyn.example.org", 1);
    stream
        .write_all(&[&[0, u8::try_from(asked.len()).expect("short")], asked.as_slice()].concat())
        .expect("it reads");
    assert!(rest(stream) > asked.len());
}

//! Answers that get lost, that are not signed, that are not ours.

use super::*;
use dynflare_core::fault::Class;
use std::net::UdpSocket as StdSocket;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What a relay does with an answer.
#[derive(Clone, Copy, PartialEq)]
enum Relay {
    /// Keeps the first answer to an update for itself.
    LosesOne,
    /// Sends, before each answer, the same with another id, and noise.
    AddsNoise,
}

/// The opcode of a message (RFC 1035 §4.1.1); 5 is UPDATE.
fn opcode(message: &[u8]) -> u8 {
    message[2] >> 3 & 15
}

/// A relay in front of a server; it runs until the test ends.
async fn relay(server: SocketAddr, what: Relay) -> SocketAddr {
    let outside = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let address = outside.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut lost = false;
        let mut buffer = vec![0; 65_536];
        while let Ok((length, client)) = outside.recv_from(&mut buffer).await {
            let inside = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
            inside.send_to(&buffer[..length], server).await.expect("the server is there");
            let length = inside.recv(&mut buffer).await.expect("it answers");
            let answer = &mut buffer[..length];
            if what == Relay::LosesOne && opcode(answer) == 5 && !lost {
                lost = true;
                continue;
            }
            if what == Relay::AddsNoise {
                answer[0] ^= 1;
                outside.send_to(answer, client).await.expect("the client is there");
                answer[0] ^= 1;
                outside.send_to(b"noise", client).await.expect("the client is there");
            }
            outside.send_to(answer, client).await.expect("the client is there");
        }
    });
    address
}

/// The adapter waits a second for the lost answer, for real: the clock of a server of its own cannot be paused.
#[tokio::test]
async fn an_update_that_was_applied_and_whose_answer_was_lost_is_seen_when_read_again() {
    every_server(async |way| {
        let name = way.name("");
        let relayed = adapter(relay(way.server.v4(), Relay::LosesOne).await, Transport::Udp, Some(KEYS[0]));
        let zone = zone("example.org");
        let expect = relayed.get(&zone, &key(&name, RecordType::A)).await.expect("asked");
        let step = Replace { expect, values: vec!["198.51.100.1".into()], ttl: 60 };
        let fault = RrSets::replace(&relayed, &zone, &step).await.expect_err("the second copy fails");
        assert_eq!(fault.class, Class::Unconfirmed, "{:?} {fault}", way.server.kind());
        assert_eq!(way.get(&name, RecordType::A).await, Ok(set(&name, RecordType::A, &["198.51.100.1"])));
    })
    .await;
}

#[tokio::test]
async fn answers_to_nobodys_question_are_passed_over() {
    every_server(async |way| {
        let name = way.name("");
        let relayed = adapter(relay(way.server.v4(), Relay::AddsNoise).await, Transport::Udp, Some(KEYS[2]));
        let zone = zone("example.org");
        let expect = relayed.get(&zone, &key(&name, RecordType::A)).await.expect("asked");
        let step = Replace { expect, values: vec!["198.51.100.1".into()], ttl: 60 };
        assert_eq!(RrSets::replace(&relayed, &zone, &step).await, Ok(()));
    })
    .await;
}

/// How a false answer is signed.
#[derive(Clone, Copy, PartialEq)]
enum Signed {
    Not,
    /// By the signature that the request had.
    WithTheRequests,
}

/// A server over TCP that answers everything with NOERROR and does nothing.
async fn yes_man(signed: Signed) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u16().await.expect("a length");
            let mut message = vec![0; usize::from(length)];
            stream.read_exact(&mut message).await.expect("a message");
            // QR and AA.
            message[2] |= 0x84;
            if signed == Signed::Not {
                // Nothing but the header and the question.
                let question =
                    12 + message[12..].iter().position(|octet| *octet == 0).expect("a name ends") + 5;
                message.truncate(question);
                message[6..12].fill(0);
            }
            stream.write_u16(u16::try_from(message.len()).expect("short")).await.expect("written");
            stream.write_all(&message).await.expect("written");
        }
    });
    address
}

#[tokio::test]
async fn a_success_that_is_not_signed_is_not_believed() {
    let liar = adapter(yes_man(Signed::Not).await, Transport::Tcp, Some(KEYS[0]));
    let (zone, name) = (zone("example.org"), "home.example.org");
    let fault = liar.get(&zone, &key(name, RecordType::A)).await.expect_err("unsigned");
    assert_eq!(fault.class, Class::Unexpected);
    let step =
        Replace { expect: set(name, RecordType::A, &[]), values: vec!["198.51.100.1".into()], ttl: 60 };
    let fault = RrSets::replace(&liar, &zone, &step).await.expect_err("unsigned");
    assert_eq!(fault.class, Class::Unconfirmed);
    assert!(fault.what.ends_with("answered without a signature, which anybody can"), "{fault}");
}

#[tokio::test]
async fn a_signature_that_does_not_fit_the_answer_is_not_believed() {
    let liar = adapter(yes_man(Signed::WithTheRequests).await, Transport::Tcp, Some(KEYS[0]));
    let step = Replace {
        expect: set("home.example.org", RecordType::A, &[]),
        values: vec!["198.51.100.1".into()],
        ttl: 60,
    };
    let fault = RrSets::replace(&liar, &zone("example.org"), &step).await.expect_err("badly signed");
    assert_eq!(fault.class, Class::Unconfirmed);
    assert!(fault.what.starts_with("the signature of the answer of 127.0.0.1:"), "{fault}");
}

#[tokio::test]
async fn a_silent_server_leaves_a_write_unconfirmed() {
    let silent = StdSocket::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound");
    let nobody = adapter(address, Transport::Udp, Some(KEYS[0]));
    let step = Replace {
        expect: set("home.example.org", RecordType::A, &[]),
        values: vec!["198.51.100.1".into()],
        ttl: 60,
    };
    tokio::time::pause();
    let fault = RrSets::replace(&nobody, &zone("example.org"), &step).await.expect_err("silence");
    assert_eq!(
        format!("{}: {fault}", fault.class),
        format!("unconfirmed: {address} did not answer within 3 s")
    );
    let fault =
        nobody.get(&zone("example.org"), &key("example.org", RecordType::A)).await.expect_err("silence");
    assert_eq!(fault.class, Class::Unavailable);
}

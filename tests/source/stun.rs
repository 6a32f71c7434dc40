//! STUN servers: coturn, and ones that misbehave in every known way.

use crate::TRUE;
use crate::dns::{ask, ask_over, datagrams};
use dynflare::net::{Network, NetworkSettings};
use dynflare_core::address::Family;
use dynflare_testkit::serve::{Server, loopback};
use dynflare_testkit::stun::Coturn;
use dynflare_testkit::tls::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A success with this port and address for a request.
fn success(request: &[u8], address: [u8; 4]) -> Vec<u8> {
    let mut octets = request.to_vec();
    octets[..4].copy_from_slice(&[0x01, 0x01, 0, 12]);
    octets.extend([0x00, 0x20, 0, 8, 0, 1, 0x11, 0x22]);
    octets.extend(address.iter().zip([0x21, 0x12, 0xa4, 0x42]).map(|(octet, key)| octet ^ key));
    octets
}

const GOOD: [u8; 4] = [203, 0, 113, 7];
const BAD: [u8; 4] = [198, 51, 100, 66];

#[tokio::test]
async fn coturn_says_who_asks_over_udp_tcp_and_tls_and_both_families() {
    let authority = Authority::new();
    let Some(server) = Coturn::start(&authority.loopback()) else { return };
    let ca_files = vec![authority.file().to_owned()];
    let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
    let (port, tls) = (server.port, server.tls);
    for (family, host, me) in [(Family::V4, "127.0.0.1", "127.0.0.1"), (Family::V6, "[::1]", "::1")] {
        for spec in [
            format!("stun:{host}:{port}"),
            format!("stun:udp://{host}:{port}"),
            format!("stun:tcp://{host}:{port}"),
            format!("stun:tls://{host}:{tls}"),
            format!("stun:tls://{host}:{tls}#localhost"),
        ] {
            let said = ask_over(&spec, family, &network).await;
            assert_eq!(said.as_deref(), Ok(me), "{spec}: {}", server.log());
        }
    }
    let strange = Network::new(NetworkSettings::default());
    let spec = format!("stun:tls://127.0.0.1:{tls}");
    assert!(ask_over(&spec, Family::V4, &strange).await.is_err(), "nobody vouches for it");
}

#[tokio::test]
async fn a_forged_datagram_before_the_true_one_is_passed_over() {
    let server = datagrams(|request| {
        let mut sent = Vec::new();
        for place in [4, 7, 8, 19] {
            let mut forged = success(request, BAD);
            forged[place] ^= 1;
            sent.push(forged);
        }
        sent.push(request.to_vec());
        sent.push(success(request, BAD)[..28].to_vec());
        sent.push(success(request, GOOD));
        sent
    })
    .await;
    assert_eq!(ask(&format!("stun:{server}")).await, TRUE);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_repeated_with_growing_waits_and_ends_in_time() {
    let times = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (taken, began) = (times.clone(), tokio::time::Instant::now());
    let silent = datagrams(move |request| {
        taken.lock().expect("no panic").push((began.elapsed().as_millis() / 100, request.to_vec()));
        Vec::new()
    })
    .await;
    assert_eq!(ask(&format!("stun:{silent}")).await, format!("{silent} did not answer within 5 s"));
    let times = times.lock().expect("no panic");
    assert_eq!(times.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [0, 5, 15, 35]);
    assert!(times.iter().all(|(_, request)| *request == times[0].1), "one transaction, one id (§6.2.1)");
}

#[tokio::test]
async fn an_error_and_another_family_are_told() {
    let refusing = datagrams(|request| {
        let mut octets = request.to_vec();
        octets[..4].copy_from_slice(&[0x01, 0x11, 0, 16]);
        octets.extend([0x00, 0x09, 0, 10, 0, 0, 4, 1]);
        octets.extend(b"No way  ");
        vec![octets]
    })
    .await;
    assert_eq!(ask(&format!("stun:{refusing}")).await, "answers only those it knows (STUN 401 \"No way\")");
    let v6 = datagrams(|request| {
        let mut octets = request.to_vec();
        octets[..4].copy_from_slice(&[0x01, 0x01, 0, 24]);
        octets.extend([0x00, 0x20, 0, 20, 0, 2, 0, 0]);
        octets.extend([7; 16]);
        vec![octets]
    })
    .await;
    assert!(
        ask(&format!("stun:{v6}")).await.starts_with("answered with an IPv6 address where IPv4 was asked")
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_or_speaks_something_else_is_no_answer() {
    for (sent, expected) in [
        (vec![], "cut the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "does not speak STUN"),
        (
            [&[1, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42], [0; 12].as_slice()].concat(),
            "is larger than 4096 bytes",
        ),
        (
            [&[1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], [0; 12].as_slice()].concat(),
            "the answer is to another request",
        ),
        ([&[1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42], [0; 12].as_slice()].concat(), "cut the connection"),
    ] {
        let server = Server::each("tcp", loopback().await, move |mut stream| {
            let sent = sent.clone();
            async move {
                let _ = stream.read(&mut [0; 64]).await;
                let _ = stream.write_all(&sent).await;
                let _ = stream.shutdown().await;
            }
        });
        let said = ask(&format!("stun:tcp://{}", server.address())).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let gone = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = gone.local_addr().expect("a bound socket has an address");
    drop(gone);
    assert_eq!(ask(&format!("stun:{address}")).await, format!("{address} refused the connection"));
}

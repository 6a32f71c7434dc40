//! Another configuration while clients ask all the time: nobody goes without an answer, and what cannot be had changes
//! nothing.

use super::standing::{Folder, Serving, get};
use dynflare_testkit::port;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long an answer may take on a busy machine; a generous limit, never a measure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A question for the SOA of a zone.
fn question(number: u16, zone: &str) -> Vec<u8> {
    let mut octets = number.to_be_bytes().to_vec();
    octets.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in zone.split('.') {
        octets.push(u8::try_from(label.len()).expect("a label"));
        octets.extend(label.as_bytes());
    }
    octets.extend([0, 0, 6, 0, 1]);
    octets
}

/// Asks once; what came back as code and number of answers.
fn asked(socket: &UdpSocket, (number, zone): (u16, &str)) -> (u8, u8) {
    socket.send(&question(number, zone)).expect("loopback takes it");
    let mut answer = [0; 512];
    loop {
        let length = socket.recv(&mut answer).unwrap_or_else(|error| panic!("{zone}, {number}: {error}"));
        if length > 12 && answer[..2] == number.to_be_bytes() {
            return (answer[3] & 15, answer[7]);
        }
    }
}

fn client(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).expect("loopback");
    socket
        .connect(to)
        .and_then(|()| socket.set_read_timeout(Some(PATIENCE)))
        .expect("a socket can be set up");
    socket
}

fn config(listen: &[String], dns: &[String], zones: &[&str], more: &str) -> String {
    let quoted =
        |items: &[String]| items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ");
    let zones: Vec<String> =
        zones.iter().map(|zone| format!("[serve.zones.\"{zone}\"]\nprovider = \"local\"\n")).collect();
    let zones = zones.concat();
    format!(
        "version = 1\n[serve]\nname = \"ns.example.org\"\naddresses = [\"192.0.2.53\"]\nlisten = [{}]\ndns = [{}]\n{zones}\
         [serve.limits]\ndns_responses_per_second = 1000000\n{more}",
        quoted(listen),
        quoted(dns)
    )
}

/// Another configuration, by signal: whether the file is seen by itself is tried elsewhere.
fn turn_to(serving: &mut Serving, folder: &Folder, text: &str) {
    folder.write(text);
    serving.signal("-HUP");
    serving.says("was read again and is in use");
}

const KEY: &str = "[serve.keys.copy]\nkey = \"file:KEY\"\ntransfer = true\n\
                   [serve.secondaries.ns2]\naddress = \"127.0.0.1:9\"\nsigned_by = \"copy\"\n";

#[test]
fn nobody_goes_without_an_answer_while_zones_keys_secondaries_and_addresses_change() {
    let folder = Folder::new("exchange");
    let key = folder.0.join("key");
    std::fs::write(&key, "hmac-sha256:copy:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").expect("a file");
    let key = KEY.replace("KEY", key.to_str().expect("UTF-8"));
    let (port, other) = (port::free().expect("a port"), port::free().expect("a port"));
    let listen = [format!("127.0.0.1:{}", port::free().expect("a port"))];
    let (v4, both) = ([format!("127.0.0.1:{port}")], [format!("127.0.0.1:{port}"), format!("[::1]:{other}")]);
    let plain = config(&listen, &v4, &["example.org"], "");
    let mut serving = Serving::start(&folder, &plain, &["web", "names"]);
    let to: SocketAddr = v4[0].parse().expect("an address");
    let over = AtomicBool::new(false);
    let answers = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let (socket, mut number) = (client(to), 0_u16);
            while !over.load(Ordering::Relaxed) {
                number = number.wrapping_add(1);
                assert_eq!(asked(&socket, (number, "example.org")), (0, 1), "question {number}");
            }
            number
        });
        for _ in 0..5 {
            for next in [
                config(&listen, &v4, &["example.org", "example.com"], ""),
                config(&listen, &v4, &["example.org"], &key),
                config(&listen, &both, &["example.org"], &key),
                plain.clone(),
            ] {
                turn_to(&mut serving, &folder, &next);
            }
        }
        over.store(true, Ordering::Relaxed);
        asking.join().expect("every question was answered")
    });
    assert!(answers > 0);
    // What was taken over is in use: another zone, and another address.
    turn_to(&mut serving, &folder, &config(&listen, &both, &["example.org", "example.com"], ""));
    let second = client(both[1].parse().expect("an address"));
    assert_eq!(asked(&second, (1, "example.com")), (0, 1));
    turn_to(&mut serving, &folder, &plain);
    assert_eq!(asked(&client(to), (2, "example.com")).0, 5, "refused: it is not served any more");
    assert!(UdpSocket::bind(&*both[1]).is_ok(), "what is not wanted is closed");
}

#[test]
fn an_address_that_cannot_be_had_leaves_everything_as_it_was() {
    let folder = Folder::new("whole");
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let taken =
        taken.local_addr().map(|at| (taken, at.to_string())).expect("a bound listener has an address");
    let [web, more, dns] = [(); 3].map(|()| format!("127.0.0.1:{}", port::free().expect("a port")));
    let plain = config(from_ref(&web), from_ref(&dns), &["example.org"], "");
    let mut serving = Serving::start(&folder, &plain, &["web", "names"]);
    let (mut number, socket) = (0, client(dns.parse().expect("an address")));
    for (listen, names) in [
        (vec![more.clone(), taken.1.clone()], vec![dns.clone()]),
        (vec![more.clone()], vec![dns.clone(), taken.1.clone()]),
    ] {
        folder.write(&config(&listen, &names, &["example.com"], ""));
        serving.signal("-HUP");
        let said = serving.says("cannot be used, and the one before it stays");
        assert!(said.contains(&format!("cannot listen on {}", taken.1)), "{said}");
        number += 2;
        assert_eq!(asked(&socket, (number, "example.org")), (0, 1), "the old zone");
        assert_eq!(asked(&socket, (number + 1, "example.com")).0, 5, "not the new one");
        assert!(get(&web, "/", "").contains("127.0.0.1"), "the old listener");
        assert!(TcpListener::bind(&more).is_ok(), "and not the new one");
    }
    drop(taken);
    folder.write(&config(&[web.clone(), more.clone()], &[dns], &["example.com"], ""));
    serving.signal("-HUP");
    serving.says("was read again and is in use");
    assert_eq!(asked(&socket, (90, "example.com")), (0, 1));
    assert!(get(&more, "/", "").contains("127.0.0.1"));
}

//! nsupdate, and `change`: what is acknowledged is seen, over UDP and TCP; and many requests on one connection.

use crate::{ZONE, serve};
use dynflare_testkit::nameserver::{KEYS, clients_installed, dig, nsupdate};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn nsupdate_changes_a_record_and_dig_sees_it() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    for (server, address) in [(served.v4, "203.0.113.8"), (served.v6, "203.0.113.9")] {
        let script = format!(
            "zone {ZONE}\nupdate delete home.dyn.example.org A\nupdate add home.dyn.example.org 60 A {address}"
        );
        assert_eq!(nsupdate(server, Some(KEYS[0]), &script), "");
        assert_eq!(dig(server, &["+short", "home.dyn.example.org", "A"]), format!("{address}\n"));
        let refused = nsupdate(server, None, &script);
        assert!(refused.contains("REFUSED"), "{refused}");
        let unknown = nsupdate(server, Some(KEYS[1]), &script);
        assert!(unknown.contains("BADKEY") || unknown.contains("NOTAUTH"), "{unknown}");
    }
}

#[test]
fn a_change_by_the_program_is_seen_at_once() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    let serial = served.change("203.0.113.99");
    assert_eq!(dig(served.v4, &["+short", "home.dyn.example.org", "A"]), "203.0.113.99\n");
    let soa = dig(served.v4, &["+short", ZONE, "SOA"]);
    assert!(soa.contains(&format!(" {serial} ")), "{soa}");
}

#[test]
fn many_questions_at_once_on_one_connection_are_all_answered() {
    let served = serve(None, Vec::new());
    let mut stream = TcpStream::connect(served.v4).expect("it listens");
    let mut all = Vec::new();
    for id in 0..500_u16 {
        let mut question = crate::question("home.dyn.example.org", 1);
        question[..2].copy_from_slice(&id.to_be_bytes());
        all.extend(u16::try_from(question.len()).expect("short").to_be_bytes());
        all.extend(question);
    }
    // Cut where it hurts: inside a length.
    let (head, tail) = all.split_at(all.len() / 2 + 1);
    stream.write_all(head).expect("it reads");
    stream.write_all(tail).expect("it reads");
    stream.shutdown(std::net::Shutdown::Write).expect("it is open");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("it answers and ends");
    let mut ids = Vec::new();
    let mut rest = said.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (answer, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        ids.push(u16::from_be_bytes([answer[0], answer[1]]));
        assert_eq!(answer[6..8], [0, 1], "one record");
        rest = after;
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..500).collect::<Vec<_>>());
}

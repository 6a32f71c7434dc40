//! dig and kdig: both families, UDP and TCP, EDNS, truncation, the case of letters, who asks.

use crate::{WHOAMI, ZONE, serve};
use dynflare_testkit::nameserver::{clients_installed, dig, skip};
use std::net::SocketAddr;
use std::process::Command;

#[test]
fn dig_is_answered_over_both_families_and_both_transports() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    for server in [served.v4, served.v6] {
        for transport in ["+notcp", "+tcp"] {
            for edns in ["+noedns", "+edns=0", "+dnssec", "+nsid", "+cookie"] {
                let said = dig(server, &[transport, edns, "+short", "home.dyn.example.org", "A"]);
                assert_eq!(said, "203.0.113.7\n", "{server} {transport} {edns}");
            }
            let said = dig(server, &[transport, "nowhere.dyn.example.org", "A"]);
            assert!(said.contains("status: NXDOMAIN") && said.contains("SOA"), "{said}");
            let said = dig(server, &[transport, "example.net", "A"]);
            assert!(said.contains("status: REFUSED"), "{said}");
        }
    }
    let tally = served.server.tally();
    assert!(tally.datagrams >= 14 && tally.requests >= 14, "{tally:?}");
}

#[test]
fn what_does_not_fit_into_a_datagram_is_asked_for_over_tcp() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    let cut = dig(served.v4, &["+ignore", "+bufsize=4096", "many.dyn.example.org", "A"]);
    assert!(cut.contains(" tc") && cut.contains("ANSWER: 0"), "{cut}");
    let whole = dig(served.v4, &["+short", "many.dyn.example.org", "A"]);
    assert_eq!(whole.lines().count(), 90, "dig comes back over TCP by itself");
}

#[test]
fn the_case_of_a_question_comes_back_as_it_was() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    for asked in ["HoMe.dYn.EXAMPLE.oRg", "wHOaMI.dyn.example.ORG"] {
        let said = dig(served.v4, &[asked, "A"]);
        // The question, and the owner of the answer, which points to it.
        assert_eq!(said.matches(&format!("{asked}.")).count(), 2, "{said}");
    }
}

#[test]
fn whoever_asks_who_they_are_is_told_and_nobody_may_keep_it() {
    if !clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    let short =
        |server: SocketAddr, arguments: &[&str]| dig(server, &[&["+short", WHOAMI], arguments].concat());
    for transport in ["+notcp", "+tcp"] {
        assert_eq!(short(served.v4, &[transport, "A"]), "127.0.0.1\n");
        assert_eq!(short(served.v4, &[transport, "AAAA"]), "");
        assert_eq!(short(served.v4, &[transport, "TXT"]), "\"127.0.0.1\"\n");
        assert_eq!(short(served.v6, &[transport, "AAAA"]), "::1\n");
        assert_eq!(short(served.v6, &[transport, "A"]), "");
        assert_eq!(short(served.v6, &[transport, "TXT"]), "\"::1\"\n");
    }
    let said = dig(served.v4, &["+noall", "+answer", WHOAMI, "A"]);
    assert_eq!(said.split_whitespace().nth(1), Some("0"), "{said}");
    let nothing = dig(served.v4, &[WHOAMI, "AAAA"]);
    assert!(
        nothing.contains("NOERROR") && nothing.contains("flags: qr aa") && !nothing.contains("SOA"),
        "{nothing}"
    );
    let below = dig(served.v4, &[&format!("a.{WHOAMI}"), "A"]);
    assert!(below.contains("NXDOMAIN"), "only the name itself: {below}");
}

#[test]
fn kdig_asks_many_things_on_one_connection() {
    if Command::new("kdig").arg("--version").output().is_err() {
        return skip("kdig is not installed (apt-get install knot-dnsutils)");
    }
    let served = serve(None, Vec::new());
    let mut kdig = Command::new("kdig");
    kdig.args([&format!("@{}", served.v4.ip()), "-p", &served.v4.port().to_string()]);
    kdig.args(["+tcp", "+keepopen", "+short"]);
    for rtype in ["SOA", "NS"] {
        kdig.args([ZONE, rtype]);
    }
    for _ in 0..50 {
        kdig.args(["home.dyn.example.org", "AAAA"]);
    }
    let output = kdig.output().expect("it was found");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.matches("2001:db8::7").count(), 50, "{said}");
}

//! Doors into the parsers of what strangers send, for the targets in `fuzz/`.
//!
//! Octets in, nothing out: a parser that panics, or believes what it must not, ends the run. The parsers stay private
//! to their modules, and each says there what must hold.

use crate::config::{self, Fuzzed};
use crate::net::netlink::{Snapshot, wire};
use crate::net::{forwarded, proxy_protocol};

/// Answers to a STUN Binding request.
pub fn stun(octets: &[u8]) {
    crate::source::fuzzing::stun(octets);
}

/// Requests to the STUN responder.
pub fn stun_server(octets: &[u8]) {
    #[cfg(unix)]
    crate::server::stun::fuzz(octets);
}

/// Answers to a DNS question.
pub fn dns(octets: &[u8]) {
    crate::source::fuzzing::dns(octets);
}

/// Answers to a PCP MAP request.
pub fn pcp(octets: &[u8]) {
    crate::source::fuzzing::pcp(octets);
}

/// Answers to a NAT-PMP request.
pub fn nat_pmp(octets: &[u8]) {
    crate::source::fuzzing::nat_pmp(octets);
}

/// Answers to an SSDP search.
pub fn ssdp(octets: &[u8]) {
    crate::source::fuzzing::ssdp(octets);
}

/// UPnP descriptions and answers.
pub fn upnp(octets: &[u8]) {
    crate::source::fuzzing::upnp(octets);
}

/// Datagrams of rtnetlink, as answers to the request that they name.
pub fn netlink(octets: &[u8]) {
    let sequence = octets.get(8..12).and_then(|field| field.try_into().ok()).map_or(0, u32::from_ne_bytes);
    let mut snapshot = Snapshot::default();
    let _progress = wire::take(octets, sequence, &mut snapshot);
    let held = snapshot.links.len() + snapshot.addresses.len();
    assert!(held <= octets.len(), "more came out than went in");
}

/// Requests for updates: a query, a line break and a form; and an `Authorization`.
pub fn update(octets: &[u8]) {
    crate::server::update::request::fuzz(octets);
    crate::server::update::credential::fuzz(octets);
}

/// What proxies say about their clients: a PROXY header, and header lines.
pub fn proxy(octets: &[u8]) {
    match proxy_protocol::parse(octets) {
        proxy_protocol::Parsed::Whole(_, length) => assert!(length <= octets.len()),
        proxy_protocol::Parsed::More(count) => assert!(count > 0),
        proxy_protocol::Parsed::Wrong => {}
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        let hops = forwarded::x_forwarded_for(text.lines());
        assert!(hops.len() <= text.len() + 1);
        let hops = forwarded::forwarded(text.lines());
        assert!(hops.len() <= text.len() + 1);
    }
}

/// A record and a source, as they stand on the command line.
pub fn record(octets: &[u8]) {
    if let Ok(text) = std::str::from_utf8(octets) {
        config::fuzz(text, Fuzzed::Arguments);
    }
}

/// A configuration file.
pub fn config(octets: &[u8]) {
    if let Ok(text) = std::str::from_utf8(octets) {
        config::fuzz(text, Fuzzed::File);
    }
}

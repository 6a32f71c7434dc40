//! PCP (RFC 6887): the external address as the by-product of a mapping, which is taken back at once.
//!
//! No operation asks for the address alone: ANNOUNCE (§14.1) tells only how long the router has been up. Of the two
//! that tell it, PEER (§12) needs somebody at the far end, and many routers do not know it. So MAP (§11) it is, in its
//! mildest form: UDP, to the very port this question is asked from, which is open towards the router alone, for the
//! shortest lifetime that routers must not stretch (§15: two minutes), and deleted by the same nonce as soon as the
//! answer is there or nobody waits for it any more.
//!
//! Over IPv6 nothing is translated and a mapping would be a hole in a firewall, so only IPv4 is asked.

use super::exchange::Exchange;
use super::{PORT, Trouble, behind};
use crate::net::Route;
use crate::net::datagram::datagram;
use dynflare_core::address::publishable;
use dynflare_core::fault::{Class, Fault};
use socket2::{SockRef, Socket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// The first wait before asking again (RFC 6887 §8.1.1).
const FIRST_WAIT: Duration = Duration::from_secs(3);

/// Seconds that the mapping would stay if its deletion were lost.
const LIFETIME: u32 = 120;

const VERSION: u8 = 2;
const MAP: u8 = 1;
const UDP: u8 = 17;
/// Header (RFC 6887 §7.1) and MAP payload (§11.1).
const LENGTH: usize = 60;

/// What makes a mapping ours.
#[derive(Clone, Copy)]
struct Mapping {
    client: Ipv4Addr,
    port: u16,
    nonce: [u8; 12],
}

/// Asks the router for a mapping, reads the external address and gives the mapping back.
pub(super) async fn ask(gateway: Ipv4Addr, route: Route, timeout: Duration) -> Result<Ipv4Addr, Trouble> {
    let to = SocketAddr::from((gateway, PORT));
    let socket = datagram(to, route).await?;
    let own = socket.local_addr().map_err(|error| broken(&error))?;
    let IpAddr::V4(client) = own.ip() else {
        return Err(Fault::new(Class::Unexpected, "an IPv4 socket has no IPv4 address").into());
    };
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce)
        .map_err(|_| Fault::new(Class::Unavailable, "the system has no random numbers"))?;
    let mapping = Mapping { client, port: own.port(), nonce };
    let line = SockRef::from(&socket).try_clone().map_err(|error| broken(&error))?;
    // Before the first request, so that a question dropped on the way leaves nothing behind either.
    let _lease = Lease { line, mapping };
    let exchange = Exchange {
        socket: &socket,
        to,
        route,
        request: &mapping.request(LIFETIME),
        first_wait: FIRST_WAIT,
        timeout,
        protocol: "PCP",
    };
    exchange.run(|told| mapping.read(told)).await
}

fn broken(error: &std::io::Error) -> Fault {
    Fault::new(Class::Unavailable, format!("cannot use a socket: {}", error.kind()))
}

/// Gives the mapping back when it is dropped, granted or not (RFC 6887 §15.1).
struct Lease {
    line: Socket,
    mapping: Mapping,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Lost or not taken, the mapping ends by itself.
        let _sent = self.line.send(&self.mapping.request(0));
    }
}

impl Mapping {
    /// A MAP request (RFC 6887 §7.1, §11.1) with a lifetime in seconds, zero to delete.
    fn request(&self, lifetime: u32) -> [u8; LENGTH] {
        let mut request = [0; LENGTH];
        request[0] = VERSION;
        request[1] = MAP;
        request[4..8].copy_from_slice(&lifetime.to_be_bytes());
        request[8..24].copy_from_slice(&self.client.to_ipv6_mapped().octets());
        request[24..36].copy_from_slice(&self.nonce);
        request[36] = UDP;
        request[40..42].copy_from_slice(&self.port.to_be_bytes());
        // "Any address" of IPv4 as the one that we would like (§5).
        request[44..60].copy_from_slice(&Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().octets());
        request
    }

    /// Reads an answer (RFC 6887 §7.2, §11.1); `None` for what is none to this question.
    fn read(&self, told: &[u8]) -> Option<Result<Ipv4Addr, Trouble>> {
        let [version, operation, second, result, ..] = told else { return None };
        // A router that speaks only NAT-PMP: version 0, result 1 in two bytes (RFC 6887 appendix A).
        if *version == 0 && operation & 0x80 != 0 && [*second, *result] == [0, 1] {
            return Some(Err(refusal(1).into()));
        }
        if *operation != 0x80 | MAP {
            return None;
        }
        // It knows other versions alone and names the one nearest to ours (§9).
        if *version != VERSION {
            return (*result == 1).then(|| Err(refusal(1).into()));
        }
        if told.len() < LENGTH || !told.len().is_multiple_of(4) {
            return None;
        }
        let ours = told[24..36] == self.nonce && told[36] == UDP && told[40..42] == self.port.to_be_bytes();
        if !ours {
            return None;
        }
        let mut octets = [0; 16];
        octets.copy_from_slice(&told[44..60]);
        let external = Ipv6Addr::from(octets).to_ipv4_mapped().filter(|address| !address.is_unspecified());
        match (result, external) {
            (0, Some(external)) => Some(Ok(external)),
            (0, None) => Some(Err(super::no_address("").into())),
            // Some routers say why they refuse by the address they have.
            (code, Some(external)) => match publishable(IpAddr::V4(external)) {
                Err(special) => {
                    let fault = behind(external, special).status(format!("PCP result {code}"));
                    Some(Err(Trouble { external: Some(external), ..fault.into() }))
                }
                Ok(()) => Some(Err(refusal(*code).into())),
            },
            (code, None) => Some(Err(refusal(*code).into())),
        }
    }
}

/// Result codes (RFC 6887 §7.4).
fn refusal(code: u8) -> Fault {
    let (class, what) = match code {
        1 => (Class::Unavailable, "the router does not speak PCP in version 2"),
        2 => (Class::Unavailable, "the router does not let this machine use PCP"),
        3 | 6 => (Class::Unexpected, "the router finds the question malformed"),
        4 | 5 | 9 => (Class::Unavailable, "the router's PCP has no mappings"),
        7 => (Class::Unavailable, "the router has no public address itself, or is not connected"),
        8 | 10 => (Class::Unavailable, "the router has no mapping to spare"),
        11 => (Class::Unavailable, "the router cannot give the external address that was asked for"),
        12 => (Class::Unexpected, "another translator stands between this machine and the router"),
        13 => (Class::Unexpected, "the router finds too many peers in the question"),
        _ => (Class::Unexpected, "the router answers with a result that PCP does not know"),
    };
    Fault::new(class, what).status(format!("PCP result {code}"))
}

/// For the fuzz target: an address comes only with our own nonce and port.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(told: &[u8]) {
    let nonce = told.get(24..36).and_then(|nonce| nonce.try_into().ok()).unwrap_or_default();
    let port = told.get(40..42).and_then(|port| port.try_into().ok()).map_or(0, u16::from_be_bytes);
    let mut mapping = Mapping { client: Ipv4Addr::LOCALHOST, port, nonce };
    let _read = mapping.read(told);
    mapping.nonce[0] ^= 1;
    assert!(!matches!(mapping.read(told), Some(Ok(_))));
    mapping.nonce[0] ^= 1;
    mapping.port ^= 1;
    assert!(!matches!(mapping.read(told), Some(Ok(_))));
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    const OURS: Mapping = Mapping { client: Ipv4Addr::new(192, 168, 77, 50), port: 40123, nonce: [7; 12] };

    /// An answer to the request above.
    fn answer(result: u8, external: &str) -> Vec<u8> {
        let mut told = OURS.request(LIFETIME).to_vec();
        told[1] |= 0x80;
        told[3] = result;
        told[8..24].fill(0);
        told[42..44].copy_from_slice(&1024_u16.to_be_bytes());
        let external: Ipv4Addr = external.parse().expect("an address");
        told[44..60].copy_from_slice(&external.to_ipv6_mapped().octets());
        told
    }

    fn said(told: &[u8]) -> Option<Result<String, String>> {
        let judged = OURS.read(told)?;
        Some(judged.map(|address| address.to_string()).map_err(|trouble| trouble.failure.fault.what))
    }

    #[test]
    fn the_assigned_address_is_read() {
        assert_eq!(said(&answer(0, "203.0.113.7")), Some(Ok("203.0.113.7".to_owned())));
        // An option may follow (RFC 6887 §7.3).
        let mut longer = answer(0, "203.0.113.7");
        longer.extend([2, 0, 0, 0]);
        assert_eq!(said(&longer), Some(Ok("203.0.113.7".to_owned())));
    }

    #[test]
    fn an_answer_with_another_nonce_port_or_protocol_is_nobody_s() {
        let changed = |place: usize| {
            let mut told = answer(0, "203.0.113.7");
            told[place] ^= 0xff;
            told
        };
        for place in (24..37).chain([40, 41, 0, 1]) {
            assert_eq!(said(&changed(place)), None, "byte {place}");
        }
        assert_eq!(said(&answer(0, "203.0.113.7")[..59]), None);
        let mut odd = answer(0, "203.0.113.7");
        odd.push(0);
        assert_eq!(said(&odd), None);
        assert_eq!(said(&OURS.request(LIFETIME)), None);
    }

    #[test]
    fn a_result_is_told_and_so_is_the_address_that_explains_it() {
        let fault = said(&answer(8, "0.0.0.0")).expect("an answer").expect_err("refused");
        assert_eq!(fault, "the router has no mapping to spare");
        let trouble = OURS.read(&answer(8, "100.64.9.2")).expect("an answer").expect_err("refused");
        assert!(trouble.failure.fault.what.starts_with("the router itself has 100.64.9.2"));
        assert_eq!(trouble.external, Some(Ipv4Addr::new(100, 64, 9, 2)));
        let older = [0, 129, 0, 1, 0, 0, 0, 9];
        assert_eq!(said(&older), Some(Err("the router does not speak PCP in version 2".to_owned())));
        for code in 1..=20 {
            assert!(said(&answer(code, "203.0.113.7")).is_some_and(|said| said.is_err()), "{code}");
        }
    }

    #[test]
    fn an_address_that_is_not_of_ipv4_is_none() {
        let mut told = answer(0, "203.0.113.7");
        let v6: Ipv6Addr = "2001:db8::7".parse().expect("an address");
        told[44..60].copy_from_slice(&v6.octets());
        assert!(said(&told).is_some_and(|said| said.is_err()));
        assert!(said(&answer(0, "0.0.0.0")).is_some_and(|said| said.is_err()));
    }

    #[test]
    fn a_deletion_differs_in_the_lifetime_alone() {
        let (request, deletion) = (OURS.request(LIFETIME), OURS.request(0));
        assert_eq!((&request[..4], &request[8..]), (&deletion[..4], &deletion[8..]));
        assert_eq!(deletion[4..8], [0; 4]);
    }

    #[test]
    fn nothing_that_is_not_an_answer_is_ever_taken_for_one() {
        each_garbled(&[&answer(0, "203.0.113.7"), &answer(8, "100.64.9.2")], |told| {
            if let Some(Ok(address)) = OURS.read(told) {
                assert_eq!((told[0], told[1], told[3], &told[24..36]), (2, 0x81, 0, OURS.nonce.as_slice()));
                assert_eq!(told[56..60], address.octets());
            }
        });
    }
}

//! NAT-PMP (RFC 6886): two bytes ask for the external address, and nothing is changed at the router.
//!
//! There is nothing secret in a question, so whoever can forge the router's address on the local network can forge
//! the answer.

use super::exchange::Exchange;
use super::{PORT, Trouble};
use crate::net::Route;
use crate::net::datagram::datagram;
use dynflare_core::fault::{Class, Fault};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The first wait before asking again (RFC 6886 §3.1).
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Version 0, opcode 0: the external address (RFC 6886 §3.2).
const REQUEST: [u8; 2] = [0, 0];

/// Asks the router for its external address.
pub(super) async fn ask(gateway: Ipv4Addr, route: Route, timeout: Duration) -> Result<Ipv4Addr, Trouble> {
    let to = SocketAddr::from((gateway, PORT));
    let socket = datagram(to, route).await?;
    let exchange = Exchange {
        socket: &socket,
        to,
        route,
        request: &REQUEST,
        first_wait: FIRST_WAIT,
        timeout,
        protocol: "NAT-PMP",
    };
    exchange.run(read).await
}

/// Reads an answer (RFC 6886 §3.2, §3.5); `None` for what is none to this question.
fn read(told: &[u8]) -> Option<Result<Ipv4Addr, Trouble>> {
    let [version, operation, high, low, rest @ ..] = told else { return None };
    // The operation asked, with the bit of an answer. A router that knows only another version says so in the
    // same four bytes, with its own version (RFC 6886 §3.5, RFC 6887 §7.2 and appendix A).
    if operation & 0x7f != 0 || operation & 0x80 == 0 {
        return None;
    }
    let code = match (version, u16::from_be_bytes([*high, *low])) {
        (0, code) => code,
        (2, _) => 1,
        (_, _) => return None,
    };
    if code != 0 {
        return Some(Err(refusal(code).into()));
    }
    // Seconds of the epoch, then the address, and nothing else.
    let [_, _, _, _, a, b, c, d] = rest else { return None };
    let address = Ipv4Addr::new(*a, *b, *c, *d);
    if address.is_unspecified() {
        return Some(Err(super::no_address("").into()));
    }
    Some(Ok(address))
}

/// Result codes (RFC 6886 §3.5).
fn refusal(code: u16) -> Fault {
    let (class, what) = match code {
        1 => (Class::Unavailable, "the router does not speak NAT-PMP in version 0"),
        2 => (Class::Unavailable, "the router refuses NAT-PMP"),
        3 => (Class::Unavailable, "the router has no public address itself, or is not connected"),
        4 => (Class::Unavailable, "the router is out of resources for now"),
        5 => (Class::Unavailable, "the router does not know the question for its address"),
        _ => (Class::Unexpected, "the router answers with a result that NAT-PMP does not know"),
    };
    Fault::new(class, what).status(format!("NAT-PMP result {code}"))
}

/// For the fuzz target: an address comes only in twelve octets of version 0.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(told: &[u8]) {
    if let Some(Ok(_)) = read(told) {
        assert_eq!((told.len(), told[0], told[1]), (12, 0, 0x80));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_garbled;
    use super::*;

    const GOOD: [u8; 12] = [0, 128, 0, 0, 0, 0, 1, 44, 203, 0, 113, 7];

    fn said(told: &[u8]) -> Option<Result<String, String>> {
        let judged = read(told)?;
        Some(judged.map(|address| address.to_string()).map_err(|trouble| trouble.failure.fault.what))
    }

    #[test]
    fn the_external_address_is_read() {
        assert_eq!(said(&GOOD), Some(Ok("203.0.113.7".to_owned())));
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_passed_over() {
        let changed = |place: usize, value: u8| {
            let mut told = GOOD;
            told[place] = value;
            told.to_vec()
        };
        let mut longer = GOOD.to_vec();
        longer.push(0);
        // A request, another operation's answer, another version, too short, too long.
        for told in [changed(1, 0), changed(1, 129), changed(0, 1), GOOD[..11].to_vec(), longer, vec![]] {
            assert_eq!(said(&told), None, "{told:?}");
        }
    }

    #[test]
    fn every_result_has_its_words_and_no_address_is_none() {
        for (code, words) in [
            (1, "does not speak NAT-PMP"),
            (2, "refuses"),
            (3, "no public address itself"),
            (4, "out of resources"),
            (5, "does not know the question"),
            (9, "does not know"),
        ] {
            let told = [0, 128, 0, code, 0, 0, 0, 1, 203, 0, 113, 7];
            let fault = said(&told).expect("an answer").expect_err("refused");
            assert!(fault.contains(words), "{code}: {fault}");
            assert_eq!(said(&told[..4]).expect("an answer").expect_err("refused"), fault);
        }
        let mut nothing = GOOD;
        nothing[8..].fill(0);
        assert_eq!(said(&nothing), Some(Err("the router says that it has no external address".to_owned())));
    }

    #[test]
    fn nothing_that_is_not_an_answer_is_ever_taken_for_one() {
        each_garbled(&[&GOOD], |told| {
            if let Some(Ok(address)) = read(told) {
                assert_eq!((told.len(), &told[..4]), (12, [0, 128, 0, 0].as_slice()));
                assert_eq!(told[8..], address.octets());
            }
        });
    }
}

//! What is answered, to the octet, and what is not.

use super::*;
use crate::net::stun::COOKIE;

const ID: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

/// RFC 5769 §2.1: SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
const ICE: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff\
                   80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249\
                   c1b571a280280004e57a3bcf";

fn octets(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = REQUEST.to_be_bytes().to_vec();
    message.extend([0, 0]);
    message.extend(COOKIE);
    message.extend(ID);
    for (kind, value) in attributes {
        push(&mut message, *kind, value);
    }
    message
}

fn from(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

fn kinds(message: &[u8]) -> Vec<u16> {
    attributes(message).map(|attribute| attribute.expect("our own are whole").kind).collect()
}

#[test]
fn the_address_is_told_as_in_rfc_5769() {
    let v4 = answer(&request(&[]), from("192.0.2.1:32853")).expect("it is answered");
    assert_eq!(v4, octets("0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643"));
    let v6 = answer(&request(&[]), from("[2001:db8:1234:5678:11:2233:4455:6677]:32853")).expect("answered");
    let expected = "010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9";
    assert_eq!(v6, octets(expected));
}

#[test]
fn who_seals_a_request_gets_a_sealed_answer() {
    let mut sealed = request(&[]);
    seal(&mut sealed);
    let good = answer(&sealed, from("192.0.2.1:32853")).expect("it is answered");
    assert_eq!(kinds(&good), [XOR_MAPPED_ADDRESS, 0x8028]);
    *sealed.last_mut().expect("it has octets") ^= 1;
    assert_eq!(answer(&sealed, from("192.0.2.1:1")), None, "a wrong checksum");
}

#[test]
fn what_must_be_understood_and_is_not_is_named() {
    // CHANGE-REQUEST, RESPONSE-ADDRESS (which would have others answered), and one that is optional.
    let asked = request(&[(0x0003, &[0; 4]), (0x0002, &[0; 8]), (0x0003, &[0; 4]), (0x8022, b"client")]);
    let said = answer(&asked, from("192.0.2.1:1")).expect("it is answered");
    assert_eq!(said[..2], ERROR.to_be_bytes());
    let values: Vec<Vec<u8>> =
        attributes(&said).map(|attribute| attribute.expect("whole").value.to_vec()).collect();
    assert_eq!(values, [vec![0, 0, 4, 20], vec![0, 3, 0, 2]]);
}

#[test]
fn a_request_of_ice_is_told_that_this_is_none() {
    // PRIORITY must be understood; credentials alone would do no harm.
    let said = answer(&octets(ICE), from("192.0.2.1:1")).expect("it is answered");
    assert_eq!(said[..2], ERROR.to_be_bytes());
    assert_eq!(kinds(&said), [ERROR_CODE, UNKNOWN_ATTRIBUTES, 0x8028]);
    let named = request(&[(0x0006, b"somebody"), (MESSAGE_INTEGRITY, &[0; 20]), (0x7fff, b"after it")]);
    assert_eq!(answer(&named, from("192.0.2.1:1")).expect("it is answered")[..2], SUCCESS.to_be_bytes());
}

#[test]
fn the_first_edition_is_answered_in_its_own_way() {
    let mut old = request(&[]);
    old[4..8].copy_from_slice(&[1, 2, 3, 4]);
    let said = answer(&old, from("192.0.2.1:32853")).expect("it is answered");
    assert_eq!(said[HEADER..], [0, 1, 0, 8, 0, 1, 0x80, 0x55, 192, 0, 2, 1]);
    assert_eq!(said[4..HEADER], old[4..]);
    assert_eq!(answer(&old, from("[2001:db8::1]:1")), None);
}

#[test]
fn what_is_no_request_stays_without_an_answer() {
    let good = request(&[(0x8022, b"client")]);
    for length in 0..good.len() {
        assert_eq!(answer(&good[..length], from("192.0.2.1:1")), None, "{length} octets");
    }
    // An indication, answers, other methods, another protocol.
    for kind in [0x0011, SUCCESS, ERROR, 0x0003, 0x4001, 0x8001_u16] {
        let mut other = good.clone();
        other[..2].copy_from_slice(&kind.to_be_bytes());
        assert_eq!(answer(&other, from("192.0.2.1:1")), None, "{kind:#x}");
    }
    assert_eq!(answer(&request(&[(0x8022, &[0; LIMIT])]), from("192.0.2.1:1")), None, "too long");
}

#[test]
fn an_answer_is_hardly_longer_than_its_question() {
    let many: Vec<(u16, &[u8])> = (1000..1200).map(|kind| (kind, &[][..])).collect();
    let asked = request(&many);
    let said = answer(&asked, from("[2001:db8::1]:1")).expect("it is answered");
    assert!(said.len() < 64, "{} octets", said.len());
    assert_eq!(answer(&request(&[]), from("[2001:db8::1]:1")).expect("it is answered").len(), 44);
}

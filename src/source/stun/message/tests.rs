//! The vectors of RFC 5769, and everything that must not count.

use super::*;
use crate::net::stun::{FINGERPRINT_XOR, crc32};

/// The id of RFC 5769's examples.
const ID: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

/// RFC 5769 §2.2: SOFTWARE, XOR-MAPPED-ADDRESS 192.0.2.1, MESSAGE-INTEGRITY, FINGERPRINT.
const V4: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643\
                  000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";

/// RFC 5769 §2.3: the same with 2001:db8:1234:5678:11:2233:4455:6677.
const V6: &str = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa\
                  a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let pair = |pair: &[char]| u8::from_str_radix(&String::from_iter(pair), 16).expect("hexadecimal");
    digits.chunks(2).map(pair).collect()
}

fn binding(family: Family) -> Binding {
    Binding::with(family, ID)
}

/// A message of this type with these attributes, padded.
fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend(kind.to_be_bytes());
        body.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), b' ');
    }
    let mut message = kind.to_be_bytes().to_vec();
    message.extend(u16::try_from(body.len()).expect("short").to_be_bytes());
    message.extend(COOKIE);
    message.extend(ID);
    message.extend(body);
    message
}

/// 192.0.2.1, port 32853.
const MAPPED: &[u8] = &[0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];

fn said(octets: &[u8]) -> String {
    match binding(Family::V4).hear(octets) {
        Heard::Foreign => "foreign".to_owned(),
        Heard::Answer(Ok(address)) => address.to_string(),
        Heard::Answer(Err(fault)) => fault.to_string(),
    }
}

#[test]
fn the_vectors_of_rfc_5769_are_read() {
    assert_eq!(said(&octets(V4)), "192.0.2.1");
    let v6 = "2001:db8:1234:5678:11:2233:4455:6677".parse().expect("an address");
    assert_eq!(binding(Family::V6).hear(&octets(V6)), Heard::Answer(Ok(v6)));
}

#[test]
fn a_request_is_a_header_and_each_has_its_own_id() {
    let (one, other) = (Binding::new(Family::V4), Binding::new(Family::V4));
    assert_eq!(one.octets()[..8], octets("000100002112a442"));
    assert_ne!(one.octets()[8..], other.octets()[8..]);
}

#[test]
fn what_belongs_to_another_transaction_is_foreign() {
    let good = message(SUCCESS, &[(XOR_MAPPED_ADDRESS, MAPPED)]);
    assert_eq!(said(&good), "192.0.2.1");
    for place in 4..HEADER {
        let mut other = good.clone();
        other[place] ^= 1;
        assert_eq!(said(&other), "foreign", "octet {place}");
    }
    // A request, an indication, another method, and what is no STUN at all.
    for kind in [REQUEST, 0x0011, 0x0103, 0x8101, 0x4101] {
        assert_eq!(said(&message(kind, &[(XOR_MAPPED_ADDRESS, MAPPED)])), "foreign", "{kind:#x}");
    }
}

#[test]
fn a_message_that_is_cut_off_or_goes_on_is_foreign() {
    let good = octets(V4);
    for length in 0..good.len() {
        assert_eq!(said(&good[..length]), "foreign", "{length} octets");
    }
    assert_eq!(said(&[good.as_slice(), &[0; 4]].concat()), "foreign");
}

#[test]
fn a_mapped_address_without_xor_is_not_read() {
    let plain = [0x00, 0x01, 0x80, 0x55, 192, 0, 2, 1];
    assert_eq!(said(&message(SUCCESS, &[(0x0001, &plain)])), "answered without an XOR-MAPPED-ADDRESS");
    let both = message(SUCCESS, &[(0x0001, &[0, 1, 0, 0, 198, 51, 100, 66]), (XOR_MAPPED_ADDRESS, MAPPED)]);
    assert_eq!(said(&both), "192.0.2.1");
    // What Microsoft once called XOR-MAPPED-ADDRESS.
    assert_eq!(said(&message(SUCCESS, &[(0x8020, MAPPED)])), "answered without an XOR-MAPPED-ADDRESS");
}

#[test]
fn the_other_family_and_garbled_addresses_are_refused() {
    let mut v6 = octets(V6);
    v6[..2].copy_from_slice(&SUCCESS.to_be_bytes());
    assert_eq!(
        said(&v6),
        "answered with an IPv6 address where IPv4 was asked (\"2001:db8:1234:5678:11:2233:4455:6677\")"
    );
    for value in
        [&MAPPED[..7], &[MAPPED, &[0; 4]].concat(), &[], &[0, 2, 0, 0, 1, 2, 3, 4], &[0, 3, 0, 0, 1, 2, 3, 4]]
    {
        assert_eq!(
            said(&message(SUCCESS, &[(XOR_MAPPED_ADDRESS, value)])),
            "the XOR-MAPPED-ADDRESS is garbled",
            "{value:?}"
        );
    }
}

#[test]
fn two_different_addresses_are_no_answer_and_twice_the_same_is_one() {
    let other = [0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x44];
    let two = message(SUCCESS, &[(XOR_MAPPED_ADDRESS, MAPPED), (XOR_MAPPED_ADDRESS, &other)]);
    assert_eq!(said(&two), "foreign");
    let twice = message(SUCCESS, &[(XOR_MAPPED_ADDRESS, MAPPED), (XOR_MAPPED_ADDRESS, MAPPED)]);
    assert_eq!(said(&twice), "192.0.2.1");
}

#[test]
fn what_must_be_understood_and_is_not_spoils_the_answer() {
    let spoilt = message(SUCCESS, &[(0x7ffe, b"new"), (XOR_MAPPED_ADDRESS, MAPPED)]);
    assert_eq!(
        said(&spoilt),
        "answered with an attribute that must be understood and is not known (attribute 0x7ffe)"
    );
    let optional = message(SUCCESS, &[(0xc0ff, b"new"), (XOR_MAPPED_ADDRESS, MAPPED), (0x802b, MAPPED)]);
    assert_eq!(said(&optional), "192.0.2.1");
}

#[test]
fn what_follows_a_signature_is_ignored_but_for_the_fingerprint() {
    let after = message(SUCCESS, &[(MESSAGE_INTEGRITY, &[0; 20]), (XOR_MAPPED_ADDRESS, MAPPED)]);
    assert_eq!(said(&after), "answered without an XOR-MAPPED-ADDRESS");
}

#[test]
fn a_wrong_fingerprint_spoils_the_message() {
    let good = octets(V4);
    for bit in 0..good.len() * 8 {
        let mut wrong = good.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        if let Heard::Answer(Ok(address)) = binding(Family::V4).hear(&wrong) {
            assert_eq!(address.to_string(), "192.0.2.1", "bit {bit}");
        }
    }
    let mut more = message(SUCCESS, &[(XOR_MAPPED_ADDRESS, MAPPED), (FINGERPRINT, &[0; 4])]);
    let sum = crc32(&more[..more.len() - 8]) ^ FINGERPRINT_XOR;
    let end = more.len();
    more[end - 4..].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(said(&more), "192.0.2.1");
}

#[test]
fn an_error_response_is_told_with_its_code() {
    let error = |class: u8, number: u8, reason: &str| {
        let value = [&[0, 0, class, number], reason.as_bytes()].concat();
        said(&message(ERROR, &[(ERROR_CODE, &value), (XOR_MAPPED_ADDRESS, MAPPED)]))
    };
    assert_eq!(error(4, 0, "Bad Request"), "does not understand the question (STUN 400 \"Bad Request\")");
    assert_eq!(error(4, 1, ""), "answers only those it knows (STUN 401)");
    assert_eq!(error(4, 20, "Unknown"), "does not understand the question (STUN 420 \"Unknown\")");
    assert_eq!(error(5, 0, "Server Error"), "is broken for now (STUN 500 \"Server Error\")");
    assert_eq!(
        error(3, 0, "Try Alternate"),
        "sends to another server, which is not followed (STUN 300 \"Try Alternate\")"
    );
    assert_eq!(said(&message(ERROR, &[])), "answered with an error that has no code");
}

/// xorshift64* (Marsaglia 2003, Vigna 2016): the same inputs at every run.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound
    }

    fn octet(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

#[test]
fn no_input_panics_and_none_that_is_damaged_is_believed() {
    let mut random = Generator(0x5354_554e);
    let (good, right) = (octets(V4), "192.0.2.1".parse::<IpAddr>().expect("an address"));
    for round in 0..60_000 {
        let mut input = if round % 3 == 0 {
            (0..random.below(200)).map(|_| random.octet()).collect()
        } else {
            good.clone()
        };
        let mut damages = 0;
        if round % 3 != 0 {
            damages = 1 + random.below(4);
            for _ in 0..damages {
                match random.below(4) {
                    0 => input.truncate(random.below(input.len() + 1)),
                    1 => input.push(random.octet()),
                    _ if !input.is_empty() => {
                        let place = random.below(input.len());
                        input[place] = random.octet();
                    }
                    _ => {}
                }
            }
        }
        if let Heard::Answer(Ok(address)) = binding(Family::V4).hear(&input) {
            // Two can hide the fingerprint and change the address; the RFC leaves it at that.
            assert!(address == right || damages > 1, "{input:02x?}");
            assert_eq!(input[4..HEADER], good[4..HEADER]);
        }
    }
}

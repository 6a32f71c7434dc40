//! The word to a secondary and its answer, in wire form (RFC 1996), signed where there is a key (RFC 8945).

use crate::message::{HEAD, IN};
use crate::name::WireName;
use crate::rdata::code;
use crate::tsig::{self, Key};
use dynflare_core::name::Name;
use std::hash::{BuildHasher, RandomState};

/// The opcode of NOTIFY, as it stands in the third octet.
const NOTIFY: u8 = 4 << 3;
/// Flags in the third octet.
const RESPONSE: u8 = 0x80;
const AUTHORITATIVE: u8 = 0x04;

/// A message that was or will be sent.
#[derive(Debug)]
pub(super) struct Message {
    octets: Vec<u8>,
    /// The signature in it.
    mac: Vec<u8>,
}

/// What octets are to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// No answer to it.
    Foreign,
    /// The answer, with its response code.
    Answer(u8),
}

impl Message {
    /// "This zone has changed"; `now` in seconds since 1970.
    pub(super) fn new(zone: &Name, key: Option<&Key>, now: u64) -> Self {
        // Keyed by the system's randomness, and never the same twice.
        let [high, low, ..] = RandomState::new().hash_one(now).to_be_bytes();
        let mut octets = vec![high, low, NOTIFY | AUTHORITATIVE, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend_from_slice(&WireName::of(zone));
        octets.extend_from_slice(&code::SOA.to_be_bytes());
        octets.extend_from_slice(&IN.to_be_bytes());
        let mac = key.map(|key| tsig::sign_request(key, &mut octets, now)).unwrap_or_default();
        Self { octets, mac }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Reads what came back, which has to be signed with the same key, if there is one, unless it says that the key is
    /// what is wrong (NOTAUTH, RFC 8945 §5.3.2).
    pub(super) fn hear(&self, octets: &[u8], key: Option<&Key>, now: u64) -> Reply {
        let Some(head) = octets.first_chunk::<HEAD>() else { return Reply::Foreign };
        let is_answer = head[..2] == self.octets[..2] && head[2] & 0xf8 == NOTIFY | RESPONSE;
        let rcode = head[3] & 15;
        let is_signed = key.is_none_or(|key| rcode == 9 || tsig::check_answer(key, &self.mac, octets, now));
        if is_answer && is_signed { Reply::Answer(rcode) } else { Reply::Foreign }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsig::Algorithm;

    fn zone() -> Name {
        Name::parse("dyn.example.org").expect("a name")
    }

    fn key(secret: &[u8]) -> Key {
        Key::new(Name::parse("k").expect("a name"), Algorithm::Sha256, secret).expect("a secret")
    }

    fn answer(to: &Message, rcode: u8) -> Vec<u8> {
        let mut octets = to.octets().to_vec();
        octets[2] |= RESPONSE;
        octets[3] = rcode;
        octets
    }

    #[test]
    fn the_word_is_a_question_about_the_soa_record() {
        let message = Message::new(&zone(), None, 0);
        assert_eq!(message.octets()[2..12], [0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&message.octets()[12..], b"\x03dyn\x07example\x03org\x00\x00\x06\x00\x01");
        let other = Message::new(&zone(), None, 0);
        let third = Message::new(&zone(), None, 0);
        assert!([other, third].iter().any(|one| one.octets()[..2] != message.octets()[..2]), "ids differ");
    }

    #[test]
    fn only_the_answer_to_it_is_heard() {
        let message = Message::new(&zone(), None, 0);
        assert_eq!(message.hear(&answer(&message, 0), None, 0), Reply::Answer(0));
        assert_eq!(message.hear(&answer(&message, 5), None, 0), Reply::Answer(5));
        let mut other = answer(&message, 0);
        other[0] ^= 1;
        assert_eq!(message.hear(&other, None, 0), Reply::Foreign);
        assert_eq!(message.hear(message.octets(), None, 0), Reply::Foreign, "its own echo");
        assert_eq!(message.hear(&answer(&message, 0)[..11], None, 0), Reply::Foreign);
    }

    #[test]
    fn an_answer_without_the_signature_is_nobodys() {
        let key = key(b"secret");
        let message = Message::new(&zone(), Some(&key), 1_000_000);
        let mut bare = answer(&message, 0);
        assert_eq!(message.hear(&bare, Some(&key), 1_000_000), Reply::Foreign, "the request's own signature");
        bare.truncate(12 + zone().to_string().len() + 2 + 4);
        bare[11] = 0;
        assert_eq!(message.hear(&bare, Some(&key), 1_000_000), Reply::Foreign);
        bare[3] = 9;
        assert_eq!(message.hear(&bare, Some(&key), 1_000_000), Reply::Answer(9), "it does not know the key");
    }
}

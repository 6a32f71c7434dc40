//! The other side of a signature: our own requests to others, and their answers.

use super::{Fields, Key, Signing, TsigError, differs, variables};
use crate::message::{HEAD, Request};
use crate::name::WireName;
use ring::hmac;

/// Signs a request that is complete but for its TSIG record; `now` in seconds since 1970. Returns the signature, which
/// the answer's is made over, too.
pub(crate) fn sign_request(key: &Key, octets: &mut Vec<u8>, now: u64) -> Vec<u8> {
    let mut signing = Signing {
        owner: key.wire,
        algorithm: WireName::exactly(key.algorithm.wire()).expect("invariant: a constant name"),
        key: Some(key.clone()),
        before: Vec::new(),
        error: TsigError::None,
        time: now,
        clock: None,
        id: u16::from_be_bytes([octets[0], octets[1]]),
        first: true,
    };
    signing.sign(octets, 0);
    signing.before
}

/// Whether an answer is signed as it has to be by whoever got the request with this signature (RFC 8945 §5.3).
pub(crate) fn check_answer(key: &Key, mac: &[u8], octets: &[u8], now: u64) -> bool {
    let Some(answer) = Request::read(octets) else { return false };
    let Some(record) = &answer.tsig else { return false };
    let Some(fields) = Fields::read(octets, record) else { return false };
    let is_ours = key.wire == record.name && fields.algorithm.eq_ignore_ascii_case(key.algorithm.wire());
    // No error, and nothing said about it.
    let is_clean = octets[record.from..record.to].ends_with(&[0; 4]);
    if !is_ours || !is_clean || fields.mac.len() != key.algorithm.length() {
        return false;
    }
    let mut signed = Vec::with_capacity(octets.len() + 64);
    signed.extend(u16::try_from(mac.len()).expect("invariant: 64 at most").to_be_bytes());
    signed.extend_from_slice(mac);
    let from = signed.len();
    signed.extend_from_slice(&octets[..record.start]);
    signed[from..from + 2].copy_from_slice(&fields.id.to_be_bytes());
    signed[from + 10..from + HEAD].copy_from_slice(&(answer.head.counts[3] - 1).to_be_bytes());
    variables(&mut signed, (&key.wire, key.algorithm), (fields.time, fields.fudge), TsigError::None, &[]);
    let right = hmac::sign(&key.secret, &signed);
    !differs(right.as_ref(), fields.mac) && now.abs_diff(fields.time) <= u64::from(fields.fudge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsig::{Algorithm, Sender, check};
    use dynflare_core::name::Name;

    const NOW: u64 = 1_700_000_000;

    fn key(secret: &[u8]) -> Key {
        Key::new(Name::parse("k.example.org").expect("a name"), Algorithm::Sha256, secret).expect("a secret")
    }

    fn message(flags: u8) -> Vec<u8> {
        let mut octets = vec![7, 7, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(b"\x03dyn\x07example\x03org\x00\x00\x06\x00\x01");
        octets
    }

    #[test]
    fn the_other_side_takes_the_request_and_we_its_answer_and_no_other() {
        let key = key(b"secret");
        let mut request = message(0x24);
        let mac = sign_request(&key, &mut request, NOW);
        let read = Request::read(&request).expect("well-formed");
        let Sender::Holder(0, mut signing) = check(&read, [&key].into_iter(), NOW) else {
            panic!("it is signed by the holder of the key")
        };
        let mut answer = message(0xa4);
        assert!(!check_answer(&key, &mac, &answer, NOW), "not signed");
        signing.sign(&mut answer, 0);
        assert!(check_answer(&key, &mac, &answer, NOW));
        assert!(!check_answer(&key, &mac, &answer, NOW + 301), "too late");
        assert!(!check_answer(&self::key(b"other"), &mac, &answer, NOW), "another secret");
        assert!(!check_answer(&key, &mac[1..], &answer, NOW), "to another request");
        for place in 2..answer.len() {
            let mut changed = answer.clone();
            changed[place] ^= 1;
            // The identifier of the header is not signed, nor are class and TTL as they have to be; case of names is free.
            assert!(!check_answer(&key, &mac, &changed, NOW), "octet {place} changed");
        }
    }
}

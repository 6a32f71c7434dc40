//! How requests are signed: one file per scheme, each with what its owner publishes as an example.
//!
//! A scheme takes what is signed and gives a header or a token; what a provider signs, its dialect knows.

pub(super) mod acs3;
pub(super) mod bce;
pub(super) mod exo2;
pub(super) mod hmac_sha1;
pub(super) mod oci;
pub(super) mod rsa;
pub(super) mod sdk;
pub(super) mod sigv4;
pub(super) mod tc3;
pub(super) mod totp;
pub(super) mod volc;

use super::call::Call;
use super::text::{hex, segment};
use crate::net::Base;
use jiff::Timestamp;
use ring::{digest, hmac};

/// HMAC-SHA-256 (RFC 2104).
pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256(octets: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, octets).as_ref())
}

/// A time by a pattern of `strftime`, in UTC.
pub(super) fn time(now: u64, pattern: &str) -> String {
    let time = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok()).unwrap_or_default();
    time.strftime(pattern).to_string()
}

/// The query as most schemes sign it: sorted, both sides percent-encoded.
pub(super) fn query(call: &Call) -> String {
    let mut pairs: Vec<String> =
        call.query.iter().map(|(key, value)| format!("{}={}", segment(key), segment(value))).collect();
    pairs.sort();
    pairs.join("&")
}

/// The body as it is sent; nothing where there is none.
pub(super) fn body(call: &Call) -> Vec<u8> {
    call.payload().map(|(_, body)| body).unwrap_or_default()
}

/// The canonical request of the family of schemes that began with AWS's, over all headers of the call and its host; and
/// the names of these headers.
pub(super) fn canonical(call: &Call, path: &str, base: &Base) -> (String, String) {
    let lower = |(name, value): &(String, String)| (name.to_ascii_lowercase(), value.trim().to_owned());
    let mut headers: Vec<(String, String)> = call.headers.iter().map(lower).collect();
    headers.push(("host".to_owned(), base.authority()));
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let (lines, query, body) = (lines.concat(), query(call), sha256(&body(call)));
    (format!("{}\n{path}\n{query}\n{lines}\n{names}\n{body}", call.method), names)
}

/// Octets that are not used twice, in hexadecimal.
pub(super) fn nonce() -> String {
    let mut octets = [0; 16];
    // Without randomness the octets stay as they are; a server then refuses the second use.
    let _filled = getrandom::fill(&mut octets);
    hex(&octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_digests_and_queries_are_written_as_schemes_want_them() {
        assert_eq!(time(1_779_408_000, "%Y%m%dT%H%M%SZ"), "20260522T000000Z");
        // FIPS 180-4, the empty message.
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        // RFC 4231 §4.3.
        let hmac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&hmac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let call = Call::get("/").ask("b", "1 2").ask("a", "*");
        assert_eq!(query(&call), "a=%2A&b=1%202");
        assert_ne!(nonce(), nonce());
    }
}

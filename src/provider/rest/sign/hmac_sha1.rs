//! HMAC-SHA-1 (RFC 2104, RFC 2202) and SHA-1, of which some APIs still want signatures.

use crate::provider::rest::text::hex;
use ring::{digest, hmac};

/// HMAC-SHA-1 in lower-case hexadecimal.
pub(in crate::provider::rest) fn in_hex(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// SHA-1 of a text in lower-case hexadecimal.
pub(in crate::provider::rest) fn digest(text: &str) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_2202_and_fips_180_come_out() {
        let hmac = in_hex("Jefe", "what do ya want for nothing?");
        assert_eq!(hmac, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(digest("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}

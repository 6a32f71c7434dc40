//! One-time passwords by time (RFC 6238): six digits, SHA-1, a new one every 30 seconds.

use ring::hmac;

/// The password of this moment, or `None` where the key is no Base32 (RFC 4648 §6).
pub(in crate::provider::rest) fn code(key: &str, now: u64) -> Option<String> {
    let key = base32(key)?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(now / 30).to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 §5.3: the last four bits say where the number stands.
    let at = usize::from(tag.last()? & 0xf);
    let number = u32::from_be_bytes(tag.get(at..at + 4)?.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| !b" -=".contains(letter)) {
        let digit = match letter.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            octets.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    (!octets.is_empty()).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn the_codes_of_rfc_6238_come_out() {
        // Appendix B, the last six of its eight digits; the key is "12345678901234567890".
        let key = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
        for (now, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(key, now).as_deref(), Some(expected));
        }
        assert_eq!(code("no base32!", 0), None);
        assert_eq!(code("", 0), None);
    }
}

//! The certificates in a bundle of the system's, fast.
//!
//! Reading the system's bundle was the costliest single thing of a whole run (a third of its CPU time) with the TLS
//! library's decoder, which takes constant time since it also reads private keys. Certificates are public, so this
//! one takes a table. What it cannot read it passes over, as is usual with bundles; files of the user's are read by
//! the library, which says what is wrong.

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// No digit, and no white space.
const BAD: u8 = 0xff;
/// White space, which is skipped.
const SKIP: u8 = 0xfe;
/// Padding.
const PAD: u8 = 0xfd;

/// What each byte stands for (RFC 4648 §4).
const DIGITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [BAD; 256];
    let mut value = 0_u8;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits[b' ' as usize] = SKIP;
    digits[b'\t' as usize] = SKIP;
    digits[b'\r' as usize] = SKIP;
    digits[b'\n' as usize] = SKIP;
    digits[b'=' as usize] = PAD;
    digits
};

/// Hands each certificate of `text` to `take` in DER form (RFC 7468 §5).
pub(super) fn certificates(text: &[u8], mut take: impl FnMut(&[u8])) {
    let mut der = Vec::new();
    let mut rest = text;
    while let Some(begin) = find(rest, BEGIN) {
        rest = &rest[begin + BEGIN.len()..];
        let length = rest.iter().position(|byte| *byte == b'-').unwrap_or(rest.len());
        let (body, after) = rest.split_at(length);
        rest = after;
        der.clear();
        if after.starts_with(END) && decode(body, &mut der) && !der.is_empty() {
            take(&der);
        }
    }
}

/// Where the next line that begins with `mark` begins.
fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(dash) = text[from..].iter().position(|byte| *byte == b'-') {
        let at = from + dash;
        if text[at..].starts_with(mark) && (at == 0 || text[at - 1] == b'\n') {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Appends what `text` stands for; `false` where it is not base64 throughout.
fn decode(text: &[u8], der: &mut Vec<u8>) -> bool {
    der.reserve(text.len() / 4 * 3 + 3);
    let (mut bits, mut count, mut pads) = (0_u32, 0_u8, 0_u8);
    for byte in text {
        match DIGITS[usize::from(*byte)] {
            digit @ 0..64 if pads == 0 => {
                bits = bits << 6 | u32::from(digit);
                count += 1;
                if count == 4 {
                    let [_, a, b, c] = bits.to_be_bytes();
                    der.extend_from_slice(&[a, b, c]);
                    (bits, count) = (0, 0);
                }
            }
            SKIP => {}
            PAD => pads += 1,
            _ => return false,
        }
    }
    match (count, pads) {
        (0, 0) => {}
        (2, 2) => der.push((bits >> 4).to_be_bytes()[3]),
        (3, 1) => der.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    fn found(text: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        certificates(text.as_bytes(), |der| found.push(der.to_vec()));
        found
    }

    fn wrapped(body: &str) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn base64_of_every_length_is_read() {
        // RFC 4648 §10.
        for (body, expected) in [
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9v\r\nYmFy", "foobar"),
            (" Zm9v\tYmFy ", "foobar"),
        ] {
            assert_eq!(found(&wrapped(body)), [expected.as_bytes()], "{body:?}");
        }
        assert_eq!(found(&wrapped("/+8=")), [[0xff, 0xef]]);
    }

    #[test]
    fn what_is_no_certificate_is_passed_over_and_the_next_one_read() {
        let good = wrapped("Zm9v");
        for bad in [
            wrapped(""),
            wrapped("Zm9"),
            wrapped("Zm9v="),
            wrapped("Zm=v"),
            wrapped("Zm9v!"),
            wrapped("Zg==").replace("END", "ENDE"),
            "-----BEGIN CERTIFICATE-----\nZm9v\n".to_owned(),
            "-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n".to_owned(),
            " -----BEGIN CERTIFICATE-----\nZg==\n-----END CERTIFICATE-----\n".to_owned(),
            "# - a remark -----BEGIN CERTIFICATE----- -\n".to_owned(),
        ] {
            assert_eq!(found(&format!("{bad}{good}")), [b"foo"], "{bad}");
        }
        assert!(found("").is_empty());
    }

    #[test]
    fn the_bundled_and_the_systems_certificates_read_as_the_library_reads_them() {
        for path in super::super::tls::BUNDLES {
            let Ok(text) = std::fs::read(path) else { continue };
            let theirs: Vec<Vec<u8>> =
                CertificateDer::pem_slice_iter(&text).flatten().map(|der| der.to_vec()).collect();
            let mut ours = Vec::new();
            certificates(&text, |der| ours.push(der.to_vec()));
            assert!(ours == theirs, "{path}: {} and {}", ours.len(), theirs.len());
        }
    }
}

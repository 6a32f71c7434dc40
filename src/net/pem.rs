//! The certificates in a bundle of the system's, fast.
//!
//! Reading the system's bundle was the costliest single thing of a whole run (a third of its instructions) with the
//! TLS library's decoder, which takes constant time since it also reads private keys. Certificates are public, so this
//! one takes a table and goes over the text once, in the form in which bundles are written: lines of 64 digits. What
//! is in another form goes to the library after all; what that cannot read either is passed over, as is usual with
//! bundles.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io::{self, Read};

/// How much of a bundle is held at once, in bytes: a tenth of a usual one, which would show in the peak of a run.
const PIECE: u64 = 24 * 1024;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Digits in a whole line (RFC 7468 §2).
const LINE: usize = 64;

/// No digit; any byte that stands for this or more is none.
const BAD: u32 = 64;

/// What each byte stands for (RFC 4648 §4).
const DIGITS: [u32; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [BAD; 256];
    let mut place = 0;
    let mut value = 0;
    while place < alphabet.len() {
        digits[alphabet[place] as usize] = value;
        place += 1;
        value += 1;
    }
    digits
};

/// Hands each certificate of `bundle` to `take` in DER form.
pub(super) fn read(mut bundle: impl Read, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut text = Vec::new();
    loop {
        let more = bundle.by_ref().take(PIECE).read_to_end(&mut text)? > 0;
        // The end of a certificate is where the text can be cut.
        let end = text.windows(END.len()).rposition(|bytes| bytes == END).map(|at| at + END.len());
        let whole = if more { end.unwrap_or(0) } else { text.len() };
        certificates(&text[..whole], &mut take);
        if !more {
            return Ok(());
        }
        text.drain(..whole);
    }
}

/// Hands each certificate of `text` to `take` in DER form (RFC 7468 §5).
fn certificates(text: &[u8], mut take: impl FnMut(&[u8])) {
    let mut der = Vec::new();
    let mut rest = text;
    while let Some(section) = section(rest) {
        der.clear();
        if let Some(after) = section.get(BEGIN.len()..).and_then(|body| decode(body, &mut der)) {
            take(&der);
            rest = after;
            continue;
        }
        // At least `BEGIN` is passed, so this ends.
        rest = &section[1..];
        let own = self::section(rest).map_or(section, |next| &section[..section.len() - next.len()]);
        if let Some(found) = CertificateDer::from_pem_slice(own).ok().filter(|der| !der.is_empty()) {
            take(&found);
        }
    }
}

/// The rest of the text from the next line on that begins a certificate.
fn section(text: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    while let Some(dash) = text[from..].iter().position(|byte| *byte == b'-') {
        let at = from + dash;
        // Not the whole of `BEGIN`: a carriage return may stand before its newline.
        if text[at..].starts_with(BEGIN.trim_ascii_end()) && (at == 0 || text[at - 1] == b'\n') {
            return Some(&text[at..]);
        }
        from = at + 1;
    }
    None
}

/// Appends what the lines up to `END` stand for and returns what follows; `None` where they are not in the usual form.
fn decode<'a>(text: &'a [u8], der: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = text;
    while rest.get(LINE) == Some(&b'\n') && rest[0] != b'-' {
        let (line, after) = rest.split_at(LINE);
        append(line.as_chunks().0, der)?;
        rest = &after[1..];
    }
    if rest.first() != Some(&b'-') {
        let length = rest.iter().take(LINE).position(|byte| *byte == b'\n')?;
        let (last, after) = rest.split_at(length);
        append_last(last, der)?;
        rest = &after[1..];
    }
    if der.is_empty() { None } else { rest.strip_prefix(END) }
}

fn append(groups: &[[u8; 4]], der: &mut Vec<u8>) -> Option<()> {
    let from = der.len();
    der.resize(from + groups.len() * 3, 0);
    let mut seen = 0;
    for (group, bytes) in groups.iter().zip(der[from..].as_chunks_mut::<3>().0) {
        let digit = |place: usize| DIGITS[usize::from(group[place])];
        let bits = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        seen |= digit(0) | digit(1) | digit(2) | digit(3);
        let [_, whole @ ..] = bits.to_be_bytes();
        *bytes = whole;
    }
    (seen < BAD).then_some(())
}

/// Appends a line that may end in padding.
fn append_last(line: &[u8], der: &mut Vec<u8>) -> Option<()> {
    let (groups, []) = line.as_chunks() else { return None };
    if !line.ends_with(b"=") {
        return append(groups, der);
    }
    let (end, groups) = groups.split_last()?;
    append(groups, der)?;
    let (end, missing) = match *end {
        [a, b, b'=', b'='] => ([a, b, b'A', b'A'], 2),
        [a, b, c, _] => ([a, b, c, b'A'], 1),
    };
    append(&[end], der)?;
    der.truncate(der.len() - missing);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        certificates(text.as_bytes(), |der| found.push(der.to_vec()));
        let mut in_pieces = Vec::new();
        read(text.as_bytes(), |der| in_pieces.push(der.to_vec())).expect("memory can be read");
        assert!(found == in_pieces, "{text}");
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
            (" Zm9v \nYmE=\n", "fooba"),
            ("Zm9vYm\nFy", "foobar"),
        ] {
            assert_eq!(found(&wrapped(body)), [expected.as_bytes()], "{body:?}");
        }
        assert_eq!(found(&wrapped("/+8=")), [[0xff, 0xef]]);
        let long = format!("{}\nZg==", "Zm9v".repeat(16));
        let expected = format!("{}f", "foo".repeat(16));
        for text in [wrapped(&long), wrapped(&long).replace('\n', "\r\n"), wrapped(&long.replace('\n', ""))] {
            assert_eq!(found(&text), [expected.as_bytes()], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_passed_over_and_the_next_one_read() {
        let good = wrapped("Zm9v");
        for bad in [
            wrapped(""),
            wrapped("Zm9vY"),
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
        for end in [
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nZm9v",
        ] {
            assert_eq!(found(&format!("{good}{end}")), [b"foo"], "{end}");
        }
        assert!(found("").is_empty());
    }

    #[test]
    fn a_bundle_may_be_cut_anywhere() {
        for length in [1, 1000, 24_000] {
            let text = format!("# remark\n{}", wrapped(&"Zm9v".repeat(length))).repeat(7);
            assert_eq!(found(&text).len(), 7, "{length}");
        }
    }

    #[test]
    fn the_bundled_and_the_systems_certificates_read_as_the_library_reads_them() {
        for path in super::super::tls::BUNDLES {
            let Ok(text) = std::fs::read(path) else { continue };
            let theirs: Vec<Vec<u8>> =
                CertificateDer::pem_slice_iter(&text).flatten().map(|der| der.to_vec()).collect();
            let mut ours = Vec::new();
            read(text.as_slice(), |der| ours.push(der.to_vec())).expect("memory can be read");
            assert!(ours == theirs, "{path}: {} and {}", ours.len(), theirs.len());
        }
    }
}

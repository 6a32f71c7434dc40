//! What the data of the known types is made of, in one table: for checking it, for undoing compression, for telling
//! whether two data are the same. Types that are not in it are octets (RFC 3597).

use crate::name::{self, WireName};

/// A piece of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// So many octets.
    Octets(usize),
    /// A name; in a message it may be compressed (RFC 3597 §4 says of which types).
    Name,
    /// One character string.
    Text,
    /// One or more character strings, up to the end.
    Texts,
    /// A CAA tag: letters and digits, at least one (RFC 8659 §4.1).
    Tag,
    /// Service parameters with rising keys (RFC 9460 §2.2), up to the end.
    Parameters,
    /// Whatever is left.
    Rest,
}

use Piece::{Name, Octets, Parameters, Rest, Tag, Text, Texts};

/// Type codes (IANA registry "DNS Resource Record TYPEs").
pub(crate) mod code {
    pub(crate) const A: u16 = 1;
    pub(crate) const NS: u16 = 2;
    pub(crate) const CNAME: u16 = 5;
    pub(crate) const SOA: u16 = 6;
    pub(crate) const MX: u16 = 15;
    pub(crate) const TXT: u16 = 16;
    pub(crate) const AAAA: u16 = 28;
    pub(crate) const SRV: u16 = 33;
    pub(crate) const DNAME: u16 = 39;
    pub(crate) const OPT: u16 = 41;
    pub(crate) const DS: u16 = 43;
    pub(crate) const RRSIG: u16 = 46;
    pub(crate) const NSEC: u16 = 47;
    pub(crate) const DNSKEY: u16 = 48;
    pub(crate) const NSEC3: u16 = 50;
    pub(crate) const NSEC3PARAM: u16 = 51;
    pub(crate) const SVCB: u16 = 64;
    pub(crate) const HTTPS: u16 = 65;
    pub(crate) const TSIG: u16 = 250;
    pub(crate) const IXFR: u16 = 251;
    pub(crate) const AXFR: u16 = 252;
    pub(crate) const ANY: u16 = 255;
    pub(crate) const CAA: u16 = 257;
}

/// The pieces of each type, sorted by its code.
const FORMS: &[(u16, &[Piece])] = &[
    (code::A, &[Octets(4)]),
    (code::NS, &[Name]),
    (code::CNAME, &[Name]),
    (code::SOA, &[Name, Name, Octets(20)]),
    (12, &[Name]),       // PTR
    (13, &[Text, Text]), // HINFO
    (code::MX, &[Octets(2), Name]),
    (code::TXT, &[Texts]),
    (17, &[Name, Name]),      // RP
    (18, &[Octets(2), Name]), // AFSDB
    (code::AAAA, &[Octets(16)]),
    (29, &[Octets(16)]), // LOC, version 0
    (code::SRV, &[Octets(6), Name]),
    (35, &[Octets(4), Text, Text, Text, Name]), // NAPTR
    (code::DNAME, &[Name]),
    (code::DS, &[Octets(4), Rest]),
    (44, &[Octets(2), Rest]), // SSHFP
    (52, &[Octets(3), Rest]), // TLSA
    (53, &[Octets(3), Rest]), // SMIMEA
    (code::SVCB, &[Octets(2), Name, Parameters]),
    (code::HTTPS, &[Octets(2), Name, Parameters]),
    (99, &[Texts]),            // SPF
    (256, &[Octets(4), Rest]), // URI
    (code::CAA, &[Octets(1), Tag, Rest]),
];

fn form(rtype: u16) -> &'static [Piece] {
    FORMS.binary_search_by_key(&rtype, |row| row.0).map_or(&[Rest], |row| FORMS[row].1)
}

/// Types that stand in questions and messages only, ANY apart (RFC 6895 §3.1: 128 to 255, OPT, and nought).
pub(crate) fn is_meta(rtype: u16) -> bool {
    rtype == 0 || rtype == code::OPT || (rtype != code::ANY && (128..=255).contains(&rtype))
}

/// The data at `from..to` of a message, checked and without compression; `None` where it is not data of its type.
pub(crate) fn read(message: &[u8], rtype: u16, from: usize, to: usize) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(to - from);
    let mut at = from;
    for piece in form(rtype) {
        let next = if *piece == Name {
            let (name, next) = WireName::read(message, at)?;
            // RFC 9460 §2.2 forbids compression, RFC 3597 §4 has it undone all the same where it was once allowed.
            data.extend_from_slice(&name);
            next
        } else {
            let next = piece.end(message, at, to)?;
            data.extend_from_slice(message.get(at..next)?);
            next
        };
        if next > to {
            return None;
        }
        at = next;
    }
    (at == to && u16::try_from(data.len()).is_ok()).then_some(data)
}

impl Piece {
    /// Where the piece at `at` ends, other than a name.
    fn end(self, octets: &[u8], at: usize, to: usize) -> Option<usize> {
        let text = |at: usize| Some(at + 1 + usize::from(*octets.get(at)?)).filter(|end| *end <= to);
        match self {
            Octets(count) => Some(at + count),
            Text => text(at),
            Texts => {
                let mut end = text(at)?;
                while end < to {
                    end = text(end)?;
                }
                Some(end)
            }
            Tag => {
                let end = text(at)?;
                let tag = octets.get(at + 1..end)?;
                (!tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric)).then_some(end)
            }
            Parameters => {
                let (mut at, mut last) = (at, None);
                while at < to {
                    let key = u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]);
                    let length = u16::from_be_bytes([*octets.get(at + 2)?, *octets.get(at + 3)?]);
                    if last.is_some_and(|last| last >= key) {
                        return None;
                    }
                    last = Some(key);
                    at += 4 + usize::from(length);
                }
                (at == to).then_some(to)
            }
            Rest => Some(to),
            Name => name::length(octets.get(at..to)?).map(|length| at + length),
        }
    }
}

/// Whether two stored data of a type are the same; names in them are in any case (RFC 4343 §3).
pub(crate) fn same(rtype: u16, one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    if one.len() != other.len() || !form(rtype).contains(&Name) {
        return false;
    }
    let mut at = 0;
    for piece in form(rtype) {
        let Some(end) = piece.end(one, at, one.len()) else { return false };
        let (Some(a), Some(b)) = (one.get(at..end), other.get(at..end)) else { return false };
        let equal = if *piece == Name { a.eq_ignore_ascii_case(b) } else { a == b };
        if !equal {
            return false;
        }
        at = end;
    }
    true
}

/// Names in the data of these may be compressed in answers (RFC 3597 §4): the offset of the first, and how many.
pub(crate) fn compressible(rtype: u16) -> Option<(usize, usize)> {
    match rtype {
        code::NS | code::CNAME | 12 => Some((0, 1)),
        code::SOA => Some((0, 2)),
        code::MX => Some((2, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_alone(rtype: u16, data: &[u8]) -> Option<Vec<u8>> {
        let message = [&[0; 12], data].concat();
        read(&message, rtype, 12, message.len())
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(FORMS.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn data_that_breaks_the_rules_of_its_type_is_not_read() {
        let right: [(u16, &[u8]); 9] = [
            (code::A, &[192, 0, 2, 1]),
            (code::MX, b"\x00\x0a\x04mail\x00"),
            (code::TXT, b"\x02hi\x00"),
            (code::CAA, b"\x00\x05issueca"),
            (code::SRV, b"\x00\x00\x00\x00\x13\xc4\x03sip\x00"),
            (code::HTTPS, b"\x00\x01\x00\x00\x01\x00\x03\x02h2\x00\x03\x00\x02\x01\xbb"),
            (code::HTTPS, b"\x00\x00\x01a\x00"),
            (65280, b"anything"),
            (65280, b""),
        ];
        for (rtype, data) in right {
            assert_eq!(read_alone(rtype, data).as_deref(), Some(data), "{rtype}");
        }
        let wrong: [(u16, &[u8]); 12] = [
            (code::A, &[192, 0, 2]),
            (code::A, &[192, 0, 2, 1, 1]),
            (code::A, &[]),
            (code::AAAA, &[0; 15]),
            (code::NS, b"\x03www"),
            (code::CNAME, b"\x03www\x00\x00"),
            (code::TXT, b""),
            (code::TXT, b"\x05hi"),
            (code::CAA, b"\x00\x00ca"),
            (code::CAA, b"\x00\x03a-bca"),
            (code::HTTPS, b"\x00\x01\x00\x00\x03\x00\x02\x01\xbb\x00\x01\x00\x03\x02h2"),
            (code::HTTPS, b"\x00\x01\x00\x00\x03\x00\x02\x01"),
        ];
        for (rtype, data) in wrong {
            assert_eq!(read_alone(rtype, data), None, "{rtype} {data:?}");
        }
    }

    #[test]
    fn compression_is_undone() {
        let message = [&[0; 12], &b"\x07example\x00\x00\x0a\x04mail\xc0\x0c"[..]].concat();
        let data = read(&message, code::MX, 21, message.len());
        assert_eq!(data.as_deref(), Some(&b"\x00\x0a\x04mail\x07example\x00"[..]));
    }

    #[test]
    fn names_in_data_are_the_same_in_any_case_and_nothing_else_is() {
        assert!(same(code::MX, b"\x00\x0a\x01a\x00", b"\x00\x0a\x01A\x00"));
        assert!(!same(code::MX, b"\x00\x61\x01a\x00", b"\x00\x41\x01a\x00"), "the preference is no text");
        assert!(!same(code::TXT, b"\x01a", b"\x01A"));
        assert!(!same(code::CNAME, b"\x01a\x00", b"\x01b\x00"));
    }
}

//! Requests as they come in (RFC 1035 §4.1, RFC 6891, RFC 8945 §4.2): walked once, nothing copied but the name asked for.
//!
//! What the request may do, and what it is answered, is decided elsewhere.

use crate::name::WireName;
use crate::rdata::code;

/// Octets of a message's head (RFC 1035 §4.1.1).
pub(crate) const HEAD: usize = 12;

/// Class IN.
pub(crate) const IN: u16 = 1;
/// Class NONE (RFC 2136 §2.4).
pub(crate) const NONE: u16 = 254;
/// Class ANY.
pub(crate) const ANY: u16 = 255;

/// What a request is about (IANA registry "DNS `OpCodes`").
pub(crate) const QUERY: u8 = 0;
/// See RFC 2136 §1.3.
pub(crate) const UPDATE: u8 = 5;

/// Response codes (IANA registry "DNS RCODEs").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the registered mnemonics")]
#[repr(u16)]
pub enum Rcode {
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    YxDomain = 6,
    YxRrSet = 7,
    NxRrSet = 8,
    NotAuth = 9,
    NotZone = 10,
    BadVers = 16,
}

/// The fixed part of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) id: u16,
    /// Opcode and flags, as they stand in octets 2 and 3.
    pub(crate) flags: u16,
    /// Entries in the four sections.
    pub(crate) counts: [u16; 4],
}

impl Head {
    /// `None` where there are too few octets.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let head = octets.first_chunk::<HEAD>()?;
        let number = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        Some(Self { id: number(0), flags: number(2), counts: [number(4), number(6), number(8), number(10)] })
    }

    pub(crate) fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub(crate) fn opcode(&self) -> u8 {
        u8::try_from(self.flags >> 11 & 15).expect("invariant: four bits")
    }
}

/// The question, or an update's zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) name: WireName,
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    /// Where it ends in the message.
    pub(crate) end: usize,
}

/// What the request says about itself by EDNS (RFC 6891 §6.1.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edns {
    pub(crate) payload: u16,
    pub(crate) version: u8,
    /// DNSSEC records are welcome (RFC 3225); there are none, and the bit is given back.
    pub(crate) dnssec: bool,
}

/// One record where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordAt {
    pub(crate) name: WireName,
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    /// Where it begins.
    pub(crate) start: usize,
    /// Where its data begins.
    pub(crate) from: usize,
    /// Where its data, and so the record, ends.
    pub(crate) to: usize,
}

impl RecordAt {
    pub(crate) fn read(octets: &[u8], start: usize) -> Option<Self> {
        let (name, at) = WireName::read(octets, start)?;
        let fixed = octets.get(at..)?.first_chunk::<10>()?;
        let [t0, t1, c0, c1, l0, l1, l2, l3, d0, d1] = *fixed;
        let from = at + 10;
        let to = from + usize::from(u16::from_be_bytes([d0, d1]));
        (to <= octets.len()).then_some(Self {
            name,
            rtype: u16::from_be_bytes([t0, t1]),
            class: u16::from_be_bytes([c0, c1]),
            ttl: u32::from_be_bytes([l0, l1, l2, l3]),
            start,
            from,
            to,
        })
    }
}

/// A request that can be read to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'m> {
    pub(crate) octets: &'m [u8],
    pub(crate) head: Head,
    pub(crate) question: Question,
    pub(crate) edns: Option<Edns>,
    /// The TSIG record, which is the last (RFC 8945 §5.1).
    pub(crate) tsig: Option<RecordAt>,
}

impl<'m> Request<'m> {
    /// Walks the whole message; `None` where that cannot be done, or where it breaks a rule that has FORMERR for an answer.
    pub(crate) fn read(octets: &'m [u8]) -> Option<Self> {
        let head = Head::read(octets)?;
        if head.counts[0] != 1 {
            return None;
        }
        let (name, at) = WireName::read(octets, HEAD)?;
        let [t0, t1, c0, c1] = *octets.get(at..)?.first_chunk::<4>()?;
        let (rtype, class) = (u16::from_be_bytes([t0, t1]), u16::from_be_bytes([c0, c1]));
        let question = Question { name, rtype, class, end: at + 4 };
        let mut request = Self { octets, head, question, edns: None, tsig: None };
        request.walk().then_some(request)
    }

    fn walk(&mut self) -> bool {
        let mut at = self.question.end;
        for section in 1..4 {
            for _ in 0..self.head.counts[section] {
                // Nothing comes after a signature.
                let Some(record) = RecordAt::read(self.octets, at).filter(|_| self.tsig.is_none()) else {
                    return false;
                };
                at = record.to;
                let additional = section == 3;
                match record.rtype {
                    code::OPT => {
                        if !additional || self.edns.is_some() || record.name.len() != 1 {
                            return false;
                        }
                        let [_, version, flags, _] = record.ttl.to_be_bytes();
                        let dnssec = flags & 0x80 != 0;
                        self.edns = Some(Edns { payload: record.class, version, dnssec });
                    }
                    code::TSIG if !additional || record.class != ANY || record.ttl != 0 => return false,
                    code::TSIG => self.tsig = Some(record),
                    _ => {}
                }
            }
        }
        at == self.octets.len()
    }

    /// The records of the answer or the authority section: prerequisites (1) and updates (2) of an update.
    pub(crate) fn section(&self, number: usize) -> impl Iterator<Item = RecordAt> {
        let (first, count) = match number {
            1 => (0, self.head.counts[1]),
            _ => (self.head.counts[1], self.head.counts[2]),
        };
        let (mut at, mut seen) = (self.question.end, 0);
        std::iter::from_fn(move || {
            loop {
                if seen == first + count {
                    return None;
                }
                let record = RecordAt::read(self.octets, at)?;
                (at, seen) = (record.to, seen + 1);
                if seen > first {
                    return Some(record);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(counts: [u8; 4], rest: &[&[u8]]) -> Vec<u8> {
        let mut octets = vec![0, 1, 0, 0];
        for count in counts {
            octets.extend([0, count]);
        }
        octets.extend(rest.concat());
        octets
    }

    const QUESTION: &[u8] = b"\x04home\x07example\x03org\x00\x00\x01\x00\x01";
    const OPT: &[u8] = b"\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00";
    const SIGNATURE: &[u8] = b"\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x00";

    #[test]
    fn a_plain_question_is_read() {
        let octets = message([1, 0, 0, 1], &[QUESTION, OPT]);
        let request = Request::read(&octets).expect("well-formed");
        assert_eq!(request.question.name.to_string(), "home.example.org");
        let edns = request.edns.expect("it has one");
        assert_eq!((edns.payload, edns.version, edns.dnssec), (4096, 0, true));
        assert!(request.tsig.is_none());
    }

    #[test]
    fn what_breaks_the_rules_is_not_read() {
        let wrong = [
            message([0, 0, 0, 0], &[]),
            message([2, 0, 0, 0], &[QUESTION, QUESTION]),
            message([1, 0, 0, 0], &[&QUESTION[..10]]),
            message([1, 0, 0, 0], &[QUESTION, b"x"]),
            message([1, 0, 0, 2], &[QUESTION, OPT, OPT]),
            message([1, 1, 0, 0], &[QUESTION, OPT]),
            message([1, 0, 0, 1], &[QUESTION]),
            message([1, 0, 0, 2], &[QUESTION, SIGNATURE, OPT]),
            message([1, 0, 1, 0], &[QUESTION, SIGNATURE]),
        ];
        for octets in wrong {
            assert!(Request::read(&octets).is_none(), "{octets:?}");
        }
        assert!(Request::read(&message([1, 0, 0, 2], &[QUESTION, OPT, SIGNATURE])).is_some());
    }

    #[test]
    fn sections_are_told_apart() {
        let record =
            |letter: u8| [&[1, letter, 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4], &[192, 0, 2, 1][..]].concat();
        let (a, b, c) = (record(b'a'), record(b'b'), record(b'c'));
        let octets = message([1, 1, 2, 0], &[QUESTION, &a, &b, &c]);
        let request = Request::read(&octets).expect("well-formed");
        let names = |section| {
            request.section(section).map(|record| record.name.to_string()).collect::<Vec<_>>().concat()
        };
        assert_eq!((names(1).as_str(), names(2).as_str()), ("a", "bc"));
    }
}

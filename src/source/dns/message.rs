//! The question on the wire, and what may count as its answer (RFC 1035 §4).
//!
//! Pure: octets in, octets out. An [`Asked`] knows what an answer to it looks like and hears nothing else: id,
//! question, class and the case of the letters have to come back as they were sent. Case and id are random, which
//! makes an answer hard to guess for somebody who does not see the question (RFC 5452 §4.3; draft-vixie-dnsext-dns0x20).

use super::query::{Query, Wanted};
use crate::source::{beginning, one_address};
use domain::base::iana::{Class as DnsClass, Opcode, Rcode, Rtype};
use domain::base::name::ToName;
use domain::base::{Message, MessageBuilder, ParsedRecord};
use domain::rdata::{A, Aaaa, Txt};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use std::net::IpAddr;

/// Whether the letters' case has to come back as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// It has to, where an answer could be forged.
    Kept,
    /// It need not: the transport already proves who answers.
    Any,
}

/// A question that is ready to be sent, possibly several times.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    octets: Vec<u8>,
    query: Query,
    family: Family,
    case: Case,
}

/// What a datagram or a message is to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// No answer to it; the real one may still come.
    Foreign,
    /// The answer, but for its content, which needs a stream.
    Truncated,
    /// The answer: an address, or why there is none.
    Answer(Result<IpAddr, Fault>),
}

/// Octets of the header (RFC 1035 §4.1.1).
const HEADER: usize = 12;

impl Asked {
    /// The question about this family, with a random id and random case.
    pub(super) fn new(query: &Query, family: Family, case: Case) -> Self {
        let mut random = [0; 34];
        getrandom::fill(&mut random).expect("the system hands out random octets");
        Self::with(query, family, case, &random)
    }

    /// The same from given random octets: two for the id, one bit a letter for the case.
    fn with(query: &Query, family: Family, case: Case, random: &[u8; 34]) -> Self {
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(u16::from_be_bytes([random[0], random[1]]));
        // A whoami name is answered by resolvers too, which take a question without this for one of another kind.
        message.header_mut().set_rd(true);
        let mut section = message.question();
        section
            .push((query.name(), query.rtype(family), query.class()))
            .expect("a vector takes one question");
        let mut octets = section.finish();
        let name = HEADER..octets.len() - 4;
        for (place, octet) in octets[name].iter_mut().enumerate() {
            // A length is at most 63, which is no letter.
            if octet.is_ascii_alphabetic() && random[2 + place / 8] >> (place % 8) & 1 == 1 {
                *octet ^= 0x20;
            }
        }
        Self { octets, query: query.clone(), family, case }
    }

    /// The message on the wire.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What `octets` are to this question.
    pub(super) fn hear(&self, octets: &[u8]) -> Heard {
        let Ok(message) = Message::from_octets(octets) else { return Heard::Foreign };
        if !self.is_answered_by(message) {
            return Heard::Foreign;
        }
        if message.header().tc() {
            return Heard::Truncated;
        }
        Heard::Answer(self.read(message))
    }

    /// Whether it is an answer to this very question.
    fn is_answered_by(&self, message: Message<&[u8]>) -> bool {
        let header = message.header();
        let id = u16::from_be_bytes([self.octets[0], self.octets[1]]);
        if !header.qr() || header.id() != id || header.opcode() != Opcode::QUERY {
            return false;
        }
        if message.header_counts().qdcount() != 1 {
            return false;
        }
        // There is nothing before the question that its name could be shortened by.
        let asked = &self.octets[HEADER..];
        let Some(question) = message.as_octets().get(HEADER..self.octets.len()) else { return false };
        let type_and_class = asked.len() - 4;
        let same_name = match self.case {
            Case::Kept => question[..type_and_class] == asked[..type_and_class],
            Case::Any => question[..type_and_class].eq_ignore_ascii_case(&asked[..type_and_class]),
        };
        same_name && question[type_and_class..] == asked[type_and_class..]
    }

    /// The one address in the one record of the answer.
    fn read(&self, message: Message<&[u8]>) -> Result<IpAddr, Fault> {
        check_rcode(message.header().rcode())?;
        let count = message.header_counts().ancount();
        if count == 0 {
            return Err(Fault::new(Class::Unexpected, "has no such record"));
        }
        if count > 1 {
            let what = format!("answered with {count} records where one address is expected");
            return Err(Fault::new(Class::Unexpected, what).hint(NOT_ITSELF));
        }
        let broken = || Fault::new(Class::Unexpected, "the answer is broken off or garbled");
        let mut records = message.answer().map_err(|_| broken())?;
        let record = records.next().ok_or_else(broken)?.map_err(|_| broken())?;
        let (rtype, class) = (self.query.rtype(self.family), self.query.class());
        if !record.owner().name_eq(self.query.name()) || record.rtype() != rtype || record.class() != class {
            let what = "answered with a record that was not asked for";
            let said = format!("{} {} {}", record.owner(), record.class(), record.rtype());
            return Err(Fault::new(Class::Unexpected, what).said(beginning(&said)));
        }
        self.content(&record)?.ok_or_else(broken)
    }

    /// The address in a record of the type asked; `None` where its data are not of that type's form.
    fn content(&self, record: &ParsedRecord<'_, &[u8]>) -> Result<Option<IpAddr>, Fault> {
        match self.query.wanted() {
            Wanted::Text => {
                let Ok(Some(record)) = record.to_record::<Txt<_>>() else { return Ok(None) };
                let mut strings = record.data().iter();
                let (Some(text), None) = (strings.next(), strings.next()) else {
                    let what = "answered with several texts where one address is expected";
                    return Err(Fault::new(Class::Unexpected, what).hint(NOT_ITSELF));
                };
                let text = String::from_utf8_lossy(text);
                one_address(&text, self.family).map(Some)
            }
            Wanted::Address | Wanted::V4 | Wanted::V6 => match self.family {
                Family::V4 => Ok(record.to_record::<A>().ok().flatten().map(|a| a.data().addr().into())),
                Family::V6 => Ok(record.to_record::<Aaaa>().ok().flatten().map(|a| a.data().addr().into())),
            },
        }
    }
}

/// What to look at where a server does not answer as it is known to.
const NOT_ITSELF: &str =
    "look for a router or provider that answers questions to other name servers in their place";

fn check_rcode(rcode: Rcode) -> Result<(), Fault> {
    let fault = match rcode {
        Rcode::NOERROR => return Ok(()),
        Rcode::NXDOMAIN => {
            Fault::new(Class::Unexpected, "says that the name does not exist").hint(NOT_ITSELF)
        }
        Rcode::REFUSED | Rcode::NOTAUTH => Fault::new(Class::Unavailable, "refuses to answer this question"),
        Rcode::SERVFAIL => Fault::new(Class::Unavailable, "is broken for now"),
        _ => Fault::new(Class::Unexpected, "does not understand the question"),
    };
    Err(fault.status(rcode.to_string()))
}

/// The wire's names of what a query asks for.
impl Query {
    pub(super) fn rtype(&self, family: Family) -> Rtype {
        match (self.wanted(), family) {
            (Wanted::Text, _) => Rtype::TXT,
            (Wanted::Address | Wanted::V4 | Wanted::V6, Family::V4) => Rtype::A,
            (Wanted::Address | Wanted::V4 | Wanted::V6, Family::V6) => Rtype::AAAA,
        }
    }

    pub(super) fn class(&self) -> DnsClass {
        if self.is_chaos() { DnsClass::CH } else { DnsClass::IN }
    }
}

#[cfg(test)]
mod tests;

//! The question of a source on the wire, and the address in its answer.
//!
//! Pure: octets in, octets out. What belongs to a question is told by [`dns::Asked`]; here it is read.

use super::query::{Query, Wanted};
use crate::net::dns::{self, Asking, Case, Recursion};
use crate::source::{beginning, one_address};
use domain::base::iana::{Class as DnsClass, Rcode, Rtype};
use domain::base::name::ToName;
use domain::base::{Message, ParsedRecord};
use domain::rdata::{A, Aaaa, Txt};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use std::net::IpAddr;

/// A question that is ready to be sent, possibly several times.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    question: dns::Asked,
    query: Query,
    family: Family,
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

impl Asked {
    /// The question about this family, with a random id and random case.
    pub(super) fn new(query: &Query, family: Family, case: Case) -> Self {
        let question = dns::Asked::new(&asking(query, family, case));
        Self { question, query: query.clone(), family }
    }

    /// The message on the wire.
    pub(super) fn octets(&self) -> &[u8] {
        self.question.octets()
    }

    /// What `octets` are to this question.
    pub(super) fn hear(&self, octets: &[u8]) -> Heard {
        match self.question.hear(octets) {
            dns::Heard::Foreign => Heard::Foreign,
            dns::Heard::Truncated => Heard::Truncated,
            dns::Heard::Answer(message) => Heard::Answer(self.read(message)),
        }
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

fn asking(query: &Query, family: Family, case: Case) -> Asking<'_> {
    Asking {
        name: query.name(),
        rtype: query.rtype(family),
        class: query.class(),
        // A whoami name is answered by resolvers too, which take a question without this for one of another kind.
        recursion: Recursion::Desired,
        case,
        payload: None,
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

/// For the fuzz target: an address is of the family asked about, and only of the question and id that the message has.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(octets: &[u8]) {
    let questions = ["whoami.example.org", "whoami.example.org/TXT", "whoami.example/TXT/CH"];
    let mut random = [0; 34];
    random[..2].copy_from_slice(octets.first_chunk::<2>().unwrap_or(&[0; 2]));
    let asked = |query: &Query, family, case, random: &[u8; 34]| Asked {
        question: dns::Asked::with(&asking(query, family, case), random),
        query: query.clone(),
        family,
    };
    for question in questions {
        let parsed = super::query::parse(&format!("udp://192.0.2.53/{question}"));
        let (_, query) = parsed.expect("invariant: the constant is a question");
        for (family, case) in [(Family::V4, Case::Kept), (Family::V6, Case::Any)] {
            if let Heard::Answer(Ok(address)) = asked(&query, family, case, &random).hear(octets) {
                assert_eq!(Family::of(address), family);
            }
            let mut other = random;
            other[1] ^= 1;
            assert_eq!(asked(&query, family, case, &other).hear(octets), Heard::Foreign);
        }
    }
}

#[cfg(test)]
mod tests;

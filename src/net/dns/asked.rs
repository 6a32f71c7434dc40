//! A question on the wire, and what may count as its answer (RFC 1035 §4).
//!
//! Pure: octets in, octets out. An [`Asked`] knows what an answer to it looks like and hears nothing else: id,
//! question, class and the case of the letters have to come back as they were sent. Case and id are random, which
//! makes an answer hard to guess for somebody who does not see the question (RFC 5452 §4.3; draft-vixie-dnsext-dns0x20).

use super::Wire;
use domain::base::iana::{Class, Opcode, Rtype};
use domain::base::{Message, MessageBuilder};

/// Octets of the header (RFC 1035 §4.1.1).
pub const HEADER: usize = 12;

/// How many random octets a question takes: two for the id, one bit an octet of the name for the case.
pub const RANDOM: usize = 34;

/// Whether the letters' case has to come back as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// It has to, where an answer could be forged.
    Kept,
    /// It need not: nobody but the server can answer, or the server is known to be careless.
    Any,
}

/// Whether the server may ask others (the RD bit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recursion {
    /// It is asked to.
    Desired,
    /// What it knows itself is wanted.
    Unwanted,
}

/// What is to be asked.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// The name.
    pub name: &'a Wire,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: Class,
    /// Whether others may be asked.
    pub recursion: Recursion,
    /// How letters have to come back.
    pub case: Case,
    /// The UDP payload size told by EDNS (RFC 6891 §6.2.3), in octets; without EDNS where it is `None`.
    pub payload: Option<u16>,
}

/// A question that is ready to be sent, possibly several times.
#[derive(Clone, Debug)]
pub struct Asked {
    octets: Vec<u8>,
    /// Where the question ends.
    end: usize,
    case: Case,
}

/// What a datagram or a message is to a question.
#[derive(Clone, Debug)]
pub enum Heard<'a> {
    /// No answer to it; the real one may still come.
    Foreign,
    /// The answer, but for its content, which needs a stream.
    Truncated,
    /// The answer.
    Answer(Message<&'a [u8]>),
}

impl Asked {
    /// The question with a random id and random case.
    pub fn new(asking: &Asking<'_>) -> Self {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).expect("the system hands out random octets");
        Self::with(asking, &random)
    }

    /// The same from given random octets.
    pub(crate) fn with(asking: &Asking<'_>, random: &[u8; RANDOM]) -> Self {
        let fits = "a vector takes one question";
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(u16::from_be_bytes([random[0], random[1]]));
        message.header_mut().set_rd(asking.recursion == Recursion::Desired);
        let mut section = message.question();
        section.push((asking.name, asking.rtype, asking.class)).expect(fits);
        let mut additional = section.additional();
        let end = additional.as_slice().len();
        if let Some(payload) = asking.payload {
            additional
                .opt(|opt| {
                    opt.set_udp_payload_size(payload);
                    Ok(())
                })
                .expect(fits);
        }
        let mut octets = additional.finish();
        for (place, octet) in octets[HEADER..end - 4].iter_mut().enumerate() {
            // A length is at most 63, which is no letter.
            if octet.is_ascii_alphabetic() && random[2 + place / 8] >> (place % 8) & 1 == 1 {
                *octet ^= 0x20;
            }
        }
        Self { octets, end, case: asking.case }
    }

    /// The message on the wire.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What `octets` are to this question.
    pub fn hear<'a>(&self, octets: &'a [u8]) -> Heard<'a> {
        let Ok(message) = Message::from_octets(octets) else { return Heard::Foreign };
        if !self.is_answered_by(message) {
            return Heard::Foreign;
        }
        if message.header().tc() { Heard::Truncated } else { Heard::Answer(message) }
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
        let asked = &self.octets[HEADER..self.end];
        let Some(question) = message.as_octets().get(HEADER..self.end) else { return false };
        let type_and_class = asked.len() - 4;
        let same_name = match self.case {
            Case::Kept => question[..type_and_class] == asked[..type_and_class],
            Case::Any => question[..type_and_class].eq_ignore_ascii_case(&asked[..type_and_class]),
        };
        same_name && question[type_and_class..] == asked[type_and_class..]
    }
}

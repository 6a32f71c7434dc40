//! The messages: questions and updates out, answers in, TSIG on both (RFC 1035 §4, RFC 2136 §2, RFC 8945).
//!
//! A [`Request`] knows what an answer to it looks like and hears nothing else. It opens no socket and decides nothing:
//! what a refusal means is the business of `refusal`, what happens next that of the adapter.

use crate::net::dns::{PAYLOAD, Wire, values, wire};
use domain::base::iana::{Class, Opcode, Rcode, TsigRcode};
use domain::base::message_builder::{AdditionalBuilder, PushError};
use domain::base::name::FlattenInto;
use domain::base::wire::ParseError;
use domain::base::{Message, MessageBuilder, Question, Rtype, Ttl, UnknownRecordData};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{ClientTransaction, Key as Signer, ValidationError};
use dynflare_core::name::Name as CoreName;
use dynflare_core::record::RecordType;
use std::sync::Arc;

/// One RRset with its data in wire form.
pub(super) struct Set<'a> {
    pub(super) name: &'a CoreName,
    pub(super) rtype: RecordType,
    pub(super) values: &'a [Vec<u8>],
}

/// A message that is ready to be sent, possibly several times.
pub(super) struct Request {
    octets: Vec<u8>,
    id: u16,
    opcode: Opcode,
    question: Question<Wire>,
    transaction: Option<ClientTransaction<Arc<Signer>>>,
}

/// What a datagram or a message of a stream is to a request.
pub(super) enum Heard {
    /// No answer to it; the real one may still come.
    Foreign,
    /// An answer that must not be believed, although the request was signed; the real one may still come.
    Doubtful(Doubt),
    /// The answer.
    Answer(Answer),
}

/// Why an answer must not be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It claims success, and is not signed.
    Unsigned,
    /// Its signature is wrong.
    Signature,
}

/// An answer that belongs to its request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) message: Message<Vec<u8>>,
    pub(super) rcode: Rcode,
    /// The error in the TSIG record, where there is one.
    pub(super) tsig: Option<TsigRcode>,
    pub(super) signature: Signature,
}

/// Whether an answer is the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// Signed with our key.
    Good,
    /// We signed, the answer is not; it is a refusal, or it would be doubtful.
    Missing,
    /// We have no key.
    NotAsked,
}

impl Request {
    /// A question to the server itself (no recursion).
    pub(super) fn question(name: &Wire, rtype: Rtype, signer: Option<&Arc<Signer>>) -> Self {
        let question = Question::new(name.clone(), rtype, Class::IN);
        Self::build(Opcode::QUERY, question, signer, |builder| {
            let mut additional = builder.additional();
            additional.opt(|opt| {
                opt.set_udp_payload_size(PAYLOAD);
                Ok(())
            })?;
            Ok(additional)
        })
    }

    /// An update that replaces a set, provided it still holds exactly `expect` (RFC 2136 §2.4.2, or §2.4.3 where that is
    /// empty). All or nothing (§3.4): the old set goes (§2.5.2) and the new one comes (§2.5.1) in one message.
    pub(super) fn replace(
        zone: &Wire,
        expect: &Set<'_>,
        values: &[Vec<u8>],
        ttl: u32,
        signer: Option<&Arc<Signer>>,
    ) -> Self {
        let owner = wire(expect.name);
        let rtype = Rtype::from_int(expect.rtype.code());
        let question = Question::new(zone.clone(), Rtype::SOA, Class::IN);
        Self::build(Opcode::UPDATE, question, signer, |builder| {
            let builder = prerequisites(builder, &owner, rtype, expect.values)?;
            let mut update = builder.authority();
            if !expect.values.is_empty() {
                update.push((&owner, Class::ANY, Ttl::ZERO, data(rtype, &[])))?;
            }
            for value in values {
                update.push((&owner, Class::IN, Ttl::from_secs(ttl), data(rtype, value)))?;
            }
            Ok(update.additional())
        })
    }

    /// An update of prerequisites alone: it changes nothing and tells whether the set of exactly this name, not one
    /// made from a wildcard, holds `expect`.
    pub(super) fn probe(zone: &Wire, expect: &Set<'_>, signer: Option<&Arc<Signer>>) -> Self {
        let (owner, rtype) = (wire(expect.name), Rtype::from_int(expect.rtype.code()));
        let question = Question::new(zone.clone(), Rtype::SOA, Class::IN);
        Self::build(Opcode::UPDATE, question, signer, |builder| {
            Ok(prerequisites(builder, &owner, rtype, expect.values)?.additional())
        })
    }

    fn build(
        opcode: Opcode,
        question: Question<Wire>,
        signer: Option<&Arc<Signer>>,
        fill: impl FnOnce(
            domain::base::message_builder::AnswerBuilder<Vec<u8>>,
        ) -> Result<AdditionalBuilder<Vec<u8>>, PushError>,
    ) -> Self {
        let mut message = MessageBuilder::new_vec();
        let mut id = [0; 2];
        getrandom::fill(&mut id).expect("the system hands out random octets");
        let id = u16::from_ne_bytes(id);
        message.header_mut().set_id(id);
        message.header_mut().set_opcode(opcode);
        let mut section = message.question();
        let fits = "a vector takes any message that our sets make";
        section.push(&question).expect(fits);
        let mut message = fill(section.answer()).expect(fits);
        let transaction = signer.map(|signer| {
            ClientTransaction::request(Arc::clone(signer), &mut message, Time48::now()).expect(fits)
        });
        Self { octets: message.finish(), id, opcode, question, transaction }
    }

    /// The message on the wire.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What `octets`, received from the server's address, are to this request.
    pub(super) fn hear(&self, octets: &[u8]) -> Heard {
        let Ok(mut message) = Message::from_octets(octets.to_vec()) else {
            return Heard::Foreign;
        };
        let header = message.header();
        if !header.qr() || header.id() != self.id || header.opcode() != self.opcode || !self.asks(&message) {
            return Heard::Foreign;
        }
        let rcode = header.rcode();
        let tsig = tsig_error(&message);
        let Some(transaction) = &self.transaction else {
            return Heard::Answer(Answer { message, rcode, tsig, signature: Signature::NotAsked });
        };
        let signature = match transaction.answer(&mut message, Time48::now()) {
            Ok(()) => Signature::Good,
            Err(ValidationError::ServerUnsigned) if self.claims_knowledge(rcode) => {
                return Heard::Doubtful(Doubt::Unsigned);
            }
            // A server that cannot check our signature cannot sign (RFC 8945 §5.3.2); a refusal may be heard all the
            // same, for it makes us do nothing.
            Err(_) if rcode == Rcode::NOTAUTH && tsig.is_some_and(|error| error != TsigRcode::NOERROR) => {
                Signature::Missing
            }
            Err(ValidationError::ServerUnsigned) => Signature::Missing,
            Err(_) => return Heard::Doubtful(Doubt::Signature),
        };
        Heard::Answer(Answer { message, rcode, tsig, signature })
    }

    /// Whether something would follow from believing an answer: a set that was read, a change that was made.
    fn claims_knowledge(&self, rcode: Rcode) -> bool {
        rcode == Rcode::NOERROR || (rcode == Rcode::NXDOMAIN && self.opcode == Opcode::QUERY)
    }

    /// Whether the message repeats our question. Answers to updates may leave it out (RFC 2136 §3.8), and so do
    /// refusals of some servers.
    fn asks(&self, message: &Message<Vec<u8>>) -> bool {
        let header = message.header();
        match message.header_counts().qdcount() {
            0 => self.opcode == Opcode::UPDATE || header.rcode() != Rcode::NOERROR,
            1 => message.first_question().is_some_and(|question| question == self.question),
            _ => false,
        }
    }
}

type Answers = domain::base::message_builder::AnswerBuilder<Vec<u8>>;

fn prerequisites(
    mut builder: Answers,
    owner: &Wire,
    rtype: Rtype,
    expect: &[Vec<u8>],
) -> Result<Answers, PushError> {
    if expect.is_empty() {
        builder.push((owner, Class::NONE, Ttl::ZERO, data(rtype, &[])))?;
    }
    for value in expect {
        // The TTL must be zero (§2.4.2): a prerequisite is about the data alone.
        builder.push((owner, Class::IN, Ttl::ZERO, data(rtype, value)))?;
    }
    Ok(builder)
}

fn data(rtype: Rtype, octets: &[u8]) -> UnknownRecordData<&[u8]> {
    UnknownRecordData::from_octets(rtype, octets).expect("record data is at most 65535 octets long")
}

fn tsig_error(message: &Message<Vec<u8>>) -> Option<TsigRcode> {
    let last = message.additional().ok()?.filter_map(Result::ok).last()?;
    let record = last.into_record::<Tsig<_, _>>().ok()??;
    Some(record.data().error())
}

impl Answer {
    /// TTL and text of the records of a name and type in the answer section.
    pub(super) fn values(&self, name: &Wire, rtype: RecordType) -> Result<Vec<(u32, String)>, Unreadable> {
        Ok(values(&self.message, name, rtype)?)
    }

    /// The owner of the SOA record in the answer or the authority section: the zone that the name lies in
    /// (RFC 2308 §2).
    pub(super) fn soa_owner(&self) -> Option<Wire> {
        let answer = self.message.answer().into_iter().flatten();
        let authority = self.message.authority().into_iter().flatten();
        let soa =
            answer.chain(authority).filter_map(Result::ok).find(|record| record.rtype() == Rtype::SOA)?;
        soa.owner().try_flatten_into().ok()
    }
}

/// A record of the answer that breaks the rules of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl From<ParseError> for Unreadable {
    fn from(_: ParseError) -> Self {
        Self
    }
}

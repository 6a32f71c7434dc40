//! Names that answer with the address of whoever asks: A, AAAA and TXT with TTL 0, so that nobody keeps the answer.
//!
//! A resolver in between is the one that asks. A type without an answer, as A for somebody who asks over IPv6, is "nothing
//! of that type" without a SOA record, which nobody may keep either (RFC 2308 §5).

use crate::answer::{PAYLOAD, Writer};
use crate::message::{self, HEAD, Rcode, Request};
use crate::name::WireName;
use crate::rdata::code;
use dynflare_core::name::Name;
use std::net::IpAddr;

/// The names, in wire form and lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Whoami {
    names: Box<[Box<[u8]>]>,
}

impl Whoami {
    pub(super) fn new(names: &[Name]) -> Self {
        Self { names: names.iter().map(|name| Box::from(&*WireName::of(name).lower())).collect() }
    }

    /// Answers a question about one of the names; false where it is none, and nothing is written.
    pub(super) fn answer(&self, octets: &[u8], from: IpAddr, out: &mut Vec<u8>) -> bool {
        // What is hardly ever the case is seen without reading the message.
        let name = octets.get(HEAD..).unwrap_or_default();
        let asked = |own: &[u8]| name.get(..own.len()).is_some_and(|name| name.eq_ignore_ascii_case(own));
        if !self.names.iter().any(|own| asked(own)) {
            return false;
        }
        let Some(request) = Request::read(octets) else { return false };
        let question = &request.question;
        let is_plain = request.head.opcode() == message::QUERY
            && !request.head.is_response()
            && question.class == message::IN
            && request.tsig.is_none()
            && request.edns.is_none_or(|edns| edns.version == 0)
            && !matches!(question.rtype, code::AXFR | code::IXFR);
        if !is_plain {
            return false;
        }
        let mut writer = Writer::answering(&request, out);
        writer.anchor(&question.name, &question.name);
        writer.authoritative();
        let mut record = |rtype, data: &[u8]| writer.record(1, &question.name, (rtype, 0), data);
        match (question.rtype, from.to_canonical()) {
            (code::A, IpAddr::V4(address)) => record(code::A, &address.octets()),
            (code::AAAA, IpAddr::V6(address)) => record(code::AAAA, &address.octets()),
            (code::TXT, address) => {
                let text = address.to_string();
                let length = u8::try_from(text.len()).expect("invariant: an address is shorter");
                record(code::TXT, &[&[length], text.as_bytes()].concat());
            }
            _ => {}
        }
        debug_assert!(writer.len() < usize::from(PAYLOAD));
        writer.finish(request.edns, Rcode::NoError);
        true
    }
}

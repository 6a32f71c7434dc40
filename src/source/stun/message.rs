//! The Binding request, and what may count as its answer (RFC 8489 §5, §14).
//!
//! Pure: octets in, octets out. A [`Binding`] knows what an answer to it looks like and hears nothing else: magic
//! cookie and transaction id have to come back. Only XOR-MAPPED-ADDRESS is read: routers rewrite what looks like an
//! address in MAPPED-ADDRESS (§14.2).

pub(super) use crate::net::stun::{HEADER, body_length};

use crate::net::stun::{
    self, COOKIE, ERROR, ERROR_CODE, FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, REQUEST,
    SUCCESS, XOR_MAPPED_ADDRESS,
};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One transaction.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    octets: [u8; HEADER],
    family: Family,
}

/// What a message is to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// No answer to it; the real one may still come.
    Foreign,
    /// The answer: an address, or why there is none.
    Answer(Result<IpAddr, Fault>),
}

impl Binding {
    /// A transaction with a random id (§5: 96 bits, cryptographically random).
    pub(super) fn new(family: Family) -> Self {
        let mut id = [0; 12];
        getrandom::fill(&mut id).expect("the system hands out random octets");
        Self::with(family, id)
    }

    fn with(family: Family, id: [u8; 12]) -> Self {
        let mut octets = [0; HEADER];
        octets[..2].copy_from_slice(&REQUEST.to_be_bytes());
        octets[4..8].copy_from_slice(&COOKIE);
        octets[8..].copy_from_slice(&id);
        Self { octets, family }
    }

    /// The message on the wire: a header without attributes.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What a whole message is to this transaction.
    pub(super) fn hear(&self, octets: &[u8]) -> Heard {
        let Some((header, body)) = octets.split_first_chunk::<HEADER>() else { return Heard::Foreign };
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let is_ours = header[4..] == self.octets[4..] && body_length(header) == Some(body.len());
        if !is_ours || !matches!(kind, SUCCESS | ERROR) {
            return Heard::Foreign;
        }
        let Some(attributes) = Attributes::read(octets) else { return Heard::Foreign };
        Heard::Answer(match kind {
            ERROR => Err(attributes.error()),
            _ => self.mapped(&attributes),
        })
    }

    fn mapped(&self, attributes: &Attributes<'_>) -> Result<IpAddr, Fault> {
        // §6.3.3: such a response is not to be used.
        if let Some(unknown) = attributes.unknown {
            let what = "answered with an attribute that must be understood and is not known";
            return Err(Fault::new(Class::Unexpected, what).status(format!("attribute {unknown:#06x}")));
        }
        let Some(value) = attributes.mapped else {
            let what = "answered without an XOR-MAPPED-ADDRESS";
            return Err(Fault::new(Class::Unexpected, what));
        };
        let garbled = || Fault::new(Class::Unexpected, "the XOR-MAPPED-ADDRESS is garbled");
        let address = self.unxor(value).ok_or_else(garbled)?;
        if Family::of(address) != self.family {
            let what =
                format!("answered with an {} address where {} was asked", Family::of(address), self.family);
            return Err(Fault::new(Class::Unexpected, what).said(address.to_string()));
        }
        Ok(address)
    }

    /// The address in an XOR-MAPPED-ADDRESS (§14.2): combined with the cookie, for IPv6 also with the id.
    fn unxor(&self, value: &[u8]) -> Option<IpAddr> {
        let mut key = self.octets[4..].iter();
        let mut plain = |octet: &u8| key.next().map(|key| octet ^ key);
        let (head, address) = value.split_first_chunk::<4>()?;
        let address: Vec<u8> = address.iter().map_while(&mut plain).collect();
        // The first octet has no meaning; the second is the family.
        match (head[1], value.len()) {
            (0x01, 8) => Some(Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).into()),
            (0x02, 20) => Some(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).into()),
            _ => None,
        }
    }
}

/// The attributes that matter, each the first of its type (§14).
#[derive(Debug, Default)]
struct Attributes<'a> {
    mapped: Option<&'a [u8]>,
    error: Option<&'a [u8]>,
    unknown: Option<u16>,
}

impl<'a> Attributes<'a> {
    /// Walks over the attributes; `None` where they do not fill the message exactly, contradict each other, or do not
    /// match the FINGERPRINT.
    fn read(octets: &'a [u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut signed = false;
        for attribute in stun::attributes(octets) {
            let stun::Attribute { kind, value, .. } = attribute.ok()?;
            match kind {
                FINGERPRINT => {}
                MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => signed = true,
                // What follows a signature is not covered by it and is ignored (§14.5).
                _ if signed => {}
                XOR_MAPPED_ADDRESS => match found.mapped {
                    Some(first) if first != value => return None,
                    Some(_) | None => found.mapped = Some(value),
                },
                ERROR_CODE => found.error = found.error.or(Some(value)),
                _ if must_be_understood(kind) => found.unknown = found.unknown.or(Some(kind)),
                _ => {}
            }
        }
        Some(found)
    }

    /// What an error response says (§14.8).
    fn error(&self) -> Fault {
        let Some((head, reason)) = self.error.and_then(|value| value.split_first_chunk::<4>()) else {
            return Fault::new(Class::Unexpected, "answered with an error that has no code");
        };
        let code = u16::from(head[2] & 0x07) * 100 + u16::from(head[3].min(99));
        let fault = match code {
            // Its new server is one that nobody chose.
            300..=399 => Fault::new(Class::Unavailable, "sends to another server, which is not followed"),
            401 | 438 => Fault::new(Class::Unavailable, "answers only those it knows"),
            500..=599 => Fault::new(Class::Unavailable, "is broken for now"),
            _ => Fault::new(Class::Unexpected, "does not understand the question"),
        };
        let fault = fault.status(format!("STUN {code}"));
        let reason: String = String::from_utf8_lossy(reason).chars().take(128).collect();
        if reason.is_empty() { fault } else { fault.said(reason) }
    }
}

/// Whether a type is in the range whose attributes must be understood (§14) and is none that can be: those that mean
/// something for other methods or with credentials, and those of RFC 3489, which mean nothing any more (§18.3).
fn must_be_understood(kind: u16) -> bool {
    const KNOWN: [u16; 15] = [
        0x0001,
        0x0002,
        0x0003,
        0x0004,
        0x0005,
        0x0006,
        0x0007,
        0x000a,
        0x000b,
        0x0014,
        0x0015,
        0x001d,
        0x001e,
        ERROR_CODE,
        XOR_MAPPED_ADDRESS,
    ];
    kind < 0x8000 && !KNOWN.contains(&kind)
}

/// For the fuzz target: an address is of the family asked about, and only of the transaction that the message names.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(octets: &[u8]) {
    let mut id: [u8; 12] = octets.get(8..HEADER).and_then(|id| id.try_into().ok()).unwrap_or_default();
    for family in Family::BOTH {
        if let Heard::Answer(Ok(address)) = Binding::with(family, id).hear(octets) {
            assert_eq!(Family::of(address), family);
        }
    }
    id[11] ^= 1;
    assert_eq!(Binding::with(Family::V4, id).hear(octets), Heard::Foreign);
    if let Some(header) = octets.first_chunk() {
        let _length = body_length(header);
    }
}

#[cfg(test)]
mod tests;

//! Signatures of messages with shared keys (RFC 8945): checking requests, signing answers, one or many.
//!
//! Truncated signatures are not taken (§5.2.2.1 leaves that to local policy).

mod client;

pub(crate) use client::{check_answer, sign_request};

use crate::message::{ANY, HEAD, RecordAt, Request};
use crate::name::WireName;
use crate::rdata::code;
use dynflare_core::name::Name;
use ring::hmac;
use std::fmt;

/// How far the clocks may differ, in seconds (§10).
pub const FUDGE: u16 = 300;

/// The algorithms of §6 that are not deprecated there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `hmac-sha256`.
    #[default]
    Sha256,
    /// `hmac-sha384`.
    Sha384,
    /// `hmac-sha512`.
    Sha512,
}

impl Algorithm {
    /// Its name on the wire.
    fn wire(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"\x0bhmac-sha256\0",
            Self::Sha384 => b"\x0bhmac-sha384\0",
            Self::Sha512 => b"\x0bhmac-sha512\0",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    /// Octets of a signature.
    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A shared key. Its secret is never shown.
#[derive(Clone)]
pub struct Key {
    name: Name,
    wire: WireName,
    algorithm: Algorithm,
    secret: hmac::Key,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl Key {
    pub(crate) fn of(name: Name, algorithm: Algorithm, secret: &[u8]) -> Self {
        let wire = WireName::of(&name).lower();
        Self { name, wire, algorithm, secret: hmac::Key::new(algorithm.hmac(), secret) }
    }

    /// The name under which both sides know it.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

/// Errors in a TSIG record (IANA registry "TSIG Error").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum TsigError {
    None = 0,
    BadSig = 16,
    BadKey = 17,
    BadTime = 18,
    BadTrunc = 22,
}

/// The data of a TSIG record (§4.2).
struct Fields<'m> {
    algorithm: WireName,
    time: u64,
    fudge: u16,
    mac: &'m [u8],
    id: u16,
}

impl<'m> Fields<'m> {
    fn read(octets: &'m [u8], record: &RecordAt) -> Option<Self> {
        let (algorithm, mut at) = WireName::read(octets, record.from)?;
        let mut take = |count: usize| {
            let piece = octets.get(at..at + count).filter(|_| at + count <= record.to)?;
            at += count;
            Some(piece)
        };
        let two = |piece: &[u8]| u16::from_be_bytes([piece[0], piece[1]]);
        let time = take(6)?.iter().fold(0, |time, octet| time << 8 | u64::from(*octet));
        let fudge = two(take(2)?);
        let length = usize::from(two(take(2)?));
        let mac = take(length)?;
        let id = two(take(2)?);
        let _error = take(2)?;
        let length = usize::from(two(take(2)?));
        take(length)?;
        (at == record.to).then_some(Self { algorithm, time, fudge, mac, id })
    }
}

/// What the answer to a signed request needs for its own signature.
#[derive(Clone)]
pub(crate) struct Signing {
    owner: WireName,
    algorithm: WireName,
    /// `None` where there is nothing to sign with: an unknown key, a wrong signature.
    key: Option<Key>,
    /// The signature before this one: the request's, then the last message's.
    before: Vec<u8>,
    error: TsigError,
    /// The time that goes out; with BADTIME that of the request (§5.2.3).
    time: u64,
    /// The server's time, with BADTIME.
    clock: Option<u64>,
    id: u16,
    /// After the first message of a transfer only the times are signed (§5.3.1).
    first: bool,
}

/// Who sent a request.
pub(crate) enum Sender {
    /// Anybody.
    Unsigned,
    /// Whoever has the key with this number.
    Holder(usize, Signing),
    /// Somebody whose signature is not right; the answer is NOTAUTH, signed like this.
    Refused(Signing),
    /// The TSIG record itself breaks the rules; the answer is FORMERR.
    Malformed,
}

/// Checks a request: key, then signature, then time (§5.2).
pub(crate) fn check<'k>(request: &Request<'_>, keys: impl Iterator<Item = &'k Key>, now: u64) -> Sender {
    let Some(record) = &request.tsig else { return Sender::Unsigned };
    let Some(fields) = Fields::read(request.octets, record) else { return Sender::Malformed };
    let mut signing = Signing {
        owner: record.name,
        algorithm: fields.algorithm,
        key: None,
        before: Vec::new(),
        error: TsigError::BadKey,
        time: fields.time,
        clock: None,
        id: fields.id,
        first: true,
    };
    let found = keys.enumerate().find(|(_, key)| {
        key.wire == record.name && fields.algorithm.eq_ignore_ascii_case(key.algorithm.wire())
    });
    let Some((number, key)) = found else { return Sender::Refused(signing) };
    let whole = key.algorithm.length();
    if fields.mac.len() > whole || fields.mac.len() < (whole / 2).max(10) {
        return Sender::Malformed;
    }
    let mut signed = Vec::with_capacity(request.octets.len() + 64);
    // The message as it was before it was signed: its own identifier, one record less.
    signed.extend_from_slice(&request.octets[..record.start]);
    signed[..2].copy_from_slice(&fields.id.to_be_bytes());
    signed[10..HEAD].copy_from_slice(&(request.head.counts[3] - 1).to_be_bytes());
    variables(&mut signed, (&key.wire, key.algorithm), (fields.time, fields.fudge), TsigError::None, &[]);
    let mac = hmac::sign(&key.secret, &signed);
    if differs(&mac.as_ref()[..fields.mac.len()], fields.mac) {
        signing.error = TsigError::BadSig;
        return Sender::Refused(signing);
    }
    signing.key = Some(key.clone());
    signing.before = fields.mac.to_vec();
    if now.abs_diff(fields.time) > u64::from(fields.fudge) {
        signing.error = TsigError::BadTime;
        signing.clock = Some(now);
        return Sender::Refused(signing);
    }
    signing.time = now;
    if fields.mac.len() < whole {
        signing.error = TsigError::BadTrunc;
        return Sender::Refused(signing);
    }
    signing.error = TsigError::None;
    Sender::Holder(number, signing)
}

/// Whether two pieces of the same length differ, in a time that does not tell where.
fn differs(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) != 0
}

/// The TSIG variables that are signed (§4.3.3).
fn variables(
    signed: &mut Vec<u8>,
    (owner, algorithm): (&WireName, Algorithm),
    (time, fudge): (u64, u16),
    error: TsigError,
    other: &[u8],
) {
    signed.extend_from_slice(owner);
    signed.extend_from_slice(&ANY.to_be_bytes());
    signed.extend_from_slice(&[0; 4]);
    signed.extend_from_slice(algorithm.wire());
    signed.extend_from_slice(&time.to_be_bytes()[2..]);
    signed.extend_from_slice(&fudge.to_be_bytes());
    signed.extend_from_slice(&(error as u16).to_be_bytes());
    signed.extend_from_slice(&u16::try_from(other.len()).expect("invariant: none or six").to_be_bytes());
    signed.extend_from_slice(other);
}

impl Signing {
    /// Octets that the signature will take.
    pub(crate) fn room(&self) -> usize {
        let mac = self.key.as_ref().map_or(0, |key| key.algorithm.length());
        // Type, class, TTL, length; time, fudge, length, identifier, error, length; the server's time.
        self.owner.len() + 10 + self.algorithm.len() + 16 + mac + if self.clock.is_some() { 6 } else { 0 }
    }

    /// Signs the message that begins at `start` and is complete but for its TSIG record.
    pub(crate) fn sign(&mut self, out: &mut Vec<u8>, start: usize) {
        let other = self.clock.map(u64::to_be_bytes);
        let other = other.as_ref().map_or(&[][..], |clock| &clock[2..]);
        let mut mac = Vec::new();
        if let Some(key) = &self.key {
            let mut signed = Vec::with_capacity(out.len() - start + 256);
            // Nothing comes before a request.
            if !self.before.is_empty() {
                signed.extend(u16::try_from(self.before.len()).expect("invariant: 64 at most").to_be_bytes());
                signed.extend_from_slice(&self.before);
            }
            let from = signed.len();
            signed.extend_from_slice(&out[start..]);
            signed[from..from + 2].copy_from_slice(&self.id.to_be_bytes());
            if self.first {
                let names = (&key.wire, key.algorithm);
                variables(&mut signed, names, (self.time, FUDGE), self.error, other);
            } else {
                signed.extend_from_slice(&self.time.to_be_bytes()[2..]);
                signed.extend_from_slice(&FUDGE.to_be_bytes());
            }
            mac.extend_from_slice(hmac::sign(&key.secret, &signed).as_ref());
        }
        out.extend_from_slice(&self.owner);
        out.extend_from_slice(&code::TSIG.to_be_bytes());
        out.extend_from_slice(&ANY.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        let length = self.algorithm.len() + 16 + mac.len() + other.len();
        out.extend(u16::try_from(length).expect("invariant: a few hundred octets").to_be_bytes());
        out.extend_from_slice(&self.algorithm);
        out.extend_from_slice(&self.time.to_be_bytes()[2..]);
        out.extend_from_slice(&FUDGE.to_be_bytes());
        out.extend(u16::try_from(mac.len()).expect("invariant: 64 at most").to_be_bytes());
        out.extend_from_slice(&mac);
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&(self.error as u16).to_be_bytes());
        out.extend(u16::try_from(other.len()).expect("invariant: none or six").to_be_bytes());
        out.extend_from_slice(other);
        let count = u16::from_be_bytes([out[start + 10], out[start + 11]]) + 1;
        out[start + 10..start + HEAD].copy_from_slice(&count.to_be_bytes());
        self.before = mac;
        self.first = false;
    }
}

//! What a question is answered, written straight from the zone's memory into the message (RFC 1034 §4.3.2, RFC 2308,
//! RFC 4592, RFC 8482). Nothing is allocated while `out` has room.

use crate::message::{self, Edns, HEAD, Rcode, Request};
use crate::name::{self, Key, WireName};
use crate::rdata::{self, code};
use crate::sets::{self, Set};
use crate::zone::{self, Found, View, Zone};

/// The UDP payload size that passes every path (RFC 9715 §3).
pub(crate) const PAYLOAD: u16 = 1232;
/// How many CNAME records are followed inside the zone.
const ALIASES: usize = 8;
/// The last offset that a pointer can name (RFC 1035 §4.1.4).
const FARTHEST: usize = 0x3FFF;
/// Octets of an OPT record without options.
pub(crate) const OPT: usize = 11;

/// An answer being written.
pub(crate) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// Where the message begins in `out`.
    start: usize,
    /// A name in lower case that stands in the message already, and where.
    anchor: Option<(WireName, usize)>,
    counts: [u16; 4],
    flags: u16,
}

impl<'o> Writer<'o> {
    /// Writes the head and the question of the answer to a request.
    pub(crate) fn answering(request: &Request<'_>, out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&request.octets[..HEAD]);
        out.extend_from_slice(&request.question.name);
        out.extend_from_slice(&request.question.rtype.to_be_bytes());
        out.extend_from_slice(&request.question.class.to_be_bytes());
        Self { out, start, anchor: None, counts: [1, 0, 0, 0], flags: reply_flags(request.head.flags) }
    }

    /// Names that end in the zone's are written short from here on. The name asked for has to lie in it.
    pub(crate) fn anchor(&mut self, asked: &WireName, origin: &WireName) {
        self.anchor = Some((*origin, HEAD + asked.len() - origin.len()));
    }

    pub(crate) fn authoritative(&mut self) {
        self.flags |= 0x0400;
    }

    pub(crate) fn rcode(&mut self, rcode: Rcode) {
        self.flags = self.flags & !15 | (rcode as u16 & 15);
    }

    /// Octets so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// A pointer to an offset.
    fn pointer(at: usize) -> [u8; 2] {
        (0xC000 | u16::try_from(at & FARTHEST).expect("invariant: 14 bits")).to_be_bytes()
    }

    /// A name, short where it ends in the anchor.
    fn name(&mut self, name: &[u8]) {
        if let Some((origin, at)) = &self.anchor {
            let mut from = 0;
            while name.len() - from > origin.len() {
                from += 1 + usize::from(name[from]);
            }
            if name.len() - from == origin.len() && name[from..].eq_ignore_ascii_case(origin) {
                self.out.extend_from_slice(&name[..from]);
                self.out.extend_from_slice(&Self::pointer(*at));
                return;
            }
        }
        self.out.extend_from_slice(name);
    }

    /// One record, all but its owner, which stands there already. With the offset of its data.
    fn body(&mut self, section: usize, rtype: u16, ttl: u32, data: &[u8]) -> usize {
        self.out.extend_from_slice(&rtype.to_be_bytes());
        self.out.extend_from_slice(&message::IN.to_be_bytes());
        self.out.extend_from_slice(&ttl.to_be_bytes());
        self.out.extend_from_slice(&[0, 0]);
        let from = self.out.len();
        match rdata::compressible(rtype) {
            Some((before, names)) => {
                self.out.extend_from_slice(&data[..before]);
                let mut rest = &data[before..];
                for _ in 0..names {
                    let length = name::length(rest).expect("invariant: data is checked before it is stored");
                    let (name, after) = rest.split_at(length);
                    self.name(name);
                    rest = after;
                }
                self.out.extend_from_slice(rest);
            }
            None => self.out.extend_from_slice(data),
        }
        let length =
            u16::try_from(self.out.len() - from).expect("invariant: data is no longer than when stored");
        self.out[from - 2..from].copy_from_slice(&length.to_be_bytes());
        self.counts[section] += 1;
        from - self.start
    }

    /// The records of a set under a name that stands at an offset.
    pub(crate) fn set_at(&mut self, section: usize, owner: usize, set: Set<'_>, ttl: u32) {
        for data in set.records() {
            self.out.extend_from_slice(&Self::pointer(owner));
            self.body(section, set.rtype, ttl, data);
        }
    }

    /// The records of a set under a name of the zone.
    pub(crate) fn set_of(&mut self, section: usize, owner: &[u8], set: Set<'_>) {
        for data in set.records() {
            self.record(section, owner, (set.rtype, set.ttl), data);
        }
    }

    /// One record under a name of the zone: its type and TTL, its data.
    pub(crate) fn record(&mut self, section: usize, owner: &[u8], (rtype, ttl): (u16, u32), data: &[u8]) {
        self.name(owner);
        self.body(section, rtype, ttl, data);
    }

    /// Takes back what was written after an offset, with what has been counted since.
    pub(crate) fn cut(&mut self, length: usize, counts: [u16; 4]) {
        self.out.truncate(self.start + length);
        self.counts = counts;
    }

    pub(crate) fn counts(&self) -> [u16; 4] {
        self.counts
    }

    /// Says that there is more (RFC 2181 §9).
    pub(crate) fn truncated(&mut self) {
        self.flags |= 0x0200;
    }

    /// Adds OPT where the request had it, and fills in the head.
    pub(crate) fn finish(mut self, edns: Option<Edns>, rcode: Rcode) {
        self.rcode(rcode);
        if let Some(edns) = edns {
            let high = (rcode as u16 >> 4).to_be_bytes()[1];
            let flags = if edns.dnssec { 0x80 } else { 0 };
            self.out.extend_from_slice(&[0, 0, 41]);
            self.out.extend_from_slice(&PAYLOAD.to_be_bytes());
            self.out.extend_from_slice(&[high, 0, flags, 0, 0, 0]);
            self.counts[3] += 1;
        }
        let head = &mut self.out[self.start..self.start + HEAD];
        head[2..4].copy_from_slice(&self.flags.to_be_bytes());
        for (place, count) in head[4..].chunks_exact_mut(2).zip(self.counts) {
            place.copy_from_slice(&count.to_be_bytes());
        }
    }
}

/// QR set; opcode and RD as they were; everything else off: no recursion ever (RA), and nothing to say yet.
fn reply_flags(flags: u16) -> u16 {
    0x8000 | flags & 0x7900
}

/// An answer to what cannot be read: the head alone.
pub(crate) fn bare(octets: &[u8], rcode: Rcode, out: &mut Vec<u8>) {
    let Some(head) = message::Head::read(octets) else { return };
    out.extend_from_slice(&head.id.to_be_bytes());
    out.extend_from_slice(&(reply_flags(head.flags) | rcode as u16 & 15).to_be_bytes());
    out.extend_from_slice(&[0; 8]);
}

/// Whether one set is enough for a question of type ANY (RFC 8482 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Any {
    /// The first of them: over UDP, where anybody's address may have been put in.
    One,
    /// All of them.
    All,
}

/// Answers from a zone that holds the name. `key` is the name's, relative to the zone.
pub(crate) fn from_zone(
    zone: &Zone,
    request: &Request<'_>,
    key: &[u8],
    any: Any,
    writer: &mut Writer<'_>,
) -> Rcode {
    let rtype = request.question.rtype;
    writer.anchor(&request.question.name, zone.origin());
    // Where the name that is being looked for stands in the message.
    let mut owner = HEAD;
    let mut followed: Option<Key> = None;
    for _ in 0..=ALIASES {
        let key = match &followed {
            None => key,
            Some(target) => match name::relative(target, zone.key()) {
                Some(key) => key,
                None => return Rcode::NoError,
            },
        };
        let sets = match zone.find(key, rtype) {
            Found::Sets(sets) => sets,
            Found::Cut(cut, servers) => {
                if followed.is_some() {
                    writer.authoritative();
                }
                refer(zone, cut, servers, writer);
                return Rcode::NoError;
            }
            Found::Nowhere => {
                writer.authoritative();
                deny(zone, writer);
                return Rcode::NxDomain;
            }
        };
        writer.authoritative();
        if rtype == code::ANY {
            if sets.is_empty() {
                deny(zone, writer);
            }
            let many = if any == Any::All { usize::MAX } else { 1 };
            sets::all(sets).take(many).for_each(|set| writer.set_at(1, owner, set, set.ttl));
            return Rcode::NoError;
        }
        if let Some(set) = sets::find(sets, rtype) {
            writer.set_at(1, owner, set, set.ttl);
            return Rcode::NoError;
        }
        let Some(alias) = sets::find(sets, code::CNAME) else {
            deny(zone, writer);
            return Rcode::NoError;
        };
        let target = alias.first();
        writer.out.extend_from_slice(&Writer::pointer(owner));
        owner = writer.body(1, code::CNAME, alias.ttl, target);
        followed = Some(Key::of(target));
    }
    Rcode::NoError
}

/// The SOA record of a negative answer (RFC 2308 §3).
fn deny(zone: &Zone, writer: &mut Writer<'_>) {
    if let Some(soa) = zone.soa() {
        let ttl = soa.ttl.min(zone::minimum_of(soa.first()));
        let at = writer.anchor.as_ref().map_or(HEAD, |anchor| anchor.1);
        writer.set_at(2, at, soa, ttl);
    }
}

/// The servers of a delegation, with those of their addresses that only this zone can know (RFC 9471 §3).
fn refer(zone: &Zone, cut: &[u8], servers: Set<'_>, writer: &mut Writer<'_>) {
    let owner = name::absolute(cut, zone.origin());
    writer.set_of(2, &owner, servers);
    for server in servers.records() {
        let key = Key::of(server);
        let Some(sets) = name::relative(&key, zone.key()).and_then(|key| zone.sets(key)) else { continue };
        for rtype in [code::A, code::AAAA] {
            if let Some(set) = sets::find(sets, rtype) {
                writer.set_of(3, server, set);
            }
        }
    }
}

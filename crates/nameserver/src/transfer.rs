//! Zones on their way to secondaries (RFC 5936, RFC 1995): messages one after the other, each made when it is asked for.

use crate::answer::Writer;
use crate::message::{IN, QUERY, Rcode, Request};
use crate::name;
use crate::rdata::code;
use crate::sets::{self, Set};
use crate::state::{Changed, Served};
use crate::tsig::Signing;
use crate::zone;
use std::iter::Peekable;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How long a message becomes, about, in octets: as far as pointers reach.
const MESSAGE: usize = 16 * 1024;
/// How many transfers may run at once; each holds a copy of its zone.
pub(crate) const AT_ONCE: usize = 16;

/// The messages of a transfer, in wire form, without the length that goes before each of them on a connection.
///
/// It holds what the zone was when the transfer began; changes meanwhile neither wait for it nor get into it.
pub struct Transfer {
    /// Head and question of the request, without what came after.
    opening: Vec<u8>,
    /// Whether the answers have an OPT record.
    edns: bool,
    origin: name::WireName,
    records: Peekable<Records>,
    signing: Option<Signing>,
    _place: Place,
}

/// One of the places for transfers; free again when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a transfer consists of, in its order.
pub(crate) type Records = Box<dyn Iterator<Item = Record> + Send>;

/// A record to be sent: the key of its name below the zone's, type and TTL, data.
pub(crate) struct Record {
    key: Box<[u8]>,
    shape: (u16, u32),
    data: Box<[u8]>,
}

impl Record {
    fn of(key: &[u8], set: Set<'_>, data: &[u8]) -> Self {
        Self { key: key.into(), shape: (set.rtype, set.ttl), data: data.into() }
    }

    fn write(&self, writer: &mut Writer<'_>, origin: &[u8]) {
        writer.record(1, &name::absolute(&self.key, origin), self.shape, &self.data);
    }
}

impl Transfer {
    /// Begins a transfer of these records; `None` where too many are under way.
    pub(crate) fn new(
        request: &Request<'_>,
        served: &Served,
        records: Records,
        signing: Option<Signing>,
        running: &Arc<AtomicUsize>,
    ) -> Option<Self> {
        let place = Place(Arc::clone(running));
        if running.fetch_add(1, Ordering::AcqRel) >= AT_ONCE {
            return None;
        }
        let mut opening = request.octets[..request.question.end].to_vec();
        opening[6..12].fill(0);
        Some(Self {
            opening,
            edns: request.edns.is_some(),
            origin: *served.zone.origin(),
            records: records.peekable(),
            signing,
            _place: place,
        })
    }
}

impl Iterator for Transfer {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.records.peek()?;
        let mut out = Vec::with_capacity(MESSAGE + 512);
        let request = Request::read(&self.opening).expect("invariant: it was read before");
        let edns = self.edns.then_some(crate::message::Edns { payload: 0, version: 0, dnssec: false });
        let mut writer = Writer::answering(&request, &mut out);
        writer.anchor(&request.question.name, &self.origin);
        writer.authoritative();
        while writer.len() < MESSAGE {
            // One name holds 60,000 octets at most, and so does a record: alone it always fits.
            let room = MESSAGE - writer.len();
            let first = writer.counts()[1] == 0;
            let Some(record) = self.records.next_if(|record| first || record.data.len() + 300 < room) else {
                break;
            };
            record.write(&mut writer, &self.origin);
        }
        writer.finish(edns, Rcode::NoError);
        if let Some(signing) = &mut self.signing {
            signing.sign(&mut out, 0);
        }
        Some(out)
    }
}

/// The SOA record of a zone.
pub(crate) fn soa(served: &Served) -> Option<Record> {
    served.zone.soa().map(|soa| Record::of(&[], soa, soa.first()))
}

/// The whole zone between two copies of its SOA record (RFC 5936 §2.2), from a copy in one piece of memory.
pub(crate) fn whole(served: &Served) -> Option<Records> {
    let mut copy = Vec::with_capacity(served.zone.size() + 4 * served.zone.len());
    for entry in served.zone.names() {
        for octets in [entry.key(), entry.sets()] {
            copy.extend(u16::try_from(octets.len()).expect("invariant: a name holds less").to_be_bytes());
            copy.extend_from_slice(octets);
        }
    }
    let (first, last) = (soa(served)?, soa(served)?);
    let mut at = 0;
    let names = std::iter::from_fn(move || {
        let mut take = || {
            let (length, after) = copy.get(at..)?.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            at += 2 + length;
            Some(after[..length].to_vec())
        };
        Some((take()?, take()?))
    });
    let records = names.flat_map(|(key, sets)| {
        let not_soa = sets::all(&sets).filter(|set| set.rtype != code::SOA);
        not_soa
            .flat_map(|set| set.records().map(move |data| (set, data)))
            .map(|(set, data)| Record::of(&key, set, data))
            .collect::<Vec<_>>()
    });
    Some(Box::new(std::iter::once(first).chain(records).chain(std::iter::once(last))))
}

/// What an incremental transfer consists of.
pub(crate) enum Increment {
    /// The client has all there is, or something newer: the SOA record alone (RFC 1995 §2).
    Current(Record),
    /// From difference to difference (§4).
    Differences(Vec<Record>),
    /// The differences are not known any more.
    Unknown,
}

/// From a serial number to what the zone holds now.
pub(crate) fn since(served: &Served, serial: u32) -> Option<Increment> {
    let now = soa(served)?;
    if !zone::is_newer(served.zone.serial(), serial) {
        return Some(Increment::Current(now));
    }
    let Some(first) = served.differences.iter().position(|difference| difference.from == serial) else {
        return Some(Increment::Unknown);
    };
    let mut records = vec![now];
    for difference in served.differences.iter().skip(first) {
        let apex = difference.names.iter().find(|name| name.key.is_empty())?;
        for (mine, other) in [(old as Side, new as Side), (new, old)] {
            let soa = sets::find(mine(apex), code::SOA)?;
            records.push(Record::of(&[], soa, soa.first()));
            for name in &difference.names {
                push_missing(&mut records, &name.key, mine(name), other(name));
            }
        }
    }
    records.push(soa(served)?);
    Some(Increment::Differences(records))
}

type Side = fn(&Changed) -> &[u8];

fn old(name: &Changed) -> &[u8] {
    &name.old
}

fn new(name: &Changed) -> &[u8] {
    &name.new
}

/// Adds the records of one side that the other does not have, SOA apart. Another TTL makes another record.
fn push_missing(records: &mut Vec<Record>, key: &[u8], mine: &[u8], other: &[u8]) {
    for set in sets::all(mine).filter(|set| set.rtype != code::SOA) {
        let there = sets::find(other, set.rtype).filter(|there| there.ttl == set.ttl);
        for data in set.records() {
            if !there.is_some_and(|there| there.records().any(|one| one == data)) {
                records.push(Record::of(key, set, data));
            }
        }
    }
}

/// The serial number that the client has: in the SOA record of the authority section (RFC 1995 §3).
pub(crate) fn serial_of(request: &Request<'_>) -> Option<u32> {
    let record = request.section(2).next()?;
    let right = record.rtype == code::SOA && record.class == IN && record.name == request.question.name;
    let data = crate::rdata::read(request.octets, code::SOA, record.from, record.to).filter(|_| right)?;
    (request.head.opcode() == QUERY).then(|| zone::serial_of(&data))
}

/// Writes records into an answer that is one message.
pub(crate) fn write_all(records: &[Record], served: &Served, request: &Request<'_>, writer: &mut Writer<'_>) {
    writer.anchor(&request.question.name, served.zone.origin());
    writer.authoritative();
    for record in records {
        record.write(writer, served.zone.origin());
    }
}

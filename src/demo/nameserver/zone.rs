//! One zone in memory and how it answers (RFC 1034 §4.3.2, RFC 2308, RFC 4592). No sockets, no messages.

use crate::provider::presentation;
use dynflare_core::name::Name as CoreName;
use dynflare_core::record::RrSet;
use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::rdata::{A, NS, SOA};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::proto::serialize::binary::{BinDecodable, BinDecoder};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The sets that one name owns; none of them is empty.
pub(super) type Sets = BTreeMap<RecordType, Vec<Record>>;

/// How many CNAME records are followed inside the zone.
const ALIASES: usize = 8;

/// A zone: every name that owns records, with its sets.
#[derive(Clone, Debug)]
pub struct Zone {
    origin: LowerName,
    names: BTreeMap<LowerName, Sets>,
}

/// What a question gets.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The response code.
    pub rcode: ResponseCode,
    /// The AA bit.
    pub authoritative: bool,
    /// The answer section.
    pub answers: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
}

impl Reply {
    /// A response code and nothing else.
    pub(super) fn bare(rcode: ResponseCode) -> Self {
        Self { rcode, authoritative: false, answers: Vec::new(), authority: Vec::new() }
    }
}

impl Zone {
    /// A zone that holds its SOA and NS records, the address of its name server, and `initial`.
    ///
    /// A set with a value that is no data of its type is an error that names both.
    pub fn new(origin: &CoreName, initial: &[RrSet]) -> Result<Self, String> {
        let apex = codec_name(origin)?;
        let server = apex.prepend_label("ns").map_err(|error| error.to_string())?;
        let contact = apex.prepend_label("hostmaster").map_err(|error| error.to_string())?;
        let mut zone = Self { origin: LowerName::new(&apex), names: BTreeMap::new() };
        let soa = SOA::new(server.clone(), contact, 1, 3600, 600, 86_400, 5);
        zone.add(Record::from_rdata(apex.clone(), 60, RData::SOA(soa)));
        zone.add(Record::from_rdata(apex, 60, RData::NS(NS(server.clone()))));
        zone.add(Record::from_rdata(server, 60, RData::A(A(Ipv4Addr::LOCALHOST))));
        for set in initial {
            for value in &set.values {
                zone.add(record(set, value)?);
            }
        }
        Ok(zone)
    }

    /// The zone's name.
    pub fn origin(&self) -> &LowerName {
        &self.origin
    }

    /// Whether a name lies in the zone.
    pub fn holds(&self, name: &LowerName) -> bool {
        self.origin.zone_of(name)
    }

    /// The sets of a name; `None` where it owns no record.
    pub(super) fn sets(&self, name: &LowerName) -> Option<&Sets> {
        self.names.get(name)
    }

    /// Every name with its sets.
    pub(super) fn names(&self) -> &BTreeMap<LowerName, Sets> {
        &self.names
    }

    /// The set of a name and type; empty where there is none.
    pub(super) fn set(&self, name: &LowerName, rtype: RecordType) -> &[Record] {
        self.names.get(name).and_then(|sets| sets.get(&rtype)).map_or(&[], Vec::as_slice)
    }

    /// Replaces the set of a name and type.
    pub(super) fn put(&mut self, name: &LowerName, rtype: RecordType, records: Vec<Record>) {
        let sets = self.names.entry(name.clone()).or_default();
        if records.is_empty() {
            sets.remove(&rtype);
        } else {
            sets.insert(rtype, records);
        }
        if sets.is_empty() {
            self.names.remove(name);
        }
    }

    /// Adds a record to its set; the whole set takes its TTL (RFC 2181 §5.2). One that is there is not added twice.
    pub(super) fn add(&mut self, record: Record) {
        let (name, rtype, ttl) = (LowerName::new(&record.name), record.record_type(), record.ttl);
        let mut records = self.set(&name, rtype).to_vec();
        if records.iter().all(|there| there.data != record.data) {
            records.push(record);
        }
        for record in &mut records {
            record.ttl = ttl;
        }
        self.put(&name, rtype, records);
    }

    /// The data of the SOA record.
    pub(super) fn soa(&self) -> Option<&SOA> {
        self.set(&self.origin, RecordType::SOA).iter().find_map(|record| match &record.data {
            RData::SOA(soa) => Some(soa),
            _ => None,
        })
    }

    /// Answers a question of class IN; the answer repeats the case in which the name was asked for.
    pub fn answer(&self, asked: &Name, rtype: RecordType) -> Reply {
        let mut reply = Reply::bare(ResponseCode::Refused);
        let (mut name, mut shown) = (LowerName::new(asked), asked.clone());
        if !self.holds(&name) {
            return reply;
        }
        reply.rcode = ResponseCode::NoError;
        reply.authoritative = true;
        for _ in 0..ALIASES {
            if let Some(cut) = self.cut(&name) {
                reply.authoritative = !reply.answers.is_empty();
                reply.authority = cut.to_vec();
                return reply;
            }
            let Some(sets) = self.source(&name) else {
                reply.rcode = ResponseCode::NXDomain;
                reply.authority = self.denial();
                return reply;
            };
            let found = sets.iter().filter(|(there, _)| **there == rtype || rtype == RecordType::ANY);
            let before = reply.answers.len();
            reply.answers.extend(found.flat_map(|(_, set)| owned(set, &shown)));
            if reply.answers.len() > before {
                return reply;
            }
            let Some(alias) = sets.get(&RecordType::CNAME).and_then(|set| set.first()) else {
                reply.authority = self.denial();
                return reply;
            };
            reply.answers.extend(owned(std::slice::from_ref(alias), &shown));
            let RData::CNAME(target) = &alias.data else { return reply };
            (name, shown) = (LowerName::new(&target.0), target.0.clone());
            if !self.holds(&name) {
                return reply;
            }
        }
        reply
    }

    /// The NS set at the topmost delegation on the way to `name`, which hides what lies there and below.
    fn cut(&self, name: &LowerName) -> Option<&[Record]> {
        let mut cut = None;
        let mut at = name.clone();
        while at != self.origin {
            let servers = self.set(&at, RecordType::NS);
            if !servers.is_empty() {
                cut = Some(servers);
            }
            at = at.base_name();
        }
        cut
    }

    /// The sets that answer for a name: its own, or those of the wildcard at its closest encloser (RFC 4592 §3.3.1).
    /// `None` where the name does not exist.
    fn source(&self, name: &LowerName) -> Option<&Sets> {
        const NONE: &Sets = &BTreeMap::new();
        if let Some(sets) = self.names.get(name) {
            return Some(sets);
        }
        if self.exists(name) {
            return Some(NONE);
        }
        let mut encloser = name.base_name();
        while !self.exists(&encloser) && encloser != self.origin {
            encloser = encloser.base_name();
        }
        let wildcard = Name::from(encloser).prepend_label("*").ok()?;
        self.names.get(&LowerName::new(&wildcard))
    }

    /// Whether a name owns records, or one below it does (an empty non-terminal, RFC 4592 §2.2.2).
    fn exists(&self, name: &LowerName) -> bool {
        self.names.keys().any(|there| name.zone_of(there))
    }

    /// The SOA record as it stands in a negative answer (RFC 2308 §3).
    fn denial(&self) -> Vec<Record> {
        let ttl = self.soa().map_or(0, |soa| soa.minimum);
        let mut records = self.set(&self.origin, RecordType::SOA).to_vec();
        for record in &mut records {
            record.ttl = record.ttl.min(ttl);
        }
        records
    }
}

/// Records as `name` shows them: their own, or made from a wildcard's.
fn owned<'a>(set: &'a [Record], name: &Name) -> impl Iterator<Item = Record> + use<'a> {
    let name = name.clone();
    set.iter().cloned().map(move |mut record| {
        record.name = name.clone();
        record
    })
}

/// The codec's form of a name.
pub(super) fn codec_name(name: &CoreName) -> Result<Name, String> {
    Name::from_ascii(format!("{name}.")).map_err(|error| format!("{name} is no name: {error}"))
}

fn record(set: &RrSet, value: &str) -> Result<Record, String> {
    let problem = |error: String| format!("{value:?} is no {} record: {error}", set.key.rtype);
    let data = presentation::to_wire(set.key.rtype, value).map_err(|error| problem(error.to_string()))?;
    // The codec reads whole records; the root stands in for the name.
    let length = u16::try_from(data.len()).map_err(|error| problem(error.to_string()))?;
    let mut octets = vec![0];
    octets.extend(set.key.rtype.code().to_be_bytes());
    octets.extend([0, 1, 0, 0, 0, 0]);
    octets.extend(length.to_be_bytes());
    octets.extend(data);
    let mut record =
        Record::read(&mut BinDecoder::new(&octets)).map_err(|error| problem(error.to_string()))?;
    record.name = codec_name(&set.key.name)?;
    record.ttl = set.ttl.unwrap_or(60);
    Ok(record)
}

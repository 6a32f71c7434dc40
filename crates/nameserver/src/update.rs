//! Updates of a zone by one message, all or nothing (RFC 2136 §3), by holders of keys who may do that to these names.

use crate::draft::{self, Draft, Pending};
use crate::message::{ANY, IN, NONE, Rcode, RecordAt, Request};
use crate::name::{self, Key, WireName};
use crate::rdata::{self, code};
use crate::sets::{self, TooMuch};
use crate::settings::{Grant, KeySettings, Names};
use crate::zone::{self, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Types that a key may only change where a grant names them.
const SPECIAL: &[u16] =
    &[code::NS, code::SOA, code::DS, code::RRSIG, code::NSEC, code::DNSKEY, code::NSEC3, code::NSEC3PARAM];
/// Types that would need more than being stored, which is not built.
const NEVER: &[u16] = &[code::DNAME, code::RRSIG, code::NSEC, code::NSEC3];

/// One record of an update message.
struct Entry {
    /// The name's key below the zone's; `None` outside.
    key: Option<Box<[u8]>>,
    name: WireName,
    rtype: u16,
    class: u16,
    ttl: u32,
    /// Without compression; empty where there is none.
    data: Vec<u8>,
    /// Whether there is no data at all, which means "any data" or "no such set".
    empty: bool,
}

/// An update that can be read.
pub(crate) struct Update {
    prerequisites: Vec<Entry>,
    updates: Vec<Entry>,
    sender: Arc<KeySettings>,
}

impl Update {
    /// Reads the records of a request for the zone with this key.
    pub(crate) fn read(request: &Request<'_>, zone: &[u8], sender: Arc<KeySettings>) -> Result<Self, Rcode> {
        let read = |section| {
            let entry = |record| Entry::read(request.octets, zone, &record);
            request.section(section).map(entry).collect::<Option<Vec<_>>>().ok_or(Rcode::FormErr)
        };
        Ok(Self { prerequisites: read(1)?, updates: read(2)?, sender })
    }

    /// Does what the message asks for, on a draft.
    pub(crate) fn apply(&self, mut draft: Draft<'_>) -> Result<(Pending, u32), Rcode> {
        self.check_prerequisites(&draft)?;
        self.check_permission(&draft)?;
        prescan(&self.updates)?;
        for entry in &self.updates {
            let Some(key) = &entry.key else { return Err(Rcode::NotZone) };
            // More than one name can hold is no fault of the server.
            entry.apply(key, &mut draft).map_err(|TooMuch| Rcode::Refused)?;
        }
        draft.finish().map_err(|TooMuch| Rcode::Refused)
    }

    /// §3.2.
    fn check_prerequisites(&self, draft: &Draft<'_>) -> Result<(), Rcode> {
        let mut expected: BTreeMap<(&[u8], u16), Vec<Vec<u8>>> = BTreeMap::new();
        for entry in &self.prerequisites {
            if entry.ttl != 0 {
                return Err(Rcode::FormErr);
            }
            let Some(key) = &entry.key else { return Err(Rcode::NotZone) };
            let any = entry.rtype == code::ANY;
            let there = if any { draft.sets(key).is_some() } else { draft.set(key, entry.rtype).is_some() };
            match entry.class {
                ANY | NONE if !entry.empty => return Err(Rcode::FormErr),
                ANY if !there => return Err(if any { Rcode::NxDomain } else { Rcode::NxRrSet }),
                NONE if there => return Err(if any { Rcode::YxDomain } else { Rcode::YxRrSet }),
                ANY | NONE => {}
                IN if any || rdata::is_meta(entry.rtype) => return Err(Rcode::FormErr),
                IN => {
                    let data = expected.entry((key, entry.rtype)).or_default();
                    if !data.iter().any(|there| rdata::same(entry.rtype, there, &entry.data)) {
                        data.push(entry.data.clone());
                    }
                }
                _ => return Err(Rcode::FormErr),
            }
        }
        for ((key, rtype), data) in expected {
            if !draft::holds_exactly(draft.set(key, rtype), rtype, &data) {
                return Err(Rcode::NxRrSet);
            }
        }
        Ok(())
    }

    /// §3.3: every name and type that the message would touch has to be granted.
    fn check_permission(&self, draft: &Draft<'_>) -> Result<(), Rcode> {
        for entry in &self.updates {
            let Some(key) = &entry.key else { return Err(Rcode::NotZone) };
            let granted = |rtype| {
                !NEVER.contains(&rtype)
                    && self.sender.grants.iter().any(|grant| grant.allows(&entry.name, rtype))
            };
            let all = if entry.rtype == code::ANY {
                let sets = draft.sets(key).unwrap_or_default();
                let mut touched = sets::all(sets).map(|set| set.rtype).filter(|rtype| !stays(key, *rtype));
                // Whoever may not touch the name at all learns nothing of what is there.
                self.sender.grants.iter().any(|grant| grant.names.hold(&entry.name)) && touched.all(granted)
            } else {
                granted(entry.rtype)
            };
            if !all {
                return Err(Rcode::Refused);
            }
        }
        Ok(())
    }
}

/// §3.4.1: what breaks the rules is refused before anything is done.
fn prescan(entries: &[Entry]) -> Result<(), Rcode> {
    for entry in entries {
        let meta = rdata::is_meta(entry.rtype);
        let any = entry.rtype == code::ANY;
        let right = match entry.class {
            IN => !any && !meta,
            ANY => entry.ttl == 0 && entry.empty && !meta,
            NONE => entry.ttl == 0 && !any && !meta,
            _ => false,
        };
        if !right {
            return Err(Rcode::FormErr);
        }
    }
    Ok(())
}

/// What the zone's own name keeps when all of it is deleted (§3.4.2.3).
fn stays(key: &[u8], rtype: u16) -> bool {
    key.is_empty() && matches!(rtype, code::SOA | code::NS)
}

impl Entry {
    /// `None` where the data is none of its type.
    fn read(octets: &[u8], zone: &[u8], record: &RecordAt) -> Option<Self> {
        let whole = Key::of(&record.name);
        let key = name::relative(&whole, zone).map(Into::into);
        let empty = record.from == record.to;
        // Without data a record means all records, or none; with class IN it has to be data of its type all the same.
        let data = if empty && record.class != IN {
            Vec::new()
        } else {
            rdata::read(octets, record.rtype, record.from, record.to)?
        };
        // RFC 2181 §8.
        let ttl = if record.ttl > u32::MAX >> 1 { 0 } else { record.ttl };
        let (rtype, class) = (record.rtype, record.class);
        Some(Self { key, name: record.name, rtype, class, ttl, data, empty })
    }

    /// §3.4.2.
    fn apply(&self, key: &[u8], draft: &mut Draft<'_>) -> Result<(), TooMuch> {
        let rtype = self.rtype;
        match self.class {
            IN => self.add(key, draft),
            ANY if rtype == code::ANY => {
                let types: Vec<u16> =
                    sets::all(draft.sets(key).unwrap_or_default()).map(|set| set.rtype).collect();
                for rtype in types.into_iter().filter(|rtype| !stays(key, *rtype)) {
                    draft.put(key, rtype, 0, &[])?;
                }
                Ok(())
            }
            ANY if !stays(key, rtype) => draft.put(key, rtype, 0, &[]),
            NONE if rtype != code::SOA => {
                let Some(set) = draft.set(key, rtype) else { return Ok(()) };
                let ttl = set.ttl;
                let same = |data: &&[u8]| rdata::same(rtype, data, &self.data);
                let left: Vec<Vec<u8>> =
                    set.records().filter(|data| !same(data)).map(<[u8]>::to_vec).collect();
                // The last name server of the zone stays (§3.4.2.4).
                if left.is_empty() && stays(key, rtype) {
                    return Ok(());
                }
                let left: Vec<&[u8]> = left.iter().map(Vec::as_slice).collect();
                draft.put(key, rtype, ttl, &left)
            }
            _ => Ok(()),
        }
    }

    /// §3.4.2.2: what clashes is passed over silently.
    fn add(&self, key: &[u8], draft: &mut Draft<'_>) -> Result<(), TooMuch> {
        let sets = draft.sets(key).unwrap_or_default();
        let alias = sets::find(sets, code::CNAME).is_some();
        let others = sets::all(sets).any(|set| set.rtype != code::CNAME);
        match self.rtype {
            code::CNAME if others => Ok(()),
            code::CNAME => draft.put(key, code::CNAME, self.ttl, &[&self.data]),
            _ if alias => Ok(()),
            code::SOA => {
                if key.is_empty() && zone::is_newer(zone::serial_of(&self.data), draft.serial()) {
                    draft.put(key, code::SOA, self.ttl, &[&self.data])?;
                }
                Ok(())
            }
            rtype => {
                // The whole set takes the new TTL (RFC 2181 §5.2); data that differs in case only is replaced.
                let there = sets::find(sets, rtype);
                let mut records: Vec<Vec<u8>> = there.map_or(Vec::new(), |set| {
                    set.records()
                        .filter(|data| !rdata::same(rtype, data, &self.data))
                        .map(<[u8]>::to_vec)
                        .collect()
                });
                records.push(self.data.clone());
                let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                draft.put(key, rtype, self.ttl, &records)
            }
        }
    }
}

impl Grant {
    fn allows(&self, name: &WireName, rtype: u16) -> bool {
        let typed = match &self.types {
            Some(types) => types.contains(&rtype),
            None => !SPECIAL.contains(&rtype),
        };
        typed && self.names.hold(name)
    }
}

impl Names {
    fn hold(&self, name: &WireName) -> bool {
        let key = Key::of(name);
        let of = |name| Key::of(&WireName::of(name));
        match self {
            Self::Exactly(one) => *key == *of(one),
            Self::Below(above) => name::is_below(&key, &of(above)),
            Self::Within(zone) => name::relative(&key, &of(zone)).is_some(),
        }
    }
}

//! The update of a zone by one message, all or nothing (RFC 2136 §3). Who may send it has been decided before.

use super::zone::Zone;
use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::{DNSClass, LowerName, RData, Record, RecordType};
use std::collections::BTreeMap;

/// The sections of an update message.
#[derive(Clone, Copy, Debug)]
pub struct Update<'m> {
    /// Name, type and class of each entry of the zone section.
    pub zone: &'m [(LowerName, RecordType, DNSClass)],
    /// The prerequisite section.
    pub prerequisites: &'m [Record],
    /// The update section.
    pub updates: &'m [Record],
}

/// Does what the message asks for and says how it went; the zone changes only with `NOERROR`.
pub fn update(zone: &mut Zone, message: Update<'_>) -> ResponseCode {
    let checked = zone_section(zone, message.zone)
        .and_then(|()| prerequisites(zone, message.prerequisites))
        .and_then(|()| prescan(zone, message.updates));
    if let Err(rcode) = checked {
        return rcode;
    }
    let mut after = zone.clone();
    for record in message.updates {
        apply(&mut after, record);
    }
    let changed = differs(zone, &after);
    let serial = |zone: &Zone| zone.soa().map(|soa| soa.serial);
    if changed && serial(zone) == serial(&after) {
        raise_serial(&mut after);
    }
    if changed {
        *zone = after;
    }
    ResponseCode::NoError
}

/// §3.1.
fn zone_section(zone: &Zone, section: &[(LowerName, RecordType, DNSClass)]) -> Result<(), ResponseCode> {
    match section {
        [(name, RecordType::SOA, DNSClass::IN)] if name == zone.origin() => Ok(()),
        [(_, RecordType::SOA, _)] => Err(ResponseCode::NotAuth),
        _ => Err(ResponseCode::FormErr),
    }
}

/// §3.2.
fn prerequisites(zone: &Zone, records: &[Record]) -> Result<(), ResponseCode> {
    let mut expected: BTreeMap<(LowerName, RecordType), Vec<&RData>> = BTreeMap::new();
    for record in records {
        let (name, rtype) = (LowerName::new(&record.name), record.record_type());
        if record.ttl != 0 {
            return Err(ResponseCode::FormErr);
        }
        if !zone.holds(&name) {
            return Err(ResponseCode::NotZone);
        }
        let empty = matches!(record.data, RData::Update0(_));
        let there = match rtype {
            RecordType::ANY => zone.sets(&name).is_some(),
            rtype => !zone.set(&name, rtype).is_empty(),
        };
        match record.dns_class {
            DNSClass::ANY | DNSClass::NONE if !empty => return Err(ResponseCode::FormErr),
            DNSClass::ANY if !there && rtype == RecordType::ANY => return Err(ResponseCode::NXDomain),
            DNSClass::ANY if !there => return Err(ResponseCode::NXRRSet),
            DNSClass::NONE if there && rtype == RecordType::ANY => return Err(ResponseCode::YXDomain),
            DNSClass::NONE if there => return Err(ResponseCode::YXRRSet),
            DNSClass::ANY | DNSClass::NONE => {}
            DNSClass::IN => {
                let data = expected.entry((name, rtype)).or_default();
                if !data.contains(&&record.data) {
                    data.push(&record.data);
                }
            }
            _ => return Err(ResponseCode::FormErr),
        }
    }
    for ((name, rtype), data) in expected {
        let there = zone.set(&name, rtype);
        let same = there.len() == data.len() && there.iter().all(|record| data.contains(&&record.data));
        if !same {
            return Err(ResponseCode::NXRRSet);
        }
    }
    Ok(())
}

/// §3.4.1: what can be refused is refused before anything is done.
fn prescan(zone: &Zone, records: &[Record]) -> Result<(), ResponseCode> {
    for record in records {
        if !zone.holds(&LowerName::new(&record.name)) {
            return Err(ResponseCode::NotZone);
        }
        let empty = matches!(record.data, RData::Update0(_));
        let rtype = record.record_type();
        let right = match record.dns_class {
            DNSClass::IN => !empty && !is_meta(rtype) && rtype != RecordType::ANY,
            DNSClass::ANY => record.ttl == 0 && empty && !is_meta(rtype),
            DNSClass::NONE => record.ttl == 0 && !empty && !is_meta(rtype) && rtype != RecordType::ANY,
            _ => false,
        };
        if !right {
            return Err(ResponseCode::FormErr);
        }
    }
    Ok(())
}

/// Types that stand in questions and messages only (RFC 6895 §3.1: 128 to 255, OPT); ANY has rules of its own.
fn is_meta(rtype: RecordType) -> bool {
    let code = u16::from(rtype);
    rtype == RecordType::OPT || (rtype != RecordType::ANY && (128..=255).contains(&code))
}

/// §3.4.2.
fn apply(zone: &mut Zone, record: &Record) {
    let (name, rtype) = (LowerName::new(&record.name), record.record_type());
    let apex = name == *zone.origin();
    let kept = |rtype| apex && matches!(rtype, RecordType::SOA | RecordType::NS);
    match record.dns_class {
        DNSClass::IN => add(zone, &name, record),
        DNSClass::ANY if rtype == RecordType::ANY => {
            let types: Vec<RecordType> =
                zone.sets(&name).map_or(Vec::new(), |sets| sets.keys().copied().collect());
            for rtype in types.into_iter().filter(|rtype| !kept(*rtype)) {
                zone.put(&name, rtype, Vec::new());
            }
        }
        DNSClass::ANY if !kept(rtype) => zone.put(&name, rtype, Vec::new()),
        DNSClass::NONE if rtype != RecordType::SOA => {
            let there = zone.set(&name, rtype);
            let left: Vec<Record> = there.iter().filter(|other| other.data != record.data).cloned().collect();
            // The last name server of the zone stays.
            if !(kept(rtype) && left.is_empty()) {
                zone.put(&name, rtype, left);
            }
        }
        _ => {}
    }
}

/// §3.4.2.2: what clashes is passed over silently.
fn add(zone: &mut Zone, name: &LowerName, record: &Record) {
    let rtype = record.record_type();
    let others = zone.sets(name).is_some_and(|sets| sets.keys().any(|there| *there != RecordType::CNAME));
    let alias = !zone.set(name, RecordType::CNAME).is_empty();
    match &record.data {
        RData::CNAME(_) if others => {}
        RData::CNAME(_) => zone.put(name, rtype, vec![record.clone()]),
        _ if alias => {}
        RData::SOA(new) => {
            let newer = zone.soa().is_some_and(|old| is_newer(new.serial, old.serial));
            if name == zone.origin() && newer {
                zone.put(&name.clone(), rtype, vec![record.clone()]);
            }
        }
        _ => zone.add(record.clone()),
    }
}

/// Serial number arithmetic (RFC 1982 §3.2).
fn is_newer(new: u32, old: u32) -> bool {
    new != old && new.wrapping_sub(old) < 1 << 31
}

/// §3.6.
fn raise_serial(zone: &mut Zone) {
    let origin = zone.origin().clone();
    let mut records = zone.set(&origin, RecordType::SOA).to_vec();
    for record in &mut records {
        if let RData::SOA(soa) = &mut record.data {
            // Zero is left out, since some software takes it for "unset".
            soa.serial = soa.serial.checked_add(1).unwrap_or(1);
        }
    }
    zone.put(&origin, RecordType::SOA, records);
}

fn differs(before: &Zone, after: &Zone) -> bool {
    before.names() != after.names()
}

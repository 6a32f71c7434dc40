//! What a fake provider holds.

use serde_json::Value;

/// A zone.
#[derive(Clone, Debug)]
pub(crate) struct FakeZone {
    pub(crate) id: String,
    /// In A-labels.
    pub(crate) name: String,
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FakeRecord {
    pub(crate) id: String,
    /// The name of its zone.
    pub(crate) zone: String,
    /// Absolute, without the last dot.
    pub(crate) name: String,
    pub(crate) rtype: String,
    /// Without quotes around texts.
    pub(crate) value: String,
    pub(crate) ttl: u32,
    /// What else the API keeps of it.
    pub(crate) extra: Value,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) zones: Vec<FakeZone>,
    pub(crate) records: Vec<FakeRecord>,
    next: usize,
}

impl Store {
    pub(crate) fn add_zone(&mut self, name: &str) {
        let id = self.id();
        self.zones.push(FakeZone { id, name: name.to_owned() });
    }

    /// Adds a record to the longest zone that holds the name.
    pub(crate) fn add(&mut self, name: &str, rtype: &str, value: &str, ttl: u32) -> String {
        let holds = |zone: &&FakeZone| name == zone.name || name.ends_with(&format!(".{}", zone.name));
        let zone = self.zones.iter().filter(holds).max_by_key(|zone| zone.name.len());
        let zone = zone.expect("a zone that holds the name").name.clone();
        let id = self.id();
        let (name, rtype, value) = (name.to_owned(), rtype.to_owned(), value.to_owned());
        self.records.push(FakeRecord { id: id.clone(), zone, name, rtype, value, ttl, extra: Value::Null });
        id
    }

    /// The next identifier: a number, which APIs write as one or as a text.
    pub(crate) fn id(&mut self) -> String {
        self.next += 1;
        (1000 + self.next).to_string()
    }

    pub(crate) fn zone(&self, id_or_name: &str) -> Option<&FakeZone> {
        let wanted = id_or_name.trim_end_matches('.');
        self.zones.iter().find(|zone| zone.id == wanted || zone.name == wanted)
    }

    pub(crate) fn record(&mut self, id: &str) -> Option<&mut FakeRecord> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    /// Removes a record; whether it was there.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.records.len();
        self.records.retain(|record| record.id != id);
        self.records.len() < before
    }

    /// The records of the zone of this name (not identifier), those of one name and of one type where these are given.
    pub(crate) fn of(&self, zone: &str, name: Option<&str>, rtype: Option<&str>) -> Vec<&FakeRecord> {
        let fits = |record: &&FakeRecord| {
            record.zone == zone
                && name.is_none_or(|name| record.name == name)
                && rtype.is_none_or(|rtype| record.rtype == rtype)
        };
        self.records.iter().filter(fits).collect()
    }

    /// Puts these values in the place of a set; the records that stay keep their identifiers.
    pub(crate) fn replace(&mut self, zone: &str, (name, rtype): (&str, &str), values: &[String], ttl: u32) {
        self.records.retain(|record| {
            record.zone != zone
                || record.name != name
                || record.rtype != rtype
                || values.contains(&record.value)
        });
        for value in values {
            let there = self.records.iter_mut().find(|record| {
                record.zone == zone && record.name == name && record.rtype == rtype && record.value == *value
            });
            if let Some(record) = there {
                record.ttl = ttl;
            } else {
                let id = self.id();
                let (zone, name, rtype) = (zone.to_owned(), name.to_owned(), rtype.to_owned());
                let value = value.clone();
                self.records.push(FakeRecord { id, zone, name, rtype, value, ttl, extra: Value::Null });
            }
        }
    }

    /// The values at a name and type, sorted.
    pub(crate) fn values(&self, name: &str, rtype: &str) -> Vec<String> {
        let at = self.records.iter().filter(|record| record.name == name && record.rtype == rtype);
        let mut values: Vec<String> = at.map(|record| record.value.clone()).collect();
        values.sort();
        values
    }
}

/// The name as its zone calls it; the zone's own is `apex`.
pub(crate) fn relative<'n>(name: &'n str, zone: &str, apex: &'n str) -> &'n str {
    if name == zone {
        return apex;
    }
    name.strip_suffix(zone).and_then(|rest| rest.strip_suffix('.')).unwrap_or(name)
}

/// The absolute name of one that is relative; `@` and nothing are the zone's own.
pub(crate) fn absolute(name: &str, zone: &str) -> String {
    match name {
        "" | "@" => zone.to_owned(),
        _ => format!("{name}.{zone}"),
    }
}

/// One page of a list: as many items as fit, from the page of this number on, which is 1 for the first.
pub(crate) fn page<T: Clone>(all: &[T], number: usize, size: usize) -> Vec<T> {
    all.iter().skip(number.saturating_sub(1) * size).take(size).cloned().collect()
}

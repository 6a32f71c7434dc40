//! From settings to a state: what the store remembers, made what the settings say.

use crate::change::{Change, WireChange};
use crate::draft::{Draft, Pending};
use crate::journal::Journal;
use crate::name::{Key, WireName};
use crate::rdata::code;
use crate::settings::{OpenError, Settings, Soa, Store, ZoneSettings};
use crate::state::{Served, State};
use crate::store::Storage;
use crate::zone::Zone;
use dynflare_core::record::RrSet;
use std::sync::Arc;
use std::time::SystemTime;

/// Opens the store and makes its zones what the settings say; that is durable when this returns.
pub(crate) fn open(settings: Settings) -> Result<(State, Storage), OpenError> {
    let Settings { zones, keys, store } = settings;
    for (at, key) in keys.iter().enumerate() {
        if keys[..at].iter().any(|other| other.key.name() == key.key.name()) {
            return Err(OpenError::TwiceKey(key.key.name().to_string()));
        }
    }
    let (mut storage, mut served) = match &store {
        Store::Memory => (Storage::Memory, Vec::new()),
        Store::File(path) => {
            let opened = Journal::open(path).map_err(|why| OpenError::Store { path: path.clone(), why });
            opened.map(|(journal, served)| (Storage::File(Box::new(journal)), served))?
        }
    };
    let mut changes: Vec<(WireName, Pending)> = Vec::new();
    for settings in zones {
        let origin = WireName::of(&settings.name);
        let key = Key::of(&origin);
        let known = served.iter().position(|served: &Served| served.zone.key() == &*key);
        let place = known.unwrap_or_else(|| {
            served.push(Served::new(Zone::new(origin)));
            served.len() - 1
        });
        let one = &mut served[place];
        if one.name.is_some() {
            return Err(OpenError::TwiceZone(settings.name));
        }
        let pending = prepare(&one.zone, &settings)?;
        if !pending.is_empty() {
            changes.push((*one.zone.origin(), pending));
        }
        one.name = Some(settings.name);
        one.transfer = settings.transfer;
    }
    served.sort_by(|one, other| one.zone.key().cmp(other.zone.key()));
    let mut state = State { zones: served, keys: keys.into_iter().map(Arc::new).collect() };
    let written: Vec<(&WireName, &Pending)> = changes.iter().map(|(zone, pending)| (zone, pending)).collect();
    if !written.is_empty() {
        storage.commit(&state, &written).map_err(|error| failed(&store, &error))?;
    }
    for (zone, pending) in &changes {
        if let Some(place) = state.exactly(&Key::of(zone)) {
            state.zones[place].apply(pending);
        }
    }
    Ok((state, storage))
}

fn failed(store: &Store, error: &std::io::Error) -> OpenError {
    match store {
        Store::File(path) => {
            OpenError::Store { path: path.clone(), why: format!("could not be written: {error}") }
        }
        Store::Memory => OpenError::Thread(std::io::Error::new(error.kind(), error.to_string())),
    }
}

/// What has to change in a zone for it to be what the settings say.
fn prepare(zone: &Zone, settings: &ZoneSettings) -> Result<Pending, OpenError> {
    let nothing = Pending::new();
    let known = zone.soa().is_some();
    let mut draft = Draft::new(zone, &nothing);
    let too_much = |what: &str| refuse(settings, what.to_owned(), "it is too large".to_owned());
    let serial = if known { zone.serial() } else { settings.first_serial.unwrap_or_else(clock) };
    let soa = soa(&settings.soa, serial);
    draft.put(&[], code::SOA, settings.soa.ttl, &[&soa]).map_err(|_| too_much("SOA"))?;
    let servers: Vec<Vec<u8>> = settings.servers.iter().map(|name| WireName::of(name).to_vec()).collect();
    let servers: Vec<&[u8]> = servers.iter().map(Vec::as_slice).collect();
    draft.put(&[], code::NS, settings.soa.ttl, &servers).map_err(|_| too_much("NS"))?;
    let initial: &[RrSet] = if known { &[] } else { &settings.initial };
    let sets = initial.iter().chain(&settings.fixed).cloned();
    let changes = sets
        .map(|set| {
            let what = set.key.to_string();
            WireChange::read(zone.key(), Change::to(set))
                .map_err(|error| refuse(settings, what, error.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let whole = settings.name.to_string();
    let (mut pending, _) =
        crate::change::apply(draft, &changes).map_err(|error| refuse(settings, whole, error.to_string()))?;
    if !known {
        // Made new, its serial number is the first, not the second.
        if let Some(apex) = pending.get_mut(&[][..]) {
            let data = self::soa(&settings.soa, serial);
            if let Ok(sets) =
                crate::sets::with(apex, code::SOA, settings.soa.ttl, [data.as_slice()].into_iter())
            {
                *apex = sets;
            }
        }
    }
    Ok(pending)
}

fn refuse(settings: &ZoneSettings, what: String, why: String) -> OpenError {
    OpenError::Set { zone: settings.name.clone(), what, why }
}

fn soa(soa: &Soa, serial: u32) -> Vec<u8> {
    let mut data = [&*WireName::of(&soa.primary), &*WireName::of(&soa.contact)].concat();
    for number in [serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
        data.extend(number.to_be_bytes());
    }
    data
}

/// A serial number from the clock: seconds since 1970, which fit until 2106; after that they go round, as they may.
fn clock() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let [.., a, b, c, d] = since.to_be_bytes();
    u32::from_be_bytes([a, b, c, d]).max(1)
}

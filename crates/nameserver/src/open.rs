//! From settings to a state: what the store remembers, made what the settings say.

use crate::change::{Change, WireChange};
use crate::draft::{Draft, Pending};
use crate::journal::Journal;
use crate::name::{Key, WireName};
use crate::rdata::code;
use crate::settings::{KeySettings, OpenError, Settings, Soa, Store, ZoneSettings};
use crate::state::{Served, State};
use crate::store::Storage;
use crate::zone::Zone;
use dynflare_core::record::RrSet;
use std::sync::Arc;
use std::time::SystemTime;

/// Opens the store and makes its zones what the settings say; that is durable when this returns.
pub(crate) fn open(settings: Settings) -> Result<(State, Storage), OpenError> {
    let (mut storage, mut zones) = match settings.store {
        Store::Memory => (Storage::Memory, Vec::new()),
        Store::File(path) => match Journal::open(&path) {
            Ok((journal, zones)) => (Storage::File(Box::new(journal)), zones),
            Err(why) => return Err(OpenError::Store { path, why }),
        },
    };
    zones.sort_by(|one, other| one.zone.key().cmp(other.zone.key()));
    let mut state = State { zones, keys: Vec::new() };
    let plan = Plan::new(&state, settings.zones, settings.keys)?;
    storage.commit(&state, &plan.changes()).map_err(|error| storage.failed(&error))?;
    plan.carry_out(&mut state);
    Ok((state, storage))
}

/// How a state becomes what other settings say.
pub(crate) struct Plan {
    zones: Vec<(WireName, ZoneSettings, Pending)>,
    keys: Vec<KeySettings>,
}

impl Plan {
    /// What has to change in the zones; nothing is changed yet.
    pub(crate) fn new(
        state: &State,
        zones: Vec<ZoneSettings>,
        keys: Vec<KeySettings>,
    ) -> Result<Self, OpenError> {
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].iter().any(|other| other.key.name() == key.key.name()) {
                return Err(OpenError::TwiceKey(key.key.name().to_string()));
            }
        }
        let mut planned: Vec<(WireName, ZoneSettings, Pending)> = Vec::with_capacity(zones.len());
        for settings in zones {
            if planned.iter().any(|(_, other, _)| other.name == settings.name) {
                return Err(OpenError::TwiceZone(settings.name));
            }
            let origin = WireName::of(&settings.name);
            let pending = match state.exactly(&Key::of(&origin)) {
                Some(place) => prepare(&state.zones[place].zone, &settings)?,
                None => prepare(&Zone::new(origin), &settings)?,
            };
            planned.push((origin, settings, pending));
        }
        Ok(Self { zones: planned, keys })
    }

    /// What is to be written first.
    pub(crate) fn changes(&self) -> Vec<(&WireName, &Pending)> {
        let changes = self.zones.iter().map(|(zone, _, pending)| (zone, pending));
        changes.filter(|(_, pending)| !pending.is_empty()).collect()
    }

    /// Makes it true. Zones that the settings do not have any more are kept and not served.
    pub(crate) fn carry_out(self, state: &mut State) {
        for served in &mut state.zones {
            served.name = None;
        }
        for (origin, settings, pending) in self.zones {
            let key = Key::of(&origin);
            let place =
                state.zones.binary_search_by(|served| served.zone.key().cmp(&*key)).unwrap_or_else(|place| {
                    state.zones.insert(place, Served::new(Zone::new(origin)));
                    place
                });
            let served = &mut state.zones[place];
            if !pending.is_empty() {
                served.apply(&pending);
            }
            served.name = Some(settings.name);
            served.transfer = settings.transfer;
        }
        state.keys = self.keys.into_iter().map(Arc::new).collect();
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

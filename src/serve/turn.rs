//! One round of one zone: from wishes to what became of them.

use super::outcome::{Became, became};
use super::{Ground, Knowledge, Look};
use crate::keeper::Keeper;
use crate::provider::Adapter;
use crate::report::event::RecordEvent;
use crate::round::{Interrupt, Keep, Mode, Need, Round, Wanted};
use crate::server::update::setter::Want;
use crate::setup;
use dynflare_core::address::{Family, Observation};
use dynflare_core::condition::{Conditions, Leftover};
use dynflare_core::desired::{Agreed, OnDrift, Wish};
use dynflare_core::memory::{Entry, Memory, Place};
use dynflare_core::name::Name;
use dynflare_core::record::{Attributes, Key};
use dynflare_core::uplink::Ways;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What became of one record.
pub(super) struct Came {
    pub(super) key: Key,
    pub(super) want: Want<IpAddr>,
    pub(super) became: Became,
    pub(super) event: RecordEvent,
}

/// What a round is made of.
pub(super) struct Turn<'t> {
    pub(super) zone: &'t Name,
    pub(super) ground: &'t Ground,
    pub(super) keeper: Option<&'t Keeper>,
}

/// For how long the changes of a zone that is here are remembered: the guards look no further back.
const HOUR: u64 = 60 * 60;

impl Turn<'_> {
    /// Takes the turn. Memory is what the next one needs to know.
    pub(super) async fn take(&self, wanted: Vec<(Key, Want<IpAddr>)>, memory: &mut Memory) -> Vec<Came> {
        let now = setup::now();
        let given = match &self.ground.knowledge {
            Knowledge::Remembered => std::mem::take(memory),
            Knowledge::Here(look) => self.of_here(look.as_ref(), &wanted, memory, now),
        };
        let keeper = self.keeper.cloned();
        let round = Round {
            wanted: wanted.iter().map(|(key, want)| self.wanted(key, *want)).collect(),
            accounts: Arc::<BTreeMap<String, Adapter>>::clone(&self.ground.accounts),
            detecting: self.ground.detecting.clone(),
            limits: self.ground.limits.clone(),
            memory: given,
            now,
            mode: Mode::Apply,
            interrupt: Interrupt::never(),
            keeper: keeper.map(|keeper| Arc::new(keeper) as Arc<dyn Keep>),
        };
        let finished = round.run().await;
        match &self.ground.knowledge {
            Knowledge::Remembered => {
                *memory = finished.memory;
                memory.prune(now);
            }
            Knowledge::Here(_) => {
                for (place, entry) in finished.memory.entries() {
                    let changes = entry.changes.clone();
                    memory.restore(place.clone(), Entry { changes, ..Entry::default() });
                }
            }
        }
        if let Some(keeper) = self.keeper {
            keeper.keep(memory.clone()).await;
        }
        let events = finished.records.into_iter().zip(wanted);
        events.map(|(event, (key, want))| Came { key, want, became: became(&event), event }).collect()
    }

    /// In a zone that is here, everything at a name is ours: nobody else writes there but those whom the same file
    /// allows to.
    fn of_here(&self, look: &dyn Look, wanted: &[(Key, Want<IpAddr>)], memory: &Memory, now: u64) -> Memory {
        let mut given = Memory::default();
        for (key, _) in wanted {
            let place = self.place(key);
            let entry = Entry {
                published: look.look(key).iter().map(ToString::to_string).collect(),
                written: Some(now),
                changes: memory.changes(&place).to_vec(),
                ..Entry::default()
            };
            given.restore(place, entry);
        }
        given
    }

    fn place(&self, key: &Key) -> Place {
        Place { account: self.ground.account.clone(), key: key.clone() }
    }

    fn wanted(&self, key: &Key, want: Want<IpAddr>) -> Wanted {
        let ground = self.ground;
        let attributes = Attributes { ttl: ground.ttl, ..Attributes::default() };
        let wish = Wish::new(key.clone(), ground.owner.clone(), Vec::new())
            .and_then(|wish| wish.with_attributes(attributes, OnDrift::Leave))
            .expect("invariant: an address record without a comment needs nothing more");
        let told = match want {
            Want::Address(address) => Observation::Address(address),
            Want::Offline => Observation::NoAddress,
            Want::Keep => Observation::Unknown("nothing was said".to_owned()),
        };
        let nothing = || Observation::Unknown("nothing was said".to_owned());
        let agreed = match key.rtype.family() {
            Some(Family::V4) => Agreed::new(told, nothing()),
            Some(Family::V6) => Agreed::new(nothing(), told),
            None => Agreed::new(nothing(), nothing()),
        };
        Wanted {
            account: ground.account.clone(),
            zone: Some(self.zone.clone()),
            zone_id: ground.zone_id.clone(),
            wish,
            need: Need::Required,
            ways: Ways::Default,
            calls: None,
            told: Some(agreed),
            settled: None,
            // Who says that it has no address knows it.
            conditions: Conditions {
                on_no_address: Leftover::Delete,
                grace: 0,
                on_stop: Leftover::Keep,
                refresh_after: None,
            },
        }
    }
}

/// Forgets changes of a zone that is here, which no guard looks at any more.
pub(super) fn forget(memory: &mut Memory, now: u64) {
    let old: Vec<Place> = memory
        .entries()
        .filter(|(_, entry)| entry.changes.last().is_none_or(|change| change.at.abs_diff(now) > HOUR))
        .map(|(place, _)| place.clone())
        .collect();
    for place in old {
        memory.forget(&place);
    }
}

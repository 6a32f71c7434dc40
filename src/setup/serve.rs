//! From the settings of `[serve]` to what its zones need.

use super::{detecting, open};
use crate::config::Settings;
use crate::config::serve::{Place, Serve};
use crate::net::Network;
use crate::provider::{Adapter, Budgets};
use crate::serve::{Ground, Knowledge, Look};
use dynflare_core::guard::Limits;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the account of zones that are here is called, in memory and reports.
const LOCAL: &str = "local";

/// The TTL of records of a zone that is here, in seconds, unless something else is said: they are meant to move.
const LOCAL_TTL: u32 = 60;

/// A name server that is here: what its zones are written with, and what they are looked at with.
pub(crate) struct Here {
    /// Writes.
    pub(crate) adapter: Adapter,
    /// Looks.
    pub(crate) look: Arc<dyn Look>,
}

/// The zones. Those that are here are left out where nothing is here.
pub(crate) fn zones(
    settings: &Settings,
    serve: &Serve,
    network: &Network,
    (budgets, here): (&Budgets, Option<Here>),
) -> BTreeMap<Name, Ground> {
    let mut accounts: BTreeMap<String, Adapter> = settings
        .accounts
        .iter()
        .map(|(name, account)| {
            let counted = network.counting(budgets.tally(name));
            (name.clone(), open(account, &counted, budgets))
        })
        .collect();
    let look = here.map(|here| {
        accounts.insert(LOCAL.to_owned(), here.adapter);
        here.look
    });
    let accounts = Arc::new(accounts);
    let mut detecting = detecting(settings, network, &Memory::default());
    // Clients say their addresses themselves.
    detecting.sources = Vec::new().into();
    let limits = Limits { flap_window: serve.flap_window.value.as_secs(), ..settings.limits() };
    let mut zones = BTreeMap::new();
    for (name, zone) in &serve.zones {
        let (account, ttl, knowledge) = match (&zone.provider, &look) {
            (Place::Account(account), _) => (account.clone(), zone.ttl, Knowledge::Remembered),
            (Place::Local(_), Some(look)) => {
                let ttl = zone.ttl.unwrap_or(LOCAL_TTL);
                (LOCAL.to_owned(), Some(ttl), Knowledge::Here(Arc::clone(look)))
            }
            (Place::Local(_), None) => continue,
        };
        let ground = Ground {
            accounts: Arc::clone(&accounts),
            account,
            zone_id: zone.zone_id.clone(),
            ttl,
            owner: settings.owner.value.clone(),
            limits: limits.clone(),
            audit: settings.audit_interval.value,
            detecting: detecting.clone(),
            knowledge,
        };
        zones.insert(name.clone(), ground);
    }
    zones
}

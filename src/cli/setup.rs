//! From settings to what a round needs: adapters, sources, the way out, memory.

use crate::config::{AccountSettings, Presence, Settings};
use crate::memory::{Store, Warning};
use crate::net::{Network, NetworkSettings};
use crate::provider::{Adapter, cloudflare::Cloudflare, rfc2136::Rfc2136};
use crate::round::{Detecting, Mode, Need, Round, Wanted};
use crate::source::Filters;
use dynflare_core::memory::Memory;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The way out, as configured.
pub(super) fn network(settings: &Settings) -> Network {
    Network::new(NetworkSettings {
        ca_files: settings.ca_files.iter().map(|file| file.value.clone()).collect(),
        user_agent: concat!("dynflare/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")")
            .to_owned(),
    })
}

/// The accounts that records use, ready to be spoken to.
pub(super) fn accounts(settings: &Settings, network: &Network) -> BTreeMap<String, Adapter> {
    let adapter = |account: &AccountSettings| match account {
        AccountSettings::Cloudflare(settings) => {
            Adapter::Records(Box::new(Cloudflare::new(settings.clone(), network)))
        }
        AccountSettings::Rfc2136(settings) => {
            let adapter = Rfc2136::new(settings.clone(), network);
            Adapter::RrSets(Box::new(adapter.expect("the configuration has checked server and key")))
        }
    };
    settings.accounts.iter().map(|(name, account)| (name.clone(), adapter(account))).collect()
}

/// How addresses are learned, as configured.
pub(super) fn detecting(settings: &Settings, network: &Network) -> Detecting {
    Detecting {
        sources: settings.pool.value.clone().into(),
        rules: settings.rules,
        filters: Filters { allow: settings.allow.value.clone(), deny: settings.deny.value.clone() },
        network: network.clone(),
        seed: seed(),
    }
}

/// A whole round, as configured.
pub(super) fn round(settings: &Settings, memory: Memory, mode: Mode) -> Round {
    let network = network(settings);
    let wanted = settings.records.iter().map(|record| Wanted {
        account: record.account.clone(),
        zone: record.zone.clone(),
        zone_id: record.zone_id.clone(),
        wish: record.wish.clone(),
        need: match record.presence {
            Presence::Required => Need::Required,
            Presence::IfPresent => Need::IfPresent,
        },
    });
    Round {
        wanted: wanted.collect(),
        accounts: accounts(settings, &network),
        detecting: detecting(settings, &network),
        limits: settings.limits(),
        memory,
        now: now(),
        mode,
    }
}

/// What earlier runs left behind; a warning where that cannot be read.
pub(super) fn remembered(settings: &Settings) -> (Option<Store>, Memory, Option<Warning>) {
    match &settings.state_dir.value {
        None => (None, Memory::default(), None),
        Some(folder) => {
            let (store, memory, warning) = Store::open(folder);
            (Some(store), memory, warning)
        }
    }
}

/// Seconds since 1970; a clock before that counts as 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Randomness for drawing a panel. Where the system has none, the clock's fraction has to do: a predictable panel is
/// still a panel.
fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_nanos()))
    })
}

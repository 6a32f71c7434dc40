//! From settings to what a round needs: adapters, sources, the way out, memory.

use crate::config::{AccountSettings, Calls, Presence, Settings};
use crate::memory::{Store, Warning};
use crate::net::{Network, NetworkSettings};
use crate::provider::{
    Adapter, Budgets, cloudflare::Cloudflare, exec::Exec, get, get::Get, rfc2136::Rfc2136,
};
#[cfg(feature = "rest")]
use crate::provider::{http, rest};
use crate::round::{Detecting, Interrupt, Mode, Need, Round, Uplink, Wanted};
use crate::source::{Filters, Source};
use dynflare_core::memory::Memory;
use dynflare_core::uplink::Ways;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "serve")]
pub(crate) mod serve;

/// The way out, as configured.
pub(crate) fn network(settings: &Settings) -> Network {
    Network::new(NetworkSettings {
        ca_files: settings.ca_files.iter().map(|file| file.value.clone()).collect(),
        user_agent: concat!("dynflare/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")")
            .to_owned(),
    })
}

/// The accounts that records use, ready to be spoken to, by [`Wanted::adapter`].
fn adapters(
    settings: &Settings,
    wanted: &[Wanted],
    network: &Network,
    budgets: &Budgets,
) -> BTreeMap<String, Adapter> {
    let adapter = |wanted: &Wanted| {
        let way = wanted.calls.as_ref().and_then(|uplink| settings.uplinks.get(uplink));
        let network = way.map_or_else(|| network.clone(), |uplink| network.via(uplink.way));
        let network = network.counting(budgets.tally(&wanted.account));
        let account = settings.accounts.get(&wanted.account);
        account.map(|account| (wanted.adapter(), open(account, &network, budgets)))
    };
    let mut adapters = BTreeMap::new();
    for wanted in wanted {
        if !adapters.contains_key(&wanted.adapter()) {
            adapters.extend(adapter(wanted));
        }
    }
    adapters
}

/// The accounts that records use, ready to be spoken to by the system's own way.
pub(crate) fn accounts(settings: &Settings, network: &Network) -> BTreeMap<String, Adapter> {
    let budgets = Budgets::new();
    settings.accounts.iter().map(|(name, account)| (name.clone(), open(account, network, &budgets))).collect()
}

/// Whether an account's provider answers to updates only.
#[cfg(feature = "doctor")]
pub(crate) fn shows_nothing(settings: &Settings, account: &str) -> bool {
    let network = network(settings);
    let adapter = settings.accounts.get(account).map(|account| open(account, &network, &Budgets::new()));
    matches!(adapter, Some(Adapter::Push(_)))
}

fn open(account: &AccountSettings, network: &Network, budgets: &Budgets) -> Adapter {
    match account {
        AccountSettings::Cloudflare(settings) => {
            Adapter::Records(Box::new(Cloudflare::sharing(settings.clone(), network, budgets)))
        }
        AccountSettings::Exec(settings) => Adapter::RrSets(Box::new(Exec::new(settings.clone()))),
        #[cfg(feature = "rest")]
        AccountSettings::Http(settings) => http::open(settings, network),
        AccountSettings::Rfc2136(settings) => {
            let adapter = Rfc2136::new(settings.clone(), network);
            Adapter::RrSets(Box::new(adapter.expect("the configuration has checked server and key")))
        }
        AccountSettings::Own(own) => {
            let get = Get::new(own.definition.clone(), &own.account, network);
            Adapter::Push(Box::new(get.expect("the configuration has checked the account")))
        }
        AccountSettings::Fields(account) => {
            let opened = get::open(account, network).and_then(Result::ok);
            #[cfg(feature = "rest")]
            let opened = opened.or_else(|| rest::open(account, network, budgets, now));
            opened.expect("the configuration takes whole accounts of known providers only")
        }
    }
}

/// How addresses are learned, as configured, by sources that have done as remembered.
pub(crate) fn detecting(settings: &Settings, network: &Network, memory: &Memory) -> Detecting {
    let now = now();
    let sources = Source::in_turn(settings.pool.value.clone(), &memory.tracks, now);
    let uplinks = settings.uplinks.iter().map(|(name, settings)| {
        (Arc::clone(name), Uplink { way: settings.way, hold_down: settings.hold_down })
    });
    Detecting {
        sources: sources.into(),
        rules: settings.rules,
        filters: Filters { allow: settings.allow.value.clone(), deny: settings.deny.value.clone() },
        network: network.clone(),
        uplinks: uplinks.collect(),
        seed: seed(),
    }
}

/// The uplink that a record's provider is spoken to by: that of a record which has one alone, if it says so.
fn calls(settings: &Settings, ways: &Ways) -> Option<Arc<str>> {
    let [uplink] = ways.names() else { return None };
    settings.uplinks.get(uplink).filter(|settings| settings.calls == Calls::ByUplink)?;
    Some(Arc::clone(uplink))
}

/// A configuration made ready: what its rounds have in common.
pub(crate) struct Ready {
    /// The records, in the order of the settings.
    pub(crate) wanted: Vec<Wanted>,
    accounts: Arc<BTreeMap<String, Adapter>>,
    network: Network,
}

impl Ready {
    /// Makes ready. Everything of one process shares the budgets, before and after a reload.
    pub(crate) fn new(settings: &Settings, budgets: &Budgets) -> Self {
        Self::over(network(settings), settings, budgets)
    }

    /// The same over a network that is there already.
    pub(crate) fn over(network: Network, settings: &Settings, budgets: &Budgets) -> Self {
        let wanted: Vec<Wanted> = settings
            .records
            .iter()
            .map(|record| Wanted {
                ways: record.ways.clone(),
                calls: calls(settings, &record.ways),
                settled: None,
                told: None,
                conditions: record.conditions,
                account: record.account.clone(),
                zone: record.zone.clone(),
                zone_id: record.zone_id.clone(),
                wish: record.wish.clone(),
                need: match record.presence {
                    Presence::Required => Need::Required,
                    Presence::IfPresent => Need::IfPresent,
                },
            })
            .collect();
        let accounts = Arc::new(adapters(settings, &wanted, &network, budgets));
        Self { wanted, accounts, network }
    }

    /// The way out.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// A round of these records.
    pub(crate) fn round(
        &self,
        settings: &Settings,
        wanted: Vec<Wanted>,
        memory: Memory,
        mode: Mode,
    ) -> Round {
        Round {
            accounts: Arc::clone(&self.accounts),
            wanted,
            detecting: detecting(settings, &self.network, &memory),
            limits: settings.limits(),
            memory,
            now: now(),
            mode,
            interrupt: Interrupt::never(),
            keeper: None,
        }
    }
}

/// A whole round, as configured.
pub(crate) fn round(settings: &Settings, memory: Memory, mode: Mode, budgets: &Budgets) -> Round {
    let ready = Ready::new(settings, budgets);
    ready.round(settings, ready.wanted.clone(), memory, mode)
}

/// What earlier runs left behind; a warning where that cannot be read.
pub(crate) fn remembered(settings: &Settings) -> (Option<Store>, Memory, Option<Warning>) {
    match &settings.state_dir.value {
        None => (None, Memory::default(), None),
        Some(folder) => {
            let (store, memory, warning) = Store::open(folder);
            (Some(store), memory, warning)
        }
    }
}

/// Seconds since 1970; a clock before that counts as 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Randomness for drawing a panel. Where the system has none, the clock's fraction has to do: a predictable panel is
/// still a panel.
pub(crate) fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_nanos()))
    })
}

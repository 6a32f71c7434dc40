//! What providers show: the records, as a round sees them that takes no step, and what each credential may do.

use crate::config::{AccountSettings, Settings};
use crate::doctor::{Finding, credential, record};
use crate::net::Network;
use crate::provider::{Adapter, Budgets, Powers};
use crate::report::clean::Cleaner;
use crate::report::event::RecordEvent;
use crate::round::Mode;
use crate::setup::{self, Ready};
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// What a round would do that takes no step.
pub(super) fn round(
    settings: &Settings,
    memory: Memory,
    network: &Network,
) -> impl Future<Output = Vec<RecordEvent>> + Send + use<> {
    let ready = Ready::over(network.clone(), settings, &Budgets::new());
    let round = ready.round(settings, ready.wanted.clone(), memory, Mode::Plan);
    async move { round.run().await.records }
}

/// What each account's credential may do, where its provider tells.
pub(super) fn powers(
    settings: &Settings,
    network: &Network,
) -> impl Future<Output = BTreeMap<String, Powers>> + Send + use<> {
    let accounts = setup::accounts(settings, network);
    async move {
        let mut asking = tokio::task::JoinSet::new();
        for (name, adapter) in accounts {
            asking.spawn(async move {
                let Adapter::Records(records) = &adapter else { return None };
                Some((name, records.powers()?.await))
            });
        }
        let mut told = BTreeMap::new();
        while let Some(one) = asking.join_next().await {
            // One that breaks off is told by its records, or not at all.
            told.extend(one.ok().flatten());
        }
        told
    }
}

/// What is said of the credentials, from what their providers tell and from how reading went.
pub(super) fn credentials(
    settings: &Settings,
    events: &[RecordEvent],
    powers: &BTreeMap<String, Powers>,
    cleaner: &Cleaner,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for account in settings.accounts.keys() {
        let of_account = || events.iter().filter(|event| event.account == *account);
        let zones: BTreeSet<Name> = of_account().filter_map(|event| event.zone.clone()).collect();
        let told = match (powers.get(account), record::refusal(events, account)) {
            (Some(powers), _) => credential::Told::Powers(powers),
            (None, Some(fault)) => credential::Told::Refused(fault),
            (None, None) if setup::shows_nothing(settings, account) => credential::Told::Nothing,
            (None, None) if record::was_read(events, account) => credential::Told::Taken,
            (None, None) => credential::Told::Unheard,
        };
        let facts = credential::Facts { account, powers: told, zones: &zones, now: setup::now() };
        findings.extend(credential::judge(&facts, cleaner));
    }
    findings
}

/// The accounts whose messages are signed with the time (TSIG, RFC 8945 §5.2.3).
pub(super) fn signed(settings: &Settings) -> Vec<String> {
    let is_signed = |account: &AccountSettings| match account {
        AccountSettings::Rfc2136(settings) => settings.key.is_some(),
        // Whether one of the others signs is its adapter's to know.
        AccountSettings::Cloudflare(_)
        | AccountSettings::Exec(_)
        | AccountSettings::Http(_)
        | AccountSettings::Own(_)
        | AccountSettings::Fields(_) => false,
    };
    settings.accounts.iter().filter(|(_, account)| is_signed(account)).map(|(name, _)| name.clone()).collect()
}

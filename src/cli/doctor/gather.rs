//! The facts: everybody who has to be asked is asked side by side, each in a task of its own, by the program's own
//! time-outs. What comes back is judged by [`crate::doctor`].

use super::Arguments;
use crate::cli::detect;
use crate::config::{Presence, Settings};
use crate::doctor::quorum::Need;
use crate::doctor::{Finding, Level, Subject, credential, quorum, record, sources};
use crate::net::Network;
use crate::provider::{Adapter, Budgets, Powers};
use crate::report::clean::Cleaner;
use crate::report::event::RecordEvent;
use crate::report::heard::Heard;
use crate::round::{Line, Mode};
use crate::setup::{self, Ready};
use dynflare_core::address::Family;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use dynflare_core::quorum::Part;
use dynflare_core::uplink::Ways;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// Asks the sources and the providers.
pub(super) async fn everything(settings: &Settings, wanted: Arguments, cleaner: &Cleaner) -> Vec<Finding> {
    let network = setup::network(settings);
    let (mut findings, events, powers) = tokio::join!(
        around(settings, wanted, (&network, cleaner)),
        piece(Subject::Record, round(settings, &network)),
        piece(Subject::Credential, powers(settings, &network)),
    );
    let events = events.unwrap_or_else(|broken| {
        findings.push(broken);
        Vec::new()
    });
    let powers = powers.unwrap_or_else(|broken| {
        findings.push(broken);
        BTreeMap::new()
    });
    findings.extend(credentials(settings, &events, &powers, cleaner));
    findings.extend(record::judge(&events, cleaner));
    findings
}

/// Asks the sources alone.
pub(super) async fn without_accounts(
    settings: &Settings,
    wanted: Arguments,
    cleaner: &Cleaner,
) -> Vec<Finding> {
    let network = setup::network(settings);
    around(settings, wanted, (&network, cleaner)).await
}

/// What has nothing to do with accounts.
async fn around(
    settings: &Settings,
    _wanted: Arguments,
    (network, cleaner): (&Network, &Cleaner),
) -> Vec<Finding> {
    let heard = match piece(Subject::Sources, asked(settings, network)).await {
        Ok(heard) => heard,
        Err(broken) => return vec![broken],
    };
    let needs = needs(settings);
    let mut findings = Vec::new();
    for one in &heard {
        let line = Line { family: one.family(), uplink: one.uplink.clone() };
        let need = needs.get(&line).copied().unwrap_or(Need::Not);
        if need > Need::Not {
            findings.extend(sources::judge(one, cleaner));
        }
        findings.extend(quorum::judge(one, need, cleaner));
    }
    findings
}

/// How much each family is needed over each way.
fn needs(settings: &Settings) -> BTreeMap<Line, Need> {
    let mut needs = BTreeMap::new();
    for wish in &settings.records {
        let uplinks = match &wish.ways {
            Ways::Default => vec![None],
            Ways::InTurn(names) | Ways::All(names) => names.iter().cloned().map(Some).collect(),
        };
        for (family, uplink) in
            wish.wish.families().into_iter().flat_map(|family| uplinks.iter().map(move |one| (family, one)))
        {
            // Of several uplinks one that is down is what the others are for.
            let need = match wish.presence {
                Presence::Required if uplink.is_none() => Need::Required,
                Presence::Required | Presence::IfPresent => Need::IfPresent,
            };
            let known = needs.entry(Line { family, uplink: uplink.clone() }).or_insert(need);
            *known = need.max(*known);
        }
    }
    needs
}

/// What every source says.
fn asked(settings: &Settings, network: &Network) -> impl Future<Output = Vec<Heard>> + Send + use<> {
    let detecting = setup::detecting(settings, network, &Memory::default());
    let needs: Vec<(Family, Part)> = settings.records.iter().flat_map(|record| record.wish.needs()).collect();
    async move { detect::everybody(&detecting, &needs).await }
}

/// What a round would do that takes no step.
fn round(settings: &Settings, network: &Network) -> impl Future<Output = Vec<RecordEvent>> + Send + use<> {
    let (_, memory, _) = setup::remembered(settings);
    let ready = Ready::over(network.clone(), settings, &Budgets::new());
    let round = ready.round(settings, ready.wanted.clone(), memory, Mode::Plan);
    async move { round.run().await.records }
}

/// What each account's credential may do, where its provider tells.
fn powers(
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
fn credentials(
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

/// One check in a task of its own: a defect in it is a finding, and all the others go on.
async fn piece<T: Send + 'static>(
    subject: Subject,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Finding> {
    tokio::spawn(work).await.map_err(|_| {
        let what = "a defect of this program broke the check off";
        Finding::new(Level::Error, subject, what).hint("report this")
    })
}

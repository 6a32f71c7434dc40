//! The facts: everybody who has to be asked is asked side by side, each in a task of its own, by the program's own
//! time-outs. What comes back is judged by [`crate::doctor`].

mod local;
mod providers;

use super::Arguments;
use crate::cli::{args, detect};
use crate::config::{Diagnostic, Presence, RecordWish, Settings};
use crate::doctor::files::Looked;
use crate::doctor::quorum::Need;
use crate::doctor::{
    Finding, Level, Subject, clock, connection, ipv6, quorum, record, resolver, rivals, sources, trust,
};
use crate::history;
use crate::net::dates::Dates;
use crate::net::{Effect, Network, tls};
use crate::report::clean::Cleaner;
use crate::report::heard::Heard;
use crate::round::Line;
use crate::setup;
use crate::source::interception::{self, Probes};
use crate::source::{Filters, Question, ask, interface};
use dynflare_core::address::Family;
use dynflare_core::memory::Memory;
use dynflare_core::quorum::{Opinion, Part};
use dynflare_core::uplink::Ways;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

/// How long the questions that tell an interceptor are waited for: at least one of them is never answered.
const PROBING: Duration = Duration::from_secs(2);

/// The services that it takes to tell one.
const PROBED: [&str; 2] = ["google", "opendns"];

/// Asks the sources and the providers, and looks at this machine.
pub(super) async fn everything(
    settings: &Settings,
    wanted: Arguments,
    notices: &[Diagnostic],
    cleaner: &Cleaner,
) -> Vec<Finding> {
    let (network, dates) = dated(settings);
    let now = setup::now();
    let (memory, mut unread) = local::memory(settings);
    let past = local::past(settings).unwrap_or_else(|why| {
        unread.push(why);
        history::Past::default()
    });
    let (mut findings, events, powers) = tokio::join!(
        around(settings, wanted, (&network, cleaner)),
        piece(Subject::Record, providers::round(settings, memory, &network)),
        piece(Subject::Credential, providers::powers(settings, &network)),
    );
    let events = events.unwrap_or_else(|broken| {
        findings.push(broken);
        Vec::new()
    });
    let powers = powers.unwrap_or_else(|broken| {
        findings.push(broken);
        BTreeMap::new()
    });
    findings.extend(providers::credentials(settings, &events, &powers, cleaner));
    findings.extend(record::judge(&events, cleaner));
    findings.extend(rivals::judge(&events, &past.news, now, cleaner));
    findings.extend(local::files(settings, (notices, Looked::AtAll), &unread, cleaner));
    findings.extend(time(settings, &dates, cleaner));
    findings
}

/// Asks the sources and looks at this machine.
pub(super) async fn without_accounts(
    settings: &Settings,
    wanted: Arguments,
    notices: &[Diagnostic],
    cleaner: &Cleaner,
) -> Vec<Finding> {
    let (network, dates) = dated(settings);
    let mut findings = around(settings, wanted, (&network, cleaner)).await;
    findings.extend(local::files(settings, (notices, Looked::AtSome), &[], cleaner));
    findings.extend(time(settings, &dates, cleaner));
    findings
}

/// The way out, and the dates that answers on it bear.
fn dated(settings: &Settings) -> (Network, Dates) {
    let dates = Dates::listening();
    (setup::network(settings).dating(dates.clone()), dates)
}

/// What has nothing to do with accounts.
async fn around(
    settings: &Settings,
    wanted: Arguments,
    (network, cleaner): (&Network, &Cleaner),
) -> Vec<Finding> {
    let router = args::Detect { router: wanted.router };
    let needs = needs(settings);
    let lines: Vec<Line> = needs.keys().cloned().collect();
    let ((heard, router), trust) = tokio::join!(
        async {
            tokio::join!(
                piece(Subject::Sources, asked(settings, network, lines)),
                detect::router(settings, router, network)
            )
        },
        trusted(settings, network, cleaner),
    );
    let mut findings = vec![trust];
    let heard = heard.unwrap_or_else(|broken| {
        findings.push(broken);
        Vec::new()
    });
    if needs.is_empty() {
        let what = "not asked: no record needs an address";
        findings.push(Finding::new(Level::Note, Subject::Sources, what).hint("name a record"));
        return findings;
    }
    let need_of = |one: &Heard| {
        let line = Line { family: one.family(), uplink: one.uplink.clone() };
        needs.get(&line).copied().unwrap_or(Need::Not)
    };
    for one in &heard {
        findings.extend(sources::judge(one, cleaner));
        findings.extend(quorum::judge(one, need_of(one), cleaner));
    }
    let was_asked = if router.is_some() { connection::Router::Asked } else { connection::Router::NotAsked };
    let connection = detect::connection(&heard, router.and_then(|view| view.external)).await;
    let own = |family: Family| heard.iter().find(|one| one.uplink.is_none() && one.family() == family);
    for report in &connection {
        let need = own(report.sight.family).map_or(Need::Not, need_of);
        findings.extend(connection::judge(report, need, was_asked));
    }
    let address = |family: Family| own(family).and_then(agreed);
    let (chosen, plain) = tokio::join!(
        chosen(settings, address(Family::V6)),
        plain_dns(settings, network, Family::BOTH.map(|family| (family, address(family)))),
    );
    findings.extend(chosen);
    findings.push(plain);
    findings
}

fn agreed(heard: &Heard) -> Option<IpAddr> {
    match heard.verdict().outcome.agreed()? {
        Opinion::Address(address) => Some(address),
        Opinion::NoAddress => None,
    }
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

/// What every source says about what some record needs.
fn asked(
    settings: &Settings,
    network: &Network,
    lines: Vec<Line>,
) -> impl Future<Output = Vec<Heard>> + Send + use<> {
    let detecting = setup::detecting(settings, network, &Memory::default());
    let needs: Vec<(Family, Part)> = settings.records.iter().flat_map(|record| record.wish.needs()).collect();
    async move { detect::of_lines(&detecting, lines, &needs).await }
}

/// Whose certificates are believed.
async fn trusted(settings: &Settings, network: &Network, cleaner: &Cleaner) -> Finding {
    let counting = tokio::task::spawn_blocking(tls::system_authorities);
    let (config, system) = tokio::join!(network.trust().config(tls::HTTP), counting);
    let fault = config.err().map(|error| error.fault(Effect::Read));
    // A store that breaks the reading off is as good as none.
    let system = system.unwrap_or_default();
    let facts = trust::Facts { system, files: settings.ca_files.len(), fault: fault.as_ref() };
    trust::judge(&facts, cleaner)
}

/// Which address of this machine's the sources see, where a record holds all of it.
async fn chosen(settings: &Settings, agreed: Option<IpAddr>) -> Option<Finding> {
    let whole = |record: &RecordWish| {
        record.ways == Ways::Default && record.wish.needs().contains(&(Family::V6, Part::Whole))
    };
    if !settings.records.iter().any(whole) {
        return None;
    }
    let filters = Filters { allow: settings.allow.value.clone(), deny: settings.deny.value.clone() };
    let judged = interface::judged(Family::V6, &filters).await?;
    Some(ipv6::judge(&judged, agreed))
}

/// Whether plain DNS is answered by those it is sent to. Nobody is asked who is not a source anyway.
async fn plain_dns(settings: &Settings, network: &Network, agreed: [(Family, Option<IpAddr>); 2]) -> Finding {
    let pool = &settings.pool.value;
    if !PROBED.iter().all(|operator| pool.iter().any(|source| source.operator == *operator)) {
        return resolver::judge(None);
    }
    let [first, second] = agreed;
    let (family, agreed) = if first.1.is_none() && second.1.is_some() { second } else { first };
    let (aside, filters) = (Mutex::default(), Filters::default());
    let route = ask::route(family, network.way());
    let question = Question { family, route, network, timeout: PROBING, filters: &filters, aside: &aside };
    let observed = interception::observe(&Probes::built_in(), agreed, question).await;
    resolver::judge(Some((family, &interception::judge(&observed))))
}

/// What the servers that were spoken to say what time it is.
fn time(settings: &Settings, dates: &Dates, cleaner: &Cleaner) -> Vec<Finding> {
    let (servers, signed) = (dates.heard(), providers::signed(settings));
    clock::judge(&clock::Facts { now: setup::now(), servers: &servers, signed: &signed }, cleaner)
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

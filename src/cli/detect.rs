//! `dynflare detect`: everybody is asked, and everything they say is shown.

use super::args;
use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use super::waiting;
use crate::config::{Presence, Settings};
use crate::net::Network;
#[cfg(feature = "router")]
use crate::net::Route;
use crate::report::heard::{Heard, Told};
use crate::report::nat::{self, Report, Sight};
use crate::report::{human, json, words};
use crate::round::{Detecting, Line};
use crate::setup;
use crate::source::interface;
use crate::source::router::{Protocol, RouterView};
#[cfg(feature = "router")]
use crate::source::{Source, router};
use dynflare_core::address::Family;
use dynflare_core::fault::Fault;
use dynflare_core::memory::Memory;
use dynflare_core::quorum::{Opinion, Outcome, Part};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Asks every source about both families.
pub(super) async fn run(settings: &Settings, wanted: args::Detect, output: &Output) -> Exit {
    let network = setup::network(settings);
    let detecting = setup::detecting(settings, &network, &Memory::default());
    let needs: Vec<(Family, Part)> = settings.records.iter().flat_map(|record| record.wish.needs()).collect();
    let asking = async {
        let heard = everybody(&detecting, &needs).await;
        (heard, router(settings, wanted, &network).await)
    };
    let (heard, router) = waiting::during("asking every source", output, asking).await;
    let connection = connection(&heard, router.as_ref().and_then(|view| view.external)).await;
    let exit = exit(settings, &heard);
    match output.format {
        Format::Json => {
            let detections: Vec<Value> =
                heard.iter().map(|one| json::detection(one, &output.cleaner)).collect();
            let nat: Vec<Value> = connection.iter().map(json::nat).collect();
            let router = router.as_ref().map(|view| router_value(view, output));
            output.json(
                &json!({ "detections": detections, "router": router, "nat": nat, "exit": exit.code() }),
            );
        }
        Format::Text => {
            let mut texts: Vec<String> = heard.iter().map(|one| text(one, output)).collect();
            let silent = router.iter().filter(|view| view.external.is_none());
            let lines = silent.map(|view| silence(view, output)).chain(nat::lines(&connection));
            texts.push(lines.collect::<Vec<_>>().join("\n"));
            output.line(&texts.join("\n\n"));
        }
    }
    exit
}

/// Whether what was asked for is known: the address of each family that a record must have, or of any family where
/// none must be there. A network is enough where that is all that is needed; that a family is certainly not there is
/// no address.
fn exit(settings: &Settings, heard: &[Heard]) -> Exit {
    let tells = |family: &Family| {
        let told = |one: &Heard| {
            matches!(one.verdict().outcome, Outcome::Agreed(Opinion::Address(_)))
                || !one.networks().is_empty()
        };
        heard.iter().any(|one| one.family() == *family && told(one))
    };
    let required = settings.records.iter().filter(|record| record.presence == Presence::Required);
    let required: BTreeSet<Family> = required.flat_map(|record| record.wish.families()).collect();
    if Family::BOTH.iter().any(tells) && required.iter().all(tells) {
        Exit::AsDesired
    } else {
        Exit::NotAgreed
    }
}

/// Nothing of the router: this program was built without it.
#[cfg(not(feature = "router"))]
#[expect(clippy::unused_async, reason = "it takes the place of one that waits")]
async fn router(_: &Settings, _: args::Detect, _: &Network) -> Option<RouterView> {
    None
}

/// What the router says, where the user has it asked: by name, or as a source of the pool.
#[cfg(feature = "router")]
pub(super) async fn router(
    settings: &Settings,
    wanted: args::Detect,
    network: &Network,
) -> Option<RouterView> {
    let pooled = settings.pool.value.iter().any(Source::is_router);
    let timeout = settings.rules.times().source_timeout;
    if !pooled && !wanted.router {
        return None;
    }
    Some(router::look(network, Route::only(Family::V4), timeout).await)
}

/// Why nothing is known of the router's address.
fn silence(view: &RouterView, output: &Output) -> String {
    let Some(gateway) = view.gateway else {
        return "router: none, no IPv4 default route names a gateway".to_owned();
    };
    let said = |(protocol, fault): &(Protocol, Fault)| {
        format!("{}: {}", protocol.as_str(), words::fault_cause(fault, &output.cleaner))
    };
    let said: Vec<String> = view.faults.iter().map(said).collect();
    format!("router: {gateway} does not tell its address ({})", said.join("; "))
}

fn router_value(view: &RouterView, output: &Output) -> Value {
    let faults = view.faults.iter().map(
        |(protocol, fault)| json!({ "protocol": protocol.as_str(), "fault": json::fault(fault, &output.cleaner) }),
    );
    json!({
        "gateway": view.gateway.map(|address| address.to_string()),
        "external": view.external.map(|address| address.to_string()),
        "protocol": view.how.map(Protocol::as_str),
        "faults": faults.collect::<Vec<_>>(),
    })
}

/// How this machine is connected, with the router's own word about its IPv4 address where it has given one.
pub(super) async fn connection(heard: &[Heard], router: Option<IpAddr>) -> Vec<Report> {
    let mut reports = Vec::new();
    for one in heard.iter().filter(|one| one.uplink.is_none()) {
        let family = one.family();
        let public = match one.verdict().outcome {
            Outcome::Agreed(Opinion::Address(address)) => Some(address),
            Outcome::Agreed(Opinion::NoAddress) | Outcome::Split | Outcome::TooFew | Outcome::Unknown => None,
        };
        let router = router.filter(|address| Family::of(*address) == family);
        let held = interface::held(family).await;
        reports.push(Sight { family, router, held, public }.judge());
    }
    reports
}

/// What everybody says, by the system's own way and by every uplink.
async fn everybody(detecting: &Detecting, needs: &[(Family, Part)]) -> Vec<Heard> {
    let uplinks = [None].into_iter().chain(detecting.uplinks.keys().cloned().map(Some));
    let of_uplink =
        |uplink: Option<Arc<str>>| Family::BOTH.map(|family| Line { family, uplink: uplink.clone() });
    of_lines(detecting, uplinks.flat_map(of_uplink).collect(), needs).await
}

/// What everybody says about these, side by side.
pub(super) async fn of_lines(
    detecting: &Detecting,
    lines: Vec<Line>,
    needs: &[(Family, Part)],
) -> Vec<Heard> {
    let mut asking = JoinSet::new();
    for (place, line) in lines.into_iter().enumerate() {
        let of_family = needs.iter().filter(|(other, _)| *other == line.family);
        let parts: Vec<Part> = of_family.map(|(_, part)| *part).collect();
        let detecting = detecting.clone();
        asking.spawn(async move { (place, detecting.ask_all(&line, &parts).await) });
    }
    let mut heard: BTreeMap<usize, Heard> = BTreeMap::new();
    while let Some(ended) = asking.join_next().await {
        if let Ok((place, Some(one))) = ended {
            heard.insert(place, one);
        }
    }
    heard.into_values().collect()
}

/// The verdict and the ballots of one family.
pub(super) fn text(heard: &Heard, output: &Output) -> String {
    let rows = heard.told().into_iter().map(|(source, told, took)| {
        let said = match told {
            Told::Says(opinion) => opinion.to_string(),
            Told::Failed(fault) => words::fault_cause(fault, &output.cleaner),
            Told::NotNeeded => "not needed any more".to_owned(),
        };
        let took = took.map(|took| format!("{took} ms")).unwrap_or_default();
        vec![format!("  {}", source.id), source.operator.clone(), took, said]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let verdict = verdict(heard);
    if rows.is_empty() {
        return verdict;
    }
    let told = table(&["  source", "operator", "took", "said"], rows);
    let notes = heard.notes().into_iter().map(|note| format!("  {}", output.cleaner.remote(&note)));
    let parts: Vec<String> = [verdict, told].into_iter().chain(notes).collect();
    parts.join("\n")
}

pub(super) fn verdict(heard: &Heard) -> String {
    let (family, about) = (heard.family(), heard.about());
    let needed = format!("{} of a panel of {} must agree", heard.verdict().quorum, heard.verdict().panel);
    if heard.detection.no_route() {
        return format!("{about}: this machine has no way to the Internet over {family}");
    }
    match heard.verdict().outcome {
        Outcome::Agreed(opinion) => {
            let beside: String =
                heard.beside().iter().fold(String::new(), |text, one| text + " and " + &one.to_string());
            format!(
                "{about}: {opinion}{beside}, agreed by {} ({needed})",
                words::counted(heard.agreeing().len(), "operator")
            )
        }
        Outcome::Split | Outcome::TooFew | Outcome::Unknown => {
            let networks: Vec<String> = heard
                .networks()
                .iter()
                .map(|(network, operators)| {
                    format!("; {network} is agreed by {}", words::counted(operators.len(), "operator"))
                })
                .collect();
            format!("{about}: not agreed: {}{}", human::disagreement(heard), networks.concat())
        }
    }
}

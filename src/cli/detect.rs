//! `dynflare detect`: everybody is asked, and everything they say is shown.

use super::exit::Exit;
use super::output::{Format, Output};
use super::setup;
use super::table::table;
use crate::config::Settings;
use crate::report::heard::{Heard, Told};
use crate::report::nat::{self, Report, Sight};
use crate::report::{human, json, words};
use crate::source::interface;
use dynflare_core::address::Family;
use dynflare_core::quorum::{Opinion, Outcome, Part};
use serde_json::{Value, json};
use std::net::IpAddr;

/// Asks every source about both families.
pub(super) async fn run(settings: &Settings, output: &Output) -> Exit {
    let network = setup::network(settings);
    let detecting = setup::detecting(settings, &network);
    let inquiry = detecting.inquiry();
    let parts = |family: Family| -> Vec<Part> {
        let needs = settings.records.iter().flat_map(|record| record.wish.needs());
        needs.filter(|(other, _)| *other == family).map(|(_, part)| part).collect()
    };
    let (about_v4, about_v6) = (parts(Family::V4), parts(Family::V6));
    let (v4, v6) = tokio::join!(
        inquiry.ask_all_about(Family::V4, &about_v4),
        inquiry.ask_all_about(Family::V6, &about_v6)
    );
    let heard = [v4, v6].map(|detection| Heard { detection, sources: detecting.sources.clone() });
    let connection = connection(&heard, None).await;
    let agreed = heard.iter().any(|one| one.verdict().outcome.agreed().is_some());
    let exit = if agreed { Exit::AsDesired } else { Exit::NotAgreed };
    match output.format {
        Format::Json => {
            let detections: Vec<Value> =
                heard.iter().map(|one| json::detection(one, &output.cleaner)).collect();
            let nat: Vec<Value> = connection.iter().map(json::nat).collect();
            output.json(&json!({ "detections": detections, "nat": nat, "exit": exit.code() }));
        }
        Format::Text => {
            let mut texts: Vec<String> = heard.iter().map(|one| text(one, output)).collect();
            texts.push(nat::lines(&connection).join("\n"));
            output.line(&texts.join("\n\n"));
        }
    }
    exit
}

/// How this machine is connected, with the router's own word about its IPv4 address where it has given one.
async fn connection(heard: &[Heard], router: Option<IpAddr>) -> Vec<Report> {
    let mut reports = Vec::new();
    for one in heard {
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

fn verdict(heard: &Heard) -> String {
    let family = heard.family();
    let needed = format!("{} of a panel of {} must agree", heard.verdict().quorum, heard.verdict().panel);
    if heard.detection.no_route() {
        return format!("{family}: this machine has no way to the Internet over {family}");
    }
    match heard.verdict().outcome {
        Outcome::Agreed(opinion) => {
            format!(
                "{family}: {opinion}, agreed by {} ({needed})",
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
            format!("{family}: not agreed: {}{}", human::disagreement(heard), networks.concat())
        }
    }
}

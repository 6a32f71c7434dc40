//! The addresses, and the last ballots as a picture: who said what, how fast, who dissented, and when it was decided.

use super::picture::{self, Mark, mark, mark_at, percent, share};
use super::{View, ago, latency, text, value};
use crate::report::news::Said;
use crate::report::status::AddressStatus;
use crate::report::words;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One answer, as it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vote {
    Agrees,
    Dissents,
    /// It names an address, and nothing was agreed on.
    Alone,
    Failed,
}

impl Vote {
    fn of(said: &Said, address: &AddressStatus) -> Self {
        let opinion = said.said == "none" || said.said.parse::<IpAddr>().is_ok();
        match (opinion, agreed(address)) {
            (false, _) => Self::Failed,
            (true, Some(agreed)) if agreed == said.said => Self::Agrees,
            (true, Some(_)) => Self::Dissents,
            (true, None) => Self::Alone,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Dissents => "dissents",
            Self::Alone => "is not enough",
            Self::Failed => "failed",
        }
    }

    fn mark(self) -> Mark {
        match self {
            Self::Agrees => Mark::Good,
            Self::Dissents | Self::Alone => Mark::Other,
            Self::Failed => Mark::Bad,
        }
    }
}

/// What the last detection agreed on, as sources say it.
fn agreed(address: &AddressStatus) -> Option<String> {
    match address.verdict.as_str() {
        "agreed" => address.address.map(|address| address.to_string()),
        "none" => Some("none".to_owned()),
        _ => None,
    }
}

/// A card for each family, by each way out.
pub(super) fn addresses(view: View<'_>) -> Markup {
    html! {
        section #addresses aria-labelledby="addresses-title" {
            h2 #addresses-title { "Addresses" small { "who said what when they were asked last" } }
            @if view.status.addresses.is_empty() { p.quiet { "Nobody has been asked yet." } }
            div.cards { @for one in &view.status.addresses { (card(view, one)) } }
        }
    }
}

fn card(view: View<'_>, one: &AddressStatus) -> Markup {
    let way = one.uplink.as_ref().map(|uplink| format!(" by {}", text(uplink))).unwrap_or_default();
    let id = format!("ipv{}-{}", one.family, slug(one.uplink.as_deref()));
    let title = format!("{id}-title");
    html! {
        article.card id=(id) aria-labelledby=(title) {
            h3 id=(title) {
                span.family { "IPv" (one.family) (way) } " "
                @match one.address {
                    Some(address) => span.address { (value(&address.to_string())) },
                    None => span.quiet { "no address" },
                }
            }
            p.facts {
                @if let Some(since) = one.since { "for " (words::lasting(view.now.saturating_sub(since))) ", " }
                @match one.agreed_at { Some(at) => { "agreed " (ago(view, at)) }, None => "never agreed" }
            }
            (verdict(one))
            @if !one.ballots.is_empty() { (table(one, &title)) }
            (latency::plot(view, one, &id))
        }
    }
}

/// The names of ways out are the user's; an identifier takes less.
fn slug(uplink: Option<&str>) -> String {
    uplink.unwrap_or("own").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// How many operators say the same.
fn alike(one: &AddressStatus, said: &Said) -> usize {
    let same = one.ballots.iter().filter(|other| other.said == said.said);
    same.map(|other| other.operator.as_str()).collect::<BTreeSet<_>>().len()
}

/// How it ended, in a sentence and as a row of marks, one for each place of the panel.
fn verdict(one: &AddressStatus) -> Markup {
    let operators = |vote: Vote| {
        let of_vote = one.ballots.iter().filter(|said| Vote::of(said, one) == vote);
        of_vote.map(|said| said.operator.as_str()).collect::<BTreeSet<_>>().len()
    };
    let (yes, no) = (operators(Vote::Agrees), operators(Vote::Dissents) + operators(Vote::Alone));
    let failed = operators(Vote::Failed);
    let rule = if one.panel == 0 {
        String::new()
    } else {
        format!("; {} of a panel of {} must agree", one.quorum, one.panel)
    };
    let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    let dissent = if no == 0 { String::new() } else { format!(", {no} dissented") };
    let sentence = match one.verdict.as_str() {
        "agreed" => format!("{} agreed{dissent}{failures}{rule}", words::counted(yes, "operator")),
        "none" => "certainly no address of this family".to_owned(),
        "split" => format!("not agreed: the sources contradict each other{failures}{rule}"),
        "too-few" => format!("not agreed: too few sources answered{failures}{rule}"),
        _ => format!("not agreed: no source could tell{failures}{rule}"),
    };
    let panel = usize::try_from(one.panel).unwrap_or(0).clamp(yes + no + failed, 32);
    let kinds = [(Mark::Good, yes), (Mark::Other, no), (Mark::Bad, failed)];
    let said = kinds.into_iter().flat_map(|(mark, count)| std::iter::repeat_n(mark, count));
    let seats: Vec<Mark> = said.chain(std::iter::repeat(Mark::None)).take(panel).collect();
    let good = matches!(one.verdict.as_str(), "agreed" | "none");
    html! {
        p.verdict.good[good].bad[!good] {
            @if panel > 0 && one.verdict != "none" {
                span.seats aria-hidden="true" { @for seat in seats { (mark(seat)) } } " "
            }
            (super::capital(&sentence))
        }
    }
}

/// The ballots: a row for each who answered, with the time on a line.
fn table(one: &AddressStatus, title: &str) -> Markup {
    let mut ballots: Vec<&Said> = one.ballots.iter().collect();
    ballots.sort_by_key(|said| (said.took_ms.is_none(), said.took_ms));
    let decided = one.recent.last().filter(|last| last.agreed).map(|last| last.took_ms);
    let slowest = ballots.iter().filter_map(|said| said.took_ms).chain(decided).max();
    let end = picture::round_up(slowest.unwrap_or(0).max(10));
    html! {
        table.ballots role="table" aria-labelledby=(title) {
            thead role="rowgroup" {
                tr role="row" {
                    th role="columnheader" scope="col" { "Operator" }
                    th role="columnheader" scope="col" { "Said" }
                    th.picture role="columnheader" scope="col" {
                        "After" span.scale aria-hidden="true" { "0 – " (picture::lasting(end)) }
                    }
                    th role="columnheader" scope="col" { "Vote" }
                }
            }
            tbody role="rowgroup" {
                @for said in ballots { (row(one, said, end, decided)) }
            }
        }
        @if let Some(decided) = decided {
            p.facts { "Decided after " (picture::lasting(decided)) span aria-hidden="true" { ", the dashed line" } "." }
        }
    }
}

fn row(one: &AddressStatus, said: &Said, end: u64, decided: Option<u64>) -> Markup {
    let vote = Vote::of(said, one);
    // The end of the scale is left room for the mark at it.
    let at = |took: u64| share(took, end) * 0.97;
    html! {
        tr.(vote.mark().class()) role="row" {
            th role="rowheader" scope="row" {
                (text(&said.operator))
                @if !said.source.eq_ignore_ascii_case(&said.operator) { " " span.source { (text(&said.source)) } }
            }
            td.said role="cell" {
                @if vote == Vote::Failed { span.failure { (text(&said.said)) } } @else { (value(&said.said)) }
            }
            td.picture role="cell" {
                svg.time width="100%" height="20" aria-hidden="true" {
                    line.track x1="0" x2="100%" y1="10" y2="10" {}
                    @if let Some(decided) = decided {
                        line.decided x1=(percent(at(decided))) x2=(percent(at(decided))) y1="0" y2="20" {}
                    }
                    @if let Some(took) = said.took_ms {
                        line.took x1="0" x2=(percent(at(took))) y1="10" y2="10" {}
                        (mark_at(vote.mark(), at(took), "10"))
                    }
                }
                span.took { @match said.took_ms { Some(took) => (picture::lasting(took)), None => "–" } }
            }
            td.vote role="cell" {
                @if vote == Vote::Alone { (alike(one, said)) " say so" } @else { (vote.word()) }
            }
        }
    }
}

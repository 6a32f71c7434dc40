//! Below the records: what wakes the daemon, how the sources do, and what was counted.

use super::picture::{self, Mark, mark};
use super::{View, ago, text};
use crate::report::status::TriggerStatus;
use maud::{Markup, html};

/// All of it, closed up until somebody wants to know.
pub(super) fn all(view: View<'_>) -> Markup {
    html! {
        section #machinery aria-labelledby="machinery-title" {
            h2 #machinery-title { "Machinery" }
            div.cards.three {
                (sources(view))
                (triggers(view))
                (counters(view))
            }
        }
    }
}

fn sources(view: View<'_>) -> Markup {
    let sources = &view.status.counters.sources;
    html! {
        article.card {
            h3 #sources-title { "Sources since the start" }
            @if sources.is_empty() { p.quiet { "Nobody has been asked yet." } } @else {
                table aria-labelledby="sources-title" {
                    thead {
                        tr {
                            th scope="col" { "Source" }
                            th.number scope="col" { "Answered" } th.number scope="col" { "Failed" } th.number scope="col" { "Dissented" }
                        }
                    }
                    tbody {
                        @for (source, [answered, failed, dissented]) in sources {
                            tr {
                                th scope="row" { (text(source)) }
                                td.number { (answered) } td.number.bad[*failed > 0] { (failed) }
                                td.number.other[*dissented > 0] { (dissented) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn triggers(view: View<'_>) -> Markup {
    let triggers = &view.status.triggers;
    html! {
        article.card {
            h3 #triggers-title { "Woken by" }
            @if triggers.is_empty() { p.quiet { "Only the schedule." } } @else {
                ul.plain aria-labelledby="triggers-title" { @for one in triggers { (trigger(view, one)) } }
            }
        }
    }
}

fn trigger(view: View<'_>, one: &TriggerStatus) -> Markup {
    html! {
        li {
            (mark(if one.watching { Mark::Good } else { Mark::None })) (text(&one.name)) " "
            span.quiet {
                @if !one.watching { "does not watch: " (text(one.why.as_deref().unwrap_or("not in use"))) }
                @else if let Some(last) = one.last { (one.fired) "×, last " (ago(view, last)) }
                @else { "watches" }
            }
        }
    }
}

fn counters(view: View<'_>) -> Markup {
    let counters = &view.status.counters;
    let rows = [
        ("Rounds", counters.rounds),
        ("of them with something not right", counters.rounds_failed),
        ("Changes of records", counters.changes),
        ("Notifications sent", counters.notifications[0]),
        ("Notifications not delivered", counters.notifications[1]),
    ];
    let requests =
        counters.requests.iter().map(|(account, count)| (format!("Requests to {account}"), *count));
    let failures = counters.failures.iter().map(|(class, count)| (format!("Failures: {class}"), *count));
    html! {
        article.card {
            h3 #counters-title { "Counted since the start" }
            dl aria-labelledby="counters-title" {
                @for (what, count) in rows { div { dt { (what) } dd { (count) } } }
                @for (what, count) in requests.chain(failures) { div { dt { (text(&what)) } dd { (count) } } }
                @if let Some(round) = &view.status.round {
                    div { dt { "The last round" } dd { (picture::lasting(round.took_ms)) ", " (text(&round.cause)) } }
                }
            }
        }
    }
}

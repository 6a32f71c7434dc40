//! The records: what needs somebody's eyes first, then every record in a table.

use super::picture::{Mark, mark};
use super::{View, ago, capital, text, value};
use crate::report::status::{Confirmation, RecordStatus, Status, page};
use crate::report::{when, words};
use maud::{Markup, html};

/// The records that are not right and for which a reason is known.
pub(super) fn in_trouble(status: &Status) -> impl Iterator<Item = &RecordStatus> {
    status.records.iter().filter(|one| !one.right && one.cause.is_some())
}

/// What is wrong, and what to do; nothing where nothing is.
pub(super) fn attention(view: View<'_>) -> Markup {
    let mistake = view.status.config_mistake.as_deref();
    let trouble: Vec<&RecordStatus> = in_trouble(view.status).collect();
    if mistake.is_none() && trouble.is_empty() {
        return html! { div #attention {} };
    }
    html! {
        section.attention #attention aria-labelledby="attention-title" {
            h2 #attention-title { "Needs your eyes" }
            @if let Some(why) = mistake {
                article {
                    h3 { (mark(Mark::Bad)) "The configuration on disk is not in use" }
                    p { (text(why)) }
                    p.hint { b { "What to do: " } "put it right; it is read again by itself, and until then the old one goes on" }
                }
            }
            @for one in trouble {
                article {
                    h3 { (mark(Mark::Bad)) (name(one)) }
                    p.state { (capital(&text(&page::standing(one, view.now)))) }
                    @if let Some(cause) = &one.cause { p { (capital(&text(cause))) } }
                    @if let Some(hint) = &one.hint { p.hint { b { "What to do: " } (text(hint)) } }
                    @if let Some(next) = one.next_try { p.next { "Next try " (when::ahead_of(next, view.now)) } }
                }
            }
        }
    }
}

/// Every record.
pub(super) fn table(view: View<'_>) -> Markup {
    let records = &view.status.records;
    let right = records.iter().filter(|one| one.right).count();
    html! {
        section #records aria-labelledby="records-title" {
            h2 #records-title { "Records" small { (right) " of " (records.len()) " right" } }
            table.stack.records role="table" aria-labelledby="records-title" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for heading in ["Record", "Values", "State", "Changed", "Confirmed", "Next try"] {
                            th role="columnheader" scope="col" { (heading) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for one in records { (row(view, one)) }
                }
            }
        }
    }
}

fn row(view: View<'_>, one: &RecordStatus) -> Markup {
    let how = match (one.right, one.state.as_str()) {
        (true, _) => Mark::Good,
        (false, "new") => Mark::None,
        (false, _) => Mark::Bad,
    };
    html! {
        tr role="row" {
            th role="rowheader" scope="row" data-label="Record" { (name(one)) }
            td role="cell" data-label="Values" {
                @match page::held(one) {
                    Ok(values) => { @for one in values { (value(one)) " " } }
                    Err(none) => span.quiet { (none) },
                }
            }
            td role="cell" data-label="State" { span.state.(how.class()) { (mark(how)) (text(&page::standing(one, view.now))) } }
            td role="cell" data-label="Changed" {
                @match one.changed { Some(at) => (ago(view, at)), None => span.quiet { "not that is known" } }
            }
            td role="cell" data-label="Confirmed" {
                @match &one.confirmation { Some(seen) => (confirmed(seen)), None => span.quiet { "–" } }
            }
            td role="cell" data-label="Next try" {
                @match one.next_try {
                    Some(at) => (when::ahead_of(at, view.now)),
                    None => span.quiet { "at the next round" },
                }
            }
        }
    }
}

fn name(one: &RecordStatus) -> Markup {
    let subject = &one.record;
    html! {
        span.name { (text(&subject.name)) } " " span.type { (text(&subject.rtype)) } " "
        span.account { "at " (text(&subject.account)) }
    }
}

fn confirmed(seen: &Confirmation) -> Markup {
    let clause = text(&seen.clause());
    let short = clause.strip_prefix("confirmed ").unwrap_or(&clause);
    html! { (capital(short)) }
}

/// `a, b and 3 more`, of names.
pub(super) fn few(names: &[String]) -> String {
    match names {
        [one, two, _, rest @ ..] if !rest.is_empty() => format!("{one}, {two} and {} more", rest.len() + 1),
        names => words::and(names),
    }
}

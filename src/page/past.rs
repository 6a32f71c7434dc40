//! What happened: the addresses of records over time as a picture, and the last news as a table.

use super::picture::{percent, share};
use super::records::few;
use super::{View, text, time};
use crate::report::news::{Kind, News, Subject, What};
use crate::report::words;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// How many news are shown.
const SHOWN: usize = 25;

/// How many histories are drawn, and how many values of each.
const DRAWN: usize = 6;
const VALUES: usize = 8;

/// A value that a record had, from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    value: String,
    from: u64,
    to: u64,
}

/// The histories of addresses, records with the same one together.
pub(super) fn addresses(view: View<'_>) -> Markup {
    let lanes = lanes(view.past, view.now);
    html! {
        section #history aria-labelledby="history-title" {
            h2 #history-title { "Address history" }
            @if lanes.is_empty() { p.quiet { "No address has changed yet, as far as is known." } }
            div.cards { @for (names, spans) in lanes.iter().take(DRAWN) { (lane(view, names, spans)) } }
            @if lanes.len() > DRAWN { p.quiet { (lanes.len() - DRAWN) " more histories are in " code { "dynflare history" } "." } }
        }
    }
}

/// Every record of addresses with the values it had; those with the same history once, with all their names.
fn lanes(past: &[News], now: u64) -> Vec<(Vec<String>, Vec<Span>)> {
    let mut of: BTreeMap<&Subject, Vec<(u64, &[String])>> = BTreeMap::new();
    for news in past {
        if let (Some(record), What::Changed { to, .. }) = (&news.record, &news.what)
            && matches!(record.rtype.as_str(), "A" | "AAAA")
        {
            of.entry(record).or_default().push((news.at, to));
        }
    }
    let mut lanes: Vec<(Vec<String>, Vec<Span>)> = Vec::new();
    for (record, changes) in of {
        let spans = spans(&changes, now);
        let name = format!("{} {}", record.name, record.rtype);
        let same = |other: &[Span]| {
            other.len() == spans.len()
                && other.iter().zip(&spans).all(|(a, b)| a.value == b.value && a.from.abs_diff(b.from) <= 120)
        };
        match lanes.iter_mut().find(|(_, other)| same(other)) {
            Some((names, _)) => names.push(name),
            None => lanes.push((vec![name], spans)),
        }
    }
    lanes
}

fn spans(changes: &[(u64, &[String])], now: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    for (number, (at, to)) in changes.iter().enumerate() {
        let until = changes.get(number + 1).map_or(now, |(next, _)| *next).max(*at);
        spans.extend(to.iter().map(|value| Span { value: value.clone(), from: *at, to: until }));
    }
    spans
}

fn lane(view: View<'_>, names: &[String], spans: &[Span]) -> Markup {
    let start = spans.iter().map(|span| span.from).min().unwrap_or(view.now).min(view.now);
    let whole = (view.now - start).max(1);
    // The youngest value comes first.
    let mut values: Vec<&str> = Vec::new();
    for span in spans.iter().rev() {
        if !values.contains(&span.value.as_str()) {
            values.push(&span.value);
        }
    }
    let older = values.len().saturating_sub(VALUES);
    let title = few(&names.iter().map(|name| text(name)).collect::<Vec<_>>());
    html! {
        article.card {
            h3 { (title) }
            table.lanes role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        th role="columnheader" scope="col" { "Address" }
                        th.picture role="columnheader" scope="col" { "When" }
                        th role="columnheader" scope="col" { "In all" }
                    }
                }
                tbody role="rowgroup" {
                    @for value in values.iter().take(VALUES) {
                        @let held: Vec<&Span> = spans.iter().filter(|span| span.value == **value).collect();
                        (row(value, &held, (start, whole), view.now))
                    }
                }
            }
            p.axis { span { (time(view, start)) } span { "now" } }
            @if older > 0 { p.quiet { (older) " older addresses are in " code { "dynflare history" } "." } }
        }
    }
}

fn row(value: &str, held: &[&Span], (start, whole): (u64, u64), now: u64) -> Markup {
    let all: u64 = held.iter().map(|span| span.to - span.from).sum();
    let current = held.iter().any(|span| span.to == now);
    html! {
        tr.current[current] role="row" {
            th role="rowheader" scope="row" { (super::value(value)) }
            td.picture role="cell" {
                svg.time width="100%" height="20" aria-hidden="true" {
                    line.track x1="0" x2="100%" y1="10" y2="10" {}
                    @for span in held {
                        rect.span x=(percent(share(span.from - start, whole))) y="5" height="10" rx="2"
                            width=(percent(share(span.to - span.from, whole).max(0.006))) {}
                    }
                }
                span.unseen { (when_held(held, now)) }
            }
            td role="cell" { (words::lasting(all)) }
        }
    }
}

/// The picture in words.
fn when_held(held: &[&Span], now: u64) -> String {
    let one = |span: &&Span| {
        let ago = words::lasting(now.saturating_sub(span.from));
        if span.to == now {
            format!("since {ago} ago")
        } else {
            format!("from {ago} ago for {}", words::lasting(span.to - span.from))
        }
    };
    words::and(&held.iter().map(one).collect::<Vec<_>>())
}

/// The last news, the youngest first.
pub(super) fn events(view: View<'_>) -> Markup {
    html! {
        section #events aria-labelledby="events-title" {
            h2 #events-title { "What happened" }
            @if view.past.is_empty() { p.quiet { "Nothing yet, as far as is known." } } @else {
                table.stack.events role="table" aria-labelledby="events-title" {
                    thead role="rowgroup" {
                        tr role="row" {
                            th role="columnheader" scope="col" { "When" }
                            th role="columnheader" scope="col" { "What" }
                            th role="columnheader" scope="col" { "Record" }
                        }
                    }
                    tbody role="rowgroup" {
                        @for news in view.past.iter().rev().take(SHOWN) { (event(view, news)) }
                    }
                }
                @if view.past.len() > SHOWN { p.quiet { "All of it: " code { "dynflare history" } "." } }
            }
        }
    }
}

fn event(view: View<'_>, news: &News) -> Markup {
    let kind = news.what.kind();
    let class = match kind {
        Kind::Changed => "changed",
        Kind::Recovered => "good",
        Kind::Failing | Kind::Refused => "bad",
        Kind::Config => {
            if matches!(news.what, What::ConfigRight) {
                "good"
            } else {
                "bad"
            }
        }
    };
    html! {
        tr.(class) role="row" {
            td.when role="cell" { (time(view, news.at)) }
            td role="cell" { (text(&news.what.sentence(news.at))) }
            td role="cell" {
                @match &news.record { Some(record) => (text(&record.to_string())), None => "Dynflare" }
            }
        }
    }
}

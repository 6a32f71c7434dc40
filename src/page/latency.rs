//! How long detections took, the last hundred or so: a bar for each, and the same in figures.

use super::picture::{lasting, percent, round_up, share};
use super::{View, ago};
use crate::report::status::{AddressStatus, Detected};
use crate::report::words::counted;
use maud::{Markup, html};

/// How many of them are listed in figures.
const LISTED: usize = 20;

/// The picture of one family; nothing where there was no detection yet.
pub(super) fn plot(view: View<'_>, one: &AddressStatus, id: &str) -> Markup {
    if one.recent.is_empty() {
        return html! {};
    }
    let mut took: Vec<u64> = one.recent.iter().filter(|one| one.agreed).map(|one| one.took_ms).collect();
    took.sort_unstable();
    let (median, slowest) = (took.get(took.len() / 2).copied(), took.last().copied());
    let end = round_up(slowest.unwrap_or(0).max(10));
    let missed = one.recent.len() - took.len();
    let figures = match (median, slowest) {
        (Some(median), Some(slowest)) => {
            format!("median {}, slowest {}", lasting(median), lasting(slowest))
        }
        _ => "none agreed".to_owned(),
    };
    let missed = if missed == 0 { String::new() } else { format!(", {missed} without agreement") };
    let caption =
        format!("Time to agree, last {}: {figures}{missed}", counted(one.recent.len(), "detection"));
    html! {
        figure.latency {
            figcaption { (caption) }
            div.plot {
                svg width="100%" height="56" role="img" aria-label=(caption) { (bars(&one.recent, end)) }
                span.top aria-hidden="true" { (lasting(end)) }
                span.bottom aria-hidden="true" { "0" }
            }
            details id=(format!("{id}-figures")) {
                summary { "In figures" }
                table {
                    thead { tr { th scope="col" { "Asked" } th scope="col" { "Took" } th scope="col" { "Agreed" } } }
                    tbody {
                        @for one in one.recent.iter().rev().take(LISTED) {
                            tr {
                                td { (ago(view, one.at)) }
                                td { (lasting(one.took_ms)) }
                                td { @if one.agreed { "yes" } @else { "no" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A bar each, the youngest at the right. One that did not end in agreement has the whole height and no filling.
fn bars(recent: &[Detected], end: u64) -> Markup {
    // A few bars do not become slabs.
    let places = recent.len().max(40);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let place = |number: usize| share(count(number), count(places));
    let first = places - recent.len();
    html! {
        line.axis x1="0" x2="100%" y1="55.5" y2="55.5" {}
        line.grid x1="0" x2="100%" y1="28" y2="28" {}
        @for (number, one) in recent.iter().enumerate() {
            @let height = if one.agreed { share(one.took_ms, end).max(0.02) } else { 1.0 };
            rect.bar.missed[!one.agreed] x=(percent(place(first + number))) width=(percent(place(1) * 0.72))
                y=(percent(1.0 - height)) height=(percent(height)) {}
        }
    }
}

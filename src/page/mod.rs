//! The status page for people: the snapshot and the history as one HTML document, complete in itself.
//!
//! Owns the markup, the style and the small script, and the policy that lets the browser run nothing else. Whatever
//! comes from elsewhere is escaped by the markup language and cleaned of what cannot be seen. It works without the
//! script; with it, the document is fetched again when the daemon says that something happened. Who may ask, and how
//! answers travel, is the server's business; the sentences are [`crate::report`]'s.

mod ballots;
mod chronicle;
mod latency;
mod machinery;
mod past;
mod picture;
mod records;
#[cfg(test)]
mod tests;

pub use chronicle::Chronicle;

use crate::report::clean::Cleaner;
use crate::report::news::News;
use crate::report::status::{Status, page};
pub use crate::report::when::Clock;
use crate::report::{when, words};
use domain::utils::base64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest;
use std::sync::LazyLock;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("live.js");

/// The path at which [`SCRIPT`] listens to what happens.
pub const EVENTS: &str = "/events";

/// The content security policy of the page: its own style and its own script, both by their hash, its icon, and its
/// own server.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| base64::encode_string(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// How everything stands.
    pub status: &'a Status,
    /// What happened, oldest first.
    pub past: &'a [News],
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// The clock that times are shown by.
    pub clock: &'a Clock,
}

/// The document.
pub fn document(view: View<'_>) -> String {
    let status = view.status;
    let healthy = status.health(view.now).is_ok();
    let fine = healthy && status.config_mistake.is_none() && records::in_trouble(status).next().is_none();
    let word = match (healthy, fine) {
        (true, true) => "all right",
        (true, false) => "look here",
        (false, _) => "not healthy",
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (word) " · Dynflare" }
                link rel="icon" href=(icon(fine));
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the records" }
                (head(view, fine, word))
                main #main tabindex="-1" {
                    (records::attention(view))
                    (records::table(view))
                    (ballots::addresses(view))
                    (past::addresses(view))
                    (past::events(view))
                    (machinery::all(view))
                }
                (foot(view))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

fn head(view: View<'_>, fine: bool, word: &str) -> Markup {
    let status = view.status;
    html! {
        header.top #top {
            div.brand {
                h1 { "Dynflare" }
                p.pill.good[fine].bad[!fine] { (picture::mark(if fine { picture::Mark::Good } else { picture::Mark::Bad })) (word) }
                p.live #live role="status" {}
                noscript { p.live { "as of " (time(view, view.now)) "; " a href="" { "renew" } } }
            }
            p.lead { (capital(&text(&page::verdict(status, view.now)))) "." }
            p.sub {
                (capital(&text(&page::next(status, view.now)))) ". Running for "
                (words::lasting(view.now.saturating_sub(status.started)))
                ", version " (text(&status.version)) "."
            }
        }
    }
}

fn foot(view: View<'_>) -> Markup {
    html! {
        footer #foot {
            p {
                "As of " (view.clock.stamp(view.status.at)) ". For programs: "
                a href="status" { "snapshot" } ", " a href="metrics" { "metrics" } ", " a href="healthz" { "health" } "."
            }
        }
    }
}

/// A point in time, on the clock of this machine's place.
fn time(view: View<'_>, at: u64) -> Markup {
    html! { time datetime=(Clock::machine(at)) title=(view.clock.stamp(at)) { (view.clock.minute(at)) } }
}

/// How long ago, with the point in time for whoever wants it.
fn ago(view: View<'_>, at: u64) -> Markup {
    html! { time datetime=(Clock::machine(at)) title=(view.clock.stamp(at)) { (when::ago_of(at, view.now)) } }
}

/// Somebody else's words, or ours with theirs in them: on one line, and nothing in it that cannot be seen.
fn text(words: &str) -> String {
    Cleaner::default().whole(words)
}

/// An address or another value, which may be broken behind a colon and where there is no other way.
fn value(value: &str) -> Markup {
    let value = text(value);
    html! { code { @for piece in value.split_inclusive(':') { (piece) wbr; } } }
}

/// A sentence begins with a capital; a name in it does not change.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The picture in the browser's tab.
fn icon(fine: bool) -> &'static str {
    if fine {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' \
         r='7' fill='%2311734b'/%3E%3Cpath d='M4.5 8.2 7 10.7l4.5-5' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E"
    } else {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 1 15.5 15H.5Z' \
         fill='%23b42318'/%3E%3Cpath d='M8 6v4.5M8 11.8v1.6' stroke='white' stroke-width='1.8'/%3E%3C/svg%3E"
    }
}

//! The kinds of targets, as data: what can be set, and what a request to each looks like.
//!
//! A service that takes an HTTP request is a row of [`HTTP`] and needs no code. Each row names the page of its API.

pub use super::http::row::{Address, HttpRow, Markup, PingRow, Suffix};
use super::template;

mod fields;
mod rows;

pub use fields::{Check, Field, Form, Need};
pub use rows::KINDS;

/// One kind of target.
#[derive(Debug)]
pub struct Kind {
    /// What `type` calls it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The page of its API that was followed.
    pub docs: &'static str,
    /// What it is sent.
    pub sort: Sort,
    /// What can be set, sorted by key.
    pub fields: &'static [Field],
    /// Keys that are set together or not at all.
    pub together: &'static [(&'static str, &'static str)],
    /// Keys that are not both set.
    pub apart: &'static [(&'static str, &'static str)],
    /// Whether it keeps a state of every record.
    pub keeps_state: bool,
    /// How it is reached.
    pub way: Way,
}

/// What a kind is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// News, as messages.
    News,
    /// A ping for every round.
    Pings,
}

/// How a kind is reached.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a row of a constant table, which nobody moves")]
pub enum Way {
    /// By one HTTP request.
    Http(HttpRow),
    /// By a program of this machine.
    Program,
    /// By mail.
    #[cfg(feature = "mail")]
    Mail,
    /// By a broker of MQTT.
    #[cfg(feature = "mqtt")]
    Mqtt,
}

/// Kinds that this build has not, with the feature that brings each.
pub const LEFT_OUT: &[(&str, &str)] = &[
    #[cfg(not(feature = "mail"))]
    ("mail", "mail"),
    #[cfg(not(feature = "mqtt"))]
    ("mqtt", "mqtt"),
];

/// The places that every template of a message has, with what comes there; sorted.
pub const PLACES: &[(&str, &str)] = &[
    ("account", "the account of the record"),
    ("at", "when it happened, in seconds since 1970-01-01 UTC"),
    ("cause", "why, where there is a cause"),
    ("from", "the values before a change, separated by commas"),
    ("hint", "what to do, where something is to be done"),
    ("id", "the message's own: 32 hexadecimal digits, the same at every attempt"),
    ("json", "everything, as the JSON object below"),
    ("kind", "`changed`, `failing`, `recovered`, `refused`, `config` or `test`"),
    ("message", "the sentence and, on a line of its own, what to do"),
    ("name", "the name of the record"),
    ("text", "the sentence"),
    ("time", "when it happened, as `2026-11-23 08:00 UTC`"),
    ("title", "a few words"),
    ("to", "the values after a change, separated by commas"),
    ("type", "the type of the record"),
];

/// The kind of a name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests;

//! What can be set of a target: each field with the form of its value, and the checks of forms.

use super::{PLACES, template};
use crate::net::Base;
#[cfg(any(feature = "mail", feature = "mqtt"))]
use crate::net::Endpoint;
use std::time::Duration;

/// One key of a target.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// Whether it has to be there.
    pub need: Need,
    /// What it is.
    pub about: &'static str,
}

/// Whether a field has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has.
    Required,
    /// This stands for it.
    Default(&'static str),
    /// It may be missing; what that means.
    Optional(&'static str),
}

/// What the value of a field looks like.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A text that passes a check.
    Text(Check),
    /// A text that must not be seen, or where it is.
    Secret(Check),
    /// Texts that pass a check each; at least one.
    List(Check),
    /// A whole number in this range, ends included.
    Number(i64, i64),
    /// One of these.
    Words(&'static [&'static str]),
    /// A table of headers.
    Headers,
    /// A time in this range, ends included.
    Duration(Duration, Duration),
}

/// What is wrong with a text, without repeating it.
pub type Check = fn(&str) -> Result<(), String>;

/// Anything but nothing.
pub(super) fn some(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("the value is empty".to_owned()) } else { Ok(()) }
}

/// A base URL.
pub(super) fn base(text: &str) -> Result<(), String> {
    text.parse::<Base>().map(|_| ()).map_err(|error| error.to_string())
}

/// A whole URL.
pub(super) fn url(text: &str) -> Result<(), String> {
    Base::split(text).map(|_| ()).map_err(|error| error.to_string())
}

/// A whole URL that may have places of a message behind the server's name.
pub(super) fn url_template(text: &str) -> Result<(), String> {
    // The word is not repeated: it is a part of a secret.
    known_places(text, &[])
        .map_err(|_| "nothing is known to put in the place of one of its `{…}`".to_owned())?;
    let sample = template::fill(text, template::Escape::None, |_| Some(template::Filling::Text("x".into())));
    url(&sample.unwrap_or_default())
}

/// A text with places of a message, or of the target's token.
pub(super) fn template(text: &str) -> Result<(), String> {
    some(text)?;
    known_places(text, &["token"])
}

fn known_places(text: &str, more: &[&str]) -> Result<(), String> {
    let known = |word: &str| PLACES.iter().any(|(place, _)| *place == word) || more.contains(&word);
    match template::places(text).find(|word| !known(word)) {
        None => Ok(()),
        Some(word) => {
            let names: Vec<String> = PLACES
                .iter()
                .map(|row| row.0)
                .chain(more.iter().copied())
                .map(|name| format!("{{{name}}}"))
                .collect();
            Err(format!(
                "nothing is known to put in the place of `{{{word}}}`; there are {}",
                names.join(", ")
            ))
        }
    }
}

/// A server of a protocol without URLs.
#[cfg(any(feature = "mail", feature = "mqtt"))]
pub(super) fn server(text: &str) -> Result<(), String> {
    let wrong = |_| {
        "expected a server such as mail.example.org, mail.example.org:587 or [2001:db8::1]:587".to_owned()
    };
    // The port only stands in where none is given.
    Endpoint::parse(text, 1).map(|_| ()).map_err(wrong)
}

/// The same, or nothing.
#[cfg(feature = "mqtt")]
pub(super) fn topic_or_nothing(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { topic(text) }
}

/// The beginning of MQTT topics (MQTT 3.1.1 §4.7): no wildcards, no slash at an end.
#[cfg(feature = "mqtt")]
pub(super) fn topic(text: &str) -> Result<(), String> {
    if text.is_empty() || text.starts_with('/') || text.ends_with('/') {
        return Err(
            "expected the beginning of a topic, such as `dynflare`, without a slash at its ends".to_owned()
        );
    }
    if text.contains(['+', '#', '\0']) {
        return Err("a topic that is published to has no `+` and no `#`".to_owned());
    }
    Ok(())
}

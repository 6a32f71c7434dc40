//! An RFC 2136 account: server, TSIG key, transport.
//!
//! The key is one text as `nsupdate -y` takes it, `[ALGORITHM:]NAME:SECRET`, or three keys of their own. No message
//! repeats any of its parts: in the wrong order, any of them may be the secret.

use super::accounts::{Parts, reference};
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Table, named};
use super::origin::Place;
use super::value::Given;
use crate::provider::rfc2136::settings::{Algorithm, Server, Settings, Transport, TsigKey};
use crate::secret::Secret;

const KEY: &str = "the TSIG key";
const SECRET: &str = "the secret of the TSIG key";

/// The words for `transport`.
const TRANSPORTS: &[(&str, Transport)] =
    &[("auto", Transport::Auto), ("tcp", Transport::Tcp), ("udp", Transport::Udp)];

/// The words for `key_algorithm`.
const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("hmac-sha256", Algorithm::Sha256),
    ("hmac-sha384", Algorithm::Sha384),
    ("hmac-sha512", Algorithm::Sha512),
];

/// Checks a table without reading its secrets.
pub(super) fn check(table: &Table, mistakes: &mut Vec<Diagnostic>) {
    let mut tell = |key: &str, result: Result<(), Diagnostic>| {
        if let Err(mistake) = result {
            mistakes.push(named(key, mistake));
        }
    };
    if let Some(given) = table.get("server") {
        tell("server", given.parse::<Server>().map(|_| ()));
    }
    if let Some(given) = table.get("transport") {
        tell("transport", given.one_of(TRANSPORTS).map(|_| ()));
    }
    if let Some(given) = table.get("key_algorithm") {
        tell("key_algorithm", given.one_of(ALGORITHMS).map(|_| ()));
    }
    if let Some(given) = table.get("key_name") {
        tell("key_name", key_name(given).map(|_| ()));
    }
    for key in ["key", "key_secret"] {
        if let Some(given) = table.get(key) {
            tell(key, reference(given, "the value").map(|_| ()));
        }
    }
    let parts = ["key_algorithm", "key_name", "key_secret"];
    if let Some(whole) = table.get("key") {
        if let Some(part) = parts.iter().find(|part| table.get(part).is_some()) {
            let message = format!("`key` and `{part}` cannot both say what the key is");
            mistakes.push(Diagnostic::error(message, &whole.place));
        }
        return;
    }
    match (table.get("key_name"), table.get("key_secret"), table.get("key_algorithm")) {
        (Some(name), None, _) => {
            let message = "`key_name` is given without `key_secret`";
            mistakes.push(Diagnostic::error(message, &name.place));
        }
        (None, Some(secret), _) => {
            let message = "`key_secret` is given without `key_name`";
            mistakes.push(Diagnostic::error(message, &secret.place));
        }
        (None, None, Some(algorithm)) => {
            let message = "`key_algorithm` is given without `key_name` and `key_secret`";
            mistakes.push(Diagnostic::error(message, &algorithm.place));
        }
        (Some(_), Some(_), _) | (None, None, None) => {}
    }
}

/// Reads the secrets and puts the account together.
pub(super) fn open(
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Settings> {
    let server = server(parts, notes).map_err(|mistake| mistakes.push(mistake)).ok();
    let key = key(parts, notes).map_err(|mistake| mistakes.push(mistake)).ok();
    // A transport that cannot be read was told by `check`.
    let transport = parts.table.and_then(|table| table.get("transport"));
    let transport = transport.and_then(|given| given.one_of(TRANSPORTS).ok()).unwrap_or_default();
    Some(Settings { server: server?, key: key?, transport })
}

fn server(parts: &Parts<'_>, notes: &mut Vec<Notice>) -> Result<String, Diagnostic> {
    if let Some(reference) = parts.variable("server") {
        let text = reference.read(parts.world, notes)?;
        let server = text.expose().parse::<Server>();
        server.map_err(|error| Diagnostic::error(error.to_string(), &reference.place))?;
        return Ok(text.expose().to_owned());
    }
    if let Some(given) = parts.table.and_then(|table| table.get("server")) {
        return given.text().map(|text| text.trim().to_owned());
    }
    let place = parts.table.map_or(parts.wanted, |table| &table.place);
    let message = format!("the account `{}` has no server", parts.name);
    Err(Diagnostic::error(message, place).hint(if parts.name == "rfc2136" {
        "set RFC2136_SERVER to the zone's primary server, or `server` below `[providers.rfc2136]`".to_owned()
    } else {
        format!("add `server = \"ns1.example.org\"` below `[providers.{}]`", parts.name)
    }))
}

fn key(parts: &Parts<'_>, notes: &mut Vec<Notice>) -> Result<Option<TsigKey>, Diagnostic> {
    let whole = match parts.variable("key") {
        Some(reference) => Some(reference.clone()),
        None => parts.in_table("key", KEY).transpose()?,
    };
    if let Some(reference) = whole {
        let text = reference.read(parts.world, notes)?;
        return whole_key(text.expose(), &reference.place).map(Some);
    }
    let (Some(table), Some(reference)) = (parts.table, parts.in_table("key_secret", SECRET).transpose()?)
    else {
        return Ok(None);
    };
    // What is missing or cannot be read beside the secret was told by `check`.
    let Some(name) = table.get("key_name").and_then(|given| key_name(given).ok()) else { return Ok(None) };
    let algorithm = table.get("key_algorithm").and_then(|given| given.one_of(ALGORITHMS).ok());
    let secret = reference.read(parts.world, notes)?;
    usable(TsigKey { name, algorithm: algorithm.unwrap_or_default(), secret }, &reference.place).map(Some)
}

fn key_name(given: &Given) -> Result<String, Diagnostic> {
    let name = super::names::absolute(given.text()?.trim());
    name.map(|name| name.to_string())
        .map_err(|error| Diagnostic::error(format!("the name of the key is no name: {error}"), &given.place))
}

/// A key that is written as one text, and can be used.
pub(super) fn whole_key(text: &str, place: &Place) -> Result<TsigKey, Diagnostic> {
    from_text(text, place).and_then(|key| usable(key, place))
}

/// `[ALGORITHM:]NAME:SECRET`.
fn from_text(text: &str, place: &Place) -> Result<TsigKey, Diagnostic> {
    let mistake = |message: &str| {
        Diagnostic::error(format!("{KEY} {message}"), place)
            .hint("write ALGORITHM:NAME:SECRET as for `nsupdate -y`, such as `hmac-sha256:dynflare:…`")
    };
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let (algorithm, name, secret) = match parts.as_slice() {
        [name, secret] => (Algorithm::default(), *name, *secret),
        [algorithm, name, secret] => {
            let known =
                "begins with an algorithm that is not known: use hmac-sha256, hmac-sha384 or hmac-sha512";
            (algorithm.parse().map_err(|_| mistake(known))?, *name, *secret)
        }
        _ => return Err(mistake(&format!("has {} parts instead of two or three", parts.len()))),
    };
    let name = super::names::absolute(name).map_err(|_| mistake("has a name that is no name"))?;
    Ok(TsigKey { name: name.to_string(), algorithm, secret: Secret::new(secret) })
}

fn usable(key: TsigKey, place: &Place) -> Result<TsigKey, Diagnostic> {
    match key.signer() {
        Ok(_) => Ok(key),
        Err(error) => Err(Diagnostic::error(error.to_string(), place)),
    }
}

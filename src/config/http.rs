//! An account at an API that the user describes.

use super::accounts::{Parts, reference};
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Table, named};
use super::origin::Place;
use super::suggest;
use super::value::{Given, Value};
use crate::net::Base;
use crate::net::http::Method;
use crate::net::http::header::HeaderName;
use crate::provider::http::settings::{Call, Read, Settings, Success};
use crate::provider::http::template::{Template, WORDS};
use std::collections::BTreeMap;

/// The keys of `read`, sorted.
const READ: [&str; 5] = ["body", "headers", "method", "pointer", "url"];

const METHODS: &[(&str, Method)] = &[
    ("DELETE", Method::DELETE),
    ("GET", Method::GET),
    ("PATCH", Method::PATCH),
    ("POST", Method::POST),
    ("PUT", Method::PUT),
];

/// Where the keys of a call are looked up, and what stands before them in messages.
struct Lookup<'t> {
    get: &'t dyn Fn(&str) -> Option<&'t Given>,
    before: &'static str,
    /// Where the call is, for what is missing in it.
    place: &'t Place,
}

/// Checks a table without reading its secrets.
pub(super) fn check(table: &Table, mistakes: &mut Vec<Diagnostic>) {
    let _settings = settings(table, "", mistakes);
}

/// Reads the secrets and puts the account together.
pub(super) fn open(
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Settings> {
    let Some(table) = parts.table else {
        let message = "the provider `http` is described in a table";
        let hint = "write `[providers.NAME]` with `type = \"http\"`, and NAME in the record";
        mistakes.push(Diagnostic::error(message, parts.wanted).hint(hint));
        return None;
    };
    // Its mistakes were told by `check`.
    let mut settings = settings(table, parts.name, &mut Vec::new())?;
    let Some(Value::Table(entries)) = table.get("secrets").map(|given| &given.value) else {
        return Some(settings);
    };
    for (key, given) in entries {
        let read = reference(given, "the secret").and_then(|reference| reference.read(parts.world, notes));
        match read {
            Ok(secret) => settings.secrets.insert(key.text().unwrap_or_default().to_owned(), secret),
            Err(mistake) => {
                mistakes.push(named("secrets", mistake));
                return None;
            }
        };
    }
    Some(settings)
}

fn settings(table: &Table, name: &str, mistakes: &mut Vec<Diagnostic>) -> Option<Settings> {
    let before = mistakes.len();
    let known = secrets(table, mistakes);
    let get = |key: &str| table.get(key);
    let own = Lookup { get: &get, before: "", place: &table.place };
    let write = call(&own, &Method::POST, &known, mistakes);
    if let (Some(write), Some(given)) = (&write, table.get("url"))
        && !mentions(write, &["ip", "value"])
    {
        let message = "`url`: neither `url` nor `headers` nor `body` holds `{ip}` or `{value}`";
        mistakes.push(Diagnostic::error(message, &given.place).hint("say where the address goes"));
    }
    let success = success(table, mistakes);
    let read = table.get("read").map(|given| read(given, &known, mistakes));
    if mistakes.len() > before {
        return None;
    }
    let read = match read {
        None => None,
        Some(read) => Some(read?),
    };
    Some(Settings { name: name.to_owned(), write: write?, success, read, secrets: BTreeMap::new() })
}

fn mentions(call: &Call, words: &[&str]) -> bool {
    let headers = call.headers.iter().map(|(_, value)| value);
    headers.chain([&call.path]).chain(&call.body).any(|template| template.has(words))
}

/// The keys of the secrets.
fn secrets(table: &Table, mistakes: &mut Vec<Diagnostic>) -> Vec<String> {
    let Some(given) = table.get("secrets") else { return Vec::new() };
    let Value::Table(entries) = &given.value else {
        let message =
            "`secrets`: expected a table, such as `secrets = { token = \"file:/etc/dynflare/token\" }`";
        mistakes.push(Diagnostic::error(message, &given.place));
        return Vec::new();
    };
    for (_, value) in entries {
        if let Err(mistake) = reference(value, "the secret") {
            mistakes.push(named("secrets", mistake));
        }
    }
    entries.iter().filter_map(|(key, _)| key.text().ok().map(str::to_owned)).collect()
}

fn read(given: &Given, known: &[String], mistakes: &mut Vec<Diagnostic>) -> Option<Read> {
    let Value::Table(entries) = &given.value else {
        let message = "`read`: expected a table, such as `read = { url = \"https://…\", pointer = \"/ip\" }`";
        mistakes.push(Diagnostic::error(message, &given.place));
        return None;
    };
    for (key, _) in entries {
        let name = key.text().unwrap_or_default();
        if !READ.contains(&name) {
            mistakes.push(super::file::unknown("key in `read`:", name, &key.place, &READ));
        }
    }
    let get = |wanted: &str| {
        entries.iter().find(|(key, _)| key.text().is_ok_and(|key| key == wanted)).map(|(_, value)| value)
    };
    let lookup = Lookup { get: &get, before: "read.", place: &given.place };
    let call = call(&lookup, &Method::GET, known, mistakes);
    if let Some(call) = &call
        && mentions(call, &["ip", "value", "ttl"])
    {
        let message = "`read`: `{ip}`, `{value}` and `{ttl}` are not known while reading";
        mistakes.push(Diagnostic::error(message, &given.place));
    }
    let pointer = get("pointer").map(|given| {
        let text = given.text().map_err(|mistake| named("read.pointer", mistake))?;
        if text.is_empty() || text.starts_with('/') {
            return Ok(text.to_owned());
        }
        let message = "`read.pointer`: a JSON Pointer begins with `/`";
        Err(Diagnostic::error(message, &given.place).hint("such as `/records/0/address`"))
    });
    let pointer = pointer.transpose().map_err(|mistake| mistakes.push(mistake)).ok()?;
    Some(Read { call: call?, pointer })
}

fn call(
    lookup: &Lookup<'_>,
    usual: &Method,
    known: &[String],
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Call> {
    let before = mistakes.len();
    let key = |key: &str| format!("{}{key}", lookup.before);
    let method = (lookup.get)("method").map_or_else(
        || Ok(usual.clone()),
        |given| {
            let words: Vec<(&str, usize)> =
                METHODS.iter().enumerate().map(|(at, (word, _))| (*word, at)).collect();
            given.one_of(&words).map(|at| METHODS[at].1.clone())
        },
    );
    let method = method.map_err(|mistake| mistakes.push(named(&key("method"), mistake))).ok();
    let place = match (lookup.get)("url") {
        None => {
            let message = format!("there is no `{}`", key("url"));
            let hint = "such as `url = \"https://dns.example.org/set?name={name}&ip={ip}\"`";
            mistakes.push(Diagnostic::error(message, lookup.place).hint(hint));
            None
        }
        Some(given) => url(given, known).map_err(|mistake| mistakes.push(named(&key("url"), mistake))).ok(),
    };
    let body = (lookup.get)("body").map(|given| given.text().and_then(|text| template(text, given, known)));
    let body = body.transpose().map_err(|mistake| mistakes.push(named(&key("body"), mistake))).ok();
    let headers = headers(lookup, known, mistakes);
    if mistakes.len() > before {
        return None;
    }
    let (base, path) = place?;
    Some(Call { method: method?, base, path, headers, body: body? })
}

fn headers(
    lookup: &Lookup<'_>,
    known: &[String],
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(HeaderName, Template)> {
    let key = format!("{}headers", lookup.before);
    let Some(given) = (lookup.get)("headers") else { return Vec::new() };
    let Value::Table(entries) = &given.value else {
        let message = format!(
            "`{key}`: expected a table, such as `headers = {{ Authorization = \"Bearer {{secret:token}}\" }}`"
        );
        mistakes.push(Diagnostic::error(message, &given.place));
        return Vec::new();
    };
    let mut read = Vec::new();
    for (name, given) in entries {
        let Ok(parsed) = name.text().unwrap_or_default().parse::<HeaderName>() else {
            mistakes.push(Diagnostic::error(format!("`{key}`: this is no name of a header"), &name.place));
            continue;
        };
        let value = reference(given, "the value of the header")
            .and_then(|reference| template(reference.text.expose(), given, known));
        match value {
            Ok(value) => read.push((parsed, value)),
            Err(mistake) => mistakes.push(named(&key, mistake)),
        }
    }
    read
}

/// A URL with placeholders behind its server.
fn url(given: &Given, known: &[String]) -> Result<(Base, Template), Diagnostic> {
    let text = given.text()?.trim();
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    if text[..end].contains('{') {
        let message = "placeholders may stand behind the server's name only";
        return Err(Diagnostic::error(message, &given.place));
    }
    if text.contains('#') {
        return Err(Diagnostic::error("a fragment (`#`) is never sent", &given.place));
    }
    let base: Base =
        text[..end].parse().map_err(|error| Diagnostic::error(format!("{error}"), &given.place))?;
    let odd = |c: char| !c.is_ascii_graphic();
    if text[end..].contains(odd) {
        return Err(Diagnostic::error(
            "blanks and letters beyond ASCII must be percent-encoded",
            &given.place,
        ));
    }
    let path = if text[end..].is_empty() { "/" } else { &text[end..] };
    Ok((base, template(path, given, known)?))
}

fn template(text: &str, given: &Given, known: &[String]) -> Result<Template, Diagnostic> {
    let template = Template::parse(text).map_err(|word| {
        let hint = suggest::nearest(&word, WORDS).map_or_else(
            || {
                let words: Vec<String> = WORDS.iter().map(|word| format!("`{{{word}}}`")).collect();
                format!("known are {} and `{{secret:KEY}}`", words.join(", "))
            },
            |near| format!("did you mean `{{{near}}}`?"),
        );
        Diagnostic::error(format!("unknown placeholder `{{{word}}}`"), &given.place).hint(hint)
    })?;
    if let Some(missing) = template.secrets().into_iter().find(|key| !known.iter().any(|other| other == key))
    {
        let message = format!("there is no secret `{missing}`");
        let hint = format!("add it below `secrets`: `{missing} = \"file:…\"`");
        return Err(Diagnostic::error(message, &given.place).hint(hint));
    }
    Ok(template)
}

fn success(table: &Table, mistakes: &mut Vec<Diagnostic>) -> Success {
    let status = table.get("status").map_or_else(
        || Ok(Vec::new()),
        |given| {
            let items = match &given.value {
                Value::Integer(_) => vec![given.clone()],
                _ => given.items()?,
            };
            let one = |item: &Given| item.integer(100..=599).map(|status| u16::try_from(status).unwrap_or(0));
            items.iter().map(one).collect()
        },
    );
    let contains = table.get("contains").map(|given| match given.text()? {
        "" => Err(Diagnostic::error("every answer holds nothing", &given.place).hint("leave it out")),
        text => Ok(text.to_owned()),
    });
    Success {
        status: status.unwrap_or_else(|mistake| {
            mistakes.push(named("status", mistake));
            Vec::new()
        }),
        contains: contains.transpose().unwrap_or_else(|mistake| {
            mistakes.push(named("contains", mistake));
            None
        }),
    }
}

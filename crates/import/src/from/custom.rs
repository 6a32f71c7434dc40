//! Servers that only the user knows: described in the configuration.

use crate::catalogue::Sight;
use crate::draft::{Account, Draft, Part, Worth};
use crate::mapping::{self, Purse};
use crate::render::quoted;
use crate::secretive::{self, Mark};
use crate::tree::Said;

/// The script of the dyndns2 protocol (<https://help.dyn.com/remote-access-api/perform-update/>).
const SCRIPT: &str = "/nic/update";

/// A server of the dyndns2 protocol that nobody else knows.
pub(super) fn dyndns2(
    draft: &mut Draft<'_>,
    theirs: &Said,
    (host, script): (&str, Option<&str>),
    purse: &mut Purse,
) -> Option<usize> {
    let script = script.unwrap_or(SCRIPT);
    let (path, query) = script.split_once('?').unwrap_or((script, ""));
    if path == SCRIPT && query.is_empty() {
        let server = Said { key: "server".to_owned(), line: theirs.line, text: host.to_owned() };
        mapping::hold(purse, "ddns-server", &server);
        // inadyn's words, which are those of the protocol.
        for (key, other) in [("username", "login"), ("login", "username")] {
            if let (false, Some(held)) = (purse.contains_key(key), purse.get(other).cloned()) {
                purse.insert(key.to_owned(), held);
            }
        }
        return account_of_server(draft, theirs, purse);
    }
    get(draft, theirs, (host, path, query), purse)
}

fn account_of_server(draft: &mut Draft<'_>, theirs: &Said, purse: &Purse) -> Option<usize> {
    let provider = draft.catalogue.find("dyndns2")?;
    let mut parts = Vec::new();
    for field in &provider.fields {
        let theirs_key = match field.key.as_str() {
            "server" => "ddns-server",
            other => other,
        };
        if let Some(held) = purse.get(theirs_key) {
            parts.push(mapping::part(&field.key, held, field.sight));
        } else {
            let why = format!("a dyndns2 server needs `{}`: {}", field.key, field.about);
            draft.find(crate::finding::Kind::Missing, &theirs.key, theirs.line, why);
            let worth = Worth::Absent(field.about.clone());
            parts.push(Part { key: field.key.clone(), worth, sight: field.sight, line: theirs.line });
        }
    }
    let account =
        Account { provider: provider.id.clone(), parts, verbatim: Vec::new(), line: theirs.line, file: 0 };
    Some(draft.account(account))
}

/// A server whose path is another, or has a query of its own.
fn get(
    draft: &mut Draft<'_>,
    theirs: &Said,
    (host, path, query): (&str, &str, &str),
    purse: &Purse,
) -> Option<usize> {
    let address = format!("https://{host}{}{path}", if path.starts_with('/') { "" } else { "/" });
    let mut used = Vec::new();
    let query = if query.is_empty() { String::new() } else { format!("?{}", placed(query, &mut used)) };
    let Some(split) = secretive::url(&format!("{address}{query}"), Mark::Get) else {
        draft.lost(theirs, "user and password in a URL have no place; they are `username` and `password`");
        return None;
    };
    let (address, query) = split.text.split_once('?').unwrap_or((&split.text, ""));
    let mut verbatim = vec!["like = \"dyndns2\"".to_owned(), format!("url = {}", quoted(address))];
    if !query.is_empty() {
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("[{}, {}]", quoted(key), quoted(value))
        };
        let pairs: Vec<String> = query.split('&').map(pair).collect();
        verbatim.push(format!("query = [{}]", pairs.join(", ")));
    }
    let login = purse.get("username").or_else(|| purse.get("login"));
    let password = purse.get("password");
    if !used.contains(&"password") {
        used.extend(["username", "password"]);
    } else if !query.is_empty() {
        verbatim.push("basic = \"\"".to_owned());
    }
    let mut parts = Vec::new();
    for (key, held, sight) in [("username", login, Sight::Plain), ("password", password, Sight::Secret)] {
        if !used.contains(&key) {
            continue;
        }
        if let Some(held) = held {
            parts.push(mapping::part(&format!("credentials.{key}"), held, sight));
        } else {
            draft.lost(theirs, format!("the server needs a {key}, and there is none"));
            return None;
        }
    }
    parts.extend(split.secrets.into_iter().map(|(key, value)| Part {
        key: format!("credentials.{key}"),
        worth: Worth::Given(value),
        sight: Sight::Secret,
        line: theirs.line,
    }));
    draft.changed(theirs, "answers are read as those of the dyndns2 protocol; docs/providers-get.md says how to describe others");
    Some(draft.account(Account { provider: "get".to_owned(), parts, verbatim, line: theirs.line, file: 0 }))
}

/// inadyn's `%h` and the like as our placeholders.
fn placed(value: &str, used: &mut Vec<&'static str>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (word, known) = match rest[at + 1..].chars().next() {
            Some('h') => ("{fqdn}", None),
            Some('i') => ("{ip}", None),
            Some('u') => ("{username}", Some("username")),
            Some('p') => ("{password}", Some("password")),
            Some('%') => ("%", None),
            Some(_) | None => {
                out.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        };
        used.extend(known);
        out.push_str(word);
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    out
}

/// An API that takes an address in a URL or in a body.
pub(super) struct Api<'a> {
    /// The URL, with our placeholders.
    pub(super) url: &'a str,
    /// The body, with our placeholders.
    pub(super) body: Option<&'a str>,
    /// What a success contains.
    pub(super) contains: Option<&'a str>,
    /// The method, where it is not the usual.
    pub(super) method: &'a str,
}

/// An account of `type = "http"`; `None` after telling why there is none.
pub(super) fn http(draft: &mut Draft<'_>, theirs: &Said, api: &Api<'_>) -> Option<usize> {
    let Some(mut split) = secretive::url(api.url, Mark::Http) else {
        draft.lost(theirs, "user and password in a URL have no place; `headers` of an account with `type = \"http\"` can have them");
        return None;
    };
    if !split.text.starts_with("http") {
        draft.lost(theirs, "the URL has to begin with https://");
        return None;
    }
    let body = api.body.map(|body| secretive::body(body, Mark::Http, &mut split.secrets));
    let mut verbatim =
        vec![format!("method = {}", quoted(api.method)), format!("url = {}", quoted(&split.text))];
    verbatim.extend(body.map(|body| format!("body = {}", quoted(&body))));
    verbatim.extend(api.contains.map(|text| format!("contains = {}", quoted(text))));
    let parts = split.secrets.into_iter().map(|(key, value)| Part {
        key: format!("secrets.{key}"),
        worth: Worth::Given(value),
        sight: Sight::Secret,
        line: theirs.line,
    });
    let parts = parts.collect();
    Some(draft.account(Account { provider: "http".to_owned(), parts, verbatim, line: theirs.line, file: 0 }))
}

/// The body of a webhook; one secret in it has a place.
pub(super) fn webhook_body(
    draft: &mut Draft<'_>,
    said: &Said,
    body: &str,
    (parts, plain): (&mut Vec<Part>, &mut Vec<(&'static str, String)>),
) {
    let mut secrets = Vec::new();
    let text = secretive::body(body, Mark::Get, &mut secrets);
    match secrets.as_slice() {
        [] => plain.push(("body", quoted(&text))),
        [(key, value)] => {
            plain.push(("body", quoted(&text.replace(&format!("{{{key}}}"), "{token}"))));
            let worth = Worth::Given(value.clone());
            parts.push(Part { key: "token".to_owned(), worth, sight: Sight::Secret, line: said.line });
        }
        _ => draft.lost(said, "a body has a place for one secret, `{token}`, and this one has several; the message is sent as JSON"),
    }
}

/// A callback, as several clients have one: a URL, and a body for POST, with places for the address and the name.
pub(super) struct Callback<'a> {
    /// Under which of their keys the body is; the URL is under `id`.
    pub(super) body: &'a str,
    /// Their places, and ours.
    pub(super) places: &'a [(&'a str, &'a str)],
    /// What shows a place that is not known here: in the URL, and in the body.
    pub(super) unknown: (&'a str, &'a str),
    /// How a place looks, for messages.
    pub(super) form: &'a str,
}

/// An account of `type = "http"` for a callback; `None` after telling why there is none.
pub(super) fn callback(
    draft: &mut Draft<'_>,
    theirs: &Said,
    purse: &Purse,
    callback: &Callback<'_>,
) -> Option<usize> {
    let placed = |key: &str| match purse.get(key).map(|held| &held.worth) {
        Some(Worth::Given(text)) => {
            Some(callback.places.iter().fold(text.clone(), |text, (theirs, ours)| text.replace(theirs, ours)))
        }
        Some(Worth::Reference(_) | Worth::Absent(_)) | None => None,
    };
    let Some(url) = placed("id") else {
        draft.lost(theirs, "the callback has no URL");
        return None;
    };
    let body = placed(callback.body);
    let (in_url, in_body) = callback.unknown;
    if url.contains(in_url) || body.as_deref().unwrap_or_default().contains(in_body) {
        draft.lost(theirs, format!("a place `{}` of the callback is not known here", callback.form));
        return None;
    }
    let method = if body.is_some() { "POST" } else { "GET" };
    http(draft, theirs, &Api { url: &url, body: body.as_deref(), contains: None, method })
}

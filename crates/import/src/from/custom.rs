//! Servers that only the user knows: described in the configuration.

use crate::catalogue::Sight;
use crate::draft::{Account, Draft};
use crate::mapping::{self, Purse};
use crate::render::quoted;
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
        match purse.get(theirs_key) {
            Some(held) => parts.push(mapping::part(&field.key, held, field.sight)),
            None => {
                let why = format!("a dyndns2 server needs `{}`: {}", field.key, field.about);
                draft.find(crate::finding::Kind::Missing, &theirs.key, theirs.line, why);
                let worth = crate::draft::Worth::Absent(field.about.clone());
                parts.push(crate::draft::Part {
                    key: field.key.clone(),
                    worth,
                    sight: field.sight,
                    line: theirs.line,
                });
            }
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
    let mut verbatim = vec![
        "like = \"dyndns2\"".to_owned(),
        format!(
            "url = {}",
            quoted(&format!("https://{host}{}{path}", if path.starts_with('/') { "" } else { "/" }))
        ),
    ];
    let mut used = Vec::new();
    if !query.is_empty() {
        let mut pairs = Vec::new();
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = placed(value, &mut used);
            pairs.push(format!("[{}, {}]", quoted(key), quoted(&value)));
        }
        verbatim.push(format!("query = [{}]", pairs.join(", ")));
    }
    let user = purse.get("username").or_else(|| purse.get("login"));
    let password = purse.get("password");
    if !used.contains(&"password") {
        used.extend(["username", "password"]);
    } else if !query.is_empty() {
        verbatim.push("basic = \"\"".to_owned());
    }
    let mut parts = Vec::new();
    for (key, held, sight) in [("username", user, Sight::Plain), ("password", password, Sight::Secret)] {
        if !used.contains(&key) {
            continue;
        }
        match held {
            Some(held) => parts.push(mapping::part(&format!("credentials.{key}"), held, sight)),
            None => {
                draft.lost(theirs, format!("the server needs a {key}, and there is none"));
                return None;
            }
        }
    }
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

/// An account of `type = "http"`. URL and body may hold secrets, so both are secrets of the configuration's file.
pub(super) fn http(draft: &mut Draft<'_>, theirs: &Said, api: &Api<'_>) -> usize {
    let mut verbatim = vec![
        format!("method = {}", quoted(api.method)),
        format!("url = {}", quoted(&without_secrets(api.url))),
    ];
    verbatim.extend(api.body.map(|body| format!("body = {}", quoted(body))));
    verbatim.extend(api.contains.map(|text| format!("contains = {}", quoted(text))));
    let mut parts = Vec::new();
    for (key, value) in secrets_of(api.url) {
        let said = Said { key: key.clone(), line: theirs.line, text: value };
        let mut purse = Purse::new();
        mapping::hold(&mut purse, &key, &said);
        parts
            .extend(purse.values().map(|held| mapping::part(&format!("secrets.{key}"), held, Sight::Secret)));
    }
    draft.account(Account { provider: "http".to_owned(), parts, verbatim, line: theirs.line, file: 0 })
}

/// Keys of a query whose values nobody may see.
const SECRET: &[&str] = &[
    "apikey",
    "api_key",
    "auth",
    "client_key",
    "key",
    "pass",
    "passwd",
    "password",
    "pw",
    "pwd",
    "secret",
    "sig",
    "token",
];

fn secrets_of(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(key, value)| is_secret(key) && !value.is_empty() && !value.contains('{'))
        .map(|(key, value)| (key.to_lowercase(), crate::shoutrrr::decoded(value)))
        .collect()
}

fn is_secret(key: &str) -> bool {
    let harmless = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    harmless && SECRET.contains(&key.to_lowercase().as_str())
}

fn without_secrets(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else { return url.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, value)) if is_secret(key) && !value.is_empty() && !value.contains('{') => {
            format!("{key}={{secret:{}}}", key.to_lowercase())
        }
        Some(_) | None => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(pair).collect();
    format!("{base}?{}", pairs.join("&"))
}

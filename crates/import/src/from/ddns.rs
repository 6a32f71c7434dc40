//! `NewFuture`'s ddns: `config.json`, of version 4 (`providers`) or before (<https://ddns.newfuture.cc/en/config/json.html>).

use super::custom::{self, Callback};
use crate::draft::{Draft, Families, Wanted};
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::{Keys, Node, Said, Syntax, Value};

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("$schema", "it is the other program's"),
    ("cache", "what was written is remembered below `state_dir`"),
    ("cache_max_age", "records are read every `audit_interval`"),
    ("debug", "`-vv` shows more"),
    ("log", "events go to standard error; `-v` shows more"),
    ("log_level", "events go to standard error; `-v` shows more"),
];

/// What an entry of `providers` has from the top unless it says it itself.
const INHERITED: &[&str] =
    &["id", "token", "endpoint", "ipv4", "ipv6", "index4", "index6", "ttl", "line", "proxy", "ssl", "extra"];

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let node = Syntax::Json.read(text)?;
    if let Value::List(items) = &node.value {
        for item in items {
            document(draft, item)?;
        }
        return Ok(());
    }
    document(draft, &node)
}

fn document(draft: &mut Draft<'_>, node: &Node) -> Result<(), Mistake> {
    let mut keys = Keys::of(node, "")?;
    for (key, why) in NEEDLESS {
        if let Some(entry) = keys.take(key) {
            let said = Said { key: (*key).to_owned(), line: entry.line, text: String::new() };
            draft.needless(&said, *why);
        }
    }
    if let Some(said) = keys.said("interval")? {
        crate::time::interval(draft, crate::time::seconds(&said.text).map(|minutes| minutes * 60), &said);
    }
    let providers = keys.tables("providers")?;
    if providers.is_empty() {
        one(draft, &mut keys, "dns")?;
    }
    for mut own in providers {
        for key in INHERITED {
            if own.names().iter().all(|name| name != key)
                && let Some(entry) = keys.take(key)
            {
                own.put(entry.clone());
                keys.put(entry);
            }
        }
        one(draft, &mut own, "provider")?;
        draft.unknown(own);
    }
    if node.has("providers") {
        // These were handed down.
        for key in INHERITED {
            let _used = keys.take(key);
        }
    }
    draft.unknown(keys);
    Ok(())
}

fn one(draft: &mut Draft<'_>, keys: &mut Keys, key: &str) -> Result<(), Mistake> {
    let line = keys.line();
    let provider =
        keys.said(key)?.unwrap_or_else(|| Said { key: keys.named(key), line, text: "dnspod".to_owned() });
    let mut purse = Purse::new();
    for key in ["id", "token"] {
        if let Some(said) = keys.said(key)? {
            mapping::hold(&mut purse, key, &said);
        }
    }
    let mut options: Vec<(&'static str, Said)> =
        keys.said("ttl")?.map(|said| ("ttl", said)).into_iter().collect();
    let mut extra = keys.table("extra")?;
    options.extend(extra.said("proxied")?.map(|said| ("proxied", said)));
    options.extend(extra.said("comment")?.map(|said| ("comment", said)));
    draft.unknown(extra);
    for (key, why) in [
        ("endpoint", "`base_url` below `[providers.NAME]` says where an API is instead"),
        ("line", "lines of a provider's network are not told apart"),
        ("proxy", "providers are spoken to directly; a source of `[sources.NAME]` can have a `proxy`"),
    ] {
        let list = keys.list(key)?;
        if let Some(said) = list.first().filter(|said| !matches!(said.text.as_str(), "DIRECT" | "default")) {
            draft.lost(said, why);
        }
    }
    if let Some(said) = keys.said("ssl")? {
        match said.flag() {
            Some(false) => {
                draft.lost(&said, "certificates are always checked; `ca_file` trusts one of your own");
            }
            Some(true) | None => draft.needless(&said, "certificates are always checked"),
        }
    }
    let account = if provider.text == "callback" {
        callback(draft, &provider, &purse)
    } else {
        mapping::account(draft, &provider, &purse)
    };
    for (list, index, families) in [("ipv4", "index4", Families::V4), ("ipv6", "index6", Families::V6)] {
        let names = keys.list(list)?;
        let rules = rules(keys, index)?;
        if rules.iter().any(|said| said.flag() == Some(false) && said.text != "0") {
            for said in &names {
                draft.changed(said, format!("`{index}` switches this family off, so it is not kept"));
            }
            continue;
        }
        if !names.is_empty() {
            // They are tried one after the other; the first that works is what is used.
            if let Some(said) = rules.first() {
                ask(draft, families, said);
            }
            if rules.len() > 1 {
                let rest: Vec<&Said> = rules.iter().skip(1).collect();
                draft.changed(
                    rest[0],
                    "the other ways were tried where the first failed; here they can be added to `pool`",
                );
            }
        }
        let Some(account) = account else { continue };
        for said in names.iter().flat_map(|said| {
            said.text.split([',', ';']).map(|text| Said { text: text.trim().to_owned(), ..said.clone() })
        }) {
            let at = said.text.find(['~', '+']);
            let (name, zone) = match at {
                Some(at) => (said.text[..at].to_owned(), Some(said.text[at + 1..].to_owned())),
                None => (said.text.clone(), None),
            };
            let options = options.clone();
            let wanted = Wanted { name, zone, families, options, line: said.line, setting: said.key.clone() };
            draft.record(account, wanted);
        }
    }
    Ok(())
}

/// The rules of an index: a list, or a text in which commas or semicolons separate them.
fn rules(keys: &mut Keys, key: &str) -> Result<Vec<Said>, Mistake> {
    let mut rules = Vec::new();
    for said in keys.list(key)? {
        let whole = ["cmd:", "shell:", "regex:", "url:"].iter().any(|kind| said.text.starts_with(kind));
        if whole {
            rules.push(said);
            continue;
        }
        for text in said.text.split([',', ';']).map(str::trim).filter(|text| !text.is_empty()) {
            rules.push(Said { text: text.to_owned(), ..said.clone() });
        }
    }
    Ok(rules)
}

fn ask(draft: &mut Draft<'_>, families: Families, said: &Said) {
    let text = said.text.as_str();
    let what = match text.split_once(':') {
        Some(("url", url)) => source::url(url),
        Some(("cmd", command)) => What::Own(format!("command:{command}")),
        Some(("shell", command)) => source::command(&format!("{command} |")),
        Some(("regex", _)) => {
            draft.changed(said, "addresses of interfaces are chosen by their properties; `interface:NAME?prefix=2001:db8::/32` takes those of a prefix");
            What::Own("interface".to_owned())
        }
        Some(_) | None => {
            match text {
                "public" => What::Public("a public service".to_owned()),
                "default" => What::Own("interface".to_owned()),
                _ if text.bytes().all(|b| b.is_ascii_digit()) => {
                    draft
                        .changed(said, "interfaces are told apart by name: write `interface:NAME` in `pool`");
                    What::Own("interface".to_owned())
                }
                _ => {
                    draft.lost(said, "this way to find the address is not known here; the panel of public services is asked");
                    return;
                }
            }
        }
    };
    draft.ask(families, what, said);
}

/// `callback`: the URL stands in `id`, and a body for POST in `token`.
fn callback(draft: &mut Draft<'_>, provider: &Said, purse: &Purse) -> Option<usize> {
    let places =
        [("__DOMAIN__", "{name}"), ("__RECORDTYPE__", "{type}"), ("__TTL__", "{ttl}"), ("__IP__", "{ip}")];
    // A body may hold `__` of its own.
    let callback = Callback { body: "token", places: &places, unknown: ("__", "__LINE__"), form: "__…__" };
    custom::callback(draft, provider, purse, &callback)
}

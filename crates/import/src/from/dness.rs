//! dness: `dness.conf` (<https://github.com/nickbabcock/dness>).

use crate::draft::{Draft, Families, Switch, Wanted, Worth};
use crate::mapping::{self, Held, Purse};
use crate::mistake::Mistake;
use crate::source::What;
use crate::tree::{Keys, Said, Syntax};

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let mut keys = Keys::of(&Syntax::Toml.read(text)?, "")?;
    if let Some(said) = keys.said("ip_resolver")? {
        draft.ask(Families::Both, What::Public(said.text.clone()), &said);
    }
    if let Some(entry) = keys.take("log") {
        let said = Said { key: "log".to_owned(), line: entry.line, text: String::new() };
        draft.needless(&said, "events go to standard error; `-v` shows more");
    }
    for domain in keys.tables("domains")? {
        one(draft, domain)?;
    }
    draft.unknown(keys);
    Ok(())
}

fn one(draft: &mut Draft<'_>, mut keys: Keys) -> Result<(), Mistake> {
    let line = keys.line();
    let Some(provider) = keys.said("type")? else {
        return Err(Mistake::at(line, format!("`{}` is missing", keys.named("type"))));
    };
    let word = provider.text.to_lowercase();
    let mut purse = Purse::new();
    for key in mapping::keys(draft.tool, &word) {
        if let Some(said) = keys.said(key)? {
            purse.insert(key.to_owned(), Held { worth: worth(&said.text), said });
        }
    }
    if let Some(said) = keys.said("base_url")? {
        draft.lost(&said, "`base_url` below `[providers.NAME]` says where an API is instead");
    }
    let types = keys.list("ip_types")?;
    let has = |family: &str| Switch::from(types.iter().any(|said| said.text == family));
    let families = if types.is_empty() { Some(Families::V4) } else { Families::of(has("4"), has("6")) };
    let zone = match word.as_str() {
        "cloudflare" => keys.said("zone")?,
        "he" | "dynu" | "noip" => keys.said("hostname")?,
        _ => keys.said("domain")?,
    };
    let records = keys.list("records")?;
    draft.unknown(keys);
    let account = mapping::account(draft, &provider, &purse);
    let (Some(account), Some(zone), Some(families)) = (account, zone, families) else { return Ok(()) };
    let wanted = |name: &Said, zone: Option<String>| Wanted {
        name: name.text.clone(),
        zone,
        families,
        options: Vec::new(),
        line: name.line,
        setting: name.key.clone(),
    };
    // No-IP has a host where others have a domain with records in it.
    if records.is_empty() {
        if word == "noip" {
            draft.record(account, wanted(&zone, None));
        } else {
            draft.lost(&zone, "it names no `records`");
        }
    }
    for record in &records {
        draft.record(account, wanted(record, Some(zone.text.clone())));
    }
    Ok(())
}

/// `{{NAME}}` is a variable.
fn worth(text: &str) -> Worth {
    let name = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    match name {
        Some(name) if !name.contains(['{', ' ']) => Worth::Reference(format!("env:{name}")),
        Some(_) | None => Worth::Given(text.to_owned()),
    }
}

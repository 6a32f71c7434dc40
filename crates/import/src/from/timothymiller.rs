//! `config.json` of timothymiller's cloudflare-ddns, its first form.

use crate::draft::{Draft, Families, Switch, Wanted};
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::tree::{Keys, Node, Said, Syntax, Value};

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let mut keys = Keys::of(&Syntax::Json.read(text)?, "")?;
    let switch = |said: Option<Said>| Switch::from(said.and_then(|said| said.flag()).unwrap_or(true));
    let a = switch(keys.said("a")?);
    let aaaa = switch(keys.said("aaaa")?);
    let ttl = keys.said("ttl")?;
    if let Some(said) = keys.said("purgeUnknownRecords")?
        && said.flag() == Some(true)
    {
        draft.lost(&said, "Dynflare touches the names that are listed, and never purges others");
    }
    let zones = keys.tables("cloudflare")?;
    let families = Families::of(a, aaaa);
    let only = zones.len() == 1;
    for zone in zones {
        let named = if only { plain_zone(draft) } else { None };
        read_zone(draft, zone, families, (ttl.as_ref(), named))?;
    }
    for pool in keys.tables("load_balancer")? {
        let said = Said { key: pool.named("pool_id"), line: pool.line(), text: String::new() };
        draft.lost(
            &said,
            "pools are records here: `cloudflare-pool:POOL:A:ORIGIN` with `[providers.cloudflare-pool]`, which needs the account's id and the pool's name",
        );
    }
    draft.unknown(keys);
    Ok(())
}

fn read_zone(
    draft: &mut Draft<'_>,
    mut keys: Keys,
    families: Option<Families>,
    (ttl, only): (Option<&Said>, Option<String>),
) -> Result<(), Mistake> {
    let mut authentication = keys.table("authentication")?;
    let mut purse = Purse::new();
    if let Some(said) = authentication.said("api_token")?.filter(|said| said.text != "api_token_here") {
        mapping::hold(&mut purse, "token", &said);
    }
    let mut key = authentication.table("api_key")?;
    let (secret, email) = (key.said("api_key")?, key.said("account_email")?);
    if let (Some(secret), Some(email), true) = (secret, email, purse.is_empty()) {
        mapping::hold(&mut purse, "key", &secret);
        mapping::hold(&mut purse, "email", &email);
    }
    draft.unknown(key);
    draft.unknown(authentication);
    let zone_id = keys.said("zone_id")?;
    let default = keys.said("proxied")?;
    let entry = keys.take("subdomains");
    let line = entry.as_ref().map_or_else(|| keys.line(), |entry| entry.line);
    let theirs = Said { key: keys.named("authentication"), line, text: "cloudflare".to_owned() };
    let account = mapping::account(draft, &theirs, &purse);
    let name = keys.named("subdomains");
    let zone = zone_id.as_ref().and_then(|id| {
        let named = |hint: &&String| {
            hint.split_once('=').is_some_and(|(known, _)| known.eq_ignore_ascii_case(&id.text))
        };
        draft.zones.iter().find(named).and_then(|hint| hint.split_once('=')).map(|(_, zone)| zone.to_owned())
    });
    let zone = zone.or(only);
    if let (Some(account), Some(entry), Some(families)) = (account, entry, families) {
        for item in entry.node.items() {
            let (text, proxied) = subdomain(item, &name)?;
            let Some(zone) = &zone else {
                let id = zone_id.as_ref().map_or("ID", |id| shown_id(&id.text));
                let said = Said { key: name.clone(), line: item.line, text: String::new() };
                draft.lost(&said, format!("the file has the zone's identifier and not its name: import again with `--zone {id}=example.org`"));
                continue;
            };
            let mut options = Vec::new();
            options.extend(proxied.or_else(|| default.clone()).map(|said| ("proxied", said)));
            options.extend(ttl.cloned().map(|said| ("ttl", said)));
            options.extend(zone_id.clone().map(|said| ("zone_id", said)));
            let wanted = Wanted {
                name: text,
                zone: Some(zone.clone()),
                families,
                options,
                line: item.line,
                setting: name.clone(),
            };
            draft.record(account, wanted);
        }
    }
    draft.unknown(keys);
    Ok(())
}

/// The one zone that the user said, for a file with one zone.
fn plain_zone(draft: &Draft<'_>) -> Option<String> {
    match draft.zones.iter().filter(|zone| !zone.contains('=')).collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

fn shown_id(id: &str) -> &str {
    if id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) { id } else { "ID" }
}

/// A name, and whether it is proxied where that is said with it.
fn subdomain(item: &Node, path: &str) -> Result<(String, Option<Said>), Mistake> {
    match &item.value {
        Value::Map(_) => {
            let mut keys = Keys::of(item, path)?;
            let name = keys.said("name")?.map_or_else(String::new, |said| said.text);
            Ok((name, keys.said("proxied")?))
        }
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
            match item.scalar() {
                Some(text) => Ok((text, None)),
                None => Err(Mistake::at(
                    item.line,
                    format!("`{path}` has to hold names, and there is {}", item.noun()),
                )),
            }
        }
    }
}

//! ddns-updater: `config.json`, and the variables beside it
//! (<https://github.com/qdm12/ddns-updater/tree/master/docs>).

use super::custom::{self, Api};
use crate::draft::{Draft, Families, Wanted, Worth};
use crate::env::{self, Variables};
use crate::finding::Kind;
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::shoutrrr;
use crate::tree::{Entry, Keys, Node, Said, Syntax, Value};
use crate::zone;

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("BACKUP_DIRECTORY", "the configuration is a file of yours, and `history` has what happened"),
    ("BACKUP_PERIOD", "the configuration is a file of yours, and `history` has what happened"),
    ("CONFIG_FILEPATH", "`--config` says where the configuration is"),
    ("DATADIR", "`state_dir` is where Dynflare remembers"),
    ("HTTP_TIMEOUT", "every request has a limit; `deadline` is that of a detection"),
    ("LOG_CALLER", "events go to standard error"),
    ("LOG_LEVEL", "`-v` shows more, `-q` less"),
    ("PUBLICIP_DNS_TIMEOUT", "every request has a limit; `deadline` is that of a detection"),
    ("PUID", "the container's own user is used"),
    ("PGID", "the container's own user is used"),
    ("ROOT_URL", "there is no page to be configured"),
    ("TZ", "times are shown in the system's zone"),
    ("UMASK", "files of Dynflare's are readable by their owner alone"),
    (
        "UPDATE_COOLDOWN_PERIOD",
        "a record is only written when it is wrong, and at most `max_changes_per_hour`",
    ),
];

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    if text.trim_start().starts_with('{') {
        return json(draft, &Syntax::Json.read(text)?);
    }
    for mut variables in env::read(draft, text)? {
        variables_of(draft, &mut variables)?;
    }
    Ok(())
}

fn json(draft: &mut Draft<'_>, node: &Node) -> Result<(), Mistake> {
    let mut keys = Keys::of(node, "")?;
    for setting in keys.tables("settings")? {
        one(draft, setting)?;
    }
    draft.unknown(keys);
    Ok(())
}

fn one(draft: &mut Draft<'_>, mut keys: Keys) -> Result<(), Mistake> {
    let line = keys.line();
    let Some(provider) = keys.said("provider")? else {
        return Err(Mistake::at(line, format!("`{}` is missing", keys.named("provider"))));
    };
    let word = provider.text.to_lowercase();
    let domain = keys.said("domain")?;
    let owner = keys.said("owner")?.or(keys.said("host")?);
    let families = match keys.said("ip_version")? {
        None => Families::Both,
        Some(said) => match said.text.as_str() {
            "ipv4" => Families::V4,
            "ipv6" => Families::V6,
            "ipv4 or ipv6" => Families::Both,
            _ => {
                draft.lost(&said, "it is `ipv4`, `ipv6` or `ipv4 or ipv6`; both are kept");
                Families::Both
            }
        },
    };
    let mut options = Vec::new();
    for key in ["ttl", "proxied"] {
        options.extend(keys.said(key)?.map(|said| (key, said)));
    }
    let suffix = keys.said("ipv6_suffix")?;
    let Some(domain) = domain else {
        draft.lost(&provider, "the setting has no `domain`");
        return Ok(());
    };
    let mut purse = Purse::new();
    mapping::hold(&mut purse, "domain", &Said { text: registered(&domain.text), ..domain.clone() });
    purse_of(draft, &word, &mut keys, &mut purse)?;
    let accounts = match word.as_str() {
        "custom" => custom_url(draft, &provider, &mut keys, families)?,
        _ => mapping::account(draft, &provider, &purse)
            .map(|account| vec![(account, families)])
            .unwrap_or_default(),
    };
    if word == "cloudflare" || word == "hetzner" {
        options.extend(keys.said("zone_identifier")?.map(|said| ("zone_id", said)));
    }
    for key in ["provider_ip", "delay", "group", "dual_stack", "mode", "zone", "api_endpoint"] {
        if let Some(said) = keys.said(key)? {
            match key {
                "group" => {
                    draft.lost(&said, "names are updated one by one, and groups of Dynu are left alone");
                }
                _ => draft.needless(&said, "Dynflare has no need of it"),
            }
        }
    }
    if accounts.is_empty() {
        for (key, line) in keys.rest() {
            draft.find(Kind::Lost, &key, line, "it belongs to what is not kept");
        }
        return Ok(());
    }
    for (account, families) in accounts {
        for name in names(&domain, owner.as_ref()) {
            let wanted = |families, options| Wanted {
                name: name.0.clone(),
                zone: name.1.clone(),
                families,
                options,
                line: domain.line,
                setting: domain.key.clone(),
            };
            // An identifier of a zone is of no use without the zone's name.
            let mut options = options.clone();
            if name.1.is_none()
                && !draft.zones.iter().any(|zone| zone::below(&name.0, zone).is_some())
                && let Some(at) = options.iter().position(|(key, _)| *key == "zone_id")
            {
                let (_, said) = options.remove(at);
                draft.changed(&said, "the provider is asked which zone a name lies in, so its identifier is not needed; `--zone` says the zone");
            }
            match suffix.as_ref().filter(|_| families.v6()).and_then(|said| host_id(draft, said)) {
                None => draft.record(account, wanted(families, options)),
                Some((host_id, prefix)) => {
                    if families.v4() {
                        draft.record(account, wanted(Families::V4, options.clone()));
                    }
                    options.push(("host_id", host_id));
                    options.extend(prefix.map(|said| ("prefix_len", said)));
                    draft.record(account, wanted(Families::V6, options));
                }
            }
        }
    }
    draft.unknown(keys);
    Ok(())
}

/// Every credential that the provider has there.
fn purse_of(draft: &mut Draft<'_>, word: &str, keys: &mut Keys, purse: &mut Purse) -> Result<(), Mistake> {
    for key in mapping::keys(draft.tool, word) {
        if key == "domain" {
            continue;
        }
        // A service account of Google's is a whole document.
        if key == "credentials" {
            if let Some(Entry { key, line, node }) = keys.take(key) {
                let said = Said { key: keys.named(&key), line, text: written(&node) };
                mapping::hold(purse, "credentials", &said);
            }
            continue;
        }
        if let Some(said) = keys.said(key)? {
            mapping::hold(purse, key, &said);
        }
    }
    if word == "cloudflare"
        && let Some(said) = keys.said("user_service_key")?
    {
        draft.lost(&said, "Dynflare takes an API token, or an e-mail address with the global key");
    }
    Ok(())
}

/// A document as JSON again.
fn written(node: &Node) -> String {
    fn value(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Flag(flag) => (*flag).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| text.clone().into()),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(value).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), value(&entry.node)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
    value(node).to_string()
}

fn registered(domain: &str) -> String {
    zone::guess(domain.split(',').next().unwrap_or_default().trim())
}

/// The names, with the zone where it is said: the form of before has the host apart.
fn names(domain: &Said, owner: Option<&Said>) -> Vec<(String, Option<String>)> {
    let list = |text: &str| {
        text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect::<Vec<_>>()
    };
    match owner {
        Some(owner) => list(&owner.text).into_iter().map(|name| (name, Some(domain.text.clone()))).collect(),
        None => list(&domain.text).into_iter().map(|name| (name, None)).collect(),
    }
}

/// `0:0:0:0:72ad:8fbb:a54e:bedd/64` as host part and prefix.
fn host_id(draft: &mut Draft<'_>, said: &Said) -> Option<(Said, Option<Said>)> {
    let (address, length) = said.text.split_once('/').unwrap_or((&said.text, "64"));
    let Ok(address) = address.parse::<std::net::Ipv6Addr>() else {
        draft.lost(said, "it is no IPv6 address");
        return None;
    };
    let host = Said { text: address.to_string(), ..said.clone() };
    let prefix = (length != "64").then(|| Said { text: length.to_owned(), ..said.clone() });
    Some((host, prefix))
}

/// `custom`: a URL to which the address is added.
fn custom_url(
    draft: &mut Draft<'_>,
    provider: &Said,
    keys: &mut Keys,
    families: Families,
) -> Result<Vec<(usize, Families)>, Mistake> {
    let url = keys.said("url")?;
    let (v4, v6) = (keys.said("ipv4key")?, keys.said("ipv6key")?);
    let success = keys.said("success_regex")?;
    let Some(url) = url else {
        draft.lost(provider, "the setting has no `url`");
        return Ok(Vec::new());
    };
    let contains = success.as_ref().map(|said| said.text.as_str()).filter(|text| {
        !text.chars().any(|c| {
            matches!(c, '.' | '*' | '+' | '?' | '[' | ']' | '(' | ')' | '|' | '^' | '$' | '\\' | '{')
        })
    });
    if let (Some(said), None) = (&success, contains) {
        draft.lost(said, "a success is told by a text that the answer `contains`, not by a regular expression; without one every status of 200 is a success");
    }
    let mut accounts = Vec::new();
    for (key, one) in [(v4, Families::V4), (v6, Families::V6)] {
        if (one.v4() && !families.v4()) || (one.v6() && !families.v6()) {
            continue;
        }
        let Some(key) = key else { continue };
        let joint = if url.text.contains('?') { '&' } else { '?' };
        let whole = format!("{}{joint}{}={{ip}}", url.text, key.text);
        let api = Api { url: &whole, body: None, contains, method: "GET" };
        accounts.extend(custom::http(draft, provider, &api).map(|account| (account, one)));
    }
    if accounts.is_empty() && !draft.findings.iter().any(|finding| finding.line == provider.line) {
        draft.lost(provider, "neither `ipv4key` nor `ipv6key` says where the address goes");
    }
    Ok(accounts)
}

fn variables_of(draft: &mut Draft<'_>, variables: &mut Variables) -> Result<(), Mistake> {
    if let Some(said) = variables.said(draft, "CONFIG") {
        let node = Syntax::Json.read(&said.text).map_err(|mistake| {
            Mistake::at(said.line + mistake.line.unwrap_or(1) - 1, format!("in CONFIG, {}", mistake.message))
        })?;
        json(draft, &moved(node, said.line - 1))?;
    }
    if let Some(said) = variables.said(draft, "PERIOD") {
        crate::time::interval(draft, crate::time::seconds(&said.text), &said);
    }
    if let Some(said) = variables.said(draft, "SHOUTRRR_ADDRESSES") {
        for url in said.text.split(',').map(str::trim).filter(|url| !url.is_empty()) {
            shoutrrr::add(draft, &Said { text: url.to_owned(), ..said.clone() });
        }
    }
    if let Some(said) = variables.said(draft, "SHOUTRRR_DEFAULT_TITLE") {
        draft.needless(&said, "every message has a title that says what happened");
    }
    let base = variables.said(draft, "HEALTH_HEALTHCHECKSIO_BASE_URL");
    if let Some(said) = variables.said(draft, "HEALTH_HEALTHCHECKSIO_UUID") {
        let base = base.map_or_else(|| "https://hc-ping.com".to_owned(), |said| said.text);
        let url = format!("{}/{}", base.trim_end_matches('/'), said.text);
        super::cloudflare::ping(draft, "healthchecks", &said, Worth::Given(url));
    }
    for name in [
        "PUBLICIP_FETCHERS",
        "PUBLICIP_HTTP_PROVIDERS",
        "PUBLICIPV4_HTTP_PROVIDERS",
        "PUBLICIPV6_HTTP_PROVIDERS",
        "PUBLICIP_DNS_PROVIDERS",
    ] {
        let Some(said) = variables.said(draft, name) else { continue };
        for word in said.text.split(',').map(str::trim) {
            match word.strip_prefix("url:") {
                Some(url) => {
                    let families = match name {
                        "PUBLICIPV4_HTTP_PROVIDERS" => Families::V4,
                        "PUBLICIPV6_HTTP_PROVIDERS" => Families::V6,
                        _ => Families::Both,
                    };
                    draft.ask(families, crate::source::url(url), &said);
                }
                None => draft.needless(&said, "Dynflare asks a panel of independent public services in any case; `dynflare sources` lists them"),
            }
        }
    }
    if let Some(said) = variables.said(draft, "RESOLVER_ADDRESS") {
        draft.needless(
            &said,
            "records are read at the provider, and confirmed at the zone's own name servers",
        );
    }
    for name in ["LISTENING_ADDRESS", "SERVER_ENABLED", "HEALTH_SERVER_ADDRESS"] {
        if let Some(said) = variables.said(draft, name) {
            draft.changed(&said, "`listen = \"127.0.0.1:9153\"` shows /healthz, /metrics and /status; nothing listens without it");
        }
    }
    for said in variables.rest() {
        match NEEDLESS.iter().find(|(name, _)| *name == said.key) {
            Some((_, why)) => draft.needless(&said, *why),
            None => draft.find(
                Kind::Unknown,
                &said.key,
                said.line,
                "this is no setting of ddns-updater that is known here",
            ),
        }
    }
    Ok(())
}

/// A document whose lines begin further down.
fn moved(mut node: Node, by: usize) -> Node {
    node.line += by;
    match &mut node.value {
        Value::List(items) => {
            let old = std::mem::take(items);
            *items = old.into_iter().map(|item| moved(item, by)).collect();
        }
        Value::Map(entries) => {
            for entry in entries {
                entry.line += by;
                entry.node = moved(entry.node.clone(), by);
            }
        }
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {}
    }
    node
}

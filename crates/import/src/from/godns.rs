//! godns: `config.json` or `config.yaml` (<https://github.com/TimothyYe/godns>).

use crate::catalogue::Sight;
use crate::draft::{Draft, Families, Part, Target, Wanted, Worth};
use crate::mapping::{self, Held, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::{Keys, Said, Syntax};

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("debug_info", "`-vv` shows more"),
    ("resolver", "records are read at the provider, and confirmed at the zone's own name servers"),
    ("user_agent", "requests name Dynflare"),
    ("web_panel", "there is no page to log in at; `listen` shows /status"),
];

/// The credentials of an account, each also as `NAME_file`.
const CREDENTIALS: &[&str] = &["email", "password", "login_token", "app_key", "app_secret", "consumer_key"];

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let syntax = if text.trim_start().starts_with('{') { Syntax::Json } else { Syntax::Yaml };
    let mut keys = Keys::of(&syntax.read(text)?, "")?;
    let provider = keys.said("provider")?;
    let legacy = purse(&mut keys)?;
    let mut several = keys.table("providers")?;
    let families = match keys.said("ip_type")? {
        Some(said) if said.text.eq_ignore_ascii_case("ipv6") => Families::V6,
        Some(said) if !said.text.eq_ignore_ascii_case("ipv4") && !said.text.is_empty() => {
            draft.lost(&said, "the type is IPv4 or IPv6");
            Families::V4
        }
        Some(_) | None => Families::V4,
    };
    let proxied = keys.said("proxied")?;
    let mut purses: Vec<(String, Purse)> = Vec::new();
    for name in several.names() {
        let mut own = several.table(&name)?;
        purses.push((name.to_lowercase(), purse(&mut own)?));
        draft.unknown(own);
    }
    for domain in keys.tables("domains")? {
        read_domain(draft, domain, (provider.as_ref(), &legacy, &purses), (families, proxied.as_ref()))?;
    }
    sources(draft, &mut keys, families)?;
    if let Some(said) = keys.said("interval")? {
        crate::time::interval(draft, crate::time::seconds(&said.text), &said);
    }
    if let Some(said) = keys.said("run_once")?
        && said.flag() == Some(true)
    {
        draft.changed(&said, "`dynflare update` does one round, from cron or a timer");
    }
    if let Some(said) = keys.said("skip_ssl_verify")?
        && said.flag() == Some(true)
    {
        draft.lost(&said, "certificates are always checked; `ca_file` trusts one of your own");
    }
    let used = keys.said("use_proxy")?.and_then(|said| said.flag()).unwrap_or(false);
    if let (Some(said), true) = (keys.said("socks5_proxy")?, used) {
        draft
            .lost(&said, "providers are spoken to directly; a source of `[sources.NAME]` can have a `proxy`");
    }
    if let Some(said) = keys.said("allow_private")?
        && said.flag() == Some(true)
    {
        draft.lost(&said, "addresses that nobody outside can reach are accepted where `allow` lists their block: allow = [\"192.168.0.0/16\"]");
    }
    let mut notify = keys.table("notify")?;
    for name in notify.names() {
        let own = notify.table(&name)?;
        tell(draft, &name.to_lowercase(), own)?;
    }
    webhook(draft, keys.table("webhook")?)?;
    for (key, why) in NEEDLESS {
        if let Some(entry) = keys.take(key) {
            let said = Said { key: (*key).to_owned(), line: entry.line, text: String::new() };
            if !entry.node.is_empty() {
                draft.needless(&said, *why);
            }
        }
    }
    draft.unknown(keys);
    Ok(())
}

fn purse(keys: &mut Keys) -> Result<Purse, Mistake> {
    let mut purse = Purse::new();
    for key in CREDENTIALS {
        let file = keys.said(&format!("{key}_file"))?;
        let own = keys.said(key)?;
        if let Some(said) = file {
            let worth = Worth::Reference(format!("file:{}", said.text));
            purse.insert((*key).to_owned(), Held { worth, said });
        } else if let Some(said) = own {
            mapping::hold(&mut purse, key, &said);
        }
    }
    Ok(purse)
}

type Accounts<'a> = (Option<&'a Said>, &'a Purse, &'a [(String, Purse)]);

fn read_domain(
    draft: &mut Draft<'_>,
    mut keys: Keys,
    (provider, legacy, purses): Accounts<'_>,
    (families, proxied): (Families, Option<&Said>),
) -> Result<(), Mistake> {
    let line = keys.line();
    let own = keys.said("provider")?;
    let zone = keys.said("domain_name")?;
    let names = keys.list("sub_domains")?;
    let Some(zone) = zone else {
        return Err(Mistake::at(line, format!("`{}` is missing", keys.named("domain_name"))));
    };
    let Some(theirs) = own.as_ref().or(provider) else {
        draft.lost(&zone, "no provider is said for this domain");
        return Ok(());
    };
    let word = theirs.text.to_lowercase();
    let purse = purses.iter().find(|(name, _)| *name == word).map_or(legacy, |(_, purse)| purse);
    let mut purse = purse.clone();
    mapping::hold(&mut purse, "domain", &zone);
    draft.unknown(keys);
    let Some(account) = mapping::account(draft, theirs, &purse) else { return Ok(()) };
    if names.is_empty() {
        draft.lost(&zone, "it names no `sub_domains`");
    }
    for name in names {
        let options = proxied.cloned().map(|said| ("proxied", said)).into_iter().collect();
        let wanted = Wanted {
            name: name.text.clone(),
            zone: Some(zone.text.clone()),
            families,
            options,
            line: name.line,
            setting: name.key.clone(),
        };
        draft.record(account, wanted);
    }
    Ok(())
}

fn sources(draft: &mut Draft<'_>, keys: &mut Keys, families: Families) -> Result<(), Mistake> {
    let mut router = keys.table("mikrotik")?;
    if router.said("enabled")?.and_then(|said| said.flag()) == Some(true) {
        let said = Said { key: "mikrotik".to_owned(), line: router.line(), text: String::new() };
        draft.lost(&said, "the router is asked by PCP, NAT-PMP and UPnP as the source `router`; a script on it can run `dynflare kick`");
    }
    let mut asked = 0;
    for (one, many, of) in [("ip_url", "ip_urls", Families::V4), ("ipv6_url", "ipv6_urls", Families::V6)] {
        let mut urls = keys.list(many)?;
        urls.extend(keys.said(one)?);
        if of != families {
            continue;
        }
        for said in urls {
            asked += 1;
            draft.ask(of, source::url(&said.text), &said);
        }
    }
    if let Some(said) = keys.said("ip_interface")? {
        if asked == 0 {
            draft.ask(families, What::Own(format!("interface:{}", said.text)), &said);
        } else {
            draft.changed(&said, "it was asked where the web services did not answer; add it to `pool` as `interface:NAME` to have it asked too");
        }
    }
    Ok(())
}

/// A target of `notify`.
fn tell(draft: &mut Draft<'_>, kind: &str, mut keys: Keys) -> Result<(), Mistake> {
    let line = keys.line();
    let on = keys.said("enabled")?.and_then(|said| said.flag()).unwrap_or(false);
    let label = Said { key: format!("notify.{kind}"), line, text: String::new() };
    let mut parts = Vec::new();
    let mut plain = Vec::new();
    let mut text = |keys: &mut Keys, theirs: &str, ours: &str, sight: Sight| -> Result<(), Mistake> {
        let file = keys.said(&format!("{theirs}_file"))?;
        let own = keys.said(theirs)?;
        let part = |worth, line| Part { key: ours.to_owned(), worth, sight, line };
        if let Some(said) = file {
            parts.push(part(Worth::Reference(format!("file:{}", said.text)), said.line));
        } else if let Some(said) = own {
            parts.push(part(Worth::Given(said.text.clone()), said.line));
        }
        Ok(())
    };
    let ours = match kind {
        "telegram" => {
            text(&mut keys, "bot_api_key", "token", Sight::Secret)?;
            text(&mut keys, "chat_id", "chat_id", Sight::Plain)?;
            Some("telegram")
        }
        "pushover" => {
            text(&mut keys, "token", "token", Sight::Secret)?;
            text(&mut keys, "user", "user_key", Sight::Secret)?;
            if let Some(said) = keys.said("priority")?
                && (-2..=1).contains(&said.text.parse::<i8>().unwrap_or(9))
            {
                plain.push(("priority", said.text));
            }
            Some("pushover")
        }
        "ntfy" => {
            text(&mut keys, "topic", "topic", Sight::Secret)?;
            text(&mut keys, "token", "token", Sight::Secret)?;
            text(&mut keys, "user", "username", Sight::Plain)?;
            text(&mut keys, "password", "password", Sight::Secret)?;
            if let Some(said) = keys.said("server")? {
                let url =
                    if said.text.contains("://") { said.text } else { format!("https://{}", said.text) };
                plain.push(("base_url", crate::render::quoted(url.trim_end_matches('/'))));
            }
            Some("ntfy")
        }
        "mail" => {
            let port = keys.said("smtp_port")?.map_or_else(|| "587".to_owned(), |said| said.text);
            if let Some(said) = keys.said("smtp_server")? {
                plain.push(("server", crate::render::quoted(&format!("{}:{port}", said.text))));
            }
            let security = match port.as_str() {
                "465" => "tls",
                "25" => "none",
                _ => "starttls",
            };
            plain.push(("security", crate::render::quoted(security)));
            text(&mut keys, "smtp_username", "username", Sight::Plain)?;
            text(&mut keys, "smtp_password", "password", Sight::Secret)?;
            let from = keys.said("send_from")?.or(None);
            if let Some(said) = from {
                plain.push(("from", crate::render::quoted(&said.text)));
            } else if let Some(Part { worth: Worth::Given(user), .. }) =
                parts.iter().find(|part| part.key == "username")
            {
                plain.push(("from", crate::render::quoted(user)));
            }
            if let Some(said) = keys.said("send_to")? {
                plain.push(("to", crate::render::quoted(&said.text)));
            }
            Some("mail")
        }
        _ => None,
    };
    if !on {
        return Ok(());
    }
    let Some(ours) = ours else {
        let why = match kind {
            "slack" | "discord" => {
                "godns uses a bot there; Dynflare uses the channel's webhook, whose URL goes below `[notify.NAME]` as `webhook_url`"
            }
            _ => "Dynflare has no such target; `webhook` and `program` take anything",
        };
        draft.lost(&label, why);
        return Ok(());
    };
    for (name, line) in keys.rest() {
        let said = Said { key: name, line, text: String::new() };
        draft.lost(&said, "texts are Dynflare's own, except in a `webhook`");
    }
    plain.push(("on", "[\"changed\"]".to_owned()));
    draft.tell(Target { kind: ours, parts, plain, line, file: 0 });
    Ok(())
}

/// The webhook, which is told of changes.
fn webhook(draft: &mut Draft<'_>, mut keys: Keys) -> Result<(), Mistake> {
    let on = keys.said("enabled")?.and_then(|said| said.flag()).unwrap_or(false);
    let (url, body) = (keys.said("url")?, keys.said("request_body")?);
    draft.unknown(keys);
    let (Some(url), true) = (url, on) else { return Ok(()) };
    let places = |text: &str| {
        text.replace("{{.Domain}}", "{name}")
            .replace("{{.IP}}", "{to}")
            .replace("{{.CurrentIP}}", "{to}")
            .replace("{{.IPType}}", "{type}")
    };
    let worth = Worth::Given(places(&url.text));
    let mut parts = vec![Part { key: "webhook_url".to_owned(), worth, sight: Sight::Secret, line: url.line }];
    let mut plain = vec![("method", crate::render::quoted(if body.is_some() { "POST" } else { "GET" }))];
    plain.push(("on", "[\"changed\"]".to_owned()));
    if let Some(body) = body {
        super::custom::webhook_body(draft, &body, &places(&body.text), (&mut parts, &mut plain));
    }
    draft.tell(Target { kind: "webhook", parts, plain, line: url.line, file: 0 });
    Ok(())
}

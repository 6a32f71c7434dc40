//! ddns-go: `.ddns_go_config.yaml` (<https://github.com/jeessy2/ddns-go>).

use super::custom::{self, Callback};
use crate::catalogue::Sight;
use crate::draft::{Draft, Families, Part, Target, Wanted, Worth};
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::{Keys, Said, Syntax};

/// Reads the file.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    let mut keys = Keys::of(&Syntax::Yaml.read(text)?, "")?;
    for configuration in keys.tables("dnsconf")? {
        one(draft, configuration)?;
    }
    // In files of before there was one, at the top.
    if keys.names().iter().any(|name| name.eq_ignore_ascii_case("dns")) {
        let rest: Vec<String> = keys.names();
        let mut older = Keys::default();
        for name in rest {
            let of_one = ["dns", "ipv4", "ipv6", "ttl"].iter().any(|own| name.eq_ignore_ascii_case(own));
            if let (true, Some(entry)) = (of_one, keys.take(&name)) {
                older.put(entry);
            }
        }
        one(draft, older)?;
    }
    webhook(draft, &mut keys)?;
    if keys.take("user").is_some() {
        let said = Said { key: "user".to_owned(), line: 1, text: String::new() };
        draft.needless(&said, "there is no page to log in at");
    }
    for key in ["username", "password", "notallowwanaccess", "lang"] {
        if let Some(said) = keys.said(key)? {
            draft.needless(&said, "there is no page to log in at");
        }
    }
    draft.unknown(keys);
    Ok(())
}

fn one(draft: &mut Draft<'_>, mut keys: Keys) -> Result<(), Mistake> {
    let line = keys.line();
    let mut dns = keys.table("dns")?;
    let provider =
        dns.said("name")?.unwrap_or_else(|| Said { key: dns.named("name"), line, text: "alidns".to_owned() });
    let mut purse = Purse::new();
    for key in ["id", "secret", "extparam"] {
        if let Some(said) = dns.said(key)? {
            mapping::hold(&mut purse, key, &said);
        }
    }
    draft.unknown(dns);
    let ttl = keys.said("ttl")?;
    if let Some(said) = keys.said("name")? {
        draft.needless(&said, "it is a name for people; accounts are named by their provider");
    }
    if let Some(said) = keys.said("httpinterface")? {
        draft.lost(
            &said,
            "an `[uplink.NAME]` with this `interface` does that, and records name it as `uplink`",
        );
    }
    let callback = provider.text == "callback";
    let account = if callback {
        callback_of(draft, &provider, &purse)
    } else {
        mapping::account(draft, &provider, &purse)
    };
    for (key, families) in [("ipv4", Families::V4), ("ipv6", Families::V6)] {
        let mut family = keys.table(key)?;
        let on = family.said("enable")?.and_then(|said| said.flag()).unwrap_or(false);
        let way = family.said("gettype")?;
        let (url, interface, command) =
            (family.said("url")?, family.said("netinterface")?, family.said("cmd")?);
        let pattern = family.said("ipv6reg")?;
        let domains = family.list("domains")?;
        if let (true, Some(said)) = (on, &pattern) {
            draft.lost(said, "an address of an interface is chosen by `interface:NAME?prefix=2001:db8::/32`, not by a pattern");
        }
        draft.unknown(family);
        if !on {
            for said in &domains {
                draft.changed(said, format!("`{key}` is switched off there, so this is not kept"));
            }
            continue;
        }
        match (way.as_ref().map_or("url", |said| said.text.as_str()), url, interface, command) {
            ("url", Some(said), _, _) => {
                let mut urls = said.text.split(',').map(str::trim).filter(|url| !url.is_empty()).peekable();
                while let Some(url) = urls.next() {
                    draft.ask(families, source::url(url), &said);
                    // The others were asked where the first did not answer.
                    if urls.peek().is_none() {
                        break;
                    }
                }
            }
            ("netInterface", _, Some(said), _) => {
                draft.ask(families, What::Own(format!("interface:{}", said.text)), &said);
            }
            ("cmd", _, _, Some(said)) => draft.ask(families, source::command(&said.text), &said),
            (_, _, _, _) => {}
        }
        let Some(account) = account else { continue };
        for said in &domains {
            record(draft, account, (said, families), ttl.as_ref());
        }
    }
    draft.unknown(keys);
    Ok(())
}

/// A line of domains: `www.example.org`, `www:example.org`, with `?key=value` behind it.
fn record(draft: &mut Draft<'_>, account: usize, (said, families): (&Said, Families), ttl: Option<&Said>) {
    let (name, parameters) = said.text.split_once('?').unwrap_or((&said.text, ""));
    let mut options: Vec<(&'static str, Said)> = ttl.cloned().map(|said| ("ttl", said)).into_iter().collect();
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let own = Said { text: crate::shoutrrr::decoded(value), ..said.clone() };
        match key.to_lowercase().as_str() {
            "proxied" => options.push(("proxied", own)),
            "comment" => options.push(("comment", own)),
            _ => draft.lost(said, "a parameter behind the name is the provider's own, and not known here"),
        }
    }
    let (name, zone) = match name.split_once(':') {
        Some((name, zone)) => (name.to_owned(), Some(zone.to_owned())),
        None => (name.to_owned(), None),
    };
    let wanted = Wanted { name, zone, families, options, line: said.line, setting: said.key.clone() };
    draft.record(account, wanted);
}

/// `callback`: a URL, and a body for POST, with places for the address and the name.
fn callback_of(draft: &mut Draft<'_>, provider: &Said, purse: &Purse) -> Option<usize> {
    let places =
        [("#{ip}", "{ip}"), ("#{domain}", "{name}"), ("#{recordType}", "{type}"), ("#{ttl}", "{ttl}")];
    let callback = Callback { body: "secret", places: &places, unknown: ("#{", "#{"), form: "#{…}" };
    custom::callback(draft, provider, purse, &callback)
}

/// The webhook, which is told of changes and of the third failure.
fn webhook(draft: &mut Draft<'_>, keys: &mut Keys) -> Result<(), Mistake> {
    let mut own = keys.table("webhook")?;
    let mut get = |key: &str| -> Result<Option<Said>, Mistake> { Ok(own.said(key)?.or(keys.said(key)?)) };
    let (url, body, headers) = (get("webhookurl")?, get("webhookrequestbody")?, get("webhookheaders")?);
    draft.unknown(own);
    let Some(url) = url else { return Ok(()) };
    let places = |text: &str| {
        text.replace("#{ipv4Addr}", "{to}")
            .replace("#{ipv6Addr}", "{to}")
            .replace("#{ipv4Result}", "{kind}")
            .replace("#{ipv6Result}", "{kind}")
            .replace("#{ipv4Domains}", "{name}")
            .replace("#{ipv6Domains}", "{name}")
    };
    let mut parts = vec![Part {
        key: "webhook_url".to_owned(),
        worth: Worth::Given(places(&url.text)),
        sight: Sight::Secret,
        line: url.line,
    }];
    let mut plain = vec![("method", crate::render::quoted(if body.is_some() { "POST" } else { "GET" }))];
    plain.push(("on", "[\"changed\", \"failing\"]".to_owned()));
    if let Some(body) = body {
        super::custom::webhook_body(draft, &body, &places(&body.text), (&mut parts, &mut plain));
    }
    if let Some(headers) = headers {
        for line in headers.text.lines().filter(|line| !line.trim().is_empty()) {
            match line.split_once(':') {
                Some((name, value)) => parts.push(Part {
                    key: format!("headers.{}", crate::render::quoted(name.trim())),
                    worth: Worth::Given(value.trim().to_owned()),
                    sight: Sight::Secret,
                    line: headers.line,
                }),
                None => draft.lost(&headers, "a header has to be NAME: VALUE"),
            }
        }
    }
    draft.changed(&url, "a message is about one record here, so the places for IPv4 and for IPv6 became the same: {to}, {kind} and {name}");
    draft.tell(Target { kind: "webhook", parts, plain, line: url.line, file: 0 });
    Ok(())
}

//! The variables of favonia's cloudflare-ddns and of timothymiller's, which took over most of them.

use super::expression::{self, Sub};
use crate::catalogue::Sight;
use crate::draft::{Draft, Families, Part, Switch, Target, Wanted, Worth};
use crate::env::{self, Variables};
use crate::finding::Kind;
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::shoutrrr;
use crate::source::{self, What};
use crate::tool::Tool;
use crate::tree::Said;

/// What needs nothing here, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("CACHE_EXPIRATION", "Dynflare reads records every `audit_interval` and after every change"),
    ("EMOJI", "messages have none"),
    ("IP4_DEFAULT_PREFIX_LEN", "records hold single addresses"),
    ("PGID", "the container's own user is used"),
    ("PUID", "the container's own user is used"),
    ("QUIET", "`-q` shows less"),
    ("REJECT_CLOUDFLARE_IPS", "addresses of Cloudflare's own are known as such and never published"),
    ("UPDATE_ON_START", "`dynflare run` begins with a round"),
    ("UPDATE_TIMEOUT", "every request has a limit"),
    ("MANAGED_WAF_LIST_ITEMS_COMMENT_REGEX", "items of lists are known by their own comment"),
];

/// Reads the variables.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    for mut variables in env::read(draft, text)? {
        service(draft, &mut variables);
    }
    Ok(())
}

fn service(draft: &mut Draft<'_>, variables: &mut Variables) {
    let mut purse = Purse::new();
    for name in ["CF_API_TOKEN", "CLOUDFLARE_API_TOKEN"] {
        variables.credential(&mut purse, ("token", name));
    }
    let domains: Vec<(&str, Option<Said>)> =
        ["DOMAINS", "IP4_DOMAINS", "IP6_DOMAINS"].map(|name| (name, variables.said(draft, name))).into();
    let line = domains.iter().find_map(|(_, said)| said.as_ref()).map_or(1, |said| said.line);
    let theirs = Said { key: "CLOUDFLARE_API_TOKEN".to_owned(), line, text: "cloudflare".to_owned() };
    let account = mapping::account(draft, &theirs, &purse);
    let ways = [("IP4_PROVIDER", Families::V4), ("IP6_PROVIDER", Families::V6)];
    let mut on = [Switch::On, Switch::On];
    for (index, (name, families)) in ways.into_iter().enumerate() {
        if let Some(said) = variables.said(draft, name) {
            on[index] = way(draft, families, &said);
        }
    }
    let ttl = variables.said(draft, "TTL");
    let comment = variables.said(draft, "RECORD_COMMENT");
    let proxied = variables.said(draft, "PROXIED");
    let prefix = variables.said(draft, "IP6_DEFAULT_PREFIX_LEN");
    if let Some(account) = account {
        for (name, said) in &domains {
            let Some(said) = said else { continue };
            let families = match *name {
                "IP4_DOMAINS" => Families::of(on[0], Switch::Off),
                "IP6_DOMAINS" => Families::of(Switch::Off, on[1]),
                _ => Families::of(on[0], on[1]),
            };
            let Some(families) = families else {
                draft.lost(said, "its family is switched off, so these names are not kept");
                continue;
            };
            for entry in split(&said.text) {
                let (domain, host_ids) = match entry.split_once('{') {
                    Some((domain, attributes)) => (domain.trim(), host_ids(draft, said, attributes)),
                    None => (entry.trim(), Vec::new()),
                };
                let mut options = Vec::new();
                options.extend(ttl.clone().map(|said| ("ttl", said)));
                options.extend(comment.clone().map(|said| ("comment", said)));
                if let Some(condition) = &proxied {
                    match condition_of(draft.tool, condition, domain) {
                        Some(text) => options.push(("proxied", Said { text, ..condition.clone() })),
                        None => {
                            draft.lost(condition, "it is neither true nor false nor a condition on names");
                        }
                    }
                }
                let wanted = |families, options| Wanted {
                    name: domain.to_owned(),
                    zone: None,
                    families,
                    options,
                    line: said.line,
                    setting: said.key.clone(),
                };
                if host_ids.is_empty() || !families.v6() {
                    draft.record(account, wanted(families, options));
                    continue;
                }
                if families.v4() {
                    draft.record(account, wanted(Families::V4, options.clone()));
                }
                options.extend(host_ids.into_iter().map(|text| ("host_id", Said { text, ..said.clone() })));
                options
                    .extend(prefix.clone().filter(|said| said.text != "64").map(|said| ("prefix_len", said)));
                draft.record(account, wanted(Families::V6, options));
            }
        }
    }
    if domains.iter().all(|(_, said)| said.is_none()) {
        draft.find(Kind::Lost, "DOMAINS", line, "no names are there, so there is no record");
    }
    if prefix.is_some()
        && draft.records.iter().all(|record| record.options.iter().all(|(key, _)| *key != "host_id"))
    {
        let said = prefix.clone().unwrap_or(theirs.clone());
        draft.needless(&said, "records hold single addresses");
    }
    times(draft, variables);
    tell(draft, variables);
    lists(draft, variables);
    for said in variables.rest() {
        if let Some((_, why)) = NEEDLESS.iter().find(|(name, _)| *name == said.key) {
            draft.needless(&said, *why);
        } else {
            let why = format!("this is no setting of {} that is known here", draft.tool.name());
            draft.find(Kind::Unknown, &said.key, said.line, why);
        }
    }
}

/// Whether the condition holds for this name, as a word.
fn condition_of(tool: Tool, condition: &Said, domain: &str) -> Option<String> {
    let sub = if tool == Tool::Timothymiller { Sub::AndItself } else { Sub::Below };
    let holds = expression::holds(&condition.text, domain, sub).or_else(|| condition.flag());
    holds.map(|holds| holds.to_string())
}

/// The names of a list: commas separate them, but not inside `{…}`.
fn split(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    let (mut one, mut depth) = (String::new(), 0_usize);
    for c in text.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' | '\n' if depth == 0 => {
                list.push(std::mem::take(&mut one));
                continue;
            }
            _ => {}
        }
        one.push(c);
    }
    list.push(one);
    list.retain(|one| !one.trim().is_empty());
    list
}

/// The host parts of `{hostid6=[::1,mac(00-00-5e-00-53-01)]}`.
fn host_ids(draft: &mut Draft<'_>, said: &Said, attributes: &str) -> Vec<String> {
    let inside = attributes.trim().trim_end_matches('}').trim();
    let Some(value) =
        inside.strip_prefix("hostid6").map(str::trim_start).and_then(|rest| rest.strip_prefix('='))
    else {
        draft.lost(said, "what stands in `{…}` behind a name is not known here");
        return Vec::new();
    };
    let value = value.trim().trim_start_matches('[').trim_end_matches(']');
    let id = |text: &str| text.trim().replace('-', ":");
    value.split(',').map(id).filter(|id| !id.is_empty() && id != "preserve").collect()
}

/// Where addresses of a family come from; whether they are kept at all.
fn way(draft: &mut Draft<'_>, families: Families, said: &Said) -> Switch {
    let (kind, rest) = said.text.split_once(':').unwrap_or((&said.text, ""));
    let what = match kind.trim() {
        "none" => return Switch::Off,
        "static.empty" => {
            draft.lost(said, "records are not emptied on purpose; `on_no_address = \"delete\"` does it where there is no address");
            return Switch::Off;
        }
        "cloudflare.trace" | "cloudflare" | "" => What::Public("Cloudflare".to_owned()),
        "cloudflare.doh" => What::Public("Cloudflare's DNS".to_owned()),
        "ipify" => What::Public("ipify".to_owned()),
        "local" => What::Own("interface".to_owned()),
        "local.iface" => What::Own(format!("interface:{}", rest.trim())),
        "url" => source::url(rest.trim()),
        "url.via4" | "url.via6" => {
            draft.changed(said, "a web service is always asked over the family whose address it is to tell");
            source::url(rest.trim())
        }
        "static" | "literal" => {
            let bare: Vec<&str> = rest.split(',').filter_map(|one| one.trim().split('/').next()).collect();
            What::Own(format!("static:{}", bare.join(",")))
        }
        "file" => What::Own(format!("file:{}", rest.trim())),
        _ => {
            draft.lost(
                said,
                "this way to find the address is not known here; the panel of public services is asked",
            );
            return Switch::On;
        }
    };
    draft.ask(families, what, said);
    Switch::On
}

fn times(draft: &mut Draft<'_>, variables: &mut Variables) {
    let zone = variables.said(draft, "TZ");
    if let Some(said) = variables.said(draft, "UPDATE_CRON") {
        crate::time::schedule(draft, &said);
    }
    if let Some(zone) = zone {
        // A time zone without times has no effect, and is refused.
        let scheduled = draft.settings.iter().any(|setting| setting.key == "schedule");
        if scheduled {
            draft.set("schedule_timezone", crate::render::quoted(&zone.text), &zone);
        } else {
            draft.needless(&zone, "times are shown in the system's zone, and an interval has none");
        }
    }
    if let Some(said) = variables.said(draft, "DETECTION_TIMEOUT") {
        match crate::time::seconds(&said.text).filter(|seconds| (1..=300).contains(seconds)) {
            Some(seconds) => draft.set("deadline", format!("\"{}\"", crate::time::shown(seconds)), &said),
            None => draft.lost(&said, "`deadline` is 1 second at least and 5 minutes at most"),
        }
    }
    if let Some(said) = variables.said(draft, "DELETE_ON_STOP") {
        match said.flag() {
            Some(true) => draft.set("on_stop", "\"delete\"".to_owned(), &said),
            Some(false) => {}
            None => draft.lost(&said, "it is neither true nor false"),
        }
    }
    if let Some(said) = variables.said(draft, "MANAGED_RECORDS_COMMENT_REGEX") {
        draft.lost(
            &said,
            "which records of a name are ours is told by the owner mark in their comment; `owner` tells several instances apart",
        );
    }
}

/// Pings and notifications.
pub(super) fn tell(draft: &mut Draft<'_>, variables: &mut Variables) {
    for (name, kind) in [("HEALTHCHECKS", "healthchecks"), ("UPTIMEKUMA", "kuma")] {
        let Some(variable) = variables.take(name) else { continue };
        ping(draft, kind, &variable.said, variable.worth);
    }
    if let Some(said) = variables.said(draft, "SHOUTRRR") {
        for (index, line) in said.text.lines().enumerate() {
            let urls = line.split_whitespace().map(|url| url.trim_matches(','));
            for url in urls.take_while(|url| !url.starts_with('#')).filter(|url| !url.is_empty()) {
                shoutrrr::add(draft, &Said { line: said.line + index, text: url.to_owned(), ..said.clone() });
            }
        }
    }
    if let Some(variable) = variables.take("SHOUTRRR_FILE") {
        draft.lost(
            &variable.said,
            "the URLs are in another file; give them as SHOUTRRR, or write `[notify.NAME]` tables",
        );
    }
}

/// A target that is pinged.
pub(super) fn ping(draft: &mut Draft<'_>, kind: &'static str, said: &Said, worth: Worth) {
    let part = Part { key: "ping_url".to_owned(), worth, sight: Sight::Secret, line: said.line };
    draft.tell(Target { kind, parts: vec![part], plain: Vec::new(), line: said.line, file: 0 });
}

/// Cloudflare's lists, which are records of a provider of their own.
fn lists(draft: &mut Draft<'_>, variables: &mut Variables) {
    if let Some(said) = variables.said(draft, "WAF_LISTS") {
        draft.lost(
            &said,
            "lists are records here: `cloudflare-list:NAME:A+AAAA:@` with `[providers.cloudflare-list]`, which needs the account's id and a token with Account Filter Lists:Edit",
        );
    }
    for name in ["WAF_LIST_DESCRIPTION", "WAF_LIST_ITEM_COMMENT"] {
        if let Some(said) = variables.said(draft, name) {
            draft.lost(
                &said,
                "it belongs to lists; `comment` of `[providers.cloudflare-list]` is that of their items",
            );
        }
    }
}

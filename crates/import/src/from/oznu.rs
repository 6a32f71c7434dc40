//! The variables of oznu's docker-cloudflare-ddns.

use crate::draft::{Draft, Families, Wanted};
use crate::env::{self, Variables};
use crate::finding::Kind;
use crate::mapping::{self, Purse};
use crate::mistake::Mistake;
use crate::source::{self, What};
use crate::tree::Said;

/// Reads the variables.
pub(super) fn read(draft: &mut Draft<'_>, text: &str) -> Result<(), Mistake> {
    for mut variables in env::read(draft, text)? {
        service(draft, &mut variables);
    }
    Ok(())
}

fn service(draft: &mut Draft<'_>, variables: &mut Variables) {
    let mut purse = Purse::new();
    let email = variables.take("EMAIL");
    let key = if email.is_some() { "key" } else { "token" };
    variables.credential(&mut purse, (key, "API_KEY"));
    if let Some(email) = email {
        mapping::hold(&mut purse, "email", &email.said);
    }
    let zone = variables.said(draft, "ZONE");
    for name in ["ZONE_FILE", "SUBDOMAIN_FILE"] {
        if let Some(variable) = variables.take(name) {
            draft.lost(
                &variable.said,
                "names stand in the configuration here; write it as ZONE or SUBDOMAIN and import again",
            );
        }
    }
    let subdomain = variables.said(draft, "SUBDOMAIN");
    let families = match variables.said(draft, "RRTYPE") {
        Some(said) if said.text.eq_ignore_ascii_case("AAAA") => Families::V6,
        Some(said) if !said.text.eq_ignore_ascii_case("A") => {
            draft.lost(&said, "the type is A or AAAA");
            Families::V4
        }
        Some(_) | None => Families::V4,
    };
    let proxied = variables.said(draft, "PROXIED");
    match &zone {
        Some(zone) => {
            let theirs = Said { key: "API_KEY".to_owned(), line: zone.line, text: "cloudflare".to_owned() };
            if let Some(account) = mapping::account(draft, &theirs, &purse) {
                let wanted = Wanted {
                    name: subdomain.as_ref().map_or_else(|| "@".to_owned(), |said| said.text.clone()),
                    zone: Some(zone.text.clone()),
                    families,
                    options: proxied.into_iter().map(|said| ("proxied", said)).collect(),
                    line: subdomain.as_ref().unwrap_or(zone).line,
                    setting: subdomain.as_ref().unwrap_or(zone).key.clone(),
                };
                draft.record(account, wanted);
            }
        }
        None => draft.find(Kind::Lost, "ZONE", 1, "no zone is there, so there is no record"),
    }
    if let Some(said) = variables.said(draft, "CRON") {
        crate::time::schedule(draft, &said);
    }
    if let Some(said) = variables.said(draft, "DELETE_ON_STOP")
        && said.flag() == Some(true)
    {
        draft.set("on_stop", "\"delete\"".to_owned(), &said);
    }
    if let Some(said) = variables.said(draft, "INTERFACE") {
        draft.ask(families, What::Own(format!("interface:{}", said.text)), &said);
    }
    if let Some(said) = variables.said(draft, "CUSTOM_LOOKUP_CMD") {
        draft.ask(families, source::command(&said.text), &said);
    }
    if let Some(said) = variables.said(draft, "DNS_SERVER") {
        draft.lost(
            &said,
            "names are looked up with the system's resolver, and records are read at the provider",
        );
    }
    for said in variables.rest() {
        match said.key.as_str() {
            "PUID" | "PGID" | "TZ" => draft.needless(&said, "the container's own user and zone are used"),
            _ => draft.find(
                Kind::Unknown,
                &said.key,
                said.line,
                "this is no setting of oznu's cloudflare-ddns that is known here",
            ),
        }
    }
}

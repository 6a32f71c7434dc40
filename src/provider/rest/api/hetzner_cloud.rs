//! Hetzner DNS in the Cloud API: <https://docs.hetzner.cloud/reference/cloud#zone-rrsets>.
//!
//! A change is an action that runs on for up to a quarter of a minute after its request is answered (recorded in 2026);
//! it is done when the action says so. The values and the TTL of a set are changed by two different actions. Records
//! carry comments, which are sent back. `conflict` and `locked` mean that another action is running.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::sets::heirs;
use crate::provider::rest::text::{absolute, from_relative, is_type, presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::{DEFAULT_TTL, Replace};
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "hetzner-cloud",
        name: "Hetzner Cloud DNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://docs.hetzner.cloud/reference/cloud#zone-rrsets",
        fields: &[Field::secret(
            "token",
            "an API token of the project the zone is in, with the permission Read & Write",
        )
        .also_in(&["HCLOUD_TOKEN", "HETZNER_API_TOKEN"])],
        env: &[],
        verified: Verified::Recorded("2026"),
    },
    base: "https://api.hetzner.cloud/v1",
    open: |account| Dialects::sets(HetznerCloud(account)),
};

/// How many zones a page holds, at most.
const PAGE: usize = 50;

struct HetznerCloud(Account);

/// The place of a set, or of one of its actions.
fn path(zone: &Zone, key: &Key, action: &str) -> String {
    let name = segment(relative(&key.name, zone, "@"));
    format!("/zones/{}/rrsets/{name}/{}{action}", zone.id, key.rtype)
}

fn zone(value: &Value) -> Result<Option<Zone>, Odd> {
    let id = value.id("/id")?;
    Ok(absolute(value.text("/name")?).map(|name| Zone { name, id }))
}

fn ttl(there: &[Item]) -> u32 {
    there.iter().find_map(|item| item.ttl).unwrap_or(DEFAULT_TTL)
}

fn change_ttl(zone: &Zone, step: &Replace) -> Call {
    Call::post(path(zone, &step.expect.key, "/actions/change_ttl"), json!({ "ttl": step.ttl }))
}

impl Dialect for HetznerCloud {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let action = answer.json.text_if("/action/status") == Some("error");
        let at = if action { "/action/error/code" } else { "/error/code" };
        let code = answer.json.text_if(at);
        let refusal = match (action, Refusal::by_status(answer)) {
            (true, _) => {
                let said = answer.json.text_if("/action/error/message").unwrap_or("the action failed");
                Refusal::new(Class::Invalid, said)
            }
            (false, refusal) => refusal?,
        };
        let class = match code {
            Some("conflict" | "locked") => Class::Unavailable,
            Some("token_readonly") => Class::Denied,
            _ => refusal.class,
        };
        let refusal = Refusal { class, ..refusal };
        Some(match code {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn pending(&self, _asked: &Call, answer: &Answer) -> Option<Call> {
        let running = answer.json.text_if("/action/status") == Some("running");
        let id = running.then(|| answer.json.id("/action/id").ok()).flatten()?;
        Some(Call::get(format!("/zones/actions/{id}")))
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(format!("/zones/{name}")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("per_page", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        if let Some(one) = answer.json.pointer("/zone") {
            return Ok(Page::last(zone(one)?.into_iter().collect()));
        }
        let mut zones = Vec::new();
        for one in answer.items("/zones")? {
            zones.extend(zone(one)?);
        }
        let next = answer.json.number("/meta/pagination/next_page").map(|next| next.to_string());
        Ok(Page { items: zones, next })
    }
}

impl Sets for HetznerCloud {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/rrsets", zone.id))
            .ask("type", key.rtype)
            .ask("name", relative(&key.name, zone, "@"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for set in answer.items("/rrsets")? {
            if !is_type(set.text("/type")?, key)
                || from_relative(set.text("/name")?, zone).as_ref() != Some(&key.name)
            {
                continue;
            }
            for record in set.items("/records")? {
                let value = presented(key, record.text("/value")?);
                items.push(Item { id: String::new(), value, ttl: set.ttl("/ttl"), whole: record.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        if there.is_empty() {
            let records: Vec<Value> = step.values.iter().map(|value| json!({ "value": value })).collect();
            let body = json!({ "ttl": step.ttl, "records": records });
            return Call::post(path(zone, key, "/actions/add_records"), body);
        }
        if step.values == step.expect.values {
            return change_ttl(zone, step);
        }
        let records = heirs(step, there).into_iter().map(|(value, heir)| {
            let comment = heir.and_then(|item| item.whole.text_if("/comment")).unwrap_or_default();
            json!({ "value": value, "comment": comment })
        });
        let body = json!({ "records": records.collect::<Vec<_>>() });
        Call::post(path(zone, key, "/actions/set_records"), body)
    }

    fn retime(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Option<Call> {
        let both = step.values != step.expect.values && !there.is_empty() && ttl(there) != step.ttl;
        both.then(|| change_ttl(zone, step))
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key, ""))
    }
}

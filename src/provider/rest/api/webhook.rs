//! External-dns' webhook providers:
//! <https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/webhook-provider/>, the types by its source
//! (`endpoint/endpoint.go`, `endpoint/domain_filter.go`, `plan/plan.go`).
//!
//! Such a provider shows all records in one list and takes changes as pairs of before and after, once it has been asked
//! to adjust what is wanted to what it can do. It has no credentials of its own, which is why it usually listens on
//! loopback only, and says nothing about a failure but its status. Its domain filter stands in for zones; one without a
//! filter, or with regular expressions, is taken to serve whatever the record says.
//!
//! Endpoints with a set identifier belong to policies of their provider and are left alone.

use crate::provider::registry::{Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "webhook",
        name: "external-dns webhook providers",
        shape: Shape::RrSet,
        types: &[
            RecordType::A,
            RecordType::Aaaa,
            RecordType::Cname,
            RecordType::Mx,
            RecordType::Srv,
            RecordType::Txt,
        ],
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/webhook-provider/",
        fields: &[
            Field::plain("plain_http", "`yes`: the URL may be http:// although it is not on this machine")
                .optional(),
            Field::secret("token", "a bearer token, where somebody in front of the provider wants one")
                .optional(),
            Field::plain("url", "where the provider listens; http://localhost:8888 unless given").optional(),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "http://localhost:8888",
    open: |account| Dialects::sets(Webhook(account)),
};

/// The media type and version of the protocol.
const MEDIA: &str = "application/external.dns.webhook+json;version=1";

struct Webhook(Account);

/// The records of this name and type among all endpoints.
fn items(key: &Key, answer: &Answer) -> Result<Vec<Item>, Odd> {
    let mut items = Vec::new();
    // Go writes an empty list as null.
    let empty = Vec::new();
    let all =
        if answer.json.is_null() && answer.text().trim() == "null" { &empty } else { answer.items("")? };
    for endpoint in all {
        let at = endpoint.text_if("/dnsName").and_then(absolute);
        let is_plain = endpoint.text_if("/setIdentifier").unwrap_or_default().is_empty();
        if at.as_ref() != Some(&key.name) || !is_type(endpoint.text("/recordType")?, key) || !is_plain {
            continue;
        }
        let ttl = endpoint.ttl("/recordTTL").filter(|ttl| *ttl > 0);
        for target in endpoint.items("/targets")? {
            let value = presented(key, target.text("")?);
            items.push(Item { id: String::new(), value, ttl, whole: endpoint.clone() });
        }
    }
    Ok(items)
}

/// The endpoint of a set; whatever else one that was there says stays.
fn endpoint(key: &Key, values: &[String], ttl: Option<u32>, there: &[Item]) -> Value {
    let mut endpoint = there.first().map_or_else(|| json!({}), |item| item.whole.clone());
    endpoint["dnsName"] = json!(key.name.as_str());
    endpoint["recordType"] = json!(key.rtype.as_str());
    endpoint["targets"] = json!(values);
    if let Some(ttl) = ttl {
        endpoint["recordTTL"] = json!(ttl);
    }
    endpoint
}

fn before(step: &Replace, there: &[Item]) -> Value {
    let ttl = there.first().and_then(|item| item.ttl);
    endpoint(&step.expect.key, &step.expect.values, ttl, there)
}

fn post(path: &str, body: &Value) -> Call {
    Call::post(path, Value::Null).body(Body::Text(MEDIA, body.to_string()))
}

impl Dialect for Webhook {
    fn place(&self) -> Option<String> {
        self.0.find("url").map(str::to_owned)
    }

    fn misfit(&self) -> Option<String> {
        let url = self.0.find("url")?;
        let base: crate::net::Base = url.parse().ok()?;
        let host = base.host();
        let is_here = host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let may = matches!(self.0.get("plain_http"), "yes" | "true");
        (base.scheme() == crate::net::base::Scheme::Http && !is_here && !may).then(|| {
            format!("`url`: {host} is not this machine, and everybody on the way could change what is sent; use https://, or say `plain_http = \"yes\"`")
        })
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("accept", MEDIA);
        if let Some(token) = self.0.find("token") {
            call.bearer(token);
        }
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Within(Box::new(Call::get("/")))
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let media: String = answer.header("content-type").unwrap_or_default().split(' ').collect();
        if !media.eq_ignore_ascii_case(MEDIA) {
            return Err(Odd(format!("its media type is `{media}` instead of `{MEDIA}`")));
        }
        // Older ones call the list `filters`, as the published description still does.
        let include = ["/include", "/filters"].iter().find_map(|at| answer.json.pointer(at)?.as_array());
        let names = include.into_iter().flatten().filter_map(Value::as_str);
        let names = names.filter_map(|text| absolute(text.trim_start_matches(['.', '*'])));
        Ok(Page::last(names.map(|name| Zone { id: name.to_string(), name }).collect()))
    }
}

impl Sets for Webhook {
    fn get(&self, _zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get("/records")
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        items(key, answer).map(Page::last)
    }

    fn draft(&self, _zone: &Zone, step: &Replace, there: &[Item]) -> Option<Call> {
        let wanted = endpoint(&step.expect.key, &step.values, Some(step.ttl), there);
        Some(post("/adjustendpoints", &json!([wanted])))
    }

    fn replace(&self, _zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        // What goes out is `replace_drafted`; this is the same for a provider that adjusts nothing.
        let wanted = endpoint(&step.expect.key, &step.values, Some(step.ttl), there);
        apply(step, there, &[wanted])
    }

    fn replace_drafted(
        &self,
        _zone: &Zone,
        step: &Replace,
        there: &[Item],
        drafted: &Answer,
    ) -> Result<Call, Odd> {
        let adjusted = drafted.items("")?;
        if adjusted.is_empty() {
            return Err(Odd("of the record that it was asked to adjust nothing is left".to_owned()));
        }
        Ok(apply(step, there, adjusted))
    }

    fn remove(&self, _zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        post("/records", &json!({ "delete": [before(step, there)] }))
    }
}

fn apply(step: &Replace, there: &[Item], adjusted: &[Value]) -> Call {
    let changes = if there.is_empty() {
        json!({ "create": adjusted })
    } else {
        json!({ "updateOld": [before(step, there)], "updateNew": adjusted })
    };
    post("/records", &changes)
}

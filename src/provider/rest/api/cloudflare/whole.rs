//! Things that are written as a whole and hold addresses among much else: pools of the load balancer, locations of the
//! Gateway, groups of Access. What else one holds is sent back as it was read.
//!
//! <https://developers.cloudflare.com/api/resources/load_balancers/subresources/pools/>,
//! <https://developers.cloudflare.com/api/resources/zero_trust/subresources/gateway/subresources/locations/>,
//! <https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/subresources/groups/>
//!
//! An origin is known by its name and holds one address; of a location and a group single addresses are looked at, and
//! networks are left alone.

use super::{
    ACCOUNT, BASE, address, beyond, length, prefix, read_things, refusal, slug, things, token, unfit,
    unfit_length,
};
use crate::provider::registry::{ADDRESSES, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pool,
    Location,
    Group,
}

const ONE_NAME: Can = Can { several: true, wildcard: false, apex: true, auto: false };

pub(in crate::provider::rest) const POOL: Row = Row {
    info: &Info {
        id: "cloudflare-pool",
        name: "Cloudflare load balancer pools",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: Can { several: false, wildcard: false, apex: false, auto: false },
        docs: "https://developers.cloudflare.com/api/resources/load_balancers/subresources/pools/",
        fields: &[ACCOUNT, token("an API token with Load Balancing: Monitors and Pools:Edit")],
        env: &[],
        verified: Verified::Documentation,
    },
    base: BASE,
    open: |account| Dialects::sets(Whole { account, kind: Kind::Pool }),
};

pub(in crate::provider::rest) const LOCATION: Row = Row {
    info: &Info {
        id: "cloudflare-gateway",
        name: "Cloudflare Gateway locations",
        shape: Shape::RrSet,
        types: &[RecordType::A],
        attributes: &[],
        min_ttl: 0,
        can: ONE_NAME,
        docs: "https://developers.cloudflare.com/api/resources/zero_trust/subresources/gateway/subresources/locations/",
        fields: &[ACCOUNT, token("an API token with Zero Trust:Edit")],
        env: &[],
        verified: Verified::Documentation,
    },
    base: BASE,
    open: |account| Dialects::sets(Whole { account, kind: Kind::Location }),
};

pub(in crate::provider::rest) const GROUP: Row = Row {
    info: &Info {
        id: "cloudflare-access",
        name: "Cloudflare Access groups",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: ONE_NAME,
        docs: "https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/subresources/groups/",
        fields: &[
            ACCOUNT,
            Field::plain(
                "ipv6_prefix",
                "how many bits of an IPv6 address a rule holds, 1 to 128; 128 unless given",
            )
            .optional(),
            token("an API token with Access: Organizations, Identity Providers, and Groups:Edit"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: BASE,
    open: |account| Dialects::sets(Whole { account, kind: Kind::Group }),
};

struct Whole {
    account: Account,
    kind: Kind,
}

impl Whole {
    fn below(&self) -> &'static str {
        match self.kind {
            Kind::Pool => "/load_balancers/pools",
            Kind::Location => "/gateway/locations",
            Kind::Group => "/access/groups",
        }
    }

    fn path(&self, zone: &Zone) -> String {
        format!("/accounts/{}{}/{}", self.account.get("account_id"), self.below(), zone.id)
    }

    /// The addresses that a thing holds for this key.
    fn values(&self, zone: &Zone, key: &Key, thing: &Value) -> Result<Vec<String>, Odd> {
        let length = length(&self.account);
        let shown = |text: &str| address(text, key, length).map(|address| address.to_string());
        match self.kind {
            Kind::Pool => {
                let origin = thing
                    .items("/origins")?
                    .iter()
                    .find(|origin| origin.text_if("/name").map(slug).as_deref() == Some(wanted(zone, key)));
                let origin =
                    origin.ok_or_else(|| Odd(format!("the pool has no origin `{}`", wanted(zone, key))))?;
                let there = origin.text("/address")?;
                let family = key.rtype.family().map_or("IP", |family| family.as_str());
                shown(there)
                    .map(|value| vec![value])
                    .ok_or_else(|| Odd(format!("the origin holds `{there}`, which is no {family} address")))
            }
            Kind::Location => {
                let networks = thing.pointer("/networks").and_then(Value::as_array);
                let networks = networks.into_iter().flatten();
                Ok(networks.filter_map(|network| shown(network.text_if("/network")?)).collect())
            }
            Kind::Group => {
                let rules = thing.items("/include")?.iter();
                Ok(rules.filter_map(|rule| shown(rule.text_if("/ip/ip")?)).collect())
            }
        }
    }
}

/// The name of the origin that a key is about.
fn wanted<'k>(zone: &Zone, key: &'k Key) -> &'k str {
    relative(&key.name, zone, "@")
}

impl Dialect for Whole {
    fn misfit(&self) -> Option<String> {
        unfit(&self.account).or_else(|| unfit_length(&self.account, 1))
    }

    fn unwritable(&self, _key: &Key, values: &[String]) -> Option<String> {
        match (self.kind, values) {
            (Kind::Pool, []) => Some("an origin cannot be without an address".to_owned()),
            (Kind::Pool | Kind::Location, _) => None,
            (Kind::Group, values) => values.iter().find_map(|value| beyond(value, length(&self.account))),
        }
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.account.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        refusal(answer)
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(things(&self.account, self.below(), page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        read_things(answer, page)
    }
}

impl Sets for Whole {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(self.path(zone))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let thing = answer.json.pointer("/result").cloned().unwrap_or_default();
        let values = self.values(zone, key, &thing)?.into_iter();
        let items = values.map(|value| Item { value, whole: thing.clone(), ..Item::default() });
        Ok(Page::last(items.collect()))
    }

    fn draft(&self, zone: &Zone, _step: &Replace, _there: &[Item]) -> Option<Call> {
        // Of a thing without such an address nothing was kept, and the rest of it has to be sent back.
        Some(Call::get(self.path(zone)))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.write(zone, step, there.first().map_or(&Value::Null, |item| &item.whole))
    }

    fn replace_drafted(
        &self,
        zone: &Zone,
        step: &Replace,
        _there: &[Item],
        drafted: &Answer,
    ) -> Result<Call, Odd> {
        let thing = drafted.json.pointer("/result").filter(|thing| thing.is_object());
        let thing = thing.ok_or_else(|| Odd("there is no `result`".to_owned()))?;
        Ok(self.write(zone, step, thing))
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.replace(zone, step, there)
    }
}

impl Whole {
    fn write(&self, zone: &Zone, step: &Replace, thing: &Value) -> Call {
        let key = &step.expect.key;
        let length = length(&self.account);
        let list = |at: &str| thing.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
        let is_ours = |text: Option<&str>| text.is_some_and(|text| address(text, key, length).is_some());
        match self.kind {
            Kind::Pool => {
                let mut origins = list("/origins");
                for origin in &mut origins {
                    if origin.text_if("/name").map(slug).as_deref() == Some(wanted(zone, key)) {
                        origin["address"] = json!(step.values.first());
                    }
                }
                Call::patch(self.path(zone), json!({ "origins": origins }))
            }
            Kind::Location => {
                let mut networks = list("/networks");
                networks.retain(|network| !is_ours(network.text_if("/network")));
                networks.extend(step.values.iter().map(|value| json!({ "network": prefix(value, 32) })));
                let keys = ["name", "client_default", "ecs_support", "endpoints", "dns_destination_ips_id"];
                let mut body = kept(thing, &keys);
                body["networks"] = json!(networks);
                Call::put(self.path(zone), body)
            }
            Kind::Group => {
                let mut include = list("/include");
                include.retain(|rule| !is_ours(rule.text_if("/ip/ip")));
                include
                    .extend(step.values.iter().map(|value| json!({ "ip": { "ip": prefix(value, length) } })));
                let mut body = kept(thing, &["name", "exclude", "require", "is_default"]);
                body["include"] = json!(include);
                Call::put(self.path(zone), body)
            }
        }
    }
}

/// What of a thing is sent back as it is.
fn kept(thing: &Value, keys: &[&str]) -> Value {
    let there = keys.iter().filter_map(|key| Some(((*key).to_owned(), thing.get(*key)?.clone())));
    Value::Object(there.collect())
}

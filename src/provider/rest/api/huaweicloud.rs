//! Huawei Cloud DNS, API v2: <https://console-intl.huaweicloud.com/apiexplorer/#/openapi/DNS/doc>.
//!
//! Sets with identifiers; names are absolute with their last dot. Public zones are served everywhere, so the place
//! without a region serves unless an account lives in one that stands apart.

use crate::provider::registry::{Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::sdk;
use crate::provider::rest::text::{absolute, dotted, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "huaweicloud",
        name: "Huawei Cloud DNS",
        shape: Shape::RrSet,
        types: TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://console-intl.huaweicloud.com/apiexplorer/#/openapi/DNS/doc",
        fields: &[
            Field::plain("access_key_id", "the access key (AK) of a user with the role DNS FullAccess"),
            Field::secret("secret_access_key", "the secret key (SK) of that access key"),
            Field::plain(
                "region",
                "the region, such as ap-southeast-1, where the usual place does not serve it",
            )
            .optional(),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://dns.myhuaweicloud.com",
    open: |account| Dialects::sets(HuaweiCloud(account)),
};

/// What public zones hold: all but HTTPS and SVCB.
const TYPES: &[RecordType] = &[
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Caa,
    RecordType::Cname,
    RecordType::Mx,
    RecordType::Srv,
    RecordType::Txt,
];

/// How many zones and how many sets a page holds.
const PAGE: usize = 500;

struct HuaweiCloud(Account);

fn sets(zone: &Zone) -> String {
    format!("/v2/zones/{}/recordsets", zone.id)
}

/// The set of this identifier.
fn set(zone: &Zone, there: &[Item]) -> Option<String> {
    Some(format!("{}/{}", sets(zone), there.first()?.id))
}

impl Dialect for HuaweiCloud {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        sdk::sign(call, signing, (self.0.get("access_key_id"), self.0.get("secret_access_key")));
    }

    fn place(&self) -> Option<String> {
        self.0.find("region").map(|region| format!("https://dns.{region}.myhuaweicloud.com"))
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let said = answer.json.text_if("/error_msg").or_else(|| answer.json.text_if("/message"));
        let code = answer.json.text_if("/error_code").or_else(|| answer.json.text_if("/code"));
        let refusal = Refusal { said: said.map_or(refusal.said, str::to_owned), ..refusal };
        Some(match code {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        let call = Call::get("/v2/zones").ask("type", "public").ask("name", name);
        Find::ask(call.ask("search_mode", "equal"))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/v2/zones").ask("type", "public").ask("limit", PAGE);
        Some(call.ask("offset", page.unwrap_or("0")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/zones")?;
        let zones = listed::zones(all, "/id", "/name")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Sets for HuaweiCloud {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        Call::get(sets(zone))
            .ask("name", format!("{}.", key.name))
            .ask("type", key.rtype)
            .ask("search_mode", "equal")
            .ask("limit", PAGE)
            .ask("offset", page.unwrap_or("0"))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/recordsets")?;
        let mut items = Vec::new();
        for set in all {
            if !is_type(set.text("/type")?, key) || absolute(set.text("/name")?).as_ref() != Some(&key.name) {
                continue;
            }
            for value in set.items("/records")? {
                let (id, value) = (set.id("/id")?, presented(key, value.text("")?));
                items.push(Item { id, value, ttl: set.ttl("/ttl"), whole: Value::Null });
            }
        }
        Ok(Page::skipped(items, page, all.len(), PAGE))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let values: Vec<String> = step.values.iter().map(|value| dotted(key.rtype, value)).collect();
        let body = json!({
            "name": format!("{}.", key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "records": values,
        });
        match set(zone, there) {
            Some(set) => Call::put(set, body),
            None => Call::post(sets(zone), body),
        }
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        Call::delete(set(zone, there).unwrap_or_else(|| sets(zone)))
    }
}

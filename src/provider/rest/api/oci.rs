//! Oracle Cloud Infrastructure DNS (20180115): <https://docs.oracle.com/en-us/iaas/api/#/en/dns/20180115/>.
//!
//! Every request is signed with the private key of a user's API key, which must not have a passphrase. Zones are called
//! by their names, names are absolute. A set is replaced whole. A zone that is not there and one that may not be seen are
//! both answered with 404.

use crate::net::http::Method;
use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::{oci, rsa};
use crate::provider::rest::text::{absolute, dotted, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "oci",
        name: "Oracle Cloud DNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://docs.oracle.com/en-us/iaas/api/#/en/dns/20180115/",
        fields: &[
            Field::plain("tenancy_ocid", "the OCID of the tenancy"),
            Field::plain("user_ocid", "the OCID of a user who may manage DNS"),
            Field::plain("fingerprint", "the fingerprint of the user's API key")
                .also_in(&["OCI_PUBKEY_FINGERPRINT"]),
            Field::secret("private_key", "the private key (PEM) of that API key, without a passphrase")
                .also_in(&["OCI_PRIVKEY"]),
            Field::plain("region", "the region, such as eu-frankfurt-1"),
            Field::plain(
                "compartment_ocid",
                "the OCID of the compartment with the zones, if it is not the root's",
            )
            .optional(),
        ],
        env: &[],
        verified: Verified::Recorded("2022"),
    },
    base: "https://dns.us-ashburn-1.oraclecloud.com",
    open: |account| Dialects::sets(Oci(account)),
};

/// How many zones and how many records a page holds.
const PAGE: usize = 100;

struct Oci(Account);

fn domain(zone: &Zone, name: &Name) -> String {
    format!("/20180115/zones/{}/records/{}", zone.id, crate::provider::rest::text::segment(name.as_str()))
}

fn paged(call: Call, page: Option<&str>) -> Call {
    let call = call.ask("limit", PAGE);
    match page {
        Some(page) => call.ask("page", page),
        None => call,
    }
}

fn next(answer: &Answer) -> Option<String> {
    answer.header("opc-next-page").map(str::to_owned)
}

impl Dialect for Oci {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let [tenancy, user, print] =
            ["tenancy_ocid", "user_ocid", "fingerprint"].map(|field| self.0.get(field));
        if let Some(key) = rsa::key(self.0.get("private_key")) {
            oci::sign(call, signing, &key, &format!("{tenancy}/{user}/{print}"));
        }
    }

    fn place(&self) -> Option<String> {
        self.0.find("region").map(|region| format!("https://dns.{region}.oraclecloud.com"))
    }

    fn unfit(&self) -> Option<&'static str> {
        let key = rsa::key(self.0.get("private_key"));
        key.is_none().then_some("`private_key` is no RSA key in PEM without a passphrase")
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(format!("/20180115/zones/{name}")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let compartment = self.0.find("compartment_ocid").unwrap_or_else(|| self.0.get("tenancy_ocid"));
        Some(paged(Call::get("/20180115/zones").ask("compartmentId", compartment), page))
    }

    /// A list, or one zone.
    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let one = std::slice::from_ref(&answer.json);
        let all = answer.items("").unwrap_or(one);
        let items = listed::zones(all, "/name", "/name")?;
        Ok(Page { items, next: next(answer) })
    }
}

impl Sets for Oci {
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        paged(Call::get(domain(zone, &key.name)).ask("rtype", key.rtype), page)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/items")? {
            if is_type(record.text("/rtype")?, key)
                && absolute(record.text("/domain")?).as_ref() == Some(&key.name)
            {
                let value = presented(key, record.text("/rdata")?);
                items.push(Item { id: String::new(), value, ttl: record.ttl("/ttl"), whole: Value::Null });
            }
        }
        Ok(Page { items, next: next(answer) })
    }

    fn replace(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        let items: Vec<Value> = step
            .values
            .iter()
            .map(|value| {
                json!({
                    "domain": key.name.as_str(), "rtype": key.rtype.as_str(), "ttl": step.ttl,
                    "rdata": dotted(key.rtype, value),
                })
            })
            .collect();
        let path = format!("{}/{}", domain(zone, &key.name), key.rtype);
        Call::new(Method::PUT, path).body(Body::Json(json!({ "items": items })))
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        Call::delete(format!("{}/{}", domain(zone, &key.name), key.rtype))
    }
}

//! `OVHcloud`: <https://eu.api.ovh.com/console/?section=%2Fdomain&branch=v1>.
//!
//! Requests are signed with SHA-1 over secret, consumer key, method, URL, body and time
//! (<https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api>). A list shows numbers, each of which is
//! asked for by itself; a TTL of 0 is the zone's. Changes take effect when the zone is refreshed.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing, said};
use crate::provider::rest::listed;
use crate::provider::rest::sign::hmac_sha1::digest;
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "ovh",
        name: "OVHcloud",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://eu.api.ovh.com/console/?section=%2Fdomain&branch=v1",
        fields: &[
            Field::plain("application_key", "the application key, from https://eu.api.ovh.com/createToken/"),
            Field::secret("application_secret", "the application secret that came with it"),
            Field::secret(
                "consumer_key",
                "the consumer key that came with it, with GET, POST, PUT and DELETE on /domain/zone/*",
            ),
            Field::plain(
                "endpoint",
                "the region of the account: ovh-eu, ovh-ca or ovh-us; ovh-eu if it is not given",
            )
            .optional(),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://eu.api.ovh.com/1.0",
    open: |account| Dialects::items(Ovh(account)),
};

struct Ovh(Account);

impl Dialect for Ovh {
    fn place(&self) -> Option<String> {
        let region = self.0.find("endpoint")?;
        let region = region.strip_prefix("ovh-").unwrap_or(region);
        let host =
            if region == "us" { "api.us.ovhcloud.com".to_owned() } else { format!("{region}.api.ovh.com") };
        Some(format!("https://{host}/1.0"))
    }

    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let (secret, consumer) = (self.0.get("application_secret"), self.0.get("consumer_key"));
        let body = call.payload().map(|(_, body)| body).unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let (method, now) = (&call.method, signing.now);
        let text = format!("{secret}+{consumer}+{method}+{}{}+{body}+{now}", signing.base, call.target());
        call.header("x-ovh-application", self.0.get("application_key"));
        call.header("x-ovh-consumer", consumer);
        call.header("x-ovh-timestamp", now.to_string());
        call.header("x-ovh-signature", format!("$1${}", digest(&text)));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let code = answer.json.text_if("/errorCode").unwrap_or_default();
        let signed_wrongly = code == "INVALID_SIGNATURE" || said(answer).starts_with("Invalid signature");
        let class = if signed_wrongly { Class::Denied } else { refusal.class };
        let refusal = Refusal { class, ..refusal };
        Some(if code.is_empty() { refusal } else { refusal.code(code) })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domain/zone"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("")?, "", "")?))
    }

    fn publish(&self, zone: &Zone) -> Option<Call> {
        let path = format!("/domain/zone/{}/refresh", zone.id);
        Some(Call::new(Method::POST, path).body(Body::None))
    }
}

impl Items for Ovh {
    /// The first page is the list of numbers, each further one a record; a page is asked for by the numbers left.
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let path = format!("/domain/zone/{}/record", zone.id);
        match page {
            None => {
                Call::get(path).ask("fieldType", key.rtype).ask("subDomain", relative(&key.name, zone, ""))
            }
            Some(left) => Call::get(format!("{path}/{}", left.split(',').next().unwrap_or_default())),
        }
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let Some(left) = page else {
            let ids = answer.items("")?.iter().map(|id| id.id("")).collect::<Result<Vec<_>, Odd>>()?;
            return Ok(Page { items: Vec::new(), next: Some(ids.join(",")).filter(|ids| !ids.is_empty()) });
        };
        let next = left.split_once(',').map(|(_, rest)| rest.to_owned());
        let mut items = Vec::new();
        // Another may have removed it since the list was made.
        if answer.status != 404 {
            let record = &answer.json;
            // The filter finds names that hold the text, too.
            let sub = record.text_if("/subDomain").unwrap_or_default();
            if from_relative(sub, zone).as_ref() == Some(&key.name)
                && is_type(record.text("/fieldType")?, key)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/target")?));
                let ttl = record.ttl("/ttl").filter(|ttl| *ttl > 0);
                items.push(Item { id, value, ttl, ..Item::default() });
            }
        }
        Ok(Page { items, next })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let sub = relative(&new.key.name, zone, "");
        let body =
            json!({ "fieldType": new.rtype(), "subDomain": sub, "target": new.bare(), "ttl": new.ttl });
        Call::post(format!("/domain/zone/{}/record", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body =
            json!({ "subDomain": relative(&new.key.name, zone, ""), "target": new.bare(), "ttl": new.ttl });
        Some(Call::put(format!("/domain/zone/{}/record/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/domain/zone/{}/record/{}", zone.id, item.id))
    }
}

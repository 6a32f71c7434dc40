//! netcup, the DNS of the customer control panel: <https://ccp.netcup.net/run/webservice/servers/endpoint.php>.
//!
//! JSON-RPC with a session of fifteen minutes. The TTL belongs to the zone, so records have none. A change names the
//! records it is about and leaves the others alone. A session is now and then refused before its time (code 4001).
//! Zones of the newer CloudDNS are not reached by this API. There is no list of zones for customers.
//! The codes are from recordings and from what users of the API report; its own page does not list them.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Refusal, Session, Signing};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "netcup",
        name: "netcup",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[],
        min_ttl: 0,
        can: Can::NAMED_ZONES,
        docs: "https://helpcenter.netcup.com/en/wiki/general/our-api",
        fields: &[
            Field::plain("customer_number", "the customer number"),
            Field::secret("api_key", "an API key, made in the customer control panel under Master Data, API"),
            Field::secret("api_password", "the API password, made in the same place"),
        ],
        env: &[],
        verified: Verified::Recorded("2019"),
    },
    base: "https://ccp.netcup.net/run/webservice/servers",
    open: |account| Dialects::items(Netcup(account)),
};

/// How long a session lasts, in seconds.
const SESSION: u64 = 15 * 60;

struct Netcup(Account);

fn action(name: &str, param: &Value) -> Call {
    Call::post("/endpoint.php", json!({ "action": name, "param": param })).ask("JSON", "")
}

impl Netcup {
    fn sign(&self, call: &mut Call, secret: (&str, &str)) {
        if let Body::Json(body) = &mut call.body {
            body["param"]["customernumber"] = self.0.get("customer_number").into();
            body["param"]["apikey"] = self.0.get("api_key").into();
            body["param"][secret.0] = secret.1.into();
        }
    }

    fn change(zone: &Zone, record: &Value) -> Call {
        let param = json!({ "domainname": zone.id, "dnsrecordset": { "dnsrecords": [record] } });
        action("updateDnsRecords", &param)
    }
}

impl Dialect for Netcup {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let session = signing.session.map(|session| session.token.expose()).unwrap_or_default();
        self.sign(call, ("apisessionid", session));
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let mut call = action("login", &json!({}));
        self.sign(&mut call, ("apipassword", self.0.get("api_password")));
        Some(Login::here(call))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/responsedata/apisessionid")?);
        Ok(Session { token, lasts: Some(SESSION) })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if answer.json.text_if("/status") == Some("success") {
            return None;
        }
        let Some(code) = answer.json.number("/statuscode") else {
            let strange = || Refusal::new(Class::Unexpected, answer.text());
            return Some(Refusal::by_status(answer).unwrap_or_else(strange));
        };
        let said = answer.json.text_if("/longmessage").unwrap_or_default();
        let about_credentials = ["customernumber", "apikey", "apipassword", "apisessionid"];
        let class = match code {
            _ if said.contains("requests per minute") => Class::RateLimited,
            4001 => Class::Denied,
            _ if answer.json.text_if("/action") == Some("login") => Class::Denied,
            _ if about_credentials.iter().any(|field| said.contains(field)) => Class::Denied,
            5028 | 5029 if said.contains("not") && said.contains("found") => Class::NoSuchZone,
            4000..5000 => Class::Invalid,
            _ => Class::Unexpected,
        };
        Some(Refusal::new(class, said).code(code.to_string()))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(Vec::new()))
    }
}

impl Items for Netcup {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        action("infoDnsRecords", &json!({ "domainname": zone.id }))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("/responsedata/dnsrecords")? {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text("/hostname")?, zone).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/destination")?));
                items.push(Item { id, value, ttl: None, whole: record.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "@");
        Self::change(
            zone,
            &json!({ "hostname": name, "type": new.rtype(), "destination": new.bare(), "deleterecord": false }),
        )
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut record = item.whole.clone();
        record["destination"] = new.bare().into();
        record["deleterecord"] = false.into();
        Some(Self::change(zone, &record))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        let mut record = item.whole.clone();
        record["deleterecord"] = true.into();
        Self::change(zone, &record)
    }
}

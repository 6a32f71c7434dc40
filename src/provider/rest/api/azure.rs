//! Azure DNS, public zones (2018-05-01): <https://learn.microsoft.com/en-us/rest/api/dns/>.
//!
//! An application's secret gives a token for about an hour. A set is written only while it is as it was read (If-Match
//! with its tag), a new one only while there is none. Metadata is sent back. Sets that are an alias of another resource
//! have no values of their own and are refused. `base_url` leads to the clouds of China and of the US government.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Refusal, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{bare, presented, relative, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "azure",
        name: "Azure DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can::ALL,
        docs: "https://learn.microsoft.com/en-us/rest/api/dns/record-sets",
        fields: &[
            Field::plain("tenant_id", "the directory (tenant) ID of an application registration"),
            Field::plain("client_id", "its application (client) ID; it needs the role DNS Zone Contributor"),
            Field::secret("client_secret", "the value of one of its client secrets"),
            Field::plain("subscription_id", "the ID of the subscription with the zones"),
            Field::plain("resource_group", "the name of the resource group with the zones"),
        ],
        env: &[],
        verified: Verified::Recorded("2023; also the published schema"),
    },
    base: CLOUDS[0].0,
    open: |account| Dialects::sets(Azure(account)),
};

/// The clouds, the usual one first: where the API is, and where its tokens are given.
const CLOUDS: [(&str, &str); 3] = [
    ("https://management.azure.com", "https://login.microsoftonline.com"),
    ("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
    ("https://management.usgovcloudapi.net", "https://login.microsoftonline.us"),
];
const VERSION: (&str, &str) = ("api-version", "2018-05-01");
/// The longest character-string (RFC 1035 §3.3), in octets.
const LONGEST: usize = 255;

struct Azure(Account);

impl Azure {
    fn zones_path(&self) -> String {
        let (subscription, group) = (self.0.get("subscription_id"), self.0.get("resource_group"));
        let (subscription, group) = (segment(subscription), segment(group));
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/dnsZones")
    }

    fn set(&self, method: Method, zone: &Zone, key: &Key) -> Call {
        let name = segment(relative(&key.name, zone, "@"));
        let path = format!("{}/{}/{}/{name}", self.zones_path(), zone.id, key.rtype);
        Call::new(method, path).ask(VERSION.0, VERSION.1)
    }
}

/// The member with the records of a type, and in it that with the value.
fn members(rtype: RecordType) -> (&'static str, &'static str) {
    match rtype {
        RecordType::A => ("ARecords", "ipv4Address"),
        RecordType::Aaaa => ("AAAARecords", "ipv6Address"),
        _ => ("TXTRecords", "value"),
    }
}

fn shown(rtype: RecordType, value: &str) -> Value {
    let (_, member) = members(rtype);
    if rtype != RecordType::Txt {
        return json!({ member: value });
    }
    let text = bare(rtype, value);
    let chars: Vec<char> = text.chars().collect();
    let strings: Vec<String> = chars.chunks(LONGEST).map(|part| part.iter().collect()).collect();
    json!({ member: strings })
}

/// Says on which condition something is written.
fn only_if(call: &mut Call, there: &[Item]) {
    match there.first() {
        Some(item) => call.header("if-match", item.id.as_str()),
        None => call.header("if-none-match", "*"),
    }
}

impl Dialect for Azure {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn login(&self, signing: &Signing<'_>) -> Option<Login> {
        let host = signing.base.host();
        let (usual, login) = CLOUDS.into_iter().find(|(usual, _)| usual.ends_with(host)).unwrap_or(CLOUDS[0]);
        let scope = format!("{usual}/.default");
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", self.0.get("client_id")),
            ("client_secret", self.0.get("client_secret")),
            ("scope", &scope),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let path = format!("/{}/oauth2/v2.0/token", segment(self.0.get("tenant_id")));
        let call = Call::new(Method::POST, path).body(Body::Form(pairs));
        Some(Login::at(login, call, usual, signing))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let token = Secret::new(answer.json.text("/access_token")?);
        Ok(Session { token, lasts: answer.json.number("/expires_in") })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        // A refused login (RFC 6749 §5.2).
        if let Some(error) = answer.json.text_if("/error") {
            let said = answer.json.text_if("/error_description").unwrap_or_default();
            return Some(Refusal::new(Class::Denied, said).code(error));
        }
        let code = answer.json.text_if("/error/code").or_else(|| answer.json.text_if("/code"));
        let class = match answer.status {
            // The set is not as it was read.
            409 | 412 => Class::Unconfirmed,
            _ => refusal.class,
        };
        let refusal = Refusal { class, ..refusal };
        Some(match code {
            Some(code) => refusal.code(code),
            None => refusal,
        })
    }

    fn find(&self, name: &Name) -> Find {
        let path = format!("{}/{name}", self.zones_path());
        Find::ask(Call::get(path).ask(VERSION.0, VERSION.1))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get(self.zones_path()).ask(VERSION.0, VERSION.1);
        Some(match page {
            Some(page) => call.ask("$skiptoken", page),
            None => call,
        })
    }

    /// A list, or one zone.
    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let one = std::slice::from_ref(&answer.json);
        let all = answer.items("/value").unwrap_or(one);
        let items = listed::zones(all, "/name", "/name")?;
        let link = answer.json.text_if("/nextLink").and_then(|link| link.split_once('?'));
        let next = link.and_then(|(_, query)| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key.eq_ignore_ascii_case("$skiptoken")).map(|(_, page)| page.into_owned())
        });
        Ok(Page { items, next })
    }
}

impl Sets for Azure {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        self.set(Method::GET, zone, key)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let properties =
            answer.json.pointer("/properties").ok_or_else(|| Odd("there is no set".to_owned()))?;
        if properties.text_if("/targetResource/id").is_some() {
            return Err(Odd("the set is an alias of another resource".to_owned()));
        }
        let (list, member) = members(key.rtype);
        let mut items = Vec::new();
        for record in properties.items(&format!("/{list}"))? {
            let strings = record.get(member).and_then(Value::as_array);
            let value = match strings {
                Some(strings) => strings.iter().filter_map(Value::as_str).collect(),
                None => record.text(&format!("/{member}"))?.to_owned(),
            };
            items.push(Item {
                id: answer.json.text("/etag")?.to_owned(),
                value: presented(key, &value),
                ttl: properties.ttl("/TTL"),
                whole: properties["metadata"].clone(),
            });
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let records: Vec<Value> = step.values.iter().map(|value| shown(key.rtype, value)).collect();
        let mut properties = json!({ "TTL": step.ttl, members(key.rtype).0: records });
        if let Some(item) = there.first().filter(|item| !item.whole.is_null()) {
            properties["metadata"] = item.whole.clone();
        }
        let body = Body::Json(json!({ "properties": properties }));
        let mut call = self.set(Method::PUT, zone, key).body(body);
        only_if(&mut call, there);
        call
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let mut call = self.set(Method::DELETE, zone, &step.expect.key);
        only_if(&mut call, there);
        call
    }
}

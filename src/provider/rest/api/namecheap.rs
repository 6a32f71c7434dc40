//! Namecheap's API: <https://www.namecheap.com/support/api/methods/domains-dns/set-hosts/>. The provider
//! `namecheap-dynamic` speaks its other protocol.
//!
//! XML. A zone is written as a whole: what is read of it, its way of e-mail included, is sent back with ours changed.
//! Zones are called by their first label and the rest. Requests are taken from addresses that the account lists only.

use crate::net::http::Method;
use crate::net::xml::Element;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Part, Refusal, Signing, Wholes};
use crate::provider::rest::text::{absolute, bare, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "namecheap",
        name: "Namecheap",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://www.namecheap.com/support/api/methods/domains-dns/set-hosts/",
        fields: &[
            Field::plain("api_user", "the name of the account"),
            Field::secret("api_key", "the API key, from Profile, Tools, API Access"),
            Field::plain(
                "client_ip",
                "this machine's IPv4 address as the account's list of allowed addresses has it",
            ),
        ],
        env: &[],
        verified: Verified::Recorded("2020, of the sandbox"),
    },
    base: "https://api.namecheap.com",
    open: |account| Dialects::wholes(Namecheap(account)),
};

/// How many zones a page holds at most.
const PAGE: usize = 100;

/// What is kept of a host, by the attribute that shows it, with the parameter that sets it.
const KEPT: [(&str, &str); 5] = [
    ("Name", "HostName"),
    ("Type", "RecordType"),
    ("Address", "Address"),
    ("MXPref", "MXPref"),
    ("TTL", "TTL"),
];

struct Namecheap(Account);

fn command(name: &str) -> Call {
    let call = Call::new(Method::POST, "/xml.response").body(Body::Form(Vec::new()));
    call.ask("Command", format!("namecheap.domains.{name}"))
}

fn of_zone(name: &str, zone: &Zone) -> Call {
    let (sld, tld) = zone.id.split_once('.').unwrap_or((&zone.id, ""));
    command(name).ask("SLD", sld).ask("TLD", tld)
}

/// The elements of an answer that says it is one.
fn found<'e>(root: &'e Element, path: &str) -> Result<&'e Element, Odd> {
    Ok(root.at(&format!("CommandResponse/{path}"))?)
}

/// The parameters of one host, without its number.
fn host(name: &str, rtype: &str, address: &str, ttl: u32) -> Value {
    json!({ "HostName": name, "RecordType": rtype, "Address": address, "TTL": ttl.to_string() })
}

impl Dialect for Namecheap {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Form(form) = &mut call.body {
            for (key, field) in [
                ("ApiUser", "api_user"),
                ("ApiKey", "api_key"),
                ("UserName", "api_user"),
                ("ClientIp", "client_ip"),
            ] {
                form.push((key.to_owned(), self.0.get(field).to_owned()));
            }
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let Ok(root) = answer.xml() else {
            return Some(Refusal::new(Class::Unexpected, "the answer is no XML document"));
        };
        if root.attribute("Status") == Ok("OK") {
            return None;
        }
        let Some(error) = root.find("Errors/Error") else {
            return Some(Refusal::new(Class::Unexpected, "the answer says neither OK nor what is wrong"));
        };
        let number = error.attribute("Number").unwrap_or_default();
        let class = match number {
            // The zone is not there, or another's.
            "2019166" | "2016166" => Class::NoSuchZone,
            "500000" => Class::RateLimited,
            // User, key and address of the client.
            _ if number.starts_with("101") => Class::Denied,
            // What lies behind the API.
            _ if number.starts_with(['3', '4', '5']) => Class::Unavailable,
            _ => Class::Invalid,
        };
        Some(Refusal::new(class, error.own_text()).code(number))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(command("getList").ask("PageSize", PAGE).ask("Page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let root = answer.xml()?;
        let (mut zones, mut shown) = (Vec::new(), 0);
        for zone in found(&root, "DomainGetListResult")?.all("Domain") {
            let id = zone.attribute("Name")?.to_owned();
            zones.extend(absolute(&id).map(|name| Zone { name, id }));
            shown += 1;
        }
        Ok(Page::numbered(zones, page, shown, PAGE))
    }
}

impl Wholes for Namecheap {
    fn get(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        of_zone("dns.getHosts", zone)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Part>, Odd> {
        let root = answer.xml()?;
        let hosts = found(&root, "DomainDNSGetHostsResult")?;
        if hosts.attribute("IsUsingOurDNS") == Ok("false") {
            return Err(Odd("the zone is with other name servers than Namecheap's".to_owned()));
        }
        let mut parts =
            vec![Part::Rest(json!({ "EmailType": hosts.attribute("EmailType").unwrap_or_default() }))];
        // The documentation's example has a capital letter, the answers have none.
        for host in hosts.all("host").chain(hosts.all("Host")) {
            let kept = KEPT.iter().filter_map(|(shown, set)| Some((*set, host.attribute(shown).ok()?)));
            let whole: Value = kept.map(|(set, value)| (set.to_owned(), Value::from(value))).collect();
            let is_here = from_relative(host.attribute("Name")?, zone).as_ref() == Some(&key.name);
            if is_here && is_type(host.attribute("Type")?, key) {
                let value = presented(key, host.attribute("Address")?);
                let ttl = host.attribute("TTL")?.parse().ok();
                parts.push(Part::Item(Item { value, ttl, whole, ..Item::default() }));
            } else {
                parts.push(Part::Rest(whole));
            }
        }
        Ok(Page::last(parts))
    }

    fn write(&self, zone: &Zone, step: &Replace, _there: &[Item], rest: &[Value]) -> Call {
        let key = &step.expect.key;
        let name = relative(&key.name, zone, "@");
        let ours =
            step.values.iter().map(|value| host(name, key.rtype.as_str(), &bare(key.rtype, value), step.ttl));
        let hosts: Vec<Value> = rest.iter().skip(1).cloned().chain(ours).collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let email = rest.first().map(|first| text(&first["EmailType"])).filter(|email| !email.is_empty());
        let mut form: Vec<(String, String)> =
            email.map(|email| ("EmailType".to_owned(), email)).into_iter().collect();
        for (number, host) in (1..).zip(&hosts) {
            let members = host.as_object().into_iter().flatten();
            form.extend(members.map(|(key, value)| (format!("{key}{number}"), text(value))));
        }
        of_zone("dns.setHosts", zone).body(Body::Form(form))
    }
}

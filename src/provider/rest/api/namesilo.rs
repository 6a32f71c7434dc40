//! `NameSilo`: <https://www.namesilo.com/api-reference#dns/dns-list-records>.
//!
//! Everything is a GET with the key in its query, answered with 200 and a code of its own in XML. A record that is
//! changed gets another identifier.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::text::{absolute, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "namesilo",
        name: "NameSilo",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 3600,
        can: Can::ALL,
        docs: "https://www.namesilo.com/api-reference#dns/dns-list-records",
        fields: &[Field::secret("api_key", "an API key, from https://www.namesilo.com/account/api-manager")],
        env: &[],
        verified: Verified::Recorded("2016, of the sandbox"),
    },
    base: "https://www.namesilo.com/api",
    open: |account| Dialects::items(NameSilo(account)),
};

struct NameSilo(Account);

fn operation(name: &str) -> Call {
    Call::get(format!("/{name}")).ask("version", 1).ask("type", "xml")
}

fn of_zone(name: &str, zone: &Zone) -> Call {
    operation(name).ask("domain", &zone.id)
}

impl Dialect for NameSilo {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.query.push(("key".to_owned(), self.0.get("api_key").to_owned()));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let Ok(root) = answer.xml() else {
            return Some(Refusal::new(Class::Unexpected, "the answer is no XML document"));
        };
        let code = root.text("reply/code").unwrap_or_default();
        let class = match code {
            // Done; done, with some left out; nothing to do.
            "300" | "301" | "302" => return None,
            // The key, the address it is used from, the account.
            "110" | "111" | "112" | "113" => Class::Denied,
            // The zone is not there, or another's.
            "200" => Class::NoSuchZone,
            "115" | "201" | "210" => Class::Unavailable,
            // A request before this one is not finished yet.
            "400" => Class::RateLimited,
            "" => Class::Unexpected,
            _ => Class::Invalid,
        };
        let refusal = Refusal::new(class, root.text("reply/detail").unwrap_or_default());
        Some(if code.is_empty() { refusal } else { refusal.code(code) })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(operation("listDomains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let root = answer.xml()?;
        let mut zones = Vec::new();
        for zone in root.at("reply/domains")?.all("domain") {
            let id = zone.own_text().to_owned();
            zones.extend(absolute(&id).map(|name| Zone { name, id }));
        }
        Ok(Page::last(zones))
    }
}

impl Items for NameSilo {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        of_zone("dnsListRecords", zone)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let root = answer.xml()?;
        let mut items = Vec::new();
        for record in root.at("reply")?.all("resource_record") {
            if is_type(record.text("type")?, key)
                && absolute(record.text("host")?).as_ref() == Some(&key.name)
            {
                let (id, value) =
                    (record.text("record_id")?.to_owned(), presented(key, record.text("value")?));
                items.push(Item { id, value, ttl: record.text("ttl")?.parse().ok(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        of_zone("dnsAddRecord", zone)
            .ask("rrtype", new.rtype())
            .ask("rrhost", relative(&new.key.name, zone, ""))
            .ask("rrvalue", new.bare())
            .ask("rrttl", new.ttl)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let call = of_zone("dnsUpdateRecord", zone).ask("rrid", &item.id);
        let call = call.ask("rrhost", relative(&new.key.name, zone, ""));
        Some(call.ask("rrvalue", new.bare()).ask("rrttl", new.ttl))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        of_zone("dnsDeleteRecord", zone).ask("rrid", &item.id)
    }
}

//! Amazon Route 53: <https://docs.aws.amazon.com/Route53/latest/APIReference/>.
//!
//! XML. A batch of changes is all or nothing, and removing a set takes exactly what it holds: so the old set goes and
//! the new one comes in one batch, which fails where somebody else was quicker. Sets with a routing policy and aliases
//! are left alone. Private zones may have the names of public ones; they are not looked at.

use crate::net::http::Method;
use crate::net::xml::escaped;
use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::sign::{body, sha256, sigv4};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use std::fmt::Write as _;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "route53",
        name: "Amazon Route 53",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://docs.aws.amazon.com/Route53/latest/APIReference/",
        fields: &[
            Field::plain(
                "access_key_id",
                "the identifier of an access key that may route53:ListHostedZones, ListHostedZonesByName, \
                 ListResourceRecordSets and ChangeResourceRecordSets",
            )
            .also_in(&["AWS_ACCESS_KEY_ID"]),
            Field::secret("secret_access_key", "the secret of that access key")
                .also_in(&["AWS_SECRET_ACCESS_KEY"]),
            Field::secret("session_token", "the session token, where the access key is a temporary one")
                .optional()
                .also_in(&["AWS_SESSION_TOKEN"]),
            Field::plain(
                "hosted_zone_id",
                "the identifier of the one hosted zone that the key may use, if it may not list them",
            )
            .optional()
            .also_in(&["AWS_HOSTED_ZONE_ID"]),
            Field::plain("region", "the region of signatures, us-east-1 unless the partition is another")
                .optional(),
        ],
        env: &[],
        verified: Verified::Servers("moto, an emulation of AWS"),
    },
    base: "https://route53.amazonaws.com",
    open: |account| Dialects::sets(Route53(account)),
};

/// The version in every path and in the namespace of every body.
const VERSION: &str = "/2013-04-01";

struct Route53(Account);

impl Route53 {
    fn sets_path(&self, zone: &Zone) -> String {
        let id = self.0.find("hosted_zone_id").unwrap_or(&zone.id);
        format!("{VERSION}/hostedzone/{}/rrset", id.trim_start_matches("/hostedzone/"))
    }

    fn change(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let mut changes = String::new();
        if let Some(first) = there.first() {
            let raw: Vec<&str> = there.iter().filter_map(|item| item.whole.as_str()).collect();
            changes += &set("DELETE", &step.expect.key, first.ttl.unwrap_or_default(), &raw);
        }
        if !step.values.is_empty() {
            let values: Vec<&str> = step.values.iter().map(String::as_str).collect();
            changes += &set("CREATE", &step.expect.key, step.ttl, &values);
        }
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc{VERSION}/\">\
             <ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        Call::new(Method::POST, self.sets_path(zone)).body(Body::Text("application/xml", body))
    }
}

/// One change of a batch.
fn set(action: &str, key: &Key, ttl: u32, values: &[&str]) -> String {
    let mut records = String::new();
    for value in values {
        let value = escaped(value);
        let _infallible = write!(records, "<ResourceRecord><Value>{value}</Value></ResourceRecord>");
    }
    format!(
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{}.</Name><Type>{}</Type><TTL>{ttl}</TTL>\
         <ResourceRecords>{records}</ResourceRecords></ResourceRecordSet></Change>",
        key.name, key.rtype
    )
}

/// A name as the API writes it: what is neither letter, digit, hyphen, underscore nor dot is `\` and three octal digits.
fn named(text: &str) -> Option<Name> {
    let mut parts = text.split('\\');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..3)?, 8).ok()?;
        plain.push(char::from(code));
        plain.push_str(part.get(3..)?);
    }
    absolute(&plain)
}

impl Dialect for Route53 {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let scope = sigv4::Scope {
            key_id: self.0.get("access_key_id"),
            secret: self.0.get("secret_access_key"),
            token: self.0.find("session_token"),
            region: self.0.find("region").unwrap_or("us-east-1"),
            service: "route53",
        };
        // Only S3 asks for it, but moto does not verify a query without.
        let hash = sha256(&body(call));
        call.header("x-amz-content-sha256", hash);
        sigv4::sign(call, &scope, signing);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let Ok(root) = answer.xml() else { return Some(refusal) };
        // `<ErrorResponse><Error><Code>`, but a batch that cannot be is `<InvalidChangeBatch><Messages><Message>`.
        let (code, said) = match root.find("Error").or_else(|| root.find("Errors/Error")) {
            Some(error) => {
                (error.text("Code").unwrap_or_default(), error.text("Message").unwrap_or_default())
            }
            None => (root.name.as_str(), root.text("Messages/Message").unwrap_or_default()),
        };
        let class = match code {
            "NoSuchHostedZone" => Class::NoSuchZone,
            "Throttling" | "ThrottlingException" | "TooManyRequestsException" => Class::RateLimited,
            "PriorRequestNotComplete" => Class::Unavailable,
            "InvalidChangeBatch" if said.contains("but it already exists") => Class::Unconfirmed,
            "InvalidChangeBatch" if said.contains("not found") || said.contains("do not match") => {
                Class::Unconfirmed
            }
            _ => refusal.class,
        };
        Some(Refusal::new(class, said).code(code))
    }

    fn find(&self, name: &Name) -> Find {
        match self.0.find("hosted_zone_id") {
            Some(_) => Find::Named,
            None => Find::ask(
                Call::get(format!("{VERSION}/hostedzonesbyname")).ask("dnsname", format!("{name}.")),
            ),
        }
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get(format!("{VERSION}/hostedzone")).ask("maxitems", 100);
        Some(match page {
            Some(marker) => call.ask("marker", marker),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let root = answer.xml()?;
        let mut zones = Vec::new();
        for zone in root.at("HostedZones")?.all("HostedZone") {
            let id = zone.text("Id")?.trim_start_matches("/hostedzone/").to_owned();
            let is_private =
                zone.find("Config/PrivateZone").is_some_and(|private| private.own_text() == "true");
            let name = named(zone.text("Name")?).filter(|_| !is_private);
            zones.extend(name.map(|name| Zone { name, id }));
        }
        Ok(Page { items: zones, next: root.text("NextMarker").ok().map(str::to_owned) })
    }
}

impl Sets for Route53 {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        let call = Call::get(self.sets_path(zone)).ask("name", format!("{}.", key.name));
        // The list begins at this name and type.
        call.ask("type", key.rtype).ask("maxitems", 1)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let root = answer.xml()?;
        let mut items = Vec::new();
        for set in root.at("ResourceRecordSets")?.all("ResourceRecordSet") {
            if !is_type(set.text("Type")?, key) || named(set.text("Name")?).as_ref() != Some(&key.name) {
                continue;
            }
            if set.find("SetIdentifier").is_some() || set.find("AliasTarget").is_some() {
                return Err(Odd(
                    "the record is an alias or has a routing policy, which would be lost".to_owned()
                ));
            }
            let ttl = set.text("TTL")?.parse().ok();
            for value in set.at("ResourceRecords")?.all("ResourceRecord") {
                let raw = value.text("Value")?;
                items.push(Item { value: presented(key, raw), ttl, whole: raw.into(), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.change(zone, step, there)
    }

    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        self.change(zone, step, there)
    }
}

#[cfg(test)]
mod tests {
    use super::named;
    use dynflare_core::name::Name;

    #[test]
    fn a_name_with_octal_codes_is_read() {
        assert_eq!(named("\\052.example.org."), Name::parse("*.example.org").ok());
        assert_eq!(named("home.example.org."), Name::parse("home.example.org").ok());
        assert_eq!(named("\\05"), None);
    }
}

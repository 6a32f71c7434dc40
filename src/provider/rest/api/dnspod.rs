//! DNSPod's own API: <https://docs.dnspod.cn/api/>.
//!
//! Forms with the token in them; every answer is a 200 with a code. An empty list is a failure (9 for zones, 10 for
//! records). The shortest TTL is 600 in the free edition and less in paid ones. Records belong to a line (a group of
//! clients), which a change keeps.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "dnspod",
        name: "DNSPod",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://docs.dnspod.cn/api/",
        fields: &[Field::secret(
            "login_token",
            "the ID and the token of a DNSPod token with a comma between them, made under API Keys, DNSPod Token",
        )
        .also_in(&["DNSPOD_API_KEY"])],
        env: &[],
        verified: Verified::Recorded("2016"),
    },
    base: "https://dnsapi.cn",
    open: |account| Dialects::items(DnsPod(account)),
};

/// How many zones and how many records a page holds.
const PAGE: usize = 3000;
/// The identifier of the default line.
const DEFAULT_LINE: &str = "0";

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/value", ttl: "/ttl" };

struct DnsPod(Account);

fn action(name: &str, pairs: &[(&str, &str)]) -> Call {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Call::new(Method::POST, format!("/{name}")).body(Body::Form(pairs))
}

fn is_empty(answer: &Answer) -> bool {
    matches!(answer.json.text_if("/status/code"), Some("9" | "10"))
}

impl Dialect for DnsPod {
    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        if let Body::Form(pairs) = &mut call.body {
            for (key, value) in
                [("login_token", self.0.get("login_token")), ("format", "json"), ("lang", "en")]
            {
                pairs.push((key.to_owned(), value.to_owned()));
            }
        }
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let Some(code) = answer.json.text_if("/status/code") else {
            let strange = || Refusal::new(Class::Unexpected, answer.text());
            return Some(Refusal::by_status(answer).unwrap_or_else(strange));
        };
        let class = match code {
            "1" | "9" | "10" => return None,
            "-1" | "-3" | "-4" | "-85" | "83" | "85" => Class::Denied,
            "-2" => Class::RateLimited,
            "-8" | "-15" => Class::Barred,
            "6" | "7" => Class::NoSuchZone,
            "8" => Class::NoSuchName,
            "3" | "-99" => Class::Unavailable,
            _ => Class::Invalid,
        };
        let said = answer.json.text_if("/status/message").unwrap_or_default();
        Some(Refusal::new(class, said).code(code))
    }

    fn find(&self, name: &Name) -> Find {
        if name.as_str().contains("xn--") {
            return Find::List;
        }
        Find::ask(action("Domain.List", &[("keyword", name.as_str()), ("length", &PAGE.to_string())]))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(action("Domain.List", &[("offset", page.unwrap_or("0")), ("length", &PAGE.to_string())]))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        if is_empty(answer) {
            return Ok(Page::last(Vec::new()));
        }
        let all = answer.items("/domains")?;
        let zones = listed::zones(all, "/id", "/name")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Items for DnsPod {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        action(
            "Record.List",
            &[
                ("domain_id", &zone.id),
                ("sub_domain", relative(&key.name, zone, "@")),
                ("record_type", key.rtype.as_str()),
                ("offset", page.unwrap_or("0")),
                ("length", &PAGE.to_string()),
            ],
        )
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        if is_empty(answer) {
            return Ok(Page::last(Vec::new()));
        }
        let all = answer.items("/records")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page::skipped(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        action(
            "Record.Create",
            &[
                ("domain_id", &zone.id),
                ("sub_domain", relative(&new.key.name, zone, "@")),
                ("record_type", new.rtype()),
                ("record_line_id", DEFAULT_LINE),
                ("value", &new.bare()),
                ("ttl", &new.ttl.to_string()),
            ],
        )
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let line = match (item.whole.text_if("/line_id"), item.whole.text_if("/line")) {
            (Some(line), _) => ("record_line_id", line),
            (None, Some(line)) => ("record_line", line),
            (None, None) => ("record_line_id", DEFAULT_LINE),
        };
        Some(action(
            "Record.Modify",
            &[
                ("domain_id", &zone.id),
                ("record_id", &item.id),
                ("sub_domain", relative(&new.key.name, zone, "@")),
                ("record_type", new.rtype()),
                line,
                ("value", &new.bare()),
                ("ttl", &new.ttl.to_string()),
            ],
        ))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        action("Record.Remove", &[("domain_id", &zone.id), ("record_id", &item.id)])
    }
}

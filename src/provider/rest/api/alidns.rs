//! Alibaba Cloud DNS (2015-01-09): <https://www.alibabacloud.com/help/en/alibaba-cloud-dns/latest/api-alidns-2015-01-09-dir-parsing-records>.
//!
//! One path for everything; the action stands in a header and its parameters in the query. The shortest TTL is 600 in
//! the free edition and less in paid ones. Records belong to a line (a group of clients), which a change keeps; a new one
//! belongs to the default line. A change that changes nothing is refused as a duplicate.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::{acs3, nonce};
use crate::provider::rest::text::{from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "alidns",
        name: "Alibaba Cloud DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://www.alibabacloud.com/help/en/alibaba-cloud-dns/latest/api-alidns-2015-01-09-dir-parsing-records",
        fields: &[
            Field::plain(
                "access_key_id",
                "the AccessKey ID of a RAM user with the policy AliyunDNSFullAccess",
            )
            .also_in(&["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY"]),
            Field::secret("access_key_secret", "the AccessKey secret of that user")
                .also_in(&["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY"]),
            Field::secret("security_token", "the token of temporary credentials, if they are such")
                .optional()
                .also_in(&["ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"]),
        ],
        env: &[],
        verified: Verified::Recorded("2019"),
    },
    base: "https://alidns.aliyuncs.com",
    open: |account| Dialects::items(AliDns(account)),
};

/// How many zones and how many records a page holds.
const ZONES: usize = 100;
const RECORDS: usize = 500;

struct AliDns(Account);

fn action(name: &str) -> Call {
    let mut call = Call::new(Method::POST, "/");
    call.header("x-acs-action", name);
    call.header("x-acs-version", "2015-01-09");
    call
}

impl Dialect for AliDns {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(token) = self.0.find("security_token") {
            call.header("x-acs-security-token", token);
        }
        acs3::sign(call, signing, (self.0.get("access_key_id"), self.0.get("access_key_secret")), &nonce());
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let by_status = Refusal::by_status(answer)?;
        let Some(code) = answer.json.text_if("/Code") else { return Some(by_status) };
        let starts = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
        let class = if starts(&["InvalidDomainName.NoExist", "IncorrectDomainUser"]) {
            Class::NoSuchZone
        } else if starts(&["DomainRecordNotBelongToUser", "InvalidRecordId", "InvalidRR.NoExist"]) {
            Class::NoSuchName
        } else if starts(&["DomainRecordDuplicate"]) {
            Class::Unconfirmed
        } else if starts(&["Throttling"]) {
            Class::RateLimited
        } else if starts(&["InvalidAccessKey", "InvalidSecurityToken", "Signature", "IncompleteSignature"])
            || starts(&["Forbidden", "NoPermission", "InvalidTimeStamp", "MissingSecurityToken"])
        {
            Class::Denied
        } else if starts(&["ServiceUnavailable", "InternalError"]) {
            Class::Unavailable
        } else {
            by_status.class
        };
        let said = answer.json.text_if("/Message").unwrap_or_default();
        Some(Refusal::new(class, said).code(code))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(action("DescribeDomains").ask("PageSize", ZONES).ask("PageNumber", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/Domains/Domain")?;
        let zones = listed::zones(all, "/DomainName", "/DomainName")?;
        Ok(Page::numbered(zones, page, all.len(), ZONES))
    }
}

impl Items for AliDns {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        action("DescribeSubDomainRecords")
            .ask("DomainName", &zone.id)
            .ask("SubDomain", format!("{}.{}", relative(&key.name, zone, "@"), zone.id))
            .ask("Type", key.rtype)
            .ask("PageSize", RECORDS)
            .ask("PageNumber", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        let all = answer.items("/DomainRecords/Record")?;
        let mut items = Vec::new();
        for record in all {
            if is_type(record.text("/Type")?, key)
                && from_relative(record.text("/RR")?, zone).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/RecordId")?, presented(key, record.text("/Value")?));
                items.push(Item { id, value, ttl: record.ttl("/TTL"), whole: record["Line"].clone() });
            }
        }
        Ok(Page::numbered(items, page, all.len(), RECORDS))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        action("AddDomainRecord")
            .ask("DomainName", &zone.id)
            .ask("RR", relative(&new.key.name, zone, "@"))
            .ask("Type", new.rtype())
            .ask("Value", new.bare())
            .ask("TTL", new.ttl)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let call = action("UpdateDomainRecord")
            .ask("RecordId", &item.id)
            .ask("RR", relative(&new.key.name, zone, "@"))
            .ask("Type", new.rtype())
            .ask("Value", new.bare())
            .ask("TTL", new.ttl);
        Some(match item.whole.as_str() {
            Some(line) => call.ask("Line", line),
            None => call,
        })
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        action("DeleteDomainRecord").ask("RecordId", &item.id)
    }
}

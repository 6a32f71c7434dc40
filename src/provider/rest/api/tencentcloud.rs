//! DNSPod by Tencent Cloud's API 3.0 (2021-03-23): <https://cloud.tencent.com/document/api/1427>.
//!
//! Every answer is a 200; a failure stands in `Response/Error` with a code of words. An empty list is such a failure, too.
//! The shortest TTL is 600 in the free edition and less in paid ones. Records belong to a line (a group of clients), which
//! a change keeps; a new one belongs to the default line, whose identifier is 0.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::sign::tc3;
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "tencentcloud",
        name: "Tencent Cloud DNSPod",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 600,
        can: Can::ALL,
        docs: "https://cloud.tencent.com/document/product/1427/56153",
        fields: KEY,
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://dnspod.tencentcloudapi.com",
    open: |account| Dialects::items(TencentCloud(account)),
};

/// What an account of Tencent Cloud is made of.
pub(super) const KEY: &[Field] = &[
    Field::plain("secret_id", "the SecretId of an API key, found under Access Management, API Keys")
        .also_in(&["TENCENTCLOUD_SECRET_ID"]),
    Field::secret("secret_key", "the SecretKey of that API key").also_in(&["TENCENTCLOUD_SECRET_KEY"]),
    Field::secret("session_token", "the token of temporary credentials, if they are such")
        .optional()
        .also_in(&["TENCENTCLOUD_SESSION_TOKEN"]),
];

/// How many zones and how many records a page holds.
const PAGE: usize = 3000;

const RECORD: Layout =
    Layout { id: "/RecordId", rtype: "/Type", name: Naming::Relative("/Name"), value: "/Value", ttl: "/TTL" };

struct TencentCloud(Account);

fn action(name: &str, body: Value) -> Call {
    let mut call = Call::post("/", body);
    call.header("x-tc-action", name);
    call.header("x-tc-version", "2021-03-23");
    call
}

fn offset(page: Option<&str>) -> u64 {
    page.and_then(|page| page.parse().ok()).unwrap_or(0)
}

/// Signs a request of one of Tencent Cloud's services.
pub(super) fn sign(account: &Account, service: &str, call: &mut Call, signing: &Signing<'_>) {
    if let Some(token) = account.find("session_token") {
        call.header("x-tc-token", token);
    }
    tc3::sign(call, signing, (account.get("secret_id"), account.get("secret_key")), service);
}

/// What a code of Tencent Cloud's services means; those that start with one of `zone` are about the zone, those with one
/// of `record` about the record.
pub(super) fn refusal(answer: &Answer, zone: &[&str], record: &[&str]) -> Option<Refusal> {
    let Some(response) = answer.json.get("Response") else {
        let strange = || Refusal::new(Class::Unexpected, answer.text());
        return Some(Refusal::by_status(answer).unwrap_or_else(strange));
    };
    let code = response.text_if("/Error/Code")?;
    let starts = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
    let class = if starts(zone) {
        Class::NoSuchZone
    } else if starts(record) {
        Class::NoSuchName
    } else if starts(&["AuthFailure", "UnauthorizedOperation", "FailedOperation.LoginAreaNotAllowed"]) {
        Class::Denied
    } else if starts(&["RequestLimitExceeded"]) || code.contains("FrequencyLimit") {
        Class::RateLimited
    } else if starts(&["InternalError", "ResourceUnavailable"]) {
        Class::Unavailable
    } else {
        Class::Invalid
    };
    Some(Refusal::new(class, response.text_if("/Error/Message").unwrap_or_default()).code(code))
}

impl Dialect for TencentCloud {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        sign(&self.0, "dnspod", call, signing);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        // An empty list.
        let code = answer.json.text_if("/Response/Error/Code").unwrap_or_default();
        if ["ResourceNotFound.NoDataOfRecord", "ResourceNotFound.NoDataOfDomain"].contains(&code) {
            return None;
        }
        let zone = [
            "InvalidParameterValue.DomainNotExists",
            "InvalidParameter.DomainIdInvalid",
            "FailedOperation.NotDomainOwner",
        ];
        refusal(answer, &zone, &["InvalidParameter.RecordIdInvalid", "ResourceNotFound"])
    }

    fn find(&self, name: &Name) -> Find {
        if name.as_str().contains("xn--") {
            return Find::List;
        }
        Find::ask(action("DescribeDomainList", json!({ "Keyword": name.as_str(), "Limit": PAGE })))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(action("DescribeDomainList", json!({ "Offset": offset(page), "Limit": PAGE })))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        if answer.json.text_if("/Response/Error/Code").is_some() {
            return Ok(Page::last(Vec::new()));
        }
        let all = answer.items("/Response/DomainList")?;
        let zones = listed::zones(all, "/Name", "/Name")?;
        Ok(Page::skipped(zones, page, all.len(), PAGE))
    }
}

impl Items for TencentCloud {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        let body = json!({
            "Domain": zone.id, "Subdomain": relative(&key.name, zone, "@"), "RecordType": key.rtype.as_str(),
            "Offset": offset(page), "Limit": PAGE,
        });
        action("DescribeRecordList", body)
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.json.text_if("/Response/Error/Code").is_some() {
            return Ok(Page::last(Vec::new()));
        }
        let all = answer.items("/Response/RecordList")?;
        let items = RECORD.items(all, zone, key)?;
        Ok(Page::skipped(items, page, all.len(), PAGE))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let body = json!({
            "Domain": zone.id, "SubDomain": relative(&new.key.name, zone, "@"), "RecordType": new.rtype(),
            "RecordLine": "默认", "RecordLineId": "0", "Value": new.bare(), "TTL": new.ttl,
        });
        action("CreateRecord", body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let mut body = json!({
            "Domain": zone.id, "RecordId": item.whole["RecordId"], "RecordType": new.rtype(),
            "SubDomain": relative(&new.key.name, zone, "@"), "Value": new.bare(), "TTL": new.ttl,
        });
        for (theirs, ours) in
            [("Line", "RecordLine"), ("LineId", "RecordLineId"), ("Weight", "Weight"), ("Remark", "Remark")]
        {
            if let Some(value) = item.whole.get(theirs).filter(|value| !value.is_null()) {
                body[ours] = value.clone();
            }
        }
        Some(action("ModifyRecord", body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        let body = json!({ "Domain": zone.id, "RecordId": item.whole["RecordId"] });
        action("DeleteRecord", body)
    }
}

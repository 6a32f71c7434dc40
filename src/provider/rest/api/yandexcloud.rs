//! Yandex Cloud DNS: <https://yandex.cloud/en/docs/dns/api-ref/DnsZone/>.
//!
//! An authorized key of a service account signs a token (JWT, PS256) that is exchanged for an IAM token; where only an IAM
//! token is given, it serves until it ends (twelve hours at most). Sets have no identifiers; names are absolute with
//! their last dot. Texts are sent in quotes, as in zone files. Of a public and a private zone of one name the public one
//! is meant.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Login, Refusal, Session, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::rsa;
use crate::provider::rest::text::presented;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "yandexcloud",
        name: "Yandex Cloud DNS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::ALL,
        docs: "https://yandex.cloud/en/docs/dns/api-ref/DnsZone/",
        fields: &[
            Field::plain("folder_id", "the ID of the folder with the zones")
                .also_in(&["YANDEX_CLOUD_FOLDER_ID"]),
            Field::secret(
                "service_account_key",
                "the authorized key (JSON) of a service account with the role dns.editor, whole",
            )
            .optional(),
            Field::secret("iam_token", "an IAM token, in place of `service_account_key`").optional(),
        ],
        env: &[],
        verified: Verified::Recorded("2022"),
    },
    base: USUAL,
    open: |account| Dialects::sets(YandexCloud(account)),
};

const USUAL: &str = "https://dns.api.cloud.yandex.net";
const LOGIN: &str = "https://iam.api.cloud.yandex.net";
const AUDIENCE: &str = "https://iam.api.cloud.yandex.net/iam/v1/tokens";
/// How long a token request is good, and after how long another token is asked for, in seconds.
const LASTS: u64 = 60 * 60;
/// How many zones a page holds.
const PAGE: usize = 1000;

struct YandexCloud(Account);

impl YandexCloud {
    fn key(&self) -> Value {
        serde_json::from_str(self.0.get("service_account_key")).unwrap_or(Value::Null)
    }
}

fn upsert(zone: &Zone, change: Value) -> Call {
    Call::post(format!("/dns/v1/zones/{}:upsertRecordSets", zone.id), change)
}

impl Dialect for YandexCloud {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        match signing.session {
            Some(session) => call.bearer(session.token.expose()),
            None => call.bearer(self.0.get("iam_token")),
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        if self.0.find("service_account_key").is_none() {
            let missing = self.0.find("iam_token").is_none();
            return missing.then_some("`service_account_key` or `iam_token` is needed");
        }
        let key = self.key();
        let fits = key.text_if("/private_key").and_then(rsa::key).is_some()
            && ["/id", "/service_account_id"].iter().all(|at| key.text_if(at).is_some());
        (!fits).then_some("`service_account_key` is no authorized key in JSON")
    }

    fn login(&self, signing: &Signing<'_>) -> Option<Login> {
        let file = self.key();
        let key = rsa::key(file.text_if("/private_key")?)?;
        let claims = json!({
            "iss": file["service_account_id"], "aud": AUDIENCE, "iat": signing.now, "exp": signing.now + LASTS,
        });
        let header = json!({ "typ": "JWT", "kid": file["id"] });
        let token = rsa::token(&key, rsa::Scheme::PssSha256, header, &claims);
        Some(Login::at(LOGIN, Call::post("/iam/v1/tokens", json!({ "jwt": token })), USUAL, signing))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        Ok(Session { token: Secret::new(answer.json.text("/iamToken")?), lasts: Some(LASTS) })
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        // An operation that is over and failed.
        if let Some(said) = answer.json.text_if("/error/message") {
            return Some(Refusal::new(Class::Invalid, said));
        }
        Refusal::by_status(answer)
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let call = Call::get("/dns/v1/zones").ask("folderId", self.0.get("folder_id")).ask("pageSize", PAGE);
        Some(match page {
            Some(page) => call.ask("pageToken", page),
            None => call,
        })
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        if !answer.json.is_object() {
            return Err(Odd("the list of zones is no object".to_owned()));
        }
        // Where nothing fits, there is no list.
        let mut all: Vec<&Value> = answer.items("/dnsZones").unwrap_or_default().iter().collect();
        all.sort_by_key(|zone| zone.get("publicVisibility").is_none());
        let items = listed::zones(all, "/id", "/zone")?;
        let next = answer.json.text_if("/nextPageToken").filter(|next| !next.is_empty());
        Ok(Page { items, next: next.map(str::to_owned) })
    }
}

impl Sets for YandexCloud {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(format!("/dns/v1/zones/{}:getRecordSet", zone.id))
            .ask("name", format!("{}.", key.name))
            .ask("type", key.rtype)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let mut items = Vec::new();
        for value in answer.items("/data")? {
            items.push(Item {
                id: String::new(),
                value: presented(key, value.text("")?),
                ttl: answer.json.ttl("/ttl"),
                whole: answer.json.clone(),
            });
        }
        Ok(Page::last(items))
    }

    fn replace(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        let key = &step.expect.key;
        let set = json!({
            "name": format!("{}.", key.name), "type": key.rtype.as_str(), "ttl": step.ttl, "data": step.values,
        });
        upsert(zone, json!({ "replacements": [set] }))
    }

    fn remove(&self, zone: &Zone, _step: &Replace, there: &[Item]) -> Call {
        let sets: Vec<Value> = there.first().map(|item| item.whole.clone()).into_iter().collect();
        upsert(zone, json!({ "deletions": sets }))
    }
}

//! `DNSimple`: <https://developer.dnsimple.com/v2/zones/records/>.
//!
//! Every path begins with the number of the account, which the token of an account tells by itself; the token of a user
//! does not. Regions of a record stay as they are.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Session, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::relative;
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "dnsimple",
        name: "DNSimple",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://developer.dnsimple.com/v2/zones/records/",
        fields: &[
            Field::secret("token", "an API access token of the account")
                .also_in(&["DNSIMPLE_OAUTH_TOKEN", "DNSIMPLE_OAUTH"]),
            Field::plain("account", "the number of the account, which only the token of a user needs")
                .optional(),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.dnsimple.com/v2",
    open: |account| Dialects::items(DnSimple(account)),
};

/// How many items a page holds, at most.
const PAGE: usize = 100;

const RECORD: Layout =
    Layout { id: "/id", rtype: "/type", name: Naming::Relative("/name"), value: "/content", ttl: "/ttl" };

struct DnSimple(Account);

fn next(answer: &Answer) -> Option<String> {
    let page = answer.json.number("/pagination/current_page")?;
    (page < answer.json.number("/pagination/total_pages")?).then(|| (page + 1).to_string())
}

impl Dialect for DnSimple {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let told = signing.session.map(|session| session.token.expose());
        call.path = format!("/{}{}", self.0.find("account").or(told).unwrap_or_default(), call.path);
        call.bearer(self.0.get("token"));
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        if self.0.find("account").is_some() {
            return None;
        }
        let mut call = Call::get("/whoami");
        call.bearer(self.0.get("token"));
        Some(Login { call, base: None })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let account = answer.json.id("/data/account/id");
        let account =
            account.map_err(|_| Odd("no account, as for a user's token; set `account`".to_owned()))?;
        Ok(Session { token: Secret::new(account), lasts: None })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(Call::get("/zones").ask("per_page", PAGE).ask("page", page.unwrap_or("1")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let zones = listed::zones(answer.items("/data")?, "/name", "/name")?;
        Ok(Page { items: zones, next: next(answer) })
    }
}

impl Items for DnSimple {
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call {
        Call::get(format!("/zones/{}/records", zone.id))
            .ask("name", relative(&key.name, zone, ""))
            .ask("type", key.rtype)
            .ask("per_page", PAGE)
            .ask("page", page.unwrap_or("1"))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let items = RECORD.items(answer.items("/data")?, zone, key)?;
        Ok(Page { items, next: next(answer) })
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let body = json!({ "name": name, "type": new.rtype(), "content": new.bare(), "ttl": new.ttl });
        Call::post(format!("/zones/{}/records", zone.id), body)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let body = json!({ "content": new.bare(), "ttl": new.ttl });
        Some(Call::patch(format!("/zones/{}/records/{}", zone.id, item.id), body))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("/zones/{}/records/{}", zone.id, item.id))
    }
}

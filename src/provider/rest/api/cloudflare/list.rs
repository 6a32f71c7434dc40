//! Lists for rules (WAF and others): <https://developers.cloudflare.com/waf/tools/lists/lists-api/>.
//!
//! Items with our comment are ours, and no other is ever touched: adding an address that somebody else's item holds would
//! give that item our comment, so it is refused. Changing items is asynchronous: an answer names an
//! operation, which is asked for until it is over, and there can be one per account at a time (status 429 otherwise).
//! An item cannot be changed, so the new one is made before the old one goes.

use super::{
    ACCOUNT, BASE, address, beyond, length, read_things, refusal, things, token, unfit, unfit_length,
};
use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "cloudflare-list",
        name: "Cloudflare lists for rules",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: Can { several: true, wildcard: false, apex: true, auto: false },
        docs: "https://developers.cloudflare.com/waf/tools/lists/lists-api/",
        fields: &[
            ACCOUNT,
            Field::plain(
                "comment",
                "the comment of our items, by which they are known; `dynflare` unless given",
            )
            .optional(),
            Field::plain(
                "ipv6_prefix",
                "how many bits of an IPv6 address an item holds, 4 to 128; 128 unless given",
            )
            .optional(),
            token("an API token with Account Filter Lists:Edit"),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: BASE,
    open: |account| Dialects::items(Lists(account)),
};

struct Lists(Account);

impl Lists {
    fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/rules/lists{rest}", self.0.get("account_id"))
    }

    fn comment(&self) -> &str {
        self.0.find("comment").unwrap_or("dynflare")
    }
}

impl Dialect for Lists {
    fn misfit(&self) -> Option<String> {
        unfit(&self.0).or_else(|| unfit_length(&self.0, 4))
    }

    fn unwritable(&self, _key: &Key, values: &[String]) -> Option<String> {
        values.iter().find_map(|value| beyond(value, length(&self.0)))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.bearer(self.0.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let failed = answer.json.text_if("/result/status") == Some("failed");
        refusal(answer).or_else(|| {
            let said = answer.json.text_if("/result/error").unwrap_or("the operation failed");
            failed.then(|| Refusal::new(Class::Invalid, said))
        })
    }

    fn pending(&self, _asked: &Call, answer: &Answer) -> Option<Call> {
        let ask = |id: &str| Some(Call::get(self.path(&format!("/bulk_operations/{id}"))));
        if let Some(id) = answer.json.text_if("/result/operation_id") {
            return ask(id);
        }
        let is_open = matches!(answer.json.text_if("/result/status"), Some("pending" | "running"));
        ask(answer.json.text_if("/result/id").filter(|_| is_open)?)
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(things(&self.0, "/rules/lists", page))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        read_things(answer, page)
    }
}

impl Items for Lists {
    fn list(&self, zone: &Zone, _key: &Key, page: Option<&str>) -> Call {
        let call = Call::get(self.path(&format!("/{}/items", zone.id))).ask("per_page", 500);
        match page {
            Some(cursor) => call.ask("cursor", cursor),
            None => call,
        }
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for item in answer.items("/result")? {
            let ip = item.text("/ip")?;
            // One of another family, or of another length than is configured.
            let Some(address) = address(ip, key, length(&self.0)) else { continue };
            let value = address.to_string();
            items.push(Item { id: item.id("/id")?, value, ttl: None, whole: item.clone() });
        }
        let next = answer.json.text_if("/result_info/cursors/after").filter(|next| !next.is_empty());
        Ok(Page { items, next: next.map(str::to_owned) })
    }

    fn is_anothers(&self, item: &Item) -> bool {
        item.whole.text_if("/comment") != Some(self.comment())
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let length = length(&self.0);
        let is_whole = !new.value.contains(':') || length == 128;
        let ip = if is_whole { new.value.to_owned() } else { format!("{}/{length}", new.value) };
        let body = json!([{ "ip": ip, "comment": self.comment() }]);
        Call::post(self.path(&format!("/{}/items", zone.id)), body)
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        let body = json!({ "items": [{ "id": item.id }] });
        Call::new(Method::DELETE, self.path(&format!("/{}/items", zone.id))).body(Body::Json(body))
    }
}

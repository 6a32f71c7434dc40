//! TransIP REST API v6: <https://api.transip.nl/rest/docs.html>.
//!
//! A login is a JSON text whose RSA signature (SHA-512) stands in a header; it gives a token for half an hour. Entries
//! have no identifiers: what an entry is, its name, type, TTL and content say together. An entry's content could be
//! changed in place, but only where no other has its name, type and TTL, so the new entry is made before the old goes.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Session, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::{nonce, rsa};
use crate::provider::rest::text::{base64, from_relative, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "transip",
        name: "TransIP",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 60,
        can: Can::ALL,
        docs: "https://api.transip.nl/rest/docs.html",
        fields: &[
            Field::plain("account_name", "the user name of the control panel"),
            Field::secret(
                "private_key",
                "the private key (PEM) of a key pair made in the control panel under API, not bound to a whitelist",
            ),
        ],
        env: &[],
        verified: Verified::Recorded("2022"),
    },
    base: "https://api.transip.nl/v6",
    open: |account| Dialects::items(TransIp(account)),
};

/// How long a token lasts, in seconds.
const SESSION: u64 = 30 * 60;

struct TransIp(Account);

fn entries(zone: &Zone) -> String {
    format!("/domains/{}/dns", zone.id)
}

impl Dialect for TransIp {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.bearer(session.token.expose());
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        let key = rsa::key(self.0.get("private_key"));
        key.is_none().then_some("`private_key` is no RSA key in PEM")
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let nonce = nonce();
        let body = json!({
            "login": self.0.get("account_name"), "nonce": nonce, "read_only": false,
            "expiration_time": "30 minutes", "label": format!("dynflare-{}", &nonce[..16]), "global_key": true,
        });
        let body = body.to_string();
        let key = rsa::key(self.0.get("private_key"))?;
        let signature = base64(&rsa::sign(&key, rsa::Scheme::Pkcs1Sha512, body.as_bytes()));
        let mut call = Call::new(Method::POST, "/auth").body(Body::Text("application/json", body));
        call.header("signature", signature);
        Some(Login::here(call))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        Ok(Session { token: Secret::new(answer.json.text("/token")?), lasts: Some(SESSION) })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(Call::get("/domains"))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/domains")?, "/name", "/name")?))
    }
}

impl Items for TransIp {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(entries(zone))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for entry in answer.items("/dnsEntries")? {
            if is_type(entry.text("/type")?, key)
                && from_relative(entry.text("/name")?, zone).as_ref() == Some(&key.name)
            {
                let value = presented(key, entry.text("/content")?);
                items.push(Item {
                    id: String::new(),
                    value,
                    ttl: entry.ttl("/expire"),
                    whole: entry.clone(),
                });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "@");
        let entry: Value =
            json!({ "name": name, "expire": new.ttl, "type": new.rtype(), "content": new.bare() });
        Call::post(entries(zone), json!({ "dnsEntry": entry }))
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(entries(zone)).body(Body::Json(json!({ "dnsEntry": item.whole })))
    }
}

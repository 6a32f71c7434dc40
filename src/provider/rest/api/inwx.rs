//! INWX DomRobot: <https://www.inwx.de/en/help/apidoc>.
//!
//! JSON-RPC with a session in a cookie. With a second factor the session has to be unlocked by a one-time password
//! right after the login. Names are absolute. The codes are those of EPP (RFC 5730 §3) with a few more; a request
//! without a session is answered with 2002.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Refusal, Session, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::sign::totp;
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "inwx",
        name: "INWX",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://www.inwx.de/en/help/apidoc",
        fields: &[
            Field::plain(
                "username",
                "the user name of an account; a sub-account with the role for name servers is enough",
            ),
            Field::secret("password", "its password"),
            Field::secret("totp_secret", "the Base32 key of its second factor, if it has one")
                .optional()
                .also_in(&["INWX_SHARED_SECRET"]),
        ],
        env: &[],
        verified: Verified::Documentation,
    },
    base: "https://api.domrobot.com",
    open: |account| Dialects::items(Inwx(account)),
};

/// How many zones a page holds.
const PAGE: usize = 100;
/// The cookie of a session.
const COOKIE: &str = "domrobot=";

struct Inwx(Account);

fn method(name: &str, params: &Value) -> Call {
    Call::post("/jsonrpc/", json!({ "method": name, "params": params }))
}

impl Dialect for Inwx {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.header("cookie", session.token.expose());
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        let key = self.0.find("totp_secret")?;
        totp::code(key, 0).is_none().then_some("`totp_secret` is no text in Base32")
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let params = json!({ "user": self.0.get("username"), "pass": self.0.get("password") });
        Some(Login::here(method("account.login", &params)))
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let cookies =
            answer.whole.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let pair =
            cookies.filter_map(|cookie| cookie.split(';').next()).rfind(|pair| pair.starts_with(COOKIE));
        let token = Secret::new(pair.ok_or_else(|| Odd(format!("there is no cookie `{COOKIE}`")))?);
        Ok(Session { token, lasts: None })
    }

    fn confirm(&self, answer: &Answer, signing: &Signing<'_>) -> Option<Call> {
        let factor = answer.json.text_if("/resData/tfa").unwrap_or("0");
        let code = totp::code(self.0.find("totp_secret")?, signing.now)?;
        (factor != "0").then(|| method("account.unlock", &json!({ "tan": code })))
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let Some(code) = answer.json.number("/code") else {
            let strange = || Refusal::new(Class::Unexpected, answer.text());
            return Some(Refusal::by_status(answer).unwrap_or_else(strange));
        };
        let class = match code {
            1000..=1999 => return None,
            2002 | 2200 | 2201 => Class::Denied,
            2303 => Class::NoSuchName,
            2001 | 2003..=2005 | 2300..=2308 => Class::Invalid,
            2400 | 2500..=2502 => Class::Unavailable,
            _ => Class::Unexpected,
        };
        let said = ["/reason", "/msg"].iter().find_map(|at| answer.json.text_if(at)).unwrap_or_default();
        Some(Refusal::new(class, said).code(code.to_string()))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        let page = page.and_then(|page| page.parse::<u64>().ok()).unwrap_or(1);
        Some(method("nameserver.list", &json!({ "page": page, "pagelimit": PAGE })))
    }

    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let all = answer.items("/resData/domains")?;
        let zones = listed::zones(all, "/domain", "/domain")?;
        Ok(Page::numbered(zones, page, all.len(), PAGE))
    }
}

impl Items for Inwx {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        let params = json!({ "domain": zone.id, "name": key.name.as_str(), "type": key.rtype.as_str() });
        method("nameserver.info", &params)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        answer.json.text("/resData/domain")?;
        // Where nothing fits, there is no list.
        let records = answer.items("/resData/record").unwrap_or_default();
        for record in records {
            if is_type(record.text("/type")?, key)
                && absolute(record.text("/name")?).as_ref() == Some(&key.name)
            {
                let (id, value) = (record.id("/id")?, presented(key, record.text("/content")?));
                items.push(Item { id, value, ttl: record.ttl("/ttl"), whole: record["id"].clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let params = json!({
            "domain": zone.id, "name": new.key.name.as_str(), "type": new.rtype(), "content": new.bare(),
            "ttl": new.ttl,
        });
        method("nameserver.createRecord", &params)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let params = json!({ "id": item.whole, "content": new.bare(), "ttl": new.ttl });
        Some(method("nameserver.updateRecord", &params))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        method("nameserver.deleteRecord", &json!({ "id": item.whole }))
    }
}

//! NearlyFreeSpeech.NET: <https://members.nearlyfreespeech.net/wiki/API/Introduction>, the answers by exchanges
//! recorded in 2018.
//!
//! Every request is a POST of a form and is signed. A record is known by its name, type and data; there is no
//! identifier, no list of zones and no changing in place.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{from_relative, hex, is_type, presented, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use ring::digest;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "nfsn",
        name: "NearlyFreeSpeech.NET",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 180,
        can: Can::NAMED_ZONES,
        docs: "https://members.nearlyfreespeech.net/wiki/API/Introduction",
        fields: &[
            Field::secret(
                "api_key",
                "the API key of the member, from the profile page, Actions, Manage API Key",
            )
            .also_in(&["NEARLYFREESPEECH_API_KEY"]),
            Field::plain("login", "the login name of the member").also_in(&["NEARLYFREESPEECH_LOGIN"]),
        ],
        env: &[],
        verified: Verified::Recorded("2018"),
    },
    base: "https://api.nearlyfreespeech.net",
    open: |account| Dialects::items(Nfsn(account)),
};

struct Nfsn(Account);

fn sha1(text: &[u8]) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text).as_ref())
}

/// The value of the header `X-NFSN-Authentication`; `salt` is 16 letters or digits of no use elsewhere.
fn signature((login, key): (&str, &str), now: u64, salt: &str, (uri, body): (&str, &[u8])) -> String {
    let hash = sha1(format!("{login};{now};{salt};{key};{uri};{}", sha1(body)).as_bytes());
    format!("{login};{now};{salt};{hash}")
}

fn call(zone: &Zone, action: &str, form: &[(&str, &str)]) -> Call {
    let form = form.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Call::new(crate::net::http::Method::POST, format!("/dns/{}/{action}", zone.id))
        .body(Body::Form(form.collect()))
}

impl Dialect for Nfsn {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let body = call.payload().map(|(_, body)| body).unwrap_or_default();
        let uri = format!("{}{}", signing.base.prefix(), call.target());
        let salt = format!("{:016x}", getrandom::u64().unwrap_or(signing.now));
        let who = (self.0.get("login"), self.0.get("api_key"));
        call.header("x-nfsn-authentication", signature(who, signing.now, &salt, (&uri, &body)));
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(Vec::new()))
    }
}

impl Items for Nfsn {
    fn list(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        // An empty name asks for every name.
        let name = relative(&key.name, zone, "");
        call(zone, "listRRs", &[("name", name), ("type", key.rtype.as_str())])
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for record in answer.items("")? {
            if is_type(record.text("/type")?, key)
                && from_relative(record.text("/name")?, zone).as_ref() == Some(&key.name)
            {
                let value = presented(key, record.text("/data")?);
                items.push(Item { value, ttl: record.ttl("/ttl"), ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let (data, ttl) = (new.bare(), new.ttl.to_string());
        call(zone, "addRR", &[("name", name), ("type", new.rtype()), ("data", &data), ("ttl", &ttl)])
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call {
        let name = relative(&key.name, zone, "");
        let data = crate::provider::rest::text::bare(key.rtype, &item.value);
        call(zone, "removeRR", &[("name", name), ("type", key.rtype.as_str()), ("data", &data)])
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_example_of_the_documentation_is_signed_as_there() {
        let who = ("testuser", "p3kxmRKf9dk3l6ls");
        assert_eq!(
            signature(who, 1_012_121_212, "dkwo28Sile4jdXkw", ("/site/example/getInfo", b"")),
            "testuser;1012121212;dkwo28Sile4jdXkw;0fa8932e122d56e2f6d1550f9aab39c4aef8bfc4"
        );
    }
}

//! Pi-hole from version 6 on, its local DNS records: <https://docs.pi-hole.net/api/>, <https://docs.pi-hole.net/ftldns/configfile/#hosts>.
//!
//! A record is an entry of the setting `dns.hosts`: an address and names, as a hosts file has them. Entries are added
//! and removed one by one. There are no zones: the one in a record is only a suffix. One that holds several names, or a
//! comment, belongs to somebody else and cannot be changed for one of them.

use crate::provider::registry::{ADDRESSES, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, Login, New, Session, Signing};
use crate::provider::rest::text::{absolute, place, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::json;
use std::net::IpAddr;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "pihole",
        name: "Pi-hole",
        shape: Shape::RrSet,
        types: ADDRESSES,
        attributes: &[],
        min_ttl: 0,
        can: Can { wildcard: false, ..Can::NAMED_ZONES },
        docs: "https://docs.pi-hole.net/api/",
        fields: &[
            Field::secret("password", "the password of the web interface, or better an app password")
                .also_in(&["PIHOLE_PASSWORD_V6"]),
            Field::plain(
                "server",
                "where Pi-hole's web server is, such as https://pi.hole or http://192.0.2.1",
            )
            .also_in(&["PIHOLE_URL", "PIHOLE_BASE_URL"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://pi.hole/api",
    open: |account| Dialects::items(PiHole(account)),
};

const HOSTS: &str = "/config/dns/hosts";

struct PiHole(Account);

fn entry(entry: &str) -> String {
    format!("{HOSTS}/{}", segment(entry))
}

/// Whether an address belongs into a set of this type.
fn belongs(address: IpAddr, key: &Key) -> bool {
    key.rtype.family() == Some(if address.is_ipv4() { Family::V4 } else { Family::V6 })
}

impl Dialect for PiHole {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/api"))
    }

    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        if let Some(session) = signing.session {
            call.header("x-ftl-sid", session.token.expose());
        }
    }

    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        let call = Call::post("/auth", json!({ "password": self.0.get("password") }));
        Some(Login { call, base: None })
    }

    fn session(&self, answer: &Answer) -> Result<Session, Odd> {
        let session = answer.json.pointer("/session").ok_or_else(|| Odd("there is no session".to_owned()))?;
        // A Pi-hole without a password lets everybody in and has no identifier to give.
        let token = Secret::new(session.text_if("/sid").unwrap_or_default());
        Ok(Session { token, lasts: session.number("/validity") })
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

impl Items for PiHole {
    fn list(&self, _zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        Call::get(HOSTS)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for entry in answer.items("/config/dns/hosts")? {
            let entry = entry.text("")?;
            let (data, comment) =
                entry.split_once('#').map_or((entry, None), |(data, said)| (data, Some(said)));
            let mut words = data.split_whitespace();
            let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
            let names: Vec<&str> = words.collect();
            if !belongs(address, key) || !names.iter().any(|name| absolute(name).as_ref() == Some(&key.name))
            {
                continue;
            }
            if names.len() > 1 || comment.is_some() {
                let what =
                    format!("the entry of {} has more in it: give the name an entry of its own", key.name);
                return Err(Odd(what));
            }
            items.push(Item { id: entry.to_owned(), value: address.to_string(), ..Item::default() });
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        Call::new(crate::net::http::Method::PUT, entry(&format!("{} {}", new.value, new.key.name)))
    }

    fn update(&self, _zone: &Zone, _item: &Item, _new: &New<'_>) -> Option<Call> {
        None
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(entry(&item.id))
    }
}

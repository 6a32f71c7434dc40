//! MikroTik RouterOS from version 7.1 on, its static DNS entries: <https://help.mikrotik.com/docs/spaces/ROS/pages/47579162/REST+API>,
//! <https://help.mikrotik.com/docs/spaces/ROS/pages/37748767/DNS>.
//!
//! Every value is a text, a TTL one such as `1d2h`. A type that is not shown is A. There are no zones: the one in a
//! record is only a suffix. Entries that are disabled or dynamic are not looked at.

use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Signing};
use crate::provider::rest::text::{absolute, is_type, place, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "mikrotik",
        name: "MikroTik RouterOS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 1,
        can: Can { wildcard: false, ..Can::NAMED_ZONES },
        docs: "https://help.mikrotik.com/docs/spaces/ROS/pages/47579162/REST+API",
        fields: &[
            Field::secret("password", "the password of that user").also_in(&["ROUTEROS_PASSWORD"]),
            Field::plain(
                "server",
                "where the service www-ssl (or www) of the router is, such as https://192.0.2.1",
            )
            .also_in(&["MIKROTIK_BASEURL", "ROUTEROS_HOSTURL"]),
            Field::plain("username", "a user whose group has the policies read, write and rest-api")
                .also_in(&["ROUTEROS_USERNAME"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://router.lan/rest",
    open: |account| Dialects::items(MikroTik(account)),
};

const ENTRIES: &str = "/ip/dns/static";

/// The units of a time and their seconds, the longest first.
const UNITS: [(char, u32); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

struct MikroTik(Account);

fn member(rtype: RecordType) -> &'static str {
    if rtype == RecordType::Txt { "text" } else { "address" }
}

/// Seconds as RouterOS writes them.
fn time(mut seconds: u32) -> String {
    let mut text = String::new();
    for (unit, worth) in UNITS {
        if seconds >= worth {
            text.push_str(&(seconds / worth).to_string());
            text.push(unit);
            seconds %= worth;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// The seconds of a time such as `1w2d3h4m5s` or `1d00:05:00`.
fn seconds(text: &str) -> Option<u32> {
    let (mut total, mut number) = (0_u32, String::new());
    let (rest, clock) = match text.find(':') {
        None => (text, ""),
        Some(_) => text.split_at(text.rfind(['w', 'd']).map_or(0, |at| at + 1)),
    };
    for c in rest.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let worth = UNITS.iter().find(|(unit, _)| *unit == c)?.1;
        total = total.checked_add(number.parse::<u32>().ok()?.checked_mul(worth)?)?;
        number.clear();
    }
    let mut clocked = 0_u32;
    for part in clock.split(':').filter(|part| !part.is_empty()) {
        clocked = clocked.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    let bare = if number.is_empty() { 0 } else { number.parse().ok()? };
    total.checked_add(clocked)?.checked_add(bare)
}

fn entry(new: &New<'_>) -> Value {
    json!({ member(new.key.rtype): new.bare(), "ttl": time(new.ttl) })
}

impl Dialect for MikroTik {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("server")?, "/rest"))
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.basic(self.0.get("username"), self.0.get("password"));
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

impl Items for MikroTik {
    fn list(&self, _zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(ENTRIES).ask("name", &key.name)
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        let mut items = Vec::new();
        for entry in answer.items("")? {
            // An entry by regular expression has no name.
            let named = entry.text_if("/name").and_then(absolute);
            let is = |member: &str| entry.text_if(member) == Some("true");
            if named.as_ref() == Some(&key.name)
                && is_type(entry.text_if("/type").unwrap_or("A"), key)
                && !is("/disabled")
                && !is("/dynamic")
            {
                let value = presented(key, entry.text(&format!("/{}", member(key.rtype)))?);
                let ttl = entry.text_if("/ttl").and_then(seconds);
                items.push(Item { id: entry.id("/.id")?, value, ttl, ..Item::default() });
            }
        }
        Ok(Page::last(items))
    }

    fn create(&self, _zone: &Zone, new: &New<'_>) -> Call {
        let mut entry = entry(new);
        entry["name"] = json!(new.key.name.as_str());
        entry["type"] = json!(new.rtype());
        Call::put(ENTRIES, entry)
    }

    fn update(&self, _zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        Some(Call::patch(format!("{ENTRIES}/{}", item.id), entry(new)))
    }

    fn delete(&self, _zone: &Zone, _key: &Key, item: &Item) -> Call {
        Call::delete(format!("{ENTRIES}/{}", item.id))
    }
}

#[cfg(test)]
mod tests {
    use super::{seconds, time};

    #[test]
    fn times_are_written_and_read_as_routers_do() {
        for (text, number) in [("1d", 86_400), ("5m", 300), ("1w2d3h4m5s", 788_645), ("0s", 0)] {
            assert_eq!(seconds(text), Some(number), "{text}");
            assert_eq!(time(number), text);
        }
        for (text, number) in [("1d00:05:00", 86_700), ("00:01:30", 90), ("3600", 3600)] {
            assert_eq!(seconds(text), Some(number), "{text}");
        }
        for text in ["99999999999s", "5x", "never"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

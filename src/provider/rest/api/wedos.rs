//! WEDOS, by its WAPI: <https://kb.wedos.com/en/wapi-api-interface/wapi-manual/>.
//!
//! Every request is the POST of a form with one member that is JSON; the credentials are in it: a hash of the password
//! and the hour in Czechia. Every answer has the status 200 and a code: 1xxx is a success, 2050 to 2052 are about the
//! credentials and the address that asks, 2006 is too much, 4xxx and 5xxx are WEDOS's own trouble
//! (<https://kb.wedos.global/wapi-codes/>). Changes take effect when they are committed.

use crate::net::http::Method;
use crate::provider::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Items, New, Refusal, Signing};
use crate::provider::rest::listed::{self, Layout, Naming};
use crate::provider::rest::text::{hex, relative};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use ring::digest;
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "wedos",
        name: "WEDOS",
        shape: Shape::RrSet,
        types: ADDRESSES_AND_TEXT,
        attributes: &[Attribute::Ttl],
        min_ttl: 300,
        can: Can::ALL,
        docs: "https://kb.wedos.com/en/wapi-api-interface/wapi-manual/",
        fields: &[
            Field::secret("wapi_password", "the WAPI password, which is not that of the account")
                .also_in(&["WEDOS_WAPI_PASSWORD"]),
            Field::plain("username", "the user name, an e-mail address").also_in(&["WEDOS_USERNAME"]),
        ],
        env: &[],
        verified: Verified::Recorded("2023"),
    },
    base: "https://api.wedos.com/wapi",
    open: |account| Dialects::items(Wedos(account)),
};

const RECORD: Layout =
    Layout { id: "/ID", rtype: "/rdtype", name: Naming::Relative("/name"), value: "/rdata", ttl: "/ttl" };

struct Wedos(Account);

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn command(command: &str, data: &Value) -> Call {
    Call::new(Method::POST, "/json").body(Body::Json(json!({ "command": command, "data": data })))
}

fn sha1(text: &str) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

/// The day of 1970-01-01 on which the last Sunday of this month of this year (from 1970 on) is; both months have 31 days.
fn last_sunday(year: u64, days_before: u64) -> u64 {
    let leap_days = (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    let of = |years| year.is_multiple_of(years);
    let is_leap = (of(4) && !of(100)) || of(400);
    let last = (year - 1970) * 365 + leap_days + days_before + u64::from(is_leap) + 30;
    // 1970-01-01 was a Thursday.
    last - (last + 4) % 7
}

/// The hour in Czechia, which is that of UTC and one more, or two from the last Sunday of March, 1:00 UTC, to that of
/// October (Directive 2000/84/EC).
fn hour(now: u64) -> u64 {
    // The middle of the year decides which one it is, and no change of the hour is near its ends.
    let year = 1970 + (now / DAY * 400) / 146_097;
    let (summer, winter) = (last_sunday(year, 59) * DAY + HOUR, last_sunday(year, 273) * DAY + HOUR);
    let ahead = if (summer..winter).contains(&now) { 2 } else { 1 };
    (now / HOUR + ahead) % 24
}

impl Dialect for Wedos {
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let Body::Json(request) = &call.body else { return };
        let user = self.0.get("username");
        let auth = sha1(&format!("{user}{}{:02}", sha1(self.0.get("wapi_password")), hour(signing.now)));
        let mut request = request.clone();
        request["user"] = json!(user);
        request["auth"] = json!(auth);
        call.body = Body::Form(vec![("request".to_owned(), json!({ "request": request }).to_string())]);
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        if let Some(refusal) = Refusal::by_status(answer) {
            return Some(refusal);
        }
        let code = answer.json.number("/response/code");
        let class = match code {
            Some(1000..=1999) => return None,
            Some(2006) => Class::RateLimited,
            Some(2050..=2052) => Class::Denied,
            Some(2000..=3999) => Class::Invalid,
            Some(4000..=5999) => Class::Unavailable,
            _ => Class::Unexpected,
        };
        let refusal = Refusal::new(class, answer.json.text_if("/response/result").unwrap_or_default());
        Some(code.map_or(refusal.clone(), |code| refusal.code(code.to_string())))
    }

    fn find(&self, _name: &Name) -> Find {
        Find::List
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        Some(command("dns-domains-list", &json!("")))
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Ok(Page::last(listed::zones(answer.items("/response/data/domain")?, "/name", "/name")?))
    }

    fn publish(&self, zone: &Zone) -> Option<Call> {
        Some(command("dns-domain-commit", &json!({ "name": zone.id })))
    }
}

impl Items for Wedos {
    fn list(&self, zone: &Zone, _key: &Key, _page: Option<&str>) -> Call {
        command("dns-rows-list", &json!({ "domain": zone.id }))
    }

    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        Ok(Page::last(RECORD.items(answer.items("/response/data/row")?, zone, key)?))
    }

    fn create(&self, zone: &Zone, new: &New<'_>) -> Call {
        let name = relative(&new.key.name, zone, "");
        let row = json!({ "domain": zone.id, "name": name, "ttl": new.ttl, "type": new.rtype(), "rdata": new.bare() });
        command("dns-row-add", &row)
    }

    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call> {
        let row = json!({ "domain": zone.id, "row_id": item.id, "ttl": new.ttl, "rdata": new.bare() });
        Some(command("dns-row-update", &row))
    }

    fn delete(&self, zone: &Zone, _key: &Key, item: &Item) -> Call {
        command("dns-row-delete", &json!({ "domain": zone.id, "row_id": item.id }))
    }
}

#[cfg(test)]
mod tests {
    use super::{hour, sha1};

    #[test]
    fn the_hour_changes_where_and_when_it_does_in_czechia() {
        for (now, expected) in [
            (1_711_846_799, 1),  // 2024-03-31 00:59:59 UTC
            (1_711_846_800, 3),  // 2024-03-31 01:00:00 UTC
            (1_729_990_799, 2),  // 2024-10-27 00:59:59 UTC
            (1_729_990_800, 2),  // 2024-10-27 01:00:00 UTC
            (1_735_689_599, 0),  // 2024-12-31 23:59:59 UTC
            (1_780_000_000, 22), // 2026-05-28 20:26:40 UTC
        ] {
            assert_eq!(hour(now), expected, "{now}");
        }
        // FIPS 180, the example of one block.
        assert_eq!(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}

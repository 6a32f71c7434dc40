//! Akamai Edge DNS: <https://techdocs.akamai.com/edge-dns/reference/edge-dns-api>, signed with EdgeGrid:
//! <https://techdocs.akamai.com/developer/docs/authenticate-with-edgegrid>.
//!
//! The API's place is a part of the credentials. A set that is there is updated, one that is not is made; zones are
//! found by their names.

use crate::provider::registry::{ALL_TYPES, Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::{Dialect, Find, Item, Sets, Signing};
use crate::provider::rest::listed;
use crate::provider::rest::text::{base64, hex, place, presented, segment};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use jiff::Timestamp;
use ring::{digest, hmac};
use serde_json::json;

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "edgedns",
        name: "Akamai Edge DNS",
        shape: Shape::RrSet,
        types: ALL_TYPES,
        attributes: &[Attribute::Ttl],
        min_ttl: 30,
        can: Can::ALL,
        docs: "https://techdocs.akamai.com/edge-dns/reference/edge-dns-api",
        fields: &[
            Field::secret(
                "access_token",
                "the access token of an API client with the grant DNS—Zone Record Management",
            )
            .also_in(&["AKAMAI_ACCESS_TOKEN"]),
            Field::secret("client_secret", "the client secret of that API client")
                .also_in(&["AKAMAI_CLIENT_SECRET"]),
            Field::secret("client_token", "the client token of that API client")
                .also_in(&["AKAMAI_CLIENT_TOKEN"]),
            Field::plain("host", "the host of that API client, akab-….luna.akamaiapis.net")
                .also_in(&["AKAMAI_HOST"]),
        ],
        env: &[],
        verified: Verified::Hearsay,
    },
    base: "https://akab.luna.akamaiapis.net/config-dns/v2",
    open: |account| Dialects::sets(EdgeDns(account)),
};

/// How many zones a page holds.
const PAGE: u64 = 100;

/// How much of a body is signed, in octets.
const MAX_BODY: usize = 131_072;

struct EdgeDns(Account);

/// What makes a signature one of its own.
struct Stamp {
    /// As `20140321T19:34:21+0000`.
    time: String,
    nonce: String,
}

fn keyed(key: &str, text: &str) -> String {
    base64(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref())
}

/// The value of `Authorization`; `target` is method, scheme, host and path with the query.
fn authorization(account: &Account, stamp: &Stamp, target: [&str; 4], body: &[u8]) -> String {
    let Stamp { time, nonce } = stamp;
    let (client, access) = (account.get("client_token"), account.get("access_token"));
    let header = format!(
        "EG1-HMAC-SHA256 client_token={client};access_token={access};timestamp={time};nonce={nonce};"
    );
    // Of other methods than POST the body is not signed.
    let content = if target[0] == "POST" && !body.is_empty() {
        base64(digest::digest(&digest::SHA256, &body[..body.len().min(MAX_BODY)]).as_ref())
    } else {
        String::new()
    };
    let text = format!("{}\t\t{content}\t{header}", target.join("\t"));
    let key = keyed(account.get("client_secret"), time);
    format!("{header}signature={}", keyed(&key, &text))
}

fn nonce() -> String {
    let mut octets = [0; 16];
    // Without randomness the octets stay as they are; a second use of them is refused.
    let _filled = getrandom::fill(&mut octets);
    hex(&octets)
}

fn path(zone: &Zone, key: &Key) -> String {
    format!("/zones/{}/names/{}/types/{}", zone.id, segment(key.name.as_str()), key.rtype)
}

impl Dialect for EdgeDns {
    fn place(&self) -> Option<String> {
        Some(place(self.0.find("host")?, "/config-dns/v2"))
    }

    fn authorize(&self, call: &mut Call, signing: &Signing<'_>) {
        let now = i64::try_from(signing.now).ok().and_then(|now| Timestamp::from_second(now).ok());
        let time = now.unwrap_or_default().strftime("%Y%m%dT%H:%M:%S+0000").to_string();
        let stamp = Stamp { time, nonce: nonce() };
        let (base, method) = (signing.base, call.method.to_string());
        let (host, path) = (base.authority(), format!("{}{}", base.prefix(), call.target()));
        let body = call.payload().map(|(_, body)| body).unwrap_or_default();
        let target = [&*method, base.scheme().as_str(), &*host, &*path];
        call.header("authorization", authorization(&self.0, &stamp, target, &body));
    }

    fn find(&self, name: &Name) -> Find {
        Find::ask(Call::get(format!("/zones/{name}")))
    }

    fn zones(&self, page: Option<&str>) -> Option<Call> {
        Some(
            Call::get("/zones")
                .ask("page", page.unwrap_or("1"))
                .ask("pageSize", PAGE)
                .ask("types", "PRIMARY"),
        )
    }

    fn read_zones(&self, answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        let one = std::slice::from_ref(&answer.json);
        let all = if answer.json.text_if("/zone").is_some() { one } else { answer.items("/zones")? };
        let zones = listed::zones(all, "/zone", "/zone")?;
        let of = |member: &str| answer.json.number(&format!("/metadata/{member}"));
        let numbers = of("page").zip(of("pageSize")).zip(of("totalElements"));
        let next = numbers.filter(|((page, size), total)| page * size < *total);
        Ok(Page { items: zones, next: next.map(|((page, _), _)| (page + 1).to_string()) })
    }
}

impl Sets for EdgeDns {
    fn get(&self, zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(path(zone, key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            return Ok(Page::last(Vec::new()));
        }
        let ttl = answer.json.ttl("/ttl");
        let values = answer.items("/rdata")?.iter();
        let items =
            values.map(|value| Ok(Item { value: presented(key, value.text("")?), ttl, ..Item::default() }));
        Ok(Page::last(items.collect::<Result<_, Odd>>()?))
    }

    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let body = json!({
            "name": key.name.as_str(), "type": key.rtype.as_str(), "ttl": step.ttl, "rdata": step.values,
        });
        if there.is_empty() { Call::post(path(zone, key), body) } else { Call::put(path(zone, key), body) }
    }

    fn remove(&self, zone: &Zone, step: &Replace, _there: &[Item]) -> Call {
        Call::delete(path(zone, &step.expect.key))
    }
}

#[cfg(test)]
mod tests {
    use super::{Stamp, authorization};
    use crate::provider::Account;
    use crate::secret::Secret;

    #[test]
    fn requests_are_signed_as_akamais_own_test_data_are() {
        let fields = [
            ("access_token", "akab-access-token-xxx-xxxxxxxxxxxxxxxx"),
            ("client_secret", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx="),
            ("client_token", "akab-client-token-xxx-xxxxxxxxxxxxxxxx"),
        ];
        let fields = fields.into_iter().map(|(key, value)| (key, Secret::new(value))).collect();
        let account = Account { provider: "edgedns", base: None, fields };
        let stamp = Stamp {
            time: "20140321T19:34:21+0000".to_owned(),
            nonce: "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx".to_owned(),
        };
        let host = "akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net";
        for (method, path, body, signature) in [
            ("GET", "/", "", "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU="),
            ("GET", "/testapi/v1/t1?p1=1&p2=2", "", "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA="),
            (
                "POST",
                "/testapi/v1/t3",
                "datadatadatadatadatadatadatadata",
                "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=",
            ),
            ("PUT", "/testapi/v1/t6", "PUTPUTPUT", "GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU="),
        ] {
            let header = authorization(&account, &stamp, [method, "https", host, path], body.as_bytes());
            assert!(header.ends_with(&format!(";signature={signature}")), "{method} {path}: {header}");
        }
    }
}

//! What Cloudflare keeps addresses in beside DNS records: things of an account, found by their names.
//!
//! Each stands where a zone stands in a record: `cloudflare-list:office:A+AAAA:@`. The account is a field. A name is
//! matched without regard to case, with `-` for blanks, since that is what names in records can say.
//!
//! Facts: <https://developers.cloudflare.com/api/>.

pub(super) mod list;
pub(super) mod whole;

use crate::provider::Account;
use crate::provider::Zone;
use crate::provider::registry::Field;
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Refusal;
use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use serde_json::Value;
use std::net::IpAddr;

/// The usual place of the API.
const BASE: &str = "https://api.cloudflare.com/client/v4";

/// The largest page of things of an account.
const PAGE: usize = 50;

const ACCOUNT: Field = Field::plain("account_id", "the identifier of the account, 32 hexadecimal digits")
    .also_in(&["CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID"]);

const fn token(about: &'static str) -> Field {
    Field::secret("token", about).also_in(&["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"])
}

/// What is wrong with the account's identifier, which stands in every path.
fn unfit(account: &Account) -> Option<String> {
    let id = account.get("account_id");
    let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    (!fits).then(|| {
        "`account_id` is no identifier of an account: copy it from the dashboard's address".to_owned()
    })
}

/// What a name is called in a record.
fn slug(text: &str) -> String {
    text.trim().to_lowercase().replace(' ', "-")
}

/// The envelope's own words and codes; `success` is false where the status does not say so.
fn refusal(answer: &Answer) -> Option<Refusal> {
    let code = answer.json.pointer("/errors/0/code").map(Value::to_string);
    let with_code = |refusal: Refusal| match &code {
        Some(code) => refusal.code(code.clone()),
        None => refusal,
    };
    if let Some(refusal) = Refusal::by_status(answer) {
        return Some(with_code(refusal));
    }
    if answer.json.pointer("/success") == Some(&Value::Bool(false)) {
        let said = answer.json.text_if("/errors/0/message").unwrap_or_default();
        return Some(with_code(Refusal::new(Class::Invalid, said)));
    }
    None
}

/// The request for a page of things.
fn things(account: &Account, path: &str, page: Option<&str>) -> Call {
    Call::get(format!("/accounts/{}{path}", account.get("account_id")))
        .ask("per_page", PAGE)
        .ask("page", page.unwrap_or("1"))
}

/// The things that an answer shows, as zones.
fn read_things(answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd> {
    let all = answer.items("/result")?;
    let mut zones = Vec::new();
    for thing in all {
        let id = thing.id("/id")?;
        zones.extend(Name::parse(&slug(thing.text("/name")?)).ok().map(|name| Zone { name, id }));
    }
    // Where all come at once there is no count of pages.
    let pages = answer.json.number("/result_info/total_pages").unwrap_or(1);
    let number = page.and_then(|page| page.parse::<u64>().ok()).unwrap_or(1);
    Ok(Page { items: zones, next: (number < pages).then(|| (number + 1).to_string()) })
}

/// The address in an address or prefix, where it is one of the key's family that stands for the whole prefix.
fn address(text: &str, key: &Key, length: u8) -> Option<IpAddr> {
    let (address, given) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let fits = given.unwrap_or(whole) == if address.is_ipv4() { 32 } else { length };
    (fits && Some(Family::of(address)) == key.rtype.family()).then_some(address)
}

/// How long the prefix is that an IPv6 address stands for.
fn length(account: &Account) -> u8 {
    account.find("ipv6_prefix").and_then(|text| text.trim().parse().ok()).unwrap_or(128)
}

/// What is wrong with that length.
fn unfit_length(account: &Account, least: u8) -> Option<String> {
    let text = account.find("ipv6_prefix")?;
    let fits = text.trim().parse::<u8>().is_ok_and(|length| (least..=128).contains(&length));
    (!fits).then(|| format!("`ipv6_prefix` is a number from {least} to 128"))
}

/// Why a value cannot be written: it has bits beyond the prefix, so it would never be found again.
fn beyond(value: &str, length: u8) -> Option<String> {
    let IpAddr::V6(address) = value.parse().ok()? else { return None };
    let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
    (address.to_bits() & host != 0).then(|| {
        format!("{value} is no prefix of {length} bits; add `?host_id=::&prefix_len={length}` to the record")
    })
}

/// An address as a prefix, `203.0.113.7/32`.
fn prefix(value: &str, length: u8) -> String {
    if value.contains(':') { format!("{value}/{length}") } else { format!("{value}/32") }
}

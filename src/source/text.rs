//! Texts that should hold one address and nothing else.

use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use std::net::IpAddr;

/// The one address in a text, and nothing else, of the family asked.
pub(super) fn one_address(text: &str, family: Family) -> Result<IpAddr, Fault> {
    let text = text.trim_ascii();
    let Ok(address) = text.parse::<IpAddr>() else {
        return Err(not_an_address(text));
    };
    if Family::of(address) != family {
        let what = format!("answered with an {} address where {family} was asked", Family::of(address));
        return Err(Fault::new(Class::Unexpected, what).said(address.to_string()));
    }
    Ok(address)
}

pub(super) fn not_an_address(text: &str) -> Fault {
    if text.is_empty() {
        return Fault::new(Class::Unexpected, "the answer is empty");
    }
    if text.starts_with('<') {
        return Fault::new(Class::Unexpected, "answered with a web page instead of an address")
            .said(beginning(text))
            .hint("look for a captive portal or a proxy between this machine and the internet");
    }
    Fault::new(Class::Unexpected, "the answer is not one address and nothing else").said(beginning(text))
}

/// Enough of a text to recognise it by.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}

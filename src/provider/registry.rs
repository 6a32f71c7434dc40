//! What there is to know about each built-in provider without asking it: the table behind `dynflare providers`, the
//! generated reference and the checks of the configuration.
//!
//! One row per provider, sorted by id. How a provider is spoken to is its adapter's business.

use super::cloudflare;
use dynflare_core::address::Family;

/// One built-in provider.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The word in a record string, before the first colon.
    pub id: &'static str,
    /// The name as its owner writes it.
    pub name: &'static str,
    /// What its API can do.
    pub shape: Shape,
    /// The families it publishes.
    pub families: &'static [Family],
    /// The attributes that can be set on a record, sorted.
    pub attributes: &'static [Attribute],
    /// The shortest TTL in seconds that every account may set.
    pub min_ttl: u32,
    /// The page of its API.
    pub docs: &'static str,
    /// The environment variables its credentials come from, each with its meaning.
    pub env: &'static [(&'static str, &'static str)],
    /// Against what the adapter was proven.
    pub verified: &'static str,
}

/// What the unit of a provider's API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Records with identifiers and attributes.
    Records,
    /// Whole RRsets.
    RrSet,
}

impl Shape {
    /// The word for tables and documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::RrSet => "RRset",
        }
    }
}

/// What can be set on a record beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// A text that only the owner sees.
    Comment,
    /// Whether the provider's proxy answers.
    Proxied,
    /// Labels.
    Tags,
    /// Time to live.
    Ttl,
}

impl Attribute {
    /// The word in record strings and configuration files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Proxied => "proxied",
            Self::Tags => "tags",
            Self::Ttl => "ttl",
        }
    }
}

/// Every built-in provider, sorted by id.
pub const PROVIDERS: &[Info] = &[
    cloudflare::INFO,
    Info {
        id: "rfc2136",
        name: "RFC 2136 (DNS UPDATE)",
        shape: Shape::RrSet,
        families: &[Family::V4, Family::V6],
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        docs: "https://www.rfc-editor.org/rfc/rfc2136",
        env: &[
            ("RFC2136_SERVER", "the zone's primary server: name or address, with an optional port"),
            ("RFC2136_KEY", "the TSIG key: [ALGORITHM:]NAME:SECRET"),
        ],
        verified: "tests against BIND 9, Knot DNS and PowerDNS",
    },
];

/// The provider of this id.
pub fn find(id: &str) -> Option<&'static Info> {
    PROVIDERS.iter().find(|info| info.id == id)
}

#[cfg(test)]
mod tests {
    use super::{PROVIDERS, find};

    #[test]
    fn the_table_is_sorted_and_every_row_is_found_by_its_id() {
        assert!(PROVIDERS.is_sorted_by(|a, b| a.id < b.id));
        for info in PROVIDERS {
            assert_eq!(find(info.id).map(|found| found.name), Some(info.name));
            assert!(info.attributes.is_sorted(), "{}", info.id);
            assert!(info.docs.starts_with("https://"), "{}", info.id);
        }
        assert!(find("nowhere").is_none());
    }
}

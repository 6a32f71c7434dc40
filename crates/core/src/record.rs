//! Records and RRsets (RFC 9499 §5) as a provider shows them and as a user wants them.

use crate::address::Family;
use crate::name::Name;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

mod content;
pub use content::{comparable, presentable};

#[cfg(test)]
mod tests;

/// A record type that Dynflare can write.
///
/// Address types get their content from the agreed address; the others from a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the registered mnemonics")]
pub enum RecordType {
    A,
    Aaaa,
    Caa,
    Cname,
    Https,
    Mx,
    Srv,
    Svcb,
    Txt,
}

/// Every type with its mnemonic and its number in the IANA registry "DNS Resource Record TYPEs", sorted by mnemonic.
const TYPES: &[(RecordType, &str, u16)] = &[
    (RecordType::A, "A", 1),
    (RecordType::Aaaa, "AAAA", 28),
    (RecordType::Caa, "CAA", 257),
    (RecordType::Cname, "CNAME", 5),
    (RecordType::Https, "HTTPS", 65),
    (RecordType::Mx, "MX", 15),
    (RecordType::Srv, "SRV", 33),
    (RecordType::Svcb, "SVCB", 64),
    (RecordType::Txt, "TXT", 16),
];

impl RecordType {
    /// All types, sorted by mnemonic.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(|row| row.0)
    }

    /// The mnemonic, `AAAA`.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The number of the type on the wire.
    pub fn code(self) -> u16 {
        self.row().2
    }

    /// The family whose address is the content, for the two address types.
    pub fn family(self) -> Option<Family> {
        match self {
            Self::A => Some(Family::V4),
            Self::Aaaa => Some(Family::V6),
            Self::Caa | Self::Cname | Self::Https | Self::Mx | Self::Srv | Self::Svcb | Self::Txt => None,
        }
    }

    fn row(self) -> &'static (Self, &'static str, u16) {
        TYPES.iter().find(|row| row.0 == self).expect("every variant has a row in TYPES")
    }
}

impl From<Family> for RecordType {
    fn from(family: Family) -> Self {
        match family {
            Family::V4 => Self::A,
            Family::V6 => Self::Aaaa,
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no record type that Dynflare writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownType;

impl FromStr for RecordType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        TYPES.iter().find(|row| row.1.eq_ignore_ascii_case(text)).map(|row| row.0).ok_or(UnknownType)
    }
}

/// What a step is about: one name and one type. Scope is never wider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The owner name.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// One record as a provider of the records shape lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The provider's identifier of the record.
    pub id: String,
    /// Name and type.
    pub key: Key,
    /// The data in presentation form; addresses in their shortest form (RFC 5952).
    pub content: String,
    /// Everything else that is set on it.
    pub attributes: Attributes,
}

/// What can be set on a record beside its content. `None`: not given, so keep what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Time to live in seconds; at Cloudflare 1 means automatic.
    pub ttl: Option<u32>,
    /// Whether the provider's proxy answers in place of the content (Cloudflare).
    pub proxied: Option<bool>,
    /// The comment, which carries the owner mark.
    pub comment: Option<String>,
    /// Tags in the provider's form, sorted.
    pub tags: Option<Vec<String>>,
}

impl Attributes {
    /// What of `self` (as wanted) differs from `there`. A wish that is not set never differs; neither does the TTL of
    /// a record that is proxied, which the proxy sets, nor one that the provider does not show.
    #[must_use]
    pub fn drift_from(&self, there: &Self) -> Self {
        let proxied = there.proxied.unwrap_or(false);
        let will_be_proxied = self.proxied.unwrap_or(proxied);
        let ttl = self.ttl.filter(|ttl| !will_be_proxied && there.ttl.is_some_and(|there| there != *ttl));
        let comment = there.comment.as_deref().unwrap_or_default();
        let tags = there.tags.as_deref().unwrap_or_default();
        Self {
            ttl,
            proxied: self.proxied.filter(|wanted| *wanted != proxied),
            comment: self.comment.clone().filter(|wanted| wanted != comment),
            tags: self.tags.clone().filter(|wanted| !same_tags(wanted, tags)),
        }
    }

    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn same_tags(some: &[String], others: &[String]) -> bool {
    some.len() == others.len() && some.iter().all(|tag| others.contains(tag))
}

/// A whole RRset: the values of one name and type, with their one TTL (RFC 2181 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RrSet {
    /// Name and type.
    pub key: Key,
    /// Time to live in seconds; `None` when the set is empty.
    pub ttl: Option<u32>,
    /// The data in presentation form, sorted and without repeats; addresses as in RFC 5952.
    pub values: Vec<String>,
}

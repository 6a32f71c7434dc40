//! Domain names (RFC 1034 §3.1, RFC 9499 §2): absolute, lower-case, A-labels only.
//!
//! Unicode becomes A-labels at the edge, before it comes here. A wildcard (RFC 4592) may lead. No public-suffix list:
//! which zone a name lies in is a question of exact suffixes.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// An absolute domain name without the trailing dot, lower-case, in A-label form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing there, or only the root.
    Empty,
    /// Two dots in a row, or a leading one.
    EmptyLabel,
    /// A label of more than 63 octets (RFC 1035 §2.3.4).
    LabelTooLong,
    /// More than 253 characters (255 octets on the wire, RFC 1035 §2.3.4).
    TooLong,
    /// A character other than letters, digits, `-` and `_`; or `*` anywhere but as the whole first label.
    Character(char),
    /// An absolute name was asked for inside a zone that does not hold it.
    OutsideZone,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::EmptyLabel => f.write_str("a label between two dots is empty"),
            Self::LabelTooLong => f.write_str("a label is longer than 63 characters"),
            Self::TooLong => f.write_str("the name is longer than 253 characters"),
            Self::Character('*') => f.write_str("`*` may only stand alone as the first label"),
            Self::Character(c) => write!(f, "the character {c:?} cannot stand in a name"),
            Self::OutsideZone => f.write_str("the name does not lie in the zone"),
        }
    }
}

impl core::error::Error for NameError {}

impl Name {
    /// Reads an absolute name; a trailing dot is allowed, case is folded.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        for (position, label) in text.split('.').enumerate() {
            check_label(label, position == 0)?;
        }
        if text.len() > 253 {
            return Err(NameError::TooLong);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Reads a name as a user writes it inside a zone: `@` or nothing is the apex, a name that ends in the zone (or
    /// in a dot) is absolute, anything else is relative.
    pub fn parse_in(text: &str, zone: &Self) -> Result<Self, NameError> {
        if text.is_empty() || text == "@" {
            return Ok(zone.clone());
        }
        let absolute = text.ends_with('.');
        let name = Self::parse(text)?;
        if name.is_within(zone) {
            Ok(name)
        } else if absolute {
            Err(NameError::OutsideZone)
        } else {
            name.below(zone)
        }
    }

    /// This name read as relative to `zone`: `www` below `example.org` is `www.example.org`.
    pub fn below(&self, zone: &Self) -> Result<Self, NameError> {
        let mut text = self.0.clone();
        text.push('.');
        text.push_str(&zone.0);
        Self::parse(&text)
    }

    /// The name as text, without the trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this name is `zone` or lies below it, at a label boundary.
    pub fn is_within(&self, zone: &Self) -> bool {
        self.0.strip_suffix(zone.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The part left of `zone`: `None` for the apex itself and for names outside.
    pub fn relative_to(&self, zone: &Self) -> Option<&str> {
        let rest = self.0.strip_suffix(zone.0.as_str())?.strip_suffix('.')?;
        (!rest.is_empty()).then_some(rest)
    }

    /// The name without its first label; `None` for a single label.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.to_owned()))
    }

    /// Whether the first label is `*` (RFC 4592 §2.1.1).
    pub fn is_wildcard(&self) -> bool {
        self.0 == "*" || self.0.starts_with("*.")
    }

    /// The labels, leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// The longest of `zones` that holds this name.
    pub fn longest_zone<'z>(&self, zones: impl IntoIterator<Item = &'z Self>) -> Option<&'z Self> {
        zones.into_iter().filter(|zone| self.is_within(zone)).max_by_key(|zone| zone.0.len())
    }
}

fn check_label(label: &str, first: bool) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    if label == "*" {
        return if first { Ok(()) } else { Err(NameError::Character('*')) };
    }
    if let Some(bad) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        return Err(NameError::Character(bad));
    }
    if label.len() > 63 { Err(NameError::LabelTooLong) } else { Ok(()) }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests;

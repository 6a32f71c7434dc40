//! Content templates: text with the agreed addresses in it.

use super::Agreed;
use crate::address::{Family, Observation};
use crate::record::{RecordType, comparable};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// What stands for an address while a template is compared as a whole. No template and no address holds these.
const MARKERS: [(Family, char); 2] = [(Family::V4, '\u{1}'), (Family::V6, '\u{2}')];

/// The longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LONGEST_ADDRESS: usize = 45;

/// A record's content with placeholders: `v=spf1 ip4:{ipv4} -all`. `{{` and `}}` stand for braces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Text(String),
    Address(Family),
}

/// Why a text is no template. Positions are byte offsets into the text, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// Nothing there.
    Empty,
    /// A placeholder that does not exist, with its position.
    Unknown(usize, String),
    /// A `{` without its `}`.
    Unclosed(usize),
    /// A `}` without its `{`.
    Stray(usize),
    /// A control character, such as a line break.
    Control(usize),
}

impl TemplateError {
    /// Where in the text, as a byte offset from 0.
    pub fn position(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Unknown(at, _) | Self::Unclosed(at) | Self::Stray(at) | Self::Control(at) => *at,
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the content is empty"),
            Self::Unknown(_, name) => {
                write!(f, "{:?} is no placeholder (there are {{ipv4}} and {{ipv6}})", name.as_str())
            }
            Self::Unclosed(_) => f.write_str("`{` has no `}` (write `{{` for a brace)"),
            Self::Stray(_) => f.write_str("`}` has no `{` (write `}}` for a brace)"),
            Self::Control(_) => f.write_str("a control character cannot stand in a content"),
        }
    }
}

impl core::error::Error for TemplateError {}

/// What a template becomes with what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The text with the addresses in it.
    Filled(String),
    /// It needs a family that is not known.
    NeedsUnknown(Family),
    /// It needs a family that certainly has no address.
    Absent(Family),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if let Some(at) = text.find(char::is_control) {
            return Err(TemplateError::Control(at));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at + c.len_utf8()..];
            match c {
                '{' | '}' if rest.starts_with(c) => {
                    literal.push(c);
                    at += 2;
                }
                '{' => {
                    let (name, _) = rest.split_once('}').ok_or(TemplateError::Unclosed(at))?;
                    let family = match name {
                        "ipv4" => Family::V4,
                        "ipv6" => Family::V6,
                        _ => return Err(TemplateError::Unknown(at, name.to_owned())),
                    };
                    push_text(&mut parts, &mut literal);
                    parts.push(Part::Address(family));
                    at += name.len() + 2;
                }
                '}' => return Err(TemplateError::Stray(at)),
                _ => {
                    literal.push(c);
                    at += c.len_utf8();
                }
            }
        }
        push_text(&mut parts, &mut literal);
        Ok(Self(parts))
    }

    /// The address itself.
    pub fn address(family: Family) -> Self {
        Self(vec![Part::Address(family)])
    }

    /// The families whose address stands in it, IPv4 first, each once.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        Family::BOTH.into_iter().filter(|family| self.needs(*family))
    }

    /// Whether an address of `family` stands in it.
    pub fn needs(&self, family: Family) -> bool {
        self.0.contains(&Part::Address(family))
    }

    /// The text with the agreed addresses in it. Not known goes before not there.
    pub fn fill(&self, agreed: &Agreed) -> Fill {
        let mut absent = None;
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Address(family) => match agreed.of(*family) {
                    Observation::Address(address) => text.push_str(&address.to_string()),
                    Observation::NoAddress => absent = absent.or(Some(*family)),
                    Observation::Unknown(_) => return Fill::NeedsUnknown(*family),
                },
            }
        }
        absent.map_or(Fill::Filled(text), Fill::Absent)
    }

    /// Whether `content`, as a provider shows it, could have come from this template with some addresses. One family
    /// stands for one address, wherever it appears.
    pub fn fits(&self, rtype: RecordType, content: &str) -> bool {
        let pattern = comparable(rtype, &self.with_markers());
        matches(&pattern, &comparable(rtype, content), [None, None])
    }

    /// The text with made-up addresses in it, to see what kind of content it is.
    pub(super) fn sample(&self) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(literal) => literal.as_str(),
                Part::Address(Family::V4) => "192.0.2.1",
                Part::Address(Family::V6) => "2001:db8::1",
            })
            .collect()
    }

    fn with_markers(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Address(family) => {
                    text.extend(MARKERS.iter().filter(|row| row.0 == *family).map(|row| row.1));
                }
            }
        }
        text
    }
}

fn push_text(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Text(core::mem::take(literal)));
    }
}

/// Whether `text` is `pattern` with an address in place of each marker; `found` are the addresses so far, in the order
/// of [`MARKERS`].
fn matches(pattern: &str, text: &str, found: [Option<IpAddr>; 2]) -> bool {
    let next = pattern.char_indices().find_map(|(at, c)| {
        MARKERS.iter().position(|row| row.1 == c).map(|which| (at, which, at + c.len_utf8()))
    });
    let Some((at, which, behind)) = next else { return pattern == text };
    let Some(rest) = text.strip_prefix(&pattern[..at]) else { return false };
    let longest = rest.bytes().take(LONGEST_ADDRESS).take_while(|b| is_address(*b)).count();
    (2..=longest).rev().any(|length| {
        let Ok(address) = rest[..length].parse::<IpAddr>() else { return false };
        if Family::of(address) != MARKERS[which].0 || found[which].is_some_and(|other| other != address) {
            return false;
        }
        let mut found = found;
        found[which] = Some(address);
        matches(&pattern[behind..], &rest[length..], found)
    })
}

fn is_address(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')
}

#[cfg(test)]
mod tests;

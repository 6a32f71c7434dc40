//! Text with placeholders in braces, as definitions write it: `{fqdn}`, `{ip}`, `{token}`.
//!
//! Owns what a placeholder stands for and how its value is written where it goes. That the placeholders of a
//! definition exist is checked with the definition.

use crate::secret::Secret;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Blank {
    /// The whole name, without the last dot; several names of one call with commas between them.
    Fqdn,
    /// The name relative to its zone; `apex` of the definition where it is the zone itself.
    Host,
    /// The zone.
    Zone,
    /// The addresses of the call; IPv4 before IPv6, with a comma between them.
    Ip,
    /// The IPv4 address of the call.
    Ipv4,
    /// The IPv6 address of the call.
    Ipv6,
    /// A credential.
    Field(String),
}

impl Blank {
    fn of(word: &str) -> Self {
        match word {
            "fqdn" => Self::Fqdn,
            "host" => Self::Host,
            "zone" => Self::Zone,
            "ip" => Self::Ip,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            other => Self::Field(other.to_owned()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Blank(Blank),
}

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

/// What placeholders stand for in one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling<'a> {
    pub(super) fqdn: &'a str,
    pub(super) host: Option<&'a str>,
    pub(super) zone: Option<&'a str>,
    pub(super) ipv4: Option<&'a str>,
    pub(super) ipv6: Option<&'a str>,
    pub(super) fields: &'a BTreeMap<&'static str, Secret>,
}

/// Where a template's text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Into a path or a query, where credentials are percent-encoded.
    Url,
    /// Anywhere else, as it is.
    Plain,
}

impl Template {
    /// Reads a template. A brace without its other half is a mistake.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) =
                after.split_once('}').ok_or_else(|| format!("`{text}` has a `{{` without its `}}`"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Blank(Blank::of(word)));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let stray = parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('}')));
        if stray { Err(format!("`{text}` has a `}}` without its `{{`")) } else { Ok(Self(parts)) }
    }

    /// Its placeholders.
    pub(super) fn blanks(&self) -> impl Iterator<Item = &Blank> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Blank(blank) => Some(blank),
        })
    }

    /// The text it becomes; `None` where one of its placeholders stands for nothing in this call.
    pub(super) fn fill(&self, filling: &Filling<'_>, place: Place) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(written) => text.push_str(written),
                Part::Blank(blank) => text.push_str(&filling.of(blank, place)?),
            }
        }
        Some(text)
    }
}

impl Filling<'_> {
    fn of(&self, blank: &Blank, place: Place) -> Option<String> {
        match blank {
            Blank::Fqdn => Some(self.fqdn.to_owned()),
            Blank::Host => self.host.map(str::to_owned),
            Blank::Zone => self.zone.map(str::to_owned),
            Blank::Ip => match (self.ipv4, self.ipv6) {
                (Some(v4), Some(v6)) => Some(format!("{v4},{v6}")),
                (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
                (None, None) => None,
            },
            Blank::Ipv4 => self.ipv4.map(str::to_owned),
            Blank::Ipv6 => self.ipv6.map(str::to_owned),
            Blank::Field(key) => {
                let secret = self.fields.get(key.as_str())?.expose();
                Some(match place {
                    Place::Url => encoded(secret),
                    Place::Plain => secret.to_owned(),
                })
            }
        }
    }
}

/// Percent-encoded: every octet but the unreserved ones (RFC 3986 §2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            write!(encoded, "%{octet:02X}").expect("invariant: a string takes all that is written to it");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, place: Place) -> Option<String> {
        let fields = BTreeMap::from([("key", Secret::new("a b&c"))]);
        let filling = Filling {
            fqdn: "home.example.org",
            host: Some("home"),
            zone: None,
            ipv4: Some("192.0.2.1"),
            ipv6: Some("2001:db8::1"),
            fields: &fields,
        };
        Template::parse(text).expect("a template").fill(&filling, place)
    }

    #[test]
    fn credentials_are_encoded_in_a_url_and_nowhere_else() {
        assert_eq!(fill("{fqdn}:{key}", Place::Plain).as_deref(), Some("home.example.org:a b&c"));
        assert_eq!(fill("/u/{key}/", Place::Url).as_deref(), Some("/u/a%20b%26c/"));
        assert_eq!(fill("{ip}", Place::Url).as_deref(), Some("192.0.2.1,2001:db8::1"));
    }

    #[test]
    fn what_stands_for_nothing_makes_no_text() {
        assert_eq!(fill("{zone}", Place::Plain), None);
        assert_eq!(fill("{other}", Place::Plain), None);
    }

    #[test]
    fn a_brace_has_its_other_half() {
        assert_eq!(Template::parse("{ip").expect_err("half").as_str(), "`{ip` has a `{` without its `}`");
        assert_eq!(Template::parse("ip}").expect_err("half").as_str(), "`ip}` has a `}` without its `{`");
    }
}

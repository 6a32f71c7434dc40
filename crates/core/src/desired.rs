//! What a name should hold, derived from the agreed addresses.
//!
//! A [`Wish`] is what the user asked for, checked once: templates, host ids, attributes, owner. Together with what a
//! round agreed on it becomes a [`Desired`], or nothing: an unknown family never becomes a value, so it can never
//! become a step. What is done about a family that certainly has no address is the round's business.

use crate::address::{Family, Observation};
use crate::quorum::Part;
use crate::record::{Attributes, Key, RecordType, comparable, presentable};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

mod hosts;
mod owner;
mod template;
pub use hosts::{Hosts, HostsError};
pub use owner::{Mark, OwnerError, OwnerMark};
pub use template::{Fill, Template, TemplateError};

#[cfg(test)]
mod tests;

/// What a round knows of the two families, each on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    v4: Observation,
    v6: Observation,
    networks: Vec<(u8, Observation)>,
}

impl Agreed {
    /// What is known of IPv4 and of IPv6. An address in the wrong place counts as not known.
    pub fn new(v4: Observation, v6: Observation) -> Self {
        Self { v4: of_family(Family::V4, v4), v6: of_family(Family::V6, v6), networks: Vec::new() }
    }

    /// Adds what is known of the IPv6 network of that length alone, which can be more than of the address in it.
    #[must_use]
    pub fn with_network(mut self, length: u8, known: Observation) -> Self {
        self.networks.retain(|(other, _)| *other != length);
        self.networks.push((length, of_family(Family::V6, known)));
        self
    }

    /// The knowledge of someone who needs no more of IPv6 than the network of that length.
    fn of_network(&self, length: u8) -> Self {
        let known = self.networks.iter().find(|(other, _)| *other == length).map(|(_, known)| known);
        Self { v6: known.unwrap_or(&self.v6).clone(), ..self.clone() }
    }

    /// What is known of one family.
    pub fn of(&self, family: Family) -> &Observation {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// What is known of one more address that this machine has beside the one known.
    #[must_use]
    pub fn beside(&self, address: IpAddr) -> Self {
        Self { networks: Vec::new(), ..self.with(address) }
    }

    fn with(&self, address: IpAddr) -> Self {
        let mut agreed = self.clone();
        match Family::of(address) {
            Family::V4 => agreed.v4 = Observation::Address(address),
            Family::V6 => agreed.v6 = Observation::Address(address),
        }
        agreed
    }
}

fn of_family(family: Family, known: Observation) -> Observation {
    match known {
        Observation::Address(address) if Family::of(address) != family => {
            Observation::Unknown("the address is of the other family".to_owned())
        }
        Observation::Address(_) | Observation::NoAddress | Observation::Unknown(_) => known,
    }
}

/// What happens to an attribute of an existing record that is not as the user set it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDrift {
    /// It stays, and the plan mentions it. What the user set counts for new records only.
    #[default]
    Leave,
    /// It is corrected (`enforce = true`).
    Correct,
}

/// What a user wants one name and type to hold, before any address is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    key: Key,
    owner: OwnerMark,
    templates: Vec<Template>,
    hosts: Option<Hosts>,
    attributes: Attributes,
    on_drift: OnDrift,
}

/// Why a wish cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WishError {
    /// A type without a default content, and no content given.
    NoContent(RecordType),
    /// The content of an address record does not become an address of its family; the index of the template.
    NotAnAddress(usize),
    /// Host ids are given, and no content uses `{ipv6}`.
    HostsUnused,
    /// The comment lacks the mark, so that a record made with it would not be recognised as owned.
    CommentLacksMark(OwnerMark),
}

impl fmt::Display for WishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContent(rtype) => write!(f, "a record of type {rtype} needs a content"),
            Self::NotAnAddress(_) => {
                f.write_str("the content does not become an address of the record's family")
            }
            Self::HostsUnused => f.write_str("a host id is set, but nothing in the content uses {ipv6}"),
            Self::CommentLacksMark(mark) => {
                write!(f, "the comment must contain `{mark}`, or the record would not be recognised as owned")
            }
        }
    }
}

impl core::error::Error for WishError {}

impl Wish {
    /// The wish that `key` holds what `templates` become; none at all stands for the address itself.
    pub fn new(key: Key, owner: OwnerMark, templates: Vec<Template>) -> Result<Self, WishError> {
        let templates = match (templates.is_empty(), key.rtype.family()) {
            (false, _) => templates,
            (true, Some(family)) => vec![Template::address(family)],
            (true, None) => return Err(WishError::NoContent(key.rtype)),
        };
        if let Some(family) = key.rtype.family() {
            let address = |template: &Template| {
                template.sample().parse().is_ok_and(|address| Family::of(address) == family)
            };
            if let Some(index) = templates.iter().position(|template| !address(template)) {
                return Err(WishError::NotAnAddress(index));
            }
        }
        Ok(Self {
            key,
            owner,
            templates,
            hosts: None,
            attributes: Attributes::default(),
            on_drift: OnDrift::Leave,
        })
    }

    /// Puts these hosts' addresses in the place of the agreed IPv6 address.
    pub fn with_hosts(mut self, hosts: Hosts) -> Result<Self, WishError> {
        if !self.families().contains(&Family::V6) {
            return Err(WishError::HostsUnused);
        }
        self.hosts = Some(hosts);
        Ok(self)
    }

    /// Adds what the user set beside the content. A comment has to carry the owner mark.
    pub fn with_attributes(mut self, attributes: Attributes, on_drift: OnDrift) -> Result<Self, WishError> {
        if attributes.comment.as_ref().is_some_and(|comment| self.owner.found_in(comment) != Mark::Ours) {
            return Err(WishError::CommentLacksMark(self.owner));
        }
        self.attributes = attributes;
        self.on_drift = on_drift;
        Ok(self)
    }

    /// The name and type.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The families whose address is needed, IPv4 first, each once.
    pub fn families(&self) -> Vec<Family> {
        let needed = |family: &Family| self.templates.iter().any(|template| template.needs(*family));
        Family::BOTH.into_iter().filter(needed).collect()
    }

    /// The families whose address is needed, and how much of it: host ids need the network alone.
    pub fn needs(&self) -> Vec<(Family, Part)> {
        let part = |family| match (&self.hosts, family) {
            (Some(hosts), Family::V6) => Part::Network(hosts.length()),
            (Some(_) | None, Family::V4 | Family::V6) => Part::Whole,
        };
        self.families().into_iter().map(|family| (family, part(family))).collect()
    }

    /// What the name should hold now. One family that is not known, or has no address, decides for the whole: a part
    /// of a set is not what was asked for. Not known goes before not there.
    pub fn derive(&self, agreed: &Agreed) -> Derived {
        let agreed = match &self.hosts {
            Some(hosts) => &agreed.of_network(hosts.length()),
            None => agreed,
        };
        let families = self.families();
        let unknown = |family: &Family| matches!(agreed.of(*family), Observation::Unknown(_));
        if let Some(family) = families.iter().copied().find(unknown) {
            return Derived::Unknown(family);
        }
        let mut values = Vec::new();
        for agreed in self.variants(agreed) {
            for template in &self.templates {
                match template.fill(&agreed) {
                    Fill::Filled(text) => values.push(presentable(self.key.rtype, &text)),
                    Fill::NeedsUnknown(family) => return Derived::Unknown(family),
                    Fill::Absent(family) => return Derived::Absent(family),
                }
            }
        }
        values.sort();
        values.dedup_by_key(|value| comparable(self.key.rtype, value));
        Derived::Desired(self.desired(values))
    }

    /// What the name should hold where several ways lead out, with what is known over each: the values of all as one
    /// set. A way without an address adds none; one that is not known decides for the whole.
    pub fn derive_all(&self, known: &[Agreed]) -> Derived {
        let mut values = Vec::new();
        let mut absent = None;
        for agreed in known {
            match self.derive(agreed) {
                Derived::Desired(desired) => values.extend(desired.values),
                Derived::Absent(family) => absent = Some(family),
                Derived::Unknown(family) => return Derived::Unknown(family),
            }
        }
        match absent {
            Some(family) if values.is_empty() => return Derived::Absent(family),
            Some(_) | None => {}
        }
        values.sort();
        values.dedup_by_key(|value| comparable(self.key.rtype, value));
        Derived::Desired(self.desired(values))
    }

    /// The wish that there be nothing of ours: what deletion plans from.
    pub fn nothing(&self) -> Desired {
        self.desired(Vec::new())
    }

    /// How many values one way out makes: one per template and host.
    pub fn breadth(&self) -> usize {
        self.templates.len() * self.hosts.as_ref().map_or(1, Hosts::count)
    }

    /// The knowledge once per host, or just as it is.
    fn variants(&self, agreed: &Agreed) -> Vec<Agreed> {
        match (&self.hosts, agreed.of(Family::V6)) {
            (Some(hosts), Observation::Address(IpAddr::V6(address))) => {
                hosts.beside(*address).into_iter().map(|host| agreed.with(IpAddr::V6(host))).collect()
            }
            (Some(_) | None, Observation::Address(_) | Observation::NoAddress | Observation::Unknown(_)) => {
                vec![agreed.clone()]
            }
        }
    }

    fn desired(&self, values: Vec<String>) -> Desired {
        Desired {
            key: self.key.clone(),
            values,
            attributes: self.attributes.clone(),
            on_drift: self.on_drift,
            owner: self.owner.clone(),
            templates: self.templates.clone(),
        }
    }
}

/// What a wish becomes with what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derived {
    /// This is what the name should hold.
    Desired(Desired),
    /// The family is not known, so nothing may be done.
    Unknown(Family),
    /// The family certainly has no address.
    Absent(Family),
}

/// What one name and type should hold. Comes from a [`Wish`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Desired {
    /// Name and type.
    pub key: Key,
    /// The data in presentation form, sorted and without repeats; addresses as in RFC 5952, TXT in quotes. Empty
    /// where nothing of ours should be there.
    pub values: Vec<String>,
    /// What the user set beside the content.
    pub attributes: Attributes,
    /// What happens to attributes that are not as set.
    pub on_drift: OnDrift,
    /// How owned records are told from others.
    pub owner: OwnerMark,
    /// What the values came from.
    pub templates: Vec<Template>,
}

impl Desired {
    /// Whether `content` is one of the values, however it is written.
    pub fn wants(&self, content: &str) -> bool {
        let content = comparable(self.key.rtype, content);
        self.values.iter().any(|value| comparable(self.key.rtype, value) == content)
    }

    /// Whether `content` could have come from one of the templates at some other time.
    pub fn fits(&self, content: &str) -> bool {
        self.templates.iter().any(|template| template.fits(self.key.rtype, content))
    }

    /// The attributes of a new record: as set, with a comment that carries the mark.
    #[must_use]
    pub fn attributes_of_new(&self) -> Attributes {
        Attributes { comment: Some(self.new_comment()), ..self.attributes.clone() }
    }

    /// The comment of a new record: the one set, or the mark alone.
    pub fn new_comment(&self) -> String {
        self.attributes.comment.clone().unwrap_or_else(|| self.owner.to_string())
    }
}

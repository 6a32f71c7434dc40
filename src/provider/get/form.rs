//! The written form of a definition, as TOML has it: what is read before anything of it is checked.
//!
//! An unknown key is a mistake at once. What the keys mean is told in docs/providers-get.md.

use crate::provider::push::{About, PerCall};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) verified: String,
    pub(super) like: Option<Like>,
    pub(super) insecure: Option<String>,
    pub(super) url: Urls,
    pub(super) method: Option<Verb>,
    pub(super) query: Option<Vec<Entry>>,
    pub(super) wildcard: Option<Wildcard>,
    pub(super) offline: Option<Offline>,
    pub(super) basic: Option<String>,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    pub(super) families: Option<Vec<FamilyWord>>,
    pub(super) per_call: Option<PerCall>,
    pub(super) apex: Option<String>,
    #[serde(default)]
    pub(super) zones: Vec<String>,
    #[serde(default)]
    pub(super) reply: Vec<Rule>,
    #[serde(default)]
    pub(super) echo: bool,
    #[serde(default)]
    pub(super) limits: Limits,
    pub(super) credentials: Option<BTreeMap<String, Credential>>,
    #[serde(default)]
    pub(super) alternatives: Vec<Alternative>,
    #[serde(default)]
    pub(super) expect: Vec<Vector>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Like {
    Dyndns2,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Verb {
    #[default]
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FamilyWord {
    Ipv4,
    Ipv6,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a URL or { ipv4 = \"…\", ipv6 = \"…\" }")]
pub(super) enum Urls {
    One(String),
    Each(Each),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Each {
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
}

/// A key of the query and its value.
pub(super) type Entry = (String, Text);

#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, { ipv4 = \"…\", ipv6 = \"…\" } or { with = \"…\", without = \"…\" }"
)]
pub(super) enum Text {
    Always(String),
    Or(Or),
    Each(Each),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Or {
    pub(super) with: String,
    pub(super) without: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected \"as-is\" or a list of entries like `query`")]
pub(super) enum Wildcard {
    Word(String),
    Query(Vec<Entry>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offline {
    pub(super) query: Vec<Entry>,
    pub(super) families: OfflineFamilies,
}

/// What is gone after the call that takes a name back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OfflineFamilies {
    /// The addresses of the family at hand.
    One,
    /// Those of both.
    Both,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) status: Option<Statuses>,
    pub(super) equals: Option<Texts>,
    pub(super) prefix: Option<Texts>,
    pub(super) contains: Option<Texts>,
    pub(super) means: Meaning,
    pub(super) wait: Option<String>,
    pub(super) about: Option<About>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected an HTTP status or a list of them")]
pub(super) enum Statuses {
    One(u16),
    Several(Vec<u16>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of them, any of which is enough")]
pub(super) enum Texts {
    One(String),
    Several(Vec<String>),
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The addresses were taken.
    Updated,
    /// They were there already.
    Unchanged,
    /// The credentials were refused.
    Denied,
    /// The name is not there, or somebody else's.
    NoSuchName,
    /// Blocked for abuse.
    Abuse,
    /// Not now.
    RetryLater,
    /// The request is wrong and will stay so.
    Rejected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) cooldown: Option<String>,
    pub(super) refresh: Option<String>,
    pub(super) hosts: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or { about = \"…\", secret = …, optional = …, env = […] }")]
pub(super) enum Credential {
    About(String),
    Full(FullCredential),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FullCredential {
    pub(super) about: String,
    pub(super) secret: Option<bool>,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) env: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternative {
    pub(super) url: Option<Urls>,
    pub(super) query: Option<Vec<Entry>>,
    pub(super) wildcard: Option<Wildcard>,
    pub(super) offline: Option<Offline>,
    pub(super) basic: Option<String>,
    pub(super) headers: Option<Vec<(String, String)>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    pub(super) body: String,
    #[serde(default = "ok")]
    pub(super) status: u16,
    pub(super) means: Meaning,
    pub(super) wait: Option<String>,
}

fn ok() -> u16 {
    200
}

//! What is known of one provider of the GET family: a definition, read from TOML and checked.
//!
//! Owns the checks; every mistake is named with its key. The written form is `form`, its explanation
//! docs/providers-get.md. How a call is made from a definition is `call`'s business, how an answer is read `reply`'s.

pub use super::form::Meaning;
use super::form::{self, Credential, FamilyWord, Form, Like, Text, Urls};
use super::reply::{Replies, Vector};
use super::template::{Blank, Template};
use crate::net::http::Base;
use crate::provider::push::PerCall;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use hyper::header::HeaderName;
use std::collections::BTreeSet;
use std::time::Duration;

/// One provider.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The word in a record string.
    pub id: String,
    /// The name as its owner writes it.
    pub name: String,
    /// The page of its API.
    pub docs: String,
    /// How it is known that the definition is right.
    pub verified: String,
    /// Why it is not spoken to over TLS; almost always nothing.
    pub insecure: Option<String>,
    /// The credentials, sorted.
    pub fields: Vec<Field>,
    /// The families it takes, IPv4 first.
    pub families: Vec<Family>,
    /// What one call does to the two families of a name.
    pub per_call: PerCall,
    /// The least time between two calls for one name.
    pub cooldown: Duration,
    /// After what time addresses are sent again so that the name does not lapse.
    pub refresh: Option<Duration>,
    /// How many names one call may carry.
    pub hosts: usize,
    /// Zones of the provider itself, which need not be written in a record.
    pub zones: Vec<Name>,
    /// What `{host}` is where the name is the zone.
    pub(super) apex: String,
    /// How it is called: the first of these whose credentials are all given.
    pub(super) variants: Vec<Variant>,
    /// How its answers are read.
    pub(super) replies: Replies,
    /// Answers and what they mean, for the tests.
    pub(super) expect: Vec<Vector>,
}

/// A credential, or another thing that the user has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the configuration.
    pub key: String,
    /// What it is and where it is found.
    pub about: String,
    /// Whether it must not be seen.
    pub secret: bool,
    /// Whether there is a way without it.
    pub optional: bool,
    /// Variables it may come from beside `ID_KEY`.
    pub env: Vec<String>,
}

/// One way to call a provider.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) urls: PerFamily<Url>,
    pub(super) form: bool,
    pub(super) query: Vec<Entry>,
    pub(super) wildcard: Wildcard,
    pub(super) offline: Option<Offline>,
    pub(super) basic: Option<Template>,
    pub(super) headers: Vec<(HeaderName, Template)>,
}

/// One thing, or one for each family.
#[derive(Clone, Debug)]
pub(super) enum PerFamily<T> {
    Same(T),
    Each { ipv4: Option<T>, ipv6: Option<T> },
}

#[derive(Clone, Debug)]
pub(super) struct Url {
    /// Scheme, host and port.
    pub(super) base: Where,
    pub(super) path: Template,
}

/// Where a call goes.
#[derive(Clone, Debug)]
pub(super) enum Where {
    /// There.
    Fixed(Base),
    /// To the server that the field of this name gives.
    Field(String),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: EntryValue,
}

#[derive(Clone, Debug)]
pub(super) enum EntryValue {
    Of(PerFamily<Template>),
    Or { with: Template, without: Template },
}

/// What becomes of a name that begins with `*`.
#[derive(Clone, Debug)]
pub(super) enum Wildcard {
    None,
    /// It is sent as it is.
    AsIs,
    /// It is sent without the `*.`, and these entries beside it.
    Query(Vec<Entry>),
}

/// How a name is taken back.
#[derive(Clone, Debug)]
pub(super) struct Offline {
    pub(super) query: Vec<Entry>,
    pub(super) families: form::OfflineFamilies,
}

/// Something wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key, with those around it: `limits.cooldown`.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.key, self.what)
    }
}

/// Mistakes, as they are found.
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.0.push(Mistake { key: key.into(), what: what.into() });
    }

    /// The value, or its mistake under this key.
    pub(super) fn note<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|what| self.add(key, what)).ok()
    }
}

impl<T> PerFamily<T> {
    pub(super) fn of(&self, family: Family) -> Option<&T> {
        match (self, family) {
            (Self::Same(one), _) => Some(one),
            (Self::Each { ipv4, .. }, Family::V4) => ipv4.as_ref(),
            (Self::Each { ipv6, .. }, Family::V6) => ipv6.as_ref(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        let (first, second) = match self {
            Self::Same(one) => (Some(one), None),
            Self::Each { ipv4, ipv6 } => (ipv4.as_ref(), ipv6.as_ref()),
        };
        first.into_iter().chain(second)
    }
}

impl Entry {
    pub(super) fn templates(&self) -> Vec<&Template> {
        match &self.value {
            EntryValue::Of(value) => value.all().collect(),
            EntryValue::Or { with, without } => vec![with, without],
        }
    }
}

impl Variant {
    /// The placeholders it needs, whatever the call.
    pub(super) fn blanks(&self) -> BTreeSet<&Blank> {
        let extra: &[Entry] = match &self.wildcard {
            Wildcard::None | Wildcard::AsIs => &[],
            Wildcard::Query(entries) => entries,
        };
        let offline = self.offline.iter().flat_map(|offline| &offline.query);
        let entries = self.query.iter().chain(extra).chain(offline).flat_map(Entry::templates);
        let headers = self.headers.iter().map(|(_, template)| template);
        let paths = self.urls.all().map(|url| &url.path);
        entries.chain(headers).chain(paths).chain(self.basic.as_ref()).flat_map(Template::blanks).collect()
    }

    /// The credentials it needs.
    pub(super) fn fields(&self) -> BTreeSet<&str> {
        let server = self.urls.all().filter_map(|url| match &url.base {
            Where::Fixed(_) => None,
            Where::Field(key) => Some(key.as_str()),
        });
        let blanks = self.blanks().into_iter().filter_map(|blank| match blank {
            Blank::Field(key) => Some(key.as_str()),
            Blank::Fqdn | Blank::Host | Blank::Zone | Blank::Ip | Blank::Ipv4 | Blank::Ipv6 => None,
        });
        blanks.chain(server).collect()
    }
}

impl Definition {
    /// Reads a definition and checks it; all mistakes at once.
    ///
    /// # Errors
    /// What is wrong, each with its key; where it is no definition at all, that alone.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let form = toml::from_str(text);
        Self::checked(form.map_err(|error| unreadable(&error))?)
    }

    /// The same of a table that was read already.
    ///
    /// # Errors
    /// As for [`Definition::parse`].
    pub fn of_table(table: toml::Table) -> Result<Self, Vec<Mistake>> {
        Self::checked(table.try_into().map_err(|error| unreadable(&error))?)
    }

    fn checked(form: Form) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes(Vec::new());
        let definition = Self::of(form, &mut mistakes);
        // What could not be read is not checked further.
        if mistakes.0.is_empty() {
            super::check::check(&definition, &mut mistakes);
        }
        if mistakes.0.is_empty() { Ok(definition) } else { Err(mistakes.0) }
    }

    fn of(form: Form, mistakes: &mut Mistakes) -> Self {
        let dyndns2 = form.like == Some(Like::Dyndns2);
        let fields = fields(form.credentials.as_ref(), dyndns2);
        let families: Vec<Family> = match &form.families {
            None => Family::BOTH.to_vec(),
            Some(words) => Family::BOTH.into_iter().filter(|family| words.contains(&word(*family))).collect(),
        };
        let zones = form.zones.iter().filter_map(|zone| {
            mistakes.note("zones", Name::parse(zone).map_err(|_| format!("`{zone}` is no name")))
        });
        let zones = zones.collect();
        let main = form::Alternative {
            url: Some(form.url.clone()),
            query: form.query.clone().or_else(|| dyndns2.then(super::dyndns2::query)),
            wildcard: form.wildcard.clone(),
            offline: form.offline.clone(),
            basic: form.basic.clone().or_else(|| dyndns2.then(|| super::dyndns2::BASIC.to_owned())),
            headers: Some(form.headers.clone()),
        };
        let method = form.method.unwrap_or_default();
        let mut variants = Vec::new();
        for (at, alternative) in form.alternatives.iter().enumerate() {
            let inherited = form::Alternative {
                url: alternative.url.clone().or_else(|| main.url.clone()),
                query: alternative.query.clone().or_else(|| main.query.clone()),
                wildcard: alternative.wildcard.clone().or_else(|| main.wildcard.clone()),
                offline: alternative.offline.clone().or_else(|| main.offline.clone()),
                basic: alternative.basic.clone(),
                headers: alternative.headers.clone(),
            };
            let key = format!("alternatives[{at}].");
            variants.extend(variant(inherited, method, &key, mistakes));
        }
        if let Some(main) = variant(main, method, "", mistakes) {
            variants.insert(0, main);
        }
        let replies = Replies::of(&form.reply, form.like, form.echo, mistakes);
        let expect = Vector::all(&form.expect, form.like, mistakes);
        let limits = form.limits;
        let cooldown = limits.cooldown.map(|text| mistakes.note("limits.cooldown", duration(&text)));
        let refresh = limits.refresh.map(|text| mistakes.note("limits.refresh", duration(&text)));
        Self {
            id: form.id,
            name: form.name,
            docs: form.docs,
            verified: form.verified,
            insecure: form.insecure,
            fields,
            families,
            per_call: form.per_call.unwrap_or_default(),
            cooldown: cooldown.flatten().unwrap_or_default(),
            refresh: refresh.flatten(),
            hosts: limits.hosts.unwrap_or(1),
            zones,
            apex: form.apex.unwrap_or_else(|| "@".to_owned()),
            variants,
            replies,
            expect,
        }
    }

    /// Whether names can be taken back.
    pub fn can_remove(&self) -> bool {
        self.variants.iter().all(|variant| variant.offline.is_some())
    }

    /// Whether a record has to say its zone: the name alone is not what is sent.
    pub fn needs_zone(&self) -> bool {
        self.zones.is_empty()
            && self.variants.iter().any(|variant| {
                variant.blanks().iter().any(|blank| matches!(blank, Blank::Host | Blank::Zone))
            })
    }
}

fn unreadable(error: &toml::de::Error) -> Vec<Mistake> {
    vec![Mistake { key: "definition".to_owned(), what: error.to_string().trim().to_owned() }]
}

fn word(family: Family) -> FamilyWord {
    match family {
        Family::V4 => FamilyWord::Ipv4,
        Family::V6 => FamilyWord::Ipv6,
    }
}

fn fields(written: Option<&std::collections::BTreeMap<String, Credential>>, dyndns2: bool) -> Vec<Field> {
    let Some(written) = written else {
        return if dyndns2 { super::dyndns2::fields() } else { Vec::new() };
    };
    let field = |(key, credential): (&String, &Credential)| match credential {
        Credential::About(about) => {
            Field { key: key.clone(), about: about.clone(), secret: true, optional: false, env: vec![] }
        }
        Credential::Full(full) => Field {
            key: key.clone(),
            about: full.about.clone(),
            secret: full.secret.unwrap_or(true),
            optional: full.optional,
            env: full.env.clone(),
        },
    };
    written.iter().map(field).collect()
}

fn variant(
    form: form::Alternative,
    method: form::Verb,
    at: &str,
    mistakes: &mut Mistakes,
) -> Option<Variant> {
    let key = |key: &str| format!("{at}{key}");
    let urls = match form.url? {
        Urls::One(url) => PerFamily::Same(mistakes.note(&key("url"), url_of(&url))?),
        Urls::Each(each) => PerFamily::Each {
            ipv4: each.ipv4.and_then(|url| mistakes.note(&key("url.ipv4"), url_of(&url))),
            ipv6: each.ipv6.and_then(|url| mistakes.note(&key("url.ipv6"), url_of(&url))),
        },
    };
    let wildcard = match form.wildcard {
        None => Wildcard::None,
        Some(form::Wildcard::Word(word)) if word == "as-is" => Wildcard::AsIs,
        Some(form::Wildcard::Word(_)) => {
            mistakes.add(key("wildcard"), "expected \"as-is\" or a list of entries like `query`");
            Wildcard::None
        }
        Some(form::Wildcard::Query(list)) => Wildcard::Query(entries(list, &key("wildcard"), mistakes)),
    };
    let offline = form.offline.map(|offline| Offline {
        query: entries(offline.query, &key("offline.query"), mistakes),
        families: offline.families,
    });
    let headers = form.headers.unwrap_or_default().into_iter().filter_map(|(name, value)| {
        let template = mistakes.note(&key("headers"), Template::parse(&value))?;
        let name = name.parse().map_err(|_| format!("`{name}` is no name of a header"));
        Some((mistakes.note(&key("headers"), name)?, template))
    });
    let headers = headers.collect();
    Some(Variant {
        urls,
        form: method == form::Verb::Post,
        query: entries(form.query.unwrap_or_default(), &key("query"), mistakes),
        wildcard,
        offline,
        // Empty is none: so says a definition that is like dyndns2 and has no user and password.
        basic: form
            .basic
            .filter(|basic| !basic.is_empty())
            .and_then(|basic| mistakes.note(&key("basic"), Template::parse(&basic))),
        headers,
    })
}

fn entries(list: Vec<form::Entry>, key: &str, mistakes: &mut Mistakes) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, text) in list {
        let mut template = |text: &str| mistakes.note(&format!("{key}.{name}"), Template::parse(text));
        let value = match text {
            Text::Always(text) => template(&text).map(|one| EntryValue::Of(PerFamily::Same(one))),
            Text::Each(each) => {
                let (ipv4, ipv6) =
                    (each.ipv4.map(|text| template(&text)), each.ipv6.map(|text| template(&text)));
                Some(EntryValue::Of(PerFamily::Each { ipv4: ipv4.flatten(), ipv6: ipv6.flatten() }))
            }
            Text::Or(or) => match (template(&or.with), template(&or.without)) {
                (Some(with), Some(without)) => Some(EntryValue::Or { with, without }),
                _ => None,
            },
        };
        entries.extend(value.map(|value| Entry { key: name, value }));
    }
    entries
}

/// A URL whose path may have placeholders, and whose host may be one.
fn url_of(text: &str) -> Result<Url, String> {
    let (scheme, rest) =
        text.split_once("://").ok_or("expected a URL such as https://api.example.com/update")?;
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let path = Template::parse(&format!("/{path}"))?;
    if let Some(field) = host.strip_prefix('{').and_then(|host| host.strip_suffix('}')) {
        if scheme != "https" {
            return Err("a server that the user names is spoken to by https".to_owned());
        }
        return Ok(Url { base: Where::Field(field.to_owned()), path });
    }
    let base: Base = format!("{scheme}://{host}").parse().map_err(|error| format!("{error}"))?;
    Ok(Url { base: Where::Fixed(base), path })
}

/// A time: a number and `s`, `m`, `h` or `d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a time such as 30s, 10m, 2h or 25d, found `{text}`");
    let unit = text.chars().next_back().ok_or_else(expected)?;
    let number: u64 = text.strip_suffix(unit).and_then(|digits| digits.parse().ok()).ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

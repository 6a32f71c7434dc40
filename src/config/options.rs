//! The options of a record: form-encoded behind its `?`, or as keys beside it in a table of the file.

use super::conditions::{self, Asked};
use super::diagnostic::Diagnostic;
use super::layers::named;
use super::origin::Place;
use super::suggest;
use super::value::{Given, Value};
use dynflare_core::address::HostId;
use dynflare_core::desired::{Hosts, OnDrift, OwnerMark, Template, Wish, WishError};
use dynflare_core::record::{Attributes, Key, RecordType};
use dynflare_core::uplink::Ways;
use std::borrow::Cow;

/// Every option with its documentation, sorted.
pub const OPTIONS: &[(&str, &str)] = &[
    ("comment", "comment of the record (Cloudflare); must contain the owner mark"),
    ("content", "template of the content, such as `v=spf1 ip4:{ipv4} -all`; may be repeated"),
    ("enforce", "`true`: attributes are corrected when they drift, not only set on creation"),
    ("host_id", "host part of an AAAA record: `::1234` or `mac(02:00:5e:00:53:01)`; may be repeated"),
    ("on_no_address", "`keep` or `delete`, instead of the setting of this name"),
    ("on_stop", "`keep` or `delete`, instead of the setting of this name"),
    ("prefix_len", "length of the prefix that `host_id` goes under, 1 to 127; 64 unless given"),
    ("proxied", "`true` or `false`: whether Cloudflare's proxy answers"),
    ("refresh_after", "after how long right values are written again, 1h to 365d; not at Cloudflare"),
    ("tags", "tags of the record (Cloudflare), separated by commas"),
    ("ttl", "time to live in seconds, 0 to 2147483647; at Cloudflare 1 means automatic"),
    ("uplink", "an uplink `[uplink.NAME]`, several in turn separated by commas, or `all` for one value each"),
    ("zone_id", "the provider's identifier of the zone, which spares looking it up"),
];

/// The prefix that most sites have for one network, in bits (RFC 4291 §2.5.1).
const PREFIX_LEN: u8 = 64;

/// What was given for one record.
#[derive(Debug, Default)]
pub(super) struct Options {
    asked: Asked,
    comment: Option<String>,
    content: Vec<(Template, Place)>,
    enforce: Option<bool>,
    host_id: Vec<HostId>,
    prefix_len: Option<u8>,
    proxied: Option<bool>,
    tags: Option<Vec<String>>,
    ttl: Option<u32>,
    ways: Ways,
    /// The names of uplinks, as written.
    uplinks: Vec<Given>,
    zone_id: Option<String>,
    /// The names of what was given, each with its place.
    seen: Vec<(String, Place)>,
}

impl Options {
    /// Reads `key=value&key=value`; `place` is where that stands.
    pub(super) fn read_query(&mut self, query: &str, place: &Place, mistakes: &mut Vec<Diagnostic>) {
        let mut start = 0;
        for piece in query.split('&') {
            let whole = place.part(start..start + piece.len());
            start += piece.len() + 1;
            if piece.is_empty() {
                continue;
            }
            let Some((key, value)) = piece.split_once('=') else {
                let message = format!("the option `{piece}` has no value");
                mistakes.push(Diagnostic::error(message, &whole).hint(format!("write `{piece}=…`")));
                continue;
            };
            let key_given = Given::written(decode(key), whole.part(0..key.len()));
            let at_value = whole.part(key.len() + 1..piece.len());
            let value = if matches!(key, "host_id" | "tags") {
                // A comma separates items before decoding, so that `%2C` can stand inside one.
                let items = super::value::split(value, &at_value).into_iter().map(decoded).collect();
                Given { value: Value::List(items), place: at_value }
            } else {
                decoded(Given::written(value, at_value))
            };
            self.read_one(&key_given, &value, mistakes);
        }
    }

    /// Where an option was given.
    pub(super) fn place(&self, option: &str) -> Option<&Place> {
        self.seen.iter().find(|(seen, _)| seen == option).map(|(_, place)| place)
    }

    /// Reads one option.
    pub(super) fn read_one(&mut self, key: &Given, value: &Given, mistakes: &mut Vec<Diagnostic>) {
        let Ok(name) = key.text() else { return };
        let repeatable = matches!(name, "content" | "host_id");
        let twice = self.seen.iter().any(|(seen, _)| seen == name);
        self.seen.push((name.to_owned(), key.place.clone()));
        if twice && !repeatable {
            mistakes.push(Diagnostic::error(format!("the option `{name}` is given twice"), &key.place));
            return;
        }
        if let Err(mistake) = self.set(name, key, value) {
            let about_key = mistake.place.as_ref() == Some(&key.place);
            mistakes.push(if about_key { mistake } else { named(name, mistake) });
        }
    }

    fn set(&mut self, name: &str, key: &Given, value: &Given) -> Result<(), Diagnostic> {
        match name {
            "comment" => self.comment = Some(comment(value)?),
            "content" => {
                for item in one_or_more(value) {
                    self.content.push((template(&item)?, item.place.clone()));
                }
            }
            "enforce" => self.enforce = Some(value.boolean()?),
            "host_id" => {
                for item in value.items()? {
                    self.host_id.push(item.parse()?);
                }
            }
            "on_no_address" => self.asked.on_no_address = Some(conditions::leftover(value)?),
            "on_stop" => self.asked.on_stop = Some(conditions::leftover(value)?),
            "prefix_len" => {
                let length = value.integer(1..=127)?;
                self.prefix_len = u8::try_from(length).ok();
            }
            "proxied" => self.proxied = Some(value.boolean()?),
            "refresh_after" => self.asked.refresh_after = Some(conditions::refresh(value)?),
            "tags" => {
                let mut tags = Vec::new();
                for item in value.items()? {
                    tags.push(filled(&item)?.to_owned());
                }
                tags.sort();
                tags.dedup();
                self.tags = Some(tags);
            }
            // RFC 2181 §8: a TTL is an unsigned number of 31 bits.
            "ttl" => self.ttl = Some(value.integer(0..=0x7fff_ffff)?),
            "uplink" => (self.ways, self.uplinks) = super::uplinks::option(value)?,
            "zone_id" => self.zone_id = Some(filled(value)?.to_owned()),
            _ => {
                let names = || OPTIONS.iter().map(|row| row.0);
                let hint = suggest::nearest(name, names()).map_or_else(
                    || format!("the options are {}", suggest::enumerate(names())),
                    |word| format!("did you mean `{word}`?"),
                );
                return Err(Diagnostic::error(format!("unknown option `{name}`"), &key.place).hint(hint));
            }
        }
        Ok(())
    }

    /// Checks the options against the types of the record, which stand at `place`.
    pub(super) fn check(&self, types: &[RecordType], place: &Place, mistakes: &mut Vec<Diagnostic>) {
        let at = |name: &str| self.seen.iter().find(|(seen, _)| seen == name).map_or(place, |(_, at)| at);
        if let [single] = types {
            if single.family().is_none() && self.content.is_empty() && !self.gave("content") {
                let message = format!("a record of type {single} needs the option `content`");
                let hint = match single {
                    RecordType::Txt => "such as `?content=v=spf1 ip4:{ipv4} -all`",
                    RecordType::Https | RecordType::Svcb => "such as `?content=1 . ipv4hint={ipv4}`",
                    RecordType::A
                    | RecordType::Aaaa
                    | RecordType::Caa
                    | RecordType::Cname
                    | RecordType::Mx
                    | RecordType::Srv => "only A and AAAA have the address itself as their content",
                };
                mistakes.push(Diagnostic::error(message, place).hint(hint));
            }
        } else if self.gave("content") {
            let message = "`content` cannot be given for two types at once";
            mistakes.push(Diagnostic::error(message, at("content")).hint("write one record for each type"));
        }
        if types == [RecordType::A] {
            for name in ["host_id", "prefix_len"] {
                if self.gave(name) {
                    let message = format!("`{name}` belongs to AAAA records");
                    mistakes.push(Diagnostic::error(message, at(name)));
                }
            }
        } else if self.gave("prefix_len") && !self.gave("host_id") {
            let message = "`prefix_len` says nothing without `host_id`";
            mistakes.push(Diagnostic::error(message, at("prefix_len")));
        }
    }

    /// What is wanted of a name and type, which stands at `place`.
    pub(super) fn wish(&self, key: Key, owner: &OwnerMark, place: &Place) -> Result<Wish, Diagnostic> {
        let at = |name: &str| self.seen.iter().find(|(seen, _)| seen == name).map_or(place, |(_, at)| at);
        let tell = |error: &WishError| {
            let place = match error {
                WishError::NoContent(_) => place,
                WishError::NotAnAddress(index) => self.content.get(*index).map_or(place, |(_, at)| at),
                WishError::HostsUnused => at("host_id"),
                WishError::CommentLacksMark(_) => at("comment"),
            };
            Diagnostic::error(error.to_string(), place)
        };
        let rtype = key.rtype;
        let templates = self.content.iter().map(|(template, _)| template.clone()).collect();
        let mut wish = Wish::new(key, owner.clone(), templates).map_err(|error| tell(&error))?;
        if !self.host_id.is_empty() && rtype != RecordType::A {
            let hosts = Hosts::new(self.host_id.clone(), self.prefix_len.unwrap_or(PREFIX_LEN));
            let hosts = hosts.map_err(|error| Diagnostic::error(error.to_string(), at("host_id")))?;
            wish = wish.with_hosts(hosts).map_err(|error| tell(&error))?;
        }
        let on_drift = if self.enforce == Some(true) { OnDrift::Correct } else { OnDrift::Leave };
        wish.with_attributes(self.attributes(), on_drift).map_err(|error| tell(&error))
    }

    fn gave(&self, name: &str) -> bool {
        self.seen.iter().any(|(seen, _)| seen == name)
    }

    pub(super) fn attributes(&self) -> Attributes {
        Attributes {
            ttl: self.ttl,
            proxied: self.proxied,
            comment: self.comment.clone(),
            tags: self.tags.clone(),
        }
    }

    /// The options that were given, each with its place.
    pub(super) fn given(&self) -> Vec<(String, Place)> {
        self.seen.clone()
    }

    /// The ways out that were named, and the names as written.
    pub(super) fn ways(&self) -> (Ways, Vec<Given>) {
        (self.ways.clone(), self.uplinks.clone())
    }

    /// What was asked for beside right values.
    pub(super) fn asked(&self) -> Asked {
        self.asked
    }

    pub(super) fn zone_id(&self) -> Option<String> {
        self.zone_id.clone()
    }
}

/// A comment on one line; what else it may hold is the provider's business.
fn comment(value: &Given) -> Result<String, Diagnostic> {
    let text = value.text()?;
    match text.chars().find(|c| c.is_control()) {
        Some(_) => {
            Err(Diagnostic::error("a comment cannot hold line ends or control characters", &value.place))
        }
        None => Ok(text.to_owned()),
    }
}

fn template(value: &Given) -> Result<Template, Diagnostic> {
    let text = value.text()?;
    Template::parse(text).map_err(|error| {
        Diagnostic::error(error.to_string(), &value.place.part(error.position()..text.len()))
    })
}

fn filled(value: &Given) -> Result<&str, Diagnostic> {
    match value.text()? {
        "" => Err(Diagnostic::error("the value is empty", &value.place)),
        text => Ok(text),
    }
}

/// An array, or one value that is not divided at commas.
fn one_or_more(value: &Given) -> Vec<Given> {
    match &value.value {
        Value::List(items) => items.clone(),
        Value::Written(_)
        | Value::Text(_)
        | Value::Integer(_)
        | Value::Boolean(_)
        | Value::Table(_)
        | Value::Secret(_)
        | Value::Other(_) => {
            vec![value.clone()]
        }
    }
}

/// Undoes the form encoding of one key or value: `%XX` and `+` (WHATWG URL, "application/x-www-form-urlencoded").
fn decode(text: &str) -> String {
    // An ampersand or an equals sign cannot occur here any more, so the whole text is read as one key.
    let whole = text.replace('=', "%3D");
    let key = form_urlencoded::parse(whole.as_bytes()).next().map(|(key, _)| key);
    key.map(Cow::into_owned).unwrap_or_default()
}

/// Undoes the form encoding of a piece; one that was encoded cannot be divided any more.
fn decoded(given: Given) -> Given {
    match given.value {
        Value::Written(text) => {
            let plain = decode(&text);
            let place = if plain == text { given.place } else { given.place.whole() };
            Given::written(plain, place)
        }
        other @ (Value::Text(_)
        | Value::Integer(_)
        | Value::Boolean(_)
        | Value::List(_)
        | Value::Table(_)
        | Value::Secret(_)
        | Value::Other(_)) => Given { value: other, place: given.place },
    }
}

//! The options of a record: form-encoded behind its `?`, or as keys beside it in a table of the file.

use super::diagnostic::Diagnostic;
use super::origin::Place;
use super::suggest;
use super::value::{Given, Value};
use dynflare_core::address::HostId;
use dynflare_core::record::{Attributes, RecordType};
use std::borrow::Cow;

/// Every option with its documentation, sorted.
pub const OPTIONS: &[(&str, &str)] = &[
    ("comment", "comment of the record (Cloudflare); must contain the owner mark"),
    ("content", "template of the content, such as `v=spf1 ip4:{ipv4} -all`; may be repeated"),
    ("enforce", "`true`: attributes are corrected when they drift, not only set on creation"),
    ("host_id", "host part of an AAAA record: `::1234` or `mac(02:00:5e:00:53:01)`; may be repeated"),
    ("prefix_len", "length of the prefix that `host_id` is combined with, 1 to 127"),
    ("proxied", "`true` or `false`: whether Cloudflare's proxy answers"),
    ("tags", "tags of the record (Cloudflare), separated by commas"),
    ("ttl", "time to live in seconds, 0 to 2147483647; at Cloudflare 1 means automatic"),
    ("zone_id", "the provider's identifier of the zone, which spares looking it up"),
];

/// What was given for one record.
#[derive(Debug, Default)]
pub(super) struct Options {
    comment: Option<String>,
    content: Vec<String>,
    enforce: Option<bool>,
    host_id: Vec<HostId>,
    prefix_len: Option<u8>,
    proxied: Option<bool>,
    tags: Option<Vec<String>>,
    ttl: Option<u32>,
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
                Given::written(decode(value), at_value)
            };
            self.read_one(&key_given, &value, mistakes);
        }
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
            let message = match mistake.place.as_ref() == Some(&key.place) {
                true => mistake.message.clone(),
                false => format!("`{name}`: {}", mistake.message),
            };
            mistakes.push(Diagnostic { message, ..mistake });
        }
    }

    fn set(&mut self, name: &str, key: &Given, value: &Given) -> Result<(), Diagnostic> {
        match name {
            "comment" => self.comment = Some(comment(value)?),
            "content" => {
                for item in one_or_more(value) {
                    self.content.push(filled(&item)?.to_owned());
                }
            }
            "enforce" => self.enforce = Some(value.boolean()?),
            "host_id" => {
                for item in value.items()? {
                    self.host_id.push(item.parse()?);
                }
            }
            "prefix_len" => {
                let length = value.integer(1..=127)?;
                self.prefix_len = u8::try_from(length).ok();
            }
            "proxied" => self.proxied = Some(value.boolean()?),
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
        if !types.contains(&RecordType::Aaaa) {
            for name in ["host_id", "prefix_len"] {
                if self.gave(name) {
                    let message = format!("`{name}` belongs to AAAA records");
                    mistakes.push(Diagnostic::error(message, at(name)));
                }
            }
        } else if self.gave("prefix_len") && !self.gave("host_id") {
            let message = "`prefix_len` says nothing without `host_id`";
            mistakes.push(Diagnostic::error(message, at("prefix_len")));
        } else if self.gave("host_id") && self.gave("content") {
            let message = "`host_id` and `content` cannot both say what the content is";
            mistakes.push(Diagnostic::error(message, at("host_id")));
        }
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

    pub(super) fn content(&self) -> Vec<String> {
        self.content.clone()
    }

    pub(super) fn enforce(&self) -> bool {
        self.enforce.unwrap_or(false)
    }

    pub(super) fn host_id(&self) -> Vec<HostId> {
        self.host_id.clone()
    }

    pub(super) fn prefix_len(&self) -> Option<u8> {
        self.prefix_len
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
        Value::Written(_) | Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::Other(_) => {
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

fn decoded(given: Given) -> Given {
    match given.value {
        Value::Written(text) => Given::written(decode(&text), given.place),
        other @ (Value::Text(_)
        | Value::Integer(_)
        | Value::Boolean(_)
        | Value::List(_)
        | Value::Other(_)) => Given { value: other, place: given.place },
    }
}

//! What was written, layer upon layer, before it means anything.
//!
//! The file, the environment and the arguments put their values here in that order. Every value is checked, also one
//! that a higher layer covers: a mistake in the file is one on the day the variable is gone.

use super::diagnostic::{Diagnostic, Notice};
use super::keys;
use super::mask;
use super::origin::{Medium, Origin, Place, Setting, Text};
use super::secret::{Kind, Reference};
use super::value::{Given, Value};
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Values by key, lowest layer first.
#[derive(Debug, Default)]
pub(super) struct Layers {
    given: Vec<(&'static str, Given)>,
    /// Parts of the built-in accounts' credentials from outside the file, by account.
    pub(super) credentials: BTreeMap<&'static str, Credentials>,
    /// The tables `[providers.NAME]`.
    pub(super) providers: BTreeMap<String, Table>,
    /// The tables `[notify.NAME]`.
    #[cfg(feature = "notify")]
    pub(super) notify: BTreeMap<String, Table>,
    /// The tables `[sources.NAME]`.
    pub(super) sources: BTreeMap<String, Table>,
    /// The tables `[uplink.NAME]`.
    pub(super) uplinks: BTreeMap<String, Table>,
    /// The table `[serve]`, with those below it.
    pub(super) serve: Option<Table>,
}

/// Parts of one account's credentials, by part and layer.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// From variables.
    pub(super) environment: BTreeMap<&'static str, Reference>,
    /// From arguments.
    pub(super) arguments: BTreeMap<&'static str, Reference>,
}

/// A named table of the file; its keys are known, each occurs once.
#[derive(Debug)]
pub(super) struct Table {
    /// The name, where it was written.
    pub(super) place: Place,
    /// Keys and values.
    pub(super) entries: Vec<(Given, Given)>,
}

impl Table {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.entries
            .iter()
            .find(|(name, _)| name.text().is_ok_and(|name| name == key))
            .map(|(_, value)| value)
    }
}

impl Layers {
    /// Puts a value on top.
    pub(super) fn add(&mut self, key: &'static str, given: Given) {
        self.given.push((key, given));
    }

    /// Reads all values of a key and keeps the topmost good one.
    pub(super) fn setting<T>(
        &self,
        key: &str,
        default: T,
        read: impl Fn(&Given) -> Result<T, Diagnostic>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Setting<T> {
        let mut setting = Setting::default_of(default);
        for given in self.all(key) {
            match read(given) {
                Ok(value) => setting = Setting::at(value, &given.place),
                Err(mistake) => mistakes.push(named(key, mistake)),
            }
        }
        setting
    }

    /// Every value of a key, lowest layer first.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(move |(name, _)| *name == key).map(|(_, given)| given)
    }

    /// The topmost place of a key.
    pub(super) fn place(&self, key: &str) -> Option<&Place> {
        self.all(key).last().map(|given| &given.place)
    }
}

/// A mistake with the name of the setting in front.
pub(super) fn named(key: &str, mistake: Diagnostic) -> Diagnostic {
    let message = format!("`{key}`: {}", mistake.message);
    Diagnostic { message, ..mistake }
}

/// What the command line says, as far as it is configuration.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    config: Option<PathBuf>,
    values: Vec<(&'static str, &'static str, Vec<String>)>,
    credentials: Vec<(&'static str, &'static str, Secret)>,
}

impl Arguments {
    /// Takes over the path of the file (`--config`).
    pub fn set_config(&mut self, path: Option<PathBuf>) {
        self.config = path;
    }

    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Takes over the values of one argument, named with its dashes; none at all changes nothing.
    ///
    /// `key` is the setting's key in the file.
    pub fn set(&mut self, key: &'static str, argument: &'static str, values: Vec<String>) {
        if !values.is_empty() {
            self.values.push((key, argument, values));
        }
    }

    /// Takes over a part of the Cloudflare account's credentials: `token`, `email` or `key`.
    pub fn set_cloudflare(&mut self, part: &'static str, argument: &'static str, value: Option<Secret>) {
        self.credentials.extend(value.map(|value| (part, argument, value)));
    }

    /// The path of the file (`--config`), where it is given.
    pub fn file(&self) -> Option<&Path> {
        self.config()
    }

    /// Whether a credential stands on the command line itself.
    pub fn hold_credentials(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// The same without a file and without records: what is said of this machine and its sources.
    #[must_use]
    pub fn around(&self) -> Self {
        let values = self.values.iter().filter(|(key, ..)| *key != "records").cloned().collect();
        Self { config: None, values, credentials: self.credentials.clone() }
    }

    /// The values that were given, by the keys that they have in the file.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.values.iter().map(|(key, _, values)| (*key, values.as_slice()))
    }

    /// Adds what the command line says to the layers.
    pub(super) fn read(&self, layers: &mut Layers, notes: &mut Vec<Notice>) {
        for (key, argument, values) in &self.values {
            let Some(row) = keys::row(key) else { continue };
            let given = |value: &String| {
                let text = Text::hiding(Medium::Argument((*argument).into()), value, hidden(key, value));
                Given::written(value.as_str(), Place::new(&text, 0..value.len()))
            };
            let mut items: Vec<Given> = values.iter().map(given).collect();
            let given = match (*key, items.len()) {
                // A record, a source and a path are one value each, whatever commas they hold.
                ("ca_file" | "pool" | "records", _) => list(items),
                (_, 1) => items.remove(0),
                _ => list(items.iter().flat_map(|item| item.items().unwrap_or_default()).collect()),
            };
            layers.add(row.key, given);
        }
        for (part, argument, value) in &self.credentials {
            let place = Text::secret(Medium::Argument((*argument).into()));
            let noun = match *part {
                "email" => "the e-mail address",
                "token" => "the token",
                _ => "the key",
            };
            let reference = Reference { text: value.clone(), kind: Kind::Value, place, noun: noun.into() };
            if *part != "email" {
                let message = format!("every user of this machine can see {noun} on the command line");
                let hint = "set CLOUDFLARE_API_TOKEN, or write it into a file";
                notes.push(Notice::note(message, Some(&reference.place)).hint(hint));
            }
            layers.credentials.entry("cloudflare").or_default().arguments.insert(part, reference);
        }
    }
}

/// What must not be shown of the text of a setting from outside the file.
pub(super) fn hidden(key: &str, text: &str) -> Vec<Range<usize>> {
    if key != "pool" {
        return Vec::new();
    }
    let mut start = 0;
    let mut found = Vec::new();
    for piece in text.split_inclusive(',') {
        let (from, piece) = (start, piece.trim_end_matches(','));
        found.extend(mask::url_secrets(piece).map(|range| from + range.start..from + range.end));
        start += piece.len() + 1;
    }
    found
}

fn list(items: Vec<Given>) -> Given {
    let place = items.first().map(|item| item.place.clone());
    let place = place.unwrap_or_else(|| {
        let text = Text::new(Medium::Argument("".into()), "");
        Place::new(&text, 0..0)
    });
    Given { value: Value::List(items), place }
}

/// The origin of a value that a variable of the system gives.
pub(super) fn variable(name: &str) -> Origin {
    Origin::Variable(name.into())
}

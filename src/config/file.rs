//! The configuration file: found, read, and taken apart into values with their places.
//!
//! The parser recovers after a mistake, and every table is walked by hand, so that one run shows all mistakes, each
//! under its own token. What a value means is not decided here.

use super::diagnostic::{Diagnostic, Notice};
use super::environment::Environment;
use super::fields;
use super::keys::{self, KEYS, TableKey};
use super::layers::{Layers, Table};
use super::mask;
use super::origin::{Medium, Place, Text};
use super::places;
use super::secret::{plain, readable_by_all};
use super::suggest;
use super::value::{Given, Value};
use crate::provider::registry::{self, Info, Shape};
use crate::secret::Secret;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The largest file that is read, in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Which file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The one that `--config` or `$DYNFLARE_CONFIG` names; it must be there.
    Named(Place, PathBuf),
    /// The first of the usual places that exists.
    Usual(PathBuf),
    /// There is none.
    None,
}

impl Which {
    /// Its path.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::None => None,
            Self::Named(_, path) | Self::Usual(path) => Some(path),
        }
    }
}

/// Finds the file: `--config`, `$DYNFLARE_CONFIG`, else the first of the usual places that exists.
pub(super) fn find(argument: Option<&Path>, world: &Environment) -> Which {
    let named = |medium: Medium, path: &str| {
        let text = Text::new(medium, path);
        Which::Named(Place::new(&text, 0..path.len()), PathBuf::from(path))
    };
    if let Some(path) = argument {
        let shown = path.to_string_lossy();
        let text = Text::new(Medium::Argument("--config".into()), &shown);
        return Which::Named(Place::new(&text, 0..shown.len()), path.to_owned());
    }
    if let Some(path) = world.get("DYNFLARE_CONFIG") {
        return named(Medium::Variable("DYNFLARE_CONFIG".into()), path);
    }
    // Of the system's own file it is worth knowing that it cannot be seen; somebody else's home is no business of ours.
    let is_there = |path: &PathBuf| path.try_exists().unwrap_or(path == Path::new(places::OF_MACHINE));
    usual(world).into_iter().find(is_there).map_or(Which::None, Which::Usual)
}

/// The usual places, in the order in which they are looked at.
pub(crate) fn usual(world: &Environment) -> Vec<PathBuf> {
    places::files(places::HERE, world)
}

/// Reads the file into the layers.
pub(super) fn read(
    which: &Which,
    layers: &mut Layers,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) {
    let Some(path) = which.path() else { return };
    let (text, public) = match load(path) {
        Ok(loaded) => loaded,
        Err(why) => {
            let message = format!("cannot read the configuration `{}`: {why}", path.display());
            mistakes.push(match which {
                Which::Named(place, _) => Diagnostic::error(message, place),
                Which::Usual(_) | Which::None => Diagnostic::absence(message),
            });
            return;
        }
    };
    let name: Arc<str> = path.to_string_lossy().into();
    let holds_secret = parse(&name, &text, layers, mistakes);
    if let (true, Some(place)) = (public, holds_secret) {
        let message = format!("every user of this machine can read the secret in `{name}`");
        notes.push(Notice::note(message, Some(&place)).exposing().hint(format!("chmod 600 {name}")));
    }
}

fn load(path: &Path) -> Result<(String, bool), String> {
    let file = std::fs::File::open(path).map_err(|error| plain(&error))?;
    let public = readable_by_all(&file);
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err("it is larger than 4 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    Ok((text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned), public))
}

/// Takes the text apart; the place of a secret that stands in it literally, if there is one.
pub(super) fn parse(
    name: &Arc<str>,
    text: &str,
    layers: &mut Layers,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Place> {
    let shown = Text::hiding(Medium::File(Arc::clone(name)), text, mask::secrets(text));
    let (document, errors) = DeTable::parse_recoverable(text);
    let before = mistakes.len();
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let place = Place::new(&shown, span.start.min(text.len())..span.end.min(text.len()));
        mistakes.push(Diagnostic::error(error.message().to_owned(), &place));
    }
    let broken: Vec<usize> =
        mistakes[before..].iter().filter_map(|mistake| mistake.place.as_ref()).map(Place::line).collect();
    let mut found = Vec::new();
    let mut walk = Walk { text, shown: &shown, layers, mistakes: &mut found, literal: None };
    walk.document(document.get_ref(), errors.is_empty());
    let literal = walk.literal;
    // What the parser made up around a broken line is not worth a second message.
    let elsewhere =
        |mistake: &Diagnostic| mistake.place.as_ref().is_none_or(|at| !broken.contains(&at.line()));
    mistakes.extend(found.into_iter().filter(elsewhere));
    literal
}

struct Walk<'w> {
    text: &'w str,
    shown: &'w Arc<Text>,
    layers: &'w mut Layers,
    mistakes: &'w mut Vec<Diagnostic>,
    literal: Option<Place>,
}

impl Walk<'_> {
    fn document(&mut self, document: &DeTable<'_>, whole: bool) {
        for (key, value) in document.iter().filter(is_written) {
            let name: &str = key.get_ref();
            let place = Place::indivisible(self.shown, key.span());
            match name {
                "version" => self.version(value),
                "providers" => {
                    let tables = self.tables(name, value, provider_keys);
                    self.layers.providers.extend(tables);
                }
                // Which keys a target has depends on its type, and is told where that is read.
                #[cfg(feature = "notify")]
                "notify" => {
                    let tables = self.tables(name, value, |_| None);
                    self.layers.notify.extend(tables);
                }
                #[cfg(not(feature = "notify"))]
                "notify" => {
                    let message = "`notify`: this program was built without notifications";
                    let hint = "use one that was built with the feature `notify`, or take these tables out";
                    self.mistakes.push(Diagnostic::error(message, &place).hint(hint));
                }
                "sources" => {
                    let tables = self.tables(name, value, |_| Some(names(keys::SOURCE_KEYS)));
                    self.layers.sources.extend(tables);
                }
                #[cfg(not(feature = "serve"))]
                "serve" => self.mistakes.push(Diagnostic::left_out("`serve`", "serve", &place)),
                #[cfg(feature = "serve")]
                "serve" => {
                    if let DeValue::Table(entries) = value.get_ref() {
                        let table = Table { place, entries: self.entries(entries, true) };
                        self.layers.serve = Some(table);
                    } else {
                        let message = "`serve`: expected a table, `[serve]`";
                        self.mistakes.push(Diagnostic::error(message, &place));
                    }
                }
                "uplink" => {
                    let tables = self.tables(name, value, |_| Some(names(keys::UPLINK_KEYS)));
                    self.layers.uplinks.extend(tables);
                }
                _ => match keys::row(name) {
                    Some(row) => {
                        let given = self.given(value, true);
                        self.layers.add(row.key, given);
                    }
                    None => self.mistakes.push(unknown("setting", name, &place, &top_level())),
                },
            }
        }
        if whole && !document.is_empty() && !document.contains_key("version") {
            let place = Place::new(self.shown, 0..0);
            let message = "the file does not say which version of the format it is written in";
            self.mistakes.push(Diagnostic::error(message, &place).hint("begin it with `version = 1`"));
        }
    }

    fn version(&mut self, value: &Spanned<DeValue<'_>>) {
        let given = self.given(value, true);
        if !matches!(given.value, Value::Integer(1)) {
            let message = "`version`: this program knows version 1 only";
            self.mistakes.push(Diagnostic::error(message, &given.place).hint("write `version = 1`"));
        }
    }

    /// The tables below `[providers]` or `[sources]`, with their keys checked.
    fn tables(
        &mut self,
        what: &str,
        value: &Spanned<DeValue<'_>>,
        known: fn(&Table) -> Option<Vec<&'static str>>,
    ) -> Vec<(String, Table)> {
        let DeValue::Table(tables) = value.get_ref() else {
            let place = Place::indivisible(self.shown, value.span());
            let message = format!("`{what}`: expected tables, such as `[{what}.NAME]`");
            self.mistakes.push(Diagnostic::error(message, &place));
            return Vec::new();
        };
        let mut read = Vec::new();
        for (name, value) in tables {
            let place = Place::indivisible(self.shown, name.span());
            let DeValue::Table(entries) = value.get_ref() else {
                let message =
                    format!("`{what}`: expected a table, such as `[{what}.{}]`", show(name.get_ref()));
                self.mistakes.push(Diagnostic::error(message, &place));
                continue;
            };
            if !is_word(name.get_ref()) {
                let message = format!("`{what}`: a name is made of letters, digits, `-` and `_`");
                self.mistakes.push(Diagnostic::error(message, &place));
                continue;
            }
            let table = Table { place, entries: self.entries(entries, true) };
            if let Some(keys) = known(&table) {
                self.check_keys(&format!("{what}.{}", name.get_ref()), &table, &keys);
            }
            read.push((name.get_ref().clone().into_owned(), table));
        }
        read
    }

    fn check_keys(&mut self, owner: &str, table: &Table, known: &[&'static str]) {
        for (key, _) in &table.entries {
            let name = key.text().unwrap_or_default();
            let info = provider(table).filter(|info| info.shape == Shape::Records);
            if let ("refresh_after", Some(info)) = (name, info) {
                let message = format!("`refresh_after`: records do not expire at {}", info.name);
                self.mistakes.push(Diagnostic::error(message, &key.place).hint("leave it out"));
            } else if !known.contains(&name) {
                self.mistakes.push(unknown(&format!("key in `[{owner}]`:"), name, &key.place, known));
            }
        }
    }

    /// `open` says whether anything in it may be shown.
    fn entries(&mut self, table: &DeTable<'_>, open: bool) -> Vec<(Given, Given)> {
        let mut entries = Vec::new();
        for (key, value) in table.iter().filter(is_written) {
            let place = Place::indivisible(self.shown, key.span());
            let name: &str = key.get_ref();
            let given = match value.get_ref() {
                DeValue::Table(table) => {
                    let place = Place::indivisible(self.shown, value.span());
                    let entries = self.entries(table, open && !mask::is_shut(name));
                    Given { value: Value::Table(entries), place }
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_) => self.given(value, open && mask::harmless(name)),
            };
            entries.push((Given::written(name, place), given));
        }
        entries.sort_by_key(|(key, _)| key.place.shown_range().start);
        entries
    }

    fn given(&mut self, value: &Spanned<DeValue<'_>>, harmless: bool) -> Given {
        let span = value.span();
        let mut place = Place::indivisible(self.shown, span.clone());
        let value = match value.get_ref() {
            DeValue::String(text) if harmless => {
                // A string without escapes stands in the file as it is, between its quotes.
                let inner = span.start + 1..(span.end.saturating_sub(1)).max(span.start + 1);
                if self.text.get(inner.clone()) == Some(text.as_ref()) {
                    place = Place::new(self.shown, inner);
                }
                Value::Text(text.clone().into_owned())
            }
            DeValue::String(text) => {
                if !["file:", "env:", "cmd:", "credential:"].iter().any(|kind| text.starts_with(kind)) {
                    self.literal.get_or_insert_with(|| place.clone());
                }
                Value::Secret(Secret::new(text.clone().into_owned()))
            }
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                i64::from_str_radix(&digits, number.radix())
                    .map_or(Value::Other("a number that is too large"), Value::Integer)
            }
            DeValue::Float(_) => Value::Other("a number with a fraction"),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.given(item, harmless)).collect())
            }
            DeValue::Table(table) => Value::Table(self.entries(table, true)),
        };
        Given { value, place }
    }
}

/// Whether a value stands in the text; the parser makes one up where it is missing.
fn is_written((_, value): &(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)) -> bool {
    !value.span().is_empty()
}

/// The keys of an account, by its type; nothing where the type is not known, which is told elsewhere.
fn provider_keys(table: &Table) -> Option<Vec<&'static str>> {
    let info = provider(table)?;
    Some(match info.id {
        "cloudflare" => names(keys::CLOUDFLARE_KEYS),
        "exec" => names(keys::EXEC_KEYS),
        "get" => names(keys::GET_KEYS),
        "http" => names(keys::HTTP_KEYS),
        "rfc2136" => names(keys::RFC2136_KEYS),
        _ => fields::keys(info),
    })
}

/// The provider of a table `[providers.NAME]`.
fn provider(table: &Table) -> Option<&'static Info> {
    let of_type = table.get("type").and_then(|given| given.text().ok());
    let shown = table.place.text().shown();
    registry::find(of_type.or_else(|| shown.get(table.place.shown_range()))?.trim_matches(['"', '\'']))
}

fn names(rows: &[TableKey]) -> Vec<&'static str> {
    rows.iter().map(|row| row.0).collect()
}

fn top_level() -> Vec<&'static str> {
    ["notify", "providers", "serve", "sources", "uplink", "version"]
        .into_iter()
        .chain(KEYS.iter().map(|row| row.key))
        .collect()
}

pub(super) fn unknown(what: &str, name: &str, place: &Place, known: &[&'static str]) -> Diagnostic {
    let elsewhere = || {
        let table = [
            ("providers", keys::CLOUDFLARE_KEYS),
            ("providers", keys::RFC2136_KEYS),
            ("sources", keys::SOURCE_KEYS),
            ("uplink", keys::UPLINK_KEYS),
        ]
        .into_iter()
        .find(|(_, keys)| keys.iter().any(|row| row.0 == name))?;
        Some(format!("it belongs into a table `[{}.NAME]`", table.0))
    };
    let hint = suggest::nearest(name, known.iter().copied())
        .map(|word| format!("did you mean `{word}`?"))
        .or_else(elsewhere)
        .unwrap_or_else(|| format!("known are {}", suggest::enumerate(known.iter().copied())));
    Diagnostic::error(format!("unknown {what} `{}`", show(name)), place).hint(hint)
}

/// A key as it may stand in a message: one that is no plain word could be anything.
fn show(name: &str) -> &str {
    if is_word(name) { name } else { "…" }
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

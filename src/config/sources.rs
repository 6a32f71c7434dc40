//! Sources as users choose them: the pool, own sources by name, and other addresses for built-in ones.

use super::diagnostic::{Diagnostic, Notice};
use super::environment::{CREDENTIALS, CredentialRow};
use super::extras::Opening;
use super::layers::{Layers, Table, named};
use super::origin::{Place, Setting};
use super::privacy::Circle;
use super::value::{Given, Value};
use crate::net::Base;
use crate::provider::registry::{self, Info, Sight};
use crate::source::{Extras, SOURCES, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::Vote;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The words for `trust`.
const TRUST: &[(&str, Vote)] = &[("vote", Vote::Full), ("witness", Vote::Witness)];

/// The pool of a detection: the built-in one, or what the user chose.
pub(super) fn pool(
    layers: &Layers,
    circle: Option<&Circle>,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Setting<Vec<Source>> {
    let tables = tables(layers, opening, mistakes);
    let mut pool = Setting::default_of(None);
    for given in layers.all("pool") {
        if let Some(chosen) = chosen(given, &tables, mistakes) {
            pool = Setting::at(Some(chosen), &given.place);
        }
    }
    if let (Some(circle), Some(chosen), Some(given)) = (circle, &pool.value, layers.all("pool").last()) {
        circle.check(chosen, &join_addresses(given.items().unwrap_or_default()), mistakes);
    }
    let mut built_in = circle.map_or_else(Source::default_pool, Circle::pool);
    for source in &mut built_in {
        if let Some(Some(other)) = tables.get(source.id.as_str()) {
            // The groups of the default pool stay with it.
            let groups = source.groups;
            source.clone_from(other);
            source.groups = groups;
        }
    }
    let hidden = || secret_variables(layers);
    let value = pool.value.unwrap_or(built_in).into_iter().map(|source| source.without_variables(&hidden));
    let mut value: Vec<Source> = value.collect();
    if circle.is_some() {
        for source in &mut value {
            Circle::trust(source, layers);
        }
    }
    let used: BTreeSet<&str> = value.iter().map(|source| source.id.as_str()).collect();
    for (name, table) in &layers.sources {
        if !used.contains(name.as_str()) {
            let message = format!("the source `{name}` is not in the pool and will not be asked");
            opening.notes.push(Notice::note(message, Some(&table.place)).hint("name it in `pool`"));
        }
    }
    Setting { value, origin: pool.origin }
}

/// The variables that hold a credential or say where one is: a program that tells an address needs none of them. It takes
/// the rows of all providers, so it is left alone until a program is to be run.
pub(super) fn secret_variables(layers: &Layers) -> Vec<String> {
    let of_row = |row: &CredentialRow| {
        let names = [row.variable].into_iter().chain(row.aliases.iter().copied());
        names.flat_map(|name| [name.to_owned(), format!("{name}_FILE")]).collect::<Vec<_>>()
    };
    #[cfg(feature = "notify")]
    let tables = layers.providers.values().chain(layers.notify.values());
    #[cfg(not(feature = "notify"))]
    let tables = layers.providers.values();
    let entries = tables.flat_map(|table| &table.entries);
    let written = entries.filter_map(|(_, given)| match &given.value {
        Value::Secret(text) => Some(text.expose()),
        _ => given.text().ok(),
    });
    let outside = layers.credentials.values().flat_map(|credentials| credentials.environment.values());
    let written = written.chain(outside.map(|reference| reference.text.expose()));
    let referred = written.filter_map(|text| Some(text.trim().strip_prefix("env:")?.trim().to_owned()));
    let of_field = |info: &'static Info| {
        let secret = info.fields.iter().filter(|field| field.sight == Sight::Secret);
        secret.flat_map(|field| field.variables(info.id)).flat_map(|name| [format!("{name}_FILE"), name])
    };
    let fields = registry::all().into_iter().flat_map(of_field);
    let fixed = CREDENTIALS.iter().flat_map(of_row).chain(["CREDENTIALS_DIRECTORY".to_owned()]);
    fixed.chain(fields).chain(referred).collect()
}

/// The sources of the tables `[sources.NAME]`; `None` for one with mistakes, which have been told.
fn tables(
    layers: &Layers,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Option<Source>> {
    let mut sources = BTreeMap::new();
    let (mut read, mut notes) = (Vec::new(), Vec::new());
    for (name, table) in &layers.sources {
        let mut found = Vec::new();
        // Secrets of a source that is not asked are left alone.
        let world = opening.world.filter(|_| is_named(name, layers));
        let mut opening = Opening { world, notes: Vec::new(), secrets: Vec::new() };
        let source = if is_built_in(name) {
            moved(name, table, &mut found)
        } else {
            own(name, table, &mut opening, &mut found)
        };
        read.extend(opening.secrets);
        notes.extend(opening.notes);
        sources.insert(name.clone(), source.filter(|_| found.is_empty()));
        mistakes.append(&mut found);
    }
    opening.secrets.extend(read);
    opening.notes.extend(notes);
    sources
}

/// Whether any layer's pool names a source.
fn is_named(name: &str, layers: &Layers) -> bool {
    let names = |given: &Given| given.items().unwrap_or_default();
    layers.all("pool").flat_map(names).any(|item| item.text().is_ok_and(|text| text.trim() == name))
}

fn is_built_in(name: &str) -> bool {
    SOURCES.iter().any(|row| row.id == name)
}

/// A built-in source at other addresses.
fn moved(name: &str, table: &Table, mistakes: &mut Vec<Diagnostic>) -> Option<Source> {
    let mut source = Source::parse_spec(name).ok()?;
    for (key, what) in [("spec", "what it asks"), ("operator", "who runs it")] {
        if let Some(given) = table.get(key) {
            let message = format!("`{key}`: `{name}` is built in, and {what} is known");
            let hint = "give your own source a name of its own";
            mistakes.push(Diagnostic::error(message, &given.place).hint(hint));
        }
    }
    for (key, families) in
        [("url", Family::BOTH.as_slice()), ("ipv4", &[Family::V4]), ("ipv6", &[Family::V6])]
    {
        let Some(given) = table.get(key) else { continue };
        match given.parse::<Base>() {
            Ok(base) => {
                if let Some(moved) = source.with_base(families, &base) {
                    source = moved;
                } else {
                    let message =
                        format!("`{key}`: `{name}` is not asked at a URL and cannot be moved to one");
                    let hint = "write a source of your own, with `spec = \"dns:…\"` or `spec = \"stun:…\"`";
                    mistakes.push(Diagnostic::error(message, &given.place).hint(hint));
                }
            }
            Err(mistake) => mistakes.push(named(key, mistake)),
        }
    }
    trusted(source, table, mistakes)
}

/// A user's own source.
fn own(
    name: &str,
    table: &Table,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Source> {
    if let Some(given) = table.get("url") {
        let message = format!("`url`: this moves a built-in source, and `{name}` is none");
        let hint = "write `spec = \"url:https://…\"` for a source of your own";
        mistakes.push(Diagnostic::error(message, &given.place).hint(hint));
    }
    let Some(given) = table.get("spec") else {
        let message = format!("the source `{name}` does not say what to ask");
        mistakes.push(Diagnostic::error(message, &table.place).hint("add `spec = \"url:https://…\"`"));
        return None;
    };
    let extras = opening.extras(given.text().unwrap_or_default(), table, mistakes);
    let source =
        spec(given, &extras).map_err(|mistake| mistakes.push(named("spec", mistake))).ok()?.called(name);
    let source = match table.get("operator").map(Given::text) {
        None => source,
        Some(Ok(operator)) if operator.trim().is_empty() => {
            mistakes.push(Diagnostic::error("`operator`: the value is empty", &table.place));
            source
        }
        // `Hetzner` and `hetzner` are one party, with one vote.
        Some(Ok(operator)) => source.run_by(operator.trim().to_lowercase()),
        Some(Err(mistake)) => {
            mistakes.push(named("operator", mistake));
            source
        }
    };
    trusted(source, table, mistakes)
}

fn trusted(mut source: Source, table: &Table, mistakes: &mut Vec<Diagnostic>) -> Option<Source> {
    match table.get("trust").map(|given| given.one_of(TRUST)) {
        None => Some(source),
        Some(Ok(vote)) => {
            source.vote = vote;
            Some(source)
        }
        Some(Err(mistake)) => {
            mistakes.push(named("trust", mistake));
            None
        }
    }
}

fn spec(given: &Given, extras: &Extras) -> Result<Source, Diagnostic> {
    Source::parse_with(given.text()?, extras).map_err(|error| {
        // The library's sentence carries its advice behind a semicolon.
        let text = error.to_string();
        let (message, hint) = text
            .split_once("; ")
            .map_or((text.as_str(), None), |(message, hint)| (message, Some(hint.to_owned())));
        Diagnostic::error(message, &given.place).hint_if(hint)
    })
}

/// The sources that a list names; nothing where one of them is wrong.
fn chosen(
    given: &Given,
    tables: &BTreeMap<String, Option<Source>>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Vec<Source>> {
    let items = match given.items() {
        Ok(items) => join_addresses(items),
        Err(mistake) => {
            mistakes.push(named("pool", mistake));
            return None;
        }
    };
    if items.is_empty() {
        mistakes.push(Diagnostic::error("`pool`: there is no source in it", &given.place));
        return None;
    }
    let mut sources: Vec<Source> = Vec::new();
    let mut complete = true;
    for item in &items {
        let source = match item.text().ok().and_then(|text| tables.get(text.trim())) {
            Some(table) => table.clone(),
            None => {
                spec(item, &Extras::default()).map_err(|mistake| mistakes.push(named("pool", mistake))).ok()
            }
        };
        match source {
            Some(source) if sources.iter().any(|other| other.id == source.id) => {
                let message = format!("`pool`: `{}` is in it twice", source.id);
                mistakes.push(Diagnostic::error(message, &item.place));
            }
            Some(source) => sources.push(source),
            None => complete = false,
        }
    }
    complete.then_some(sources)
}

/// In a comma-separated text, an address behind a comma belongs to the `static:` before it.
fn join_addresses(items: Vec<Given>) -> Vec<Given> {
    let mut joined: Vec<Given> = Vec::new();
    for item in items {
        let address = item.text().is_ok_and(|text| text.parse::<IpAddr>().is_ok());
        if let (true, Some(Given { value: Value::Written(before), .. }), Value::Written(text)) =
            (address, joined.last_mut(), &item.value)
            && before.starts_with("static:")
        {
            before.push(',');
            before.push_str(text);
        } else {
            joined.push(item);
        }
    }
    joined
}

/// Where the pool was set, for what is found out about it later.
pub(super) fn place(layers: &Layers) -> Option<&Place> {
    layers.place("pool")
}

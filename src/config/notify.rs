//! Whom to tell what happened: the tables `[notify.NAME]`.
//!
//! What a table may hold depends on its `type` and stands in the table of kinds; here it is read, field by field.

use super::accounts::reference;
use super::diagnostic::Diagnostic;
use super::extras::Opening;
use super::file::unknown;
use super::layers::{Layers, Table, named};
use super::secret::Kind as Of;
use super::secret::Reference;
use super::sources::secret_variables;
use super::suggest;
use super::value::{Given, Value};
use crate::notify::Settings;
use crate::notify::kinds::{self, Check, Field, Form, KINDS, Kind, LEFT_OUT, Need, Sort, Way};
use crate::notify::settings::{self, NewsKind};
use std::collections::BTreeMap;

/// The keys that every target has.
const COMMON: [&str; 2] = ["on", "type"];

/// Reads the tables. One with mistakes is left out, and they are told.
pub(super) fn read(
    layers: &Layers,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Settings> {
    let mut targets = BTreeMap::new();
    for (name, table) in &layers.notify {
        let mut found = Vec::new();
        if let Some(kind) = kind(name, table).map_err(|mistake| found.push(mistake)).ok().flatten() {
            let settings = one(kind, name, table, opening, &mut found);
            if found.is_empty() {
                let runs = matches!(settings.kind.way, Way::Program);
                let without = if runs { secret_variables(layers) } else { Vec::new() };
                targets.insert(name.clone(), Settings { without, ..settings });
            }
        }
        mistakes.append(&mut found);
    }
    targets
}

/// The kind of a target: `type`, or its name where that is one.
fn kind(name: &str, table: &Table) -> Result<Option<&'static Kind>, Diagnostic> {
    let names = || KINDS.iter().map(|kind| kind.name);
    let Some(given) = table.get("type") else {
        if let Some(kind) = kinds::find(name) {
            return Ok(Some(kind));
        }
        let message = format!("the target `{name}` does not say what it is");
        let hint = format!("add `type`, one of {}", suggest::enumerate(names()));
        return Err(Diagnostic::error(message, &table.place).hint(hint));
    };
    let text = given.text().map_err(|mistake| named("type", mistake))?.trim();
    if let Some((left_out, feature)) = LEFT_OUT.iter().find(|(left_out, _)| *left_out == text) {
        let message = format!("`type`: this program was built without `{left_out}`");
        let hint = format!("use one that was built with the feature `{feature}`");
        return Err(Diagnostic::error(message, &given.place).hint(hint));
    }
    let words: Vec<(&str, &'static Kind)> = KINDS.iter().map(|kind| (kind.name, kind)).collect();
    given.one_of(&words).map(Some).map_err(|mistake| named("type", mistake))
}

fn one(
    kind: &'static Kind,
    name: &str,
    table: &Table,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Settings {
    let mut settings = Settings::new(kind);
    let of_kind = || kind.fields.iter().map(|field| field.key);
    for (key, given) in &table.entries {
        let text = key.text().unwrap_or_default();
        if let Some(field) = kind.fields.iter().find(|field| field.key == text) {
            match value(field, given, table, opening, mistakes) {
                Ok(value) => settings = settings.with(field.key, value),
                Err(mistake) => mistakes.push(named(text, mistake)),
            }
        } else if !COMMON.contains(&text) {
            let known: Vec<&'static str> = of_kind().chain(COMMON).collect();
            let what = format!("key in `[notify.{name}]`, which is of the type {}:", kind.name);
            mistakes.push(unknown(&what, text, &key.place, &known));
        }
    }
    match (kind.sort, table.get("on")) {
        (_, None) => {}
        (Sort::Pings, Some(given)) => {
            let message = "`on`: this target is pinged after every round, whatever happened";
            mistakes.push(Diagnostic::error(message, &given.place));
        }
        (Sort::News, Some(given)) => match on(given) {
            Ok(kinds) => settings.on = kinds,
            Err(mistake) => mistakes.push(named("on", mistake)),
        },
    }
    missing(kind, name, table, mistakes);
    settings
}

/// What has to be there and is not, and what does not go together.
fn missing(kind: &Kind, name: &str, table: &Table, mistakes: &mut Vec<Diagnostic>) {
    for field in kind.fields {
        if field.need == Need::Required && table.get(field.key).is_none() {
            let message = format!("the target `{name}` has no `{}`", field.key);
            let hint = format!("`{}` is {}", field.key, field.about);
            mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        }
    }
    for (one, other) in kind.together {
        for (there, absent) in [(one, other), (other, one)] {
            if let (Some(given), None) = (table.get(there), table.get(absent)) {
                let message = format!("`{there}` is given without `{absent}`");
                mistakes.push(Diagnostic::error(message, &given.place));
            }
        }
    }
    for (one, other) in kind.apart {
        if let (Some(_), Some(given)) = (table.get(one), table.get(other)) {
            let message = format!("`{other}` and `{one}` cannot both say who this is");
            mistakes.push(Diagnostic::error(message, &given.place));
        }
    }
}

/// The kinds of news that a target is told.
fn on(given: &Given) -> Result<Vec<NewsKind>, Diagnostic> {
    let words = NewsKind::ALL.map(|kind| (kind.as_str(), kind));
    let items = given.items()?;
    if items.is_empty() {
        return Err(Diagnostic::error("there is nothing in it, so nothing would be told", &given.place));
    }
    items.iter().map(|item| item.one_of(&words)).collect()
}

fn value(
    field: &Field,
    given: &Given,
    table: &Table,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<settings::Value, Diagnostic> {
    let checked = |text: &str, check: Check, at: &Given| {
        check(text).map(|()| text.to_owned()).map_err(|why| Diagnostic::error(why, &at.place))
    };
    Ok(match field.form {
        Form::Text(check) => settings::Value::Text(match &given.value {
            // A number of a chat needs no quotes.
            Value::Integer(number) => checked(&number.to_string(), check, given)?,
            _ => checked(given.text()?.trim(), check, given)?,
        }),
        Form::Secret(check) => {
            let reference = Reference { kind: Of::Value, ..reference(given, "the value")? };
            let secret = opening.secret(&reference)?;
            if opening.world.is_some() {
                check(secret.expose()).map_err(|why| Diagnostic::error(why, &given.place))?;
                opening.secrets.extend(parts(secret.expose()));
            }
            settings::Value::Secret(secret)
        }
        Form::List(check) => {
            let items = given.items()?;
            if items.is_empty() {
                return Err(Diagnostic::error("there is nothing in it", &given.place));
            }
            let texts = items.iter().map(|item| checked(item.text()?, check, item));
            settings::Value::List(texts.collect::<Result<_, _>>()?)
        }
        Form::Number(least, most) => match given.value {
            Value::Integer(number) if (least..=most).contains(&number) => settings::Value::Number(number),
            _ => {
                let message = format!("expected a whole number from {least} to {most}");
                return Err(Diagnostic::error(message, &given.place));
            }
        },
        Form::Words(words) => {
            let words: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
            settings::Value::Text(given.one_of(&words)?.to_owned())
        }
        Form::Headers => settings::Value::Headers(opening.headers(table, mistakes)),
        Form::Duration(least, most) => settings::Value::Duration(given.duration(least..=most)?),
    })
}

/// The secret parts of a secret URL, which may come back alone: its longer segments and what is in its query.
fn parts(secret: &str) -> impl Iterator<Item = crate::secret::Secret> {
    let path = secret.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    let pieces = path.unwrap_or_default().split(['/', '?', '&', '=']);
    pieces.filter(|piece| piece.len() >= SECRET_PIECE).map(crate::secret::Secret::new)
}

/// What is shorter is a word such as `services`, not a key.
const SECRET_PIECE: usize = 12;

#[cfg(test)]
mod tests;

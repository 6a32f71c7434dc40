//! The configuration that comes out: its text, and the same as settings while it is no file yet.

use super::dialogue::{Dialogue, Value};
use crate::config::{self, Arguments, Diagnostic, Environment, Secrets, Settings};
use crate::net::Base;
use crate::provider::registry::{Field, Info};
use std::fmt::Write as _;
use std::path::{Path, absolute};

/// The variables under which the secrets stand while there are no files.
const VARIABLE: &str = "init.";

/// What surrounds the dialogue: what was said of this machine and its sources, and where the provider's API is.
pub(super) struct Surroundings {
    /// The environment, without anybody's credentials.
    pub(super) world: Environment,
    /// The arguments that are settings, without a file and without records.
    pub(super) arguments: Arguments,
    pub(super) base_url: Option<String>,
}

/// The name of the file that holds a secret, beside the configuration.
pub(super) fn secret_file(info: &Info, field: &Field) -> String {
    format!("{}-{}", info.id, field.key.replace('_', "-"))
}

/// The secrets, with their fields, in the order of the provider's row.
pub(super) fn secrets(dialogue: &Dialogue) -> Vec<(&'static Field, &str)> {
    let fields = dialogue.info.map_or(&[][..], Info::asked);
    let secret = |field: &'static Field| match dialogue.values.get(field.key)? {
        Value::Secret(secret) => Some((field, secret.expose())),
        Value::Plain(_) | Value::Left => None,
    };
    fields.iter().filter_map(secret).collect()
}

/// The text; `refer` says how a secret is referred to.
pub(super) fn text(
    dialogue: &Dialogue,
    around: &Surroundings,
    refer: impl Fn(&Info, &Field) -> String,
) -> String {
    let Some(info) = dialogue.info else { return String::new() };
    let records = dialogue.records();
    let records = if records.is_empty() { vec![info.example()] } else { records };
    let records = match records.as_slice() {
        [one] => format!("[{}]", quoted(one)),
        several => {
            let lines: Vec<String> =
                several.iter().map(|record| format!("  {},\n", quoted(record))).collect();
            format!("[\n{}]", lines.concat())
        }
    };
    let mut text = format!(
        "# Dynflare keeps these records at this machine's public address. Made by `dynflare init`.\n\
         version = 1\n\n\
         # PROVIDER:ZONE:TYPE:NAME, with @ for the zone itself. A+AAAA is whichever of both this machine has.\n\
         records = {records}\n"
    );
    let settings = settings(&around.arguments);
    if !settings.is_empty() {
        write(&mut text, format_args!("\n# As on the command line of `dynflare init`.\n{settings}"));
    }
    write(
        &mut text,
        format_args!(
            "\n# The account at {}: `dynflare providers {}` tells about it.\n[providers.{}]\n",
            info.name, info.id, info.id
        ),
    );
    if let Some(base) = &around.base_url {
        write(&mut text, format_args!("base_url = {}\n", quoted(base)));
    }
    for field in info.asked() {
        let value = match dialogue.values.get(field.key) {
            Some(Value::Secret(_)) => refer(info, field),
            Some(Value::Plain(value)) => value.clone(),
            Some(Value::Left) | None => continue,
        };
        write(&mut text, format_args!("# {}\n{} = {}\n", field.about, field.key, quoted(&value)));
    }
    text
}

fn write(text: &mut String, piece: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(piece);
    debug_assert!(written.is_ok(), "a string takes everything");
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                write(&mut quoted, format_args!("\\u{:04X}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The settings among the arguments, as lines of the file.
fn settings(arguments: &Arguments) -> String {
    let list = |items: Vec<String>| {
        format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
    };
    let pieces = |values: &[String]| -> Vec<String> {
        values.iter().flat_map(|value| value.split(',')).map(|piece| piece.trim().to_owned()).collect()
    };
    let line = |(key, values): (&'static str, &[String])| {
        let value = match key {
            "pool" => list(values.to_vec()),
            "ca_file" => list(values.iter().map(|path| whole(path)).collect()),
            "allow" | "deny" => list(pieces(values)),
            "state_dir" => quoted(&whole(values.last()?)),
            "panel" | "quorum" if values.last()?.parse::<u32>().is_ok() => values.last()?.clone(),
            _ => quoted(values.last()?),
        };
        Some(format!("{key} = {value}\n"))
    };
    arguments.values().filter_map(line).collect()
}

/// A path that stays right wherever the program is started.
fn whole(path: &str) -> String {
    absolute(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}

/// Whether what surrounds the dialogue is right by itself, so that no answer is blamed for it.
pub(super) fn check(around: &Surroundings) -> Result<(), Vec<Diagnostic>> {
    let base = around.base_url.as_ref().map(|base| base.parse::<Base>());
    if let Some(Err(error)) = base {
        return Err(vec![Diagnostic::absence(format!("`--base-url`: {error}"))]);
    }
    let text = (Path::new("dynflare.toml"), "version = 1\n");
    config::load_text(&around.world, &around.arguments, text, Secrets::Leave).map(|_| ())
}

/// The settings that this comes to, with the secrets at hand.
pub(super) fn read(dialogue: &Dialogue, around: &Surroundings) -> Result<Settings, Vec<Diagnostic>> {
    let variable = |field: &Field| format!("{VARIABLE}{}", field.key);
    let text = text(dialogue, around, |_, field| format!("env:{}", variable(field)));
    let world = secrets(dialogue)
        .into_iter()
        .fold(around.world.clone(), |world, (field, secret)| world.with(&variable(field), secret));
    let path = dialogue.file.as_deref().unwrap_or(Path::new("dynflare.toml"));
    // The arguments stand in the text already.
    config::load_text(&world, &Arguments::default(), (path, &text), Secrets::All)
        .map(|(settings, _)| settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_toml_and_settings_stay_what_they_were() {
        assert_eq!(quoted("a\"b\\c\u{1}"), "\"a\\\"b\\\\c\\u0001\"");
        let mut arguments = Arguments::default();
        arguments.set("allow", "--allow", vec!["203.0.113.0/24, 2001:db8::/32".to_owned()]);
        arguments.set("quorum", "--quorum", vec!["1".to_owned()]);
        arguments.set("pool", "--source", vec!["url:https://example.org/a,b".to_owned()]);
        assert_eq!(
            settings(&arguments),
            "allow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\nquorum = 1\npool = [\"url:https://example.org/a,b\"]\n"
        );
    }
}

//! The zones: `[serve.zones."dyn.example.org"]`.

use super::keys::SERVE_ZONE_KEYS;
use super::settings::{Local, Place, Zone};
use super::{Reading, name};
use crate::config::accounts;
use crate::config::diagnostic::Diagnostic;
use crate::config::layers::{Layers, Table, named};
use crate::config::names;
use crate::config::suggest;
use crate::config::value::Given;
use dynflare_core::name::Name;
use std::collections::BTreeMap;

/// The word for the name server of this program.
const LOCAL: &str = "local";

/// Reads the tables. One with mistakes is left out, and they are told.
pub(super) fn read(reading: &mut Reading<'_, '_>, layers: &Layers) -> BTreeMap<Name, Zone> {
    let own = reading.table.get("name").and_then(|given| name(given).ok());
    let mut zones = BTreeMap::new();
    for (text, table) in reading.tables("zones", SERVE_ZONE_KEYS) {
        let zone = match names::absolute(&text) {
            Ok(zone) if !zone.is_wildcard() => zone,
            Ok(_) | Err(_) => {
                let message = "`zones`: the name of a zone is expected";
                let hint = "such as `[serve.zones.\"dyn.example.org\"]`, with quotes around the name";
                reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
                continue;
            }
        };
        if let Some(read) = one(reading, layers, (&zone, own.as_ref()), &table)
            && zones.insert(zone, read).is_some()
        {
            let message = "`zones`: this zone is given twice";
            reading.mistakes.push(Diagnostic::error(message, &table.place));
        }
    }
    zones
}

fn one(
    reading: &mut Reading<'_, '_>,
    layers: &Layers,
    (zone, own): (&Name, Option<&Name>),
    table: &Table,
) -> Option<Zone> {
    let ttl = reading.value_in(table, "ttl", None, |given| given.integer(1..=86_400).map(Some)).value;
    let zone_id = reading
        .value_in(table, "zone_id", None, |given| given.text().map(|text| Some(text.trim().to_owned())))
        .value;
    let servers = reading.value_in(table, "name_servers", Vec::new(), |given| {
        given.items()?.iter().map(name).collect::<Result<Vec<Name>, _>>()
    });
    let Some(given) = table.get("provider") else {
        let message = format!("the zone `{zone}` does not say where its records lie");
        let hint = "add `provider`: `local` for the name server of this program, or an account at a provider";
        reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        return None;
    };
    let provider = match provider(given, layers) {
        Ok(provider) => provider,
        Err(mistake) => {
            reading.mistakes.push(named("provider", mistake));
            return None;
        }
    };
    let only = |key: &str, what: &str| {
        let given = table.get(key)?;
        Some(Diagnostic::error(format!("`{key}`: this belongs to a zone {what}"), &given.place))
    };
    let provider = if let Some(account) = provider {
        reading.mistakes.extend(only("name_servers", "of the provider `local`"));
        Place::Account(account)
    } else {
        reading.mistakes.extend(only("zone_id", "at a provider that has identifiers"));
        let servers = if servers.value.is_empty() { default_servers(zone, own) } else { servers.value };
        Place::Local(Local { servers })
    };
    Some(Zone { place: table.place.clone(), provider, zone_id, ttl })
}

/// The account; `None` for the name server of this program.
fn provider(given: &Given, layers: &Layers) -> Result<Option<String>, Diagnostic> {
    let text = given.text()?.trim();
    if text == LOCAL {
        return Ok(None);
    }
    match accounts::provider_of(text, layers) {
        Ok(_) => Ok(Some(text.to_owned())),
        // Told at its table already.
        Err(_) if layers.providers.contains_key(text) => Ok(Some(text.to_owned())),
        Err(_) => {
            let known = accounts::built_in()
                .into_iter()
                .chain(layers.providers.keys().map(String::as_str))
                .chain([LOCAL]);
            let hint = suggest::nearest(text, known).map_or_else(
                || "write `local`, the name of a table `[providers.NAME]`, or one that the command `providers` lists".to_owned(),
                |word| format!("did you mean `{word}`?"),
            );
            let message = format!("there is no provider or account `{text}`");
            Err(Diagnostic::error(message, &given.place).hint(hint))
        }
    }
}

/// The server's own name; where that is the zone itself, or is not said, `ns` in the zone: not every registry takes a
/// zone as its own name server.
fn default_servers(zone: &Name, own: Option<&Name>) -> Vec<Name> {
    match own.filter(|own| *own != zone) {
        Some(own) => vec![own.clone()],
        None => Name::parse_in("ns", zone).into_iter().collect(),
    }
}

//! The ways out with names: the tables `[uplink.NAME]`, and the records that name them.

use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Layers, Table, named};
use super::record::RecordWish;
use super::suggest;
use super::value::{Given, Value};
use crate::net::{Device, Way};
use dynflare_core::address::Family;
use dynflare_core::uplink::Ways;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The word for every uplink there is.
pub(super) const ALL: &str = "all";

/// How long an uplink must hold before it is gone back to, unless the user says otherwise.
const HOLD_DOWN: Duration = Duration::from_secs(5 * 60);

/// One uplink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UplinkSettings {
    /// How sockets are bound to it.
    pub way: Way,
    /// How long it must have been agreed on before it is gone back to.
    pub hold_down: Duration,
    /// Which way the provider calls of its records take.
    pub calls: Calls,
}

/// Which way provider calls take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// The system's own.
    Default,
    /// The uplink's.
    ByUplink,
}

/// Reads the tables. One with mistakes is left out, and they are told.
pub(super) fn read(layers: &Layers, mistakes: &mut Vec<Diagnostic>) -> BTreeMap<Arc<str>, UplinkSettings> {
    let mut uplinks = BTreeMap::new();
    for (name, table) in &layers.uplinks {
        let mut found = Vec::new();
        let settings = one(name, table, &mut found);
        if found.is_empty() {
            uplinks.insert(name.as_str().into(), settings);
        }
        mistakes.append(&mut found);
    }
    uplinks
}

fn one(name: &str, table: &Table, mistakes: &mut Vec<Diagnostic>) -> UplinkSettings {
    let mut way = Way::default();
    let mut told = |key: &str, mistake: Diagnostic| mistakes.push(named(key, mistake));
    if name == ALL {
        let message = "an uplink cannot be called `all`: records mean every uplink by that";
        told("uplink", Diagnostic::error(message, &table.place));
    }
    if let Some(given) = table.get("interface") {
        device(given).map_or_else(|mistake| told("interface", mistake), |device| way.device = Some(device));
    }
    if let Some(given) = table.get("mark") {
        mark(given).map_or_else(|mistake| told("mark", mistake), |mark| way.mark = Some(mark));
    }
    if let Some(given) = table.get("address") {
        addresses(given, way).map_or_else(|mistake| told("address", mistake), |bound| way = bound);
    }
    let given = |key: &str| table.get(key);
    let hold_down =
        given("hold_down").map(|given| given.duration(Duration::ZERO..=Duration::from_secs(86_400)));
    let hold_down = hold_down.unwrap_or(Ok(HOLD_DOWN)).unwrap_or_else(|mistake| {
        told("hold_down", mistake);
        HOLD_DOWN
    });
    let calls = given("provider_calls").map_or(Ok(false), Given::boolean).unwrap_or_else(|mistake| {
        told("provider_calls", mistake);
        false
    });
    if ["interface", "mark", "address"].iter().all(|key| table.get(key).is_none()) {
        let message = format!("the uplink `{name}` does not say which way it is");
        let hint = "add `interface = \"…\"`, `address = \"…\"` or `mark = …`";
        mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
    }
    let calls = if calls { Calls::ByUplink } else { Calls::Default };
    UplinkSettings { way, hold_down, calls }
}

fn device(given: &Given) -> Result<Device, Diagnostic> {
    let text = given.text()?;
    Device::new(text).ok_or_else(|| {
        Diagnostic::error(format!("`{text}` cannot be the name of an interface"), &given.place)
            .hint("`ip -brief link` shows the names")
    })
}

fn mark(given: &Given) -> Result<u32, Diagnostic> {
    let Value::Text(text) = &given.value else { return given.integer(1..=u32::MAX) };
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number.filter(|number| *number > 0).ok_or_else(|| {
        Diagnostic::error(format!("`{text}` is no mark"), &given.place)
            .hint("a mark is a number such as 0x10")
    })
}

/// At most one address of each family.
fn addresses(given: &Given, mut way: Way) -> Result<Way, Diagnostic> {
    let items = given.items()?;
    if items.is_empty() {
        return Err(Diagnostic::error("there is no address in it", &given.place));
    }
    for item in items {
        let text = item.text()?;
        let address: IpAddr = text
            .parse()
            .map_err(|_| Diagnostic::error(format!("`{text}` is not an address"), &item.place))?;
        if way.source(Family::of(address)).is_some() {
            let message = format!("there are two {} addresses", Family::of(address));
            return Err(Diagnostic::error(message, &item.place));
        }
        way = way.from_address(address);
    }
    Ok(way)
}

/// Reads the option `uplink` of a record: one name, several in turn, or `all`.
pub(super) fn option(value: &Given) -> Result<(Ways, Vec<Given>), Diagnostic> {
    let items = value.items()?;
    let mut names: Vec<Arc<str>> = Vec::new();
    for item in &items {
        let name = item.text()?.trim();
        if names.iter().any(|other| **other == *name) {
            return Err(Diagnostic::error(format!("`{name}` is in it twice"), &item.place));
        }
        names.push(name.into());
    }
    match names.as_slice() {
        [] => Err(Diagnostic::error("the value is empty", &value.place)),
        [all] if **all == *ALL => Ok((Ways::All(Vec::new()), items)),
        many if many.iter().any(|name| **name == *ALL) => {
            Err(Diagnostic::error("`all` stands alone", &value.place))
        }
        _ => Ok((Ways::InTurn(names), items)),
    }
}

/// Puts the names of all uplinks where `all` stands, and tells of names that nobody has, and of uplinks that nobody
/// uses.
pub(super) fn check(
    records: &mut [RecordWish],
    uplinks: &BTreeMap<Arc<str>, UplinkSettings>,
    layers: &Layers,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for wish in records.iter_mut() {
        if let Ways::All(names) = &mut wish.ways {
            *names = uplinks.keys().cloned().collect();
            used.extend(layers.uplinks.keys().map(String::as_str));
            if layers.uplinks.is_empty() {
                let message = "`uplink`: there is none that `all` could mean";
                mistakes.push(Diagnostic::error(message, &wish.place).hint(HINT));
            }
        }
        for item in &wish.uplinks {
            let name = item.text().map(str::trim).unwrap_or_default();
            match layers.uplinks.get_key_value(name) {
                Some((name, _)) => {
                    used.insert(name);
                }
                None if name == ALL => {}
                None => {
                    let known = || layers.uplinks.keys().map(String::as_str);
                    let hint = suggest::nearest(name, known()).map_or_else(
                        || match known().next() {
                            None => HINT.to_owned(),
                            Some(_) => format!("known are {}", suggest::enumerate(known())),
                        },
                        |word| format!("did you mean `{word}`?"),
                    );
                    let mistake =
                        Diagnostic::error(format!("there is no uplink `{name}`"), &item.place).hint(hint);
                    if !mistakes.contains(&mistake) {
                        mistakes.push(mistake);
                    }
                }
            }
        }
        let several = wish.ways.names().len() > 1;
        let calls = wish
            .ways
            .names()
            .iter()
            .find(|name| uplinks.get(*name).is_some_and(|uplink| uplink.calls == Calls::ByUplink));
        if let (true, Some(name)) = (several, calls) {
            let message = format!(
                "`provider_calls` of the uplink `{name}` says nothing for {}, which has several: its provider is spoken \
                 to by the system's own way",
                wish.key()
            );
            notes.push(Notice::note(message, Some(&wish.place)));
        }
    }
    for (name, table) in layers.uplinks.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let message = format!("no record uses the uplink `{name}`");
        notes
            .push(Notice::note(message, Some(&table.place)).hint(format!("add `uplink={name}` to a record")));
    }
}

/// What to do where there are none.
const HINT: &str = "an uplink is a table `[uplink.NAME]` of the file";

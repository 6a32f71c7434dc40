//! One record as a user wishes it, and the text it is written as:
//! `<provider>:<zone>:<type>:<name>[?key=value&…]`.
//!
//! The text gives one wish per type; `A+AAAA` gives two, each for whichever family the machine has. Options may stand
//! in the text, form-encoded, or beside it in a table of the file. What needs the rest of the configuration (which
//! accounts there are, the owner mark) is checked by the caller.

use super::conditions::Asked;
use super::diagnostic::Diagnostic;
use super::names;
use super::options::Options;
use super::origin::{Origin, Place};
use super::suggest;
use super::value::Given;
use dynflare_core::condition::Conditions;
use dynflare_core::desired::{OwnerMark, Wish};
use dynflare_core::name::Name;
use dynflare_core::record::{Attributes, Key, RecordType};
use dynflare_core::uplink::Ways;
use std::ops::Range;

/// One name and type that should be kept right.
#[derive(Clone, Debug)]
pub struct RecordWish {
    /// The account: the name of a `[providers.NAME]` table or the identifier of a built-in provider.
    pub account: String,
    /// The zone; `None` where the provider is asked for it (`auto`).
    pub zone: Option<Name>,
    /// The provider's identifier of the zone, which spares looking it up.
    pub zone_id: Option<String>,
    /// Whether it is a failure that the machine has no address of the family.
    pub presence: Presence,
    /// Name, type, content, attributes.
    pub wish: Wish,
    /// The attributes again, by themselves.
    pub attributes: Attributes,
    /// Where it was written.
    pub origin: Origin,
    /// The record string as written.
    pub text: String,
    /// Where exactly, for what is found out later.
    pub place: Place,
    /// The ways out whose addresses it holds.
    pub ways: Ways,
    /// When what is ours goes, and when what is right is written again.
    pub conditions: Conditions,
    /// The same, as far as it was said with this record.
    pub(super) asked: Asked,
    /// The names of uplinks, as written.
    pub(super) uplinks: Vec<Given>,
    /// The options that were given, each with its place.
    pub(super) options: Vec<(String, Place)>,
}

/// Whether a family must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The record was asked for by its type: without an address of the family it fails.
    Required,
    /// The record was asked for as `A+AAAA`: it is enough that one of the two families is there.
    IfPresent,
}

impl RecordWish {
    /// Name and type.
    pub fn key(&self) -> &Key {
        self.wish.key()
    }

    /// Whether two wishes ask for the same, wherever they were written.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        (&self.account, &self.zone, &self.zone_id, self.presence, &self.wish, &self.ways, self.asked)
            == (
                &other.account,
                &other.zone,
                &other.zone_id,
                other.presence,
                &other.wish,
                &other.ways,
                other.asked,
            )
    }
}

/// The shape of a record string, for hints.
const SHAPE: &str = "write PROVIDER:ZONE:TYPE:NAME, such as `cloudflare:example.org:A:home`";

/// Reads one record string and the options that stand beside it in a table. All mistakes are returned, not only the
/// first.
pub(super) fn read(
    given: &Given,
    beside: &[(Given, Given)],
    owner: &OwnerMark,
) -> Result<Vec<RecordWish>, Vec<Diagnostic>> {
    let text = given.text().map_err(|mistake| vec![mistake])?;
    let (record, query) = match text.split_once('?') {
        Some((record, query)) => (record, Some(query)),
        None => (text, None),
    };
    let mut mistakes = Vec::new();
    let mut options = Options::default();
    if let Some(query) = query {
        let start = record.len() + 1;
        options.read_query(query, &given.place.part(start..text.len()), &mut mistakes);
    }
    for (key, value) in beside {
        options.read_one(key, value, &mut mistakes);
    }
    let Some(fields) = fields(record) else {
        let message = match record.trim() {
            "" => "the record is empty".to_owned(),
            _ => format!("expected four fields separated by colons, found {}", record.split(':').count()),
        };
        mistakes.insert(0, Diagnostic::error(message, &given.place.part(0..record.len())).hint(SHAPE));
        return Err(mistakes);
    };
    let at = |field: usize| given.place.part(fields[field].clone());
    let field = |field: usize| &record[fields[field].clone()];

    if field(0).is_empty() {
        mistakes.push(Diagnostic::error("the provider is empty", &at(0)).hint(SHAPE));
    }
    let zone = read_zone(field(1), &at(1)).map_err(|mistake| mistakes.push(mistake)).ok();
    let types = read_types(field(2), &at(2)).map_err(|mistake| mistakes.push(mistake)).ok();
    let name = zone.as_ref().and_then(|zone| {
        read_name(field(3), zone.as_ref(), &at(3)).map_err(|mistake| mistakes.push(mistake)).ok()
    });
    if let (Some(None), Some(place)) = (&zone, options.place("zone_id")) {
        let hint = "write the zone in the place of `auto`";
        mistakes
            .push(Diagnostic::error("`zone_id` is of no use where the zone is not named", place).hint(hint));
    }
    if let Some(types) = &types {
        options.check(types, &at(2), &mut mistakes);
    }
    let mut wishes = Vec::new();
    if let (Some(zone), Some(types), Some(name), true) = (zone, types, name, mistakes.is_empty()) {
        let presence = if types.len() > 1 { Presence::IfPresent } else { Presence::Required };
        for rtype in types {
            let key = Key { name: name.clone(), rtype };
            match options.wish(key, owner, &at(2)) {
                Ok(wish) => wishes.push(RecordWish {
                    conditions: Conditions::default(),
                    asked: options.asked(),
                    ways: options.ways().0,
                    uplinks: options.ways().1,
                    account: field(0).to_owned(),
                    zone: zone.clone(),
                    zone_id: options.zone_id(),
                    presence,
                    wish,
                    attributes: options.attributes(),
                    origin: given.place.origin(),
                    text: text.to_owned(),
                    place: given.place.part(0..text.len()),
                    options: options.given(),
                }),
                Err(mistake) if mistakes.contains(&mistake) => {}
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    if mistakes.is_empty() {
        return Ok(wishes);
    }
    mistakes.sort_by_key(|mistake| mistake.place.as_ref().map(|place| place.shown_range().start));
    Err(mistakes)
}

/// The ranges of the four fields, without surrounding blanks.
fn fields(record: &str) -> Option<[Range<usize>; 4]> {
    let mut ranges = Vec::with_capacity(4);
    let mut start = 0;
    for piece in record.split(':') {
        let from = start + (piece.len() - piece.trim_start().len());
        ranges.push(from..from + piece.trim().len());
        start += piece.len() + 1;
    }
    ranges.try_into().ok()
}

fn read_zone(text: &str, place: &Place) -> Result<Option<Name>, Diagnostic> {
    if text == "auto" {
        return Ok(None);
    }
    if text.is_empty() {
        let hint = "write the zone, or `auto` to have the provider asked for it";
        return Err(Diagnostic::error("the zone is empty", place).hint(hint));
    }
    let zone = names::absolute(text)
        .map_err(|error| Diagnostic::error(format!("the zone is no name: {error}"), place))?;
    if zone.is_wildcard() {
        return Err(Diagnostic::error("a zone cannot be a wildcard", place)
            .hint("the wildcard belongs into the last field, the name"));
    }
    Ok(Some(zone))
}

fn read_types(text: &str, place: &Place) -> Result<Vec<RecordType>, Diagnostic> {
    let mut types = Vec::new();
    let mut start = 0;
    for piece in text.split('+') {
        let at = place.part(start..start + piece.len());
        start += piece.len() + 1;
        let rtype = piece.parse::<RecordType>().map_err(|_| {
            let known = || RecordType::all().map(RecordType::as_str);
            let message = match piece {
                "" => "the record type is empty".to_owned(),
                _ => format!("`{piece}` is no record type that can be kept"),
            };
            let hint = suggest::nearest(piece, known()).map_or_else(
                || format!("the types are {} and `A+AAAA`", known().collect::<Vec<_>>().join(", ")),
                |word| format!("did you mean `{word}`?"),
            );
            Diagnostic::error(message, &at).hint(hint)
        })?;
        types.push(rtype);
    }
    types.sort();
    let both = [RecordType::A, RecordType::Aaaa];
    if types.len() > 1 && types != both {
        return Err(Diagnostic::error(format!("the types `{text}` cannot be joined"), place)
            .hint("only `A+AAAA` can; write one record for each other type"));
    }
    Ok(types)
}

fn read_name(text: &str, zone: Option<&Name>, place: &Place) -> Result<Name, Diagnostic> {
    let Some(zone) = zone else {
        let hint = "with the zone `auto` write the whole name, such as `home.example.org`";
        if matches!(text, "" | "@" | "*") || !text.trim_end_matches('.').contains(['.', '。']) {
            let message = format!("`{text}` is relative, but the zone is not known yet");
            return Err(Diagnostic::error(message, place).hint(hint));
        }
        return names::absolute(text)
            .map_err(|error| Diagnostic::error(format!("the name is no name: {error}"), place));
    };
    if text.is_empty() {
        return Err(Diagnostic::error("the name is empty", place).hint("write `@` for the zone itself"));
    }
    names::inside(text, zone).map_err(|error| {
        let message =
            if error.contains("does not lie") { error } else { format!("the name is no name: {error}") };
        Diagnostic::error(message, place)
    })
}

#[cfg(test)]
mod tests;

//! The records: each name once, at an account that is there, with options that its provider has.

use super::Reading;
use crate::config::accounts;
use crate::config::diagnostic::{Diagnostic, Notice};
use crate::config::layers::named;
use crate::config::record::{self, RecordWish};
use crate::config::suggest;
use crate::config::value::{Given, Value};
use crate::provider::{get, registry};
use dynflare_core::desired::OwnerMark;

/// What to do about a record that was cut in two.
const COMMA: &str = "a comma ends a record here; inside an option write it as `%2C`";

impl Reading {
    /// The records of the topmost layer that has any; those of the others are checked and left.
    pub(super) fn records(&mut self, owner: &OwnerMark) -> Vec<RecordWish> {
        let mut records = Vec::new();
        let given: Vec<Given> = self.layers.all("records").cloned().collect();
        for given in &given {
            let items = given.items().unwrap_or_else(|mistake| {
                self.mistakes.push(named("records", mistake));
                Vec::new()
            });
            let mut of_layer = Vec::new();
            for (at, item) in items.iter().enumerate() {
                match read_record(item, owner) {
                    Ok(wishes) => of_layer.extend(wishes),
                    Err(mistakes) => {
                        let before = at.checked_sub(1).and_then(|before| items[before].text().ok());
                        let cut = matches!(given.value, Value::Written(_))
                            && before.is_some_and(|text| text.contains('?'));
                        self.mistakes.extend(
                            mistakes.into_iter().map(
                                |mistake| {
                                    if cut { mistake.hint(COMMA) } else { mistake }
                                },
                            ),
                        );
                    }
                }
            }
            self.check_records(&mut of_layer);
            records = of_layer;
        }
        records
    }

    /// Each name once, at an account that is there, with what its provider has.
    fn check_records(&mut self, records: &mut Vec<RecordWish>) {
        let mut kept: Vec<RecordWish> = Vec::new();
        for wish in records.drain(..) {
            let provider = match accounts::provider_of(&wish.account, &self.layers) {
                Ok(provider) => Some(provider),
                // Told at its table already.
                Err(_) if self.layers.providers.contains_key(&wish.account) => None,
                Err(_) => {
                    let mistake = self.no_account(&wish);
                    if !self.mistakes.contains(&mistake) {
                        self.mistakes.push(mistake);
                    }
                    None
                }
            };
            for mistake in provider.map(|provider| suits(&wish, provider)).unwrap_or_default() {
                if !self.mistakes.contains(&mistake) {
                    self.mistakes.push(mistake);
                }
            }
            let same_place = |other: &&RecordWish| other.account == wish.account && other.key() == wish.key();
            match kept.iter().find(same_place) {
                None => kept.push(wish),
                Some(first) if first.asks_the_same_as(&wish) => {
                    let message = format!("{} at {} is given twice", wish.key(), wish.account);
                    self.notes.push(Notice::note(message, Some(&wish.place)));
                }
                Some(first) => {
                    let message =
                        format!("{} at {} is given twice, and differently", wish.key(), wish.account);
                    let hint = format!("the first is `{}` ({})", first.text, first.origin);
                    self.mistakes.push(Diagnostic::error(message, &wish.place).hint(hint));
                }
            }
        }
        *records = kept;
    }

    fn no_account(&self, wish: &RecordWish) -> Diagnostic {
        let name = &wish.account;
        let place = wish.place.part(0..name.len());
        if let Some(mistake) = accounts::left_out(name, &place) {
            return mistake;
        }
        let known = accounts::built_in().into_iter().chain(self.layers.providers.keys().map(String::as_str));
        let hint = suggest::nearest(name, known).map_or_else(
            || {
                "the command `providers` lists those there are; others need a table `[providers.NAME]` in the file"
                    .to_owned()
            },
            |word| format!("did you mean `{word}`?"),
        );
        Diagnostic::error(format!("there is no provider or account `{name}`"), &place).hint(hint)
    }
}

fn read_record(item: &Given, owner: &OwnerMark) -> Result<Vec<RecordWish>, Vec<Diagnostic>> {
    let Value::Table(entries) = &item.value else {
        return record::read(item, &[], owner)
            .map_err(|mistakes| mistakes.into_iter().map(|mistake| named_value(item, mistake)).collect());
    };
    let (record, beside): (Vec<_>, Vec<_>) =
        entries.iter().cloned().partition(|(key, _)| key.text().is_ok_and(|key| key == "record"));
    let Some((_, record)) = record.first() else {
        let hint = "add `record = \"PROVIDER:ZONE:TYPE:NAME\"`";
        return Err(vec![Diagnostic::error("this record does not say which it is", &item.place).hint(hint)]);
    };
    record::read(record, &beside, owner)
}

/// A record that is no text at all is named by its setting.
fn named_value(item: &Given, mistake: Diagnostic) -> Diagnostic {
    if item.text().is_err() { named("records", mistake) } else { mistake }
}

/// What of the record itself its provider cannot hold.
fn misfits(wish: &RecordWish, info: &registry::Info) -> Vec<Diagnostic> {
    let key = wish.key();
    let is_apex = wish.zone.as_ref() == Some(&key.name);
    let misfit = [
        (!info.types.contains(&key.rtype), format!("records of type {}", key.rtype)),
        (key.name.is_wildcard() && !info.can.wildcard, "wildcards".to_owned()),
        (is_apex && !info.can.apex, "records at a zone's own name".to_owned()),
        (
            wish.zone.is_none() && !info.can.auto && info.shape != registry::Shape::Push,
            "a list of zones; name the zone instead of `auto`".to_owned(),
        ),
        (wish.wish.breadth() > 1 && !info.can.several, "several values at one name".to_owned()),
        (
            wish.zone.is_none() && get::find(info.id).is_some_and(|definition| definition.needs_zone()),
            "way to find the zone out; name it instead of `auto`".to_owned(),
        ),
    ];
    let told = misfit.into_iter().filter(|(missing, _)| *missing);
    told.map(|(_, what)| Diagnostic::error(format!("{} has no {what}", info.name), &wish.place)).collect()
}

/// What a provider does not have, or not in this range.
fn suits(wish: &RecordWish, provider: &str) -> Vec<Diagnostic> {
    let Some(info) = registry::find(provider) else { return Vec::new() };
    let attribute = |name: &str| info.attributes.iter().any(|attribute| attribute.as_str() == name);
    let mut mistakes = misfits(wish, info);
    for (option, place) in &wish.options {
        let missing = match option.as_str() {
            "comment" | "proxied" | "tags" | "ttl" => !attribute(option),
            "zone_id" => provider != "cloudflare",
            "refresh_after" => info.shape == registry::Shape::Records,
            _ => false,
        };
        if missing {
            let message = format!("{} has no `{option}`", info.name);
            let reason = (option == "refresh_after").then_some("records do not expire there; leave it out");
            mistakes.push(Diagnostic::error(message, place).hint_if(reason.map(str::to_owned)));
        }
        if option == "ttl"
            && provider != "cloudflare"
            && attribute(option)
            && let Some(ttl) = wish.attributes.ttl
            && ttl < info.min_ttl
        {
            let message = format!("`ttl`: {} takes {} seconds or more, not {ttl}", info.name, info.min_ttl);
            mistakes.push(Diagnostic::error(message, place));
        }
        if option == "ttl"
            && provider == "cloudflare"
            && let Some(ttl) = wish.attributes.ttl
            && ttl != 1
            && !(30..=86_400).contains(&ttl)
        {
            let message = format!("`ttl`: Cloudflare takes 1 (automatic) or 30 to 86400 seconds, not {ttl}");
            mistakes.push(Diagnostic::error(message, place));
        }
    }
    mistakes
}

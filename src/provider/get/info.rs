//! Definitions as rows of the registry.

use super::definition::{Definition, Field, Wildcard};
use super::rows::ROWS;
use crate::provider::account;
use crate::provider::registry::{Can, Info, Shape, Verified};
use dynflare_core::address::Family;
use dynflare_core::record::RecordType;
use std::sync::OnceLock;

/// What was made of each line of the table. Only what is asked for is read: a run mostly needs one of them.
static INFOS: [OnceLock<Info>; ROWS.len()] = [const { OnceLock::new() }; ROWS.len()];

/// The row of providers that the configuration describes itself.
pub const OWN: Info = Info {
    id: "get",
    name: "a provider of your own",
    shape: Shape::Push,
    types: crate::provider::registry::ADDRESSES,
    attributes: &[],
    min_ttl: 0,
    can: Can { several: false, wildcard: true, apex: true, auto: false },
    docs: "https://github.com/dynflare/dynflare/blob/main/docs/providers-get.md",
    fields: &[],
    env: &[],
    verified: Verified::Documentation,
};

/// The row of this id.
pub(in crate::provider) fn find(id: &str) -> Option<&'static Info> {
    ROWS.iter().position(|row| row.0 == id).map(at).or_else(|| (id == OWN.id).then_some(&OWN))
}

/// All rows, sorted by id.
pub(in crate::provider) fn all() -> impl Iterator<Item = &'static Info> {
    (0..ROWS.len()).map(at).chain([&OWN])
}

fn at(index: usize) -> &'static Info {
    INFOS[index].get_or_init(|| of(&super::read(ROWS[index].1)))
}

/// How a definition is known to be right; `None` where its words are none of those that say so.
pub(super) fn verified(text: &str) -> Option<Verified> {
    match text {
        "documentation" => return Some(Verified::Documentation),
        "hearsay" => return Some(Verified::Hearsay),
        _ => {}
    }
    let (kind, what) = text.split_once(' ')?;
    match kind {
        "recorded" => Some(Verified::Recorded(leak(what))),
        "server" => Some(Verified::Servers(leak(what))),
        _ => None,
    }
}

/// The registry's rows are constants elsewhere; here they come from text, are made once each and stay as long as the
/// process, so nothing is lost by never giving their memory back.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn of(definition: &Definition) -> Info {
    let types: &'static [RecordType] = match definition.families.as_slice() {
        [Family::V4] => &[RecordType::A],
        [Family::V6] => &[RecordType::Aaaa],
        _ => crate::provider::registry::ADDRESSES,
    };
    let fields: Vec<account::Field> = definition.fields.iter().map(|one| field(one, definition)).collect();
    let wildcard = definition.variants.iter().all(|variant| !matches!(variant.wildcard, Wildcard::None));
    Info {
        id: leak(&definition.id),
        name: leak(&definition.name),
        shape: Shape::Push,
        types,
        attributes: &[],
        min_ttl: 0,
        can: Can { several: false, wildcard, apex: true, auto: false },
        docs: leak(&definition.docs),
        fields: fields.leak(),
        env: &[],
        verified: verified(&definition.verified).expect("invariant: checked with the definition"),
    }
}

fn field(field: &Field, definition: &Definition) -> account::Field {
    let everywhere = definition.variants.iter().all(|variant| variant.fields().contains(field.key.as_str()));
    let variables: Vec<&'static str> = field.env.iter().map(|name| leak(name)).collect();
    let (key, about) = (leak(&field.key), leak(&field.about));
    let made =
        if field.secret { account::Field::secret(key, about) } else { account::Field::plain(key, about) };
    let made = made.also_in(variables.leak());
    if field.optional || !everywhere { made.optional() } else { made }
}

//! What a definition has to be beyond its form: that all it needs is there, and all that is there is used.

use super::definition::{Definition, EntryValue, Mistakes, PerFamily, Variant, Where};
use super::reply::{Heard, Vector};
use super::template::{Blank, Template};
use crate::net::base::Scheme;
use crate::provider::push::PerCall;
use dynflare_core::address::Family;
use std::collections::BTreeSet;

/// The address that is sent in examples.
const EXAMPLE: &str = "192.0.2.1";

/// The longest text that one line of a table has room for.
const LONGEST_ABOUT: usize = 160;

/// Finds what is wrong with a definition whose form is right.
pub(super) fn check(definition: &Definition, mistakes: &mut Mistakes) {
    identity(definition, mistakes);
    limits(definition, mistakes);
    credentials(definition, mistakes);
    for (at, variant) in definition.variants.iter().enumerate() {
        let key = if at == 0 { String::new() } else { format!("alternatives[{}].", at - 1) };
        one(definition, variant, &key, mistakes);
    }
    for (at, rule) in definition.replies.useless().into_iter().enumerate() {
        if rule {
            mistakes.add(format!("reply[{at}]"), "it says neither a status nor anything of the text");
        }
    }
    for (at, vector) in definition.expect.iter().enumerate() {
        if let Some(instead) = misread(definition, vector) {
            mistakes.add(format!("expect[{at}]"), instead);
        }
    }
    if definition.replies.is_empty() {
        mistakes.add("reply", "nothing says what an answer means: give rules, or `like`");
    }
}

/// What an example comes out as, where that is not what it promises.
fn misread(definition: &Definition, vector: &Vector) -> Option<String> {
    let body = vector.body.replace("{ip}", EXAMPLE);
    let heard = Heard { status: vector.status, body: &body, retry_after: None };
    let sent = [EXAMPLE.parse().expect("invariant: an address")];
    let told = definition.replies.read(&heard, 1, &sent).remove(0);
    if told.meaning != Some(vector.means) {
        let found = told.meaning.map_or_else(|| told.what.clone(), |meaning| format!("{meaning:?}"));
        return Some(format!("{body:?} with status {} comes out as: {found}", vector.status));
    }
    let waits = vector.wait.is_none() || vector.wait == told.wait;
    (!waits).then(|| format!("{body:?} comes out with a wait of {:?}", told.wait.unwrap_or_default()))
}

fn identity(definition: &Definition, mistakes: &mut Mistakes) {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // The names of its variables begin with it, and no variable begins with a digit.
    if !definition.id.starts_with(|c: char| c.is_ascii_lowercase()) || !definition.id.chars().all(fine) {
        mistakes.add("id", "expected lower case letters, digits and dashes, a letter first");
    }
    if definition.name.trim().is_empty() {
        mistakes.add("name", "it says nothing");
    }
    if super::info::verified(&definition.verified).is_none() {
        mistakes.add(
            "verified",
            "expected \"documentation\", \"hearsay\", \"recorded YEARS\" or \"server WHICH\"",
        );
    }
    if !definition.docs.starts_with("https://") {
        mistakes.add("docs", "expected the https URL of the provider's own page");
    }
    if definition.families.is_empty() {
        mistakes.add("families", "expected \"ipv4\", \"ipv6\" or both");
    }
}

fn limits(definition: &Definition, mistakes: &mut Mistakes) {
    if !(1..=20).contains(&definition.hosts) {
        mistakes.add("limits.hosts", "expected 1 to 20");
    }
    if definition.refresh.is_some_and(|refresh| refresh <= definition.cooldown || refresh.as_secs() < 3600) {
        mistakes.add("limits.refresh", "expected at least 1h, and more than `cooldown`");
    }
}

fn credentials(definition: &Definition, mistakes: &mut Mistakes) {
    let used: BTreeSet<&str> = definition.variants.iter().flat_map(Variant::fields).collect();
    for field in &definition.fields {
        let key = format!("credentials.{}", field.key);
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !field.key.starts_with(|c: char| c.is_ascii_lowercase()) || !field.key.chars().all(fine) {
            mistakes.add(&key, "expected lower case letters, digits and underscores");
        }
        if ["base_url", "type"].contains(&field.key.as_str()) {
            mistakes.add(&key, "a key of every account cannot be a credential");
        }
        if !used.contains(field.key.as_str()) {
            mistakes.add(&key, "it is never sent");
        }
        if field.about.trim().is_empty() || field.about.chars().count() > LONGEST_ABOUT {
            mistakes.add(
                &key,
                format!("say in 1 to {LONGEST_ABOUT} characters what it is and where it is found"),
            );
        }
    }
    for key in used {
        if !definition.fields.iter().any(|field| field.key == key) {
            let words = "fqdn, host, zone, ip, ipv4 and ipv6";
            mistakes.add("credentials", format!("`{{{key}}}` is neither a credential nor one of {words}"));
        }
    }
}

fn one(definition: &Definition, variant: &Variant, at: &str, mistakes: &mut Mistakes) {
    for url in variant.urls.all() {
        let plain = matches!(&url.base, Where::Fixed(base) if base.scheme() == Scheme::Http);
        if plain && definition.insecure.is_none() {
            mistakes.add(
                format!("{at}url"),
                "credentials go over https; where the provider has none, say why in `insecure`",
            );
        }
        let query = url.path.blanks().count() == 0 && variant.query.is_empty();
        if query {
            mistakes.add(
                format!("{at}url"),
                "neither the path nor `query` has a placeholder: nothing would be sent",
            );
        }
    }
    if matches!(variant.urls, PerFamily::Each { .. }) && definition.per_call != PerCall::OneFamily {
        mistakes.add(format!("{at}url"), "one call for both families has one URL");
    }
    for family in &definition.families {
        if variant.urls.of(*family).is_none() {
            mistakes.add(format!("{at}url"), format!("there is none for {family}"));
        }
        if !sends(variant, *family) {
            mistakes.add(
                format!("{at}query"),
                format!(
                    "the {family} address is never sent, and what the server sees is not what was agreed"
                ),
            );
        }
    }
    let named = variant.blanks().iter().any(|blank| matches!(blank, Blank::Fqdn | Blank::Host));
    if !named && definition.hosts > 1 {
        mistakes.add("limits.hosts", "calls do not say names, so one call cannot be for several");
    }
}

/// Whether a call with only an address of this family carries it.
fn sends(variant: &Variant, family: Family) -> bool {
    let carries = |template: &Template| {
        template.blanks().any(|blank| match blank {
            Blank::Ip => true,
            Blank::Ipv4 => family == Family::V4,
            Blank::Ipv6 => family == Family::V6,
            Blank::Fqdn | Blank::Host | Blank::Zone | Blank::Field(_) => false,
        })
    };
    let in_query = variant.query.iter().any(|entry| match &entry.value {
        EntryValue::Of(value) => value.of(family).is_some_and(carries),
        EntryValue::Or { with, without: _ } => carries(with),
    });
    in_query || variant.urls.of(family).is_some_and(|url| carries(&url.path))
}

//! Who may change what: accounts of the update endpoint, keys of the name server, and its secondaries.

use super::keys::{SERVE_ACCOUNT_KEYS, SERVE_KEY_KEYS, SERVE_SECONDARY_KEYS};
use super::settings::{Account, Key, Secondary};
use super::{Reading, show};
use crate::config::diagnostic::Diagnostic;
use crate::config::layers::{Table, named};
use crate::config::names;
use crate::config::rfc2136;
use crate::config::suggest;
use crate::config::value::Given;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The types that an account may set.
const TYPES: [RecordType; 2] = [RecordType::A, RecordType::Aaaa];

/// Which names somebody may change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// This one.
    Exactly(Name),
    /// Every name below this one, and the wildcard there, written `*.NAME`.
    Below(Name),
}

impl Pattern {
    /// Whether a name is meant.
    pub fn matches(&self, name: &Name) -> bool {
        match self {
            Self::Exactly(this) => this == name,
            Self::Below(this) => this != name && name.is_within(this),
        }
    }

    /// The name that has to lie in a zone.
    pub fn base(&self) -> &Name {
        match self {
            Self::Exactly(name) | Self::Below(name) => name,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(name) => write!(f, "{name}"),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

/// The tables `[serve.accounts.NAME]`.
pub(super) fn accounts(reading: &mut Reading<'_, '_>) -> BTreeMap<String, Account> {
    let mut found = BTreeMap::new();
    for (name, table) in reading.tables("accounts", SERVE_ACCOUNT_KEYS) {
        if !word(reading, "accounts", &name, &table) {
            continue;
        }
        let password = reading.secret(&table, "password", "the hash of the password");
        let token = reading.secret(&table, "token", "the hash of the token");
        let add = format!("`dynflare serve account add {name}` makes one and prints the lines to paste");
        if table.get("password").is_none() && table.get("token").is_none() {
            let message = format!("the account `{name}` has neither a password nor a token");
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(add.as_str()));
        }
        for (key, secret, form) in [("password", &password, "$argon2id$"), ("token", &token, "sha256:")] {
            if let (Some(secret), Some(given), true) =
                (secret, table.get(key), reading.opening.world.is_some())
                && !secret.expose().starts_with(form)
            {
                let message = format!("`{key}`: this is no hash, and a {key} itself is not kept here");
                reading.mistakes.push(Diagnostic::error(message, &given.place).hint(add.as_str()));
            }
        }
        let names = names_of(reading, &table);
        if table.get("names").is_none() {
            let message = format!("the account `{name}` may not set any name");
            let hint = "add `names`, such as `names = [\"home.dyn.example.org\", \"*.lab.dyn.example.org\"]`";
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        }
        let types = types_of(reading, &table, &TYPES);
        let types = if types.is_empty() { TYPES.to_vec() } else { types };
        found.insert(name, Account { place: table.place.clone(), password, token, names, types });
    }
    found
}

/// The tables `[serve.keys.NAME]`.
pub(super) fn keys(reading: &mut Reading<'_, '_>) -> BTreeMap<String, Key> {
    let mut found = BTreeMap::new();
    for (name, table) in reading.tables("keys", SERVE_KEY_KEYS) {
        if !word(reading, "keys", &name, &table) {
            continue;
        }
        let names = names_of(reading, &table);
        let all: Vec<RecordType> = RecordType::all().collect();
        let types = types_of(reading, &table, &all);
        let transfer = reading.value_in(&table, "transfer", false, Given::boolean).value;
        let Some(given) = table.get("key") else {
            let message = format!("`[serve.keys.{name}]` has no `key`");
            let hint = "`tsig-keygen` or `keymgr -t` makes one; write it ALGORITHM:NAME:SECRET";
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
            continue;
        };
        if names.is_empty() && !transfer && table.get("names").is_none() {
            let message = format!("the key `{name}` may do nothing");
            let hint = "add `names` that it may update, or `transfer = true`";
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        }
        let secret = reading.secret(&table, "key", "the TSIG key");
        // Where secrets are not read there is no key, and nobody asks for one.
        if let Some(secret) = secret.filter(|_| reading.opening.world.is_some()) {
            match rfc2136::whole_key(secret.expose(), &given.place) {
                Ok(key) => {
                    found.insert(name, Key { key, names, types, transfer });
                }
                Err(mistake) => reading.mistakes.push(named("key", mistake)),
            }
        }
    }
    found
}

/// The tables `[serve.secondaries.NAME]`.
pub(super) fn secondaries(
    reading: &mut Reading<'_, '_>,
    keys: &BTreeMap<String, Key>,
) -> BTreeMap<String, Secondary> {
    let mut found = BTreeMap::new();
    let with_secrets = reading.opening.world.is_some();
    for (name, table) in reading.tables("secondaries", SERVE_SECONDARY_KEYS) {
        let address = reading.value_in(&table, "address", None, |given| server(given).map(Some)).value;
        let signed_by = reading
            .value_in(&table, "signed_by", None, |given| {
                let text = given.text()?.trim();
                if with_secrets && !keys.contains_key(text) {
                    let hint = suggest::nearest(text, keys.keys().map(String::as_str)).map_or_else(
                        || format!("add a table `[serve.keys.{}]` with `transfer = true`", show(text)),
                        |word| format!("did you mean `{word}`?"),
                    );
                    let message = format!("there is no key `{text}`");
                    return Err(Diagnostic::error(message, &given.place).hint(hint));
                }
                Ok(Some(text.to_owned()))
            })
            .value;
        if table.get("address").is_none() {
            let message = format!("the secondary `{}` has no address", show(&name));
            let hint = "add `address = \"192.0.2.54\"`, with `:PORT` where it is not 53";
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        }
        if let Some(key) = signed_by.as_ref().filter(|key| keys.get(*key).is_some_and(|key| !key.transfer)) {
            let message = format!("the key `{key}` may not transfer zones");
            let hint = format!("add `transfer = true` to `[serve.keys.{key}]`");
            reading.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
        }
        if let Some(address) = address {
            found.insert(name, Secondary { address, key: signed_by });
        }
    }
    found
}

/// An address with a port, or without one for 53.
fn server(given: &Given) -> Result<SocketAddr, Diagnostic> {
    let text = given.text()?.trim();
    let with_port = text.parse::<SocketAddr>().ok();
    with_port.or_else(|| text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 53))).ok_or_else(
        || {
            Diagnostic::error(format!("`{text}` is no address of a name server"), &given.place)
                .hint("such as `192.0.2.54`, `192.0.2.54:5353` or `[2001:db8::54]:5353`")
        },
    )
}

fn names_of(reading: &mut Reading<'_, '_>, table: &Table) -> Vec<Pattern> {
    let one = |item: &Given| {
        let text = item.text()?.trim();
        let wrong = |error| Diagnostic::error(error, &item.place);
        match text.strip_prefix("*.") {
            Some(rest) => names::absolute(rest).map(Pattern::Below).map_err(wrong),
            None => match names::absolute(text).map_err(wrong)? {
                name if name.is_wildcard() => Err(wrong("which names are meant is not said".to_owned())),
                name => Ok(Pattern::Exactly(name)),
            },
        }
    };
    let read = |given: &Given| {
        let items = given.items()?;
        if items.is_empty() {
            return Err(Diagnostic::error("there is no name in it", &given.place));
        }
        items.iter().map(one).collect()
    };
    reading.value_in(table, "names", Vec::new(), read).value
}

fn types_of(reading: &mut Reading<'_, '_>, table: &Table, known: &[RecordType]) -> Vec<RecordType> {
    let words: Vec<(&str, RecordType)> = known.iter().map(|rtype| (rtype.as_str(), *rtype)).collect();
    let read = |given: &Given| {
        let items = given.items()?;
        if items.is_empty() {
            return Err(Diagnostic::error("there is no type in it", &given.place));
        }
        items.iter().map(|item| item.one_of(&words)).collect()
    };
    reading.value_in(table, "types", Vec::new(), read).value
}

/// Names of tables are words: they stand in logs and on command lines.
fn word(reading: &mut Reading<'_, '_>, what: &str, name: &str, table: &Table) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        return true;
    }
    let message = format!("`{what}`: a name is made of letters, digits, `-`, `_`, `.` and `@`, 64 at most");
    reading.mistakes.push(Diagnostic::error(message, &table.place));
    false
}

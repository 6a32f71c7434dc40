//! Accounts: which provider, at which address, with which credentials.
//!
//! An account is a table `[providers.NAME]` or, without one, a built-in provider by its identifier, whose credentials
//! come from variables. Only accounts that a record uses are put together, so only their secrets are read.

use super::cloudflare;
use super::diagnostic::{Diagnostic, Notice};
use super::environment::Environment;
use super::exec;
use super::fields;
#[cfg(feature = "rest")]
use super::http;
use super::layers::{Credentials, Layers, Table, named};
use super::origin::Place;
use super::own::{self, Own};
use super::rfc2136;
use super::secret::{Kind, Reference};
use super::suggest;
use super::value::{Given, Value};
use crate::provider::{Account, registry};
use crate::secret::Secret;
use std::borrow::Cow;

/// The built-in providers, sorted.
pub(super) fn built_in() -> Vec<&'static str> {
    registry::all().into_iter().map(|info| info.id).collect()
}

/// One account, ready to be opened.
#[derive(Clone, Debug)]
pub enum AccountSettings {
    /// Cloudflare.
    Cloudflare(crate::provider::cloudflare::Settings),
    /// A program of the user's.
    Exec(crate::provider::exec::Settings),
    /// An API of the user's.
    #[cfg(feature = "rest")]
    Http(Box<crate::provider::http::settings::Settings>),
    /// A server that takes DNS UPDATE.
    Rfc2136(crate::provider::rfc2136::settings::Settings),
    /// One whose provider is described in the configuration.
    Own(Box<Own>),
    /// Any other, which is made of fields.
    Fields(Account),
}

/// What a type of account is made from.
pub(super) struct Parts<'p> {
    /// The account's name.
    pub(super) name: &'p str,
    /// Its table in the file.
    pub(super) table: Option<&'p Table>,
    /// What variables and arguments give.
    pub(super) outside: Option<&'p Credentials>,
    /// Where a record asks for the account.
    pub(super) wanted: &'p Place,
    /// Where variables are looked up.
    pub(super) world: &'p Environment,
    /// The variables that hold credentials.
    pub(super) without: &'p dyn Fn() -> Vec<String>,
}

/// The type of an account; a table named like a built-in provider needs none.
pub(super) fn provider_of(name: &str, layers: &Layers) -> Result<&'static str, Diagnostic> {
    let table = layers.providers.get(name);
    let written = table.and_then(|table| table.get("type"));
    if let Some(given) = written {
        let text = given.text()?;
        return registry::find(text).map(|info| info.id).ok_or_else(|| {
            if let Some(mistake) = left_out(text, &given.place) {
                return named("type", mistake);
            }
            let hint = suggest::nearest(text, built_in()).map_or_else(
                || "the command `providers` lists those there are".to_owned(),
                |word| format!("did you mean `{word}`?"),
            );
            Diagnostic::error(format!("`type`: unknown provider `{text}`"), &given.place).hint(hint)
        });
    }
    match (registry::find(name), table) {
        (Some(info), _) => Ok(info.id),
        (None, Some(table)) => {
            if let Some(mistake) = left_out(name, &table.place) {
                return Err(mistake);
            }
            let message = format!("the account `{name}` does not say at which provider it is");
            Err(Diagnostic::error(message, &table.place)
                .hint("add `type`, one of those that the command `providers` lists"))
        }
        (None, None) => Err(Diagnostic::absence(format!("there is no account `{name}`"))),
    }
}

/// What to say of a provider that this program was built without; nothing of any other word.
pub(super) fn left_out(id: &str, place: &Place) -> Option<Diagnostic> {
    let feature = registry::left_out(id)?;
    Some(Diagnostic::left_out(format_args!("the provider `{id}`"), feature, place))
}

/// Checks what can be checked about every account without reading a secret.
pub(super) fn check(layers: &Layers, mistakes: &mut Vec<Diagnostic>) {
    for (name, table) in &layers.providers {
        match provider_of(name, layers) {
            Ok("cloudflare") => cloudflare::check(table, mistakes),
            Ok("exec") => exec::check(table, mistakes),
            Ok("get") => own::check(name, table, mistakes),
            #[cfg(feature = "rest")]
            Ok("http") => http::check(table, mistakes),
            Ok("rfc2136") => rfc2136::check(table, mistakes),
            Ok(_) => fields::check(table, mistakes),
            Err(mistake) => mistakes.push(mistake),
        }
    }
}

/// Puts an account together, reading its secrets. The account exists.
pub(super) fn open(
    provider: &str,
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<AccountSettings> {
    match provider {
        "cloudflare" => cloudflare::open(parts, mistakes, notes).map(AccountSettings::Cloudflare),
        "exec" => exec::open(parts, (parts.without)(), mistakes, notes).map(AccountSettings::Exec),
        "get" => own::open(parts, mistakes, notes).map(Box::new).map(AccountSettings::Own),
        #[cfg(feature = "rest")]
        "http" => {
            http::open(parts, mistakes, notes).map(|settings| AccountSettings::Http(Box::new(settings)))
        }
        "rfc2136" => rfc2136::open(parts, mistakes, notes).map(AccountSettings::Rfc2136),
        _ => fields::open(provider, parts, mistakes, notes).map(AccountSettings::Fields),
    }
}

impl Parts<'_> {
    /// A secret of the table.
    pub(super) fn in_table(&self, key: &str, noun: &'static str) -> Option<Result<Reference, Diagnostic>> {
        let given = self.table?.get(key)?;
        Some(reference(given, noun))
    }

    /// A part that a variable gives.
    pub(super) fn variable(&self, part: &str) -> Option<&Reference> {
        self.outside?.environment.get(part)
    }

    /// A part that an argument gives.
    pub(super) fn argument(&self, part: &str) -> Option<&Reference> {
        self.outside?.arguments.get(part)
    }
}

/// The value of a key as a secret.
pub(super) fn reference(given: &Given, noun: impl Into<Cow<'static, str>>) -> Result<Reference, Diagnostic> {
    let noun = noun.into();
    let text = match &given.value {
        Value::Secret(text) => text.clone(),
        Value::Text(text) | Value::Written(text) => Secret::new(text.as_str()),
        Value::Integer(_) | Value::Boolean(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => {
            return Err(Diagnostic::error(format!("{noun} must be a string"), &given.place));
        }
    };
    Ok(Reference { text, kind: Kind::Value, place: given.place.clone(), noun })
}

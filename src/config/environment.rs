//! The environment: as a value, and as a layer of the configuration.
//!
//! Our own variables are `DYNFLARE_<KEY>`; one that is not known is a mistake, since it would silently do nothing. The
//! rest are the providers' usual names, the original program's, and the system's.

use super::diagnostic::{Diagnostic, Notice};
use super::keys::{self, KEYS};
use super::layers::{Credentials, Layers, hidden};
use super::origin::{Medium, Place, Text};
use super::secret::{Kind, Reference};
use super::suggest;
use super::value::Given;
use crate::provider::registry;
use crate::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The environment of the process. Its values are never printed.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    unreadable: BTreeSet<String>,
    /// Which files were read on the way to settings; shared by all who read for the same settings.
    opened: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Environment {
    /// Takes over what `std::env::vars_os` gives. Values that are not UTF-8 are kept by their names only.
    pub fn from_os(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => {
                    environment.values.insert(name, value);
                }
                Err(_) => {
                    environment.unreadable.insert(name);
                }
            }
        }
        environment
    }

    /// The same without records, without a file to read and without anybody's credentials, as a configuration that has
    /// all of them meets it.
    #[must_use]
    pub fn without_accounts(&self) -> Self {
        let of_table =
            CREDENTIALS.iter().flat_map(|row| [row.variable].into_iter().chain(row.aliases.iter().copied()));
        let of_table = of_table.map(str::to_owned);
        let of_rows = registry::all().into_iter().flat_map(|info| {
            info.fields.iter().flat_map(|field| field.variables(info.id)).collect::<Vec<_>>()
        });
        let credentials: BTreeSet<String> = of_table.chain(of_rows).collect();
        let mut without = self.afresh();
        without.values.retain(|name, _| {
            let plain = name.strip_suffix("_FILE").unwrap_or(name);
            !credentials.contains(plain)
                && !matches!(&**name, "RECORDS" | "DYNFLARE_RECORDS" | "DYNFLARE_CONFIG")
        });
        without
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same, from which no file has been read yet.
    pub(super) fn afresh(&self) -> Self {
        Self { opened: Arc::default(), ..self.clone() }
    }

    /// A file is about to be read.
    pub(super) fn opens(&self, path: &Path) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
    }

    /// The files that were read, or should have been.
    pub(super) fn opened(&self) -> Vec<PathBuf> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Whether a variable is set to something that is no UTF-8 text.
    pub(super) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// The value of a variable; one that is empty counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let values = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { values: values.collect(), ..Self::default() }
    }
}

/// One variable with a part of a credential.
#[derive(Clone, Copy, Debug)]
pub struct CredentialRow {
    /// Its name; with `_FILE` behind it, the path of a file that holds the value.
    pub variable: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// The built-in account it belongs to.
    pub account: &'static str,
    /// Which part.
    pub part: &'static str,
    /// What it is called in a sentence.
    pub noun: &'static str,
}

/// Every variable with a part of a credential, sorted.
pub const CREDENTIALS: &[CredentialRow] = &[
    CredentialRow {
        variable: "CLOUDFLARE_API_KEY",
        aliases: &["CF_API_KEY"],
        account: "cloudflare",
        part: "key",
        noun: "the key",
    },
    CredentialRow {
        variable: "CLOUDFLARE_API_SECRET",
        aliases: &[],
        account: "cloudflare",
        part: "secret",
        noun: "the secret",
    },
    CredentialRow {
        variable: "CLOUDFLARE_API_TOKEN",
        aliases: &["CF_API_TOKEN"],
        account: "cloudflare",
        part: "token",
        noun: "the token",
    },
    CredentialRow {
        variable: "CLOUDFLARE_EMAIL",
        aliases: &["CF_API_EMAIL"],
        account: "cloudflare",
        part: "email",
        noun: "the e-mail address",
    },
    CredentialRow {
        variable: "EXEC_COMMAND",
        aliases: &[],
        account: "exec",
        part: "command",
        noun: "the command",
    },
    CredentialRow {
        variable: "RFC2136_KEY",
        aliases: &[],
        account: "rfc2136",
        part: "key",
        noun: "the TSIG key",
    },
    CredentialRow {
        variable: "RFC2136_SERVER",
        aliases: &[],
        account: "rfc2136",
        part: "server",
        noun: "the server",
    },
];

/// Adds what the environment says to the layers.
pub(super) fn read(
    world: &Environment,
    layers: &mut Layers,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) {
    for row in KEYS {
        let own = keys::variable(row.key);
        let names = row.variables.iter().copied().chain([own.as_str()]);
        let mut before: Option<&str> = None;
        for (name, value) in names.filter_map(|name| Some((name, world.get(name)?))) {
            let text = Text::hiding(Medium::Variable(name.into()), value, hidden(row.key, value));
            let place = Place::new(&text, 0..value.len());
            // Certificate authorities add up; of everything else there is one.
            if let Some(before) = before.filter(|_| row.key != "ca_file") {
                notes
                    .push(Notice::note(format!("${before} is not used, since ${name} is set"), Some(&place)));
            }
            layers.add(row.key, Given::written(value, place));
            before = Some(name);
        }
    }
    for row in CREDENTIALS {
        let names = [row.variable].into_iter().chain(row.aliases.iter().copied());
        if let Some(reference) = credential(names, row.noun, world, mistakes, notes) {
            let credentials: &mut Credentials = layers.credentials.entry(row.account).or_default();
            credentials.environment.insert(row.part, reference);
        }
    }
    unknown(world, mistakes);
    unreadable(world, mistakes);
}

/// A part of a credential from whichever of its variables is set, the first that is; with `_FILE` behind it, a variable
/// names the file that holds it.
pub(super) fn credential<'n>(
    names: impl IntoIterator<Item = &'n str>,
    noun: &'static str,
    world: &Environment,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Reference> {
    let mut found: Option<(String, Reference)> = None;
    for name in names {
        for (name, kind) in [(name.to_owned(), Kind::Value), (format!("{name}_FILE"), Kind::Path)] {
            let Some(value) = world.get(&name) else { continue };
            let place = Text::secret(Medium::Variable(name.as_str().into()));
            match &found {
                None => {
                    let reference = Reference { text: Secret::new(value), kind, place, noun: noun.into() };
                    found = Some((name, reference));
                }
                Some((first, reference)) if reference.kind == Kind::Value && kind == Kind::Value => {
                    if reference.text.expose() != value {
                        let message = format!("${name} is not used, since ${first} is set");
                        notes.push(Notice::note(message, None));
                    }
                }
                Some((first, _)) => {
                    let message = format!("${first} and ${name} both give {noun}");
                    mistakes.push(Diagnostic::error(message, &place).hint("set one of the two"));
                }
            }
        }
    }
    found.map(|(_, reference)| reference)
}

fn unknown(world: &Environment, mistakes: &mut Vec<Diagnostic>) {
    let known: Vec<String> =
        KEYS.iter().map(|row| keys::variable(row.key)).chain([format!("{}CONFIG", keys::PREFIX)]).collect();
    let is_known = |name: &str| known.iter().any(|known| known == name);
    for name in world.values.keys().filter(|name| name.starts_with(keys::PREFIX)) {
        if is_known(name) || is_service_link(name, world) {
            continue;
        }
        let hint = suggest::nearest(name, known.iter().map(String::as_str))
            .map(|word| format!("did you mean ${word}?"));
        let text = Text::new(Medium::Variable(name.as_str().into()), name);
        let mistake =
            Diagnostic::error(format!("unknown variable ${name}"), &Place::new(&text, 0..name.len()));
        mistakes.push(
            mistake.hint_if(hint.or_else(|| Some("the command `config` lists all settings".to_owned()))),
        );
    }
}

/// Whether Kubernetes set this for a Service whose name begins with `dynflare`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).
fn is_service_link(name: &str, world: &Environment) -> bool {
    let services = world.values.keys().filter_map(|name| name.strip_suffix("_SERVICE_HOST"));
    services
        .filter_map(|service| name.strip_prefix(service))
        .any(|rest| rest.starts_with("_SERVICE_") || rest.starts_with("_PORT"))
}

fn unreadable(world: &Environment, mistakes: &mut Vec<Diagnostic>) {
    let ours = |name: &&String| {
        let credential = |row: &CredentialRow| {
            [row.variable]
                .iter()
                .chain(row.aliases)
                .any(|known| name.strip_suffix("_FILE").unwrap_or(name) == *known)
        };
        name.starts_with(keys::PREFIX)
            || KEYS.iter().any(|row| row.variables.contains(&name.as_str()))
            || CREDENTIALS.iter().any(credential)
    };
    for name in world.unreadable.iter().filter(ours) {
        let place = Text::secret(Medium::Variable(name.as_str().into()));
        mistakes.push(Diagnostic::error(format!("the value of ${name} is not UTF-8 text"), &place));
    }
}

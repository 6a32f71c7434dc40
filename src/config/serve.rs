//! `dynflare serve`: the table `[serve]` and those below it.
//!
//! Everyday use needs a name, listeners, one zone and one account; everything else has a default. What is plain is read
//! here, zones in `zones`, who may change them in `access`, and what goes with what is checked in `fit`. What comes out
//! ([`Serve`]) is plain values: which server is started from them is not decided here.

mod access;
mod fit;
pub mod keys;
mod settings;
#[cfg(test)]
mod tests;
mod zones;

pub use access::Pattern;
pub use settings::{Account, Key, Limits, Local, Place, Secondary, Serve, Tls, Zone};

use super::accounts::reference;
use super::diagnostic::Diagnostic;
use super::extras::Opening;
use super::file::unknown;
use super::keys::TableKey;
use super::layers::{Layers, Table, named};
use super::names;
use super::origin::Setting;
use super::value::{Given, Value};
use crate::secret::Secret;
use crate::server::client::Telling;
use dynflare_core::address::Prefix;
use dynflare_core::name::Name;
use keys::{SERVE_KEYS, SERVE_LIMIT_KEYS, SERVE_TLS_KEYS};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the web side listens unless something is said: loopback, both families.
pub(crate) const LISTEN: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8053),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 8053),
];

/// How long a value that was replaced may not come back, unless something is said. Of what an account says of itself
/// less doubt is due than of what was found out: this only keeps two clients of one name from taking turns.
const FLAP_WINDOW: Duration = Duration::from_secs(60);

/// Reads the table; `None` where there is none.
pub(super) fn read(
    layers: &Layers,
    opening: &mut Opening<'_>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Serve> {
    let table = layers.serve.as_ref()?;
    let mut reading = Reading { table, opening, mistakes };
    reading.known("serve", table, SERVE_KEYS);
    let zones = zones::read(&mut reading, layers);
    let keys = access::keys(&mut reading);
    let secondaries = access::secondaries(&mut reading, &keys);
    let accounts = access::accounts(&mut reading);
    let limits = reading.limits();
    let tls = reading.tls();
    let serve = Serve {
        place: table.place.clone(),
        name: reading.value("name", None, |given| name(given).map(Some)),
        listen: reading.value("listen", LISTEN.to_vec(), |given| sockets(given, "127.0.0.1:8053")),
        dns: reading.value("dns", Vec::new(), |given| sockets(given, "[::]:53")),
        stun: reading.value("stun", Vec::new(), |given| sockets(given, "[::]:3478")),
        status: reading.value("status", Vec::new(), |given| sockets(given, "127.0.0.1:9353")),
        addresses: reading.value("addresses", Vec::new(), addresses),
        proxies: reading.value("trusted_proxies", Vec::new(), |given| {
            given.items()?.iter().map(Given::parse::<Prefix>).collect()
        }),
        way: reading.value("client_from", Telling::default(), |given| given.one_of(Telling::WORDS)),
        whoami: reading.value("whoami", None, |given| name(given).map(Some)),
        echo_key: reading.secret(table, "echo_key", "the key that signs echoes"),
        flap_window: reading.value("flap_window", FLAP_WINDOW, |given| {
            given.duration(Duration::ZERO..=Duration::from_secs(86_400))
        }),
        tls,
        tls_place: table.get("tls").map(|given| given.place.clone()),
        zones,
        accounts,
        keys,
        secondaries,
        limits,
    };
    fit::check(&serve, mistakes);
    Some(serve)
}

/// What reading needs.
struct Reading<'r, 'o> {
    table: &'r Table,
    opening: &'r mut Opening<'o>,
    mistakes: &'r mut Vec<Diagnostic>,
}

impl Reading<'_, '_> {
    /// Tells of keys that there are not.
    fn known(&mut self, owner: &str, table: &Table, keys: &[TableKey]) {
        let known: Vec<&'static str> = keys.iter().map(|row| row.0).collect();
        for (key, _) in &table.entries {
            let text = key.text().unwrap_or_default();
            if !known.contains(&text) {
                self.mistakes.push(unknown(&format!("key in `[{owner}]`:"), text, &key.place, &known));
            }
        }
    }

    /// One value of `[serve]`.
    fn value<T>(
        &mut self,
        key: &str,
        default: T,
        read: impl FnOnce(&Given) -> Result<T, Diagnostic>,
    ) -> Setting<T> {
        let table = self.table;
        self.value_in(table, key, default, read)
    }

    /// One value of a table.
    fn value_in<T>(
        &mut self,
        table: &Table,
        key: &str,
        default: T,
        read: impl FnOnce(&Given) -> Result<T, Diagnostic>,
    ) -> Setting<T> {
        let Some(given) = table.get(key) else { return Setting::default_of(default) };
        match read(given) {
            Ok(value) => Setting::at(value, &given.place),
            Err(mistake) => {
                self.mistakes.push(named(key, mistake));
                Setting::default_of(default)
            }
        }
    }

    /// A secret of a table, where secrets are read; where they are not, what stands in its place is of no use.
    fn secret(&mut self, table: &Table, key: &str, noun: &'static str) -> Option<Secret> {
        let given = table.get(key)?;
        let read = reference(given, noun).and_then(|reference| self.opening.secret(&reference));
        match read {
            Ok(secret) => Some(secret),
            Err(mistake) => {
                self.mistakes.push(named(key, mistake));
                None
            }
        }
    }

    /// The tables below `[serve.WHAT]`, by name.
    fn tables(&mut self, what: &str, known: &[TableKey]) -> Vec<(String, Table)> {
        let Some(given) = self.table.get(what) else { return Vec::new() };
        let Value::Table(entries) = &given.value else {
            let message = format!("`{what}`: expected tables, such as `[serve.{what}.NAME]`");
            self.mistakes.push(Diagnostic::error(message, &given.place));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in entries {
            let name = key.text().unwrap_or_default().to_owned();
            let Value::Table(entries) = &value.value else {
                let message = format!("`{what}`: expected a table, such as `[serve.{what}.{}]`", show(&name));
                self.mistakes.push(Diagnostic::error(message, &key.place));
                continue;
            };
            let table = Table { place: key.place.clone(), entries: entries.clone() };
            self.known(&format!("serve.{what}.{}", show(&name)), &table, known);
            found.push((name, table));
        }
        found
    }

    /// The one table `[serve.WHAT]`.
    fn table(&mut self, what: &str, known: &[TableKey]) -> Option<Table> {
        let given = self.table.get(what)?;
        let Value::Table(entries) = &given.value else {
            let message = format!("`{what}`: expected a table, `[serve.{what}]`");
            self.mistakes.push(Diagnostic::error(message, &given.place));
            return None;
        };
        let table = Table { place: given.place.clone(), entries: entries.clone() };
        self.known(&format!("serve.{what}"), &table, known);
        Some(table)
    }

    fn limits(&mut self) -> Limits {
        let mut limits = Limits::default();
        let Some(table) = self.table("limits", SERVE_LIMIT_KEYS) else { return limits };
        let mut number = |key: &str, into: &mut u32, most: u32| {
            *into = self.value_in(&table, key, *into, |given| given.integer(1..=most)).value;
        };
        number("connections", &mut limits.connections, 65_535);
        number("connections_per_address", &mut limits.connections_per_address, 65_535);
        number("updates_per_minute", &mut limits.updates_per_minute, 1_000_000);
        number("requests_per_minute", &mut limits.requests_per_minute, 1_000_000);
        number("dns_responses_per_second", &mut limits.dns_responses_per_second, 1_000_000);
        limits
    }

    fn tls(&mut self) -> Option<Tls> {
        let table = self.table("tls", SERVE_TLS_KEYS)?;
        let (certificate, key) = (self.path(&table, "certificate"), self.path(&table, "certificate_key"));
        let acme = self.value_in(&table, "acme", false, Given::boolean).value;
        if let (Some(one), None) | (None, Some(one)) =
            (table.get("certificate"), table.get("certificate_key"))
        {
            let message = "`certificate` and `certificate_key` go together: the chain, and its private key";
            self.mistakes.push(Diagnostic::error(message, &one.place));
            return None;
        }
        match (certificate, key, acme) {
            (Some(certificate), Some(key), false) => {
                for key in ["contact", "directory", "ca_file"] {
                    if let Some(given) = table.get(key) {
                        let message = format!("`{key}`: this belongs to `acme = true`");
                        self.mistakes.push(Diagnostic::error(message, &given.place));
                    }
                }
                Some(Tls::Files { certificate, key })
            }
            (None, None, true) => Some(Tls::Acme {
                contact: self
                    .value_in(&table, "contact", Vec::new(), |given| {
                        given.items()?.iter().map(contact).collect()
                    })
                    .value,
                directory: self.value_in(&table, "directory", None, |given| directory(given).map(Some)).value,
                ca_file: self.path(&table, "ca_file"),
            }),
            (Some(_), Some(_), true) => {
                let place = table.get("acme").map_or(&table.place, |given| &given.place);
                let message = "`acme`: `certificate` says already where the certificate is";
                self.mistakes.push(Diagnostic::error(message, place));
                None
            }
            _ => {
                let message = "`[serve.tls]` says neither where the certificate is nor who makes one";
                let hint = "add `certificate` and `certificate_key`, or `acme = true`";
                self.mistakes.push(Diagnostic::error(message, &table.place).hint(hint));
                None
            }
        }
    }

    /// A path; a relative one starts beside the file.
    fn path(&mut self, table: &Table, key: &str) -> Option<PathBuf> {
        let read = |given: &Given| match given.text()? {
            "" => Err(Diagnostic::error("the path is empty", &given.place)),
            path => Ok(Some(beside(given, path))),
        };
        self.value_in(table, key, None, read).value
    }
}

fn beside(given: &Given, path: &str) -> PathBuf {
    match &given.place.text().medium {
        super::origin::Medium::File(file) => {
            Path::new(file.as_ref()).parent().unwrap_or(Path::new("")).join(path)
        }
        super::origin::Medium::Variable(_) | super::origin::Medium::Argument(_) => PathBuf::from(path),
    }
}

fn name(given: &Given) -> Result<Name, Diagnostic> {
    let wrong = |error| Diagnostic::error(error, &given.place);
    let name = names::absolute(given.text()?.trim()).map_err(wrong)?;
    if name.is_wildcard() {
        return Err(wrong("a wildcard names nothing in particular".to_owned()));
    }
    Ok(name)
}

fn contact(given: &Given) -> Result<String, Diagnostic> {
    let text = given.text()?.trim();
    let mail = text.strip_prefix("mailto:").unwrap_or(text);
    if mail.split_once('@').is_some_and(|(user, at)| !user.is_empty() && !at.is_empty()) {
        return Ok(format!("mailto:{mail}"));
    }
    Err(Diagnostic::error(format!("expected an e-mail address, found `{text}`"), &given.place))
}

fn directory(given: &Given) -> Result<String, Diagnostic> {
    let text = given.text()?.trim();
    if text.starts_with("https://") {
        return Ok(text.to_owned());
    }
    Err(Diagnostic::error("expected a URL that starts with https://", &given.place))
}

fn sockets(given: &Given, such_as: &str) -> Result<Vec<SocketAddr>, Diagnostic> {
    let one = |item: &Given| {
        let text = item.text()?.trim();
        text.parse().map_err(|_| {
            let message = format!("expected an address and a port, found `{text}`");
            Diagnostic::error(message, &item.place).hint(format!("such as `{such_as}`"))
        })
    };
    given.items()?.iter().map(one).collect()
}

fn addresses(given: &Given) -> Result<Vec<IpAddr>, Diagnostic> {
    let one = |item: &Given| {
        let text = item.text()?.trim();
        text.parse().map_err(|_| Diagnostic::error(format!("`{text}` is not an address"), &item.place))
    };
    given.items()?.iter().map(one).collect()
}

/// A name as it may stand in a message: one that is no plain word could be anything.
fn show(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
    if !name.is_empty() && name.chars().all(plain) { name } else { "…" }
}

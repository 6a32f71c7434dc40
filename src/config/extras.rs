//! The keys beside the spec of a user's source: which kinds they belong to, their values, their secrets.

use super::accounts::reference;
use super::diagnostic::{Diagnostic, Notice};
use super::environment::Environment;
use super::layers::{Table, named};
use super::secret::{Kind, Reference};
use super::suggest;
use super::value::{Given, Value};
use crate::secret::Secret;
use crate::server::client::Telling;
use crate::signed::{KeyError, Verifier};
use crate::source::extras::KEYS;
use crate::source::{Extras, Pattern};
use hyper::header::{HeaderName, HeaderValue};
use std::num::NonZeroUsize;

/// What reading the tables of sources needs, and what it leaves behind.
pub(super) struct Opening<'a> {
    /// Where references lead; `None` leaves all secrets unread.
    pub(super) world: Option<&'a Environment>,
    /// What is worth knowing.
    pub(super) notes: Vec<Notice>,
    /// The secrets that were read.
    pub(super) secrets: Vec<Secret>,
}

/// What a shared secret is called in a sentence.
const KEY: &str = "the shared secret";

/// Stands for a secret that is not read, in a source that is not asked.
const UNREAD: &str = "00000000000000000000000000000000";

impl Opening<'_> {
    /// Reads everything beside the spec of one table.
    pub(super) fn extras(&mut self, spec: &str, table: &Table, mistakes: &mut Vec<Diagnostic>) -> Extras {
        let kind = spec.trim().split(':').next().unwrap_or_default();
        for (key, kinds) in KEYS {
            if let Some(given) = table.get(key).filter(|_| !kinds.contains(&kind)) {
                let kinds = suggest::enumerate(kinds.iter().copied());
                let message = format!("`{key}`: this belongs to a source of the kind {kinds}");
                mistakes.push(Diagnostic::error(message, &given.place));
            }
        }
        let text = |key: &str, mistakes: &mut Vec<Diagnostic>| {
            let read = table.get(key).map(Given::text)?;
            read.map(|text| text.trim().to_owned()).map_err(|mistake| mistakes.push(named(key, mistake))).ok()
        };
        let (ipv4, ipv6) = (text("ipv4", mistakes), text("ipv6", mistakes));
        let verifier = self.verifier(table).unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        let (command, url_contains) = (text("command", mistakes), text("url_contains", mistakes));
        let mut number = |key: &str, most: u32| {
            let read = table.get(key).map(|given| given.integer(1..=most))?;
            read.map_err(|mistake| mistakes.push(named(key, mistake))).ok()
        };
        let hops = number("hops", 16).and_then(|hops| usize::try_from(hops).ok()).and_then(NonZeroUsize::new);
        let port = number("port", 65_535).and_then(|port| u16::try_from(port).ok());
        let agent = table.get("agent").map(Given::parse);
        let agent =
            agent.and_then(|read| read.map_err(|mistake| mistakes.push(named("agent", mistake))).ok());
        let client = table.get("client").map(|given| given.one_of(Telling::WORDS));
        let client =
            client.and_then(|read| read.map_err(|mistake| mistakes.push(named("client", mistake))).ok());
        let headers = self.headers(table, mistakes);
        let line = text("line", mistakes).and_then(|line| match line.split_once("{ip}") {
            Some((before, after)) if !after.contains("{ip}") => Some((before.to_owned(), after.to_owned())),
            Some(_) | None => {
                let place = table.get("line").map_or(&table.place, |given| &given.place);
                let message = "`line`: the address is written `{ip}`, once";
                mistakes.push(Diagnostic::error(message, place));
                None
            }
        });
        let pattern = table.get("match").map(|given| {
            let parsed = given.text()?.parse::<Pattern>();
            let pattern = parsed.map_err(|error| Diagnostic::error(error.to_string(), &given.place))?;
            match (line.is_some(), spec.contains('#')) {
                (false, false) => Ok(pattern),
                (true, _) => Err(Diagnostic::error("`line` says already where the address is", &given.place)),
                (false, true) => Err(Diagnostic::error(
                    "the pointer behind `#` says already where the address is",
                    &given.place,
                )),
            }
        });
        let pattern =
            pattern.and_then(|read| read.map_err(|mistake| mistakes.push(named("match", mistake))).ok());
        let proxy = table.get("proxy").map(Given::parse);
        let proxy =
            proxy.and_then(|read| read.map_err(|mistake| mistakes.push(named("proxy", mistake))).ok());
        Extras {
            ipv4,
            headers,
            line,
            pattern,
            proxy,
            ipv6,
            verifier,
            agent,
            client,
            command,
            hops,
            port,
            url_contains,
        }
    }

    pub(super) fn headers(
        &mut self,
        table: &Table,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Vec<(HeaderName, HeaderValue)> {
        let Some(given) = table.get("headers") else { return Vec::new() };
        let Value::Table(entries) = &given.value else {
            let message = "`headers`: expected a table, such as `headers = { Authorization = \"file:…\" }`";
            mistakes.push(Diagnostic::error(message, &given.place));
            return Vec::new();
        };
        let read = entries.iter().map(|(name, value)| self.header(name, value));
        let read: Vec<Result<_, Diagnostic>> = read.collect();
        read.into_iter().filter_map(|header| header.map_err(|mistake| mistakes.push(mistake)).ok()).collect()
    }

    fn header(&mut self, name: &Given, value: &Given) -> Result<(HeaderName, HeaderValue), Diagnostic> {
        let unfit = |what: &str, place| {
            Err(Diagnostic::error(format!("`headers`: this is no {what} of a header"), place))
        };
        let Ok(parsed) = name.text().unwrap_or_default().parse::<HeaderName>() else {
            return unfit("name", &name.place);
        };
        let reference = Reference { kind: Kind::Header, ..reference(value, "the value of the header")? };
        let secret = self.secret(&reference)?;
        let Ok(mut sent) = HeaderValue::from_str(secret.expose()) else {
            return unfit("value", &value.place);
        };
        sent.set_sensitive(true);
        Ok((parsed, sent))
    }

    fn verifier(&mut self, table: &Table) -> Result<Option<Verifier>, Diagnostic> {
        let (key, public) = (table.get("key"), table.get("public_key"));
        match (key, public) {
            (Some(_), Some(public)) => {
                let message = "`public_key` and `key` are both given, and a server signs with one";
                Err(Diagnostic::error(message, &public.place))
            }
            (None, None) => Ok(None),
            (None, Some(given)) => {
                Verifier::public(given.text().map_err(|mistake| named("public_key", mistake))?)
                    .map(Some)
                    .map_err(|error| {
                        Diagnostic::error(format!("`public_key`: the key {error}"), &given.place)
                    })
            }
            (Some(given), None) => {
                let reference = reference(given, KEY)?;
                let secret = self.secret(&reference)?;
                Verifier::shared(&secret).map(Some).map_err(|error| {
                    let fault = Diagnostic::error(format!("{KEY} {error}"), &given.place);
                    match error {
                        KeyError::Own => fault,
                        KeyError::Short | KeyError::Digits => {
                            fault.hint("make one with `dynflare serve --echo --new-key hmac-sha256`")
                        }
                    }
                })
            }
        }
    }

    pub(super) fn secret(&mut self, reference: &Reference) -> Result<Secret, Diagnostic> {
        let Some(world) = self.world else { return Ok(Secret::new(UNREAD)) };
        let secret = reference.read(world, &mut self.notes)?;
        self.secrets.push(secret.clone());
        Ok(secret)
    }
}

//! The keys beside the spec of a user's source: which kinds they belong to, their values, their secrets.

use super::accounts::reference;
use super::diagnostic::{Diagnostic, Notice};
use super::environment::Environment;
use super::layers::{Table, named};
use super::secret::Reference;
use super::suggest;
use super::value::Given;
use crate::secret::Secret;
use crate::server::client::Telling;
use crate::signed::{KeyError, Verifier};
use crate::source::Extras;
use crate::source::extras::KEYS;
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
        Extras { ipv4, ipv6, verifier, agent, client, command, hops, port, url_contains }
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

    fn secret(&mut self, reference: &Reference) -> Result<Secret, Diagnostic> {
        let Some(world) = self.world else { return Ok(Secret::new(UNREAD)) };
        let secret = reference.read(world, &mut self.notes)?;
        self.secrets.push(secret.clone());
        Ok(secret)
    }
}

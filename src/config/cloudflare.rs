//! A Cloudflare account from the file, the variables and the arguments.
//!
//! Each of token, e-mail address and key comes from the highest layer that gives it. Variables may use the original
//! program's pair instead, `CLOUDFLARE_API_KEY` with the e-mail address and `CLOUDFLARE_API_SECRET` with the key, which
//! is told by the `@`:
//!
//! | `…_EMAIL` | `…_API_KEY` | `…_API_SECRET` | means |
//! |---|---|---|---|
//! | address | key | | e-mail address and global key |
//! | | address | key | the same, in the original program's way |
//! | | key | address | the same, swapped |
//! | address | | key | the same |
//! | | token | | the token |
//! | any | other combinations | any | a mistake that is told |
//!
//! A token and a key: the one from the higher layer, else the token.

use super::accounts::Parts;
use super::diagnostic::{Diagnostic, Notice};
use super::layers::{Table, named};
use super::origin::Place;
use super::secret::Reference;
use crate::net::Base;
use crate::provider::cloudflare::{Credential, Settings};
use crate::secret::Secret;

const TOKEN: &str = "the token";
const KEY: &str = "the global key";
const EMAIL: &str = "the e-mail address";

/// What to do where there are no credentials.
const HOW: &str = "set CLOUDFLARE_API_TOKEN, or `token = \"file:…\"` below `[providers.cloudflare]`; it needs \
                   Zone.DNS:Edit (dash.cloudflare.com, My Profile, API Tokens)";

/// A part that was read, with its place and how high its layer is.
#[derive(Clone, Debug)]
struct Part {
    secret: Secret,
    place: Place,
    layer: Layer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    File,
    Environment,
    Arguments,
}

#[derive(Debug, Default)]
struct Found {
    token: Option<Part>,
    email: Option<Part>,
    key: Option<Part>,
}

/// Checks a table without reading its secrets.
pub(super) fn check(table: &Table, mistakes: &mut Vec<Diagnostic>) {
    if let Some(given) = table.get("base_url")
        && let Err(mistake) = given.parse::<Base>()
    {
        mistakes.push(named("base_url", mistake));
    }
    if let Some(given) = table.get("email")
        && let Err(mistake) = given.text()
    {
        mistakes.push(named("email", mistake));
    }
    for key in ["token", "key"] {
        if let Some(Err(mistake)) = table.get(key).map(|given| super::accounts::reference(given, "the value"))
        {
            mistakes.push(named(key, mistake));
        }
    }
}

/// Reads the secrets and puts the account together.
pub(super) fn open(
    parts: &Parts<'_>,
    mistakes: &mut Vec<Diagnostic>,
    notes: &mut Vec<Notice>,
) -> Option<Settings> {
    let before = mistakes.len();
    let mut found = Found::default();
    let mut read = |reference: Result<Reference, Diagnostic>, layer: Layer| {
        let reference = reference.map_err(|mistake| mistakes.push(mistake)).ok()?;
        let secret = reference.read(parts.world, notes).map_err(|mistake| mistakes.push(mistake)).ok()?;
        Some(Part { secret, place: reference.place, layer })
    };
    for (slot, key, noun) in
        [(&mut found.token, "token", TOKEN), (&mut found.email, "email", EMAIL), (&mut found.key, "key", KEY)]
    {
        *slot = parts.in_table(key, noun).and_then(|reference| read(reference, Layer::File));
    }
    let mut variable = |part: &str| {
        parts.variable(part).cloned().and_then(|reference| read(Ok(reference), Layer::Environment))
    };
    let [token, email, key, secret] = ["token", "email", "key", "secret"].map(&mut variable);
    found.token = token.or(found.token);
    let mut argument = |part: &str| {
        parts.argument(part).cloned().and_then(|reference| read(Ok(reference), Layer::Arguments))
    };
    let [token, argument_email, argument_key] = ["token", "email", "key"].map(&mut argument);
    match pair(email, key, secret) {
        Ok((email, key)) => {
            found.email = email.or(found.email);
            found.key = key.or(found.key);
        }
        Err(mistake) => mistakes.push(mistake),
    }
    found.token = token.or(found.token);
    found.email = argument_email.or(found.email);
    found.key = argument_key.or(found.key);
    if mistakes.len() > before {
        return None;
    }
    let credential = credential(found, parts, notes).map_err(|mistake| mistakes.push(mistake)).ok()?;
    let mut settings = Settings::new(credential);
    if let Some(base) = parts.table.and_then(|table| table.get("base_url")) {
        // A base URL that cannot be read was told by `check`.
        settings.base = base.parse().ok()?;
    }
    Some(settings)
}

/// E-mail address and key from the three variables that may hold them, in whichever order.
fn pair(
    email: Option<Part>,
    key: Option<Part>,
    secret: Option<Part>,
) -> Result<(Option<Part>, Option<Part>), Diagnostic> {
    let is_address = |part: &Part| part.secret.expose().contains('@');
    let (key_is_address, secret_is_address) =
        (key.as_ref().is_some_and(is_address), secret.as_ref().is_some_and(is_address));
    match (email, key, secret) {
        (email, key, None) if !key_is_address => Ok((email, key)),
        (None, Some(address), Some(key)) if key_is_address && !secret_is_address => {
            Ok((Some(address), Some(key)))
        }
        (None, Some(key), Some(address)) if !key_is_address && secret_is_address => {
            Ok((Some(address), Some(key)))
        }
        (Some(email), None, Some(key)) if !secret_is_address => Ok((Some(email), Some(key))),
        (Some(email), Some(address), Some(key))
            if key_is_address && !secret_is_address && address.secret.expose() == email.secret.expose() =>
        {
            Ok((Some(email), Some(key)))
        }
        (_, Some(address), None) => {
            let message =
                format!("{} holds an e-mail address, and there is no key to it", address.place.origin());
            Err(Diagnostic::error(message, &address.place)
                .hint("set CLOUDFLARE_API_SECRET to the global key"))
        }
        (None, None, Some(secret)) => {
            let message = format!("{} is set without CLOUDFLARE_API_KEY", secret.place.origin());
            let hint =
                "set CLOUDFLARE_API_KEY to the e-mail address, or CLOUDFLARE_API_TOKEN to a token alone";
            Err(Diagnostic::error(message, &secret.place).hint(hint))
        }
        (None, Some(key), Some(_)) => {
            let which = if key_is_address { "both hold" } else { "neither holds" };
            let message =
                format!("of CLOUDFLARE_API_KEY and CLOUDFLARE_API_SECRET {which} an e-mail address");
            let hint = "CLOUDFLARE_API_KEY takes the e-mail address and CLOUDFLARE_API_SECRET the global key; a token \
                        stands alone in CLOUDFLARE_API_TOKEN";
            Err(Diagnostic::error(message, &key.place).hint(hint))
        }
        (Some(_), _, Some(secret)) => {
            let message = "CLOUDFLARE_API_SECRET does not go with CLOUDFLARE_EMAIL and what else is set";
            let hint = "set CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY only";
            Err(Diagnostic::error(message, &secret.place).hint(hint))
        }
        (_, None, None) => Ok((None, None)),
    }
}

fn credential(found: Found, parts: &Parts<'_>, notes: &mut Vec<Notice>) -> Result<Credential, Diagnostic> {
    let layer = |part: &Option<Part>| part.as_ref().map(|part| part.layer);
    let key_on_top = layer(&found.key) > layer(&found.token) && found.email.is_some();
    match found {
        Found { token: Some(token), email, key } if !key_on_top => {
            if let (Some(_), Some(key)) = (&email, &key) {
                let message = "a token and a key are given; the token is used";
                notes.push(Notice::note(message, Some(&key.place)));
            }
            Ok(Credential::Token(not_a_key(token)?))
        }
        Found { token: _, email: Some(email), key: Some(key) } => {
            if !email.secret.expose().contains('@') {
                let message = format!("{EMAIL} has no `@`");
                return Err(Diagnostic::error(message, &email.place));
            }
            if is_token(key.secret.expose()) {
                let message = "this is an API token; the e-mail address is not used with it";
                notes.push(Notice::note(message, Some(&key.place)));
                return Ok(Credential::Token(key.secret));
            }
            Ok(Credential::GlobalKey { email: email.secret.expose().to_owned(), key: key.secret })
        }
        Found { token: _, email: None, key: Some(key) } => match key.layer {
            // A key alone is a token: that is what the variable of this name holds most often.
            Layer::Environment | Layer::Arguments => Ok(Credential::Token(not_a_key(key)?)),
            Layer::File => {
                let message = "a global key needs the e-mail address of its user";
                Err(Diagnostic::error(message, &key.place).hint("add `email`; a token goes into `token`"))
            }
        },
        Found { token: _, email: Some(email), key: None } => {
            let message = "there is an e-mail address, but no key to it";
            Err(Diagnostic::error(message, &email.place)
                .hint("set CLOUDFLARE_API_KEY to the global key, or CLOUDFLARE_API_TOKEN to a token alone"))
        }
        Found { token: _, email: None, key: None } => {
            let message = format!("there are no credentials for the account `{}`", parts.name);
            let place = parts.table.map_or(parts.wanted, |table| &table.place);
            Err(Diagnostic::error(message, place).hint(if parts.name == "cloudflare" {
                HOW.to_owned()
            } else {
                format!("add `token = \"file:…\"` below `[providers.{}]`", parts.name)
            }))
        }
    }
}

/// The token, unless it is certainly a global key, which no API call takes as a token
/// (<https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/>).
fn not_a_key(token: Part) -> Result<Secret, Diagnostic> {
    let text = token.secret.expose();
    let is_key =
        text.starts_with("cfk_") || (text.len() == 37 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_key {
        let message = "this is the global API key, not a token; it needs the e-mail address of its user";
        return Err(Diagnostic::error(message, &token.place).hint(
            "better make a token with Zone.DNS:Edit (dash.cloudflare.com, My Profile, API Tokens), or set \
             CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY",
        ));
    }
    if text.starts_with('/') || text.starts_with("./") {
        let message = "this is a path, not a token";
        return Err(Diagnostic::error(message, &token.place).hint("write `file:` before it"));
    }
    Ok(token.secret)
}

/// Whether a text is certainly an API token.
fn is_token(text: &str) -> bool {
    text.starts_with("cfut_") || text.starts_with("cfat_")
}

#[cfg(test)]
mod tests;

//! Answers that were given beforehand: by arguments, and credentials by variables of the environment too. A secret never
//! stands among the arguments itself.

use super::dialogue::{Answer, Asked, Dialogue};
use crate::config::{Environment, from_prompt, from_variables, nearest};
use crate::provider::registry::{Field, Info, Sight};
use crate::secret::Secret;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

/// The most bytes of a secret.
const LIMIT: u64 = 64 * 1024;

/// How a secret is referred to.
const REFERENCES: [&str; 4] = ["file:", "env:", "cmd:", "credential:"];

/// What was given beforehand.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) provider: Option<String>,
    pub(super) token_file: Option<PathBuf>,
    /// `KEY=VALUE`, or `KEY=WHERE` for a secret.
    pub(super) credentials: Vec<String>,
    pub(super) zone: Option<String>,
    pub(super) names: Vec<String>,
    pub(super) types: Option<String>,
    pub(super) file: Option<PathBuf>,
    pub(super) run_by: Option<String>,
    /// What was taken already: an answer that turned out to be none is not given a second time.
    pub(super) taken: BTreeSet<String>,
}

/// An answer with where it comes from, where that is worth a word.
pub(super) type Taken = (Answer, Option<String>);

impl Given {
    /// Whether the types are known beforehand, so that nothing has to be found out about families.
    pub(super) fn has_types(&self) -> bool {
        self.types.is_some()
    }

    /// The answer to a question, the first time that it is asked.
    pub(super) fn take(
        &mut self,
        asked: Asked,
        dialogue: &Dialogue,
        world: &Environment,
    ) -> Option<Result<Taken, String>> {
        if let Asked::Credential(field) = asked {
            let info = dialogue.info?;
            if !self.taken.insert(format!("credential {}", field.key)) {
                return None;
            }
            return self.credential(field, info, world);
        }
        if !self.taken.insert(asked.flag()) {
            return None;
        }
        let text = match asked {
            Asked::Provider => self.provider.clone(),
            Asked::Zone => self.zone.clone(),
            Asked::Names => (!self.names.is_empty()).then(|| self.names.join(",")),
            Asked::Types => self.types.clone(),
            Asked::File => self.file.as_ref().map(|path| path.display().to_string()),
            Asked::RunBy => self.run_by.clone(),
            Asked::Credential(_) => None,
        };
        text.map(|text| Ok((Answer::Text(text), None)))
    }

    fn credential(
        &self,
        field: &'static Field,
        info: &Info,
        world: &Environment,
    ) -> Option<Result<Taken, String>> {
        if let Err(wrong) = self.fits(info) {
            return Some(Err(wrong));
        }
        let written = self.credentials.iter().find_map(|text| {
            let (key, value) = text.split_once('=')?;
            (key.trim() == field.key).then_some(value)
        });
        match (written, &self.token_file, field.sight) {
            (Some(value), _, Sight::Plain) => Some(Ok((Answer::Text(value.to_owned()), None))),
            (Some(value), _, Sight::Secret) => Some(referred(field, value, world)),
            (None, Some(path), Sight::Secret) if Some(field.key) == of_token_file(info) => {
                let text = match path.to_str() {
                    Some("-") => "-".to_owned(),
                    _ => format!("file:{}", path.display()),
                };
                Some(referred(field, &text, world))
            }
            (None, _, _) => {
                let found = from_variables(&field.variables(info.id), field.key, world)?;
                Some(found.map_err(|mistake| mistake.message).map(|(secret, origin)| {
                    let said = format!("{}: from {origin}", field.key);
                    match field.sight {
                        Sight::Secret => (Answer::Secret(secret), Some(said)),
                        Sight::Plain => (Answer::Text(secret.expose().to_owned()), Some(said)),
                    }
                }))
            }
        }
    }

    /// Whether the provider has what was given.
    fn fits(&self, info: &Info) -> Result<(), String> {
        let keys: Vec<&str> = info.asked().iter().map(|field| field.key).collect();
        for text in &self.credentials {
            let key = text.split_once('=').map_or(text.as_str(), |(key, _)| key).trim();
            if !keys.contains(&key) {
                let hint = nearest(key, keys.iter().copied()).map_or_else(
                    || format!("it has {}", keys.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                // A text without `=` may be the secret itself.
                let named =
                    if text.contains('=') { format!("no `{key}`") } else { "none without a key".to_owned() };
                return Err(format!("{} has {named} among its credentials; {hint}", info.name));
            }
        }
        if self.token_file.is_some() && of_token_file(info).is_none() {
            return Err(format!("{} has no token or other secret for --token-file", info.name));
        }
        Ok(())
    }
}

/// Whose value stands in the file of `--token-file`: the token, else the first secret that is needed, else the first.
fn of_token_file(info: &Info) -> Option<&'static str> {
    use crate::provider::registry::Need;
    let secrets = || info.asked().iter().filter(|field| field.sight == Sight::Secret);
    let token = secrets().find(|field| field.key == "token");
    let needed = || secrets().find(|field| field.need == Need::Required);
    token.or_else(needed).or_else(|| secrets().next()).map(|field| field.key)
}

/// A secret that an argument says the place of.
fn referred(field: &'static Field, text: &str, world: &Environment) -> Result<Taken, String> {
    let text = text.trim();
    if matches!(text, "-" | "stdin") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("cannot read `{}` from standard input: {error}", field.key))?;
        if bytes.len() as u64 > LIMIT {
            return Err(format!("what stands on standard input is too long for `{}`", field.key));
        }
        let text = String::from_utf8(bytes).map_err(|_| "standard input is not UTF-8 text".to_owned())?;
        return literal(field, &Secret::new(text.trim_end_matches(['\n', '\r'])), world);
    }
    if !REFERENCES.iter().any(|kind| text.starts_with(kind)) {
        return Err(format!(
            "`{}` takes the place of a secret and not the secret, which every user could see: \
             file:PATH, env:NAME, credential:NAME, or - for standard input",
            field.key
        ));
    }
    literal(field, &Secret::new(text), world)
}

/// A secret as it was typed: itself, or where it is.
pub(super) fn literal(field: &'static Field, text: &Secret, world: &Environment) -> Result<Taken, String> {
    let read = from_prompt(text, (field.key, "standard input"), world);
    let (secret, notes) = read.map_err(|mistake| mistake.message)?;
    let notes: Vec<String> = notes.into_iter().map(|note| format!("note: {}", note.message)).collect();
    Ok((Answer::Secret(secret), (!notes.is_empty()).then(|| notes.join("\n"))))
}

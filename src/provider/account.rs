//! What the configuration gives for an account: its fields by key, and where the API is if not at its usual place.

use crate::net::Base;
use crate::secret::Secret;
use ring::digest;
use std::collections::BTreeMap;

/// One thing that an account is made of: a credential, or a setting of its provider.
///
/// It stands below `[providers.NAME]` under its key; for the account named like its provider also in the variable
/// `<ID>_<KEY>` or one of `variables`, or, with `_FILE` behind it, in the file that the variable names.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What it is and where it is found, as a noun: "an API token with the scope …".
    pub about: &'static str,
    /// Whether an account can be without it.
    pub need: Need,
    /// Whether it may be seen.
    pub sight: Sight,
    /// Names of variables that other programs use for the same.
    pub variables: &'static [&'static str],
}

/// Whether an account can be without a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Required,
    /// It can.
    Optional,
}

/// Whether a field may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// By nobody.
    Secret,
    /// By whoever sees the messages: a user name, a region, the identifier of a project.
    Plain,
}

impl Field {
    /// A secret that every account has.
    pub const fn secret(key: &'static str, about: &'static str) -> Self {
        Self { key, about, need: Need::Required, sight: Sight::Secret, variables: &[] }
    }

    /// Something that every account has and that is no secret.
    pub const fn plain(key: &'static str, about: &'static str) -> Self {
        Self { sight: Sight::Plain, ..Self::secret(key, about) }
    }

    /// The same, for accounts that can be without it.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { need: Need::Optional, ..self }
    }

    /// The same, found in these variables as well.
    #[must_use]
    pub const fn also_in(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }

    /// The variables it is looked for in, the first that is set counts.
    pub fn variables(&self, provider: &str) -> Vec<String> {
        let own = format!("{provider}_{}", self.key).to_ascii_uppercase().replace('-', "_");
        std::iter::once(own).chain(self.variables.iter().map(|name| (*name).to_owned())).collect()
    }
}

/// One account at a provider.
#[derive(Clone, Debug)]
pub struct Account {
    /// The identifier of its provider.
    pub provider: &'static str,
    /// Where the API is, instead of its usual place.
    pub base: Option<Base>,
    /// The fields that are given.
    pub fields: BTreeMap<&'static str, Secret>,
}

impl Account {
    /// A field; empty where it is not given.
    pub fn get(&self, key: &str) -> &str {
        self.fields.get(key).map(Secret::expose).unwrap_or_default()
    }

    /// A field, where it is given.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.fields.get(key).map(Secret::expose)
    }

    /// The fields that nobody may see.
    pub fn secrets(&self) -> Vec<Secret> {
        let fields = super::registry::find(self.provider).map_or(&[][..], |info| info.fields);
        let is_plain = |key: &str| fields.iter().any(|field| field.key == key && field.sight == Sight::Plain);
        self.fields.iter().filter(|(key, _)| !is_plain(key)).map(|(_, value)| value.clone()).collect()
    }

    /// `text` without any part of the credentials, in whichever of the usual forms they were sent.
    pub fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let secrets = self.secrets();
        let mut secrets: Vec<&str> =
            secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty()).collect();
        // The longest first: one may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            text = text.replace(secret, "***").replace(&encoded, "***");
        }
        text
    }

    /// Who is meant, without saying it: the same for the same account at the same place, and no way back.
    pub(super) fn digest(&self, salt: &[u8]) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        let base = self.base.as_ref().map(ToString::to_string).unwrap_or_default();
        let fields = self.fields.iter().flat_map(|(key, value)| [*key, value.expose()]);
        for part in [self.provider, &base].into_iter().chain(fields) {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        context.update(salt);
        context.finish().as_ref().try_into().expect("invariant: SHA-256 gives 32 octets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(fields: &[(&'static str, &str)]) -> Account {
        let fields = fields.iter().map(|(key, value)| (*key, Secret::new(*value)));
        Account { provider: "example", base: None, fields: fields.collect() }
    }

    #[test]
    fn the_variable_of_a_field_is_made_from_provider_and_key() {
        let field = Field::secret("api_token", "a token").also_in(&["EXAMPLE_AUTH"]);
        assert_eq!(field.variables("hetzner-dns"), ["HETZNER_DNS_API_TOKEN", "EXAMPLE_AUTH"]);
    }

    #[test]
    fn ur_45_nothing_of_the_credentials_is_left_in_a_text_or_a_debug_form() {
        let account = account(&[("token", "s3cret/s3cret"), ("user", "s3cret")]);
        let text = "token s3cret/s3cret, as sent s3cret%2Fs3cret, user s3cret";
        assert_eq!(account.scrub(text), "token ***, as sent ***, user ***");
        assert!(!format!("{account:?}").contains("s3cret"));
    }

    #[test]
    fn another_field_or_place_makes_another_digest() {
        let one = account(&[("token", "a"), ("user", "b")]);
        let elsewhere = Account { base: "https://example.com".parse().ok(), ..one.clone() };
        assert_eq!(one.digest(b"x"), one.clone().digest(b"x"));
        for other in [account(&[("token", "b"), ("user", "a")]), elsewhere] {
            assert_ne!(one.digest(b"x"), other.digest(b"x"));
        }
        assert_ne!(one.digest(b"x"), one.digest(b"y"));
    }
}

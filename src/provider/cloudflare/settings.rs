//! What the adapter needs to be told: where the API is and who asks.

use crate::net::http::Base;
use crate::net::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use crate::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use std::fmt;

/// The published address of the API.
pub const DEFAULT_BASE: &str = "https://api.cloudflare.com/client/v4";

/// One account at Cloudflare.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the API is.
    pub base: Base,
    /// Who asks.
    pub credential: Credential,
}

impl Settings {
    /// At the published address.
    pub fn new(credential: Credential) -> Self {
        let base = DEFAULT_BASE.parse().expect("invariant: the published address is a URL");
        Self { base, credential }
    }
}

/// Who asks, in one of the API's two ways.
#[derive(Clone)]
pub enum Credential {
    /// An API token, a user's or an account's, sent as a bearer token.
    Token(Secret),
    /// The global API key together with the e-mail address of its user.
    GlobalKey {
        /// The user's e-mail address.
        email: String,
        /// The key.
        key: Secret,
    },
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => f.debug_tuple("Token").field(token).finish(),
            Self::GlobalKey { email: _, key } => f.debug_tuple("GlobalKey").field(key).finish(),
        }
    }
}

impl Credential {
    /// What to call it in a sentence.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::GlobalKey { .. } => "global key",
        }
    }

    /// How a sentence begins that ends in a permission. A global key has all of its user's and can be given none.
    pub(super) fn give(&self) -> &'static str {
        match self {
            Self::Token(_) => "give the token",
            Self::GlobalKey { .. } => "use a token instead that has",
        }
    }

    /// The headers that carry it.
    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
        match self {
            Self::Token(token) => {
                Ok(vec![(AUTHORIZATION, self.header_value(&format!("Bearer {}", token.expose()))?)])
            }
            Self::GlobalKey { email, key } => Ok(vec![
                (HeaderName::from_static("x-auth-email"), self.header_value(email)?),
                (HeaderName::from_static("x-auth-key"), self.header_value(key.expose())?),
            ]),
        }
    }

    fn header_value(&self, text: &str) -> Result<HeaderValue, Fault> {
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            Fault::new(Class::Denied, format!("the {} holds a character that cannot be sent", self.noun()))
                .hint("copy it again: a line break or another invisible character is in it")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// `text` without any part of the credential.
    pub(super) fn scrub(&self, text: &str) -> String {
        let parts = match self {
            Self::Token(token) => [token.expose(), ""],
            Self::GlobalKey { email, key } => [key.expose(), email.as_str()],
        };
        let mut text = text.to_owned();
        for part in parts {
            if !part.is_empty() {
                text = text.replace(part, "***");
            }
        }
        text
    }

    /// What a refused credential looks like when it stands in the wrong place, from its form alone. Only asked after
    /// a refusal: forms change, and a check beforehand would lock out good ones.
    ///
    /// Forms: <https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/>.
    pub(super) fn suspicion(&self) -> Option<&'static str> {
        match self {
            Self::Token(token) if is_global_key(token.expose()) => Some(
                "this looks like the global API key, not like a token: make a token with Zone.DNS:Edit \
                 (dash.cloudflare.com, My Profile, API Tokens), or give the e-mail address with the key",
            ),
            Self::GlobalKey { key, .. } if is_token(key.expose()) => Some(
                "this looks like an API token, not like the global key: give it as the token, without an e-mail \
                 address",
            ),
            Self::Token(_) | Self::GlobalKey { .. } => None,
        }
    }
}

fn is_global_key(text: &str) -> bool {
    text.starts_with("cfk_") || (text.len() == 37 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_token(text: &str) -> bool {
    text.starts_with("cfut_")
        || text.starts_with("cfat_")
        || (text.len() == 40 && text.bytes().any(|b| !b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{Credential, Secret};

    fn token(text: &str) -> Credential {
        Credential::Token(Secret::new(text))
    }

    fn key(text: &str) -> Credential {
        Credential::GlobalKey { email: "someone@example.org".to_owned(), key: Secret::new(text) }
    }

    #[test]
    fn ur_41_no_form_of_token_is_refused_before_it_was_tried() {
        for text in [
            "Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQ-_TOFYY1",
            "cfut_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678",
            "cfat_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678",
        ] {
            assert!(token(text).headers().is_ok(), "{text}");
            assert_eq!(token(text).suspicion(), None, "{text}");
        }
    }

    #[test]
    fn ur_42_a_global_key_in_the_place_of_a_token_is_recognised_and_the_reverse() {
        let hex = "0123456789abcdef0123456789abcdef01234";
        assert!(token(hex).suspicion().is_some_and(|hint| hint.contains("global API key")));
        assert!(token("cfk_abc").suspicion().is_some_and(|hint| hint.contains("global API key")));
        assert!(key("cfut_abc").suspicion().is_some_and(|hint| hint.contains("API token")));
        assert_eq!(key(hex).suspicion(), None);
    }

    #[test]
    fn ur_45_neither_debug_nor_headers_nor_scrubbed_text_show_the_credential() {
        for credential in [token("token-very-secret"), key("key-very-secret")] {
            let headers = credential.headers().expect("plain text");
            let shown = format!("{credential:?} {headers:?}");
            assert!(!shown.contains("very-secret") && !shown.contains("someone@"), "{shown}");
        }
        assert_eq!(token("very-secret").scrub("no very-secret here"), "no *** here");
        assert_eq!(key("very-secret").scrub("someone@example.org: very-secret"), "***: ***");
    }

    #[test]
    fn a_credential_with_a_line_break_inside_is_denied_in_plain_words() {
        let fault = token("two\nlines").headers().expect_err("a line break cannot be sent");
        assert_eq!(fault.to_string(), "the token holds a character that cannot be sent");
    }
}

//! Who a request says that it is: in its `Authorization`, or in its query as clients do that cannot do better.

use super::request::Form;
use crate::secret::Secret;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// What was shown.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A user and a password (RFC 7617).
    Password {
        /// The account's name, if it is one.
        user: String,
        /// The password.
        secret: Secret,
    },
    /// A token (RFC 6750).
    Token(Secret),
}

/// Where it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the head: a client that knows what 401 means.
    Head,
    /// In the query or the form: a client that fills in a URL, and looks at the body of an answer alone.
    Query,
}

/// What a request shows, and where; the head goes first. Nothing where there is none, or none that can be read.
pub fn shown(headers: &HeaderMap, form: &mut Form) -> Option<(Credential, Place)> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    if let (Some(line), None) = (lines.next(), lines.next()) {
        return line.to_str().ok().and_then(of_line).map(|credential| (credential, Place::Head));
    }
    let shown = match (form.token.take(), form.user.take(), form.password.take()) {
        (Some(token), _, _) => Credential::Token(token),
        (None, Some(user), Some(secret)) => Credential::Password { user, secret },
        (None, _, _) => return None,
    };
    Some((shown, Place::Query))
}

fn of_line(line: &str) -> Option<Credential> {
    let (scheme, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        return (!rest.is_empty()).then(|| Credential::Token(Secret::new(rest)));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let octets: Vec<u8> = domain::utils::base64::decode(rest).ok()?;
    let text = String::from_utf8(octets).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some(Credential::Password { user: user.to_owned(), secret: Secret::new(secret) })
}

/// Any octets are read without a panic. For `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(octets: &[u8]) {
    if let Some(Credential::Password { user, .. }) = std::str::from_utf8(octets).ok().and_then(of_line) {
        assert!(!user.contains(':'), "the first colon ends the user");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn of(line: Option<&'static str>, query: &str) -> Option<(String, Place)> {
        let mut headers = HeaderMap::new();
        if let Some(line) = line {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(line));
        }
        let (credential, place) = shown(&headers, &mut Form::read(Some(query), b""))?;
        let text = match credential {
            Credential::Password { user, secret } => format!("{user}/{}", secret.expose()),
            Credential::Token(token) => token.expose().to_owned(),
        };
        Some((text, place))
    }

    #[test]
    fn the_head_is_read_in_its_three_schemes_and_goes_first() {
        // RFC 7617 §2.
        let example = of(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "user=a&pass=b");
        assert_eq!(example, Some(("Aladdin/open sesame".into(), Place::Head)));
        assert_eq!(of(Some("basic YTpiOmM="), ""), Some(("a/b:c".into(), Place::Head)));
        assert_eq!(of(Some("Bearer abc"), ""), Some(("abc".into(), Place::Head)));
        assert_eq!(of(Some("Token abc"), ""), Some(("abc".into(), Place::Head)));
        for wrong in ["Basic", "Basic !!!!", "Basic YWJj", "Digest a=b", "Bearer "] {
            assert_eq!(of(Some(wrong), "user=a&pass=b"), None, "{wrong}");
        }
    }

    #[test]
    fn a_query_is_read_as_clients_fill_it_in() {
        assert_eq!(of(None, "username=a&password=b"), Some(("a/b".into(), Place::Query)));
        assert_eq!(of(None, "user=a&passwd=b"), Some(("a/b".into(), Place::Query)));
        assert_eq!(of(None, "token=t&user=a"), Some(("t".into(), Place::Query)));
        assert_eq!(of(None, "user=a"), None);
        assert_eq!(of(None, "hostname=home.example.org"), None);
    }
}

//! Secrets inside of texts that are shown otherwise: URLs and bodies that users wrote themselves.
//!
//! Where one is, cannot be known, so what is named like one or looks drawn at random is taken for one. A harmless text
//! in a file of its own does no harm; a secret on a terminal does.

/// A text with a place for each of its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// The text, with places.
    pub(crate) text: String,
    /// The secrets, by the names of their places.
    pub(crate) secrets: Vec<(String, String)>,
}

/// Names of values that nobody may see.
const NAMES: &[&str] = &[
    "access_key",
    "access_token",
    "accesskey",
    "api_key",
    "api_token",
    "apikey",
    "apitoken",
    "auth",
    "authorization",
    "client_key",
    "code",
    "credential",
    "hash",
    "id",
    "key",
    "login_token",
    "p",
    "pass",
    "passwd",
    "password",
    "pw",
    "pwd",
    "secret",
    "sendkey",
    "sig",
    "sign",
    "signature",
    "token",
    "update_key",
];

/// What a secret's place looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `{secret:KEY}`.
    Http,
    /// `{KEY}`.
    Get,
}

impl Mark {
    fn of(self, key: &str) -> String {
        match self {
            Self::Http => format!("{{secret:{key}}}"),
            Self::Get => format!("{{{key}}}"),
        }
    }
}

/// Whether a value is better not seen.
fn is_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || value.contains('{') || value.contains('%') && value.len() <= 2 {
        return false;
    }
    NAMES.contains(&name.to_lowercase().as_str()) || is_random(value)
}

/// Whether a word looks drawn and not written.
fn is_random(word: &str) -> bool {
    let all =
        word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '~' | ':'));
    let digits = word.chars().any(|c| c.is_ascii_digit());
    let letters = word.chars().any(|c| c.is_ascii_alphabetic());
    all && ((word.len() >= 12 && digits && letters) || word.len() >= 24)
}

/// A key for a place: letters, digits and `_`, and none that is there already.
fn key(name: &str, secrets: &[(String, String)]) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let plain = plain.trim_matches('_');
    let base =
        if plain.is_empty() || plain.starts_with(|c: char| c.is_ascii_digit()) { "secret" } else { plain };
    // The placeholders of calls have these names.
    let base = match base {
        "ip" | "ipv4" | "ipv6" | "fqdn" | "host" | "zone" | "name" | "type" | "ttl" | "value" => "secret",
        other => other,
    };
    let taken = |candidate: &str| secrets.iter().any(|(known, _)| known == candidate);
    if !taken(base) {
        return base.to_owned();
    }
    let numbered = |number: usize| format!("{base}_{number}");
    // One more than there are is free.
    (2..secrets.len() + 3).map(numbered).find(|candidate| !taken(candidate)).unwrap_or_default()
}

/// A URL; `None` where user and password stand before its host, which has no place here.
pub(crate) fn url(text: &str, mark: Mark) -> Option<Split> {
    let mut secrets: Vec<(String, String)> = Vec::new();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let mut pieces = rest.split('/');
    let host = pieces.next().unwrap_or_default();
    if host.contains('@') {
        return None;
    }
    let mut out = if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") };
    for piece in pieces {
        out.push('/');
        if is_random(piece) {
            let key = key("token", &secrets);
            out.push_str(&mark.of(&key));
            secrets.push((key, piece.to_owned()));
        } else {
            out.push_str(piece);
        }
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(&pairs(query, mark, &mut secrets));
    }
    Some(Split { text: out, secrets })
}

/// `a=1&token=2`.
fn pairs(query: &str, mark: Mark, secrets: &mut Vec<(String, String)>) -> String {
    let mut list = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((name, value)) if is_secret(name, value) => {
                let key = key(name, secrets);
                list.push(format!("{name}={}", mark.of(&key)));
                secrets.push((key, crate::shoutrrr::decoded(value)));
            }
            Some(_) | None => list.push(pair.to_owned()),
        }
    }
    list.join("&")
}

/// A body: JSON, with places of its own in it, or a form.
pub(crate) fn body(text: &str, mark: Mark, secrets: &mut Vec<(String, String)>) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return pairs(text, mark, secrets);
    }
    let mut out = String::new();
    let mut rest = text;
    let mut name: Option<String> = None;
    while let Some(at) = rest.find('"') {
        let Some(length) = literal(&rest[at..]) else { break };
        let whole = &rest[at..at + length];
        out.push_str(&rest[..at]);
        let value: Option<String> = serde_json::from_str(whole).ok();
        let after = rest[at + length..].trim_start();
        let between = rest[..at].trim();
        let is_value = name.is_some() && between == ":";
        match (value, is_value) {
            (Some(value), true) if is_secret(name.as_deref().unwrap_or_default(), &value) => {
                let key = key(name.as_deref().unwrap_or_default(), secrets);
                out.push('"');
                out.push_str(&mark.of(&key));
                out.push('"');
                secrets.push((key, value));
                name = None;
            }
            (value, is_value) => {
                out.push_str(whole);
                name = value.filter(|_| !is_value && after.starts_with(':'));
            }
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// How long a JSON string is, with its quotes.
fn literal(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_get_places() {
        let split =
            url("https://dns.example.net/u/a1b2c3d4e5f6g7/set?host=box&token=s%40&ip={ip}", Mark::Http)
                .expect("no user");
        assert_eq!(
            split.text,
            "https://dns.example.net/u/{secret:token}/set?host=box&token={secret:token_2}&ip={ip}"
        );
        assert_eq!(
            split.secrets,
            [("token".to_owned(), "a1b2c3d4e5f6g7".to_owned()), ("token_2".to_owned(), "s@".to_owned())]
        );
        assert_eq!(url("https://user:password@example.net/", Mark::Http), None);
        let plain = url("https://dns.example.net/nic/update?hostname={fqdn}", Mark::Get).expect("no user");
        assert_eq!(
            (plain.text.as_str(), plain.secrets.len()),
            ("https://dns.example.net/nic/update?hostname={fqdn}", 0)
        );
    }

    #[test]
    fn secrets_of_bodies_get_places() {
        let mut secrets = Vec::new();
        let text =
            r#"{"token": "a \"b\"", "ttl": {ttl}, "list": ["x"], "name": "{name}", "note": "all is well"}"#;
        let out = body(text, Mark::Http, &mut secrets);
        assert_eq!(
            out,
            r#"{"token": "{secret:token}", "ttl": {ttl}, "list": ["x"], "name": "{name}", "note": "all is well"}"#
        );
        assert_eq!(secrets, [("token".to_owned(), "a \"b\"".to_owned())]);
        let mut secrets = Vec::new();
        assert_eq!(body("name={name}&pw=x", Mark::Get, &mut secrets), "name={name}&pw={pw}");
        assert_eq!(body("{\"torn", Mark::Http, &mut secrets), "{\"torn");
    }
}

//! The part of a URL that stays the same from one request to the next: scheme, host, port and path prefix.

use hyper::Uri;
use std::fmt;
use std::str::FromStr;

/// Where requests go: `https://api.example.com/client/v4`.
///
/// Held without a trailing slash, so that a request's path starts with one. Query, fragment and user information
/// are refused: a password in a URL ends up in messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Base {
    scheme: Scheme,
    /// Without brackets, in lower case.
    host: String,
    port: Option<u16>,
    prefix: String,
}

/// The two schemes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// As written in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Why a text is not a base URL. Never repeats the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseError {
    /// Not a URL at all.
    #[error("expected a URL such as https://api.example.com/v1")]
    Form,
    /// Characters outside ASCII.
    #[error("a URL must be written in ASCII (xn--… for other letters)")]
    Ascii,
    /// Neither `http://` nor `https://`.
    #[error("expected a URL that starts with https:// or http://")]
    Scheme,
    /// `user:password@`.
    #[error("a URL must not hold a user name or password")]
    UserInfo,
    /// `?…` or `#…` where none is allowed.
    #[error("this URL must not have a query or fragment")]
    Query,
}

impl Base {
    /// Splits a whole URL into the base without a path and the path with its query, which is a request's.
    ///
    /// ```
    /// # use dynflare::net::base::Base;
    /// let (base, path) = Base::split("https://api.example.com/ip?format=json")?;
    /// assert_eq!((base.to_string().as_str(), path.as_str()), ("https://api.example.com", "/ip?format=json"));
    /// # Ok::<(), dynflare::net::base::BaseError>(())
    /// ```
    pub fn split(url: &str) -> Result<(Self, String), BaseError> {
        if !url.is_ascii() {
            return Err(BaseError::Ascii);
        }
        if url.contains('#') {
            return Err(BaseError::Query);
        }
        let uri: Uri = url.parse().map_err(|_| BaseError::Form)?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(_) | None => return Err(BaseError::Scheme),
        };
        let authority = uri.authority().ok_or(BaseError::Form)?;
        if authority.as_str().contains('@') {
            return Err(BaseError::UserInfo);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if has_empty_label(&host) || is_odd_address(&host) || !are_around_ipv6(authority.as_str()) {
            return Err(BaseError::Form);
        }
        let after = authority.as_str().rsplit_once(']').map_or(authority.as_str(), |(_, after)| after);
        let port = match after.rsplit_once(':') {
            Some((_, digits)) => Some(digits.parse().map_err(|_| BaseError::Form)?),
            None => None,
        };
        let path = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let port = port.filter(|port| *port != scheme.port());
        Ok((Self { scheme, host, port, prefix: String::new() }, path))
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The name or address to connect to, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.port())
    }

    /// What the `Host` header and messages say: the port only where it is not the scheme's.
    pub fn authority(&self) -> String {
        let host = self.host.strip_suffix('.').unwrap_or(&self.host);
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        match self.port {
            Some(port) => format!("{open}{host}{close}:{port}"),
            None => format!("{open}{host}{close}"),
        }
    }

    /// The path prefix, empty or with a leading and no trailing slash.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// Whether a host is no name: nothing at all, or nothing between two dots (RFC 1034 §3.1). One dot may end it.
fn has_empty_label(host: &str) -> bool {
    host.strip_suffix('.').unwrap_or(host).split('.').any(str::is_empty)
}

/// Whether a host would be an address only to some: `127.1`, `0x7f.0.0.1`. No name ends in a label of this form
/// (<https://url.spec.whatwg.org/#ends-in-a-number-checker>).
fn is_odd_address(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    (hexadecimal || number) && name.parse::<std::net::IpAddr>().is_err()
}

/// Whether brackets, if there are any, stand at the beginning and around an IPv6 address, with or without its zone
/// (RFC 3986 §3.2.2, RFC 6874): the parser lets them stand anywhere.
fn are_around_ipv6(authority: &str) -> bool {
    let Some((address, after)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return !authority.contains(['[', ']']);
    };
    let address = address.split('%').next().unwrap_or_default();
    let ends = after.is_empty() || after.starts_with(':');
    ends && !after.contains(['[', ']']) && address.parse::<std::net::Ipv6Addr>().is_ok()
}

impl FromStr for Base {
    type Err = BaseError;

    fn from_str(text: &str) -> Result<Self, BaseError> {
        let (base, path) = Self::split(text.trim())?;
        if path.contains('?') {
            return Err(BaseError::Query);
        }
        Ok(Self { prefix: path.trim_end_matches('/').to_owned(), ..base })
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Base>().map_or_else(|error| error.to_string(), |base| base.to_string())
    }

    #[test]
    fn a_base_is_written_in_one_way() {
        for (text, expected) in [
            ("https://api.example.com/client/v4/", "https://api.example.com/client/v4"),
            ("https://API.Example.com:443", "https://api.example.com"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("https://api.example.com./x", "https://api.example.com/x"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn a_base_that_cannot_be_used_is_refused_with_the_reason() {
        for (text, expected) in [
            ("", "expected a URL such as https://api.example.com/v1"),
            ("example.com", "expected a URL that starts with https:// or http://"),
            ("ftp://example.com", "expected a URL that starts with https:// or http://"),
            ("https://user:secret@example.com", "a URL must not hold a user name or password"),
            ("https://example.com/?a=b", "this URL must not have a query or fragment"),
            ("https://example.com/#a", "this URL must not have a query or fragment"),
            ("https://bücher.example", "a URL must be written in ASCII (xn--… for other letters)"),
            ("https://example.com:99999/", "expected a URL such as https://api.example.com/v1"),
            ("https://example.com:/", "expected a URL such as https://api.example.com/v1"),
            ("http://192.0.2.1.a[b:c]d:1", "expected a URL such as https://api.example.com/v1"),
            ("http://[2001:db8::1]x:80/", "expected a URL such as https://api.example.com/v1"),
            ("http://[example.com]/", "expected a URL such as https://api.example.com/v1"),
            ("http://./", "expected a URL such as https://api.example.com/v1"),
            ("http://.example.com/", "expected a URL such as https://api.example.com/v1"),
            ("http://example..com/", "expected a URL such as https://api.example.com/v1"),
            ("http://example.com../", "expected a URL such as https://api.example.com/v1"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn the_host_of_an_ipv6_url_has_no_brackets() {
        let base: Base = "https://[2001:db8::1]:8443".parse().expect("a valid URL");
        assert_eq!((base.host(), base.port()), ("2001:db8::1", 8443));
    }
}

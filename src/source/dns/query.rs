//! Questions as users write them.
//!
//! * `dns:udp://SERVER/NAME[/TYPE[/CLASS]]`, and the same with `tcp` or `tls`, where SERVER is `HOST[:PORT]`; over
//!   TLS a server given by its address may say the name in its certificate: `dns:tls://192.0.2.1#dns.example.net/…`
//! * `dns:https://HOST/PATH?name=NAME[&type=TYPE][&class=CLASS]`
//!
//! TYPE is `A`, `AAAA` or `TXT`; without one, `A` is asked over IPv4 and `AAAA` over IPv6. CLASS is `IN` or `CH`.

use crate::net::base::{Base, BaseError, Scheme};
use crate::net::{Endpoint, EndpointError};
use domain::base::Name;
use dynflare_core::address::Family;
use std::net::IpAddr;
use std::str::FromStr;

/// A name in the codec's form.
type Wire = Name<Vec<u8>>;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    name: Wire,
    wanted: Wanted,
    chaos: bool,
}

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A over IPv4, AAAA over IPv6.
    Address,
    /// A.
    V4,
    /// AAAA.
    V6,
    /// TXT.
    Text,
}

/// How the question gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Datagrams (RFC 1035 §4.2.1).
    Udp(Endpoint),
    /// A connection (RFC 7766).
    Tcp(Endpoint),
    /// A secured connection (RFC 7858).
    Tls(Endpoint),
    /// A POST (RFC 8484), to this path with its query.
    Https(Base, String),
}

/// Why a text is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No known transport.
    #[error("dns is written dns:udp://SERVER/NAME, or with tcp, tls or https instead of udp")]
    Transport,
    /// The server cannot be read.
    #[error("dns: {0}")]
    Server(#[from] EndpointError),
    /// A certificate's name where none is shown.
    #[error("dns: only a server asked over tls shows a certificate that could be for the name behind `#`")]
    Certificate,
    /// The URL cannot be read.
    #[error("dns: {0}")]
    Url(#[from] BaseError),
    /// `http://`.
    #[error("dns: over HTTP a question needs https://")]
    Http,
    /// No name, or too many parts.
    #[error("dns: after the server comes the question: /NAME, /NAME/TYPE or /NAME/TYPE/CLASS")]
    Parts,
    /// No `name=`, or something unknown beside it.
    #[error(
        "dns: after the path comes the question: ?name=NAME, with &type=TYPE and &class=CLASS if need be"
    )]
    Parameters,
    /// Not a name.
    #[error("dns: `{0}` is not a name")]
    Name(String),
    /// A type that holds no address.
    #[error("dns: the type must be A, AAAA or TXT")]
    Type,
    /// Some other class.
    #[error("dns: the class must be IN or CH")]
    Class,
}

impl Query {
    fn new(name: &str, wanted: Option<&str>, class: Option<&str>) -> Result<Self, DnsError> {
        let unfit = || DnsError::Name(name.chars().take(60).collect());
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if name.is_empty() || !name.chars().all(fits) {
            return Err(unfit());
        }
        let wire = Wire::from_str(&name.to_ascii_lowercase()).map_err(|_| unfit())?;
        if wire.is_root() {
            return Err(unfit());
        }
        let wanted = match wanted.map(str::to_ascii_uppercase).as_deref() {
            None => Wanted::Address,
            Some("A") => Wanted::V4,
            Some("AAAA") => Wanted::V6,
            Some("TXT") => Wanted::Text,
            Some(_) => return Err(DnsError::Type),
        };
        let chaos = match class.map(str::to_ascii_uppercase).as_deref() {
            None | Some("IN") => false,
            Some("CH") => true,
            Some(_) => return Err(DnsError::Class),
        };
        Ok(Self { name: wire, wanted, chaos })
    }

    pub(super) fn name(&self) -> &Wire {
        &self.name
    }

    pub(super) fn wanted(&self) -> Wanted {
        self.wanted
    }

    pub(super) fn is_chaos(&self) -> bool {
        self.chaos
    }

    /// Type and class as written, without what goes without saying.
    fn kind(&self) -> [Option<&'static str>; 2] {
        let wanted = match self.wanted {
            Wanted::Address => None,
            Wanted::V4 => Some("A"),
            Wanted::V6 => Some("AAAA"),
            Wanted::Text => Some("TXT"),
        };
        [wanted, self.chaos.then_some("CH")]
    }
}

impl Way {
    /// Whether nobody but the server can answer.
    pub(super) fn is_authenticated(&self) -> bool {
        match self {
            Self::Udp(_) | Self::Tcp(_) => false,
            Self::Tls(_) => true,
            Self::Https(base, _) => base.scheme() == Scheme::Https,
        }
    }

    /// The server's name: that in its certificate, where it is asked at an address.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Udp(server) | Self::Tcp(server) | Self::Tls(server) => server.name(),
            Self::Https(base, _) => base.host(),
        }
    }

    /// Where the question goes.
    pub(super) fn place(&self) -> &str {
        match self {
            Self::Udp(server) | Self::Tcp(server) | Self::Tls(server) => &server.host,
            Self::Https(base, _) => base.host(),
        }
    }

    /// Whether a question about this family can go there.
    pub(super) fn leads(&self, family: Family) -> bool {
        self.place().parse().map_or(true, |address: IpAddr| Family::of(address) == family)
    }
}

/// Ports of DNS (RFC 1035 §4.2) and of DNS over TLS (RFC 7858 §3.1).
const PORT: u16 = 53;
const TLS_PORT: u16 = 853;

/// Reads what follows `dns:`.
pub(super) fn parse(text: &str) -> Result<(Way, Query), DnsError> {
    let (scheme, rest) = text.split_once("://").ok_or(DnsError::Transport)?;
    let port = match scheme {
        "udp" | "tcp" => PORT,
        "tls" => TLS_PORT,
        "https" => return over_https(text),
        "http" => return Err(DnsError::Http),
        _ => return Err(DnsError::Transport),
    };
    let (server, question) = rest.split_once('/').ok_or(DnsError::Parts)?;
    let server = Endpoint::parse(server, port)?;
    let parts: Vec<&str> = question.split('/').collect();
    let query = match parts[..] {
        [""] => return Err(DnsError::Parts),
        [name] => Query::new(name, None, None)?,
        [name, wanted] => Query::new(name, Some(wanted), None)?,
        [name, wanted, class] => Query::new(name, Some(wanted), Some(class))?,
        _ => return Err(DnsError::Parts),
    };
    let way = match scheme {
        "tls" => Way::Tls(server),
        _ if server.certificate.is_some() => return Err(DnsError::Certificate),
        "tcp" => Way::Tcp(server),
        _ => Way::Udp(server),
    };
    Ok((way, query))
}

fn over_https(url: &str) -> Result<(Way, Query), DnsError> {
    let (base, path) = Base::split(url)?;
    let (path, parameters) = path.split_once('?').ok_or(DnsError::Parameters)?;
    let [mut name, mut wanted, mut class] = [None, None, None];
    for (key, value) in form_urlencoded::parse(parameters.as_bytes()) {
        let place = match key.as_ref() {
            "name" => &mut name,
            "type" => &mut wanted,
            "class" => &mut class,
            _ => return Err(DnsError::Parameters),
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(DnsError::Parameters);
        }
    }
    let name = name.ok_or(DnsError::Parameters)?;
    let query = Query::new(&name, wanted.as_deref(), class.as_deref())?;
    Ok((Way::Https(base, path.to_owned()), query))
}

/// The question as users write it, in one way.
pub(super) fn written(way: &Way, query: &Query) -> String {
    let (scheme, server) = match way {
        Way::Udp(server) => ("udp", server.written(PORT)),
        Way::Tcp(server) => ("tcp", server.written(PORT)),
        Way::Tls(server) => ("tls", server.written(TLS_PORT)),
        Way::Https(base, path) => {
            let [wanted, class] = query.kind();
            let wanted = wanted.map_or_else(String::new, |wanted| format!("&type={wanted}"));
            let class = class.map_or_else(String::new, |class| format!("&class={class}"));
            return format!("dns:{base}{path}?name={}{wanted}{class}", query.name);
        }
    };
    let kind = match query.kind() {
        [None, None] => String::new(),
        [Some(wanted), None] => format!("/{wanted}"),
        // The class has the third place; the type that goes without saying is then the family's.
        [wanted, Some(class)] => format!("/{}/{class}", wanted.unwrap_or("A")),
    };
    format!("dns:{scheme}://{server}/{}{kind}", query.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        parse(text).map_or_else(|error| error.to_string(), |(way, query)| written(&way, &query))
    }

    #[test]
    fn a_question_is_written_in_one_way() {
        for (text, expected) in [
            ("udp://192.0.2.53/myip.example.net", "dns:udp://192.0.2.53/myip.example.net"),
            ("udp://192.0.2.53:53/MyIP.Example.net./a", "dns:udp://192.0.2.53/myip.example.net/A"),
            ("tcp://[2001:db8::53]:5353/who/aaaa/in", "dns:tcp://[2001:db8::53]:5353/who/AAAA"),
            ("tls://192.0.2.53#dns.example.net/who/TXT", "dns:tls://192.0.2.53#dns.example.net/who/TXT"),
            (
                "udp://ns.example.net/whoami.cloudflare/txt/ch",
                "dns:udp://ns.example.net/whoami.cloudflare/TXT/CH",
            ),
            (
                "https://dns.example.net/dns-query?class=CH&name=who&type=TXT",
                "dns:https://dns.example.net/dns-query?name=who&type=TXT&class=CH",
            ),
        ] {
            assert_eq!(again(text), expected);
            assert_eq!(again(expected.strip_prefix("dns:").expect("a kind")), expected);
        }
    }

    #[test]
    fn what_is_no_question_is_refused_with_the_way_to_write_it() {
        const TRANSPORT: &str =
            "dns is written dns:udp://SERVER/NAME, or with tcp, tls or https instead of udp";
        const PARTS: &str = "dns: after the server comes the question: /NAME, /NAME/TYPE or /NAME/TYPE/CLASS";
        const PARAMETERS: &str =
            "dns: after the path comes the question: ?name=NAME, with &type=TYPE and &class=CLASS if need be";
        for (text, expected) in [
            ("192.0.2.53/who", TRANSPORT),
            ("quic://192.0.2.53/who", TRANSPORT),
            ("http://192.0.2.53/?name=who", "dns: over HTTP a question needs https://"),
            ("udp://192.0.2.53", PARTS),
            ("udp://192.0.2.53/", PARTS),
            ("udp://192.0.2.53/who/A/IN/1", PARTS),
            ("udp://192.0.2.53/who/MX", "dns: the type must be A, AAAA or TXT"),
            ("udp://192.0.2.53/who/A/HS", "dns: the class must be IN or CH"),
            ("udp://192.0.2.53/a b", "dns: `a b` is not a name"),
            ("udp://192.0.2.53/a..b", "dns: `a..b` is not a name"),
            ("udp://192.0.2.53/.", "dns: `.` is not a name"),
            ("https://dns.example.net/dns-query", PARAMETERS),
            ("https://dns.example.net/dns-query?name=a&name=b", PARAMETERS),
            ("https://dns.example.net/dns-query?name=a&key=b", PARAMETERS),
            ("https://u:p@dns.example.net/?name=a", "dns: a URL must not hold a user name or password"),
            (
                "udp://192.0.2.53#dns.example.net/who",
                "dns: only a server asked over tls shows a certificate that could be for the name behind `#`",
            ),
            (
                "tls:///who",
                "dns: expected a server such as dns.example.net, 192.0.2.1:5353 or [2001:db8::1]:853",
            ),
        ] {
            assert_eq!(again(text), expected, "{text}");
        }
    }
}

//! Sources as users write them: the id of a built-in, or a kind, a colon and what the kind needs.

use super::dns::{Dns, DnsError};
use super::extras::{self, Extras};
use super::http::{Form, Http};
use super::stun::{Stun, StunError};
use super::table::{SOURCES, SourceRow, operator_of};
use super::{InterfaceError, Source, router};
use crate::net::base::{Base, BaseError};
use crate::signed::KeyError;
use dynflare_core::address::Family;
use dynflare_core::quorum::Vote;
use std::net::IpAddr;

/// Why a text is not a source. Each is a sentence for the user; none repeats a URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Neither a built-in nor a kind.
    #[error("there is no source `{word}`{}", suggestion(*nearest))]
    Unknown {
        /// What stands there.
        word: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A kind that this program was built without.
    #[error("this program was built without the source `{0}`; use one that was built with the feature `{0}`")]
    LeftOut(&'static str),
    /// A URL without its kind.
    #[error("a URL as a source is written with `url:` before it")]
    BareUrl,
    /// An address without its kind.
    #[error("an address as a source is written `static:{0}`")]
    BareAddress(IpAddr),
    /// `url:` with something that is no URL.
    #[error("{0}")]
    Url(BaseError),
    /// `url:…#…` where the fragment is no JSON pointer.
    #[error("what follows `#` must be a JSON pointer such as #/ip")]
    Pointer,
    /// `echo:` with a query, which the program needs for itself.
    #[error("an echo source takes no query; write a shared secret as `key = \"file:…\"` in `[sources.NAME]`")]
    EchoQuery,
    /// `echo:…#…` where the fragment is no public key.
    #[error("the public key {0}")]
    PublicKey(KeyError),
    /// `tunnel:` with nothing.
    #[error("a tunnel is written tunnel:https://…, tunnel:ngrok or tunnel:PROGRAM ARGUMENT …")]
    Tunnel,
    /// `tunnel:` that does not lead to a port of this machine.
    #[error(
        "a tunnel needs the port of this machine it leads to; add `port`, `#port=…`, or `{{port}}` in its command"
    )]
    TunnelPort,
    /// `static:` with something that is no address.
    #[error("`{0}` is not an address")]
    NotAnAddress(String),
    /// `static:` with two addresses of a family.
    #[error("static takes one {0} address, not two")]
    TwoAddresses(Family),
    /// `file:` without a path from the root, which would depend on where the program is started.
    #[error("file needs a path from the root, such as file:/run/address")]
    Path,
    /// `dns:` with something that is no question.
    #[error("{0}")]
    Dns(#[from] DnsError),
    /// `stun:` with something that is no server.
    #[error("{0}")]
    Stun(#[from] StunError),
    /// A router that cannot be asked as written.
    #[error("{0}")]
    Router(router::Mistake),
    /// `command:` with nothing.
    #[error("command needs a program, such as command:/usr/local/bin/address")]
    Program,
    /// `interface` with something that cannot be read.
    #[error(transparent)]
    Interface(InterfaceError),
}

/// On every zone that Cloudflare serves, and answered by Cloudflare whoever the zone belongs to.
const TRACE: &str = "/cdn-cgi/trace";

const KINDS: [&str; 10] =
    ["url:", "static:", "file:", "command:", "dns:", "stun:", "echo:", "tunnel:", "interface", "router"];

fn suggestion(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!(
            "; a source is one of the table (`dynflare sources`), or begins with {}",
            KINDS.join(", ")
        ),
    }
}

pub(super) fn parse(text: &str, extras: &Extras) -> Result<Source, SpecError> {
    let text = text.trim();
    if let Some(row) = SourceRow::named(text) {
        return Ok(Source { groups: &[], ..row.source() });
    }
    if let Some(rest) = text.strip_prefix("interface")
        && (rest.is_empty() || rest.starts_with([':', '?']))
    {
        return Source::interface(rest).map_err(SpecError::Interface);
    }
    #[cfg(not(feature = "router"))]
    if router::is_one(text) {
        return Err(SpecError::LeftOut("router"));
    }
    #[cfg(feature = "router")]
    if let Some(router) = router::parse(text) {
        return router.map_err(SpecError::Router);
    }
    match text.split_once(':') {
        Some(("echo", rest)) => extras::of_echo(rest, extras),
        #[cfg(not(feature = "tunnel"))]
        Some(("tunnel", _)) => Err(SpecError::LeftOut("tunnel")),
        #[cfg(feature = "tunnel")]
        Some(("tunnel", rest)) => super::tunnel::of_tunnel(rest, extras),
        Some(("url", url)) => of_url(url, extras),
        Some(("static", addresses)) => of_addresses(addresses),
        Some(("file", path)) if path.starts_with('/') => Ok(Source::file(path)),
        Some(("file", _)) => Err(SpecError::Path),
        Some(("command", line)) => {
            let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Source::command(&argv).ok_or(SpecError::Program)
        }
        Some(("dns", question)) => of_question(question),
        Some(("stun", server)) => of_stun(server),
        Some(("http" | "https", _)) => Err(SpecError::BareUrl),
        Some(_) | None => Err(unknown(text)),
    }
}

fn unknown(text: &str) -> SpecError {
    if let Ok(address) = text.parse() {
        return SpecError::BareAddress(address);
    }
    let word = text.split_inclusive(':').next().unwrap_or_default();
    let nearest = SOURCES
        .iter()
        .map(|row| row.id)
        .chain(KINDS)
        .map(|known| (distance(&word.to_lowercase(), known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known);
    SpecError::Unknown { word: word.chars().take(60).collect(), nearest }
}

/// Insertions, deletions and substitutions from one word to the other (Levenshtein 1965).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (left, b) in to.chars().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[left + 1];
            row[left + 1] = changed.min(corner + 1).min(row[left] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn of_url(text: &str, extras: &Extras) -> Result<Source, SpecError> {
    let (url, fragment) = text.split_once('#').map_or((text, None), |(url, fragment)| (url, Some(fragment)));
    let (base, path) = Base::split(url).map_err(SpecError::Url)?;
    let form = match fragment {
        Some(fragment) => Form::Json(pointer(fragment).ok_or(SpecError::Pointer)?.into()),
        None if extras.line.is_some() => {
            let (before, after) = extras.line.clone().unwrap_or_default();
            Form::Line(before.into(), after.into())
        }
        None if extras.pattern.is_some() => extras.pattern.clone().map_or(Form::Text, Form::Match),
        None if path == TRACE => Form::Trace,
        None => Form::Text,
    };
    let (v4, v6) = (extras.ipv4.as_deref().unwrap_or(url), extras.ipv6.as_deref().unwrap_or(url));
    let http = Http::new(Some(v4), Some(v6), form)
        .map_err(SpecError::Url)?
        .asked_with(extras.headers.clone(), extras.proxy.clone());
    // The query is left out of the id: it may hold a key.
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let party = party(base.host());
    let operator = match path {
        TRACE => "cloudflare",
        _ => operator_of(&party).unwrap_or(&party),
    };
    Ok(Source::new(format!("{}{path}", base.authority()), http).run_by(operator))
}

/// One word for a host however it is spelled, so that nobody gets a second vote by a dot at the end or by zeros in an
/// address.
fn party(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.parse().map_or_else(|_| host.to_owned(), |address: IpAddr| address.to_canonical().to_string())
}

fn of_question(text: &str) -> Result<Source, SpecError> {
    let dns = Dns::new(Some(text), Some(text))?;
    let operator = operator_of_either(dns.hosts().next(), dns.places().next());
    let vote = vote_of(dns.is_authenticated());
    Ok(Source { operator, vote, ..Source::new(dns.written(), dns) })
}

fn of_stun(text: &str) -> Result<Source, SpecError> {
    let stun = Stun::parse(text)?;
    let operator = operator_of_either(Some(stun.host()), Some(stun.place()));
    let vote = vote_of(stun.is_authenticated());
    Ok(Source { operator, vote, ..Source::new(stun.written(), stun) })
}

/// Who runs a server, by the name in its certificate or by its address; a server that is nobody's is its own.
fn operator_of_either(name: Option<&str>, place: Option<&str>) -> String {
    let (name, place) = (party(name.unwrap_or_default()), party(place.unwrap_or_default()));
    operator_of(&name).or_else(|| operator_of(&place)).unwrap_or(&name).to_owned()
}

/// What can be forged on the way does not vote unless the user says so.
pub(super) fn vote_of(authenticated: bool) -> Vote {
    if authenticated { Vote::Full } else { Vote::Witness }
}

/// A JSON pointer in its form as a URL fragment (RFC 6901 §6).
fn pointer(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next()?)? << 4 | digit(rest.next()?)?
            }
            other => other,
        });
    }
    let pointer = String::from_utf8(bytes).ok()?;
    let escapes_stand_right = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    (pointer.starts_with('/') && escapes_stand_right).then_some(pointer)
}

fn of_addresses(text: &str) -> Result<Source, SpecError> {
    let (mut v4, mut v6) = (None, None);
    for word in text.split(',').map(str::trim) {
        let taken = match word.parse() {
            Ok(IpAddr::V4(address)) => v4.replace(address).map(|_| Family::V4),
            Ok(IpAddr::V6(address)) => v6.replace(address).map(|_| Family::V6),
            Err(_) => return Err(SpecError::NotAnAddress(word.chars().take(60).collect())),
        };
        if let Some(family) = taken {
            return Err(SpecError::TwoAddresses(family));
        }
    }
    Ok(Source::fixed(v4, v6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, SpecError> {
        super::parse(text, &Extras::default())
    }

    fn says(text: &str) -> String {
        parse(text).expect_err("refused").to_string()
    }

    fn read(text: &str) -> (String, String) {
        let source = parse(text).expect("a source");
        (source.id, source.operator)
    }

    fn pair(id: &str, operator: &str) -> (String, String) {
        (id.to_owned(), operator.to_owned())
    }

    #[test]
    fn every_kind_can_be_written() {
        assert_eq!(read("ipify"), pair("ipify", "ipify"));
        assert_eq!(read("tnedi.me"), pair("tnedi.me", "ident.me"));
        assert_eq!(read("static:192.0.2.1, 2001:db8::1").0, "static:192.0.2.1,2001:db8::1");
        assert_eq!(read("file:/run/address").0, "file:/run/address");
        assert_eq!(read("command:curl -{family} https://example.com").0, "command:curl");
    }

    #[test]
    fn a_url_votes_for_its_host_and_keeps_its_query_to_itself() {
        assert_eq!(read("url:https://ip.example.com/"), pair("ip.example.com", "ip.example.com"));
        assert_eq!(
            read("url:https://ip.example.com:8443/me?key=hidden#/data/ip"),
            pair("ip.example.com:8443/me", "ip.example.com")
        );
    }

    #[test]
    fn ur_6_a_url_of_a_built_in_operator_has_no_vote_of_its_own() {
        assert_eq!(read("url:https://api64.ipify.org?format=json#/ip").1, "ipify");
        assert_eq!(read("url:https://www.cloudflare.com/cdn-cgi/trace").1, "cloudflare");
        assert_eq!(read("url:https://icanhazip.com").1, "cloudflare");
        assert_eq!(read("url:https://www.example.com/cdn-cgi/trace").1, "cloudflare");
        assert_eq!(read("url:https://home.dedyn.io/ip").1, "home.dedyn.io");
    }

    #[test]
    fn ur_6_no_other_spelling_of_a_host_gives_a_second_vote() {
        for (one, other) in [
            ("https://icanhazip.com", "https://ICANHAZIP.com."),
            ("https://icanhazip.com", "https://icanhazip.com.:8443/other"),
            ("https://ip.example.com/a", "http://ip.example.com./b"),
            ("https://1.1.1.1/ip", "https://1.1.1.1./ip"),
            ("https://[2606:4700:4700::1111]/ip", "https://[2606:4700:4700:0:0::1111]/ip"),
            ("https://[2001:db8::1]/", "https://[2001:DB8:0:0::1]:8443/"),
            ("https://192.0.2.1/", "https://[::ffff:192.0.2.1]/"),
        ] {
            let operator = |url: &str| read(&format!("url:{url}")).1;
            assert_eq!(operator(one), operator(other), "{one} and {other}");
        }
        for host in ["127.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "192.0.2.01", "ip.example.7"] {
            assert_eq!(
                says(&format!("url:https://{host}/")),
                "expected a URL such as https://api.example.com/v1",
                "{host}: an address in a form that some resolvers take"
            );
        }
    }

    #[test]
    fn name_servers_and_stun_servers_can_be_written_and_vote_over_tls_alone() {
        for (text, operator, vote) in [
            ("dns:udp://192.0.2.53/who.example.net", "192.0.2.53", Vote::Witness),
            ("dns:tcp://ns.example.net/who.example.net", "ns.example.net", Vote::Witness),
            ("dns:tls://192.0.2.53#dns.example.net/who.example.net", "dns.example.net", Vote::Full),
            ("dns:https://dns.example.net/dns-query?name=who.example.net", "dns.example.net", Vote::Full),
            ("stun:192.0.2.3", "192.0.2.3", Vote::Witness),
            ("stun:tcp://stun.example.net:3479", "stun.example.net", Vote::Witness),
            ("stun:tls://stun.example.net", "stun.example.net", Vote::Full),
        ] {
            let source = parse(text).expect(text);
            assert_eq!((source.id.as_str(), source.operator.as_str(), source.vote), (text, operator, vote));
        }
        assert_eq!(
            says("stun:"),
            "stun: expected a server such as dns.example.net, 192.0.2.1:5353 or [2001:db8::1]:853"
        );
        assert_eq!(says("stun:quic://a"), "stun is written stun:HOST, stun:tcp://HOST or stun:tls://HOST");
    }

    #[test]
    fn ur_6_a_name_server_of_a_built_in_operator_has_no_vote_of_its_own() {
        assert_eq!(read("dns:tls://1.1.1.1/whoami.cloudflare/TXT/CH").1, "cloudflare");
        assert_eq!(read("dns:tls://1.1.1.1#example.net/whoami.cloudflare/TXT/CH").1, "cloudflare");
        assert_eq!(read("dns:https://one.one.one.one/dns-query?name=a").1, "cloudflare");
        assert_eq!(read("stun:tls://stun.cloudflare.com").1, "cloudflare");
    }

    #[test]
    fn a_named_built_in_is_limited_by_no_group() {
        assert!(Source::parse_spec("cloudflare").expect("a source").groups.is_empty());
    }

    #[test]
    fn slips_get_a_suggestion() {
        assert_eq!(says("ipfy"), "there is no source `ipfy`; did you mean `ipify`?");
        assert_eq!(says("Cloudflare"), "there is no source `Cloudflare`; did you mean `cloudflare`?");
        assert_eq!(says("ur:https://example.com"), "there is no source `ur:`; did you mean `url:`?");
        assert_eq!(
            says("whatever"),
            "there is no source `whatever`; a source is one of the table (`dynflare sources`), or begins with \
             url:, static:, file:, command:, dns:, stun:, echo:, tunnel:, interface, router"
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_the_way_to_write_it() {
        for (text, expected) in [
            ("https://ip.example.com", "a URL as a source is written with `url:` before it"),
            ("192.0.2.1", "an address as a source is written `static:192.0.2.1`"),
            ("2001:db8::1", "an address as a source is written `static:2001:db8::1`"),
            ("url:ftp://ip.example.com", "expected a URL that starts with https:// or http://"),
            ("url:https://u:p@ip.example.com", "a URL must not hold a user name or password"),
            ("url:https://ip.example.com#ip", "what follows `#` must be a JSON pointer such as #/ip"),
            ("url:https://ip.example.com#/a~2", "what follows `#` must be a JSON pointer such as #/ip"),
            ("static:", "`` is not an address"),
            ("static:192.0.2.1,down", "`down` is not an address"),
            ("static:192.0.2.1,192.0.2.2", "static takes one IPv4 address, not two"),
            ("file:address", "file needs a path from the root, such as file:/run/address"),
            ("command:  ", "command needs a program, such as command:/usr/local/bin/address"),
        ] {
            assert_eq!(says(text), expected, "{text}");
        }
    }

    #[test]
    fn a_pointer_in_a_fragment_is_decoded_once() {
        assert_eq!(pointer("/a%20b/c~1d").as_deref(), Some("/a b/c~1d"));
        assert_eq!(pointer("/%2525").as_deref(), Some("/%25"));
        assert_eq!(pointer(""), None);
        assert_eq!(pointer("/%4"), None);
    }
}

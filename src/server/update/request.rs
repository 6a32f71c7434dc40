//! What a request asks for, read from its query and its form, in the spellings of real clients.
//!
//! The words: "Perform Update" of the Dyn Remote Access API (<https://help.dyn.com/perform-update/>) and, for the
//! second address family, what `FritzBox`, inadyn, `OpenWrt` and the services they know call it. Wishes that real
//! services have dropped (`wildcard`, `mx`, `backmx`, `system`, `url`) are ignored, as is every key not known here.

use crate::idn;
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most names of one request ("numhost: Too many hosts (more than 20) specified").
pub const MOST_NAMES: usize = 20;

/// The most characters of a client's own text that are repeated to it.
const REPEATED: usize = 48;

/// A request, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The names, in their order.
    pub names: Vec<String>,
    /// The addresses under keys that say no family.
    any: Vec<String>,
    /// Those under keys of IPv4.
    v4: Vec<String>,
    /// Those under keys of IPv6.
    v6: Vec<String>,
    offline: Option<Offline>,
    /// Who asks, where the request says so itself.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<Secret>,
    /// Or with which token.
    pub token: Option<Secret>,
}

/// Which families are taken offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offline {
    Both,
    Only(Family),
    Unclear,
}

/// What is asked for each of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// These addresses; a family that is not there stays as it is. At least one is.
    Addresses(Option<Ipv4Addr>, Option<Ipv6Addr>),
    /// No addresses of these families any more.
    Offline(&'static [Family]),
    /// The address of whoever asks.
    Sender,
}

/// Why nobody can tell what is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// This is no address, or not of the family that its key says.
    NoAddress(String),
    /// There are two of a family.
    Two(IpAddr, IpAddr),
    /// `offline` says neither yes nor no.
    Offline,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(text) => write!(f, "{text} is no address that can stand there"),
            Self::Two(one, other) => write!(f, "{one} and {other} cannot both be set"),
            Self::Offline => f.write_str("offline is YES or NO"),
        }
    }
}

impl Form {
    /// Reads a query and a posted form (`application/x-www-form-urlencoded`); what both say counts together.
    pub fn read(query: Option<&str>, body: &[u8]) -> Self {
        let mut form = Self::default();
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        for (key, value) in pairs.chain(form_urlencoded::parse(body)) {
            let listed = || value.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned);
            match key.to_ascii_lowercase().as_str() {
                "hostname" | "hostnames" | "host" | "domain" => form.names.extend(listed()),
                "myip" | "ip" | "ipaddr" | "address" => form.any.extend(listed()),
                "myipv4" | "myip4" | "ipv4" | "ip4" => form.v4.extend(listed()),
                "myipv6" | "myip6" | "ipv6" | "ip6" | "ip6addr" => form.v6.extend(listed()),
                "offline" => form.offline = offline(value.trim()),
                "username" | "user" => form.user = Some(value.into_owned()),
                "password" | "pass" | "passwd" => form.password = Some(Secret::new(value)),
                "token" => form.token = Some(Secret::new(value)),
                _ => {}
            }
        }
        form
    }

    /// What is asked. An address that was not given, or as nothing, is the sender's; but where one family was given,
    /// the other is nobody's guess.
    pub fn asking(&self) -> Result<Asking, Unclear> {
        match self.offline {
            Some(Offline::Both) => return Ok(Asking::Offline(&Family::BOTH)),
            Some(Offline::Only(Family::V4)) => return Ok(Asking::Offline(&[Family::V4])),
            Some(Offline::Only(Family::V6)) => return Ok(Asking::Offline(&[Family::V6])),
            Some(Offline::Unclear) => return Err(Unclear::Offline),
            None => {}
        }
        let (mut v4, mut v6) = (None, None);
        for (texts, only) in [(&self.any, None), (&self.v4, Some(Family::V4)), (&self.v6, Some(Family::V6))] {
            for text in texts {
                let address = text.parse::<IpAddr>().ok();
                let fits = |address: &IpAddr| only.is_none_or(|only| only == Family::of(*address));
                match address.filter(fits).ok_or_else(|| Unclear::NoAddress(repeated(text)))? {
                    IpAddr::V4(address) => once(&mut v4, address)?,
                    IpAddr::V6(address) => once(&mut v6, address)?,
                }
            }
        }
        Ok(if v4.is_none() && v6.is_none() { Asking::Sender } else { Asking::Addresses(v4, v6) })
    }
}

fn once<A: Copy + PartialEq + Into<IpAddr>>(slot: &mut Option<A>, address: A) -> Result<(), Unclear> {
    match slot.replace(address) {
        Some(before) if before != address => Err(Unclear::Two(before.into(), address.into())),
        Some(_) | None => Ok(()),
    }
}

fn offline(word: &str) -> Option<Offline> {
    match word.to_ascii_lowercase().as_str() {
        // NOCHG is what clients send that leave all the old wishes alone.
        "" | "no" | "nochg" | "0" | "false" | "off" => None,
        "yes" | "1" | "true" | "on" => Some(Offline::Both),
        "ipv4" => Some(Offline::Only(Family::V4)),
        "ipv6" => Some(Offline::Only(Family::V6)),
        _ => Some(Offline::Unclear),
    }
}

/// A client's own text, fit to be shown to it: letters, digits and what addresses are made of.
fn repeated(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".:-_%/[]".contains(c) { c } else { '?' };
    text.chars().take(REPEATED).map(plain).collect()
}

/// The name that a client means: of any script and case, with or without a dot at its end, of at least two labels.
pub fn name(text: &str) -> Option<Name> {
    let name = Name::parse(&idn::to_ascii(text)?).ok()?;
    let complete = name.labels().nth(1).is_some();
    complete.then_some(name)
}

/// What must hold of every request, whatever its octets. For `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(octets: &[u8]) {
    let (query, body) =
        octets.split_at(octets.iter().position(|octet| *octet == b'\n').unwrap_or(octets.len()));
    let form = Form::read(std::str::from_utf8(query).ok(), body);
    assert!(form.names.len() <= octets.len(), "more names came out than went in");
    for text in &form.names {
        if let Some(read) = name(text) {
            assert_eq!(name(read.as_str()), Some(read.clone()), "a name reads back as itself");
        }
    }
    match form.asking() {
        Ok(Asking::Addresses(v4, v6)) => assert!(v4.is_some() || v6.is_some(), "something is asked"),
        Ok(Asking::Offline(families)) => assert!(!families.is_empty(), "something is asked"),
        Ok(Asking::Sender) => {}
        Err(unclear) => {
            let text = unclear.to_string();
            assert!(text.len() < 200 && !text.contains(['\r', '\n', '<']), "it can be shown: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(query: &str) -> Result<Asking, Unclear> {
        Form::read(Some(query), b"").asking()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where an option is wanted")]
    fn v4(text: &str) -> Option<Ipv4Addr> {
        Some(text.parse().expect("an address"))
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where an option is wanted")]
    fn v6(text: &str) -> Option<Ipv6Addr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn addresses_are_read_in_every_spelling_that_clients_have() {
        for (query, expected) in [
            ("myip=203.0.113.7", Asking::Addresses(v4("203.0.113.7"), None)),
            ("myip=2001:db8::7", Asking::Addresses(None, v6("2001:db8::7"))),
            ("myip=203.0.113.7,2001:db8::7", Asking::Addresses(v4("203.0.113.7"), v6("2001:db8::7"))),
            (
                "myip=2001%3Adb8%3A%3A7%2C+203.0.113.7",
                Asking::Addresses(v4("203.0.113.7"), v6("2001:db8::7")),
            ),
            ("myip=203.0.113.7&myip6=2001:db8::7", Asking::Addresses(v4("203.0.113.7"), v6("2001:db8::7"))),
            ("myip=203.0.113.7&myipv6=2001:db8::7", Asking::Addresses(v4("203.0.113.7"), v6("2001:db8::7"))),
            ("ip=203.0.113.7&ip6=2001:db8::7", Asking::Addresses(v4("203.0.113.7"), v6("2001:db8::7"))),
            ("MyIP=203.0.113.7&myip=203.0.113.7", Asking::Addresses(v4("203.0.113.7"), None)),
            // A router behind DS-Lite has nothing to fill the first placeholder with.
            ("myip=&myip6=2001:db8::7", Asking::Addresses(None, v6("2001:db8::7"))),
            ("myip=203.0.113.7,&myip6=", Asking::Addresses(v4("203.0.113.7"), None)),
            ("myip=", Asking::Sender),
            ("hostname=home.example.org", Asking::Sender),
            ("offline=YES&myip=203.0.113.7", Asking::Offline(&Family::BOTH)),
            ("offline=ipv6", Asking::Offline(&[Family::V6])),
            ("offline=NOCHG&wildcard=ON&mx=a.example.org&backmx=YES", Asking::Sender),
        ] {
            assert_eq!(asking(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn what_is_no_address_is_never_taken_for_one_and_never_replaced_by_the_senders() {
        for query in [
            "myip=<ipaddr>",
            "myip=home.example.org",
            "myip=203.0.113.07",
            "myip=203.0.113",
            "myip=203.0.113.7/24",
            "myip=fe80::1%25eth0",
            "myip=[2001:db8::1]",
            "myip4=2001:db8::7",
            "myip6=203.0.113.7",
            "myip=203.0.113.7,x",
        ] {
            assert!(matches!(asking(query), Err(Unclear::NoAddress(_))), "{query}");
        }
        assert!(matches!(asking("myip=203.0.113.7,203.0.113.8"), Err(Unclear::Two(_, _))));
        assert!(matches!(asking("myip=203.0.113.7&ipv4=203.0.113.8"), Err(Unclear::Two(_, _))));
        assert_eq!(asking("offline=perhaps"), Err(Unclear::Offline));
        let shown = asking("myip=%3Cscript%3E%0d%0agood").expect_err("no address").to_string();
        assert_eq!(shown, "?script???good is no address that can stand there");
    }

    #[test]
    fn names_are_lists_in_any_script_and_case() {
        let form =
            Form::read(Some("hostname=a.example.org,,%20b.example.org&hostname=c.example.org"), b"host=d");
        assert_eq!(form.names, ["a.example.org", "b.example.org", "c.example.org", "d"]);
        let read = |text| name(text).map(|name| name.to_string());
        assert_eq!(read("HOME.Example.ORG.").as_deref(), Some("home.example.org"));
        assert_eq!(read("bücher.example.org").as_deref(), Some("xn--bcher-kva.example.org"));
        assert_eq!(read("*.home.example.org").as_deref(), Some("*.home.example.org"));
        for bad in
            ["home", "home.", "a..example.org", "<domain>", "a b.example.org", "\u{fffd}.example.org", ""]
        {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_posted_form_says_the_same_and_secrets_are_read_from_where_clients_put_them() {
        let form = Form::read(None, b"hostname=a.example.org&myip=203.0.113.7&username=u&password=p%26q");
        assert_eq!(form.asking(), Ok(Asking::Addresses(v4("203.0.113.7"), None)));
        assert_eq!(form.user.as_deref(), Some("u"));
        assert_eq!(form.password.as_ref().map(Secret::expose), Some("p&q"));
        assert!(!format!("{form:?}").contains("p&q"));
    }
}

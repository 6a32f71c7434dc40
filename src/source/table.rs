//! The built-in sources: who runs them, what they answer, and who among them is not independent of whom.
//!
//! Gathered in 2026-11 from the services' own pages and from what other clients have used for years; not from tests
//! against the live services. A row goes in with a party that can be named, TLS, and one address as its answer.

mod rows;

pub use rows::SOURCES;

use super::dns::Dns;
use super::http::{Form, Http};
use super::spec::vote_of;
use super::stun::Stun;
use super::{Engine, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::Rules;
use std::sync::Arc;

/// One built-in source.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// What users and reports call it.
    pub id: &'static str,
    /// The party that votes; rows of one operator have one vote together, the first of them is asked first.
    pub operator: &'static str,
    /// Who that is.
    pub owner: &'static str,
    /// Where the operator is at home (ISO 3166-1), where that is known.
    pub country: Option<&'static str>,
    /// Which other operators it is correlated with.
    pub groups: &'static [Group],
    /// What is asked over IPv4: a URL, or what follows `dns:` or `stun:` in a source that a user writes.
    pub v4: Option<&'static str>,
    /// The same over IPv6.
    pub v6: Option<&'static str>,
    /// How it is asked, and where in the answer the address is.
    pub kind: Kind,
    /// The operator's privacy page, where one was found.
    pub privacy: Option<&'static str>,
    /// Limits and quirks that a user should know.
    pub note: &'static str,
    /// Whether it is asked unless the user says otherwise.
    pub pooled: bool,
}

/// How a built-in source is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A web service; the address is in this place of its body.
    Web(Form),
    /// A name server with a "who am I" name.
    Dns,
    /// A STUN server, the same for both families.
    Stun,
}

/// Operators that one event could make wrong, or silent, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Answers that pass through Cloudflare.
    BehindCloudflare,
    /// At home in Germany.
    Germany,
    /// Machines that stand at Hetzner.
    AtHetzner,
    /// In the rule lists of proxy clients, which send them all through one tunnel.
    OftenTunnelled,
    /// At home in the United States.
    UnitedStates,
}

impl Group {
    /// All groups, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::BehindCloudflare, Self::Germany, Self::AtHetzner, Self::OftenTunnelled, Self::UnitedStates];

    /// How many of its members may sit on one panel: one where they share machines, else too few for a quorum.
    pub fn limit(self, rules: &Rules) -> usize {
        match self {
            Self::BehindCloudflare | Self::AtHetzner => 1,
            Self::Germany | Self::OftenTunnelled | Self::UnitedStates => (rules.quorum() - 1).max(1),
        }
    }

    /// Its number in [`Self::ALL`].
    pub fn number(self) -> usize {
        self as usize
    }
}

impl SourceRow {
    /// The source, in its groups.
    pub fn source(&self) -> Source {
        let known = "invariant: a test reads every row of the table";
        let (engine, authenticated): (Arc<dyn Engine>, bool) = match &self.kind {
            Kind::Web(form) => (Arc::new(Http::new(self.v4, self.v6, form.clone()).expect(known)), true),
            Kind::Dns => {
                let dns = Dns::new(self.v4, self.v6).expect(known);
                let authenticated = dns.is_authenticated();
                (Arc::new(dns), authenticated)
            }
            Kind::Stun => {
                let stun = Stun::parse(self.v4.unwrap_or_default()).expect(known);
                let authenticated = stun.is_authenticated();
                (Arc::new(stun), authenticated)
            }
        };
        Source {
            id: self.id.to_owned(),
            operator: self.operator.to_owned(),
            vote: vote_of(authenticated),
            groups: self.groups,
            turns: super::turn::Turns::default(),
            engine,
        }
    }

    /// The families it answers over.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        let v4 = self.v4.map(|_| Family::V4);
        v4.into_iter().chain(self.v6.map(|_| Family::V6))
    }

    /// The row of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        SOURCES.binary_search_by_key(&id, |row| row.id).ok().and_then(|place| SOURCES.get(place))
    }
}

/// Who runs a host, where it belongs to an operator of the table: a URL of the user's has no vote of its own then.
pub fn operator_of(host: &str) -> Option<&'static str> {
    let inside =
        |zone: &str| host.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    KIN.iter().find(|(zone, _)| inside(zone)).map(|(_, operator)| *operator)
}

/// Zones and addresses of the operators below, theirs under other names included; not the zones in which they sell
/// names to others.
const KIN: &[(&str, &str)] = &[
    ("1.0.0.1", "cloudflare"),
    ("1.1.1.1", "cloudflare"),
    ("2001:4860:4802:32::a", "google"),
    ("208.67.220.220", "opendns"),
    ("208.67.222.222", "opendns"),
    ("216.239.32.10", "google"),
    ("2606:4700:4700::1001", "cloudflare"),
    ("2606:4700:4700::1111", "cloudflare"),
    ("2620:119:35::35", "opendns"),
    ("2620:119:53::53", "opendns"),
    ("8.8.4.4", "google"),
    ("8.8.8.8", "google"),
    ("akamai.com", "akamai"),
    ("akamaitech.net", "akamai"),
    ("am.i.mullvad.net", "mullvad"),
    ("checkip.amazonaws.com", "amazon"),
    ("checkip.dedyn.io", "desec"),
    ("checkip.dynu.com", "dynu"),
    ("checkip.global.api.aws", "amazon"),
    ("checkipv4.dedyn.io", "desec"),
    ("checkipv6.dedyn.io", "desec"),
    ("checkipv6.dynu.com", "dynu"),
    ("cloudflare-dns.com", "cloudflare"),
    ("cloudflare.com", "cloudflare"),
    ("cloudflareclient.com", "cloudflare"),
    ("dns.google", "google"),
    ("dnsomatic.com", "opendns"),
    ("icanhazip.com", "cloudflare"),
    ("ident.me", "ident.me"),
    ("ip.hetzner.com", "hetzner"),
    ("ipify.org", "ipify"),
    ("ipinfo.io", "ipinfo"),
    ("ipv4.nsupdate.info", "nsupdate.info"),
    ("ipv6.nsupdate.info", "nsupdate.info"),
    ("l.google.com", "google"),
    ("myip.com", "myip.com"),
    ("one.one.one.one", "cloudflare"),
    ("opendns.com", "opendns"),
    ("stat.ripe.net", "ripe-ncc"),
    ("stun.nextcloud.com", "nextcloud"),
    ("tnedi.me", "ident.me"),
    ("www.nsupdate.info", "nsupdate.info"),
];

#[cfg(test)]
mod tests;

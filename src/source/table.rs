//! The built-in sources: who runs them, what they answer, and who among them is not independent of whom.
//!
//! Gathered in 2026-11 from the services' own pages and from what other clients have used for years; not from tests
//! against the live services. A row goes in with a party that can be named, TLS, and one address as its answer.

use super::Source;
use super::http::{Form, Http};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Rules, Vote};
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
    /// What is asked over IPv4.
    pub v4: Option<&'static str>,
    /// What is asked over IPv6.
    pub v6: Option<&'static str>,
    /// Where in the answer the address is.
    pub form: Form,
    /// The operator's privacy page, where one was found.
    pub privacy: Option<&'static str>,
    /// Limits and quirks that a user should know.
    pub note: &'static str,
    /// Whether it is asked unless the user says otherwise.
    pub pooled: bool,
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
        let http = Http::new(self.v4, self.v6, self.form.clone());
        Source {
            id: self.id.to_owned(),
            operator: self.operator.to_owned(),
            vote: Vote::Full,
            groups: self.groups,
            engine: Arc::new(http.expect("invariant: a test reads every URL of the table")),
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
    ("2606:4700:4700::1001", "cloudflare"),
    ("2606:4700:4700::1111", "cloudflare"),
    ("akamai.com", "akamai"),
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
    ("icanhazip.com", "cloudflare"),
    ("ident.me", "ident.me"),
    ("ip.hetzner.com", "hetzner"),
    ("ipify.org", "ipify"),
    ("ipinfo.io", "ipinfo"),
    ("ipv4.nsupdate.info", "nsupdate.info"),
    ("ipv6.nsupdate.info", "nsupdate.info"),
    ("myip.com", "myip.com"),
    ("one.one.one.one", "cloudflare"),
    ("stat.ripe.net", "ripe-ncc"),
    ("tnedi.me", "ident.me"),
    ("www.nsupdate.info", "nsupdate.info"),
];

const CLOUDFLARE_PRIVACY: Option<&str> = Some("https://www.cloudflare.com/privacypolicy/");

/// The table, sorted by id.
pub const SOURCES: &[SourceRow] = &[
    SourceRow {
        id: "akamai",
        operator: "akamai",
        owner: "Akamai Technologies, Inc.",
        country: Some("US"),
        groups: &[Group::OftenTunnelled, Group::UnitedStates],
        v4: Some("https://ipv4.whatismyip.akamai.com/"),
        v6: Some("https://ipv6.whatismyip.akamai.com/"),
        form: Form::Text,
        privacy: Some("https://www.akamai.com/legal/privacy-statement"),
        note: "no limit published",
        pooled: true,
    },
    SourceRow {
        id: "amazon",
        operator: "amazon",
        owner: "Amazon Web Services, Inc.",
        country: Some("US"),
        groups: &[Group::OftenTunnelled, Group::UnitedStates],
        v4: Some("https://checkip.global.api.aws/"),
        v6: Some("https://checkip.global.api.aws/"),
        form: Form::Text,
        privacy: Some("https://aws.amazon.com/privacy/"),
        note: "no limit published",
        pooled: true,
    },
    SourceRow {
        id: "amazon-checkip",
        operator: "amazon",
        owner: "Amazon Web Services, Inc.",
        country: Some("US"),
        groups: &[Group::OftenTunnelled, Group::UnitedStates],
        v4: Some("https://checkip.amazonaws.com/"),
        v6: None,
        form: Form::Text,
        privacy: Some("https://aws.amazon.com/privacy/"),
        note: "IPv4 only; no limit published",
        pooled: true,
    },
    SourceRow {
        id: "cloudflare",
        operator: "cloudflare",
        owner: "Cloudflare, Inc.",
        country: Some("US"),
        groups: &[Group::BehindCloudflare, Group::UnitedStates],
        v4: Some("https://api.cloudflare.com/cdn-cgi/trace"),
        v6: Some("https://api.cloudflare.com/cdn-cgi/trace"),
        form: Form::Trace,
        privacy: CLOUDFLARE_PRIVACY,
        note: "no limit published; refused while WARP is on",
        pooled: true,
    },
    SourceRow {
        id: "cloudflare-client",
        operator: "cloudflare",
        owner: "Cloudflare, Inc.",
        country: Some("US"),
        groups: &[Group::BehindCloudflare, Group::UnitedStates],
        v4: Some("https://connectivity.cloudflareclient.com/cdn-cgi/trace"),
        v6: Some("https://connectivity.cloudflareclient.com/cdn-cgi/trace"),
        form: Form::Trace,
        privacy: CLOUDFLARE_PRIVACY,
        note: "as cloudflare, under another name",
        pooled: true,
    },
    SourceRow {
        id: "cloudflare-www",
        operator: "cloudflare",
        owner: "Cloudflare, Inc.",
        country: Some("US"),
        groups: &[Group::BehindCloudflare, Group::UnitedStates],
        v4: Some("https://www.cloudflare.com/cdn-cgi/trace"),
        v6: Some("https://www.cloudflare.com/cdn-cgi/trace"),
        form: Form::Trace,
        privacy: CLOUDFLARE_PRIVACY,
        note: "as cloudflare, under another name",
        pooled: true,
    },
    SourceRow {
        id: "desec",
        operator: "desec",
        owner: "deSEC e.V.",
        country: Some("DE"),
        groups: &[Group::Germany],
        v4: Some("https://checkipv4.dedyn.io/"),
        v6: Some("https://checkipv6.dedyn.io/"),
        form: Form::Text,
        privacy: Some("https://desec.io/privacy-policy"),
        note: "at most 3 questions a minute from one address",
        pooled: true,
    },
    SourceRow {
        id: "dynu",
        operator: "dynu",
        owner: "Dynu Systems, Inc.",
        country: Some("US"),
        groups: &[Group::UnitedStates],
        v4: Some("https://checkip.dynu.com/"),
        v6: Some("https://checkipv6.dynu.com/"),
        form: Form::After("Current IP Address:"),
        privacy: None,
        note: "no limit published",
        pooled: true,
    },
    SourceRow {
        id: "hetzner",
        operator: "hetzner",
        owner: "Hetzner Online GmbH",
        country: Some("DE"),
        groups: &[Group::AtHetzner, Group::Germany, Group::OftenTunnelled],
        v4: Some("https://ip.hetzner.com/"),
        v6: Some("https://ip.hetzner.com/"),
        form: Form::Text,
        privacy: Some("https://www.hetzner.com/legal/privacy-policy"),
        note: "no limit published",
        pooled: true,
    },
    SourceRow {
        id: "icanhazip",
        operator: "cloudflare",
        owner: "Cloudflare, Inc.",
        country: Some("US"),
        groups: &[Group::BehindCloudflare, Group::UnitedStates],
        v4: Some("https://ipv4.icanhazip.com/"),
        v6: Some("https://ipv6.icanhazip.com/"),
        form: Form::Text,
        privacy: CLOUDFLARE_PRIVACY,
        note: "run by Cloudflare since 2021: no vote beside cloudflare",
        pooled: false,
    },
    SourceRow {
        id: "ident.me",
        operator: "ident.me",
        owner: "Pierre Carrier",
        country: Some("FR"),
        groups: &[Group::OftenTunnelled],
        v4: Some("https://4.ident.me/"),
        v6: Some("https://6.ident.me/"),
        form: Form::Text,
        privacy: Some("https://api.ident.me"),
        note: "any use is welcome",
        pooled: true,
    },
    SourceRow {
        id: "ipify",
        operator: "ipify",
        owner: "ipify.org",
        country: Some("US"),
        groups: &[Group::BehindCloudflare, Group::UnitedStates],
        v4: Some("https://api.ipify.org/"),
        v6: Some("https://api6.ipify.org/"),
        form: Form::Text,
        privacy: Some("https://www.ipify.org"),
        note: "no limit, says its page",
        pooled: true,
    },
    SourceRow {
        id: "ipinfo",
        operator: "ipinfo",
        owner: "IPinfo",
        country: Some("US"),
        groups: &[Group::OftenTunnelled, Group::UnitedStates],
        v4: Some("https://ipinfo.io/ip"),
        v6: Some("https://v6.ipinfo.io/ip"),
        form: Form::Text,
        privacy: Some("https://ipinfo.io/privacy-policy"),
        note: "at most 1000 questions a day from one address; sells data about addresses",
        pooled: true,
    },
    SourceRow {
        id: "mullvad",
        operator: "mullvad",
        owner: "Mullvad VPN AB",
        country: Some("SE"),
        groups: &[],
        v4: Some("https://ipv4.am.i.mullvad.net/json"),
        v6: Some("https://ipv6.am.i.mullvad.net/json"),
        form: Form::JsonUnless("/ip", "/mullvad_exit_ip"),
        privacy: Some("https://mullvad.net/en/help/privacy-policy"),
        note: "no limit published; refused while its VPN is on",
        pooled: true,
    },
    SourceRow {
        id: "myip.com",
        operator: "myip.com",
        owner: "myip.com",
        country: None,
        groups: &[Group::BehindCloudflare],
        v4: Some("https://api.myip.com/"),
        v6: None,
        form: Form::Json(std::borrow::Cow::Borrowed("/ip")),
        privacy: None,
        note: "no limit, says its page; asked over IPv4 only",
        pooled: true,
    },
    SourceRow {
        id: "nsupdate.info",
        operator: "nsupdate.info",
        owner: "Thomas Waldmann and helpers",
        country: Some("DE"),
        groups: &[Group::AtHetzner, Group::Germany],
        v4: Some("https://ipv4.nsupdate.info/myip"),
        v6: Some("https://ipv6.nsupdate.info/myip"),
        form: Form::Text,
        privacy: None,
        note: "no limit published; a small service",
        pooled: true,
    },
    SourceRow {
        id: "ripe-ncc",
        operator: "ripe-ncc",
        owner: "RIPE NCC",
        country: Some("NL"),
        groups: &[],
        v4: Some("https://stat.ripe.net/data/whats-my-ip/data.json?sourceapp=dynflare"),
        v6: None,
        form: Form::Json(std::borrow::Cow::Borrowed("/data/ip")),
        privacy: Some("https://www.ripe.net/about-us/legal/ripe-ncc-privacy-statement/"),
        note: "asked over IPv4 only",
        pooled: true,
    },
    SourceRow {
        id: "tnedi.me",
        operator: "ident.me",
        owner: "Pierre Carrier",
        country: Some("FR"),
        groups: &[Group::OftenTunnelled],
        v4: Some("https://4.tnedi.me/"),
        v6: Some("https://6.tnedi.me/"),
        form: Form::Text,
        privacy: Some("https://api.ident.me"),
        note: "the mirror of ident.me",
        pooled: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn hosts(row: &SourceRow) -> Vec<String> {
        let http = Http::new(row.v4, row.v6, row.form.clone()).expect("every URL can be read");
        http.hosts().map(str::to_owned).collect()
    }

    #[test]
    fn rows_and_kin_are_sorted_and_unique() {
        assert!(SOURCES.is_sorted_by(|a, b| a.id < b.id));
        assert!(KIN.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SOURCES.iter().all(|row| SourceRow::named(row.id).is_some_and(|found| found.id == row.id)));
    }

    #[test]
    fn every_url_is_https_and_every_row_answers_over_some_family() {
        for row in SOURCES {
            assert!(row.families().count() > 0, "{}", row.id);
            for url in [row.v4, row.v6].into_iter().flatten() {
                assert!(url.starts_with("https://"), "{url}");
            }
            assert!(row.privacy.is_none_or(|page| page.starts_with("https://")));
            assert!(!row.note.is_empty());
        }
    }

    #[test]
    fn the_pool_has_operators_enough_over_both_families() {
        let operators = |family: Family| {
            let rows = SOURCES.iter().filter(|row| row.pooled && row.families().any(|f| f == family));
            rows.map(|row| row.operator).collect::<BTreeSet<_>>().len()
        };
        assert!(operators(Family::V4) >= 8, "{}", operators(Family::V4));
        assert!(operators(Family::V6) >= 5, "{}", operators(Family::V6));
    }

    #[test]
    fn no_two_operators_share_a_hostname_and_each_is_known_by_its_own() {
        let mut owners: BTreeMap<String, &str> = BTreeMap::new();
        for row in SOURCES {
            for host in hosts(row) {
                assert_eq!(operator_of(&host), Some(row.operator), "{host}");
                assert_eq!(*owners.entry(host).or_insert(row.operator), row.operator, "{}", row.id);
            }
        }
        assert_eq!(operator_of("ipify.org.example.com"), None);
        assert_eq!(operator_of("notipify.org"), None);
    }

    #[test]
    fn rows_of_one_operator_agree_on_who_it_is() {
        for row in SOURCES {
            let first = SOURCES.iter().find(|other| other.operator == row.operator).expect("itself at least");
            assert_eq!((row.owner, row.country, row.groups), (first.owner, first.country, first.groups));
        }
    }

    #[test]
    fn a_country_with_several_operators_is_a_group() {
        let mut of_country: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in SOURCES {
            of_country.entry(row.country.unwrap_or("")).or_default().insert(row.operator);
            assert_eq!(row.country == Some("US"), row.groups.contains(&Group::UnitedStates), "{}", row.id);
            assert_eq!(row.country == Some("DE"), row.groups.contains(&Group::Germany), "{}", row.id);
        }
        for (country, operators) in of_country {
            assert!(operators.len() == 1 || ["US", "DE"].contains(&country), "{country}");
        }
    }

    #[test]
    fn groups_are_numbered_in_their_order() {
        assert!(Group::ALL.iter().enumerate().all(|(number, group)| group.number() == number));
    }
}

//! Who learns this machine's address when a source is asked, for users who want nobody to who does not know it anyway.

use super::table::SOURCES;
use super::{Source, SourceRow, router};

/// What users write as the `operator` of a source that they run themselves.
pub const ONESELF: &str = "self";

/// Providers of records that run sources too, and the operator of these: whoever answers for a name learns the address
/// with the record. Sorted.
pub const KIN: &[(&str, &str)] = &[("cloudflare", "cloudflare")];

/// The kinds that stay with the user: this machine, its router, servers and tunnels of the user's own. Sorted.
///
/// A tunnel's edge knows who opened it; what a program does is its user's business.
const OWN_KINDS: &[&str] =
    &["command", "echo", "file", "interface", "nat-pmp", "pcp", "router", "static", "tunnel", "upnp"];

/// The operator of a provider's own sources, where it has any.
pub fn operator_of_provider(provider: &str) -> Option<&'static str> {
    KIN.iter().find(|(known, _)| *known == provider).map(|(_, operator)| *operator)
}

impl Source {
    /// Whether asking it tells nobody the address but the user's own machines and these operators.
    pub fn stays_among(&self, operators: &[&str]) -> bool {
        self.is_own() || operators.contains(&self.operator.as_str())
    }

    /// Whether it is the user's own, or asks nobody at all.
    pub fn is_own(&self) -> bool {
        self.operator == ONESELF || OWN_KINDS.contains(&self.kind())
    }

    /// Whether it is the word of the home's router.
    pub fn is_router(&self) -> bool {
        self.operator == router::OPERATOR
    }

    /// What is asked where only these operators may learn the address: their sources of the default pool, then the
    /// router, then this machine's interface.
    pub fn private_pool(operators: &[&str]) -> Vec<Self> {
        let theirs = |row: &&SourceRow| row.pooled && operators.contains(&row.operator);
        let own = ["router", "interface"].map(|spec| {
            Self::parse_spec(spec)
                .expect("invariant: a test reads the two words that are sources by themselves")
        });
        SOURCES.iter().filter(theirs).map(SourceRow::source).chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(spec: &str) -> Source {
        Source::parse_spec(spec).expect(spec)
    }

    #[test]
    fn what_the_user_runs_stays_with_the_user_and_every_service_is_somebody_else() {
        assert!(OWN_KINDS.is_sorted() && KIN.is_sorted());
        for spec in [
            "interface:eth0",
            "router",
            "pcp",
            "nat-pmp",
            "upnp",
            "static:192.0.2.1",
            "file:/run/address",
            "command:/bin/address",
            "tunnel:ngrok",
            "echo:https://ip.example.net/",
        ] {
            assert!(source(spec).is_own(), "{spec}");
        }
        assert!(source("url:https://ip.example.net/").run_by(ONESELF).is_own());
        for spec in
            ["url:https://ip.example.net/", "dns:tls://ns.example.net/who.example.net", "stun:192.0.2.3"]
        {
            assert!(!source(spec).is_own(), "{spec}");
        }
        for row in SOURCES {
            assert!(!row.source().is_own(), "{}", row.id);
        }
    }

    #[test]
    fn a_providers_own_sources_come_before_the_router_and_nobody_elses_do() {
        let ids = |operators: &[&str]| {
            Source::private_pool(operators).into_iter().map(|source| source.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[]), ["router", "interface"]);
        let cloudflare = ["cloudflare", "cloudflare-client", "cloudflare-doh", "cloudflare-www"];
        assert_eq!(ids(&["cloudflare"]), [cloudflare.as_slice(), &["router", "interface"]].concat());
        assert!(Source::private_pool(&["cloudflare"]).iter().all(|one| one.stays_among(&["cloudflare"])));
        assert!(KIN.iter().all(|(_, operator)| SOURCES.iter().any(|row| row.operator == *operator)));
    }
}

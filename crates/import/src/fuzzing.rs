//! What holds of whatever a reader makes of any octets, for the targets in `fuzz/`.

use crate::catalogue::{Ability, Catalogue, Field, Need, Provider, Sight, Zone};
use crate::{File, Hints, Placement, Tool, import, mappings};

/// Made once: it is the same for every input.
static CATALOGUE: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();

/// Every provider that a mapping leads to, made from the mappings.
fn catalogue() -> Catalogue {
    let mut providers: Vec<Provider> = Vec::new();
    let rows = mappings().into_iter().map(|row| (row.ours, row.keys));
    for (id, keys) in rows.chain(["get", "http"].map(|id| (id, Vec::new()))) {
        if providers.iter().any(|known| known.id == id) {
            continue;
        }
        let field = |key: &&str| Field {
            key: (*key).to_owned(),
            about: String::new(),
            sight: if matches!(*key, "server" | "username") { Sight::Plain } else { Sight::Secret },
            need: Need::Required,
        };
        providers.push(Provider {
            id: id.to_owned(),
            name: id.to_owned(),
            fields: keys.iter().map(field).collect(),
            can: vec![Ability::Ipv4, Ability::Ipv6, Ability::Wildcard, Ability::Proxied, Ability::Ttl],
            zone: if id.len() % 2 == 0 { Zone::Auto } else { Zone::Written },
            min_ttl: 60,
        });
    }
    Catalogue { providers }
}

/// Reads octets as a file of one of these, and as one that shows itself whose it is.
///
/// # Panics
/// Where the configuration is no TOML, or a line is told that is not there.
pub fn read(octets: &[u8], tools: &[Tool]) {
    let catalogue = CATALOGUE.get_or_init(catalogue);
    for from in tools.iter().copied().map(Some).chain([None]) {
        let file = File { name: "file".to_owned(), bytes: octets.to_vec() };
        let hints = Hints { from, zones: vec!["example.org".to_owned()] };
        let lines = String::from_utf8_lossy(octets).matches(['\n', '\r']).count() + 1;
        match import(&[file], &hints, catalogue) {
            Ok(imported) => {
                for placement in [Placement::Inline, Placement::Files("x/".to_owned())] {
                    let text = imported.configuration(&placement);
                    let read = toml::de::DeTable::parse(&text);
                    assert!(read.is_ok(), "{text}");
                }
                assert!(imported.findings.iter().all(|finding| (1..=lines + 1).contains(&finding.line)));
                assert!(imported.report().is_empty() == imported.findings.is_empty());
            }
            Err((_, mistake)) => {
                assert!(mistake.line.is_none_or(|line| (1..=lines + 1).contains(&line)), "{mistake:?}");
                assert!(!mistake.message.is_empty());
            }
        }
    }
}

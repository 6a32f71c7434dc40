//! How this machine is connected: whether a name with its public address leads to it at all.

use super::quorum::Need;
use super::{Finding, Level, Subject};
use crate::report::nat::{Report, Standing};

/// Whether the router was asked for its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Router {
    /// It was.
    Asked,
    /// It was not; nobody said that it may be.
    NotAsked,
}

/// What is said of one family that a record needs, as far as something is known; one that is not there, and one
/// without an agreed address, are the quorum's to tell.
pub fn judge(report: &Report, need: Need, router: Router) -> Option<Finding> {
    if need == Need::Not {
        return None;
    }
    let level = match report.standing {
        Standing::Public | Standing::BehindNat => Level::Ok,
        Standing::Translated => Level::Note,
        // A name that leads nowhere, or elsewhere, is of no use, though updating it works.
        Standing::DoubleNat | Standing::CarrierGrade | Standing::Detour => Level::Warning,
        Standing::Unseen | Standing::None => return None,
    };
    let finding = Finding::new(level, Subject::Connection, report.to_string());
    let hint = match (report.standing, router) {
        (Standing::Translated, Router::NotAsked) => {
            Some("forward the ports at the router; `dynflare doctor --router` asks it whether that is enough")
        }
        _ => report.advice(),
    };
    Some(Finding { hint: hint.map(str::to_owned), ..finding })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::nat::Sight;
    use dynflare_core::address::Family;

    fn report(router: &str, held: &str, public: &str) -> Report {
        let held = held.parse().ok().map(|address| (address, 24)).into_iter().collect();
        Sight { family: Family::V4, router: router.parse().ok(), held, public: public.parse().ok() }.judge()
    }

    #[test]
    fn what_leads_elsewhere_is_a_warning() {
        let home = "192.168.77.50";
        for (router, held, public, level) in [
            ("", "203.0.113.5", "203.0.113.5", Some(Level::Ok)),
            ("203.0.113.5", home, "203.0.113.5", Some(Level::Ok)),
            ("", home, "203.0.113.5", Some(Level::Note)),
            ("192.168.1.2", home, "203.0.113.5", Some(Level::Warning)),
            ("100.64.9.2", home, "203.0.113.200", Some(Level::Warning)),
            ("", "203.0.113.5", "198.51.100.9", Some(Level::Warning)),
            ("", home, "", None),
            ("", "", "", None),
        ] {
            let report = report(router, held, public);
            let found = judge(&report, Need::IfPresent, Router::NotAsked);
            let lacks = found.as_ref().is_some_and(|one| one.level > Level::Ok && one.hint.is_none());
            assert!(!lacks, "{found:?}");
            assert_eq!(found.map(|one| one.level), level, "{report}");
            assert_eq!(judge(&report, Need::Not, Router::Asked), None);
        }
    }

    #[test]
    fn the_way_to_ask_the_router_is_told_once() {
        let report = report("", "192.168.77.50", "203.0.113.5");
        let hint =
            |router| judge(&report, Need::Required, router).and_then(|one| one.hint).unwrap_or_default();
        assert!(hint(Router::NotAsked).contains("doctor --router"));
        assert!(!hint(Router::Asked).contains("doctor --router"));
    }
}

//! Which of this machine's IPv6 addresses the sources see, and whether it is one that lasts.

use super::{Finding, Level, Subject};
use crate::report::words::and;
use crate::source::interface::choose::{Judged, Loss};
use std::net::{IpAddr, Ipv6Addr};

/// What is said of the addresses of the interface that the default route leads out by, and of the one agreed on.
pub fn judge(judged: &Judged, agreed: Option<IpAddr>) -> Finding {
    let link = &judged.link;
    let of = |level, what: String| Finding::new(level, Subject::Ipv6, what);
    let chosen = judged.chosen.map(|held| held.address);
    let stays = chosen.map(|chosen| format!("; {chosen} stays")).unwrap_or_default();
    let Some(seen) = agreed else {
        return match &judged.chosen {
            Some(held) => of(
                Level::Ok,
                format!(
                    "{} of {link} is the one that lasts (preferred for {}){}",
                    held.address,
                    held.preferred,
                    others(judged)
                ),
            ),
            None => of(Level::Note, format!("{link} has no IPv6 address to publish{}", others(judged)))
                .hint("look whether the router announces a prefix, and whether the provider has IPv6"),
        };
    };
    if let Some(held) = judged.chosen.filter(|held| held.address == seen) {
        let lasts = if held.flags.is_temporary() { "temporary" } else { "stable" };
        let what = format!(
            "the sources see {seen} of {link}: {lasts}, preferred for {}{}",
            held.preferred,
            others(judged)
        );
        return of(Level::Ok, what);
    }
    let lasting = match chosen {
        Some(_) => format!(
            "to publish that one, make the interface the source: `spec = \"interface:{link}\"` with `quorum = 1` (the guide about IPv6)"
        ),
        None => "have the system make a stable address too (RFC 7217)".to_owned(),
    };
    let why = judged.lost.iter().find(|(held, _)| held.address == seen).map(|(_, why)| why);
    match why {
        Some(Loss::Temporary) => {
            let what = format!(
                "the sources see {seen} of {link}, which is temporary and will be replaced before long{stays}"
            );
            of(Level::Note, what).hint(lasting)
        }
        Some(Loss::Deprecated) => {
            let what = format!(
                "the sources see {seen} of {link}, which should not be used any more (deprecated){stays}"
            );
            of(Level::Warning, what).hint(lasting)
        }
        Some(other) => {
            of(Level::Note, format!("the sources see {seen} of {link}: {other}{stays}")).hint(lasting)
        }
        None => {
            let has = chosen.map_or_else(|| others(judged), |chosen| format!("; it has {chosen}"));
            let what = format!("the sources see {seen}, which is not an address of {link}{has}");
            of(Level::Note, what).hint("nothing to do if a tunnel or another machine is meant")
        }
    }
}

/// Why each of the others is not the one; addresses of the link alone go without saying.
fn others(judged: &Judged) -> String {
    let goes_without = |address: IpAddr| matches!(address, IpAddr::V6(v6) if is_link_local(v6));
    let lost = judged.lost.iter().filter(|(held, _)| !goes_without(held.address));
    let others: Vec<String> = lost.map(|(held, why)| format!("{} ({why})", held.address)).collect();
    if others.is_empty() { String::new() } else { format!("; not {}", and(&others)) }
}

fn is_link_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xffc0 == 0xfe80
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::netlink::Snapshot;
    use crate::source::Filters;
    use crate::source::interface::choose::Choice;
    use dynflare_core::address::Family;

    const TEMPORARY: u32 = 0x1;
    const DEPRECATED: u32 = 0x20;

    fn said(addresses: &[(&str, u32, u32)], agreed: &str) -> (Level, String) {
        let filters = Filters { allow: vec!["2001:db8::/32".parse().expect("a prefix")], deny: vec![] };
        let snapshot = Snapshot::sample(addresses);
        let judged = Choice::default().judge(&snapshot, Family::V6, &filters).expect("an interface");
        let finding = judge(&judged, agreed.parse().ok());
        assert_eq!(finding.hint.is_none(), finding.level == Level::Ok, "{finding:?}");
        (finding.level, finding.what)
    }

    #[test]
    fn whether_what_is_seen_lasts_is_told_with_the_address_that_does() {
        let own = ("2001:db8::50/64", 0, 1800);
        let temporary = ("2001:db8::7e57/64", TEMPORARY, 300);
        let old = ("2001:db8:1::50/64", DEPRECATED, 0);
        let local = ("fe80::1/64", 0, 1800);
        for (addresses, agreed, level, what) in [
            (
                vec![local, own, temporary],
                "2001:db8::50",
                Level::Ok,
                "the sources see 2001:db8::50 of lan0: stable, preferred for 1800 s; not 2001:db8::7e57 (temporary)",
            ),
            (
                vec![own, temporary],
                "2001:db8::7e57",
                Level::Note,
                "the sources see 2001:db8::7e57 of lan0, which is temporary and will be replaced before long; 2001:db8::50 stays",
            ),
            (
                vec![temporary],
                "2001:db8::7e57",
                Level::Note,
                "the sources see 2001:db8::7e57 of lan0, which is temporary and will be replaced before long",
            ),
            (
                vec![own, old],
                "2001:db8:1::50",
                Level::Warning,
                "the sources see 2001:db8:1::50 of lan0, which should not be used any more (deprecated); 2001:db8::50 stays",
            ),
            (
                vec![own],
                "2001:db8:2::9",
                Level::Note,
                "the sources see 2001:db8:2::9, which is not an address of lan0; it has 2001:db8::50",
            ),
            (vec![own], "", Level::Ok, "2001:db8::50 of lan0 is the one that lasts (preferred for 1800 s)"),
            (vec![local], "", Level::Note, "lan0 has no IPv6 address to publish"),
        ] {
            assert_eq!(said(&addresses, agreed), (level, what.to_owned()), "{addresses:?} {agreed}");
        }
    }
}

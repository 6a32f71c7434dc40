//! A credential: whether it is good, until when, and whether it may do too little or too much.

use super::{Finding, Level, Subject};
use crate::net::date;
use crate::provider::powers::{Powers, Reach, Validity, ZonePowers};
use crate::report::clean::Cleaner;
use crate::report::words::{and, counted, lasting};
use dynflare_core::fault::Fault;
use dynflare_core::name::Name;
use std::collections::BTreeSet;

/// How long before its end a credential is worth a warning, in seconds: two weeks.
const SOON: u64 = 14 * 86_400;

/// How many zones or permissions a sentence names.
const NAMED: usize = 3;

/// What is known of one account.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What the configuration calls it.
    pub account: &'a str,
    /// What its provider tells about the credential.
    pub powers: Told<'a>,
    /// The zones that its records lie in, as far as they are known.
    pub zones: &'a BTreeSet<Name>,
    /// The time, in seconds since 1970.
    pub now: u64,
}

/// What a provider tells about a credential.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// All of this.
    Powers(&'a Powers),
    /// That it is taken: with it, records were read.
    Taken,
    /// That it is refused.
    Refused(&'a Fault),
    /// Nothing, since nothing can be asked without writing.
    Nothing,
    /// Nothing for now: every question failed for another reason, which is told with the records.
    Unheard,
}

/// What is said of it.
pub fn judge(facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let account = format!("`{}`", facts.account);
    let of = |level, what: &str| Finding::new(level, Subject::Credential, format!("{account}: {what}"));
    match facts.powers {
        Told::Powers(powers) => of_powers(powers, facts, cleaner),
        Told::Taken => {
            vec![of(Level::Ok, "taken for reading; what else it may do, this provider does not tell")]
        }
        Told::Refused(fault) => vec![Finding::of_fault(Subject::Credential, &account, fault, cleaner)],
        Told::Nothing => vec![of(Level::Note, "not tried: this provider answers to updates only")],
        Told::Unheard => vec![of(Level::Note, "not tried: nothing could be asked, see `record`")],
    }
}

fn of_powers(powers: &Powers, facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let Facts { account, zones, now, .. } = facts;
    let noun = powers.noun;
    let said = |level, what: String| Finding::new(level, Subject::Credential, format!("`{account}`: {what}"));
    let validity = match &powers.validity {
        Ok(validity) => validity,
        Err(fault) => {
            return vec![Finding::of_fault(Subject::Credential, &format!("`{account}`"), fault, cleaner)];
        }
    };
    let mut findings = Vec::new();
    let mut good = match validity {
        Validity::Disabled => {
            let finding = said(Level::Error, format!("the {noun} is disabled"));
            return vec![finding.hint(format!("enable it, or make a new one ({})", powers.place))];
        }
        Validity::Expired => {
            return vec![expired(said(Level::Error, format!("the {noun} has expired")), powers)];
        }
        Validity::Good { until: Some(until), .. } if until <= now => {
            let what = format!("the {noun} expired on {}", date::minute(*until));
            return vec![expired(said(Level::Error, what), powers)];
        }
        Validity::Good { from: Some(from), .. } if from > now => {
            let what = format!("the {noun} is not valid before {}", date::minute(*from));
            let finding = said(Level::Error, what);
            return vec![finding.hint(format!("change its start date ({})", powers.place))];
        }
        Validity::Good { until: Some(until), .. } => {
            let left = until - now;
            if left < SOON {
                let what = format!("the {noun} expires in {}, on {}", lasting(left), date::minute(*until));
                findings.push(expired(said(Level::Warning, what), powers));
            }
            format!("the {noun} is good until {}", date::minute(*until))
        }
        Validity::Good { until: None, .. } => format!("the {noun} is good and does not expire"),
        Validity::NotTold => format!("the {noun} is taken"),
    };
    match &powers.zones {
        Ok(seen) => {
            good.push_str("; it sees ");
            good.push_str(&match seen.as_slice() {
                [] => "no zone in the list of zones".to_owned(),
                seen => named(seen.iter().map(|zone| zone.name.to_string())),
            });
            findings.extend(idle(seen, facts, cleaner));
            findings.extend(too_little(powers, seen, facts));
            if powers.reach == Reach::Limited {
                findings.extend(too_much(powers, seen, facts, cleaner));
            }
        }
        Err(fault) => {
            let what = format!("`{account}`: the {noun} is good, but the zones it may see are not known");
            let finding = Finding::of_fault(Subject::Credential, &what, fault, cleaner);
            findings.push(Finding { level: Level::Note, ..finding });
        }
    }
    if powers.reach == Reach::WholeUser {
        let what = format!("the {noun} may do everything that its user may, in every zone and beyond DNS");
        let hint = format!("make a token with Zone.DNS:Edit on {} instead ({})", place(zones), powers.place);
        findings.push(said(Level::Warning, what).hint(hint));
    }
    findings.push(said(Level::Ok, good));
    findings
}

fn expired(finding: Finding, powers: &Powers) -> Finding {
    finding.hint(format!("extend it or make a new one ({})", powers.place))
}

/// Zones of records whose name servers are not the provider's (any more, or yet).
fn idle(seen: &[ZonePowers], facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let serves = |name: &Name| seen.iter().any(|zone| zone.name == *name && zone.idle.is_none());
    let of_zone = |zone: &ZonePowers| {
        let state = cleaner.remote(zone.idle.as_ref().filter(|_| !serves(&zone.name))?);
        let what = format!(
            "the zone {} at {} is `{state}`: what is written there is not served",
            zone.name, facts.account
        );
        let hint = "give the zone's registrar the name servers that the provider shows for it";
        Some(Finding::new(Level::Warning, Subject::Record, what).hint(hint))
    };
    seen.iter().filter(|zone| facts.zones.contains(&zone.name)).filter_map(of_zone).collect()
}

fn too_little(powers: &Powers, seen: &[ZonePowers], facts: &Facts<'_>) -> Option<Finding> {
    let lacking = seen.iter().filter(|zone| facts.zones.contains(&zone.name) && zone.writes == Some(false));
    let lacking: Vec<String> = lacking.map(|zone| zone.name.to_string()).collect();
    if lacking.is_empty() {
        return None;
    }
    let zones = named(lacking.into_iter());
    let what =
        format!("`{}`: the {} may read {zones}, and not edit DNS records there", facts.account, powers.noun);
    let finding = Finding::new(Level::Warning, Subject::Credential, what);
    Some(finding.hint(format!("give it Zone.DNS:Edit on {zones} ({})", powers.place)))
}

fn too_much(powers: &Powers, seen: &[ZonePowers], facts: &Facts<'_>, cleaner: &Cleaner) -> Vec<Finding> {
    let said = |level, what: String| {
        Finding::new(level, Subject::Credential, format!("`{}`: {what}", facts.account))
    };
    let mut findings = Vec::new();
    let beyond: BTreeSet<&String> = seen.iter().flat_map(|zone| &zone.beyond).collect();
    if !beyond.is_empty() {
        let more = named(beyond.into_iter().map(|one| cleaner.remote(one)));
        let what = format!("the {} may do more than edit DNS records: {more}", powers.noun);
        let hint = format!("take from it what is not Zone.DNS:Edit and Zone.Zone:Read ({})", powers.place);
        findings.push(said(Level::Warning, what).hint(hint));
    }
    let names: BTreeSet<&Name> = seen.iter().map(|zone| &zone.name).collect();
    let spare = names.iter().filter(|name| !facts.zones.contains(**name)).count();
    if spare > 0 && !facts.zones.is_empty() {
        let what = format!(
            "the {} sees {}, and the records lie in {}",
            powers.noun,
            counted(names.len(), "zone"),
            place(facts.zones)
        );
        let hint = format!("limit it to {} ({})", place(facts.zones), powers.place);
        findings.push(said(Level::Note, what).hint(hint));
    }
    findings
}

/// The zones of the records in a sentence.
fn place(zones: &BTreeSet<Name>) -> String {
    if zones.is_empty() { "the zone".to_owned() } else { named(zones.iter().map(ToString::to_string)) }
}

/// The first few, and how many more there are.
fn named(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    match all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", all[..NAMED].join(", ")),
        None => and(&all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::fault::Class;

    const NOW: u64 = 1_795_000_000;

    fn zone(name: &str, writes: Option<bool>, beyond: &[&str]) -> ZonePowers {
        let name = Name::parse(name).expect("a name");
        ZonePowers { name, idle: None, writes, beyond: beyond.iter().map(|one| (*one).to_owned()).collect() }
    }

    fn token(validity: Result<Validity, Fault>, zones: Vec<ZonePowers>) -> Powers {
        Powers { noun: "token", reach: Reach::Limited, validity, zones: Ok(zones), place: "the dashboard" }
    }

    fn good(until: Option<u64>) -> Validity {
        Validity::Good { from: None, until }
    }

    fn said(powers: &Powers) -> Vec<(Level, String)> {
        let zones = BTreeSet::from([Name::parse("example.org").expect("a name")]);
        let facts = Facts { account: "cf", powers: Told::Powers(powers), zones: &zones, now: NOW };
        let findings = judge(&facts, &Cleaner::default());
        assert!(findings.iter().all(|one| one.subject == Subject::Credential));
        for one in findings.iter().filter(|one| one.level > Level::Ok) {
            assert!(one.hint.is_some(), "{one:?}");
        }
        findings.into_iter().map(|one| (one.level, one.what)).collect()
    }

    #[test]
    fn each_state_of_a_token_has_its_level_and_sentence() {
        let here = || vec![zone("example.org", Some(true), &[])];
        let denied = Fault::new(Class::Denied, "the token was refused").hint("make a new one");
        let away = Fault::new(Class::Unavailable, "the API is out of order").hint("wait");
        for (powers, level, sentence) in [
            (
                token(Ok(good(None)), here()),
                Level::Ok,
                "`cf`: the token is good and does not expire; it sees example.org",
            ),
            (
                token(Ok(Validity::NotTold), here()),
                Level::Ok,
                "`cf`: the token is taken; it sees example.org",
            ),
            (
                token(Ok(good(Some(NOW + SOON))), here()),
                Level::Ok,
                "`cf`: the token is good until 2026-12-02 11:06 UTC; it sees example.org",
            ),
            (
                token(Ok(good(Some(NOW + 3 * 86_400))), here()),
                Level::Warning,
                "`cf`: the token expires in 3 d, on 2026-11-21 11:06 UTC",
            ),
            (
                token(Ok(good(Some(NOW))), here()),
                Level::Error,
                "`cf`: the token expired on 2026-11-18 11:06 UTC",
            ),
            (token(Ok(Validity::Expired), here()), Level::Error, "`cf`: the token has expired"),
            (token(Ok(Validity::Disabled), here()), Level::Error, "`cf`: the token is disabled"),
            (
                token(Ok(Validity::Good { from: Some(NOW + 60), until: None }), here()),
                Level::Error,
                "`cf`: the token is not valid before 2026-11-18 11:07 UTC",
            ),
            (token(Err(denied), here()), Level::Error, "`cf`: the token was refused"),
            (token(Err(away), here()), Level::Warning, "`cf`: the API is out of order"),
            (
                token(Ok(good(None)), vec![zone("example.org", Some(false), &[])]),
                Level::Warning,
                "`cf`: the token may read example.org, and not edit DNS records there",
            ),
            (
                token(Ok(good(None)), vec![zone("example.org", Some(true), &["#ssl:edit", "#worker:edit"])]),
                Level::Warning,
                "`cf`: the token may do more than edit DNS records: #ssl:edit and #worker:edit",
            ),
            (
                token(Ok(good(None)), vec![zone("example.org", None, &[]), zone("example.com", None, &[])]),
                Level::Note,
                "`cf`: the token sees 2 zones, and the records lie in example.org",
            ),
            (
                token(Ok(good(None)), vec![]),
                Level::Ok,
                "`cf`: the token is good and does not expire; it sees no zone in the list of zones",
            ),
        ] {
            assert_eq!(said(&powers)[0], (level, sentence.to_owned()));
        }
    }

    #[test]
    fn a_zone_that_is_not_served_is_told_unless_another_of_its_name_is() {
        let zones = BTreeSet::from([Name::parse("example.org").expect("a name")]);
        let idle =
            |state: &str| ZonePowers { idle: Some(state.to_owned()), ..zone("example.org", Some(true), &[]) };
        let elsewhere = ZonePowers { idle: Some("moved".to_owned()), ..zone("example.com", Some(true), &[]) };
        for (seen, warned) in [
            (vec![idle("pending")], 1),
            (vec![idle("moved"), zone("example.org", Some(true), &[])], 0),
            (vec![zone("example.org", Some(true), &[]), elsewhere], 0),
        ] {
            let powers = token(Ok(good(None)), seen);
            let facts = Facts { account: "cf", powers: Told::Powers(&powers), zones: &zones, now: NOW };
            let findings = judge(&facts, &Cleaner::default());
            let of_zone: Vec<&Finding> =
                findings.iter().filter(|one| one.subject == Subject::Record).collect();
            assert_eq!(of_zone.len(), warned, "{findings:?}");
            let said = "the zone example.org at cf is `pending`: what is written there is not served";
            assert!(of_zone.iter().all(|one| one.level == Level::Warning && one.what == said), "{of_zone:?}");
        }
    }

    #[test]
    fn a_global_key_is_always_too_much() {
        let powers = Powers {
            noun: "global key",
            reach: Reach::WholeUser,
            ..token(
                Ok(Validity::NotTold),
                vec![zone("example.org", Some(true), &["#ssl:edit"]), zone("example.com", None, &[])],
            )
        };
        let said = said(&powers);
        let what = "`cf`: the global key may do everything that its user may, in every zone and beyond DNS";
        assert_eq!(said[0], (Level::Warning, what.to_owned()));
        assert_eq!(said.len(), 2, "one warning is enough: {said:?}");
    }

    #[test]
    fn what_no_provider_tells_is_not_made_up() {
        let zones = BTreeSet::new();
        let fault = Fault::new(Class::Denied, "NOTAUTH");
        for (powers, level) in [
            (Told::Taken, Level::Ok),
            (Told::Refused(&fault), Level::Error),
            (Told::Nothing, Level::Note),
            (Told::Unheard, Level::Note),
        ] {
            let facts = Facts { account: "x", powers, zones: &zones, now: NOW };
            let levels: Vec<Level> = judge(&facts, &Cleaner::default()).iter().map(|one| one.level).collect();
            assert_eq!(levels, [level], "{powers:?}");
        }
    }
}

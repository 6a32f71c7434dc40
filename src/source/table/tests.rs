//! The table against its own rules: independence, order, transport.

use super::*;
use dynflare_core::quorum::Vote;
use std::collections::{BTreeMap, BTreeSet};

fn hosts(row: &SourceRow) -> Vec<String> {
    match &row.kind {
        Kind::Web(form) => {
            let http = Http::new(row.v4, row.v6, form.clone()).expect("every URL can be read");
            http.hosts().map(str::to_owned).collect()
        }
        Kind::Dns => {
            let dns = Dns::new(row.v4, row.v6).expect("every question can be read");
            dns.hosts().chain(dns.places()).map(str::to_owned).collect()
        }
        Kind::Stun => {
            let stun = Stun::parse(row.v4.expect("a server")).expect("every server can be read");
            vec![stun.host().to_owned(), stun.place().to_owned()]
        }
    }
}

#[test]
fn rows_and_kin_are_sorted_and_unique() {
    assert!(SOURCES.is_sorted_by(|a, b| a.id < b.id));
    assert!(KIN.is_sorted_by(|a, b| a.0 < b.0));
    assert!(SOURCES.iter().all(|row| SourceRow::named(row.id).is_some_and(|found| found.id == row.id)));
}

#[test]
fn every_row_that_votes_is_asked_over_tls_and_every_row_answers_over_some_family() {
    for row in SOURCES {
        let source = row.source();
        assert!(row.families().count() > 0, "{}", row.id);
        for family in Family::BOTH {
            assert_eq!(row.families().any(|found| found == family), source.serves(family), "{}", row.id);
        }
        let texts = || [row.v4, row.v6].into_iter().flatten();
        let secure = texts().all(|text| text.starts_with("https://") || text.starts_with("tls://"));
        assert_eq!(source.vote == Vote::Full, secure, "{}", row.id);
        assert!(
            secure || !row.pooled,
            "{}: what can be forged is not asked unless somebody wants it",
            row.id
        );
        assert!(row.kind != Kind::Stun || row.v4 == row.v6, "{}", row.id);
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
    assert!(operators(Family::V4) >= 10, "{}", operators(Family::V4));
    assert!(operators(Family::V6) >= 6, "{}", operators(Family::V6));
}

#[test]
fn the_pool_spans_transports() {
    let kinds: BTreeSet<&str> = Source::default_pool().iter().map(Source::kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["doh", "dot", "https"]);
    // Those that are seated first, one an operator, are of several transports too.
    let mut seen = BTreeSet::new();
    let first = Source::default_pool().into_iter().filter(|source| seen.insert(source.operator.clone()));
    assert!(first.map(|source| source.kind()).collect::<BTreeSet<_>>().len() >= 2);
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

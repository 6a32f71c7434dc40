//! Health, counting and clauses, and the snapshot's way through JSON.

use super::columns::Piece;
use super::*;
use crate::report::human::Volume;

fn status() -> Status {
    let next = Some(NextRound { at: 1_300, cause: "schedule".into() });
    Status { started: 500, at: 1_000, fine: Some(1_000), healthy_until: 2_000, next, ..Status::default() }
}

#[test]
fn health_is_a_turning_loop_and_a_fine_round_not_too_long_ago() {
    let healthy = status();
    assert_eq!(healthy.health(1_000), Ok(()));
    assert_eq!(healthy.health(1_300 + LATE), Ok(()));
    let why = "the loop does not turn: its last turn was 7 min 1 s ago";
    assert_eq!(healthy.health(1_301 + LATE), Err(why.to_owned()));
    assert_eq!(healthy.health(5), Ok(()), "a clock that was set back harms nothing");
    let asked = Status { in_round: true, healthy_until: u64::MAX, ..status() };
    assert_eq!(asked.health(1_000 + LONG), Ok(()));
    assert!(asked.health(1_001 + LONG).is_err());
    let by_events = Status { next: None, healthy_until: u64::MAX, ..status() };
    assert_eq!(by_events.health(1_000_000), Ok(()));
}

#[test]
fn what_is_not_right_for_long_is_not_healthy() {
    let next = Some(NextRound { at: 2_100, cause: "retry".into() });
    let records = vec![RecordStatus::default(), RecordStatus { right: true, ..RecordStatus::default() }];
    let mut failing = Status { at: 2_001, next, records, ..status() };
    let why = "the last round in which all came right was 16 min 41 s ago, 1 record not right";
    assert_eq!(failing.health(2_001), Err(why.to_owned()));
    failing.fine = None;
    let why = "no round came right since the start 25 min 1 s ago, 1 record not right";
    assert_eq!(failing.health(2_001), Err(why.to_owned()));
}

#[test]
fn ur_58_what_the_dns_says_is_no_part_of_health() {
    let confirmation = Confirmation { servers: 4, state: "partly".into(), ..Confirmation::default() };
    let record = RecordStatus { right: true, confirmation: Some(confirmation), ..RecordStatus::default() };
    assert_eq!(Status { records: vec![record], ..status() }.health(1_100), Ok(()));
}

#[test]
fn every_round_lies_under_one_bound() {
    let mut counters = Counters::default();
    for took in [0, 50, 51, 300_000, 300_001] {
        counters.add_round(took);
    }
    let counted: Vec<(u64, u64)> = counters.round_ms.into_iter().collect();
    assert_eq!(counted, [(50, 2), (100, 1), (300_000, 1), (u64::MAX, 1)]);
    assert_eq!(counters.round_ms_sum, 600_102);
}

#[test]
fn a_snapshot_survives_the_way_over_a_socket() {
    let mut status = status();
    status.counters.add_round(70);
    status.counters.failures.insert("denied".into(), 2);
    status.addresses.push(AddressStatus {
        family: 4,
        address: "192.0.2.1".parse().ok(),
        ..AddressStatus::default()
    });
    status.records.push(RecordStatus::default());
    let text = serde_json::to_string(&status).expect("it becomes JSON");
    assert_eq!(serde_json::from_str::<Status>(&text).expect("and comes back"), status);
}

#[test]
fn a_confirmation_is_told_in_a_clause() {
    let told = |state: &str, (right, servers): (u32, u32), took_ms: Option<u64>, why: Option<&str>| {
        let why = why.map(ToOwned::to_owned);
        Confirmation { servers, right, took_ms, state: state.to_owned(), why }.clause()
    };
    for (said, expected) in [
        (told("confirmed", (4, 4), Some(800), None), "confirmed by 4 of 4 in 0.8 s"),
        (told("confirmed", (1, 1), Some(3), None), "confirmed by 1 of 1 in 0.1 s"),
        (told("confirmed", (2, 2), Some(12_001), None), "confirmed by 2 of 2 in 12.1 s"),
        (told("waiting", (0, 0), None, None), "not confirmed yet"),
        (told("waiting", (1, 4), None, None), "confirmed by 1 of 4 so far"),
        (
            told("partly", (3, 4), None, Some("ns4.example.org (192.0.2.4) does not give the new values")),
            "confirmed by 3 of 4: ns4.example.org (192.0.2.4) does not give the new values",
        ),
        (told("not-possible", (0, 0), None, Some("no resolver")), "could not be confirmed: no resolver"),
    ] {
        assert_eq!(said, expected);
    }
    assert_eq!(
        Confirmation::by_api().clause(),
        "confirmed by the provider alone, which answers in its place"
    );
}

/// A record that is right and one that is not, a family that is agreed on and one that is not, and who woke it.
fn everything() -> Status {
    use crate::report::news::{Said, Subject};
    let subject = |name: &str| Subject { account: "cloudflare".into(), name: name.into(), rtype: "A".into() };
    let confirmation =
        Confirmation { servers: 4, right: 4, took_ms: Some(800), state: "confirmed".into(), why: None };
    let right = RecordStatus {
        record: subject("home.example.org"),
        values: Some(vec!["203.0.113.7".into()]),
        state: "unchanged".into(),
        right: true,
        since: 100,
        changed: Some(940),
        confirmation: Some(confirmation),
        ..RecordStatus::default()
    };
    let failing = RecordStatus {
        record: subject("www.example.org"),
        state: "failed".into(),
        since: 400,
        failures: 3,
        next_try: Some(1_060),
        cause: Some("the token was refused \u{1b}[2J".into()),
        hint: Some("give the token Zone.DNS:Edit".into()),
        ..RecordStatus::default()
    };
    let said = |operator: &str, said: &str| Said {
        source: operator.to_lowercase(),
        operator: operator.into(),
        family: 4,
        said: said.into(),
        took_ms: None,
    };
    let v4 = AddressStatus {
        family: 4,
        address: "203.0.113.7".parse().ok(),
        since: Some(100),
        agreed_at: Some(1_000),
        verdict: "agreed".into(),
        ballots: vec![said("Two", "203.0.113.7"), said("Liar", "192.0.2.1"), said("One", "203.0.113.7")],
        ..AddressStatus::default()
    };
    let v6 = AddressStatus {
        family: 6,
        verdict: "too-few".into(),
        uplink: Some("fibre".into()),
        ..AddressStatus::default()
    };
    let router = TriggerStatus {
        name: "router".into(),
        why: Some("it does not answer".into()),
        ..TriggerStatus::default()
    };
    let kick = TriggerStatus {
        name: "kick".into(),
        watching: true,
        fired: 2,
        last: Some(970),
        ..TriggerStatus::default()
    };
    Status {
        version: "0.1.0".into(),
        pid: 7,
        records: vec![right, failing],
        addresses: vec![v4, v6],
        triggers: vec![kick, router],
        ..status()
    }
}

#[test]
fn the_page_tells_people_how_everything_does() {
    let status = everything();
    let expected = "healthy: the last round in which all came right was now; version 0.1.0, running for 8 min 20 s (pid 7); next round in 5 min (schedule)
home.example.org A at cloudflare: 203.0.113.7, right for 15 min, changed 1 min ago, confirmed by 4 of 4 in 0.8 s
www.example.org A at cloudflare: not seen yet, failed for 10 min, 3 times in a row, next try in 1 min
  cause: the token was refused [2J
  hint: give the token Zone.DNS:Edit
IPv4: 203.0.113.7 for 15 min, agreed now by One and Two
IPv6 by fibre: no address, not agreed this time (too-few)
woken by kick (2 times, last 30 s ago); router (does not watch: it does not answer)";
    assert_eq!(page::page(&status, 1_000, Volume::All), expected);
    let verbose = page::page(&status, 1_000, Volume::Verbose);
    assert!(verbose.contains("\n  liar: 192.0.2.1\n"), "{verbose}");
}

#[test]
fn columns_tell_the_same_with_what_is_wrong_below_the_table() {
    let status = everything();
    let pieces = columns::columns(&status, 1_000, Volume::All);
    let [
        Piece::Text(_),
        Piece::Table(headings, records),
        Piece::Text(wrong),
        Piece::Table(_, families),
        Piece::Text(_),
    ] = pieces.as_slice()
    else {
        panic!("{pieces:?}")
    };
    assert_eq!(headings, &["name", "type", "account", "value", "state", "changed", "confirmed"]);
    let right = ["home.example.org", "A", "cloudflare", "203.0.113.7", "right for 15 min", "1 min ago"];
    assert_eq!(records[0], [&right[..], &["4 of 4 in 0.8 s"]].concat());
    assert_eq!(
        records[1][3..],
        ["not seen yet", "failed for 10 min, 3 times in a row, next try in 1 min", "", ""]
    );
    let expected = "error: www.example.org A at cloudflare is not right\n  cause: the token was refused [2J\n  \
                    hint: give the token Zone.DNS:Edit";
    assert_eq!(wrong, expected);
    assert_eq!(families[0], ["IPv4", "", "203.0.113.7", "15 min", "now", "One, Two"]);
    assert_eq!(families[1], ["IPv6", "fibre", "no address", "", "", "not agreed this time (too-few)"]);
    let Some(Piece::Text(said)) = columns::columns(&status, 1_000, Volume::Verbose).into_iter().nth(4) else {
        panic!("who said what")
    };
    assert_eq!(said, "IPv4:\n  two: 203.0.113.7\n  liar: 192.0.2.1\n  one: 203.0.113.7");
}

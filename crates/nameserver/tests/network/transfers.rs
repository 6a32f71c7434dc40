//! BIND and Knot as secondaries: they have the zone by AXFR, hear of a change by NOTIFY, and fetch it by IXFR.

use crate::secondaries::until;
use crate::{ZONE, engine, key, serve};
use dynflare_nameserver::net::{Heard, Manners, Secondary};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, Primary, dig};

/// Whether a line of the log says that less than the whole zone was transferred.
fn is_part(kind: Kind, line: &str) -> bool {
    let records = || {
        let (before, _) = line.split_once("Transfer completed:")?.1.split_once(" records")?;
        before.rsplit(' ').next()?.parse::<u32>().ok()
    };
    match kind {
        // It does not say by what it came. The whole zone has a hundred records.
        Kind::Bind => records().is_some_and(|records| records < 20),
        Kind::Knot | Kind::PowerDns => line.contains("IXFR, incoming") && line.contains("finished"),
    }
}

fn follows(kind: Kind, signed: bool) {
    let mut served = serve(None, Vec::new());
    let key_of_both = signed.then_some(KEYS[0]);
    let primary = Primary { address: served.v4, zone: ZONE, key: key_of_both };
    let Some(secondary) = NameServer::start_secondary_of(kind, primary) else { return };
    let first = served.engine.zones()[0].serial;
    until("the zone is transferred", || secondary.serial(ZONE) == Some(first), || secondary.log());
    assert_eq!(secondary.read("many.dyn.example.org", "A").len(), 90);
    // Nobody has told it of anything yet, and its refresh is an hour away: what it learns now it learns by our word.
    let told = Secondary {
        address: secondary.v4(),
        zones: None,
        key: signed.then(key),
        from: Some("127.0.0.1".parse().expect("an address")),
    };
    served.server.exchange(served.engine.clone(), Manners::default(), vec![told]);
    for round in 1..=5 {
        let address = format!("203.0.113.{round}");
        let serial = served.change(&address);
        until(
            "the change is there",
            || secondary.serial(ZONE) == Some(serial),
            || format!("{:?}\n{}", served.server.words(), secondary.log()),
        );
        assert_eq!(secondary.read("home.dyn.example.org", "A"), [address]);
        assert_eq!(secondary.read("many.dyn.example.org", "A").len(), 90);
    }
    // Many changes in a row end at the last of them.
    let last = (1..=200).map(|round| served.change(&format!("203.0.113.{round}"))).max();
    until("the last change is there", || secondary.serial(ZONE) == last, || secondary.log());
    until(
        "the word is answered",
        || served.server.words().iter().all(|word| word.heard == Heard::Yes && Some(word.serial) == last),
        || format!("{:?}", served.server.words()),
    );
    let log = secondary.log();
    let parts = log.lines().filter(|line| is_part(kind, line)).count();
    assert!(parts >= 5, "changes are fetched one by one, not the whole zone:\n{log}");
    served.server.exchange(engine(), Manners::default(), Vec::new());
    until("nobody is told", || served.server.words().is_empty(), String::new);
    drop(secondary);
    served.engine = engine();
}

#[test]
fn bind_follows_every_change() {
    follows(Kind::Bind, false);
}

#[test]
fn bind_follows_every_change_signed() {
    follows(Kind::Bind, true);
}

#[test]
fn knot_follows_every_change() {
    follows(Kind::Knot, false);
}

#[test]
fn knot_follows_every_change_signed() {
    follows(Kind::Knot, true);
}

#[test]
fn dig_transfers_the_zone_whole_and_in_parts() {
    if !dynflare_testkit::nameserver::clients_installed() {
        return;
    }
    let served = serve(None, Vec::new());
    let whole = dig(served.v4, &["+tcp", "+noall", "+answer", ZONE, "AXFR"]);
    assert_eq!(whole.matches("many.dyn.example.org.").count(), 90, "{whole}");
    assert_eq!(whole.matches("\tSOA\t").count(), 2, "it begins and ends with the SOA record: {whole}");
    let before = served.engine.zones()[0].serial;
    let after = served.change("203.0.113.66");
    let part = dig(served.v4, &["+tcp", "+noall", "+answer", ZONE, &format!("IXFR={before}")]);
    assert!(
        part.contains("203.0.113.66") && part.contains("203.0.113.7") && !part.contains("many"),
        "{part}"
    );
    assert!(part.contains(&after.to_string()), "{part}");
    let refused = dig(served.v6, &["+tcp", ZONE, "AXFR"]);
    assert!(refused.contains("Transfer failed") || refused.contains("REFUSED"), "not from there: {refused}");
}

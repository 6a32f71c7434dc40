//! Adapters that break off, forget, or do half of it.

use crate::stage::{Account, Play, Write, key, outcomes};
use dynflare::report::event::{Outcome, Progress};
use dynflare_core::fault::Class;
use dynflare_core::record::{Key, RecordType};

fn at(text: &str) -> Key {
    key(text, RecordType::A)
}

fn two_zones() -> [Key; 2] {
    [at("home.example.org"), at("home.example.com")]
}

#[tokio::test]
async fn a_panic_in_one_zone_leaves_the_other_zones_of_the_account_alone() {
    let account = Account::default();
    account.writing("example.org", &[Write::Panic]);
    let finished = Play::new(&account).records(&two_zones()).await;
    assert_eq!(outcomes(&finished), ["unconfirmed", "changed"]);
    assert_eq!(account.contents("home.example.com"), ["203.0.113.7"]);

    let account = Account::default();
    account.held().lists_that_panic.push("example.org".to_owned());
    let finished = Play::new(&account).records(&two_zones()).await;
    assert_eq!(outcomes(&finished), ["failed", "changed"]);
    let Outcome::Failed(fault, Progress::Nothing) = &finished.records[0].outcome else { unreachable!() };
    assert_eq!(
        (fault.class, fault.said.as_deref()),
        (Class::Unexpected, Some("planted in the list of example.org"))
    );
}

#[tokio::test]
async fn a_panic_behind_a_write_is_judged_by_what_is_there() {
    let account = Account::default();
    account.writing("example.org", &[Write::DonePanic]);
    let finished = Play::new(&account).records(&[at("home.example.org")]).await;
    assert_eq!(outcomes(&finished), ["changed"]);
    assert_eq!(account.held().written, 1);

    let account = Account::default();
    account.writing("home.example.org", &[Write::DonePanic]);
    account.writing("cellar.example.org", &[Write::Panic, Write::Done]);
    let keys = [at("home.example.org"), at("cellar.example.org"), at("attic.example.org")];
    let finished = Play::new(&account).sets(&keys).await;
    assert_eq!(outcomes(&finished), ["changed", "changed", "changed"]);
    assert_eq!(account.held().written, 4);
}

#[tokio::test]
async fn what_an_adapter_does_not_tell_has_not_happened() {
    let account = Account::default();
    account.writing("example.org", &[Write::Forgotten]);
    let finished = Play::new(&account).records(&two_zones()).await;
    assert_eq!(outcomes(&finished), ["unconfirmed", "changed"]);
    assert!(account.contents("home.example.org").is_empty());
}

#[tokio::test]
async fn half_a_change_that_is_then_refused_is_not_called_nothing() {
    let account = Account::default();
    // Ours twice: one is corrected, the other goes.
    account.record("home.example.org", "203.0.113.1");
    account.record("home.example.org", "203.0.113.2");
    account.writing("example.org", &[Write::FirstUnclear, Write::Denied]);
    let finished = Play::new(&account).records(&[at("home.example.org")]).await;
    let Outcome::Failed(fault, progress) = &finished.records[0].outcome else {
        panic!("{:?}", finished.records[0])
    };
    assert_eq!((fault.class, *progress), (Class::Denied, Progress::Partly));
}

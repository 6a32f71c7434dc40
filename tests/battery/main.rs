//! Every native REST adapter against the same cases, over real sockets, each with a server that behaves as its API's
//! documentation and the recorded exchanges say.
//!
//! A provider gets a file in `fakes/`, a line in [`fakes::battery`], and, where exchanges with the real API were
//! recorded, a file in `recorded/`.

mod asked;
mod cases;
mod crypt;
mod fake;
mod fakes;
mod peers;
mod recorded;
mod signed;
mod store;
mod world;

use dynflare::provider::{registry, rest};

#[test]
fn every_adapter_is_in_the_battery() {
    let here: Vec<&str> = fakes::all().iter().map(|fake| fake.id()).collect();
    // What is no record of DNS has cases of its own, in `tests/hatches`.
    let there = rest::ROWS.iter().map(|row| row.info.id).filter(|id| !id.starts_with("cloudflare-"));
    let there: Vec<&str> = there.collect();
    assert_eq!(here, there);
}

#[test]
fn whoever_claims_recorded_exchanges_has_them() {
    for row in rest::ROWS {
        let claims = matches!(row.info.verified, registry::Verified::Recorded(_));
        assert!(!claims || recorded::exists(row.info.id), "{}", row.info.id);
    }
}

//! Names of other machines: the agreed prefix with their host ids.

use crate::lab::Lab;
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone};

/// Sources that see this machine under another temporary address each, in one network of 56 bits.
const TEMPORARY: [&str; 6] = [
    "-s",
    "static:2001:db8:0:1101:a:b:c:1",
    "-s",
    "static:2001:db8:0:1101:a:b:c:2",
    "-s",
    "static:2001:db8:0:1102:a:b:c:3",
];
const PRINTER: &str = "cloudflare:example.org:AAAA:printer?host_id=::3:0:0:0:1234&prefix_len=56";

async fn world() -> Lab {
    let lab = Lab::new().await;
    lab.cloudflare.zone(FakeZone::new("example.org"));
    let old = FakeRecord::new("AAAA", "printer.example.org", "2001:db8:0:2203::1234");
    lab.cloudflare.record("example.org", old);
    lab
}

fn contents(lab: &Lab, name: &str) -> Vec<String> {
    lab.cloudflare.contents("example.org", &format!("{name}.example.org"), "AAAA")
}

#[tokio::test]
async fn ur_15_names_with_host_ids_follow_a_prefix_seen_under_different_addresses() {
    let lab = world().await;
    let ran = lab.update(&[PRINTER], &[&["--panel", "3"], TEMPORARY.as_slice()].concat()).await.exits(0);
    assert_eq!(contents(&lab, "printer"), ["2001:db8:0:1103::1234"]);
    assert!(ran.stdout.contains("2001:db8:0:1100::/56 agreed by static:"), "{}", ran.stdout);
    assert_eq!(lab.cloudflare.writes().len(), 1, "the old one is changed, none is made");
}

#[tokio::test]
async fn the_name_of_this_machine_itself_is_not_written_where_only_the_prefix_is_known() {
    let lab = world().await;
    let records = [PRINTER, "cloudflare:example.org:AAAA:home"];
    lab.update(&records, &[&["--panel", "3"], TEMPORARY.as_slice()].concat()).await.exits(75);
    assert_eq!(contents(&lab, "printer"), ["2001:db8:0:1103::1234"]);
    assert!(contents(&lab, "home").is_empty());
}

#[tokio::test]
async fn a_prefix_that_too_few_name_moves_nothing() {
    let lab = world().await;
    let longer = PRINTER.replace("prefix_len=56", "prefix_len=64").replace("::3:0:0:0:1234", "::1234");
    lab.update(&[&longer], &[&["--quorum", "3"], TEMPORARY.as_slice()].concat()).await.exits(3);
    assert_eq!(contents(&lab, "printer"), ["2001:db8:0:2203::1234"]);
}

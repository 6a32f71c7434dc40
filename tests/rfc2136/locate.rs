//! Which zone a name lies in, by asking the server.

use super::*;
use dynflare_core::fault::Class;

#[tokio::test]
async fn ur_33_ur_34_the_zone_is_the_one_whose_soa_record_answers() {
    every_way(async |way| {
        way.server.change("update add alias.example.org 60 CNAME www.example.com.");
        let table = [
            ("example.org", "example.org"),
            ("home.example.org", "example.org"),
            ("a.very.deep.name.example.org", "example.org"),
            ("*.example.org", "example.org"),
            ("xb.example.org", "example.org"),
            ("alias.example.org", "example.org"),
            ("b.example.org", "b.example.org"),
            ("a.b.example.org", "b.example.org"),
        ];
        for (asked, expected) in table {
            let found = RrSets::locate(&way.adapter, None, &name(asked)).await;
            assert_eq!(found, Ok(zone(expected)), "{:?} {asked}", way.server.kind());
        }
    })
    .await;
}

#[tokio::test]
async fn a_zone_that_is_given_is_not_asked_for() {
    // Nobody listens there.
    let nobody = adapter(([127, 0, 0, 1], 9).into(), Transport::Udp, None);
    let given = name("example.org");
    let found = RrSets::locate(&nobody, Some(&given), &name("home.example.org")).await;
    assert_eq!(found, Ok(zone("example.org")));
}

#[tokio::test]
async fn a_name_that_the_server_does_not_hold_is_no_zone_of_it() {
    every_way(async |way| {
        let fault =
            RrSets::locate(&way.adapter, None, &name("www.example.com")).await.expect_err("not its zone");
        assert!(matches!(fault.class, Class::Denied | Class::NoSuchZone), "{:?} {fault}", way.server.kind());
        assert!(fault.hint.as_deref().is_some_and(|hint| hint.contains("primary server")), "{fault:?}");
    })
    .await;
}

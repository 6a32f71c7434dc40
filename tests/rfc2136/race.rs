//! Somebody else changes the set between reading and writing.

use super::*;
use dynflare_core::fault::Class;

#[tokio::test]
async fn a_lost_race_leaves_the_other_change_alone_and_is_read_again() {
    every_way(async |way| {
        let name = way.name("");
        way.server.change(&format!("update add {name} 60 A 198.51.100.1"));
        let expect = way.get(&name, RecordType::A).await.expect("there");

        way.server.change(&format!("update delete {name} A\nupdate add {name} 60 A 192.0.2.9"));
        let fault = way.replace(expect.clone(), &["203.0.113.9"]).await.expect_err("the set is another");
        assert_eq!(
            (fault.class, fault.what.as_str()),
            (Class::Unconfirmed, "the records were changed meanwhile")
        );
        assert_eq!(way.server.read(&name, "A"), ["192.0.2.9"]);

        way.server.change(&format!("update add {name} 60 A 198.51.100.1"));
        let fault =
            way.replace(expect.clone(), &["203.0.113.9"]).await.expect_err("the set has one value more");
        assert_eq!(fault.class, Class::Unconfirmed);
        assert_eq!(way.server.read(&name, "A"), ["192.0.2.9", "198.51.100.1"]);

        way.server.change(&format!("update delete {name} A"));
        let fault = way.replace(expect, &["203.0.113.9"]).await.expect_err("the set is gone");
        assert_eq!(fault.class, Class::Unconfirmed);
        assert_eq!(way.server.read(&name, "A"), [""; 0]);

        way.server.change(&format!("update add {name} 60 A 192.0.2.9"));
        let nothing = set(&name, RecordType::A, &[]);
        let fault = way.replace(nothing, &["203.0.113.9"]).await.expect_err("a set has come");
        assert_eq!(fault.class, Class::Unconfirmed);
        assert_eq!(way.server.read(&name, "A"), ["192.0.2.9"]);

        assert_eq!(
            way.set(&name, RecordType::A, &["203.0.113.9"]).await,
            Ok(()),
            "read again, it goes through"
        );
        assert_eq!(way.server.read(&name, "A"), ["203.0.113.9"]);
    })
    .await;
}

//! Each real name server starts, knows its keys and refuses others.

use dynflare_testkit::nameserver::{HOME_ONLY, KEYS, Kind, NameServer, nsupdate};

fn each(test: impl Fn(&NameServer)) {
    for server in Kind::ALL.into_iter().filter_map(NameServer::start) {
        test(&server);
    }
}

#[test]
fn a_server_takes_updates_with_each_full_key() {
    each(|server| {
        for (key, address) in KEYS.into_iter().zip([server.v4(), server.v6(), server.v4()]) {
            let name = format!("{}.example.org", key.name);
            let said = nsupdate(
                address,
                Some(key),
                &format!(
                    "zone example.org\nupdate add {name} 60 A 198.51.100.7\nupdate add {name} 60 A 198.51.100.6"
                ),
            );
            assert_eq!(said, "", "{:?}: {}", server.kind(), server.log());
            assert_eq!(server.read(&name, "A"), ["198.51.100.6", "198.51.100.7"], "{:?}", server.kind());
            assert_eq!(server.ttl(&name, "A"), Some(60));
        }
        assert_eq!(server.read("nothing.example.org", "A"), [""; 0]);
    });
}

#[test]
fn the_limited_key_changes_its_name_and_no_other() {
    each(|server| {
        let change = |name: &str| {
            nsupdate(
                server.v4(),
                Some(HOME_ONLY),
                &format!("zone example.org\nupdate add {name} 60 A 198.51.100.7"),
            )
        };
        assert_eq!(change("home.example.org"), "", "{:?}: {}", server.kind(), server.log());
        let said = change("other.example.org");
        match server.kind() {
            Kind::Bind => assert!(said.contains("REFUSED"), "{said}"),
            Kind::Knot => assert!(said.contains("NOTAUTH"), "{said}"),
            // It drops what its policy does not grant, and says NOERROR.
            Kind::PowerDns => assert_eq!(said, ""),
        }
        assert_eq!(server.read("other.example.org", "A"), [""; 0]);
    });
}

//! Creating, changing and removing sets of every type.

use super::*;
use dynflare::provider::presentation::canonical;

#[tokio::test]
async fn a_set_is_created_changed_and_removed() {
    every_way(async |way| {
        let name = way.name("");
        for (rtype, first, second) in [
            (RecordType::A, "198.51.100.1", "198.51.100.2"),
            (RecordType::Aaaa, "2001:db8::1", "2001:db8::2"),
        ] {
            assert_eq!(way.get(&name, rtype).await, Ok(set(&name, rtype, &[])));
            assert_eq!(way.set(&name, rtype, &[first]).await, Ok(()), "{:?}", way.server.kind());
            assert_eq!(way.get(&name, rtype).await, Ok(set(&name, rtype, &[first])));
            assert_eq!(way.set(&name, rtype, &[second]).await, Ok(()));
            assert_eq!(way.server.read(&name, rtype.as_str()), [second]);
            assert_eq!(way.server.ttl(&name, rtype.as_str()), Some(60));
            assert_eq!(way.set(&name, rtype, &[second]).await, Ok(()), "the same again");
            assert_eq!(way.server.read(&name, rtype.as_str()), [second]);
            assert_eq!(way.set(&name, rtype, &[]).await, Ok(()));
            assert_eq!(way.server.read(&name, rtype.as_str()), [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_time_to_live_alone_is_a_change() {
    every_server(async |way| {
        let name = way.name("");
        way.server.change(&format!("update add {name} 300 A 198.51.100.1"));
        let expect = way.get(&name, RecordType::A).await.expect("there");
        assert_eq!(expect.ttl, Some(300));
        assert_eq!(way.replace(expect, &["198.51.100.1"]).await, Ok(()));
        assert_eq!(way.server.ttl(&name, "A"), Some(60));
    })
    .await;
}

#[tokio::test]
async fn the_apex_and_a_wildcard_are_names_like_others() {
    every_way(async |way| {
        for name in ["example.org".to_owned(), way.name("*.")] {
            assert_eq!(way.set(&name, RecordType::A, &["198.51.100.1"]).await, Ok(()), "{name}");
            assert_eq!(way.server.read(&name, "A"), ["198.51.100.1"]);
            assert_eq!(way.set(&name, RecordType::A, &[]).await, Ok(()));
            assert_eq!(way.server.read(&name, "A"), [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn every_type_is_written_and_read_back_as_the_same_text() {
    let table = [
        (RecordType::A, "198.51.100.7"),
        (RecordType::Aaaa, "2001:db8::7"),
        (RecordType::Caa, "0 issue ca.example.org"),
        (RecordType::Cname, "www.example.org"),
        (RecordType::Https, "1 . alpn=h2,h3 ipv4hint=198.51.100.7 ipv6hint=2001:db8::7"),
        (RecordType::Mx, "10 mail.example.com"),
        (RecordType::Srv, "0 5 5060 sip.example.com"),
        (RecordType::Svcb, "1 svc.example.org port=8443"),
        (RecordType::Txt, "v=spf1 ip4:198.51.100.7 -all"),
        (RecordType::Txt, "\"two\" \"strings; \\\" and \\\\\""),
        (RecordType::Txt, "b\u{fc}cher"),
    ];
    every_server(async |way| {
        for (number, (rtype, text)) in table.into_iter().enumerate() {
            let name = way.name(&format!("t{number}."));
            let text = canonical(rtype, text).expect("right");
            assert_eq!(
                way.set(&name, rtype, &[&text]).await,
                Ok(()),
                "{:?} {rtype} {text}",
                way.server.kind()
            );
            assert_eq!(
                way.get(&name, rtype).await,
                Ok(set(&name, rtype, &[&text])),
                "{:?}",
                way.server.kind()
            );
            // The prerequisite has to match what is there exactly.
            assert_eq!(way.set(&name, rtype, &[]).await, Ok(()), "{:?} {rtype} {text}", way.server.kind());
            assert_eq!(way.server.read(&name, rtype.as_str()), [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn ur_22_other_values_of_the_set_are_kept() {
    every_way(async |way| {
        let name = way.name("");
        way.server.change(&format!("update add {name} 60 A 192.0.2.1\nupdate add {name} 60 A 198.51.100.1"));
        let expect = way.get(&name, RecordType::A).await.expect("there");
        assert_eq!(expect.values, ["192.0.2.1", "198.51.100.1"]);
        assert_eq!(way.replace(expect, &["192.0.2.1", "203.0.113.9"]).await, Ok(()));
        assert_eq!(way.server.read(&name, "A"), ["192.0.2.1", "203.0.113.9"]);
    })
    .await;
}

#[tokio::test]
async fn ur_18_other_types_at_the_name_are_not_touched() {
    every_server(async |way| {
        let name = way.name("");
        way.server.change(&format!(
            "update add {name} 60 TXT \"mine\"\nupdate add {name} 60 MX 10 mail.example.com."
        ));
        assert_eq!(way.set(&name, RecordType::A, &["198.51.100.1"]).await, Ok(()));
        assert_eq!(way.set(&name, RecordType::A, &[]).await, Ok(()));
        assert_eq!(way.server.read(&name, "TXT"), ["\"mine\""]);
        assert_eq!(way.server.read(&name, "MX"), ["10 mail.example.com."]);
    })
    .await;
}

#[tokio::test]
async fn a_large_set_goes_and_comes_over_tcp() {
    let addresses: Vec<String> = (1..=90).map(|number| format!("2001:db8::{number:x}")).collect();
    let mut addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    addresses.sort_unstable();
    every_server(async |way| {
        let name = way.name("");
        assert_eq!(way.set(&name, RecordType::Aaaa, &addresses).await, Ok(()), "{:?}", way.server.kind());
        assert_eq!(way.get(&name, RecordType::Aaaa).await, Ok(set(&name, RecordType::Aaaa, &addresses)));
        assert_eq!(way.set(&name, RecordType::Aaaa, &["2001:db8::ffff"]).await, Ok(()));
        assert_eq!(way.server.read(&name, "AAAA"), ["2001:db8::ffff"]);
    })
    .await;
}

#[tokio::test]
async fn half_a_set_over_udp_is_not_taken_for_the_whole() {
    every_server(async |way| {
        let name = way.name("");
        let lines: Vec<String> =
            (1..=90).map(|number| format!("update add {name} 60 AAAA 2001:db8::{number:x}")).collect();
        way.server.change(&lines.join("\n"));
        let udp = adapter(way.server.v4(), Transport::Udp, Some(KEYS[0]));
        let fault =
            udp.get(&zone("example.org"), &key(&name, RecordType::Aaaa)).await.expect_err("cut short");
        assert_eq!(fault.to_string(), format!("the answer of {} does not fit into UDP", way.server.v4()));
    })
    .await;
}

#[tokio::test]
async fn what_a_wildcard_answers_is_no_set_of_the_name() {
    every_server(async |way| {
        way.server.change("update add *.home.example.org 60 A 198.51.100.1");
        for name in ["www.home.example.org", "deep.down.home.example.org"] {
            assert_eq!(way.server.read(name, "A"), ["198.51.100.1"], "the wildcard answers");
            assert_eq!(way.get(name, RecordType::A).await, Ok(set(name, RecordType::A, &[])));
        }
        let name = "www.home.example.org";
        assert_eq!(way.set(name, RecordType::A, &["198.51.100.1"]).await, Ok(()), "the same as the wildcard");
        assert_eq!(way.get(name, RecordType::A).await, Ok(set(name, RecordType::A, &["198.51.100.1"])));
        assert_eq!(way.set(name, RecordType::A, &["198.51.100.2"]).await, Ok(()));
        assert_eq!(way.server.read(name, "A"), ["198.51.100.2"]);
        assert_eq!(way.set(name, RecordType::A, &[]).await, Ok(()), "{:?}", way.server.kind());
        assert_eq!(way.server.read("*.home.example.org", "A"), ["198.51.100.1"]);
    })
    .await;
}

#[tokio::test]
async fn ur_30_a_cname_at_the_name_is_named() {
    every_server(async |way| {
        let name = way.name("");
        way.server.change(&format!("update add {name} 60 CNAME other.example.org."));
        let fault = way.set(&name, RecordType::A, &["198.51.100.1"]).await.expect_err("a CNAME stands there");
        assert_eq!(
            fault.to_string(),
            format!("{name} is a CNAME to other.example.org, beside which no other record may stand")
        );
        // One that comes between reading and writing.
        let fault =
            way.replace(set(&name, RecordType::A, &[]), &["198.51.100.1"]).await.expect_err("still there");
        assert!(
            fault.what.contains("CNAME") || fault.what.contains("refused"),
            "{:?} {fault}",
            way.server.kind()
        );
        assert_eq!(way.server.read(&name, "CNAME"), ["other.example.org."]);
    })
    .await;
}

#[tokio::test]
async fn content_that_is_no_data_of_its_type_is_refused_before_anything_is_sent() {
    every_server(async |way| {
        let name = way.name("");
        let fault = way.set(&name, RecordType::Mx, &["mail.example.org"]).await.expect_err("no preference");
        assert_eq!(fault.to_string(), "\"mail.example.org\" is no MX record: expected PREFERENCE NAME");
    })
    .await;
}

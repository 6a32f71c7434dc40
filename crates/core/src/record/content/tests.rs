//! Spellings that are the same, and those that are not.

use super::super::RecordType;
use super::{comparable, presentable};
use alloc::format;

fn same(rtype: RecordType, some: &str, other: &str) -> bool {
    comparable(rtype, some) == comparable(rtype, other)
}

#[test]
fn spellings_of_the_same_content_compare_equal() {
    for (rtype, some, other) in [
        (RecordType::A, "192.0.2.1", " 192.0.2.1 "),
        (RecordType::Aaaa, "2001:DB8::1", "2001:db8:0:0:0:0:0:1"),
        (RecordType::Aaaa, "::ffff:192.0.2.1", "::ffff:c000:201"),
        (RecordType::Txt, "a b", "\"a b\""),
        (RecordType::Txt, "\"a b\"", "\"a \" \"b\""),
        (RecordType::Txt, "\"a \"\"b\"", "a b"),
        (RecordType::Txt, "\"a\\\"b\\\\c\"", "a\"b\\c"),
        (RecordType::Txt, "\"\\097\"", "a"),
        (RecordType::Txt, "\"\\195\\169\"", "é"),
        (RecordType::Txt, "\"\"", ""),
        (RecordType::Cname, "Example.ORG.", "example.org"),
        (RecordType::Mx, "10  Mail.example.org.", "10 mail.example.org"),
        (RecordType::Srv, "1 2 443 A.example.org.", "1 2 443 a.example.org"),
        (RecordType::Caa, "0 issue \"ca.example\"", "0 issue ca.example"),
        (RecordType::Https, "1 . alpn=\"h2\" ipv4hint=192.0.2.1", "1 . ipv4hint=192.0.2.1 alpn=h2"),
        (RecordType::Svcb, "1 A.example.org. port=53", "1 a.example.org port=\"53\""),
    ] {
        assert!(same(rtype, some, other), "{rtype}: {some} {other}");
    }
}

#[test]
fn different_contents_compare_different() {
    for (rtype, some, other) in [
        (RecordType::A, "192.0.2.1", "192.0.2.10"),
        (RecordType::A, "192.0.2.1", "192.0.2.1."),
        (RecordType::Aaaa, "2001:db8::1", "2001:db8::10"),
        (RecordType::Txt, "a", "A"),
        (RecordType::Txt, "\"a\" \"b\"", "a b"),
        (RecordType::Txt, "\"a", "a"),
        (RecordType::Txt, "\"a\" b", "ab"),
        (RecordType::Cname, "example.org", "example.com"),
        (RecordType::Mx, "10 mail.example.org", "20 mail.example.org"),
        (RecordType::Caa, "0 issue \"ca.example\"", "0 issuewild \"ca.example\""),
        (RecordType::Https, "0 .", "1 ."),
        (RecordType::Https, "1 . alpn=h2", "1 . alpn=h3"),
    ] {
        assert!(!same(rtype, some, other), "{rtype}: {some} {other}");
    }
}

#[test]
fn what_is_presented_is_what_a_zone_file_takes() {
    for (rtype, content, expected) in [
        (RecordType::A, " 192.0.2.1 ", "192.0.2.1"),
        (RecordType::Aaaa, "2001:DB8:0::1", "2001:db8::1"),
        (RecordType::Txt, "v=spf1 -all", "\"v=spf1 -all\""),
        (RecordType::Txt, "\"v=spf1 -all\"", "\"v=spf1 -all\""),
        (RecordType::Txt, "say \"a\\b\"", "\"say \\\"a\\\\b\\\"\""),
        (RecordType::Txt, "é", "\"\\195\\169\""),
        (RecordType::Txt, "\"a\" \"b\"", "\"ab\""),
        (RecordType::Cname, " Example.org. ", "Example.org."),
        (RecordType::Https, "1 . ipv4hint=192.0.2.1", "1 . ipv4hint=192.0.2.1"),
    ] {
        assert_eq!(presentable(rtype, content), expected);
    }
}

#[test]
fn a_long_text_is_cut_at_255_octets_and_stays_the_same() {
    for (length, strings) in [(255, 1), (256, 2), (510, 2), (511, 3)] {
        let text = "x".repeat(length);
        let shown = presentable(RecordType::Txt, &text);
        assert_eq!(shown.matches('"').count(), 2 * strings, "{length}");
        assert!(same(RecordType::Txt, &shown, &text));
    }
    // An escape is one octet, and is not torn apart.
    let text = format!("{}é\"\\", "x".repeat(254));
    let shown = presentable(RecordType::Txt, &text);
    assert_eq!(shown, format!("\"{}\\195\" \"\\169\\\"\\\\\"", "x".repeat(254)));
    assert!(same(RecordType::Txt, &shown, &text));
}

#[test]
fn presenting_twice_changes_nothing() {
    for rtype in RecordType::all() {
        for content in [
            "192.0.2.1",
            "2001:DB8::1",
            "a b",
            "\"a\" \"b\"",
            "é\"\\",
            "1 . alpn=\"h2\"",
            "",
            "\\300",
            "\\12",
        ] {
            let shown = presentable(rtype, content);
            assert_eq!(presentable(rtype, &shown), shown, "{rtype} {content}");
            assert!(same(rtype, &shown, content), "{rtype} {content}");
        }
    }
}

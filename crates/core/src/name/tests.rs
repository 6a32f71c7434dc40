//! Names: what is one, how users write it, and in which zone it lies.

use super::{Name, NameError};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn zones(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

fn zone_of(text: &str, all: &[&str]) -> Option<alloc::string::String> {
    name(text).longest_zone(&zones(all)).map(ToString::to_string)
}

#[test]
fn ur_33_a_zone_that_only_ends_alike_is_not_the_zone() {
    let all = ["example.com", "subexample.com"];
    assert_eq!(zone_of("a.subexample.com", &all).as_deref(), Some("subexample.com"));
    assert_eq!(zone_of("a.example.com", &all).as_deref(), Some("example.com"));
    assert_eq!(zone_of("subexample.com", &["example.com"]), None);
    assert_eq!(zone_of("a.subexample.com", &["example.com"]), None);
}

#[test]
fn ur_33b_zones_are_found_without_guessing_public_suffixes() {
    assert_eq!(zone_of("host.mydomain.co.uk", &["mydomain.co.uk"]).as_deref(), Some("mydomain.co.uk"));
    assert_eq!(zone_of("a.b.c.example.com", &["example.com"]).as_deref(), Some("example.com"));
    assert_eq!(zone_of("test.testzone.org", &["zone.org"]), None);
    assert_eq!(zone_of("test.testzone.org", &["zone.org", "testzone.org"]).as_deref(), Some("testzone.org"));
}

#[test]
fn ur_34_the_longer_zone_wins_in_any_order() {
    for all in [["example.com", "b.example.com"], ["b.example.com", "example.com"]] {
        assert_eq!(zone_of("a.b.example.com", &all).as_deref(), Some("b.example.com"));
        assert_eq!(zone_of("b.example.com", &all).as_deref(), Some("b.example.com"));
        assert_eq!(zone_of("c.example.com", &all).as_deref(), Some("example.com"));
    }
}

#[test]
fn ur_37_every_way_to_write_a_name_comes_to_the_same() {
    let zone = name("Example.COM.");
    assert_eq!(zone.as_str(), "example.com");
    for text in ["Home.Example.COM.", "home.example.com", "HOME", "home"] {
        assert_eq!(Name::parse_in(text, &zone).expect(text).as_str(), "home.example.com", "{text}");
    }
    for text in ["@", "", "example.com", "EXAMPLE.com."] {
        assert_eq!(Name::parse_in(text, &zone).expect(text), zone, "{text}");
    }
    for (text, full) in
        [("*", "*.example.com"), ("*.example.com", "*.example.com"), ("*.sub", "*.sub.example.com")]
    {
        let found = Name::parse_in(text, &zone).expect(text);
        assert_eq!(found.as_str(), full);
        assert!(found.is_wildcard());
    }
    // Unicode is the edge's business; what comes from there is an A-label.
    assert_eq!(Name::parse("bücher.example"), Err(NameError::Character('ü')));
    assert_eq!(Name::parse_in("xn--bcher-kva", &zone).expect("a name").as_str(), "xn--bcher-kva.example.com");
}

#[test]
fn an_absolute_name_outside_the_zone_is_refused_and_a_relative_one_is_below_it() {
    let zone = name("example.com");
    assert_eq!(Name::parse_in("www.example.org.", &zone), Err(NameError::OutsideZone));
    assert_eq!(Name::parse_in("notexample.com.", &zone), Err(NameError::OutsideZone));
    assert_eq!(
        Name::parse_in("www.example.org", &zone).expect("relative").as_str(),
        "www.example.org.example.com"
    );
    assert_eq!(
        Name::parse_in("notexample.com", &zone).expect("relative").as_str(),
        "notexample.com.example.com"
    );
}

#[test]
fn what_is_no_name_is_refused_with_its_reason() {
    let long = "a".repeat(64);
    for (text, error) in [
        ("", NameError::Empty),
        (".", NameError::Empty),
        ("..", NameError::EmptyLabel),
        (".example.com", NameError::EmptyLabel),
        ("a..example.com", NameError::EmptyLabel),
        ("example.com..", NameError::EmptyLabel),
        (long.as_str(), NameError::LabelTooLong),
        ("a b.example.com", NameError::Character(' ')),
        ("a\n.example.com", NameError::Character('\n')),
        ("a\0.example.com", NameError::Character('\0')),
        ("a/b", NameError::Character('/')),
        ("a\\.b", NameError::Character('\\')),
        ("@", NameError::Character('@')),
        ("a.*.example.com", NameError::Character('*')),
        ("a*.example.com", NameError::Character('*')),
        ("**.example.com", NameError::Character('*')),
        ("example.com:443", NameError::Character(':')),
    ] {
        assert_eq!(Name::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn lengths_are_exact() {
    let label = "a".repeat(63);
    assert!(Name::parse(&label).is_ok());
    // Three labels of 63 and one of 61, with three dots: 253 characters, 255 octets on the wire.
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert!(Name::parse(&longest).is_ok());
    assert!(Name::parse(&format!("{longest}.")).is_ok());
    assert_eq!(Name::parse(&format!("{longest}a")), Err(NameError::TooLong));
    let zone = name(&format!("{label}.{label}.{label}"));
    assert_eq!(Name::parse_in(&"b".repeat(62), &zone), Err(NameError::TooLong));
    assert!(Name::parse_in(&"b".repeat(61), &zone).is_ok());
}

#[test]
fn every_ascii_character_is_in_a_name_or_refused() {
    for c in (0..=127_u8).map(char::from) {
        let text = format!("a{c}b");
        let expected = match c {
            'a'..='z' | '0'..='9' | '-' | '_' | '.' => Ok(name(&text)),
            'A'..='Z' => Ok(name(&text.to_ascii_lowercase())),
            _ => Err(NameError::Character(c)),
        };
        assert_eq!(Name::parse(&text), expected, "{c:?}");
    }
}

#[test]
fn within_follows_labels() {
    let all = [
        "example.com",
        "b.example.com",
        "a.b.example.com",
        "*.example.com",
        "xexample.com",
        "com",
        "example.org",
    ];
    for (inner, outer, expected) in [
        ("example.com", "example.com", true),
        ("a.b.example.com", "example.com", true),
        ("a.b.example.com", "b.example.com", true),
        ("*.example.com", "example.com", true),
        ("example.com", "com", true),
        ("xexample.com", "example.com", false),
        ("example.com", "b.example.com", false),
        ("example.org", "example.com", false),
    ] {
        assert_eq!(name(inner).is_within(&name(outer)), expected, "{inner} {outer}");
    }
    // The same by labels, for all pairs.
    for inner in zones(&all) {
        for outer in zones(&all) {
            let (mut some, mut others) = (inner.labels().rev(), outer.labels().rev());
            let by_labels = others.all(|label| some.next() == Some(label));
            assert_eq!(inner.is_within(&outer), by_labels, "{inner} {outer}");
        }
    }
}

#[test]
fn relative_and_below_undo_each_other() {
    let zone = name("example.com");
    for text in ["www", "a.b", "*", "*.sub"] {
        let full = name(text).below(&zone).expect("a name");
        assert_eq!(full.relative_to(&zone), Some(text));
    }
    assert_eq!(zone.relative_to(&zone), None);
    assert_eq!(name("www.example.org").relative_to(&zone), None);
    assert_eq!(name("subexample.com").relative_to(&zone), None);
}

#[test]
fn a_wildcard_cannot_be_made_by_going_below() {
    assert_eq!(name("www").below(&name("*.example.com")), Err(NameError::Character('*')));
}

#[test]
fn parents_lead_to_the_top() {
    let mut at = Some(name("a.b.example.com"));
    let mut seen = Vec::new();
    while let Some(now) = at {
        seen.push(now.to_string());
        at = now.parent();
    }
    assert_eq!(seen, ["a.b.example.com", "b.example.com", "example.com", "com"]);
}

#[test]
fn a_name_is_shown_without_the_last_dot() {
    assert_eq!(
        format!("{}|{:?}|{:>12}", name("Example.com."), name("example.com"), name("a.b")),
        "example.com|\"example.com\"|         a.b"
    );
}

#[test]
fn errors_say_what_is_wrong() {
    for error in [
        NameError::Empty,
        NameError::EmptyLabel,
        NameError::LabelTooLong,
        NameError::TooLong,
        NameError::Character('*'),
        NameError::Character('\n'),
        NameError::OutsideZone,
    ] {
        let text = error.to_string();
        assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
    }
}

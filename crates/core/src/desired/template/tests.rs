//! Templates: read, filled, and recognised again.

use super::{Fill, Template, TemplateError};
use crate::address::{Family, Observation};
use crate::desired::Agreed;
use crate::record::RecordType;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

fn template(text: &str) -> Template {
    Template::parse(text).expect("a template")
}

fn known(text: &str) -> Observation {
    Observation::Address(text.parse().expect("an address"))
}

fn unknown() -> Observation {
    Observation::Unknown("too few".to_owned())
}

fn both() -> Agreed {
    Agreed::new(known("192.0.2.1"), known("2001:DB8:0::1"))
}

fn filled(text: &str) -> Fill {
    template(text).fill(&both())
}

#[test]
fn placeholders_become_addresses_in_their_shortest_form() {
    for (text, expected) in [
        ("{ipv4}", "192.0.2.1"),
        ("{ipv6}", "2001:db8::1"),
        ("v=spf1 ip4:{ipv4} -all", "v=spf1 ip4:192.0.2.1 -all"),
        ("v=spf1 ip4:{ipv4} ip6:{ipv6} -all", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"),
        ("{ipv4}{ipv4}", "192.0.2.1192.0.2.1"),
        ("1 . ipv4hint={ipv4} ipv6hint={ipv6}", "1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"),
        ("fixed", "fixed"),
        ("{{ipv4}}", "{ipv4}"),
        ("{{{ipv4}}}", "{192.0.2.1}"),
        ("}}{{", "}{"),
        ("é{ipv4}é", "é192.0.2.1é"),
    ] {
        assert_eq!(filled(text), Fill::Filled(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_template_is_refused_with_its_position() {
    let unknown = |at, name: &str| TemplateError::Unknown(at, name.to_owned());
    for (text, error) in [
        ("", TemplateError::Empty),
        (" \t", TemplateError::Empty),
        ("{ip}", unknown(0, "ip")),
        ("ab {IPv4}", unknown(3, "IPv4")),
        ("é{ ipv4 }", unknown(2, " ipv4 ")),
        ("{}", unknown(0, "")),
        ("{ipv4} {ipv5}", unknown(7, "ipv5")),
        ("{ipv4{ipv4}", unknown(0, "ipv4{ipv4")),
        ("ab{ipv4", TemplateError::Unclosed(2)),
        ("{", TemplateError::Unclosed(0)),
        ("{{{", TemplateError::Unclosed(2)),
        ("ipv4}", TemplateError::Stray(4)),
        ("{ipv4}}", TemplateError::Stray(6)),
        ("a\nb", TemplateError::Control(1)),
        ("\u{1}", TemplateError::Control(0)),
        ("é\u{7f}", TemplateError::Control(2)),
    ] {
        let found = Template::parse(text).expect_err(text);
        assert_eq!(found, error, "{text:?}");
        assert!(text.is_char_boundary(found.position()), "{text:?}");
    }
}

#[test]
fn errors_name_the_placeholder_and_show_the_way() {
    let text = |text| format!("{}", Template::parse(text).expect_err(text));
    assert_eq!(text("{ip}"), "\"ip\" is no placeholder (there are {ipv4} and {ipv6})");
    assert_eq!(text("{ipv4"), "`{` has no `}` (write `{{` for a brace)");
    assert_eq!(text("ipv4}"), "`}` has no `{` (write `}}` for a brace)");
}

#[test]
fn the_families_needed_are_those_in_it_once_and_in_order() {
    let families = |text| template(text).families().collect::<Vec<_>>();
    assert_eq!(families("fixed"), []);
    assert_eq!(families("{ipv6}"), [Family::V6]);
    assert_eq!(families("{ipv6} {ipv4} {ipv6}"), [Family::V4, Family::V6]);
    assert_eq!(Template::address(Family::V4), template("{ipv4}"));
    assert_eq!(Template::address(Family::V6), template("{ipv6}"));
}

#[test]
fn whatever_is_known_of_both_families_decides_the_filling() {
    let states = |address: &str| [known(address), Observation::NoAddress, unknown()];
    for v4 in states("192.0.2.1") {
        for v6 in states("2001:db8::1") {
            let agreed = Agreed::new(v4.clone(), v6.clone());
            let is_unknown = |state: &Observation| matches!(state, Observation::Unknown(_));
            let two = match (&v4, &v6) {
                (v4, _) if is_unknown(v4) => Fill::NeedsUnknown(Family::V4),
                (_, v6) if is_unknown(v6) => Fill::NeedsUnknown(Family::V6),
                (Observation::NoAddress, _) => Fill::Absent(Family::V4),
                (_, Observation::NoAddress) => Fill::Absent(Family::V6),
                (_, _) => Fill::Filled("192.0.2.1 2001:db8::1".to_owned()),
            };
            assert_eq!(template("{ipv4} {ipv6}").fill(&agreed), two, "{agreed:?}");
            assert_eq!(template("fixed").fill(&agreed), Fill::Filled("fixed".to_owned()), "{agreed:?}");
            let one = match &v4 {
                Observation::Address(_) => Fill::Filled("192.0.2.1".to_owned()),
                Observation::NoAddress => Fill::Absent(Family::V4),
                Observation::Unknown(_) => Fill::NeedsUnknown(Family::V4),
            };
            assert_eq!(template("{ipv4}").fill(&agreed), one, "{agreed:?}");
        }
    }
}

#[test]
fn an_address_record_fits_by_its_family() {
    let v4 = Template::address(Family::V4);
    let v6 = Template::address(Family::V6);
    for (content, is_v4, is_v6) in [
        ("192.0.2.1", true, false),
        ("10.0.0.1", true, false),
        (" 192.0.2.1 ", true, false),
        ("2001:db8::1", false, true),
        ("2001:DB8:0:0:0:0:0:1", false, true),
        ("::ffff:192.0.2.1", false, true),
        ("192.0.2", false, false),
        ("192.0.2.1.1", false, false),
        ("192.0.2.1, 192.0.2.2", false, false),
        ("www.example.org", false, false),
        ("", false, false),
    ] {
        assert_eq!(v4.fits(RecordType::A, content), is_v4, "{content:?}");
        assert_eq!(v6.fits(RecordType::Aaaa, content), is_v6, "{content:?}");
    }
}

#[test]
fn a_text_fits_whatever_the_addresses_and_the_quotes() {
    let spf = template("v=spf1 ip4:{ipv4} ip6:{ipv6} -all");
    for content in [
        "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all",
        "\"v=spf1 ip4:198.51.100.7 ip6:2001:db8:ffff:ffff:ffff:ffff:ffff:ffff -all\"",
        "\"v=spf1 ip4:0.0.0.0 \" \"ip6::: -all\"",
        "v=spf1 ip4:192.0.2.1 ip6:::ffff:192.0.2.1 -all",
    ] {
        assert!(spf.fits(RecordType::Txt, content), "{content}");
    }
    for content in [
        "",
        "v=spf1 -all",
        "v=spf1 ip4:192.0.2.1 -all",
        "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all",
        "v=spf1 ip4:192.0.2.256 ip6:2001:db8::1 -all",
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all",
        "v=spf1 ip4:2001:db8::1 ip6:192.0.2.1 -all",
        "V=SPF1 ip4:192.0.2.1 ip6:2001:db8::1 -all",
        "x v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all",
        "site-verification=abc",
    ] {
        assert!(!spf.fits(RecordType::Txt, content), "{content}");
    }
}

#[test]
fn one_family_is_one_address_wherever_it_stands() {
    let twice = template("{ipv4} and {ipv4}");
    assert!(twice.fits(RecordType::Txt, "192.0.2.1 and 192.0.2.1"));
    assert!(!twice.fits(RecordType::Txt, "192.0.2.1 and 192.0.2.2"));
}

#[test]
fn an_address_ends_where_the_text_goes_on() {
    let digits = template("{ipv4}2");
    assert!(digits.fits(RecordType::Txt, "192.0.2.12"));
    assert!(!digits.fits(RecordType::Txt, "192.0.2.1"));
    assert!(template("x{ipv6}:80").fits(RecordType::Txt, "x2001:db8::1:80"));
}

#[test]
fn a_fixed_text_fits_only_itself() {
    let fixed = template("site={{a}}");
    assert!(fixed.fits(RecordType::Txt, "\"site={a}\""));
    assert!(!fixed.fits(RecordType::Txt, "site={b}"));
}

#[test]
fn a_service_fits_in_any_order_and_quoting() {
    let https = template("1 . alpn=h3,h2 ipv4hint={ipv4}");
    for content in [
        "1 . alpn=h3,h2 ipv4hint=192.0.2.1",
        "1 . ipv4hint=\"192.0.2.9\" alpn=\"h3,h2\"",
        "1  .  ipv4hint=192.0.2.1 alpn=h3,h2",
    ] {
        assert!(https.fits(RecordType::Https, content), "{content}");
    }
    assert!(!https.fits(RecordType::Https, "1 . alpn=h2 ipv4hint=192.0.2.1"));
    assert!(!https.fits(RecordType::Https, "1 example.org. alpn=h3,h2 ipv4hint=192.0.2.1"));
}

#[test]
fn whatever_is_filled_fits() {
    let texts = [
        "{ipv4}",
        "{ipv6}",
        "a{ipv4}b{ipv6}c",
        "{ipv4}.{ipv6}",
        "\"{ipv4}\" \"{ipv6}\"",
        "a\\b{ipv4}",
        "é{{{ipv4}}}",
    ];
    let addresses =
        [("192.0.2.1", "::"), ("255.255.255.255", "2001:db8::ffff"), ("0.0.0.0", "::ffff:192.0.2.1")];
    for text in texts {
        for (v4, v6) in addresses {
            let Fill::Filled(content) = template(text).fill(&Agreed::new(known(v4), known(v6))) else {
                panic!("both are known")
            };
            for rtype in [RecordType::Txt, RecordType::Https, RecordType::Caa] {
                assert!(template(text).fits(rtype, &content), "{text} {content} {rtype}");
            }
            let shown = crate::record::presentable(RecordType::Txt, &content);
            assert!(template(text).fits(RecordType::Txt, &shown), "{text} {shown}");
        }
    }
}

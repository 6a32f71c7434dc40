//! Every good and bad record string, with the literal message.

use super::*;
use crate::config::diagnostic::Colour;
use crate::config::origin::{Medium, Text};
use dynflare_core::address::Observation;
use dynflare_core::desired::{Agreed, Derived};

fn given(text: &str) -> Given {
    let whole = Text::new(Medium::Variable("RECORDS".into()), text);
    Given::written(text, Place::new(&whole, 0..text.len()))
}

fn wishes(text: &str) -> Vec<RecordWish> {
    read(&given(text), &[], &OwnerMark::plain())
        .unwrap_or_else(|mistakes| panic!("{text}: {}", mistakes[0].render(Colour::Never)))
}

fn mistakes(text: &str) -> String {
    let mistakes = read(&given(text), &[], &OwnerMark::plain()).expect_err(text);
    mistakes.iter().map(|mistake| mistake.render(Colour::Never)).collect::<Vec<_>>().join("\n")
}

/// What a record holds when the machine has one address of each family.
fn values(wish: &RecordWish) -> Vec<String> {
    let address = |text: &str| Observation::Address(text.parse().expect("a literal address"));
    match wish.wish.derive(&Agreed::new(address("192.0.2.1"), address("2001:db8::ffff"))) {
        Derived::Desired(desired) => desired.values,
        other @ (Derived::Unknown(_) | Derived::Absent(_)) => panic!("{other:?}"),
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a literal name")
}

#[test]
fn the_seed_record_is_read_as_it_is() {
    let wish = wishes("cloudflare:example.com:A:example-subdomain").remove(0);
    assert_eq!(wish.account, "cloudflare");
    assert_eq!(wish.zone, Some(name("example.com")));
    assert_eq!(wish.key().name, name("example-subdomain.example.com"));
    assert_eq!(wish.key().rtype, RecordType::A);
    assert_eq!(wish.presence, Presence::Required);
    assert_eq!(wish.attributes, Attributes::default());
    assert_eq!(wish.origin.to_string(), "$RECORDS");
    assert_eq!(wish.text, "cloudflare:example.com:A:example-subdomain");
}

#[test]
fn both_families_become_two_wishes_for_what_is_there() {
    for text in ["home:example.org:A+AAAA:@?host_id=::5", "home:example.org:aaaa+a:@?host_id=::5"] {
        let both = wishes(text);
        assert_eq!(
            both.iter().map(|wish| wish.key().rtype).collect::<Vec<_>>(),
            [RecordType::A, RecordType::Aaaa]
        );
        assert!(both.iter().all(|wish| wish.presence == Presence::IfPresent));
        assert_eq!(values(&both[0]), ["192.0.2.1"]);
        assert_eq!(values(&both[1]), ["2001:db8::5"]);
    }
}

#[test]
fn ur_37_names_in_records_are_normalised() {
    for (text, zone, expected) in [
        ("c:Example.COM.:A:Home.Example.COM.", Some("example.com"), "home.example.com"),
        ("c:example.com:A:@", Some("example.com"), "example.com"),
        ("c:example.com:A:*.example.com", Some("example.com"), "*.example.com"),
        ("c:example.com:A:*.sub", Some("example.com"), "*.sub.example.com"),
        ("c:bücher.example:A:www", Some("xn--bcher-kva.example"), "www.xn--bcher-kva.example"),
        ("c:bücher.example:A:bücher.example", Some("xn--bcher-kva.example"), "xn--bcher-kva.example"),
        ("c:auto:A:Home.example.org", None, "home.example.org"),
        (" c : example.org : A : home ", Some("example.org"), "home.example.org"),
    ] {
        let wish = wishes(text).remove(0);
        assert_eq!(wish.zone, zone.map(name), "{text}");
        assert_eq!(wish.key().name, name(expected), "{text}");
    }
}

#[test]
fn options_are_form_encoded() {
    let wish = wishes(
        "c:example.org:TXT:@?content=v=spf1 ip4:{ipv4} -all&content=a%26b+c&ttl=300&comment=by+dynflare&\
         tags=b,a%2Cc&enforce=yes&zone_id=0123",
    )
    .remove(0);
    assert_eq!(values(&wish), ["\"a&b c\"", "\"v=spf1 ip4:192.0.2.1 -all\""]);
    assert_eq!(wish.attributes.ttl, Some(300));
    assert_eq!(wish.attributes.comment.as_deref(), Some("by dynflare"));
    assert_eq!(wish.attributes.tags, Some(vec!["a,c".to_owned(), "b".to_owned()]));
    assert!(format!("{:?}", wish.wish).contains("Correct"));
    assert_eq!(wish.zone_id.as_deref(), Some("0123"));
    let wish = wishes("c:example.org:AAAA:nas?host_id=::1,mac(02:00:5e:00:53:01)&host_id=::2&prefix_len=56");
    assert_eq!(values(&wish[0]), ["2001:db8::1", "2001:db8::2", "2001:db8::5eff:fe00:5301"]);
    let wish = wishes("c:example.org:A:home?proxied=false").remove(0);
    assert_eq!(wish.attributes.proxied, Some(false));
}

#[test]
fn the_same_wish_is_recognised_wherever_it_was_written() {
    let (one, other) = (wishes("c:example.org:A:home"), wishes("c:Example.org:a:home.example.org"));
    assert!(one[0].asks_the_same_as(&other[0]));
    assert!(!one[0].asks_the_same_as(&wishes("c:example.org:A:home?ttl=60")[0]));
}

#[test]
fn every_mistake_of_a_record_is_shown_at_once() {
    let expected = "\
error: the zone is no name: a label between two dots is empty
  --> $RECORDS
   | c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1
   |   ^^^^^^^^^^^^
error: `AAAAA` is no record type that can be kept
  --> $RECORDS
   | c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1
   |                ^^^^^
  hint: did you mean `AAAA`?
error: unknown option `tll`
  --> $RECORDS
   | c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1
   |                           ^^^
  hint: did you mean `ttl`?
error: `proxied`: expected `true` or `false`, found `maybe`
  --> $RECORDS
   | c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1
   |                                         ^^^^^
error: `ttl`: expected a number from 0 to 2147483647, found -1
  --> $RECORDS
   | c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1
   |                                                   ^^";
    assert_eq!(mistakes("c:example..org:AAAAA:home?tll=3&proxied=maybe&ttl=-1"), expected);
}

/// Text, message, what is marked, hint (empty: none).
const BAD: &[(&str, &str, &str, &str)] = &[
    ("", "the record is empty", "", SHAPE),
    ("home.example.org", "expected four fields separated by colons, found 1", "home.example.org", SHAPE),
    ("c:example.org:A", "expected four fields separated by colons, found 3", "c:example.org:A", SHAPE),
    (
        "c:example.org:A:a:b",
        "expected four fields separated by colons, found 5",
        "c:example.org:A:a:b",
        SHAPE,
    ),
    (":example.org:A:a", "the provider is empty", "", SHAPE),
    ("c::A:a", "the zone is empty", "", "write the zone, or `auto` to have the provider asked for it"),
    (
        "c:*.example.org:A:a",
        "a zone cannot be a wildcard",
        "*.example.org",
        "the wildcard belongs into the last field, the name",
    ),
    (
        "c:exa mple.org:A:a",
        "the zone is no name: the character ' ' cannot stand in a name",
        "exa mple.org",
        "",
    ),
    (
        "c:example.org::a",
        "the record type is empty",
        "",
        "the types are A, AAAA, CAA, CNAME, HTTPS, MX, SRV, SVCB, TXT and `A+AAAA`",
    ),
    (
        "c:example.org:PTR:a",
        "`PTR` is no record type that can be kept",
        "PTR",
        "the types are A, AAAA, CAA, CNAME, HTTPS, MX, SRV, SVCB, TXT and `A+AAAA`",
    ),
    (
        "c:example.org:A+AAAAA:a",
        "`AAAAA` is no record type that can be kept",
        "AAAAA",
        "did you mean `AAAA`?",
    ),
    (
        "c:example.org:A+TXT:a",
        "the types `A+TXT` cannot be joined",
        "A+TXT",
        "only `A+AAAA` can; write one record for each other type",
    ),
    ("c:example.org:A:", "the name is empty", "", "write `@` for the zone itself"),
    ("c:example.org:A:a..b", "the name is no name: a label between two dots is empty", "a..b", ""),
    ("c:example.org:A:a.*", "the name is no name: `*` may only stand alone as the first label", "a.*", ""),
    (
        "c:example.org:A:a.example.com.",
        "`a.example.com.` does not lie in the zone `example.org`",
        "a.example.com.",
        "",
    ),
    (
        "c:auto:A:home",
        "`home` is relative, but the zone is not known yet",
        "home",
        "with the zone `auto` write the whole name, such as `home.example.org`",
    ),
    (
        "c:auto:A:@",
        "`@` is relative, but the zone is not known yet",
        "@",
        "with the zone `auto` write the whole name, such as `home.example.org`",
    ),
    ("c:example.org:A:a?ttl", "the option `ttl` has no value", "ttl", "write `ttl=…`"),
    ("c:example.org:A:a?ttl=", "`ttl`: expected a whole number, found ``", "", ""),
    ("c:example.org:A:a?ttl=5m", "`ttl`: expected a whole number, found `5m`", "5m", ""),
    ("c:example.org:A:a?ttl=1&ttl=2", "the option `ttl` is given twice", "ttl", ""),
    ("c:example.org:A:a?proxy=true", "unknown option `proxy`", "proxy", "did you mean `proxied`?"),
    (
        "c:example.org:A:a?colour=red",
        "unknown option `colour`",
        "colour",
        "the options are `comment`, `content`, `enforce`, `host_id`, `on_no_address`, `on_stop`, `prefix_len`, `proxied`, `refresh_after`, `tags`, `ttl`, `uplink` and `zone_id`",
    ),
    (
        "c:auto:A:a.example.org?zone_id=0123",
        "`zone_id` is of no use where the zone is not named",
        "zone_id",
        "write the zone in the place of `auto`",
    ),
    ("c:example.org:A:a?zone_id=", "`zone_id`: the value is empty", "", ""),
    (
        "c:example.org:A:a?comment=a%0Ab",
        "`comment`: a comment cannot hold line ends or control characters",
        "a%0Ab",
        "",
    ),
    (
        "c:example.org:AAAA:a?host_id=::1,0.0.0.1",
        "`host_id`: expected a host id such as ::1234 or mac(02:00:5e:00:53:01)",
        "0.0.0.1",
        "",
    ),
    (
        "c:example.org:AAAA:a?host_id=2001:db8::1",
        "host id 2001:db8::1: the host id has bits set inside the prefix",
        "host_id",
        "",
    ),
    ("c:example.org:A:a?host_id=::1", "`host_id` belongs to AAAA records", "host_id", ""),
    (
        "c:example.org:TXT:a?content={ipv4}&host_id=::1",
        "a host id is set, but nothing in the content uses {ipv6}",
        "host_id",
        "",
    ),
    (
        "c:example.org:TXT:a?content=ip4:{ipv5}",
        "`content`: \"ipv5\" is no placeholder (there are {ipv4} and {ipv6})",
        "{ipv5}",
        "",
    ),
    (
        "c:example.org:A:a?content=ns1.example.org",
        "the content does not become an address of the record's family",
        "ns1.example.org",
        "",
    ),
    ("c:example.org:TXT:a?content=", "`content`: the content is empty", "", ""),
    (
        "c:example.org:A:a?comment=mine",
        "the comment must contain `dynflare`, or the record would not be recognised as owned",
        "comment",
        "",
    ),
    (
        "c:example.org:AAAA:a?host_id=::1&prefix_len=128",
        "`prefix_len`: expected a number from 1 to 127, found 128",
        "128",
        "",
    ),
    ("c:example.org:AAAA:a?prefix_len=56", "`prefix_len` says nothing without `host_id`", "prefix_len", ""),
    (
        "c:example.org:TXT:a",
        "a record of type TXT needs the option `content`",
        "TXT",
        "such as `?content=v=spf1 ip4:{ipv4} -all`",
    ),
    (
        "c:example.org:A+AAAA:a?content={ipv4}",
        "`content` cannot be given for two types at once",
        "content",
        "write one record for each type",
    ),
];

#[test]
fn every_bad_record_has_its_own_sentence_its_place_and_what_to_do() {
    for (text, message, marked, hint) in BAD {
        let found = read(&given(text), &[], &OwnerMark::plain()).expect_err(text);
        let [mistake] = found.as_slice() else { panic!("{text}: {found:#?}") };
        let place = mistake.place.as_ref().expect("a record has a place");
        assert_eq!(mistake.message, *message, "{text}");
        assert_eq!(&place.text().shown()[place.shown_range()], *marked, "{text}");
        assert_eq!(mistake.hint.as_deref().unwrap_or_default(), *hint, "{text}");
    }
}

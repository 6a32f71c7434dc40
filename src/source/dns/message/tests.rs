//! What may count as an answer, and everything that must not.

use super::*;
use crate::net::dns::asked::HEADER;
use crate::source::dns::query::parse;
use domain::base::name::Name;
use domain::base::{MessageBuilder, Record, Ttl};

fn query(text: &str) -> Query {
    parse(&format!("udp://192.0.2.53/{text}")).expect("a question").1
}

/// A question whose letters are all turned over, and whose id is 0x1234.
fn asked(text: &str, family: Family) -> Asked {
    let mut random = [0xff; 34];
    random[..2].copy_from_slice(&[0x12, 0x34]);
    asked_with(&query(text), family, Case::Kept, &random)
}

fn asked_with(query: &Query, family: Family, case: Case, random: &[u8; 34]) -> Asked {
    let question = dns::Asked::with(&asking(query, family, case), random);
    Asked { question, query: query.clone(), family }
}

/// The answer to a question, with these records of (owner, class, data).
fn answer<D: domain::base::rdata::ComposeRecordData>(
    asked: &Asked,
    records: &[(&str, DnsClass, D)],
) -> Vec<u8> {
    let message = Message::from_octets(asked.octets().to_vec()).expect("a message");
    let mut section = MessageBuilder::new_vec().start_answer(&message, Rcode::NOERROR).expect("room");
    for (owner, class, data) in records {
        let owner: Name<Vec<u8>> = owner.parse().expect("a name");
        section.push(Record::new(owner, *class, Ttl::ZERO, data)).expect("room");
    }
    // The builder does not keep the letters' case where it knows the name.
    let mut octets = section.finish();
    octets[HEADER..asked.octets().len()].copy_from_slice(&asked.octets()[HEADER..]);
    octets
}

fn a(address: &str) -> A {
    A::new(address.parse().expect("an address"))
}

fn txt(text: &str) -> Txt<Vec<u8>> {
    Txt::build_from_slice(text.as_bytes()).expect("short")
}

fn said(asked: &Asked, octets: &[u8]) -> String {
    match asked.hear(octets) {
        Heard::Foreign => "foreign".to_owned(),
        Heard::Truncated => "truncated".to_owned(),
        Heard::Answer(Ok(address)) => address.to_string(),
        Heard::Answer(Err(fault)) => fault.to_string(),
    }
}

const NAME: &str = "myip.example.net";

fn good() -> (Asked, Vec<u8>) {
    let asked = asked(NAME, Family::V4);
    let octets = answer(&asked, &[(NAME, DnsClass::IN, a("203.0.113.7"))]);
    (asked, octets)
}

#[test]
fn a_question_has_random_id_and_case() {
    let query = query(NAME);
    let (one, other) =
        (Asked::new(&query, Family::V4, Case::Kept), Asked::new(&query, Family::V4, Case::Kept));
    assert!(one.octets().eq_ignore_ascii_case(one.octets()));
    // Two of fourteen letters and sixteen bits being the same happens once in a billion.
    assert_ne!(one.octets(), other.octets());
    assert_eq!(&asked(NAME, Family::V4).octets()[13..17], b"MYIP");
}

#[test]
fn the_type_follows_the_family_and_the_class_the_question() {
    for (text, family, rtype, class) in [
        (NAME, Family::V4, Rtype::A, DnsClass::IN),
        (NAME, Family::V6, Rtype::AAAA, DnsClass::IN),
        ("whoami.cloudflare/TXT/CH", Family::V6, Rtype::TXT, DnsClass::CH),
    ] {
        let asked = asked(text, family);
        let message = Message::from_octets(asked.octets()).expect("a message");
        let question = message.sole_question().expect("one question");
        assert_eq!((question.qtype(), question.qclass()), (rtype, class));
        assert!(message.header().rd());
    }
}

#[test]
fn the_one_record_is_the_address() {
    let (asked, octets) = good();
    assert_eq!(said(&asked, &octets), "203.0.113.7");
    let v6 = self::asked(NAME, Family::V6);
    let data = Aaaa::new("2001:db8::7".parse().expect("an address"));
    assert_eq!(said(&v6, &answer(&v6, &[(NAME, DnsClass::IN, data)])), "2001:db8::7");
    let chaos = self::asked("whoami.cloudflare/TXT/CH", Family::V4);
    let octets = answer(&chaos, &[("whoami.cloudflare", DnsClass::CH, txt("203.0.113.7"))]);
    assert_eq!(said(&chaos, &octets), "203.0.113.7");
}

#[test]
fn another_id_question_case_type_or_class_is_foreign() {
    let (asked, octets) = good();
    for place in (0..2).chain(HEADER..asked.octets().len()) {
        for bit in [0x01, 0x20, 0x80] {
            let mut other = octets.clone();
            other[place] ^= bit;
            assert_eq!(said(&asked, &other), "foreign", "octet {place}");
        }
    }
    let mut question = octets.clone();
    question[2] &= 0x7f;
    assert_eq!(said(&asked, &question), "foreign", "a question is no answer");
    let mut update = octets.clone();
    update[2] |= 5 << 3;
    assert_eq!(said(&asked, &update), "foreign", "another opcode");
    for count in [0, 2] {
        let mut counted = octets.clone();
        counted[5] = count;
        assert_eq!(said(&asked, &counted), "foreign", "{count} questions");
    }
    assert_eq!(said(&asked, &[]), "foreign");
}

#[test]
fn where_the_transport_proves_the_server_the_case_may_be_another() {
    let (asked, mut octets) = good();
    let mut random = [0xff; 34];
    random[..2].copy_from_slice(&asked.octets()[..2]);
    let asked = asked_with(&query(NAME), Family::V4, Case::Any, &random);
    octets[HEADER..asked.octets().len() - 4].make_ascii_lowercase();
    assert_eq!(said(&asked, &octets), "203.0.113.7");
    octets[HEADER + 1] = b'n';
    assert_eq!(said(&asked, &octets), "foreign");
}

#[test]
fn a_truncated_answer_is_told_apart() {
    let (asked, mut octets) = good();
    octets[2] |= 0x02;
    assert_eq!(said(&asked, &octets), "truncated");
}

#[test]
fn a_refusal_is_told_with_its_code() {
    let (asked, octets) = good();
    for (code, expected) in [
        (1, "does not understand the question (FORMERR)"),
        (2, "is broken for now (SERVFAIL)"),
        (3, "says that the name does not exist (NXDOMAIN)"),
        (5, "refuses to answer this question (REFUSED)"),
    ] {
        let mut refused = octets.clone();
        refused[3] = refused[3] & 0xf0 | code;
        assert_eq!(said(&asked, &refused), expected);
    }
}

#[test]
fn none_or_several_records_and_records_of_others_are_no_answer() {
    let asked = asked(NAME, Family::V4);
    let (one, other) = (a("203.0.113.7"), a("203.0.113.8"));
    assert_eq!(said(&asked, &answer::<A>(&asked, &[])), "has no such record");
    assert_eq!(
        said(&asked, &answer(&asked, &[(NAME, DnsClass::IN, one.clone()), (NAME, DnsClass::IN, other)])),
        "answered with 2 records where one address is expected"
    );
    assert_eq!(
        said(&asked, &answer(&asked, &[("other.example.net", DnsClass::IN, one.clone())])),
        "answered with a record that was not asked for (\"other.example.net IN A\")"
    );
    assert_eq!(
        said(&asked, &answer(&asked, &[(NAME, DnsClass::CH, one)])),
        "answered with a record that was not asked for (\"myip.example.net CH A\")"
    );
    assert_eq!(
        said(&asked, &answer(&asked, &[(NAME, DnsClass::IN, txt("203.0.113.7"))])),
        "answered with a record that was not asked for (\"myip.example.net IN TXT\")"
    );
}

#[test]
fn a_text_is_one_string_with_one_address_of_the_family() {
    let asked = asked("o-o.example.net/TXT", Family::V4);
    let said = |data: Txt<Vec<u8>>| said(&asked, &answer(&asked, &[("o-o.example.net", DnsClass::IN, data)]));
    assert_eq!(said(txt("203.0.113.7")), "203.0.113.7");
    assert_eq!(
        said(txt("2001:db8::7")),
        "answered with an IPv6 address where IPv4 was asked (\"2001:db8::7\")"
    );
    assert_eq!(
        said(txt("edns0-client-subnet 203.0.113.7/32")),
        "the answer is not one address and nothing else (\"edns0-client-subnet 203.0.113.7/32\")"
    );
    let two =
        Txt::from_octets([&[11], b"203.0.113.7".as_slice(), &[11], b"203.0.113.8"].concat()).expect("two");
    assert_eq!(said(two), "answered with several texts where one address is expected");
}

#[test]
fn an_answer_that_is_cut_off_is_no_address() {
    let (asked, octets) = good();
    for length in 0..octets.len() {
        let heard = said(&asked, &octets[..length]);
        assert!(heard == "foreign" || heard == "the answer is broken off or garbled", "{length}: {heard}");
    }
}

/// xorshift64* (Marsaglia 2003, Vigna 2016): the same inputs at every run.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound
    }

    fn octet(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

#[test]
fn no_input_panics_and_none_is_believed_that_answers_something_else() {
    let mut random = Generator(0x0053);
    let (asked, octets) = good();
    let text = self::asked("o-o.example.net/TXT", Family::V4);
    let texts = answer(&text, &[("o-o.example.net", DnsClass::IN, txt("203.0.113.7"))]);
    for round in 0..60_000 {
        let (asked, octets) = if round % 2 == 0 { (&asked, &octets) } else { (&text, &texts) };
        let mut input = octets.clone();
        if round % 3 == 0 {
            // After a true header and question, anything.
            let start = if round % 2 == 0 { 0 } else { asked.octets().len() };
            input.truncate(start);
            input.extend((0..random.below(150)).map(|_| random.octet()));
        }
        for _ in 0..random.below(5) {
            match random.below(4) {
                0 => input.truncate(random.below(input.len() + 1)),
                1 => input.push(random.octet()),
                _ if !input.is_empty() => {
                    let place = random.below(input.len());
                    input[place] = random.octet();
                }
                _ => {}
            }
        }
        if let Heard::Answer(Ok(address)) = asked.hear(&input) {
            assert!(address.is_ipv4());
            assert_eq!(input[..2], asked.octets()[..2]);
            assert_eq!(input[HEADER..asked.octets().len()], asked.octets()[HEADER..]);
            assert_eq!((input[2] & 0xfa, input[3] & 0x0f, input[7]), (0x80, 0, 1));
        }
    }
}

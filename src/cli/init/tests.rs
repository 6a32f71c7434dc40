//! Scripted conversations: what is asked, what an answer does, what is found, and what comes out.

use super::dialogue::{Answer, Asked, Chosen, Dialogue, Found, Kind, Next, Sight, Task, There, Trouble};
use super::draft::{self, Surroundings};
use super::question;
use crate::config::{Arguments, Environment};
use crate::provider::registry;
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;
use std::path::Path;

const KINDS: [&str; 3] = ["compose", "cron", "systemd"];

fn name(text: &str) -> Name {
    Name::parse(text).expect("a literal name")
}

fn there(at: &str, rtype: RecordType, content: &str) -> There {
    There { name: name(at), rtype, content: content.to_owned() }
}

fn trouble(kind: Kind) -> Trouble {
    Trouble { kind, text: "error: it was refused".to_owned() }
}

/// A conversation, with whoever is asked beside the user as a function.
struct Conversation {
    dialogue: Dialogue,
    said: Vec<String>,
}

impl Conversation {
    fn new() -> Self {
        Self { dialogue: Dialogue::new(KINDS.into()), said: Vec::new() }
    }

    /// Answers a question; tasks before it are done by `world`.
    fn answer(&mut self, text: &str, mut world: impl FnMut(Task) -> Found) -> Result<Asked, String> {
        loop {
            match self.dialogue.next() {
                Next::Find(task) => {
                    let heard = self.dialogue.learn(world(task));
                    assert!(heard.needed.is_none() || heard.again);
                    self.said.extend(heard.lines.into_iter().chain(heard.needed));
                }
                Next::Ask(asked) => {
                    let question =
                        question::of(asked, &self.dialogue, Path::new("/etc/dynflare/dynflare.toml"));
                    self.said.extend(question.said.iter().cloned());
                    self.said.push(question.line());
                    let text = match &question.default {
                        Some((default, _)) if text.is_empty() => default,
                        _ => text,
                    };
                    let secret = question.sight == registry::Sight::Secret && !text.is_empty();
                    let answer = if secret {
                        Answer::Secret(Secret::new(text))
                    } else {
                        Answer::Text(text.to_owned())
                    };
                    return self.dialogue.answer(asked, answer).map(|()| asked);
                }
                Next::Done => panic!("nothing is asked any more, and `{text}` was to be answered"),
            }
        }
    }

    /// Gives answers that are not understood, and says why.
    #[track_caller]
    fn misunderstands(&mut self, answers: &[(&str, &str)]) {
        for (text, why) in answers {
            match self.answer(text, open) {
                Ok(asked) => panic!("{text}: taken, and {asked:?} asked"),
                Err(told) => assert!(told.contains(why), "{text}: {told}"),
            }
        }
    }

    fn text(&self) -> String {
        let around =
            Surroundings { world: Environment::default(), arguments: Arguments::default(), base_url: None };
        draft::text(&self.dialogue, &around, |info, field| {
            format!("file:{}", draft::secret_file(info, field))
        })
    }
}

/// A provider that shows everything, and a machine with IPv4.
fn open(task: Task) -> Found {
    match task {
        Task::Zones => Found::Zones(Ok(Some(vec![name("example.org"), name("example.com")]))),
        Task::Records => Found::Records(Ok(Some(vec![
            there("home.example.org", RecordType::A, "198.51.100.4"),
            there("example.org", RecordType::A, "198.51.100.4"),
            there("www.example.org", RecordType::Cname, "example.org"),
            there("home.example.org", RecordType::Aaaa, "2001:db8::4"),
        ]))),
        Task::Look => panic!("a zone that was listed is not looked at again"),
        Task::Detect => Found::Detect(vec![
            (Family::V4, Sight::Address, "IPv4: 203.0.113.7".to_owned()),
            (Family::V6, Sight::Nothing, "IPv6: not agreed".to_owned()),
        ]),
    }
}

/// A provider that shows nothing of itself.
fn closed(task: Task) -> Found {
    match task {
        Task::Zones => Found::Zones(Ok(None)),
        Task::Records => Found::Records(Ok(None)),
        Task::Look => Found::Look(Ok(None)),
        Task::Detect => open(task),
    }
}

#[test]
fn zone_and_names_are_picked_from_what_is_there_and_the_types_from_what_this_machine_has() {
    let mut talk = Conversation::new();
    for (text, asked) in [
        ("Cloudflare", "--provider"),
        ("t0ken", "--token-file"),
        ("2", "--zone"),
        ("2, new", "--name"),
        ("", "--type"),
        ("", "--config"),
        ("systemd", "--generate"),
    ] {
        let answered = talk.answer(text, open).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(answered.flag(), asked);
    }
    assert_eq!(talk.dialogue.next(), Next::Done);
    assert_eq!(talk.dialogue.run_by, Chosen::This("systemd"));
    assert_eq!(talk.dialogue.records(), ["cloudflare:example.org:A:home", "cloudflare:example.org:A:new"]);
    let said = talk.said.join("\n");
    for expected in [
        "make it at https://dash.cloudflare.com/profile/api-tokens",
        "Zone.DNS:Edit",
        "token (not shown): ",
        "The account sees 2 zones:\n  1  example.com\n  2  example.org",
        "  1  @     A 198.51.100.4\n  2  home  A 198.51.100.4, AAAA 2001:db8::4",
        "IPv4: 203.0.113.7",
        "A+AAAA [A]: ",
        "[/etc/dynflare/dynflare.toml]: ",
    ] {
        assert!(said.contains(expected), "{expected:?} in\n{said}");
    }
    assert!(!said.contains("t0ken"), "{said}");
    let text = talk.text();
    assert!(text.contains("token = \"file:cloudflare-token\"") && !text.contains("t0ken"), "{text}");
}

#[test]
fn what_was_not_understood_is_asked_again_with_a_suggestion() {
    let mut talk = Conversation::new();
    talk.misunderstands(&[
        ("cloudfalre", "did you mean `cloudflare`?"),
        ("hetzner", "there is `hetzner-cloud`"),
        ("nowhere at all", "`dynflare providers` lists"),
        ("exec", "is described in the configuration file itself"),
    ]);
    assert!(talk.answer("cloudfalre", open).is_err());
    // An empty answer takes the suggestion.
    assert_eq!(talk.answer("", open), Ok(Asked::Provider));
    talk.answer("t0ken", open).expect("a token");
    talk.misunderstands(&[
        ("3", "the account sees no zone `3`; it sees example.com, example.org"),
        ("exmaple.org", "did you mean `example.org`?"),
        ("home.example.org", "`home.example.org` lies in the zone example.org"),
        ("", "a zone is needed"),
    ]);
    talk.answer("example.org", open).expect("a zone");
    talk.misunderstands(&[
        ("www", "is an alias of example.org (CNAME)"),
        ("home.example.com", "lies in the zone example.com and not in example.org"),
        ("a b@d", "`b@d`"),
        (",", "a name is needed"),
    ]);
    talk.answer("@", open).expect("a name");
    assert!(talk.answer("CNAME", open).expect_err("no address").contains("none of A, AAAA and A+AAAA"));
    talk.answer("both", open).expect("types");
    assert_eq!(talk.dialogue.records(), ["cloudflare:example.org:A+AAAA:@"]);
    talk.answer("", open).expect("a file");
    assert!(talk.answer("systemctl", open).expect_err("no kind").contains("did you mean `systemd`?"));
    talk.answer("", open).expect("nothing runs it");
    assert_eq!(talk.dialogue.run_by, Chosen::Without);
}

#[test]
fn a_token_that_is_refused_is_asked_for_again_and_what_it_has_to_be_is_said() {
    let mut talk = Conversation::new();
    talk.answer("cloudflare", open).expect("a provider");
    talk.answer("wrong", open).expect("a token");
    let refusing = |task| match task {
        Task::Zones => Found::Zones(Err(trouble(Kind::Refused))),
        other => open(other),
    };
    let asked = talk.answer("right", refusing).expect("another token");
    assert_eq!(asked.flag(), "--token-file");
    let said = talk.said.join("\n");
    assert!(
        said.contains("error: it was refused\n  needed is token: an API token with Zone.DNS:Edit"),
        "{said}"
    );
    // One that sees nothing is no better.
    let empty = |task| if task == Task::Zones { Found::Zones(Ok(Some(Vec::new()))) } else { open(task) };
    assert_eq!(talk.answer("third", empty).expect("a third").flag(), "--token-file");
    assert!(talk.said.join("\n").contains("the account sees no zone at all"));
    // So is one that is refused later.
    let later =
        |task| if task == Task::Records { Found::Records(Err(trouble(Kind::Refused))) } else { open(task) };
    talk.answer("example.org", later).expect("a zone");
    assert_eq!(talk.answer("fourth", later).expect("a fourth").flag(), "--token-file");
}

#[test]
fn where_nobody_can_be_asked_answers_are_typed_and_that_is_said() {
    let away = |task| match task {
        Task::Zones => Found::Zones(Err(trouble(Kind::Unknown))),
        Task::Records => Found::Records(Err(trouble(Kind::Unknown))),
        Task::Look => Found::Look(Err(trouble(Kind::Unknown))),
        Task::Detect => Found::Detect(Vec::new()),
    };
    let mut talk = Conversation::new();
    for text in ["cloudflare", "t0ken", "example.org", "home", "", "", ""] {
        talk.answer(text, away).unwrap_or_else(|why| panic!("{text}: {why}"));
    }
    assert_eq!(talk.dialogue.records(), ["cloudflare:example.org:A+AAAA:home"]);
    assert!(talk.said.join("\n").contains("nothing of it was checked"), "{:?}", talk.said);
}

#[test]
fn a_provider_that_takes_whole_names_is_asked_for_no_zone() {
    let mut talk = Conversation::new();
    for text in ["duckdns", "t0ken", "home.duckdns.org", "A", "x.toml", ""] {
        talk.answer(text, closed).unwrap_or_else(|why| panic!("{text}: {why}"));
    }
    assert_eq!(talk.dialogue.records(), ["duckdns:auto:A:home.duckdns.org"]);
    assert_eq!(talk.dialogue.next(), Next::Done);
}

#[test]
fn whatever_an_account_is_made_of_is_asked_one_by_one_and_what_is_no_secret_stands_in_the_file() {
    for info in registry::all().into_iter().filter(|info| !info.asked().is_empty()) {
        let mut talk = Conversation::new();
        talk.answer(info.id, closed).unwrap_or_else(|why| panic!("{}: {why}", info.id));
        for field in info.asked() {
            let asked = talk.answer("value-1", closed).unwrap_or_else(|why| panic!("{}: {why}", info.id));
            assert_eq!(asked, Asked::Credential(field), "{}", info.id);
        }
        let text = talk.text();
        for field in info.asked() {
            let value = match field.sight {
                registry::Sight::Secret => format!("file:{}-{}", info.id, field.key.replace('_', "-")),
                registry::Sight::Plain => "value-1".to_owned(),
            };
            assert!(text.contains(&format!("\n{} = \"{value}\"\n", field.key)), "{}: {text}", info.id);
        }
    }
}

#[test]
fn a_zone_that_cannot_be_listed_is_looked_at_where_names_were_chosen() {
    let looked = |task| match task {
        Task::Zones => Found::Zones(Ok(Some(vec![name("example.org")]))),
        Task::Look => Found::Look(Ok(Some(vec![there("home.example.org", RecordType::A, "198.51.100.4")]))),
        other => closed(other),
    };
    let mut talk = Conversation::new();
    for text in ["desec", "t0ken", "", "home new", ""] {
        talk.answer(text, looked).unwrap_or_else(|why| panic!("{text}: {why}"));
    }
    let said = talk.said.join("\n");
    assert!(
        said.contains("home.example.org has A 198.51.100.4\nnew.example.org has no address yet"),
        "{said}"
    );
    // A zone that is not there after all is asked for again.
    let gone = |task| if task == Task::Look { Found::Look(Err(trouble(Kind::NoZone))) } else { closed(task) };
    let mut talk = Conversation::new();
    for text in ["desec", "t0ken", "example.net", "home"] {
        talk.answer(text, gone).unwrap_or_else(|why| panic!("{text}: {why}"));
    }
    assert_eq!(talk.answer("example.org", gone), Ok(Asked::Zone));
}

//! The words of scenarios, and how one is played.
//!
//! Events: `tick`, `kick`, `interfaces`, `router`, `router ADDRESS`, `resumed`, `clock set`, `saw ADDRESS`, `saw
//! nothing`, `config changed`, `loaded`, `loaded wrong`, `withdrawn`, `stop`, and `ended ENDING…` with one ending for
//! each record of the round, then `agreed ADDRESS` where one was. Endings: `right`, `as-before`, `changed`, `absent`,
//! `not-agreed`, `refused`, `guarded`, or a class, with `+SECONDS` for a `Retry-After`.
//!
//! What follows: `round CAUSE PLACE…` (`!` behind a place: its provider is read whatever the address is), `stop
//! asking`, `drop round`, `ask`, `load`, `withdraw`, `end`, `tell …`.

use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::machine::{
    Action, Agreement, Ending, Event, Line, Look, Machine, Notice, Now, OnStop, Regular, Report, Timing,
    Told, Want, Wants,
};
use dynflare_core::memory::Place;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use dynflare_core::schedule::Moment;
use serde::Deserialize;
use std::time::Duration;

/// One file. Times are in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What it shows, for people.
    about: String,
    #[serde(default)]
    pub(crate) setup: Setup,
    pub(crate) step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Setup {
    /// 0: on events only.
    pub(crate) interval: u64,
    /// 0: none.
    pub(crate) sentinel: u64,
    pub(crate) audit: u64,
    pub(crate) delete_on_stop: bool,
    /// The accounts of the records.
    pub(crate) accounts: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        let accounts = ["one", "other"].map(str::to_owned).to_vec();
        Self { interval: 300, sentinel: 30, audit: 3_600, delete_on_stop: false, accounts }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// When; without it as soon as the machine is due.
    pub(crate) at: Option<f64>,
    /// How far the clock on the wall has jumped, from here on.
    #[serde(default)]
    pub(crate) wall: i64,
    #[serde(default = "tick")]
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) then: Vec<String>,
    /// Between which times it is due afterwards; the times of steps without `at` are bounded by it.
    pub(crate) due: Option<[f64; 2]>,
}

fn tick() -> String {
    "tick".to_owned()
}

fn line() -> Line {
    Line { family: Family::V4, uplink: None }
}

impl Setup {
    fn wants(&self) -> Wants {
        let record = |(number, account): (usize, &String)| {
            let name = Name::parse(&format!("{}.example.org", letter(number))).expect("a name");
            let key = Key { name, rtype: RecordType::A };
            Want { place: Place { account: account.clone(), key }, lines: [line()].into() }
        };
        let seconds = Duration::from_secs;
        let timing = Timing {
            regular: if self.interval == 0 {
                Regular::EventsOnly
            } else {
                Regular::Every(seconds(self.interval))
            },
            audit: seconds(self.audit),
            sentinel: (self.sentinel > 0).then(|| seconds(self.sentinel)),
            failing_after: 3,
            on_stop: if self.delete_on_stop { OnStop::Delete } else { OnStop::Keep },
        };
        Wants { records: self.accounts.iter().enumerate().map(record).collect(), timing }
    }
}

pub(crate) fn letter(record: usize) -> char {
    char::from(b'a' + u8::try_from(record).expect("few records"))
}

impl Scenario {
    /// Plays it with several seeds: what is written down holds for any dice.
    pub(crate) fn play(&self, name: &str) {
        assert!(!self.about.is_empty(), "{name} says what it shows");
        for seed in 0..20 {
            self.play_with(seed, name);
        }
    }

    fn play_with(&self, seed: u64, name: &str) {
        let (mut at, mut wall) = (0_u64, 1_800_000_000_i64);
        let mut machine = Machine::new(self.setup.wants(), now(at, wall), seed);
        let mut round: Vec<usize> = Vec::new();
        for (number, step) in self.step.iter().enumerate() {
            let place = format!("{name}, step {}, seed {seed}", number + 1);
            let due = machine.due().map(Moment::millis);
            at = match step.at {
                Some(at) => millis(at),
                None => due.unwrap_or_else(|| panic!("{place}: nothing is due")).max(at),
            };
            assert!(
                due.is_none_or(|due| due >= at || number == 0),
                "{place}: it was due before, at {due:?} ms"
            );
            wall += step.wall;
            let event = event(&step.event, &round, &self.setup);
            let actions = machine.on(now(at, wall), event);
            for action in &actions {
                if let Action::Round { records, .. } = action {
                    round = records.iter().map(|(record, _)| *record).collect();
                }
            }
            let done: Vec<String> = actions.iter().map(words).collect();
            assert_eq!(done, step.then, "{place}: {} at {at} ms", step.event);
            if let Some([from, to]) = step.due {
                let due = machine.due().unwrap_or_else(|| panic!("{place}: nothing is due")).millis();
                assert!((millis(from)..=millis(to)).contains(&due), "{place}: due at {due} ms");
            }
        }
    }
}

fn now(at: u64, wall: i64) -> Now {
    let wall = wall.saturating_add_unsigned(at / 1_000);
    Now { at: Moment::from_millis(at), wall: u64::try_from(wall).unwrap_or(0) }
}

fn millis(seconds: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(seconds).as_millis()).expect("a time within reason")
}

fn event(text: &str, round: &[usize], setup: &Setup) -> Event {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ip = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is an address"));
    match words[..] {
        ["tick"] => Event::Tick,
        ["kick"] => Event::Noticed(Notice::Kick),
        ["interfaces"] => Event::Noticed(Notice::Interfaces),
        ["router"] => Event::Noticed(Notice::Router(None)),
        ["router", told] => Event::Noticed(Notice::Router(Some(ip(told)))),
        ["resumed"] => Event::Noticed(Notice::Resumed),
        ["clock", "set"] => Event::Noticed(Notice::ClockSet),
        ["saw", "nothing"] => Event::Sighted(line(), None),
        ["saw", told] => Event::Sighted(line(), Some(ip(told))),
        ["config", "changed"] => Event::ConfigChanged,
        ["loaded"] => Event::Loaded(Ok(Box::new(setup.wants()))),
        ["loaded", "wrong"] => Event::Loaded(Err("it is wrong".to_owned())),
        ["withdrawn"] => Event::Withdrawn,
        ["stop"] => Event::Stop,
        ["ended", ref endings @ .., "agreed", told] => {
            ended(endings, round, Some(Agreement::Address(ip(told))))
        }
        ["ended", ref endings @ ..] => ended(endings, round, None),
        _ => panic!("`{text}` is no event"),
    }
}

fn ended(endings: &[&str], round: &[usize], agreed: Option<Agreement>) -> Event {
    assert_eq!(endings.len(), round.len(), "one ending for each record of the round: {endings:?}");
    let endings = round.iter().copied().zip(endings.iter().map(|text| ending(text))).collect();
    Event::RoundEnded(Report { endings, agreed: agreed.map(|agreed| (line(), agreed)).into_iter().collect() })
}

fn ending(text: &str) -> Ending {
    let (word, wait) = match text.split_once('+') {
        Some((word, seconds)) => (word, Some(Duration::from_secs(seconds.parse().expect("seconds")))),
        None => (text, None),
    };
    match word {
        "right" => Ending::Right,
        "as-before" => Ending::AsBefore,
        "changed" => Ending::Changed,
        "absent" => Ending::Absent,
        "not-agreed" => Ending::NotAgreed,
        "refused" => Ending::Refused,
        "guarded" => Ending::Guarded,
        _ => {
            let class = Class::ALL.into_iter().find(|class| class.as_str() == word);
            Ending::Failed(class.unwrap_or_else(|| panic!("`{text}` is no ending")), wait)
        }
    }
}

fn words(action: &Action) -> String {
    match action {
        Action::Round { records, cause } => {
            let place = |(record, look): &(usize, Look)| match look {
                Look::Always => format!(" {}!", letter(*record)),
                Look::IfChanged => format!(" {}", letter(*record)),
            };
            format!("round {}{}", cause.as_str(), records.iter().map(place).collect::<Vec<_>>().concat())
        }
        Action::StopAsking => "stop asking".to_owned(),
        Action::DropRound => "drop round".to_owned(),
        Action::Ask(_) => "ask".to_owned(),
        Action::Load => "load".to_owned(),
        Action::Withdraw => "withdraw".to_owned(),
        Action::End => "end".to_owned(),
        Action::Tell(Told::Failing { record, times, .. }) => {
            format!("tell failing {} {times}", letter(*record))
        }
        Action::Tell(Told::Refused { record }) => format!("tell refused {}", letter(*record)),
        Action::Tell(Told::Recovered { record, .. }) => format!("tell recovered {}", letter(*record)),
        Action::Tell(Told::ConfigWrong(_)) => "tell configuration wrong".to_owned(),
        Action::Tell(Told::ConfigRight) => "tell configuration right".to_owned(),
    }
}

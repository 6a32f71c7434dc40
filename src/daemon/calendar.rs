//! Regular times: every so often, at the times of a cron expression, or never.
//!
//! Owns what a user can write for it, and the calendar behind it (feature `cron`): five fields as in crontab(5), in a
//! time zone of the system's database. A time that a clock change leaves out is taken at the moment of the change, and
//! one that comes twice is taken once, unless the expression means every hour or every minute. When a round starts is
//! the machine's.

use dynflare_core::machine::{Calendar, Regular};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// When rounds are due that nothing else asked for, as configured.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// So often.
    Every(Duration),
    /// At these times.
    Times(Arc<Times>),
    /// Never.
    EventsOnly,
}

impl Schedule {
    /// For the machine.
    pub fn regular(&self) -> Regular {
        match self {
            Self::Every(interval) => Regular::Every(*interval),
            Self::Times(times) => Regular::Times(Box::new(Times::clone(times))),
            Self::EventsOnly => Regular::EventsOnly,
        }
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Every(Duration::from_secs(5 * 60))
    }
}

/// What is wrong with an expression or a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What, lower case and without a final period.
    pub what: String,
    /// Where in the text.
    pub at: Range<usize>,
    /// What to do about it.
    pub hint: &'static str,
}

#[cfg(feature = "cron")]
pub use with_cron::{Times, Zone};
#[cfg(not(feature = "cron"))]
pub use without_cron::{Times, Zone};

#[cfg(feature = "cron")]
mod with_cron {
    use super::{Calendar, Mistake};
    use croner::Cron;
    use croner::parser::{CronParser, Seconds, Year};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use std::fmt;

    /// The fields of an expression, and what they may hold.
    const FIELDS: [(&str, &str); 5] = [
        ("minute", "0 to 59"),
        ("hour", "0 to 23"),
        ("day of the month", "1 to 31, or L for the last"),
        ("month", "1 to 12, or JAN to DEC"),
        ("day of the week", "0 to 7, or SUN to SAT"),
    ];

    /// What else there is to write.
    const FORMS: &str = "write numbers, `*`, ranges (1-5), lists (1,15) or steps (*/5), as in crontab(5)";

    /// Expressions in one word.
    const WORDS: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

    /// 2026-01-01: from when an expression is tried out.
    const TRIED_FROM: u64 = 1_767_225_600;

    /// A time zone.
    #[derive(Clone)]
    pub struct Zone(TimeZone);

    impl Zone {
        /// The one that the system uses; UTC where it does not say.
        pub fn of_system() -> Self {
            Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
        }

        /// By its name in the system's database, such as `Europe/Berlin`; `UTC` is always there.
        pub fn parse(text: &str) -> Result<Self, Mistake> {
            if text == "UTC" {
                return Ok(Self(TimeZone::UTC));
            }
            // A rule as of POSIX needs no database.
            let rule = || text.contains(',').then(|| TimeZone::posix(text).ok()).flatten();
            TimeZone::get(text).ok().or_else(rule).map(Self).ok_or_else(|| Mistake {
                what: format!("this system knows no time zone `{text}`"),
                at: 0..text.len(),
                hint: "write a name such as \"Europe/Berlin\", or \"UTC\"; where the system has no database of time \
                       zones (package tzdata), write the rule: \"CET-1CEST,M3.5.0,M10.5.0/3\"",
            })
        }
    }

    /// The times of a cron expression.
    #[derive(Clone)]
    pub struct Times {
        cron: Cron,
        zone: TimeZone,
    }

    impl fmt::Debug for Times {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Times({:?})", self.cron.pattern.as_str())
        }
    }

    impl Times {
        /// Reads an expression: minute, hour, day of the month, month, day of the week.
        pub fn parse(text: &str, zone: &Zone) -> Result<Self, Mistake> {
            let cron = read(text).map_err(|()| mistake(text))?;
            let times = Self { cron, zone: zone.0.clone() };
            match times.next(TRIED_FROM) {
                Some(_) => Ok(times),
                None => Err(Mistake {
                    what: format!("`{text}` never comes"),
                    at: 0..text.len(),
                    hint: "check the day of the month against the month",
                }),
            }
        }
    }

    impl Calendar for Times {
        fn next(&self, after: u64) -> Option<u64> {
            let after = Timestamp::from_second(after.try_into().ok()?).ok()?.to_zoned(self.zone.clone());
            let next = self.cron.find_next_occurrence(&after, false).ok()?;
            next.timestamp().as_second().try_into().ok()
        }
    }

    fn read(text: &str) -> Result<Cron, ()> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        parser.parse(text).map_err(drop)
    }

    /// Which field of a wrong expression it is: the first that is wrong among good ones.
    fn mistake(text: &str) -> Mistake {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let at = |field: &str| {
            let start = field.as_ptr().addr() - text.as_ptr().addr();
            start..start + field.len()
        };
        if let [word] = fields[..]
            && word.starts_with('@')
        {
            let what = format!("expected one of {}, found `{word}`", WORDS.join(", "));
            return Mistake { what, at: at(word), hint: FORMS };
        }
        if fields.len() != FIELDS.len() {
            let names = FIELDS.map(|(name, _)| name).join(", ");
            let what = format!("expected five fields ({names}), found {}", fields.len());
            return Mistake { what, at: 0..text.len(), hint: FORMS };
        }
        for (place, (name, range)) in FIELDS.iter().enumerate() {
            let mut probe = ["*"; FIELDS.len()];
            probe[place] = fields[place];
            if read(&probe.join(" ")).is_err() {
                let what = format!("expected {range} for the {name}, found `{}`", fields[place]);
                return Mistake { what, at: at(fields[place]), hint: FORMS };
            }
        }
        Mistake { what: format!("`{text}` is no cron expression"), at: 0..text.len(), hint: FORMS }
    }
}

#[cfg(not(feature = "cron"))]
mod without_cron {
    use super::{Calendar, Mistake};

    /// A time zone; of no use here.
    #[derive(Clone, Debug)]
    pub struct Zone;

    impl Zone {
        /// The one that the system uses.
        pub fn of_system() -> Self {
            Self
        }

        /// Any.
        pub fn parse(text: &str) -> Result<Self, Mistake> {
            Err(left_out(text))
        }
    }

    /// No times: nobody can make them.
    #[derive(Clone, Debug)]
    pub struct Times(());

    impl Times {
        /// Says that this program cannot read it.
        pub fn parse(text: &str, _: &Zone) -> Result<Self, Mistake> {
            Err(left_out(text))
        }
    }

    impl Calendar for Times {
        fn next(&self, _: u64) -> Option<u64> {
            None
        }
    }

    fn left_out(text: &str) -> Mistake {
        Mistake {
            what: "this program was built without cron expressions".to_owned(),
            at: 0..text.len(),
            hint: "use `interval`, or build it with the feature `cron`",
        }
    }
}

#[cfg(all(test, feature = "cron"))]
mod tests;

//! News in words: a title, one plain sentence, what to do, and the form for programs.

use crate::net::date;
use crate::report::clean::Cleaner;
use crate::report::news::{News, Subject, What};
use crate::report::words::{and, counted};
use serde_json::{Map, Value, json};

/// What is sent to people and to programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same for every attempt and every target, and of no other message: 32 hexadecimal digits.
    pub id: String,
    /// When it happened, in seconds since 1970-01-01 UTC.
    pub at: u64,
    /// The word of the news' kind, or `test`.
    pub kind: &'static str,
    /// A few words.
    pub title: String,
    /// One sentence, without a final period.
    pub text: String,
    /// What to do, where something is to be done.
    pub hint: Option<&'static str>,
    /// Whether somebody has to do something.
    pub urgency: Urgency,
    /// What it is about; `None` of a test.
    pub news: Option<News>,
}

/// Whether somebody has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// No.
    Calm,
    /// Yes.
    Urgent,
}

impl Message {
    /// A piece of news in words, without any of the known secrets.
    pub fn of(news: &News, cleaner: &Cleaner) -> Self {
        let news = cleaned(news, cleaner);
        let record = news.record.as_ref();
        let (title, text) = words(&news, record);
        let (hint, urgency) = match &news.what {
            What::Changed { .. } | What::Recovered { .. } | What::ConfigRight => (None, Urgency::Calm),
            What::Failing { .. } => (Some("`dynflare status` shows whether it still fails"), Urgency::Urgent),
            What::Refused { .. } => (Some("`dynflare plan` shows what would be done"), Urgency::Urgent),
            What::Config { .. } => (Some("`dynflare check` shows what is wrong and where"), Urgency::Urgent),
        };
        let kind = news.what.kind().as_str();
        Self { id: id(), at: news.at, kind, title, text, hint, urgency, news: Some(news) }
    }

    /// A message that says only that messages arrive.
    pub fn test(now: u64) -> Self {
        Self {
            id: id(),
            at: now,
            kind: "test",
            title: "dynflare: a test".to_owned(),
            text: "this is a test of dynflare's notifications; nothing has happened".to_owned(),
            hint: None,
            urgency: Urgency::Calm,
            news: None,
        }
    }

    /// The sentence and, on a line of its own, what to do.
    pub fn sentences(&self) -> String {
        match self.hint {
            Some(hint) => format!("{}\nhint: {hint}", self.text),
            None => self.text.clone(),
        }
    }

    /// The record it is about.
    pub fn record(&self) -> Option<&Subject> {
        self.news.as_ref()?.record.as_ref()
    }

    /// Why, where the news has a cause.
    pub fn cause(&self) -> &str {
        match self.news.as_ref().map(|news| &news.what) {
            Some(What::Failing { cause, .. } | What::Refused { cause } | What::Config { cause }) => cause,
            Some(What::Changed { .. } | What::Recovered { .. } | What::ConfigRight) | None => "",
        }
    }

    /// The values before and after, where they changed.
    pub fn values(&self) -> (&[String], &[String]) {
        match self.news.as_ref().map(|news| &news.what) {
            Some(What::Changed { from, to }) => (from, to),
            Some(_) | None => (&[], &[]),
        }
    }

    /// The form for programs: the news as they are kept, with `id`, `title`, `text` and `hint`.
    pub fn to_json(&self) -> Value {
        let news = self.news.as_ref().and_then(|news| serde_json::to_value(news).ok());
        let mut fields = match news {
            Some(Value::Object(fields)) => fields,
            Some(_) | None => Map::from_iter([("at".to_owned(), json!(self.at))]),
        };
        let what = fields.remove("kind");
        fields.insert("kind".to_owned(), json!(self.kind));
        if let Some(what) = what.filter(|what| what != self.kind) {
            fields.insert("what".to_owned(), what);
        }
        for (name, text) in [("id", &self.id), ("title", &self.title), ("text", &self.text)] {
            fields.insert(name.to_owned(), json!(text));
        }
        if let Some(hint) = self.hint {
            fields.insert("hint".to_owned(), json!(hint));
        }
        Value::Object(fields)
    }
}

/// `home.example.org A`.
pub(super) fn called(record: &Subject) -> String {
    format!("{} {}", record.name, record.rtype)
}

/// The title and the sentence.
fn words(news: &News, record: Option<&Subject>) -> (String, String) {
    let short = record.map_or_else(|| "dynflare".to_owned(), called);
    let long = record.map_or_else(|| short.clone(), |record| format!("{short} at {}", record.account));
    match &news.what {
        What::Changed { from, to } => {
            let text = match (from.as_slice(), to.as_slice()) {
                ([], to) => format!("{long} is now {}; there was none before", and(to)),
                (from, []) => format!("{long} was removed; it was {}", and(from)),
                (from, to) => format!("{long} is now {}; it was {}", and(to), and(from)),
            };
            (format!("{short} changed"), text)
        }
        What::Failing { times, since, cause } => {
            let often = match times {
                0 | 1 => String::new(),
                times => format!(" {times} times in a row"),
            };
            let text = format!("{long} has failed{often} since {}: {cause}", date::minute(*since));
            (format!("{short} is failing"), text)
        }
        What::Refused { cause } => (
            format!("{short} needs you"),
            format!("{long} was left as it is, and somebody has to look: {cause}"),
        ),
        What::Recovered { since } => {
            let lasted = lasted(news.at.saturating_sub(*since));
            (format!("{short} is right again"), format!("{long} is right again, after {lasted}"))
        }
        What::Config { cause } => (
            "dynflare cannot use its configuration".to_owned(),
            format!("the changed configuration cannot be used, and the old one goes on: {cause}"),
        ),
        What::ConfigRight => (
            "dynflare's configuration is right again".to_owned(),
            "the configuration is right again and in use".to_owned(),
        ),
    }
}

/// How long something lasted: `42 s`, `3 minutes`, `2 hours`, `5 days`.
fn lasted(seconds: u64) -> String {
    let of = |number: u64, unit: &str| counted(usize::try_from(number).unwrap_or(usize::MAX), unit);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => of(seconds / 60, "minute"),
        7200..=172_799 => of(seconds / 3600, "hour"),
        _ => of(seconds / 86_400, "day"),
    }
}

fn cleaned(news: &News, cleaner: &Cleaner) -> News {
    let mut news = news.clone();
    match &mut news.what {
        What::Changed { from, to } => {
            from.iter_mut().chain(to).for_each(|value| *value = cleaner.whole(value));
        }
        What::Failing { cause, .. } | What::Refused { cause } | What::Config { cause } => {
            *cause = cleaner.whole(cause);
        }
        What::Recovered { .. } | What::ConfigRight => {}
    }
    for said in &mut news.ballots {
        said.said = cleaner.whole(&said.said);
    }
    news
}

/// Where the system has no randomness, the time of day has to do; it only keeps messages apart.
fn id() -> String {
    let draw = || {
        getrandom::u64().unwrap_or_else(|_| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(0, |since| u64::from(since.subsec_nanos()))
        })
    };
    format!("{:016x}{:016x}", draw(), draw())
}

#[cfg(test)]
mod tests;

//! A target that takes one HTTP request: made from its row and its settings, sent, and its answer judged.
//!
//! Redirects are not followed: what is sent is meant for one server.

use super::channel::{Channel, Job, Ping, Sending, Twice};
use super::message::{Message, Urgency};
use super::settings::Settings;
use super::template::{Escape, Filling, fill};
use crate::net::http::{Client, Request};
use crate::net::{Base, Effect, Network, Route, date};
use domain::utils::base64;
use dynflare_core::fault::{Class, Fault};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use row::{Address, HttpRow, Markup, Suffix};
use std::time::Duration;

mod answer;
pub(super) mod row;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of an answer.
const LIMIT: usize = 64 * 1024;

/// A target behind HTTP.
pub(super) struct Http {
    row: &'static HttpRow,
    settings: Settings,
    network: Network,
}

impl Http {
    /// The target that these settings describe.
    pub(super) fn new(row: &'static HttpRow, settings: &Settings, network: &Network) -> Self {
        Self { row, settings: settings.clone(), network: network.clone() }
    }

    fn method(&self) -> Method {
        let set = self.settings.text("method").and_then(|word| word.parse().ok());
        set.unwrap_or_else(|| self.row.method.clone())
    }

    /// The request for a job; `None` where this kind is not told such a thing.
    fn request(&self, job: &Job) -> Option<Result<(Base, Request), Fault>> {
        match job {
            Job::Message(message) => Some(self.told(message)),
            Job::Ping(ping) => self.pinged(ping),
            Job::Standing(_) => None,
        }
    }

    fn told(&self, message: &Message) -> Result<(Base, Request), Fault> {
        let value = |word: &str| self.value(word, message);
        let (base, path) = match self.row.address {
            Address::Base(path) => {
                let base: Base = self.exposed("base_url")?.parse().map_err(|error| unfit(&error))?;
                (base, fill(path, Escape::Url, value).ok_or_else(|| unfit(&"a part of it is missing"))?)
            }
            Address::Whole(key) => {
                let url = fill(&self.exposed(key)?, Escape::Url, value);
                Base::split(&url.unwrap_or_default()).map_err(|error| unfit(&error))?
            }
        };
        let template = match self.row.body {
            "{body}" => self.exposed("body")?,
            body => body.to_owned(),
        };
        let (escape, kind) = if is_json(&template) {
            (Escape::Json, "application/json")
        } else {
            (Escape::None, "text/plain; charset=utf-8")
        };
        let body = fill(&template, escape, value).ok_or_else(|| unfit(&"a part of its body is missing"))?;
        let mut headers = self.headers(value);
        if !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
        }
        Ok((base, self.finished(path, headers, body)))
    }

    fn pinged(&self, ping: &Ping) -> Option<Result<(Base, Request), Fault>> {
        let row = self.row.pings.as_ref()?;
        let (suffix, text) = match ping {
            Ping::Started => (row.started.as_ref()?, String::new()),
            Ping::Fine => (&row.fine, "all is as desired".to_owned()),
            Ping::Failed(cause) => (&row.failed, cut(cause, self.row.longest)),
            Ping::Test => (&row.test, Message::test(0).text),
        };
        Some(self.suffixed(suffix, &text))
    }

    fn suffixed(&self, suffix: &Suffix, text: &str) -> Result<(Base, Request), Fault> {
        let value = |word: &str| (word == "text").then(|| Filling::Text(text.to_owned()));
        let (base, path) = Base::split(&self.exposed("ping_url")?).map_err(|error| unfit(&error))?;
        let (path, query) =
            path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
        let query = match suffix.query {
            Some(query) => fill(query, Escape::Url, value),
            None => query.map(str::to_owned),
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{}{query}", path.trim_end_matches('/'), suffix.path);
        let body = fill(self.row.body, Escape::None, value).unwrap_or_default();
        let headers = self.headers(value);
        Ok((base, self.finished(path, headers, body)))
    }

    fn finished(&self, path: String, headers: Vec<(HeaderName, HeaderValue)>, body: String) -> Request {
        let method = self.method();
        let bare = method == Method::GET || body.is_empty();
        let headers = headers.into_iter().filter(|(name, _)| !bare || name != CONTENT_TYPE).collect();
        let body = (!bare).then(|| body.into_bytes());
        Request { method, path, headers, body, timeout: TIMEOUT, limit: LIMIT }
    }

    /// The headers of the row and of the user, whose own go before.
    fn headers(&self, value: impl Fn(&str) -> Option<Filling> + Copy) -> Vec<(HeaderName, HeaderValue)> {
        let own = self.settings.headers();
        let of_row = self.row.headers.iter().filter_map(|(name, template)| {
            let name = HeaderName::from_static(name);
            let text = fill(template, Escape::None, value)?;
            let mut filled = HeaderValue::from_str(&text).ok()?;
            filled.set_sensitive(name != CONTENT_TYPE);
            own.iter().all(|(other, _)| *other != name).then_some((name, filled))
        });
        of_row.chain(own.iter().cloned()).collect()
    }

    fn exposed(&self, key: &str) -> Result<String, Fault> {
        self.settings.text(key).ok_or_else(|| unfit(&format_args!("`{key}` is missing")))
    }

    /// What comes into a place.
    fn value(&self, word: &str, message: &Message) -> Option<Filling> {
        let record = message.record();
        let (from, to) = message.values();
        let shown = |text: &str| self.marked(&cut(text, self.row.longest));
        let text = match word {
            "account" => record.map(|record| record.account.clone()).unwrap_or_default(),
            "at" => message.at.to_string(),
            "basic" => {
                let (name, password) = (self.settings.text("username")?, self.settings.text("password")?);
                base64::encode_string(format!("{name}:{password}").as_bytes())
            }
            "cause" => shown(message.cause()),
            "from" => from.join(","),
            "hint" => message.hint.unwrap_or_default().to_owned(),
            "id" => message.id.clone(),
            "json" => return Some(Filling::Whole(message.to_json().to_string())),
            "kind" => message.kind.to_owned(),
            "message" => shown(&message.sentences()),
            "name" => record.map(|record| record.name.clone()).unwrap_or_default(),
            "priority" => self.settings.text("priority").unwrap_or_else(|| {
                let (calm, urgent) = self.row.priorities;
                match message.urgency {
                    Urgency::Calm => calm.to_owned(),
                    Urgency::Urgent => urgent.to_owned(),
                }
            }),
            "text" => shown(&message.text),
            "time" => date::minute(message.at),
            "title" => self.marked(&message.title),
            "to" => to.join(","),
            "type" => record.map(|record| record.rtype.clone()).unwrap_or_default(),
            field => self.settings.text(field)?,
        };
        Some(Filling::Text(text))
    }

    fn marked(&self, text: &str) -> String {
        match self.row.markup {
            Markup::Plain => text.to_owned(),
            Markup::Slack => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            Markup::Discord => text.chars().fold(String::new(), |mut all, c| {
                if "\\*_~`|<>[]#@:".contains(c) {
                    all.push('\\');
                }
                all.push(c);
                all
            }),
        }
    }
}

/// Whether values are put into JSON: an object or an array, and no place.
fn is_json(template: &str) -> bool {
    let begin = template.trim_start();
    begin.starts_with('[')
        || begin.starts_with("{json}")
        || (begin.starts_with('{') && !begin[1..].starts_with(|c: char| c.is_ascii_lowercase()))
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unfit(why: &dyn std::fmt::Display) -> Fault {
    Fault::new(Class::Invalid, format!("the request cannot be made: {why}"))
}

impl Channel for Http {
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a> {
        Box::pin(async move {
            let Some(request) = self.request(job) else { return Ok(()) };
            let (base, request) = request?;
            let client = Client::new(&self.network, base, Route::default());
            let answer = client.send(request).await.map_err(|error| error.fault(Effect::Write))?;
            answer::judge(&answer, self.row)
        })
    }

    fn twice(&self, job: &Job) -> Twice {
        let harmless = match job {
            Job::Message(_) => self.row.method == Method::PUT,
            Job::Ping(_) | Job::Standing(_) => true,
        };
        if harmless { Twice::Harmless } else { Twice::Told }
    }
}

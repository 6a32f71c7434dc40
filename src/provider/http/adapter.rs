//! The calls that the user described: what is sent, what its answer means, and what is read.

use super::settings::{Call, Settings};
use super::template::Writing;
use crate::net::date::retry_after;
use crate::net::http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use crate::net::http::{Client, Request, Response};
use crate::net::{Effect, Network, Route};
use crate::provider::get::Scrub;
use crate::provider::push::{About, Mark, PerCall, Push, PushLimits, Pushed, Pushing, Refused, Sent};
use crate::provider::{Answer as Reply, RrSets, Zone};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType, RrSet, presentable};
use ring::digest::{SHA256, digest};
use std::time::{Duration, SystemTime};

/// The deadline of one exchange.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest answer taken.
const LIMIT: usize = 1 << 20;
/// Headers that hold no credentials.
const HARMLESS: [HeaderName; 2] = [ACCEPT, CONTENT_TYPE];
/// The TTL that a push writes where the record says none.
const TTL: u32 = dynflare_core::plan::DEFAULT_TTL;

/// An API of the user's.
pub(super) struct Http {
    settings: Settings,
    writer: Client,
    reader: Option<Client>,
    scrub: Scrub,
}

/// What placeholders stand for.
struct Filling<'a> {
    key: &'a Key,
    zone: Option<&'a Name>,
    value: &'a str,
    ttl: u32,
}

impl Http {
    pub(super) fn new(settings: Settings, network: &Network) -> Self {
        let client = |call: &Call| Client::new(network, call.base.clone(), Route::default());
        let mut secrets: Vec<String> =
            settings.secrets.values().map(|secret| secret.expose().to_owned()).collect();
        // Who writes a credential right into a header means it no less.
        let credentials = settings.write.headers.iter().filter(|(name, _)| !HARMLESS.contains(name));
        secrets.extend(credentials.map(|(_, value)| value.fill(&|_, _| String::new(), Writing::Plain)));
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        Self {
            writer: client(&settings.write),
            reader: settings.read.as_ref().map(|read| client(&read.call)),
            scrub: Scrub::new(&secrets),
            settings,
        }
    }

    fn request(&self, call: &Call, filling: &Filling<'_>) -> Result<Request, Fault> {
        let of = |word: &str, key: Option<&str>| match key {
            Some(key) => {
                self.settings.secrets.get(key).map_or_else(String::new, |secret| secret.expose().to_owned())
            }
            None => filling.of(word),
        };
        let unfit = |_| {
            let fault = Fault::new(Class::Invalid, "a header holds a character that cannot be sent");
            fault.hint("look for line breaks in `headers` and `secrets`")
        };
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, template) in &call.headers {
            let mut value = HeaderValue::from_str(&template.fill(&of, Writing::Plain)).map_err(unfit)?;
            value.set_sensitive(true);
            headers.push((name.clone(), value));
        }
        let media = headers.iter().find(|(name, _)| *name == CONTENT_TYPE);
        let media = media.and_then(|(_, value)| value.to_str().ok()).map(str::to_ascii_lowercase);
        let body = call.body.as_ref().map(|body| {
            let plain = body.fill(&of, Writing::Plain);
            let looks_like_json = plain.trim_start().starts_with(['{', '[']);
            let (writing, usual) = match &media {
                Some(media) if media.contains("json") => (Writing::Json, None),
                Some(media) if media.contains("form-urlencoded") => (Writing::Percent, None),
                Some(_) => (Writing::Plain, None),
                None if looks_like_json => (Writing::Json, Some("application/json")),
                None => (Writing::Percent, Some("application/x-www-form-urlencoded")),
            };
            headers.extend(usual.map(|usual| (CONTENT_TYPE, HeaderValue::from_static(usual))));
            body.fill(&of, writing).into_bytes()
        });
        let path = call.path.fill(&of, Writing::Percent);
        let path = if path.starts_with('?') { format!("/{path}") } else { path };
        Ok(Request { method: call.method.clone(), path, headers, body, timeout: TIMEOUT, limit: LIMIT })
    }

    /// What is wrong with an answer, where it is no success.
    fn refusal(&self, answer: &Response, effect: Effect) -> Option<Fault> {
        let text = String::from_utf8_lossy(&answer.body);
        let wanted = &self.settings.success;
        let (status_counts, contains) = match effect {
            Effect::Write => (wanted.status.as_slice(), wanted.contains.as_deref()),
            Effect::Read => (&[][..], None),
        };
        let status_fits = if status_counts.is_empty() {
            (200..300).contains(&answer.status)
        } else {
            status_counts.contains(&answer.status)
        };
        if status_fits && contains.is_none_or(|contains| text.contains(contains)) {
            return None;
        }
        let name = &self.settings.name;
        let (class, what) = match (answer.status, effect) {
            (401 | 403, _) => {
                (Class::Denied, format!("`{name}` refused the credentials, or they may not do this"))
            }
            (429, _) => (Class::RateLimited, format!("`{name}` wants fewer requests")),
            (408 | 425 | 500.., Effect::Read) => {
                (Class::Unavailable, format!("`{name}` cannot answer for now"))
            }
            (408 | 425 | 500.., Effect::Write) => {
                (Class::Unconfirmed, format!("`{name}` failed while it was asked to change something"))
            }
            (400..=499, _) => (Class::Invalid, format!("`{name}` refused the request as wrong")),
            (_, Effect::Write) => {
                (Class::Unconfirmed, format!("the answer of `{name}` is no success as described"))
            }
            (_, Effect::Read) => (Class::Unexpected, format!("the answer of `{name}` is no success")),
        };
        let wait = retry_after(&answer.headers, SystemTime::now());
        let fault = Fault::new(class, what).status(format!("HTTP {}", answer.status)).retry_after(wait);
        let said: String = text.trim().chars().take(200).collect();
        let fault = if said.is_empty() { fault } else { fault.said(said) };
        Some(self.scrub.fault(&fault))
    }

    async fn write(&self, filling: &Filling<'_>) -> Result<(), Box<(Fault, Sent)>> {
        let request =
            self.request(&self.settings.write, filling).map_err(|fault| Box::new((fault, Sent::No)))?;
        let answer = Box::pin(self.writer.send(request)).await.map_err(|error| {
            let sent = if error.may_have_been_sent() { Sent::Yes } else { Sent::No };
            Box::new((self.scrub.fault(&error.fault(Effect::Write)), sent))
        })?;
        match self.refusal(&answer, Effect::Write) {
            None => Ok(()),
            Some(fault) => Err(Box::new((fault, Sent::Yes))),
        }
    }

    async fn read(&self, zone: &Zone, key: &Key) -> Result<RrSet, Fault> {
        let (Some(read), Some(reader)) = (&self.settings.read, &self.reader) else {
            return Err(Fault::new(Class::Invalid, "there is no way to read"));
        };
        let filling = Filling { key, zone: Some(&zone.name), value: "", ttl: TTL };
        let request = self.request(&read.call, &filling)?;
        let answer = Box::pin(reader.send(request)).await.map_err(|error| error.fault(Effect::Read));
        let answer = answer.map_err(|fault| self.scrub.fault(&fault))?;
        let nothing = RrSet { key: key.clone(), ttl: None, values: Vec::new() };
        if answer.status == 404 {
            return Ok(nothing);
        }
        if let Some(fault) = self.refusal(&answer, Effect::Read) {
            return Err(fault);
        }
        let text = String::from_utf8_lossy(&answer.body);
        let value = match &read.pointer {
            None => Some(text.trim().to_owned()),
            Some(pointer) => {
                let json: Result<serde_json::Value, _> = serde_json::from_str(&text);
                let found = json.as_ref().ok().and_then(|json| json.pointer(pointer));
                match found {
                    Some(serde_json::Value::String(text)) => Some(text.trim().to_owned()),
                    Some(serde_json::Value::Null) => None,
                    Some(_) | None => return Err(self.odd(&format!("no text at `{pointer}`"), &text)),
                }
            }
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(nothing) };
        if key.rtype.family().is_some() && value.parse::<std::net::IpAddr>().is_err() {
            return Err(self.odd("something that is no address", &value));
        }
        Ok(RrSet { values: vec![presentable(key.rtype, &value)], ..nothing })
    }

    fn odd(&self, what: &str, said: &str) -> Fault {
        let fault =
            Fault::new(Class::Unexpected, format!("the answer of `{}` has {what}", self.settings.name));
        self.scrub.fault(&fault.said(said.chars().take(200).collect::<String>()))
    }

    async fn replace(&self, zone: &Zone, step: &Replace) -> Result<(), Fault> {
        let value = one(&step.values)?;
        if self.read(zone, &step.expect.key).await?.values != step.expect.values {
            return Err(Fault::new(Class::Unconfirmed, "somebody else changed the value in the meantime"));
        }
        let filling = Filling { key: &step.expect.key, zone: Some(&zone.name), value, ttl: step.ttl };
        self.write(&filling).await.map_err(|refused| refused.0)
    }

    async fn push_one(&self, step: &Pushing) -> Result<Pushed, Refused> {
        let value = one(&step.values).map_err(Refused::unsent)?;
        let filling = Filling { key: &step.key, zone: step.zone.as_ref(), value, ttl: TTL };
        match self.write(&filling).await {
            Ok(()) => Ok(Pushed::Updated),
            Err(refused) => {
                let (fault, sent) = *refused;
                let about = if fault.class == Class::Denied { About::Account } else { About::Name };
                Err(Refused { about, sent, ..Refused::once(fault) })
            }
        }
    }
}

/// The one value there has to be.
fn one(values: &[String]) -> Result<&str, Fault> {
    match values {
        [value] => Ok(value),
        [] => Err(Fault::new(Class::Invalid, "nothing describes how a value is taken away")),
        [..] => Err(Fault::new(Class::Invalid, "one value can be written, and there are several")),
    }
}

impl Filling<'_> {
    fn of(&self, word: &str) -> String {
        let Key { name, rtype } = self.key;
        match word {
            "name" => name.as_str().to_owned(),
            "zone" => self.zone.map(ToString::to_string).unwrap_or_default(),
            "host" => {
                let whole = name.as_str();
                let zone = self.zone.map(Name::as_str).unwrap_or_default();
                let relative = whole.strip_suffix(zone).map(|rest| rest.trim_end_matches('.'));
                relative.map_or(whole, |rest| if rest.is_empty() { "@" } else { rest }).to_owned()
            }
            "type" => rtype.as_str().to_owned(),
            "ttl" => self.ttl.to_string(),
            // A text is one; its quotes belong to zone files.
            "value" | "ip" if *rtype == RecordType::Txt => {
                let inner = self.value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                inner.map_or_else(
                    || self.value.to_owned(),
                    |inner| inner.replace("\" \"", "").replace("\\\"", "\"").replace("\\\\", "\\"),
                )
            }
            _ => self.value.to_owned(),
        }
    }
}

impl RrSets for Http {
    fn locate<'a>(&'a self, zone: Option<&'a Name>, _name: &'a Name) -> Reply<'a, Result<Zone, Fault>> {
        Box::pin(async move {
            let zone = zone.ok_or_else(|| Fault::new(Class::Invalid, "nobody can say which zone it is"))?;
            Ok(Zone { name: zone.clone(), id: zone.to_string() })
        })
    }

    fn get<'a>(&'a self, zone: &'a Zone, key: &'a Key) -> Reply<'a, Result<RrSet, Fault>> {
        Box::pin(self.read(zone, key))
    }

    fn replace<'a>(&'a self, zone: &'a Zone, step: &'a Replace) -> Reply<'a, Result<(), Fault>> {
        Box::pin(self.replace(zone, step))
    }
}

impl Push for Http {
    fn limits(&self) -> PushLimits {
        PushLimits { cooldown: Duration::ZERO, refresh: None, names: 1, per_call: PerCall::OneFamily }
    }

    fn mark(&self, salt: u64) -> Mark {
        let mut text = format!("{salt} {:?}", self.settings);
        for (key, secret) in &self.settings.secrets {
            text.push_str(key);
            text.push_str(secret.expose());
        }
        let digest = digest(&SHA256, text.as_bytes());
        let [a, b, c, ..] = *digest.as_ref() else { return Mark::default() };
        [a, b, c]
    }

    fn push<'a>(&'a self, steps: &'a [Pushing]) -> Reply<'a, Vec<Result<Pushed, Refused>>> {
        Box::pin(async move {
            let mut results: Vec<Result<Pushed, Refused>> = Vec::new();
            for step in steps {
                let ended = results.iter().find_map(|one| {
                    let refused = one.as_ref().err().filter(|refused| refused.about == About::Account)?;
                    Some(Refused { sent: Sent::No, ..refused.clone() })
                });
                results.push(match ended {
                    Some(refused) => Err(refused),
                    None => self.push_one(step).await,
                });
            }
            results
        })
    }
}

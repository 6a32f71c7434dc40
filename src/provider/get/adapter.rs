//! One account at a provider of the GET family: makes requests of calls, and reads what comes back.

use super::call::{self, Call, Kind};
use super::definition::{Definition, Entry, EntryValue, Variant, Where, Wildcard};
use super::reply::Heard;
use super::scrub::Scrub;
use super::template::{Filling, Place, Template, encoded};
use crate::net::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use crate::net::http::{Base, Client, Method, Request, Response};
use crate::net::{Effect, Network, Route, date};
use crate::provider::push::{About, Mark, Push, PushLimits, Pushed, Pushing, Refused, Sent};
use crate::provider::{Account, Answer};
use crate::secret::Secret;
use domain::utils::base64;
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

/// The deadline of one exchange; some of these services are slow.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest answer taken: a word is expected, an error page may come.
const LIMIT: usize = 256 << 10;

/// One account.
pub struct Get {
    definition: Definition,
    /// Which of the definition's variants is used.
    variant: Variant,
    account: Account,
    clients: Vec<Client>,
    scrub: Scrub,
}

/// Why an account cannot be opened, in words that name the keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Credentials are missing.
    #[error("{0}")]
    Missing(String),
    /// The server that the user names is none.
    #[error("`{key}`: {why}")]
    Server {
        /// The credential that names it.
        key: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Get {
    /// An account with these credentials. Its base, where it has one, replaces scheme, server and port of every URL.
    pub fn new(definition: Definition, account: &Account, network: &Network) -> Result<Self, Unfit> {
        let fields = &account.fields;
        let variant = choose(&definition, fields)?.clone();
        let mut clients: Vec<Client> = Vec::new();
        for family in &definition.families {
            let base = server(&variant, *family, account)?;
            if !clients.iter().any(|client| *client.base() == base) {
                clients.push(Client::new(network, base, Route::default()));
            }
        }
        let secret = |key: &str| definition.fields.iter().all(|field| field.key != key || field.secret);
        let mut secrets: Vec<String> = fields
            .iter()
            .filter(|(key, _)| secret(key))
            .map(|(_, secret)| secret.expose().to_owned())
            .collect();
        secrets.extend(basic(&variant, "", fields));
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let scrub = Scrub::new(&secrets);
        Ok(Self { definition, variant, account: account.clone(), clients, scrub })
    }

    async fn one(&self, call: &Call) -> Vec<Result<Pushed, Refused>> {
        let all = |refused: Refused| call.names.iter().map(|_| Err(refused.clone())).collect();
        let (client, request) = match self.request(call) {
            Ok(request) => request,
            Err(fault) => return all(Refused::unsent(fault)),
        };
        let answer = match Box::pin(client.send(request)).await {
            Ok(answer) => answer,
            Err(error) => {
                let sent = if error.may_have_been_sent() { Sent::Yes } else { Sent::No };
                return all(Refused { sent, ..Refused::once(error.fault(Effect::Write)) });
            }
        };
        self.judge(&answer, call)
    }

    fn judge(&self, answer: &Response, call: &Call) -> Vec<Result<Pushed, Refused>> {
        let body = String::from_utf8_lossy(&answer.body);
        let retry_after = date::retry_after(&answer.headers, SystemTime::now());
        let heard = Heard { status: answer.status, body: &body, retry_after };
        let addresses = [&call.ipv4, &call.ipv6].into_iter().flatten();
        let sent: Vec<IpAddr> = addresses.filter_map(|address| address.parse().ok()).collect();
        let told = self.definition.replies.read(&heard, call.names.len(), &sent);
        let judged = told.into_iter().map(|told| told.judged(answer.status));
        judged.map(|one| one.map_err(|refused| self.scrubbed(&refused))).collect()
    }

    fn scrubbed(&self, refused: &Refused) -> Refused {
        Refused { fault: Box::new(self.scrub.fault(&refused.fault)), ..refused.clone() }
    }

    /// The request that a call becomes, and who sends it.
    pub(super) fn request(&self, call: &Call) -> Result<(&Client, Request), Fault> {
        let family = *call.families.first().expect("invariant: a call is about a family");
        let url = self.variant.urls.of(family).expect("invariant: checked with the definition");
        let client = match &self.clients[..] {
            [one] => one,
            several => {
                let wanted =
                    |client: &&Client| matches!(&url.base, Where::Fixed(base) if base == client.base());
                several.iter().find(wanted).expect("invariant: made for every URL")
            }
        };
        let wildcard = call.names.iter().any(|(name, _)| name.is_wildcard());
        let bare = wildcard && matches!(self.variant.wildcard, Wildcard::Query(_));
        let names: Vec<&str> = call
            .names
            .iter()
            .map(|(name, _)| name.as_str().strip_prefix("*.").filter(|_| bare).unwrap_or(name.as_str()))
            .collect();
        let fqdn = names.join(",");
        let host = call.zone.as_ref().map(|zone| {
            let host =
                |name: &&str| relative(name, zone.as_str()).unwrap_or(&self.definition.apex).to_owned();
            names.iter().map(host).collect::<Vec<String>>().join(",")
        });
        let filling = Filling {
            fqdn: &fqdn,
            host: host.as_deref(),
            zone: call.zone.as_ref().map(Name::as_str),
            ipv4: call.ipv4.as_deref(),
            ipv6: call.ipv6.as_deref(),
            fields: &self.account.fields,
        };
        let mut entries: Vec<&Entry> = match (call.kind, &self.variant.offline) {
            (Kind::Offline, Some(offline)) => offline.query.iter().collect(),
            (Kind::Update | Kind::Offline, _) => self.variant.query.iter().collect(),
        };
        if let Wildcard::Query(more) = &self.variant.wildcard {
            entries.extend(more.iter().filter(|_| bare));
        }
        let query = query(&entries, &call.families, &filling);
        let path = url.path.fill(&filling, Place::Url).ok_or_else(|| {
            Fault::new(Class::Invalid, "the URL needs something that is not given for this record")
        })?;
        let mut headers = self.headers(&filling)?;
        let path = match (self.variant.form, query.is_empty()) {
            (true, _) | (false, true) => path,
            (false, false) => format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' }),
        };
        let (method, body) = if self.variant.form {
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")));
            (Method::POST, Some(query.into_bytes()))
        } else {
            (Method::GET, None)
        };
        Ok((client, Request { method, path, headers, body, timeout: TIMEOUT, limit: LIMIT }))
    }

    fn headers(&self, filling: &Filling<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
        let mut headers = Vec::new();
        if let Some(basic) = &self.variant.basic
            && let Some(text) = basic.fill(filling, Place::Plain)
        {
            let value = format!("Basic {}", base64::encode_string(&text));
            headers.push((AUTHORIZATION, sensitive(&value)?));
        }
        for (name, template) in &self.variant.headers {
            if let Some(text) = template.fill(filling, Place::Plain) {
                headers.push((name.clone(), sensitive(&text)?));
            }
        }
        Ok(headers)
    }
}

impl Push for Get {
    fn limits(&self) -> PushLimits {
        PushLimits {
            cooldown: self.definition.cooldown,
            refresh: self.definition.refresh,
            names: self.definition.hosts,
            per_call: self.definition.per_call,
        }
    }

    fn mark(&self, salt: u64) -> Mark {
        // What a definition of the user's own says is a setting, too.
        let variant = format!("{:?}", self.variant);
        let [a, b, c, ..] = self.account.digest(&[&salt.to_le_bytes(), variant.as_bytes()].concat());
        [a, b, c]
    }

    fn push<'a>(&'a self, steps: &'a [Pushing]) -> Answer<'a, Vec<Result<Pushed, Refused>>> {
        Box::pin(async move {
            let (calls, refusals) = call::plan(&self.definition, &self.variant, steps);
            let mut results: BTreeMap<usize, Result<Pushed, Refused>> =
                refusals.into_iter().map(|(index, refused)| (index, Err(refused))).collect();
            let mut ended: Option<Refused> = None;
            for call in &calls {
                let told = match &ended {
                    Some(refused) => vec![Err(refused.clone()); call.names.len()],
                    None => self.one(call).await,
                };
                ended = ended.or_else(|| told.iter().find_map(|one| ends(one.as_ref().err()?)));
                for ((_, indices), told) in call.names.iter().zip(told) {
                    results.extend(indices.iter().map(|index| (*index, told.clone())));
                }
            }
            let untold = || Err(Refused::untold("no call was made for this step"));
            (0..steps.len()).map(|index| results.remove(&index).unwrap_or_else(untold)).collect()
        })
    }
}

/// What is said of the steps after an answer that ends the round for the account; `None` where it goes on.
fn ends(refused: &Refused) -> Option<Refused> {
    if refused.about == About::Account {
        return Some(Refused { sent: Sent::No, ..refused.clone() });
    }
    let class = refused.fault.class;
    // Who does not answer now will not answer the next call, and each would wait for its deadline.
    matches!(class, Class::Unavailable | Class::Unconfirmed).then(|| {
        let what = "nothing was sent, since the request before it had no answer";
        Refused::unsent(Fault::new(Class::Unavailable, what))
    })
}

/// A name relative to a zone; `None` where it is the zone.
fn relative<'a>(name: &'a str, zone: &str) -> Option<&'a str> {
    if name == zone {
        return None;
    }
    name.strip_suffix(zone).and_then(|name| name.strip_suffix('.')).or(Some(name))
}

/// The query, or the body of a form.
fn query(entries: &[&Entry], families: &[Family], filling: &Filling<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for entry in entries {
        let mut templates: Vec<&Template> = Vec::new();
        let mut values: Vec<String> = Vec::new();
        match &entry.value {
            EntryValue::Of(value) => {
                for template in families.iter().filter_map(|family| value.of(*family)) {
                    if !templates.contains(&template) {
                        templates.push(template);
                    }
                }
                values.extend(templates.iter().filter_map(|template| template.fill(filling, Place::Url)));
            }
            EntryValue::Or { with, without } => {
                values.extend(with.fill(filling, Place::Url).or_else(|| without.fill(filling, Place::Url)));
            }
        }
        // An empty key is for providers whose query is one word.
        let key = encoded(&entry.key);
        let part = |value| if key.is_empty() { value } else { format!("{key}={value}") };
        parts.extend(values.into_iter().map(part));
    }
    parts.join("&")
}

/// Whether an account has what its calls need.
pub(super) fn fit(definition: &Definition, account: &Account) -> Result<(), Unfit> {
    let variant = choose(definition, &account.fields)?;
    definition.families.iter().try_for_each(|family| server(variant, *family, account).map(drop))
}

/// The first variant whose credentials are all given.
fn choose<'d>(
    definition: &'d Definition,
    fields: &BTreeMap<&'static str, Secret>,
) -> Result<&'d Variant, Unfit> {
    let optional = |key: &str| definition.fields.iter().any(|field| field.key == key && field.optional);
    let given = |key: &str| fields.contains_key(key) || optional(key);
    let fits = |variant: &&Variant| variant.fields().into_iter().all(given);
    definition.variants.iter().find(fits).ok_or_else(|| {
        let missing = |variant: &Variant| {
            let missing = variant.fields().into_iter().filter(|key| !given(key));
            missing.map(|key| format!("`{key}`")).collect::<Vec<String>>().join(" and ")
        };
        let ways: Vec<String> = definition.variants.iter().map(missing).collect();
        Unfit::Missing(format!("{} needs {}", definition.name, ways.join(", or ")))
    })
}

/// Where calls for a family go.
fn server(variant: &Variant, family: Family, account: &Account) -> Result<Base, Unfit> {
    if let Some(given) = &account.base {
        return Ok(given.clone());
    }
    let url = variant.urls.of(family).expect("invariant: checked with the definition");
    match &url.base {
        Where::Fixed(base) => Ok(base.clone()),
        Where::Field(key) => {
            let written = account.get(key).trim();
            let unfit = |why: String| Unfit::Server { key: key.clone(), why };
            let server = written.strip_prefix("https://").unwrap_or(written);
            if server.contains("://") {
                return Err(unfit("expected the name of a server that speaks https".to_owned()));
            }
            format!("https://{server}").parse().map_err(|error| unfit(format!("{error}")))
        }
    }
}

/// User and password as they are sent for a name.
fn basic(variant: &Variant, fqdn: &str, fields: &BTreeMap<&'static str, Secret>) -> Option<String> {
    let filling = Filling { fqdn, host: None, zone: None, ipv4: None, ipv6: None, fields };
    variant.basic.as_ref()?.fill(&filling, Place::Plain)
}

fn sensitive(text: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Fault::new(Class::Denied, "the credentials hold a character that cannot be sent")
            .hint("copy them again: a line break or another invisible character is in them")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

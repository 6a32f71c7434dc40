//! One request and its answer, in the API's envelope; and lists, all pages of them.

use super::errors::{self, About, Failure};
use super::settings::{Credential, Settings};
use super::side_by_side::side_by_side;
use super::wire::{Envelope, ResultInfo};
use crate::net::http::{Client, Method, Request, Response, header};
use crate::net::{Effect, Network, Route};
use crate::provider::budgets::{Budgets, CredentialBudget, Purpose, Wait};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::record::Key;
use dynflare_core::schedule::Budget;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::time::Duration;

/// The deadline of one exchange.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer taken: 5,000 records of 4 KiB each fit.
const LIMIT: usize = 24 << 20;

/// The most pages of a list: 50,000 zones, or records by the million. Whoever speaks of more is not the API.
const MOST_PAGES: u64 = 1_000;

/// How many requests a user or an account's token may send in five minutes, whatever they are for:
/// <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.
const ALLOWED: usize = 1_200;
/// Those five minutes, and as long as a request may be under way: the API counts when it arrives, not when it was sent.
const WINDOW: Duration = Duration::from_secs(5 * 60).saturating_add(TIMEOUT);
/// How many of them are kept for writing what was read and decided.
const KEPT_FOR_WRITES: usize = 100;

/// The API as one account sees it.
pub(super) struct Api {
    client: Client,
    pub(super) credential: Credential,
    budget: CredentialBudget,
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) zone: Option<&'a str>,
    pub(super) key: Option<&'a Key>,
}

impl<'a> Call<'a> {
    /// A reading request about a zone.
    pub(super) fn get(path: String, zone: Option<&'a str>) -> Self {
        Self { method: Method::GET, path, body: None, zone, key: None }
    }
}

/// A list in pages of a size.
pub(super) struct Pages<'a> {
    /// The path with its filters, ending in `?` or `&`.
    pub(super) path: String,
    /// How many items a page holds.
    pub(super) size: u64,
    /// The zone it is about.
    pub(super) zone: Option<&'a str>,
}

/// One page.
struct Page<T> {
    items: Vec<T>,
    info: Option<ResultInfo>,
}

impl Api {
    pub(super) fn new(settings: Settings, network: &Network, budgets: &Budgets) -> Self {
        let budget = budget(&settings, budgets);
        let client = Client::new(network, settings.base, Route::default());
        Self { client, credential: settings.credential, budget }
    }

    pub(super) async fn warm(&self) {
        self.client.warm().await;
    }

    /// Sends a request that writes, and gives what it says to have made; a success needs no more than to be one.
    pub(super) async fn write(&self, call: Call<'_>) -> Result<Value, Failure> {
        Ok(self.send::<Value>(call, Effect::Write).await?.result.unwrap_or_default())
    }

    /// Reads one thing.
    #[cfg(feature = "doctor")]
    pub(super) async fn read<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Option<T>, Failure> {
        Ok(self.send::<T>(call, Effect::Read).await?.result)
    }

    /// Reads a whole list: the first page, then all others side by side.
    pub(super) async fn list<T: DeserializeOwned + Send>(
        &self,
        pages: &Pages<'_>,
    ) -> Result<Vec<T>, Failure> {
        let first = self.page::<T>(pages, 1).await?;
        let Some(info) = first.info else {
            return if first.items.len() as u64 >= pages.size { Err(uncounted()) } else { Ok(first.items) };
        };
        if info.pages() > MOST_PAGES {
            let what = format!("the API says that its list has {} pages", info.pages());
            return Err(Failure::other(Fault::new(Class::Unexpected, what)));
        }
        let rest = side_by_side((2..=info.pages()).map(|number| self.page::<T>(pages, number))).await;
        let mut items = first.items;
        for page in rest {
            let page = page?;
            if page.info.is_none_or(|other| other.total_count != info.total_count) {
                return Err(moved());
            }
            items.extend(page.items);
        }
        // A short list would let records be made twice, so it is no list.
        if (items.len() as u64) < info.total_count { Err(moved()) } else { Ok(items) }
    }

    /// Reads the first page only, with the count of all.
    pub(super) async fn first<T: DeserializeOwned>(
        &self,
        pages: &Pages<'_>,
    ) -> Result<(Vec<T>, u64), Failure> {
        let page = self.page::<T>(pages, 1).await?;
        let total = page.info.map_or(page.items.len() as u64, |info| info.total_count);
        Ok((page.items, total))
    }

    async fn page<T: DeserializeOwned>(&self, pages: &Pages<'_>, number: u64) -> Result<Page<T>, Failure> {
        let path = format!("{}page={number}&per_page={}", pages.path, pages.size);
        let answer = self.send::<Vec<T>>(Call::get(path, pages.zone), Effect::Read).await?;
        Ok(Page { items: answer.result.unwrap_or_default(), info: answer.result_info })
    }

    async fn send<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        effect: Effect,
    ) -> Result<Envelope<T>, Failure> {
        let about = About { credential: &self.credential, zone: call.zone, key: call.key };
        let mut headers = self.credential.headers().map_err(Failure::other)?;
        if call.body.is_some() {
            headers.push((header::CONTENT_TYPE, header::HeaderValue::from_static("application/json")));
        }
        let body = call.body.map(|body| body.to_string().into_bytes());
        let request =
            Request { method: call.method, path: call.path, headers, body, timeout: TIMEOUT, limit: LIMIT };
        self.budget.take(purpose(effect)).map_err(|wait| Failure::other(self.unsent(wait)))?;
        let answer =
            Box::pin(self.client.send(request)).await.map_err(|error| Failure::other(error.fault(effect)))?;
        let read = read(&answer, effect, about);
        if let Some(wait) = read.as_ref().err().and_then(rest) {
            self.budget.rest(wait);
        }
        read
    }

    /// What is said of a request that was not sent.
    fn unsent(&self, wait: Wait) -> Fault {
        let (what, wait) = match wait {
            Wait::Resting(wait) => {
                (format!("the API asked this {} to wait, so nothing was sent", self.credential.noun()), wait)
            }
            Wait::Spent(wait) => (
                "the 1,200 requests allowed in five minutes are used up, so nothing was sent".to_owned(),
                wait,
            ),
        };
        Fault::new(Class::RateLimited, what).retry_after(Some(wait))
    }
}

/// The budget of whoever asks. It is the credential's: it does not matter by which account of the configuration.
fn budget(settings: &Settings, budgets: &Budgets) -> CredentialBudget {
    let base = settings.base.to_string();
    let fresh = || Budget::new(ALLOWED, WINDOW).with_reserve(KEPT_FOR_WRITES);
    match &settings.credential {
        Credential::Token(token) => budgets.of(&["cloudflare", &base, token.expose()], fresh),
        // Every key of a user counts as the user.
        Credential::GlobalKey { email, key: _ } => budgets.of(&["cloudflare", &base, "", email], fresh),
    }
}

fn purpose(effect: Effect) -> Purpose {
    match effect {
        Effect::Read => Purpose::Begin,
        Effect::Write => Purpose::Finish,
    }
}

/// How long the whole credential rests after an answer: all of its requests are refused, not only this one.
fn rest(failure: &Failure) -> Option<Duration> {
    failure.fault.retry_after.filter(|_| failure.fault.class == Class::RateLimited)
}

/// Judges an answer: a success in the envelope, or what else it is.
fn read<T: DeserializeOwned>(
    answer: &Response,
    effect: Effect,
    about: About<'_>,
) -> Result<Envelope<T>, Failure> {
    let fine = (200..300).contains(&answer.status);
    match serde_json::from_slice::<Envelope<T>>(&answer.body) {
        Ok(envelope) if envelope.success && fine => return Ok(envelope),
        Ok(envelope) => return Err(errors::refused(answer, &envelope.errors, effect, about)),
        Err(_) => {}
    }
    // The result may be of another type than asked for, and most of all where it is an error's.
    match serde_json::from_slice::<Envelope<IgnoredAny>>(&answer.body) {
        Ok(envelope) if envelope.success && fine => {
            let reason = serde_json::from_slice::<Envelope<T>>(&answer.body).err().map(|e| e.to_string());
            Err(errors::malformed(answer, &about.credential.scrub(&reason.unwrap_or_default()), effect))
        }
        Ok(envelope) => Err(errors::refused(answer, &envelope.errors, effect, about)),
        Err(_) if fine && serde_json::from_slice::<Value>(&answer.body).is_ok() => {
            Err(errors::malformed(answer, "it is JSON without the envelope", effect))
        }
        Err(_) => Err(errors::unreadable(answer, effect, about)),
    }
}

fn moved() -> Failure {
    Failure::other(Fault::new(Class::Unavailable, "the list changed while it was read"))
}

fn uncounted() -> Failure {
    Failure::other(Fault::new(Class::Unexpected, "the list does not say how many pages it has"))
}

//! One request and its answer: budget, session, signature, sending, and what a refusal means.

use super::Row;
use super::answer::{Answer, Odd, Page};
use super::call::Call;
use super::dialect::{Dialect, Login, Refusal, Session, Signing};
use crate::net::date::retry_after;
use crate::net::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use crate::net::http::{Client, Request};
use crate::net::{Effect, Network, Route};
use crate::provider::budgets::{Budgets, CredentialBudget, Purpose, Wait};
use crate::provider::registry::Info;
use crate::provider::{Account, registry};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::schedule::Budget;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{Mutex as Turn, Semaphore};

/// The deadline of one exchange.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer taken: the records of a large zone fit.
const LIMIT: usize = 24 << 20;

/// How many requests an account may send in five minutes, where its provider says nothing or more: nobody needs as
/// many, and a program that has gone astray is stopped.
const ALLOWED: (usize, Duration) = (600, Duration::from_secs(5 * 60));
/// How many of them are kept for writing what was read and decided.
const KEPT_FOR_WRITES: usize = 60;

/// How many requests an account has under way at once.
const SIDE_BY_SIDE: usize = 4;

/// The most pages of a list; whoever speaks of more goes in a circle.
const MOST_PAGES: usize = 1_000;

/// How long before its end a session is not used any more, in seconds.
const MARGIN: u64 = 30;

/// An API as one account sees it.
pub(super) struct Exchange {
    pub(super) info: &'static Info,
    account: Account,
    network: Network,
    client: Client,
    dialect: Arc<dyn Dialect>,
    budget: CredentialBudget,
    clock: fn() -> u64,
    session: Mutex<Option<(Session, Option<u64>)>>,
    login: Turn<()>,
    doors: Semaphore,
    /// Held while something is written: many APIs take changes of one zone one after the other only.
    pub(super) writing: Turn<()>,
}

/// How often it is looked whether a change is done, and the time in between: longer than the longest recorded one.
const MOST_LOOKS: usize = 30;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What it means that the thing asked for is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// A refusal.
    Refused,
    /// An answer like any other.
    Answer,
}

/// What a request is about, for the sentences and the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The list of zones, or a zone.
    Zone,
    /// A record or a set that may be there or not.
    Record,
}

impl Exchange {
    pub(super) fn new(
        row: &'static Row,
        account: &Account,
        network: &Network,
        budgets: &Budgets,
        clock: fn() -> u64,
        dialect: Arc<dyn Dialect>,
    ) -> Self {
        let usual = || row.base.parse().expect("invariant: a test parses the places of all APIs");
        let told = || dialect.place()?.parse().ok();
        let base = account.base.clone().or_else(told).unwrap_or_else(usual);
        let who = super::text::hex(&account.digest(b""));
        let fresh = || Budget::new(ALLOWED.0, ALLOWED.1).with_reserve(KEPT_FOR_WRITES);
        Self {
            info: row.info,
            account: account.clone(),
            network: network.clone(),
            client: Client::new(network, base, Route::default()),
            dialect,
            budget: budgets.of(&["rest", &who], fresh),
            clock,
            session: Mutex::default(),
            login: Turn::default(),
            doors: Semaphore::new(SIDE_BY_SIDE),
            writing: Turn::default(),
        }
    }

    /// Sends a request and gives what it is answered, unless that is a refusal.
    pub(super) async fn send(&self, call: Call, effect: Effect, about: About) -> Result<Answer, Fault> {
        let mut call = call;
        let mut answer = self
            .ask(call.clone(), effect)
            .await?
            .map_err(|(answer, refusal)| self.refused(&answer, refusal, effect, about))?;
        for asked in 0..MOST_LOOKS {
            match self.dialect.pending(&call, &answer) {
                Some(look) => call = look,
                None => return Ok(answer),
            }
            if asked > 0 {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            // Whatever goes wrong from here on: the change may be made.
            let open = |fault: Fault| Fault { class: Class::Unconfirmed, ..fault };
            let look = self.ask(call.clone(), Effect::Read).await.map_err(open)?;
            answer =
                look.map_err(|(answer, refusal)| open(self.refused(&answer, refusal, Effect::Read, about)))?;
        }
        let what = format!("{} has taken up the change and is still not done with it", self.info.name);
        Err(Fault::new(Class::Unconfirmed, what))
    }

    /// The same, where that the thing asked for is not there is an answer like any other.
    async fn send_if_there(&self, call: Call) -> Result<Answer, Fault> {
        match self.ask(call, Effect::Read).await? {
            Ok(answer) => Ok(answer),
            Err((answer, refusal)) if refusal.class == Class::NoSuchName => Ok(answer),
            Err((answer, refusal)) => Err(self.refused(&answer, refusal, Effect::Read, About::Record)),
        }
    }

    /// Reads a list to its end, page by page: `call` asks for one, `read` sees what it holds.
    pub(super) async fn pages<T>(
        &self,
        missing: Missing,
        call: impl Fn(Option<&str>) -> Call,
        read: impl Fn(&Answer, Option<&str>) -> Result<Page<T>, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = call(page.as_deref());
            let answer = match missing {
                Missing::Refused => self.send(call, Effect::Read, About::Zone).await?,
                Missing::Answer => self.send_if_there(call).await?,
            };
            let Page { items, next } = read(&answer, page.as_deref())?;
            all.extend(items);
            match next {
                Some(next) if page.as_ref() != Some(&next) => page = Some(next),
                Some(_) | None => return Ok(all),
            }
        }
        Err(Fault::new(Class::Unexpected, format!("a list of {} does not end", self.info.name)))
    }

    /// What is said of a list that cannot be read: one that is not there at all is that of a zone which is not there.
    pub(super) fn unread(&self, answer: &Answer, odd: &Odd) -> Fault {
        if self.dialect.refusal(answer).is_some() {
            let what = format!("{} knows no such zone, or the credentials do not see it", self.info.name);
            return Fault::new(Class::NoSuchZone, what).status(format!("HTTP {}", answer.status));
        }
        self.odd(odd, Effect::Read)
    }

    /// What is said of an answer that lacks something.
    pub(super) fn odd(&self, odd: &Odd, effect: Effect) -> Fault {
        let class = if effect == Effect::Write { Class::Unconfirmed } else { Class::Unexpected };
        Fault::new(class, format!("the answer of {} is not as documented: {}", self.info.name, odd.0))
    }

    async fn ask(&self, call: Call, effect: Effect) -> Result<Result<Answer, (Answer, Refusal)>, Fault> {
        let door = self.doors.acquire().await;
        let _door = door.expect("invariant: nobody closes the semaphore");
        if let Some(what) = self.dialect.unfit() {
            return Err(Fault::new(Class::Denied, what).hint(self.needs()));
        }
        let session = self.session(false).await?;
        let had_one = session.is_some();
        let first = self.once(call.clone(), session.as_ref(), effect).await?;
        match first {
            // A session may have ended before its time; a request refused for that has done nothing.
            Err((_, refusal)) if had_one && refusal.class == Class::Denied => {
                let session = self.session(true).await?;
                self.once(call, session.as_ref(), effect).await
            }
            first => Ok(first),
        }
    }

    async fn once(
        &self,
        mut call: Call,
        session: Option<&Session>,
        effect: Effect,
    ) -> Result<Result<Answer, (Answer, Refusal)>, Fault> {
        let signing = Signing { now: (self.clock)(), base: self.client.base(), session };
        self.dialect.authorize(&mut call, &signing);
        let answer = self.exchange(&self.client, call, effect).await?;
        Ok(match self.dialect.refusal(&answer) {
            None => Ok(answer),
            Some(refusal) => Err((answer, refusal)),
        })
    }

    async fn exchange(&self, client: &Client, call: Call, effect: Effect) -> Result<Answer, Fault> {
        let request = request(&call)?;
        let purpose = if effect == Effect::Write { Purpose::Finish } else { Purpose::Begin };
        self.budget.take(purpose).map_err(|wait| self.unsent(wait))?;
        let answer = Box::pin(client.send(request)).await.map_err(|error| error.fault(effect))?;
        Ok(Answer::new(answer))
    }

    /// The session, begun if need be; `None` where the API has none.
    async fn session(&self, anew: bool) -> Result<Option<Session>, Fault> {
        let now = (self.clock)();
        let before = self.current(now);
        if before.is_some() && !anew {
            return Ok(before);
        }
        let signing = Signing { now, base: self.client.base(), session: None };
        let Some(Login { call, base }) = self.dialect.login(&signing) else { return Ok(None) };
        let _turn = self.login.lock().await;
        // Somebody else may have begun one while this one waited for its turn.
        if let Some(session) = self.current(now)
            && before.is_none_or(|before| before.token.expose() != session.token.expose())
        {
            return Ok(Some(session));
        }
        let elsewhere = base.map(|base| Client::new(&self.network, base, Route::default()));
        let client = elsewhere.as_ref().unwrap_or(&self.client);
        let answer = self.exchange(client, call, Effect::Read).await?;
        if let Some(refusal) = self.dialect.refusal(&answer) {
            return Err(self.refused(&answer, refusal, Effect::Read, About::Zone));
        }
        let session = self.dialect.session(&answer).map_err(|odd| self.odd(&odd, Effect::Read))?;
        if let Some(call) = self.dialect.confirm(&answer, &signing) {
            let confirmed = self.once(call, Some(&session), Effect::Read).await?;
            confirmed
                .map_err(|(answer, refusal)| self.refused(&answer, refusal, Effect::Read, About::Zone))?;
        }
        let until = session.lasts.map(|lasts| now + lasts.saturating_sub(MARGIN));
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some((session.clone(), until));
        Ok(Some(session))
    }

    fn current(&self, now: u64) -> Option<Session> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, until) = session.as_ref()?;
        until.is_none_or(|until| now < until).then(|| session.clone())
    }

    fn unsent(&self, wait: Wait) -> Fault {
        let (what, wait) = match wait {
            Wait::Resting(wait) => ("asked this account to wait", wait),
            Wait::Spent(wait) => ("has been sent as many requests as an account may send", wait),
        };
        Fault::new(Class::RateLimited, format!("{} {what}, so nothing was sent", self.info.name))
            .retry_after(Some(wait))
    }

    fn refused(&self, answer: &Answer, refusal: Refusal, effect: Effect, about: About) -> Fault {
        let Refusal { class, said, code } = refusal;
        let name = self.info.name;
        let (class, what) = match (class, effect, about) {
            (Class::Denied, ..) => {
                (class, format!("{name} refused the credentials, or they may not do this"))
            }
            (Class::NoSuchZone, ..) | (Class::NoSuchName, _, About::Zone) => {
                (Class::NoSuchZone, format!("{name} knows no such zone, or the credentials do not see it"))
            }
            (Class::NoSuchName, Effect::Read, About::Record) => {
                (Class::NoSuchZone, format!("{name} knows no such zone or name"))
            }
            // It was there a moment ago: what is there now decides.
            (Class::NoSuchName, Effect::Write, About::Record) => {
                (Class::Unconfirmed, "the record is no longer there".to_owned())
            }
            (Class::RateLimited, ..) => (class, format!("{name} wants fewer requests")),
            (Class::Unavailable, Effect::Write, _) => {
                (Class::Unconfirmed, format!("{name} failed while it was asked to change something"))
            }
            (Class::Unavailable, Effect::Read, _) => (class, format!("{name} cannot answer for now")),
            (Class::Invalid, ..) => (class, format!("{name} refused the request as wrong")),
            (Class::Barred, ..) => (class, format!("{name} has blocked this account")),
            (Class::Unconfirmed, ..) => (class, format!("{name} could not confirm the change")),
            (Class::Unexpected, Effect::Write, _) => {
                (Class::Unconfirmed, format!("{name} answered in a way that is not documented"))
            }
            (Class::Unexpected, Effect::Read, _) => {
                (class, format!("{name} answered in a way that is not documented"))
            }
        };
        let status = format!("HTTP {}", answer.status);
        let fault =
            Fault::new(class, what).status(code.map_or(status.clone(), |code| format!("{status}, {code}")));
        let said = self.account.scrub(&said);
        let fault = if said.is_empty() { fault } else { fault.said(said) };
        let fault = if class == Class::Denied { fault.hint(self.needs()) } else { fault };
        let wait = retry_after(&answer.whole.headers, UNIX_EPOCH + Duration::from_secs((self.clock)()));
        if class == Class::RateLimited {
            self.budget.rest(wait.unwrap_or(Duration::from_secs(60)));
        }
        fault.retry_after(wait)
    }

    /// What the credentials have to be.
    fn needs(&self) -> String {
        let required = |field: &&registry::Field| {
            field.need == registry::Need::Required || self.account.fields.contains_key(field.key)
        };
        let parts = self
            .info
            .fields
            .iter()
            .filter(required)
            .map(|field| format!("`{}` is {}", field.key, field.about));
        format!("check the credentials: {}", parts.collect::<Vec<_>>().join("; "))
    }
}

/// A request in HTTP's terms.
fn request(call: &Call) -> Result<Request, Fault> {
    let unfit = |_| {
        let what = "a part of the credentials holds a character that cannot be sent";
        Fault::new(Class::Denied, what)
            .hint("copy it again: a line break or another invisible character is in it")
    };
    let mut headers = Vec::new();
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("invariant: dialects name real headers");
        let mut value = HeaderValue::from_str(value).map_err(unfit)?;
        value.set_sensitive(true);
        headers.push((name, value));
    }
    let payload = call.payload();
    if let Some((media, _)) = payload
        && !headers.iter().any(|(name, _)| *name == CONTENT_TYPE)
    {
        headers.push((CONTENT_TYPE, HeaderValue::from_static(media)));
    }
    let body = payload.map(|(_, body)| body);
    Ok(Request {
        method: call.method.clone(),
        path: call.target(),
        headers,
        body,
        timeout: TIMEOUT,
        limit: LIMIT,
    })
}

//! The service: from a request to its answer.
//!
//! In this order: who asks from where, how often, with which credentials; and then, name by name, whether the account
//! may set it and the addresses may be published. What is left is a wish, and the setter has the last word.

use super::account::{Account, Accounts, Key, Known};
use super::answer::{self, Line, Word};
use super::audit::{Audit, Entry};
use super::counters::{Counters, Turned};
use super::credential::{self, Credential, Place};
use super::lock::{Locks, Verdict};
use super::password::{Busy, Desk};
use super::rate::{Allowed, Rate, Rates};
use super::request::{self, Asking, Form, MOST_NAMES, Unclear};
use super::setter::{PATIENCE, Set, Setter, Want, Wish};
use crate::server::client::{Telling, Trust};
use crate::server::guests::neighbourhood;
use crate::server::{Answer, Asked, Reply, Service};
use dynflare_core::address::{Family, Prefix, publishable};
use hyper::Method;
use hyper::header::{ALLOW, HeaderValue};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// How large a posted form may be, in octets: twenty names of full length and then some.
const FORM: usize = 8192;

/// After how long somebody may ask again whose password could not be looked at for all the others.
const BUSY: Duration = Duration::from_secs(10);

/// What the endpoint is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may set what.
    pub accounts: Vec<Account>,
    /// Whose word about clients counts.
    pub trust: Trust,
    /// Special-use addresses that may be published all the same.
    pub allow: Vec<Prefix>,
    /// How often each account may ask.
    pub per_account: Rate,
    /// How often each IPv4 address or /64 may ask, whoever it is.
    pub per_address: Rate,
    /// How long an answer may take; a little more than a setter takes, whose own word is the better one.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            trust: Trust::default(),
            allow: Vec::new(),
            per_account: Rate { burst: 60, every: Duration::from_secs(1) },
            per_address: Rate { burst: 120, every: Duration::from_millis(500) },
            patience: PATIENCE + Duration::from_secs(2),
        }
    }
}

/// The endpoint.
pub struct Endpoint {
    state: RwLock<Arc<State>>,
    gate: Mutex<Gate>,
    desk: Desk,
    setter: Arc<dyn Setter>,
    audit: Option<Audit>,
    counters: Arc<Counters>,
    started: Instant,
}

struct State {
    accounts: Accounts,
    trust: Trust,
    allow: Vec<Prefix>,
    patience: Duration,
}

struct Gate {
    per_account: Rates<Arc<str>>,
    per_address: Rates<IpAddr>,
    locks: Locks,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("accounts", &self.state().accounts).finish_non_exhaustive()
    }
}

/// Who asks, and how they show it.
struct Caller {
    from: IpAddr,
    account: Arc<Account>,
}

impl Endpoint {
    /// An endpoint that gives its wishes to a setter. Needs a tokio runtime's clock.
    pub fn new(
        settings: Settings,
        setter: Arc<dyn Setter>,
        audit: Option<Audit>,
        counters: Arc<Counters>,
    ) -> Result<Self, getrandom::Error> {
        let gate = Gate {
            per_account: Rates::new(settings.per_account),
            per_address: Rates::new(settings.per_address),
            locks: Locks::default(),
        };
        let accounts = Accounts::new(settings.accounts, Key::fresh()?, None)?;
        let state =
            State { accounts, trust: settings.trust, allow: settings.allow, patience: settings.patience };
        Ok(Self {
            state: RwLock::new(Arc::new(state)),
            gate: Mutex::new(gate),
            desk: Desk::default(),
            setter,
            audit,
            counters,
            started: Instant::now(),
        })
    }

    /// Other settings from the next request on. Who was known stays known, who is locked stays locked.
    pub fn turn_to(&self, settings: Settings) -> Result<(), getrandom::Error> {
        let before = self.state();
        let accounts =
            Accounts::new(settings.accounts, before.accounts.key().clone(), Some(&before.accounts))?;
        let state =
            State { accounts, trust: settings.trust, allow: settings.allow, patience: settings.patience };
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        let mut gate = self.gate();
        gate.per_account.turn_to(settings.per_account);
        gate.per_address.turn_to(settings.per_address);
        gate.locks.forget_secrets();
        Ok(())
    }

    /// Whether a path is one of this service's.
    pub fn owns(path: &str) -> bool {
        Page::at(path).is_some()
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn note(&self, entry: Entry) {
        if let Some(audit) = &self.audit {
            audit.note(entry);
        }
    }

    async fn update(&self, asked: &Asked<'_>) -> Reply {
        let state = self.state();
        if !matches!(*asked.method, Method::GET | Method::POST) {
            self.counters.answered(Word::Badagent);
            return Reply::text(405, Word::Badagent.as_str())
                .with(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        let Some(from) = state.trust.client(asked) else {
            self.counters.turned(Turned::Unseen);
            return Reply::text(400, "911 the proxy does not say in a way that can be trusted who asks");
        };
        let now = self.now();
        let allowed = self.gate().per_address.ask(neighbourhood(from), now);
        if let Allowed::After(wait) | Allowed::Abuse(wait) = allowed {
            self.counters.turned(Turned::Rate);
            return answer::wait(Word::NineEleven, 429, wait);
        }
        let mut form = Form::read(asked.query, asked.body);
        let Some((shown, place)) = credential::shown(asked.headers, &mut form) else {
            // Many clients ask without credentials first and show them when they are asked to, so this is no guess.
            self.counters.answered(Word::Badauth);
            return answer::challenge();
        };
        let account = match self.recognise(&state, from, &shown).await {
            Ok(account) => account,
            Err(refusal) => return self.refuse(&state, from, (&shown, place), refusal),
        };
        let allowed = self.gate().per_account.ask(Arc::clone(&account.name), now);
        let (word, wait) = match allowed {
            Allowed::Yes => return self.set(&state, &Caller { from, account }, &form).await,
            Allowed::After(wait) => (Word::NineEleven, wait),
            Allowed::Abuse(wait) => (Word::Abuse, wait),
        };
        self.counters.turned(Turned::Rate);
        answer::wait(word, status(place, 429), wait)
    }

    /// Whose the credential is.
    async fn recognise(
        &self,
        state: &State,
        from: IpAddr,
        shown: &Credential,
    ) -> Result<Arc<Account>, Refusal> {
        let near = neighbourhood(from);
        let (user, secret) = state.accounts.key().prints(shown);
        if let Credential::Token(_) = shown {
            return match state.accounts.known(shown) {
                Known::Right(account) => Ok(account),
                Known::Wrong | Known::Unknown(_) => {
                    self.gate().locks.guessed((near, user), secret, self.now());
                    Err(Refusal::Wrong(Again::First))
                }
            };
        }
        self.gate().locks.admit((near, user), self.now()).map_err(Refusal::Locked)?;
        let kept = match state.accounts.known(shown) {
            Known::Right(account) => {
                self.gate().locks.befriend((near, user));
                return Ok(account);
            }
            Known::Wrong => return Err(Refusal::Wrong(Again::First)),
            Known::Unknown(kept) => kept,
        };
        let verdict = self.gate().locks.ask((near, user), secret, self.now());
        match verdict {
            Verdict::Check => {}
            Verdict::Wrong => return Err(Refusal::Wrong(Again::Repeated)),
            Verdict::Locked(wait) => return Err(Refusal::Locked(wait)),
            Verdict::Busy => return Err(Refusal::Busy),
        }
        let _checking = Checking { endpoint: self, near };
        let Credential::Password { secret: password, .. } = shown else {
            return Err(Refusal::Wrong(Again::First));
        };
        let fits = self.desk.fits(kept.clone(), password.clone()).await;
        let right = fits.map_err(|Busy| Refusal::Busy)?;
        // What nobody's hash says does not count, whatever it says.
        let account = if right { state.accounts.remember(shown, &kept) } else { None };
        self.counters.checked(account.is_some());
        let mut gate = self.gate();
        if let Some(account) = account {
            gate.locks.befriend((near, user));
            return Ok(account);
        }
        gate.locks.guessed((near, user), secret, self.now());
        Err(Refusal::Wrong(Again::First))
    }

    fn refuse(&self, state: &State, from: IpAddr, shown: (&Credential, Place), refusal: Refusal) -> Reply {
        let (credential, place) = shown;
        match refusal {
            Refusal::Wrong(again) => {
                self.counters.answered(Word::Badauth);
                if again == Again::First {
                    let account = state.accounts.known_name(credential);
                    self.note(Entry::refused(account.as_deref(), from, Word::Badauth));
                }
                match place {
                    Place::Head => answer::challenge(),
                    Place::Query => Reply::text(200, Word::Badauth.as_str()),
                }
            }
            Refusal::Locked(wait) => {
                self.counters.turned(Turned::Locked);
                answer::wait(Word::NineEleven, status(place, 429), wait)
            }
            Refusal::Busy => {
                self.counters.turned(Turned::Busy);
                answer::wait(Word::NineEleven, status(place, 503), BUSY)
            }
        }
    }

    async fn set(&self, state: &State, caller: &Caller, form: &Form) -> Reply {
        let lines = match form.names.len() {
            0 => vec![Line::of(Word::NotFqdn)],
            1..=MOST_NAMES => self.each(state, caller, form).await,
            _ => vec![Line::of(Word::Numhost)],
        };
        for line in &lines {
            self.counters.answered(line.word);
        }
        answer::lines(lines.iter())
    }

    /// A line for each name.
    async fn each(&self, state: &State, caller: &Caller, form: &Form) -> Vec<Line> {
        let wanted = wanted(form, caller, &state.allow);
        let mut wishes: Vec<Wish> = Vec::new();
        // For each name the place of its wish, or what is wrong.
        let places: Vec<Result<usize, Line>> = form
            .names
            .iter()
            .map(|text| {
                let name = request::name(text).ok_or(Line::of(Word::NotFqdn))?;
                if !caller.account.may(&name) {
                    self.refused(caller, name.to_string(), &Line::of(Word::Nohost));
                    return Err(Line::of(Word::Nohost));
                }
                let (v4, v6) = match &wanted {
                    Ok(wanted) => *wanted,
                    Err(line) => {
                        self.refused(caller, name.to_string(), line);
                        return Err(line.clone());
                    }
                };
                let place = wishes.iter().position(|wish| wish.name == name);
                Ok(place.unwrap_or_else(|| {
                    let account = Arc::clone(&caller.account.name);
                    wishes.push(Wish { account, name, v4, v6, from: caller.from });
                    wishes.len() - 1
                }))
            })
            .collect();
        let told = self.granted(state, wishes).await;
        let line = |place: Result<usize, Line>| place.map_or_else(|line| line, |place| told[place].clone());
        places.into_iter().map(line).collect()
    }

    /// What becomes of wishes.
    async fn granted(&self, state: &State, wishes: Vec<Wish>) -> Vec<Line> {
        if wishes.is_empty() {
            return Vec::new();
        }
        let mut waiting = Waiting { endpoint: self, wishes };
        let setting = self.setter.set(waiting.wishes.clone());
        let Ok(sets) = tokio::time::timeout(state.patience, setting).await else {
            return vec![Line::of(Word::NineEleven); waiting.wishes.len()];
        };
        let mut sets = sets.into_iter();
        std::mem::take(&mut waiting.wishes)
            .iter()
            .map(|wish| {
                let Some(set) = sets.next() else { return Line::of(Word::NineEleven) };
                let line = Line::told(&set, wish.addresses());
                if set != Set::Unchanged
                    && let Some(entry) = Entry::of(wish, &set, line.word)
                {
                    self.note(entry);
                }
                line
            })
            .collect()
    }

    fn refused(&self, caller: &Caller, name: String, line: &Line) {
        let why = (!line.rest.is_empty()).then(|| line.rest.clone());
        let entry = Entry::refused(Some(&caller.account.name), caller.from, line.word);
        self.note(Entry { name: Some(name), why, ..entry });
    }
}

/// Wishes whose outcome nobody has heard yet. Should nobody ever, the log says so.
struct Waiting<'a> {
    endpoint: &'a Endpoint,
    wishes: Vec<Wish>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        for wish in &self.wishes {
            self.endpoint.note(Entry::left(wish));
        }
    }
}

/// A check of a password that is under way, until it is dropped.
struct Checking<'a> {
    endpoint: &'a Endpoint,
    near: IpAddr,
}

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        self.endpoint.gate().locks.checked(self.near);
    }
}

/// Why nobody is recognised.
#[derive(Clone, Copy)]
enum Refusal {
    Wrong(Again),
    Locked(Duration),
    Busy,
}

/// Whether a secret was wrong before: then the log has it already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    First,
    Repeated,
}

/// A client that carries its credentials in the query looks at the body alone.
fn status(place: Place, usual: u16) -> u16 {
    match place {
        Place::Head => usual,
        Place::Query => 200,
    }
}

type Wants = (Want<std::net::Ipv4Addr>, Want<std::net::Ipv6Addr>);

/// What each of the names is to become; of families that are not the account's, nothing.
fn wanted(form: &Form, caller: &Caller, allow: &[Prefix]) -> Result<Wants, Line> {
    let asking = form.asking().map_err(|why: Unclear| Line::unclear(&why))?;
    let may = |family| caller.account.families.contains(&family);
    let (v4, v6) = match asking {
        Asking::Offline(families) => {
            let off = |family| may(family) && families.contains(&family);
            (
                if off(Family::V4) { Want::Offline } else { Want::Keep },
                if off(Family::V6) { Want::Offline } else { Want::Keep },
            )
        }
        Asking::Addresses(v4, v6) => addresses(v4, v6, &may),
        Asking::Sender => match caller.from {
            IpAddr::V4(v4) => addresses(Some(v4), None, &may),
            IpAddr::V6(v6) => addresses(None, Some(v6), &may),
        },
    };
    if (v4, v6) == (Want::Keep, Want::Keep) {
        let rest = "this account does not set addresses of that family".to_owned();
        return Err(Line { word: Word::Dnserr, rest });
    }
    for want in [v4.into(), v6.into()] {
        let Want::Address(address) = want else { continue };
        let allowed = allow.iter().any(|block| block.contains(address));
        if !allowed && let Err(special) = publishable(address) {
            return Err(Line::special(address, special));
        }
    }
    Ok((v4, v6))
}

fn addresses(
    v4: Option<std::net::Ipv4Addr>,
    v6: Option<std::net::Ipv6Addr>,
    may: &impl Fn(Family) -> bool,
) -> Wants {
    (
        v4.filter(|_| may(Family::V4)).map_or(Want::Keep, Want::Address),
        v6.filter(|_| may(Family::V6)).map_or(Want::Keep, Want::Address),
    )
}

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Page {
    Update,
    CheckIp,
}

impl Page {
    fn at(path: &str) -> Option<Self> {
        match path.strip_suffix('/').unwrap_or(path) {
            "/nic/update" | "/v3/update" => Some(Self::Update),
            "/nic/checkip" => Some(Self::CheckIp),
            _ => None,
        }
    }
}

impl Service for Endpoint {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        match Page::at(asked.path) {
            Some(Page::Update) => Answer::Later(Box::pin(self.update(asked))),
            Some(Page::CheckIp) => match self.state().trust.client(asked) {
                Some(address) => answer::check_ip(address).into(),
                None => {
                    Reply::text(400, "the proxy does not say in a way that can be trusted who asks").into()
                }
            },
            None => Reply::text(404, "there are /nic/update, /v3/update and /nic/checkip").into(),
        }
    }

    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool {
        let state = self.state();
        state.trust.way == Telling::ProxyProtocol && state.trust.believes(peer.ip())
    }

    fn is_proxy(&self, peer: SocketAddr) -> bool {
        self.state().trust.believes(peer.ip())
    }

    fn takes_form(&self, path: &str) -> Option<usize> {
        (Page::at(path) == Some(Page::Update)).then_some(FORM)
    }
}

//! What a provider's file says: which request asks for what, and what its answer means.

use super::answer::{Answer, Odd, Page};
use super::call::Call;
use crate::net::Base;
use crate::provider::Zone;
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use serde_json::Value;

/// What every API has: somebody asks, about zones, and may be refused.
pub(super) trait Dialect: Send + Sync {
    /// Where the API is, where a field of the account says it: a region, a server of the user's own. `base_url` goes
    /// before it, the usual place stands in for it.
    fn place(&self) -> Option<String> {
        None
    }

    /// What is wrong with the values of the fields, where the configuration should say so.
    fn misfit(&self) -> Option<String> {
        None
    }

    /// Says who asks; the last thing that happens to a request, so that it can be signed.
    fn authorize(&self, call: &mut Call, signing: &Signing<'_>);

    /// The request that begins a session, where the API has sessions.
    fn login(&self, _signing: &Signing<'_>) -> Option<Login> {
        None
    }

    /// The session that an answer to [`Dialect::login`] begins.
    fn session(&self, _answer: &Answer) -> Result<Session, Odd> {
        Err(Odd("there are no sessions".to_owned()))
    }

    /// A further request that makes the session of this answer good, where it needs one: a second factor. It is
    /// authorized like any other.
    fn confirm(&self, _answer: &Answer, _signing: &Signing<'_>) -> Option<Call> {
        None
    }

    /// Which part of the credentials cannot be used for anything, as a sentence; nothing is sent then.
    fn unfit(&self) -> Option<&'static str> {
        None
    }

    /// Why these values cannot be written at this name and type; nothing is sent then.
    fn unwritable(&self, _key: &Key, _values: &[String]) -> Option<String> {
        None
    }

    /// Whether an answer is a refusal. Most APIs say it by the status alone.
    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        Refusal::by_status(answer)
    }

    /// How one zone is found by its name.
    fn find(&self, name: &Name) -> Find;

    /// The request for a page of the list of all zones; `None` where there is no such list.
    fn zones(&self, page: Option<&str>) -> Option<Call>;

    /// The zones that an answer to [`Dialect::zones`] for this page, or to [`Find::Ask`], shows.
    fn read_zones(&self, answer: &Answer, page: Option<&str>) -> Result<Page<Zone>, Odd>;

    /// The request that asks how far a change is that the answer to `asked` says is taken up and not done yet; `None`
    /// when it is done. That it failed is a refusal.
    fn pending(&self, _asked: &Call, _answer: &Answer) -> Option<Call> {
        None
    }

    /// The request that makes written changes effective, where they are not so by themselves.
    fn publish(&self, _zone: &Zone) -> Option<Call> {
        None
    }
}

/// An API whose records have identifiers.
pub(super) trait Items: Dialect {
    /// The request for a page of the records at a name and type, or of more than these.
    fn list(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call;

    /// The records at exactly this name and type that an answer shows; the page is the one that was asked for.
    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd>;

    /// Whether a record that [`Items::read`] gave is somebody else's: it is neither shown nor touched, and its value is
    /// not written a second time, where that would make it ours.
    fn is_anothers(&self, _item: &Item) -> bool {
        false
    }

    /// The request that makes a record.
    fn create(&self, zone: &Zone, new: &New<'_>) -> Call;

    /// The request that gives a record another value and TTL and keeps whatever else is set on it; `None` where the API
    /// has none.
    fn update(&self, zone: &Zone, item: &Item, new: &New<'_>) -> Option<Call>;

    /// The request that removes a record.
    fn delete(&self, zone: &Zone, key: &Key, item: &Item) -> Call;
}

/// An API whose unit is the set of all records of one name and type.
pub(super) trait Sets: Dialect {
    /// The request for the set, or for a page of a list that holds it.
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call;

    /// The records of exactly this name and type that an answer shows, each with the set's TTL. A status 404 comes
    /// here, too: it mostly means that there is no set.
    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Item>, Odd>;

    /// The request that has to be answered before the set is replaced, where there is one. It changes nothing.
    fn draft(&self, _zone: &Zone, _step: &Replace, _there: &[Item]) -> Option<Call> {
        None
    }

    /// As [`Sets::replace`], with the answer to [`Sets::draft`].
    fn replace_drafted(
        &self,
        zone: &Zone,
        step: &Replace,
        there: &[Item],
        _drafted: &Answer,
    ) -> Result<Call, Odd> {
        Ok(self.replace(zone, step, there))
    }

    /// The request that puts these values in the place of the set; there is at least one. `there` is what was read.
    fn replace(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call;

    /// The request after [`Sets::replace`], where that leaves the TTL of a set as it is.
    fn retime(&self, _zone: &Zone, _step: &Replace, _there: &[Item]) -> Option<Call> {
        None
    }

    /// The request that removes the set.
    fn remove(&self, zone: &Zone, step: &Replace, there: &[Item]) -> Call;
}

/// An API that changes a set only together with something that has to be read and sent back: the whole zone, or its
/// settings.
pub(super) trait Wholes: Dialect {
    /// The request for what has to be known before a set is written; the pages may be of different things.
    fn get(&self, zone: &Zone, key: &Key, page: Option<&str>) -> Call;

    /// The records of exactly this name and type that an answer shows, and whatever else has to be sent back.
    fn read(&self, zone: &Zone, key: &Key, answer: &Answer, page: Option<&str>) -> Result<Page<Part>, Odd>;

    /// The request that puts the values of the step in the place of the set; there may be none. `there` and `rest` are
    /// what was read.
    fn write(&self, zone: &Zone, step: &Replace, there: &[Item], rest: &[Value]) -> Call;
}

/// A part of what [`Wholes`] reads.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A record of the set.
    Item(Item),
    /// Something to be sent back.
    Rest(Value),
}

/// A record as an API shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item {
    /// Its identifier; empty where it has none.
    pub(super) id: String,
    /// Its data in presentation form.
    pub(super) value: String,
    /// Its TTL in seconds, where it is shown.
    pub(super) ttl: Option<u32>,
    /// Whatever else of it has to be sent back with a change; `Null` where nothing has.
    pub(super) whole: Value,
}

/// A record as it should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct New<'a> {
    pub(super) key: &'a Key,
    /// Its data in presentation form.
    pub(super) value: &'a str,
    /// Its TTL in seconds, no less than the provider's least.
    pub(super) ttl: u32,
}

impl New<'_> {
    /// The data without quotes, where it is a text.
    pub(super) fn bare(&self) -> String {
        super::text::bare(self.key.rtype, self.value)
    }

    pub(super) fn rtype(&self) -> &'static str {
        self.key.rtype.as_str()
    }
}

/// How a zone is found by its name.
#[derive(Debug)]
pub(super) enum Find {
    /// Its name is its identifier.
    Named,
    /// By this request, read by [`Dialect::read_zones`].
    Ask(Box<Call>),
    /// By this request, whose answer shows names at or above zones that are served; none of them: every zone is.
    Within(Box<Call>),
    /// By looking through the list.
    List,
}

impl Find {
    pub(super) fn ask(call: Call) -> Self {
        Self::Ask(Box::new(call))
    }
}

/// What a signature needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signing<'a> {
    /// Seconds since 1970-01-01 UTC.
    pub(super) now: u64,
    /// Where the request goes.
    pub(super) base: &'a Base,
    /// The session, where there is one.
    pub(super) session: Option<&'a Session>,
}

/// The request that begins a session.
pub(super) struct Login {
    pub(super) call: Call,
    /// Where it goes, if not to the API's own place.
    pub(super) base: Option<Base>,
}

impl Login {
    /// At the API's own place.
    pub(super) fn here(call: Call) -> Self {
        Self { call, base: None }
    }

    /// At another place. For an account whose API is not at its usual place, logins are there, too.
    pub(super) fn at(place: &str, call: Call, usual: &str, signing: &Signing<'_>) -> Self {
        let is_usual = signing.base.to_string() == usual;
        Self { call, base: is_usual.then(|| place.parse().ok()).flatten() }
    }
}

/// A session.
#[derive(Clone)]
pub(super) struct Session {
    /// What shows it. A secret.
    pub(super) token: crate::secret::Secret,
    /// When it is over, in seconds since it began; `None` where only a refusal tells.
    pub(super) lasts: Option<u64>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Why an API did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) class: Class,
    /// Its own words.
    pub(super) said: String,
    /// Its own code beside the HTTP status, where it has one.
    pub(super) code: Option<String>,
}

impl Refusal {
    pub(super) fn new(class: Class, said: impl Into<String>) -> Self {
        Self { class, said: said.into(), code: None }
    }

    /// With the API's own code.
    #[must_use]
    pub(super) fn code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// What the status says; `None` for a success. What a 404 is about, and whether a 5xx leaves a write open, is
    /// decided where the request is known.
    pub(super) fn by_status(answer: &Answer) -> Option<Self> {
        let class = match answer.status {
            200..=299 => return None,
            401 | 403 => Class::Denied,
            404 | 410 => Class::NoSuchName,
            429 => Class::RateLimited,
            400 | 405 | 409 | 412 | 413 | 415 | 422 => Class::Invalid,
            408 | 423 | 425 | 500.. => Class::Unavailable,
            _ => Class::Unexpected,
        };
        Some(Self::new(class, said(answer)))
    }
}

/// The places where APIs put what they have to say about a failure, the most telling first.
const SAID: [&str; 12] = [
    "/error/message",
    "/errors/0/message",
    "/errors/0/reason",
    "/errors/0/detail",
    "/errors/0",
    "/message",
    "/detail",
    "/error_description",
    "/error",
    "/msg",
    "/0/message",
    "/description",
];

/// An API's own words about a failure.
pub(super) fn said(answer: &Answer) -> String {
    let found = SAID.iter().find_map(|at| answer.json.pointer(at)?.as_str());
    match found {
        Some(text) => text.to_owned(),
        None => answer.text().trim().to_owned(),
    }
}

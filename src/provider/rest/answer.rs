//! One answer, and reading from it what is documented to be there.

use crate::net::http::Response;
use crate::net::xml::{Element, Missing};
use serde_json::Value;

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body as JSON; `Null` where it is none.
    pub(super) json: Value,
    pub(super) whole: Response,
}

/// What an answer lacks: the place, in the words of its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Odd(pub(super) String);

impl From<Missing> for Odd {
    fn from(missing: Missing) -> Self {
        Self(missing.to_string())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// What asks for the next one; in whichever form the dialect wants it back.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// The only or the last page.
    pub(super) fn last(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of a list whose pages are numbered from 1 and do not say how many there are: another follows one that
    /// showed as many as fit. What was `shown` may be more than what is kept of it.
    pub(super) fn numbered(items: Vec<T>, page: Option<&str>, shown: usize, size: usize) -> Self {
        let number = page.and_then(|page| page.parse::<u64>().ok()).unwrap_or(1);
        Self { items, next: (shown >= size).then(|| (number + 1).to_string()) }
    }

    /// A page of a list that is asked for by how many to leave out.
    pub(super) fn skipped(items: Vec<T>, page: Option<&str>, shown: usize, size: usize) -> Self {
        let skip = page.and_then(|page| page.parse::<usize>().ok()).unwrap_or(0);
        Self { items, next: (shown >= size).then(|| (skip + shown).to_string()) }
    }
}

impl Answer {
    pub(super) fn new(whole: Response) -> Self {
        let json = serde_json::from_slice(&whole.body).unwrap_or(Value::Null);
        Self { status: whole.status, json, whole }
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.whole.body).into_owned()
    }

    /// The body as XML.
    pub(super) fn xml(&self) -> Result<Element, Odd> {
        Element::read(&self.whole.body).ok_or_else(|| Odd("it is no XML document".to_owned()))
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.whole.headers.get(name)?.to_str().ok()
    }

    /// A value of the query of the page that follows, as the header `Link` names it (RFC 8288 §3).
    pub(super) fn next_link(&self, key: &str) -> Option<String> {
        let links = self.whole.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
        let mut links = links.flat_map(|value| value.split(','));
        let next = links.find(|link| link.contains("rel=\"next\"") || link.contains("rel=next"))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        queried(url, key)
    }

    /// The items of an array; see [`Reading::items`].
    pub(super) fn items(&self, at: &str) -> Result<&[Value], Odd> {
        self.json.items(at)
    }
}

/// A value of a URL's query.
pub(super) fn queried(url: &str, key: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.into_owned())
}

/// Reading JSON by JSON Pointers (RFC 6901); "" is the value itself.
pub(super) trait Reading {
    /// The items of an array.
    fn items(&self, at: &str) -> Result<&[Value], Odd>;
    /// A string.
    fn text(&self, at: &str) -> Result<&str, Odd>;
    /// A string, where there is one.
    fn text_if(&self, at: &str) -> Option<&str>;
    /// A string or a whole number, as text: what identifiers are.
    fn id(&self, at: &str) -> Result<String, Odd>;
    /// A whole number, also one that is written as a string.
    fn number(&self, at: &str) -> Option<u64>;
    /// A time to live in seconds.
    fn ttl(&self, at: &str) -> Option<u32> {
        self.number(at).and_then(|ttl| u32::try_from(ttl).ok())
    }
}

impl Reading for Value {
    fn items(&self, at: &str) -> Result<&[Value], Odd> {
        let found = self.pointer(at).and_then(Value::as_array);
        found.map(Vec::as_slice).ok_or_else(|| Odd(format!("there is no list at `{at}`")))
    }

    fn text(&self, at: &str) -> Result<&str, Odd> {
        self.text_if(at).ok_or_else(|| Odd(format!("there is no text at `{at}`")))
    }

    fn text_if(&self, at: &str) -> Option<&str> {
        self.pointer(at)?.as_str()
    }

    fn id(&self, at: &str) -> Result<String, Odd> {
        match self.pointer(at) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(Odd(format!("there is no identifier at `{at}`"))),
        }
    }

    fn number(&self, at: &str) -> Option<u64> {
        match self.pointer(at)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

//! One target as configured: its kind, the news it wants, and the values of its kind's fields.

use super::kinds::{Field, Kind, Need, Sort};
use crate::secret::Secret;
use hyper::header::{HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::time::Duration;

pub use crate::report::news::Kind as NewsKind;

/// One target.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it is.
    pub kind: &'static Kind,
    /// The news it is told.
    pub on: Vec<NewsKind>,
    /// The values of its fields, by key; each was checked by its field.
    pub values: BTreeMap<&'static str, Value>,
    /// Variables of the environment that programs do not get.
    pub without: Vec<String>,
}

/// The value of a field.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A text that must not be seen.
    Secret(Secret),
    /// A whole number.
    Number(i64),
    /// Several texts.
    List(Vec<String>),
    /// Headers of HTTP requests; their values are marked as sensitive.
    Headers(Vec<(HeaderName, HeaderValue)>),
    /// A time.
    Duration(Duration),
}

impl Settings {
    /// A target of a kind that is told everything and has no values yet.
    pub fn new(kind: &'static Kind) -> Self {
        Self { kind, on: NewsKind::ALL.into(), values: BTreeMap::new(), without: Vec::new() }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        self.values.insert(key, value);
        self
    }

    /// Whether it is told news of this kind.
    pub fn wants(&self, kind: NewsKind) -> bool {
        self.kind.sort == Sort::News && self.on.contains(&kind)
    }

    /// Whether it keeps a state of every record.
    pub(super) fn keeps_state(&self) -> bool {
        self.kind.keeps_state
    }

    fn field(&self, key: &str) -> Option<&'static Field> {
        self.kind.fields.iter().find(|field| field.key == key)
    }

    /// The text of a field, or what stands for it where it is not set; nothing where that is nothing.
    ///
    /// This exposes secrets.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            Some(Value::Secret(secret)) => Some(secret.expose().to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(Value::List(_) | Value::Headers(_) | Value::Duration(_)) => None,
            None => match self.field(key)?.need {
                Need::Default(text) => Some(text.to_owned()),
                Need::Required | Need::Optional(_) => None,
            },
        }
    }

    /// The texts of a field.
    pub(super) fn list(&self, key: &str) -> &[String] {
        match self.values.get(key) {
            Some(Value::List(items)) => items,
            Some(_) | None => &[],
        }
    }

    /// The headers that the user gave.
    pub(super) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        match self.values.get("headers") {
            Some(Value::Headers(headers)) => headers,
            Some(_) | None => &[],
        }
    }

    /// A time, or what stands for it.
    pub(super) fn duration(&self, key: &str, otherwise: Duration) -> Duration {
        match self.values.get(key) {
            Some(Value::Duration(duration)) => *duration,
            Some(_) | None => otherwise,
        }
    }
}

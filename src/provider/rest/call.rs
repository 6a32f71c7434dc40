//! One request, as a dialect describes it.

use super::text::segment;
use crate::net::http::Method;
use form_urlencoded::Serializer;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the base, percent-encoded, without the query.
    pub(super) path: String,
    /// Decoded, in the order in which they are sent.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// What is sent along.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    None,
    Json(Value),
    Form(Vec<(String, String)>),
    /// The media type and the text.
    Text(&'static str, String),
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: Body::None }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path).body(Body::Json(body))
    }

    pub(super) fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PUT, path).body(Body::Json(body))
    }

    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path).body(Body::Json(body))
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    #[must_use]
    pub(super) fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// Adds to the query.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts, as they come")]
    pub(super) fn ask(mut self, key: &str, value: impl ToString) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds a header. What is no header value is refused when the request is sent.
    pub(super) fn header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Adds `Authorization: Bearer …`.
    pub(super) fn bearer(&mut self, token: &str) {
        self.header("authorization", format!("Bearer {token}"));
    }

    /// Adds `Authorization: Basic …` (RFC 7617).
    pub(super) fn basic(&mut self, user: &str, password: &str) {
        self.header(
            "authorization",
            format!("Basic {}", super::text::base64(format!("{user}:{password}").as_bytes())),
        );
    }

    /// Path and query as they are sent: everything encoded that RFC 3986 allows to be, as signatures want it.
    pub(super) fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let pairs = self.query.iter().map(|(key, value)| format!("{}={}", segment(key), segment(value)));
        format!("{}?{}", self.path, pairs.collect::<Vec<_>>().join("&"))
    }

    /// The body as it is sent, and its media type.
    pub(super) fn payload(&self) -> Option<(&'static str, Vec<u8>)> {
        match &self.body {
            Body::None => None,
            Body::Json(value) => Some(("application/json", value.to_string().into_bytes())),
            Body::Form(pairs) => Some(("application/x-www-form-urlencoded", form(pairs).into_bytes())),
            Body::Text(media, text) => Some((media, text.clone().into_bytes())),
        }
    }
}

fn form(pairs: &[(String, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

//! A request as a fake looks at it.

use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;

/// A request, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path below the base, as sent.
    pub(crate) path: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    /// Its segments, decoded.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    /// The body as JSON; `Null` where it is none.
    pub(crate) json: Value,
    /// The body as a form; empty where it is none.
    pub(crate) form: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn new(request: &Request<Bytes>) -> Self {
        let path = request.uri().path().to_owned();
        let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let segments = path.split('/').skip(1).map(decode).collect();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        Self {
            method: request.method().to_string(),
            segments,
            query: pairs(request.uri().query().unwrap_or_default()),
            headers: headers.collect(),
            json: serde_json::from_str(&body).unwrap_or(Value::Null),
            form: pairs(&body),
            body,
            path,
            target,
        }
    }

    /// Method and segments, for matching on.
    pub(crate) fn route(&self) -> (&str, Vec<&str>) {
        (self.method.as_str(), self.segments.iter().map(String::as_str).collect())
    }

    /// A value of the query.
    pub(crate) fn asks(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A number of the query.
    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        self.asks(key)?.parse().ok()
    }

    /// A value of the form.
    pub(crate) fn field(&self, key: &str) -> Option<&str> {
        self.form.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether it carries this bearer token.
    pub(crate) fn has_bearer(&self, token: &str) -> bool {
        self.header("authorization") == Some(&format!("Bearer {token}"))
    }

    /// Whether it carries these Basic credentials.
    pub(crate) fn has_basic(&self, user: &str, password: &str) -> bool {
        let pair = domain::utils::base64::encode_string(format!("{user}:{password}").as_bytes());
        self.header("authorization") == Some(&format!("Basic {pair}"))
    }

    /// A text of the JSON body.
    pub(crate) fn text(&self, at: &str) -> &str {
        self.json.pointer(at).and_then(Value::as_str).unwrap_or_default()
    }

    /// A number of the JSON body, also one in quotes.
    pub(crate) fn ttl(&self, at: &str) -> Option<u32> {
        match self.json.pointer(at)? {
            Value::Number(number) => number.as_u64()?.try_into().ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

fn decode(segment: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        octets.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

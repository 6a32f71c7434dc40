//! What goes wrong on purpose.

use super::{Reply, State, route};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

/// Which request is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Whatever comes next.
    Any,
    /// The next GET.
    Read,
    /// The next request that could change something.
    Write,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It takes effect, and no answer ever comes.
    AppliedThenSilence,
    /// It takes effect, and the answer's body ends early.
    AppliedThenCut,
    /// It takes no effect, and no answer ever comes.
    Silence,
    /// It takes no effect, and the answer's body ends early.
    Cut,
    /// 429 with code 971 and, where given, `Retry-After` in seconds.
    RateLimited {
        /// Seconds, or no header.
        retry_after: Option<u64>,
    },
    /// It takes no effect, and this is answered.
    Answer {
        /// The status.
        status: u16,
        /// The media type.
        content_type: &'static str,
        /// The body.
        body: String,
        /// Further headers.
        headers: Vec<(&'static str, &'static str)>,
    },
}

impl Trouble {
    /// A refusal in Cloudflare's envelope.
    pub fn refusal(status: u16, code: u32, message: &str) -> Self {
        let body = serde_json::json!({
            "result": null,
            "success": false,
            "errors": [{ "code": code, "message": message }],
            "messages": [],
        });
        Self::json(status, body.to_string())
    }

    /// Any JSON.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, content_type: "application/json", body: body.into(), headers: Vec::new() }
    }

    /// A page in place of JSON, as the edge sends them.
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::Answer {
            status,
            content_type: "text/html; charset=UTF-8",
            body: body.into(),
            headers: Vec::new(),
        }
    }

    pub(super) fn reply(self, state: &mut State, request: &Request<Bytes>) -> Reply {
        match self {
            Self::AppliedThenSilence => {
                route::answer(state, request);
                Reply::Silence
            }
            Self::AppliedThenCut => Reply::Cut(route::answer(state, request)),
            Self::Silence => Reply::Silence,
            Self::Cut => Reply::Cut(Response::new(Bytes::from_static(b"{\"result\":[{\"id\":\"02"))),
            Self::RateLimited { retry_after } => Reply::Answer(rate_limited(retry_after)),
            Self::Answer { status, content_type, body, headers } => {
                let mut response = Response::new(Bytes::from(body));
                *response.status_mut() = StatusCode::from_u16(status).expect("the test names a status");
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                for (name, value) in headers {
                    response
                        .headers_mut()
                        .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                }
                Reply::Answer(response)
            }
        }
    }
}

fn rate_limited(retry_after: Option<u64>) -> Response<Bytes> {
    let refusal =
        super::answer::Refusal::new(429, 971, "Please wait and consider throttling your request speed");
    let mut response = refusal.response();
    response.headers_mut().insert("ratelimit", HeaderValue::from_static("\"default\";r=0;t=240"));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    response
}

/// What is still to go wrong, and what is refused for good.
#[derive(Default)]
pub(super) struct Script {
    once: Vec<(On, Trouble)>,
    pub(super) whole_records_only: bool,
    pub(super) no_batch: bool,
}

impl Script {
    pub(super) fn once(&mut self, on: On, trouble: Trouble) {
        self.once.push((on, trouble));
    }

    /// The first scripted trouble that hits this method.
    pub(super) fn next(&mut self, method: &Method) -> Option<Trouble> {
        let hit = self.once.iter().position(|(on, _)| match on {
            On::Any => true,
            On::Read => method == Method::GET,
            On::Write => method != Method::GET,
        })?;
        Some(self.once.remove(hit).1)
    }
}

//! One small HTTP client: a request in, the whole answer out.
//!
//! HTTP/2 where the server offers it, else HTTP/1.1. The body is capped and a deadline covers the whole exchange,
//! from resolving the name to the last byte. No redirects, no decompression, no proxy, no retry, except that a kept
//! connection found dead is opened again if the request was not sent or changes nothing.

use super::lines::{Line, Lines, Lost, Progress, Target, protocol};
use super::proxy::Proxy;
use super::{NetError, Network, Phase, Route, Way};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Uri};
use std::time::Duration;

pub use super::base::{Base, BaseError};
pub use hyper::{Method, header};

/// How long [`Client::warm`] tries; requests have their own deadlines.
const WARM: Duration = Duration::from_secs(10);

type Message = hyper::Request<Full<Bytes>>;

/// A client of one base URL over one route, by the network's way out unless the route has its own. It keeps its connections; share one among all who talk to that base.
pub struct Client {
    network: Network,
    base: Base,
    route: Route,
    proxy: Option<Proxy>,
    lines: Lines,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, PATCH, …
    pub method: Method,
    /// Appended to the base's path, with its query: `/zones?name=example.org`.
    pub path: String,
    /// Headers besides `Host`, `User-Agent` (which one of these may replace) and `Content-Length`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, where there is one.
    pub body: Option<Vec<u8>>,
    /// The deadline of the whole exchange.
    pub timeout: Duration,
    /// The largest body taken, in bytes.
    pub limit: usize,
}

/// What came back, whatever the status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that has no connection yet.
    pub fn new(network: &Network, base: Base, route: Route) -> Self {
        let way = if route.way == Way::default() { network.way() } else { route.way };
        let route = Route { way, ..route };
        Self { network: network.clone(), base, route, proxy: None, lines: Lines::new() }
    }

    /// The same client through a proxy, where there is one. It must not have a connection yet.
    #[must_use]
    pub fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// Where requests go.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Opens the connection that the next request will need, unless there is one. Failing is that request's
    /// business.
    pub async fn warm(&self) {
        let progress = Progress::default();
        if let Ok(Ok(line)) = tokio::time::timeout(WARM, self.lines.take(&self.target(), &progress)).await {
            self.lines.put_back(line);
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        let progress = Progress::default();
        let after = request.timeout;
        let answer = tokio::time::timeout(after, self.exchange(request, &progress)).await;
        answer.unwrap_or_else(|_| {
            // The connection may be dead: the next request finds out on a new one.
            self.lines.forget_shared();
            Err(NetError::TimedOut { to: self.base.authority(), phase: progress.phase(), after })
        })
    }

    fn target(&self) -> Target<'_> {
        Target { network: &self.network, base: &self.base, route: self.route, proxy: self.proxy.as_ref() }
    }

    async fn exchange(&self, request: Request, progress: &Progress) -> Result<Response, NetError> {
        let limit = request.limit;
        let mut message = self.message(request)?;
        loop {
            let mut line = self.lines.take(&self.target(), progress).await?;
            self.address(&mut message, &line)?;
            progress.reached(Phase::Exchange);
            self.network.tally().count();
            let again = line.kept.then(|| message.clone());
            let lost = match line.send(message).await {
                Ok(answer) => {
                    #[cfg(feature = "doctor")]
                    self.network.dates.note(self.base.authority(), answer.headers());
                    let answer = self.collect(answer, limit).await?;
                    self.lines.put_back(line);
                    return Ok(answer);
                }
                Err(lost) => lost,
            };
            if line.is_http2() {
                self.lines.forget_shared();
            }
            message = self.again(lost, again)?;
        }
    }

    /// The request once more, where a kept connection failed and it is safe to repeat it.
    fn again(&self, lost: Lost, again: Option<Message>) -> Result<Message, NetError> {
        match (lost, again) {
            (Lost::Unsent(unsent), Some(_)) => Ok(*unsent),
            (Lost::TurnedAway, Some(again)) => Ok(again),
            (Lost::Unsent(_) | Lost::TurnedAway, None) => {
                let reason = "it takes connections but no request".to_owned();
                Err(NetError::Connect { to: self.base.authority(), reason })
            }
            // One that changes nothing can be sent again (RFC 9110 §9.2.2); for any other, only the caller can find
            // out what happened.
            (Lost::Broken(error), again) => match (protocol(&self.base, &error), again) {
                (NetError::Cut { .. }, Some(again)) if again.method().is_safe() => Ok(again),
                (error, _) => Err(error),
            },
        }
    }

    /// The request as HTTP, but for what depends on the connection.
    fn message(&self, request: Request) -> Result<Message, NetError> {
        let uri = format!("{}{}", self.base, request.path);
        let uri: Uri = uri.parse().map_err(|_| self.unfit("the path is no part of a URL"))?;
        let mut message = hyper::Request::new(Full::from(request.body.unwrap_or_default()));
        *message.method_mut() = request.method;
        *message.uri_mut() = uri;
        let headers = message.headers_mut();
        if let (false, Ok(agent)) =
            (self.network.user_agent().is_empty(), HeaderValue::from_str(self.network.user_agent()))
        {
            headers.insert(USER_AGENT, agent);
        }
        for (name, value) in request.headers {
            headers.insert(name, value);
        }
        Ok(message)
    }

    /// HTTP/1.1 wants a `Host` header and only the path, HTTP/2 the whole URL (RFC 9113 §8.3.1).
    fn address(&self, message: &mut Message, line: &Line<'_>) -> Result<(), NetError> {
        let path = message.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        if line.is_http2() {
            message.headers_mut().remove(HOST);
            let whole = format!("{}://{}{path}", self.base.scheme().as_str(), self.base.authority());
            *message.uri_mut() = whole.parse().map_err(|_| self.unfit("the URL is not valid"))?;
        } else {
            let host = HeaderValue::from_str(&self.base.authority());
            message.headers_mut().insert(HOST, host.map_err(|_| self.unfit("the name is no header value"))?);
            *message.uri_mut() = path.parse().map_err(|_| self.unfit("the path is not valid"))?;
        }
        Ok(())
    }

    fn unfit(&self, reason: &str) -> NetError {
        NetError::Unfit { to: self.base.authority(), reason: reason.to_owned() }
    }

    async fn collect(&self, answer: hyper::Response<Incoming>, limit: usize) -> Result<Response, NetError> {
        let too_large = || NetError::TooLarge { to: self.base.authority(), limit };
        let (head, mut incoming) = answer.into_parts();
        if incoming.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| protocol(&self.base, &error))?;
            let Some(chunk) = frame.data_ref() else { continue };
            if chunk.len() > limit - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(chunk);
        }
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body })
    }
}

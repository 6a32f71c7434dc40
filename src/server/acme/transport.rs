//! The way to the certificate authority: our own HTTP client behind the protocol's library.

use crate::net::base::Scheme;
use crate::net::date::retry_after;
use crate::net::http::{Client, Request};
use crate::net::{Base, NetError, Network, Route};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// For one exchange. Authorities are known to think for a while before they answer.
const TIMEOUT: Duration = Duration::from_secs(45);

/// The largest answer, in bytes: a chain of certificates, an order for a hundred names.
const LIMIT: usize = 512 * 1024;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Transport(Arc<Inner>);

struct Inner {
    network: Network,
    /// One per origin; there are seldom two.
    clients: Mutex<Vec<(Base, Arc<Client>)>>,
    /// How long the last refusal said to wait.
    wait: Mutex<Option<Duration>>,
}

/// Why there was no answer of the protocol's own. Carried through its library, and found again by
/// [`instant_acme::Error::Other`].
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// The network's own word.
    #[error(transparent)]
    Net(#[from] NetError),
    /// An answer that is no problem document (RFC 7807), as of a proxy or a server in trouble.
    #[error("it answered with status {0}")]
    Status(u16),
    /// An URL in an answer that is not to be asked.
    #[error("it gave a URL that is not an https:// one")]
    Url,
}

impl Transport {
    pub(super) fn new(network: &Network) -> Self {
        let inner = Inner { network: network.clone(), clients: Mutex::default(), wait: Mutex::default() };
        Self(Arc::new(inner))
    }

    /// How long the authority asked to wait since this was asked last.
    pub(super) fn asked_to_wait(&self) -> Option<Duration> {
        self.0.wait.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn client(&self, base: Base) -> Arc<Client> {
        let mut clients = self.0.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(of, _)| *of == base) {
            return Arc::clone(client);
        }
        let client = Arc::new(Client::new(&self.0.network, base.clone(), Route::default()));
        clients.push((base, Arc::clone(&client)));
        client
    }

    async fn exchange(&self, request: hyper::Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Lost> {
        let (head, body) = request.into_parts();
        let (base, path) = Base::split(&head.uri.to_string()).map_err(|_| Lost::Url)?;
        if base.scheme() != Scheme::Https {
            return Err(Lost::Url);
        }
        let body = body.collect().await.map_or_else(|never| match never {}, Collected::to_bytes);
        let headers = head.headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
        let request = Request {
            method: head.method,
            path,
            // The program's own name is sent in place of the library's.
            headers: headers.filter(|(name, _)| name != USER_AGENT).collect(),
            body: (!body.is_empty()).then(|| body.to_vec()),
            timeout: TIMEOUT,
            limit: LIMIT,
        };
        let answer = self.client(base).send(request).await?;
        if answer.status >= 400 {
            let wait = retry_after(&answer.headers, SystemTime::now());
            let mut asked = self.0.wait.lock().unwrap_or_else(PoisonError::into_inner);
            *asked = wait.or(*asked);
            let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            if !kind.is_some_and(|kind| kind.starts_with("application/problem+json")) {
                return Err(Lost::Status(answer.status));
            }
        }
        let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() =
            hyper::StatusCode::from_u16(answer.status).map_err(|_| Lost::Status(answer.status))?;
        *response.headers_mut() = answer.headers;
        Ok(BytesResponse::from(response))
    }
}

impl HttpClient for Transport {
    fn request(
        &self,
        request: hyper::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let transport = self.clone();
        Box::pin(
            async move { transport.exchange(request).await.map_err(|lost| Error::Other(Box::new(lost))) },
        )
    }
}

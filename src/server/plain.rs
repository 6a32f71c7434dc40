//! Port 80 beside HTTPS: the answers of HTTP-01, and the way to HTTPS for everything else.
//!
//! Who sends a password here is not sent on: it would arrive, go on to be sent in the open, and nobody would know.

use super::{Answer, Asked, Reply, Service};
use hyper::header::{AUTHORIZATION, HeaderValue, LOCATION};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// What finds the answer of a challenge that is under way by its path.
pub type Proofs = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The service of a listener without TLS.
pub struct Plain {
    proofs: Option<Proofs>,
    rest: Rest,
}

/// What becomes of requests that are no challenge's.
pub enum Rest {
    /// They are sent to HTTPS.
    Redirect {
        /// The server's own name; whatever a client calls it, it is sent there.
        name: String,
        /// The port of HTTPS as clients see it.
        port: u16,
    },
    /// They are answered, passwords and all: for clients that cannot do TLS.
    Serve(Arc<dyn Service>),
}

impl Plain {
    /// Answers challenges, where there are any, and does so with the rest.
    pub fn new(proofs: Option<Proofs>, rest: Rest) -> Self {
        Self { proofs, rest }
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("proofs", &self.proofs.is_some()).finish_non_exhaustive()
    }
}

impl Service for Plain {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        if let Some(proof) = self.proofs.as_ref().and_then(|find| find(asked.path)) {
            return Reply::new(200, "application/octet-stream", proof).into();
        }
        let (name, port) = match &self.rest {
            Rest::Serve(service) => return service.answer(asked),
            Rest::Redirect { name, port } => (name, *port),
        };
        let whole = match port {
            443 => format!("https://{name}"),
            port => format!("https://{name}:{port}"),
        };
        if asked.headers.contains_key(AUTHORIZATION) || asked.query.is_some() {
            return Reply::text(
                403,
                format_args!("use {whole}{}: passwords are not taken over http", asked.path),
            )
            .into();
        }
        match HeaderValue::from_str(&format!("{whole}{}", asked.path)) {
            Ok(there) => Reply::text(308, format_args!("use {whole}")).with(LOCATION, there).into(),
            Err(_) => Reply::text(400, "that is no path").into(),
        }
    }

    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool {
        match &self.rest {
            Rest::Serve(service) => service.begins_with_proxy_header(peer),
            Rest::Redirect { .. } => false,
        }
    }

    fn is_proxy(&self, peer: SocketAddr) -> bool {
        match &self.rest {
            Rest::Serve(service) => service.is_proxy(peer),
            Rest::Redirect { .. } => false,
        }
    }

    fn takes_form(&self, path: &str) -> Option<usize> {
        match &self.rest {
            Rest::Serve(service) => service.takes_form(path),
            Rest::Redirect { .. } => None,
        }
    }
}

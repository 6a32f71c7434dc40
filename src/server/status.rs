//! The status pages of the daemon: `/healthz` for whoever restarts it, `/metrics` for Prometheus, `/status` for other
//! programs, and `/` for people.
//!
//! They show the snapshot that the daemon keeps, and nothing can be changed by asking. There is no authentication, so
//! they belong on loopback; and a request is only answered when its `Host` cannot be a name that some web page made
//! point at this machine (DNS rebinding): an address, `localhost`, or one that the configuration lists.

use super::listen::{Limits, Server};
use super::{Answer, Asked, Reply, Service, lines, metrics};
use crate::report::status::Status;
use serde_json::json;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// How everything stands.
    pub status: watch::Receiver<Arc<Status>>,
    /// What happened.
    #[cfg(feature = "page")]
    pub past: Arc<crate::page::Chronicle>,
    /// The names beside `localhost` by which it may be asked for.
    pub names: Names,
}

/// Names that a listener answers to; all clones are one, and change together.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<RwLock<Vec<String>>>);

impl Names {
    /// These and no others from now on: in lower case, without a final dot.
    pub fn set(&self, names: &[String]) {
        names.clone_into(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn hold(&self, host: &str) -> bool {
        let name = name_of(host);
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&name)
    }
}

impl From<watch::Receiver<Arc<Status>>> for Shown {
    fn from(status: watch::Receiver<Arc<Status>>) -> Self {
        Self {
            status,
            #[cfg(feature = "page")]
            past: Arc::default(),
            names: Names::default(),
        }
    }
}

/// The pages.
#[derive(Debug)]
pub struct Pages {
    shown: Shown,
    #[cfg(feature = "page")]
    watchers: Arc<tokio::sync::Semaphore>,
}

/// Connections at a time; half of them may wait for something to happen, so that the rest always finds a place.
const CONNECTIONS: usize = 32;

/// Listens at an address and serves the pages there. Needs a tokio runtime.
pub async fn bind(at: SocketAddr, shown: impl Into<Shown>) -> io::Result<Server> {
    from_listener(TcpListener::bind(at).await?, shown)
}

/// Serves the pages at a listener that is there already, as a service manager hands it over. Needs a tokio runtime.
pub fn from_listener(listener: TcpListener, shown: impl Into<Shown>) -> io::Result<Server> {
    let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
    let pages = Pages {
        shown: shown.into(),
        #[cfg(feature = "page")]
        watchers: Arc::new(tokio::sync::Semaphore::new(CONNECTIONS / 2)),
    };
    Server::start(listener, None, limits, Arc::new(pages))
}

#[cfg(feature = "page")]
const THERE: &str = "there are /, /healthz, /metrics and /status";
#[cfg(not(feature = "page"))]
const THERE: &str = "there are /healthz, /metrics and /status";

impl Pages {
    /// Turns away whoever asks by a name that this listener does not answer to.
    fn turned_away(&self, asked: &Asked<'_>) -> Option<Reply> {
        let is_ours = |host: &str| is_own(host) || self.shown.names.hold(host);
        let foreign = !lines(asked.headers, "host").all(is_ours);
        foreign.then(|| {
            let why = "ask by address or as localhost: this listener answers to no other name that is not in `listen_names`";
            Reply::text(421, why)
        })
    }

    fn reply(&self, asked: &Asked<'_>) -> Reply {
        let status = Arc::clone(&self.shown.status.borrow());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        match asked.path {
            #[cfg(feature = "page")]
            "/" => people(&self.shown, &status, now),
            "/healthz" => health(&status, now),
            "/status" => {
                let text = serde_json::to_string(&*status).expect("a snapshot always becomes JSON");
                json_reply(200, text)
            }
            "/metrics" => {
                let open = |accept: &str| accept.contains("application/openmetrics-text");
                let form = if lines(asked.headers, "accept").any(open) {
                    metrics::Form::OpenMetrics
                } else {
                    metrics::Form::Prometheus
                };
                Reply::new(200, form.media_type(), metrics::page(&status, now, form))
            }
            _ => Reply::text(404, THERE),
        }
    }
}

impl Service for Pages {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        if let Some(reply) = self.turned_away(asked) {
            return reply.into();
        }
        #[cfg(feature = "page")]
        if asked.path == crate::page::EVENTS {
            return super::events::answer(asked, &self.shown.status, &self.watchers);
        }
        self.reply(asked).into()
    }

    fn begins_with_proxy_header(&self, _: SocketAddr) -> bool {
        false
    }
}

/// The page for people, which a browser shows nowhere else and lets run nothing else.
#[cfg(feature = "page")]
fn people(shown: &Shown, status: &Status, now: u64) -> Reply {
    use crate::page::{POLICY, View, document};
    use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};
    let past = shown.past.news();
    let clock = crate::page::Clock::local();
    let text = document(View { status, past: &past, now, clock: &clock });
    let policy = HeaderValue::from_str(&POLICY).expect("invariant: it is ASCII");
    let only_here = HeaderValue::from_static("same-origin");
    Reply::new(200, "text/html; charset=utf-8", text)
        .with(CONTENT_SECURITY_POLICY, policy)
        .with(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with(HeaderName::from_static("cross-origin-opener-policy"), only_here.clone())
        .with(HeaderName::from_static("cross-origin-resource-policy"), only_here)
}

fn health(status: &Status, now: u64) -> Reply {
    let health = status.health(now);
    let code = if health.is_ok() { 200 } else { 503 };
    let body = json!({
        "healthy": health.is_ok(),
        "why": health.err(),
        "at": status.at,
        "fine": status.fine,
        "healthy_until": status.healthy_until,
        "version": status.version,
    });
    json_reply(code, body.to_string())
}

fn json_reply(status: u16, text: String) -> Reply {
    Reply::new(status, "application/json", text + "\n")
}

/// The name or address of a `Host`, without the port.
fn name_of(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether a `Host` is no name that somebody else has a say about: an address, or `localhost` (RFC 6761 §6.3).
pub(super) fn is_own(host: &str) -> bool {
    let name = name_of(host);
    name.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_addresses_and_localhost_are_names_of_our_own() {
        for own in [
            "127.0.0.1",
            "127.0.0.1:9000",
            "[::1]",
            "[::1]:9000",
            "LocalHost:9000",
            "localhost.",
            "a.localhost",
        ] {
            assert!(is_own(own), "{own}");
        }
        for foreign in [
            "evil.example.org",
            "evil.example.org:9000",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "",
            "?",
        ] {
            assert!(!is_own(foreign), "{foreign}");
        }
    }
}

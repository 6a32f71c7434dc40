//! The status pages of the daemon: `/healthz` for whoever restarts it, `/metrics` for Prometheus, `/status` for all else.
//!
//! They show the snapshot that the daemon keeps, and nothing can be changed by asking. There is no authentication, so
//! they belong on loopback; there, a request is only answered when its `Host` cannot be a name that some web page made
//! point at this machine (DNS rebinding).

use super::listen::{Limits, Server};
use super::{Answer, Asked, Reply, Service, lines, metrics};
use crate::report::status::Status;
use serde_json::json;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The pages.
#[derive(Debug)]
pub struct Pages {
    status: watch::Receiver<Arc<Status>>,
    callers: Callers,
}

/// By which names the pages may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    /// `localhost` and addresses.
    OfLoopback,
    /// Any.
    Any,
}

/// Listens at an address and serves the pages there. Needs a tokio runtime.
pub async fn bind(at: SocketAddr, status: watch::Receiver<Arc<Status>>) -> io::Result<Server> {
    from_listener(TcpListener::bind(at).await?, status)
}

/// Serves the pages at a listener that is there already, as a service manager hands it over. Needs a tokio runtime.
pub fn from_listener(listener: TcpListener, status: watch::Receiver<Arc<Status>>) -> io::Result<Server> {
    let own = listener.local_addr()?.ip().to_canonical().is_loopback();
    let callers = if own { Callers::OfLoopback } else { Callers::Any };
    let limits = Limits { connections: 32, ..Limits::default() };
    Server::start(listener, None, limits, Arc::new(Pages { status, callers }))
}

impl Pages {
    fn reply(&self, asked: &Asked<'_>) -> Reply {
        if self.callers == Callers::OfLoopback && !lines(asked.headers, "host").all(is_own) {
            return Reply::text(
                421,
                "ask by address or as localhost: this listener answers to no other name",
            );
        }
        let status = Arc::clone(&self.status.borrow());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        match asked.path {
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
            _ => Reply::text(404, "there are /healthz, /metrics and /status"),
        }
    }
}

impl Service for Pages {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        self.reply(asked).into()
    }

    fn begins_with_proxy_header(&self, _: SocketAddr) -> bool {
        false
    }
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

/// Whether a `Host` is no name that somebody else has a say about: an address, or `localhost` (RFC 6761 §6.3).
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
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

//! `/healthz` and `/metrics` of `serve`, on a listener of their own.
//!
//! What is said is the caller's; who may ask is as for the daemon's pages.

use super::listen::{Limits, Server};
use super::status::is_own;
use super::{Answer, Asked, Reply, Service, lines, metrics};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What is said.
pub trait Vital: Send + Sync {
    /// Whether it serves, and what is in the way of what.
    fn health(&self) -> (bool, Value);

    /// All numbers, in Prometheus' text form.
    fn metrics(&self) -> String;
}

struct Pages {
    vital: Arc<dyn Vital>,
    /// Whether only `localhost` and addresses are answered to, since no other name is meant for this machine alone.
    own: bool,
}

/// Serves the pages at a listener. Needs a tokio runtime.
pub fn start(listener: TcpListener, vital: Arc<dyn Vital>) -> io::Result<Server> {
    let own = listener.local_addr()?.ip().to_canonical().is_loopback();
    let limits = Limits { connections: 32, ..Limits::default() };
    Server::start(listener, None, limits, Arc::new(Pages { vital, own }))
}

impl Service for Pages {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        if self.own && !lines(asked.headers, "host").all(is_own) {
            let why = "ask by address or as localhost: this listener answers to no other name";
            return Reply::text(421, why).into();
        }
        match asked.path {
            "/healthz" => {
                let (healthy, told) = self.vital.health();
                Reply::new(if healthy { 200 } else { 503 }, "application/json", format!("{told}\n"))
            }
            "/metrics" => Reply::new(200, metrics::Form::Prometheus.media_type(), self.vital.metrics()),
            _ => Reply::text(404, "there are /healthz and /metrics"),
        }
        .into()
    }

    fn begins_with_proxy_header(&self, _: SocketAddr) -> bool {
        false
    }
}

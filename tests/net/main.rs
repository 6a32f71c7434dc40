//! The network against real servers on loopback: HTTP/1.1, HTTP/2, TLS, and servers that misbehave.

mod exchange;
mod far;
mod trust;
mod turned_away;

use dynflare::net::http::{Client, Method, Request};
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare_testkit::tls::Authority;
use std::time::Duration;

/// A network that trusts `authority` besides the system's.
fn network(authority: &Authority) -> Network {
    let ca_files = vec![authority.file().to_owned()];
    Network::new(NetworkSettings { ca_files, user_agent: "dynflare/test".to_owned() })
}

/// A client of a base URL over any route.
fn client(network: &Network, base: &str) -> Client {
    Client::new(network, base.parse().expect("a test's base URL is valid"), Route::default())
}

/// A request without a body that may take long and bring 4 KiB.
fn request(method: Method, path: &str) -> Request {
    let (path, timeout) = (path.to_owned(), Duration::from_secs(60));
    Request { method, path, headers: Vec::new(), body: None, timeout, limit: 4096 }
}

fn get(path: &str) -> Request {
    request(Method::GET, path)
}

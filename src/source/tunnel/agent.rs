//! ngrok's agent on this machine: which tunnels it has, and where they lead.
//!
//! Source: ngrok's Agent API, `GET /api/tunnels` (ngrok.com/docs/agent/api). Only a tunnel that speaks HTTPS and leads
//! to a port of this machine is taken.

use crate::net::http::{Base, Client, Method, Request};
use crate::net::{Effect, Route};
use crate::source::http::check_status;
use crate::source::{Question, beginning};
use dynflare_core::fault::{Class, Fault};
use serde::Deserialize;

/// A tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its far end.
    pub(super) url: Base,
    /// Where on this machine it leads to.
    pub(super) port: u16,
}

/// A list of tunnels is larger than an address.
const LIMIT: usize = 64 * 1024;

#[derive(Deserialize)]
struct Listing {
    tunnels: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    public_url: String,
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    addr: String,
}

/// Asks the agent for the tunnel that leads to `port`, or for its only one.
pub(super) async fn find(agent: &Base, port: Option<u16>, question: &Question<'_>) -> Result<Found, Fault> {
    let client = Client::new(question.network, agent.clone(), Route::default());
    let request = Request {
        method: Method::GET,
        path: "/api/tunnels".to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: question.timeout,
        limit: LIMIT,
    };
    let answer = client.send(request).await.map_err(|error| {
        error.fault(Effect::Read).hint("start ngrok's agent on this machine, or say where it is with `agent`")
    })?;
    check_status(&answer)?;
    choose(&answer.body, port)
}

fn choose(body: &[u8], wanted: Option<u16>) -> Result<Found, Fault> {
    let listing: Listing = serde_json::from_slice(body).map_err(|_| {
        Fault::new(Class::Unexpected, "the answer is not that of ngrok's agent")
            .said(beginning(&String::from_utf8_lossy(body)))
    })?;
    let found: Vec<Found> = listing.tunnels.iter().filter_map(Entry::usable).collect();
    let mut fitting = found.iter().filter(|tunnel| wanted.is_none_or(|port| tunnel.port == port));
    match (fitting.next(), fitting.next(), wanted) {
        // Several to one port are the same machine; any will do.
        (Some(one), None, _) | (Some(one), Some(_), Some(_)) => Ok(one.clone()),
        (Some(_), Some(_), None) => {
            let what = format!("ngrok's agent has {} tunnels with HTTPS to this machine", found.len());
            Err(Fault::new(Class::Invalid, what).hint("say which with `port` of this source"))
        }
        (None, _, Some(port)) => {
            let what = format!("ngrok's agent has no tunnel with HTTPS to port {port} of this machine");
            Err(Fault::new(Class::Unavailable, what).hint(format!("start one with `ngrok http {port}`")))
        }
        (None, _, None) => {
            let what = "ngrok's agent has no tunnel with HTTPS to this machine";
            Err(Fault::new(Class::Unavailable, what).hint("start one with `ngrok http 8053`"))
        }
    }
}

impl Entry {
    fn usable(&self) -> Option<Found> {
        let url: Base = self.public_url.strip_prefix("https://").and(self.public_url.parse().ok())?;
        // Written as a URL, as HOST:PORT or as a bare port.
        let addr = self.config.addr.trim_end_matches('/');
        if addr.starts_with("https://") {
            return None;
        }
        let addr = addr.strip_prefix("http://").unwrap_or(addr);
        let (host, port) = addr.rsplit_once(':').unwrap_or(("localhost", addr));
        let here = matches!(host, "localhost" | "127.0.0.1");
        port.parse().ok().filter(|_| here).map(|port| Found { url, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(tunnels: &[(&str, &str)], port: Option<u16>) -> Result<(String, u16), String> {
        let entries = tunnels.iter().map(|(url, addr)| {
            serde_json::json!({ "name": "t", "public_url": url, "proto": "https", "config": { "addr": addr, "inspect": true } })
        });
        let body = serde_json::json!({ "tunnels": entries.collect::<Vec<_>>(), "uri": "/api/tunnels" });
        let found = choose(body.to_string().as_bytes(), port);
        found.map(|found| (found.url.to_string(), found.port)).map_err(|fault| fault.what)
    }

    const ONE: (&str, &str) = ("https://a.ngrok.app", "http://localhost:8053");

    #[test]
    fn the_tunnel_that_leads_here_is_chosen() {
        let to = |port| Ok(("https://a.ngrok.app".to_owned(), port));
        assert_eq!(chosen(&[ONE], None), to(8053));
        assert_eq!(chosen(&[("http://a.ngrok.app", "http://localhost:8053"), ONE], Some(8053)), to(8053));
        let other = ("https://b.ngrok.app", "http://localhost:80");
        assert_eq!(chosen(&[other, ONE], Some(8053)), to(8053));
        for addr in ["8053", "localhost:8053", "127.0.0.1:8053", "http://127.0.0.1:8053/"] {
            assert_eq!(chosen(&[("https://a.ngrok.app", addr)], None), to(8053), "{addr}");
        }
    }

    #[test]
    fn no_tunnel_or_too_many_are_told() {
        let none = "ngrok's agent has no tunnel with HTTPS to this machine";
        assert_eq!(chosen(&[], None), Err(none.to_owned()));
        for elsewhere in
            [("tcp://a.ngrok.app:1", "localhost:22"), ("https://a.ngrok.app", "http://192.0.2.9:80")]
        {
            assert_eq!(chosen(&[elsewhere], None), Err(none.to_owned()));
        }
        let other = ("https://b.ngrok.app", "http://localhost:80");
        assert_eq!(
            chosen(&[ONE, other], None),
            Err("ngrok's agent has 2 tunnels with HTTPS to this machine".to_owned())
        );
        assert!(chosen(&[ONE], Some(1)).is_err());
        assert!(choose(b"<html>", None).is_err());
    }
}

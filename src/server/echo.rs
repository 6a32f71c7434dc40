//! The echo service: tells a client its own address, signed where there is a key.
//!
//! `GET /` and `/ip` answer with the address alone, `/trace` with lines of `key=value` as Cloudflare's `/cdn-cgi/trace`
//! does, `/json` with a document. With `/json?nonce=…` (64 lower-case
//! hexadecimal digits) the document carries the server's time and a signature over both and the address.

use super::client::{Telling, Trust};
use super::{Answer, Asked, Reply, Service};
use crate::signed::{Nonce, Scheme, Signer, Statement};
use dynflare_core::address::Family;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The service.
#[derive(Debug)]
pub struct Echo {
    /// Whose word about clients counts.
    pub trust: Trust,
    /// What answers are signed with.
    pub signer: Option<Signer>,
}

impl Echo {
    /// Answers.
    pub fn reply(&self, asked: &Asked<'_>) -> Reply {
        if !matches!(asked.path, "/" | "/ip" | "/json" | "/trace" | "/cdn-cgi/trace") {
            return Reply::text(404, "there are /, /ip, /json and /trace");
        }
        let Some(address) = self.trust.client(asked) else {
            return Reply::text(400, "the proxy does not say in a way that can be trusted who asks");
        };
        if asked.path.ends_with("/trace") {
            let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let (seconds, milliseconds) = (time.as_secs(), time.subsec_millis());
            return Reply::text(200, format_args!("ip={address}\nts={seconds}.{milliseconds:03}"));
        }
        if asked.path != "/json" {
            return Reply::text(200, address);
        }
        let family = match Family::of(address) {
            Family::V4 => 4,
            Family::V6 => 6,
        };
        let mut document = json!({ "ip": address.to_string(), "family": family });
        if let Some(given) = asked.query.and_then(nonce) {
            let Some(nonce) = Nonce::parse(given) else {
                return Reply::text(400, "a nonce is 64 lower-case hexadecimal digits");
            };
            let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            document["time"] = time.into();
            document["nonce"] = nonce.as_str().into();
            if let Some(signer) = &self.signer {
                let name = match signer.scheme() {
                    Scheme::HmacSha256 => "hmac-sha256",
                    Scheme::Ed25519 => "ed25519",
                };
                document[name] = signer.sign(&Statement { nonce: &nonce, address, time }).into();
            }
        }
        Reply::new(200, "application/json", format!("{document}\n"))
    }
}

impl Service for Echo {
    fn answer<'a>(&'a self, asked: &'a Asked<'a>) -> Answer<'a> {
        self.reply(asked).into()
    }

    fn is_proxy(&self, peer: SocketAddr) -> bool {
        self.trust.believes(peer.ip())
    }

    fn begins_with_proxy_header(&self, peer: SocketAddr) -> bool {
        self.trust.way == Telling::ProxyProtocol && self.trust.believes(peer.ip())
    }
}

fn nonce(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("nonce="))
}

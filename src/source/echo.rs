//! The user's own server (`dynflare serve --echo`), whose answers are signed.
//!
//! Each question carries a fresh nonce. An answer counts if its signature is the server's over that nonce, the address
//! and the server's time, if the address is of the family asked, and if the two clocks are not more than five minutes
//! apart. Without a key the server is believed as any web service is.

use super::http::check_status;
use super::table::operator_of;
use super::{Answering, Engine, LIMIT, Question, Source, beginning, one_address};
use crate::net::http::{Base, Client, Method, Request};
use crate::signed::{Nonce, Scheme, Statement, Verifier, WINDOW};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::{Opinion, Vote};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the server is, and how its answers are checked.
#[derive(Clone, Debug)]
pub(super) struct Echo {
    pub(super) v4: Option<Base>,
    pub(super) v6: Option<Base>,
    pub(super) verifier: Option<Verifier>,
}

impl Source {
    /// The user's own echo server. Where its answers are neither signed nor come over TLS it is a witness only. A URL
    /// whose host is an address serves the family of that address alone.
    pub fn echo(v4: Base, v6: Base, verifier: Option<Verifier>) -> Self {
        let serves =
            |base: &Base, family| base.host().parse().map_or(true, |host: IpAddr| Family::of(host) == family);
        let operator = operator_of(v4.host()).unwrap_or(v4.host()).to_owned();
        let id = format!("echo:{}{}", v4.authority(), v4.prefix());
        let v4 = Some(v4).filter(|base| serves(base, Family::V4));
        let v6 = Some(v6).filter(|base| serves(base, Family::V6));
        let plain =
            [&v4, &v6].into_iter().flatten().any(|base| base.scheme() == crate::net::base::Scheme::Http);
        let vote = if plain && verifier.is_none() { Vote::Witness } else { Vote::Full };
        Self { vote, ..Self::new(id, Echo { v4, v6, verifier }).run_by(operator) }
    }
}

/// The server's document; what it holds beside these is not looked at.
#[derive(Deserialize)]
struct Document {
    ip: String,
    time: Option<u64>,
    #[serde(rename = "hmac-sha256")]
    hmac_sha256: Option<String>,
    ed25519: Option<String>,
}

impl Echo {
    pub(super) fn base(&self, family: Family) -> Option<&Base> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }
}

impl Engine for Echo {
    fn kind(&self) -> &'static str {
        "echo"
    }

    fn serves(&self, family: Family) -> bool {
        self.base(family).is_some()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let Question { family, route, network, timeout, .. } = question;
            let Some(base) = self.base(family) else {
                return Err(Fault::new(Class::Invalid, format!("does not answer over {family}")).into());
            };
            let nonce = Nonce::fresh().map_err(|error| {
                Fault::new(Class::Unavailable, format!("this machine has no randomness: {error}"))
            })?;
            let request = Request {
                method: Method::GET,
                path: format!("/json?nonce={}", nonce.as_str()),
                headers: Vec::new(),
                body: None,
                timeout,
                limit: LIMIT,
            };
            let client = Client::new(network, base.clone(), route);
            let answer = client.send(request).await?;
            check_status(&answer)?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            Ok(Opinion::Address(read(&answer.body, family, &nonce, self.verifier.as_ref(), now)?))
        })
    }
}

/// The address in an answer to a question with this nonce, `now` being this machine's time.
fn read(
    body: &[u8],
    family: Family,
    nonce: &Nonce,
    verifier: Option<&Verifier>,
    now: u64,
) -> Result<IpAddr, Fault> {
    let unexpected = |what: &str| Fault::new(Class::Unexpected, what);
    let document: Document = serde_json::from_slice(body).map_err(|_| {
        unexpected("the answer is not an echo server's").said(beginning(&String::from_utf8_lossy(body)))
    })?;
    let address = one_address(&document.ip, family)?;
    let Some(verifier) = verifier else { return Ok(address) };
    let signature = match verifier.scheme() {
        Scheme::HmacSha256 => document.hmac_sha256,
        Scheme::Ed25519 => document.ed25519,
    };
    let (Some(signature), Some(time)) = (signature, document.time) else {
        return Err(unexpected("the answer is not signed as it should be")
            .hint("start the server with `--key`, and give both sides keys of the same kind"));
    };
    if !verifier.is_signed(&Statement { nonce, address, time }, &signature) {
        return Err(unexpected("the signature of the answer is not the server's").hint(
            "give both sides keys that belong together; otherwise somebody on the way changed the answer",
        ));
    }
    let apart = now.abs_diff(time);
    if apart > WINDOW {
        let what =
            format!("the server's clock and this machine's are {apart} s apart, and {WINDOW} s are allowed");
        return Err(
            Fault::new(Class::Unavailable, what).hint("check both clocks and their time synchronisation")
        );
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::{Signer, fresh};

    const NOW: u64 = 1_700_000_000;

    struct Pair {
        signer: Signer,
        verifier: Verifier,
        scheme: Scheme,
    }

    fn pairs() -> Vec<Pair> {
        let pair = |scheme| {
            let (server, client) = fresh(scheme).expect("randomness");
            let verifier = match scheme {
                Scheme::HmacSha256 => Verifier::shared(&client),
                Scheme::Ed25519 => Verifier::public(client.expose()),
            };
            Pair {
                signer: Signer::parse(&server).expect("a key"),
                verifier: verifier.expect("a key"),
                scheme,
            }
        };
        vec![pair(Scheme::HmacSha256), pair(Scheme::Ed25519)]
    }

    impl Pair {
        fn answer(&self, nonce: &Nonce, address: &str, time: u64) -> String {
            let parsed = address.parse().expect("an address");
            let name = if self.scheme == Scheme::Ed25519 { "ed25519" } else { "hmac-sha256" };
            let signature = self.signer.sign(&Statement { nonce, address: parsed, time });
            format!("{{\"ip\":\"{address}\",\"family\":4,\"time\":{time},\"{name}\":\"{signature}\"}}")
        }

        fn read(&self, body: &str, nonce: &Nonce) -> Result<String, String> {
            let read = read(body.as_bytes(), Family::V4, nonce, Some(&self.verifier), NOW);
            read.map(|address| address.to_string()).map_err(|fault| fault.what)
        }
    }

    #[test]
    fn a_signed_answer_counts_within_the_window() {
        let nonce = Nonce::fresh().expect("randomness");
        for pair in pairs() {
            for time in [NOW, NOW - WINDOW, NOW + WINDOW] {
                assert_eq!(
                    pair.read(&pair.answer(&nonce, "203.0.113.7", time), &nonce),
                    Ok("203.0.113.7".to_owned())
                );
            }
            for time in [NOW - WINDOW - 1, NOW + WINDOW + 1, 0, u64::MAX] {
                let refused =
                    pair.read(&pair.answer(&nonce, "203.0.113.7", time), &nonce).expect_err("refused");
                assert!(refused.starts_with("the server's clock and this machine's are "), "{refused}");
            }
        }
    }

    #[test]
    fn a_replayed_changed_unsigned_or_foreign_answer_does_not_count() {
        let (nonce, old) = (Nonce::fresh().expect("randomness"), Nonce::fresh().expect("randomness"));
        let pairs = pairs();
        for (at, pair) in pairs.iter().enumerate() {
            let good = pair.answer(&nonce, "203.0.113.7", NOW);
            let foreign = pairs[1 - at].answer(&nonce, "203.0.113.7", NOW);
            for body in [
                pair.answer(&old, "203.0.113.7", NOW),
                good.replace("203.0.113.7", "203.0.113.8"),
                good.replace(&NOW.to_string(), &(NOW + 1).to_string()),
                "{\"ip\":\"203.0.113.7\",\"time\":1700000000}".to_owned(),
                "{\"ip\":\"203.0.113.7\"}".to_owned(),
                foreign,
                pair.answer(&nonce, "2001:db8::7", NOW),
                "203.0.113.7".to_owned(),
                "<html>".to_owned(),
                String::new(),
            ] {
                assert!(pair.read(&body, &nonce).is_err(), "{body}");
            }
        }
    }

    #[test]
    fn mutated_answers_are_never_believed_with_another_address() {
        let mut seed = 3_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or(0)
        };
        let nonce = Nonce::fresh().expect("randomness");
        let pair = pairs().remove(0);
        let good = pair.answer(&nonce, "203.0.113.7", NOW);
        for _ in 0..30_000 {
            let mut body = good.clone().into_bytes();
            for _ in 0..=next() % 3 {
                let at = next() % body.len();
                body[at] = b"0123456789abcdef\"{}:,. "[next() % 23];
            }
            if let Ok(address) = read(&body, Family::V4, &nonce, Some(&pair.verifier), NOW) {
                assert_eq!(address.to_string(), "203.0.113.7", "{}", String::from_utf8_lossy(&body));
            }
        }
    }
}

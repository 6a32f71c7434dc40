//! Sources and rounds over them: web services on loopback that misbehave in every known way, files, programs, and
//! scripted sources under a paused clock.

mod dns;
mod local;
mod own;
mod panel;
mod stun;
mod stun_own;
mod web;

use dynflare::net::{Network, NetworkSettings};
use dynflare::source::{Detection, Filters, Inquiry, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Opinion, Rule, Rules};

/// The address that every truthful source gives.
const TRUE: &str = "203.0.113.7";

fn network() -> Network {
    Network::new(NetworkSettings::default())
}

/// Documentation addresses count, as in every test.
fn filters() -> Filters {
    let allow = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];
    Filters { allow: allow.map(|block| block.parse().expect("a prefix")).to_vec(), deny: Vec::new() }
}

fn panel(size: usize) -> Rules {
    Rules::new(Some(size), None, Rule::Majority).expect("rules")
}

fn opinion(address: &str) -> Opinion {
    Opinion::Address(address.parse().expect("an address"))
}

/// One round over IPv4 in which documentation addresses count.
async fn detect(sources: &[Source], rules: &Rules) -> Detection {
    let (filters, network) = (filters(), network());
    let inquiry = Inquiry { sources, rules, filters: &filters, network: &network };
    inquiry.detect(Family::V4, 1).await.expect("operators enough")
}

/// What a round with this one source comes to: the opinion, or what is wrong.
async fn alone(source: Source) -> Result<Opinion, String> {
    said(&detect(&[source], &panel(1)).await)
}

/// What the only source said.
fn said(detection: &Detection) -> Result<Opinion, String> {
    let [answer] = detection.answers.as_slice() else { panic!("one answer, not {:?}", detection.answers) };
    assert_eq!(answer.said.as_ref().ok().copied(), detection.verdict.outcome.agreed());
    answer.said.clone().map_err(|failure| failure.fault.to_string())
}

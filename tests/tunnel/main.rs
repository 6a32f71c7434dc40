//! Asking oneself through a tunnel: with edges that are played, and with real ones (nginx, haproxy, ssh, localtunnel).

mod played;
mod real;

use dynflare::net::{Network, NetworkSettings};
use dynflare::source::{Extras, Filters, Inquiry, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Rule, Rules, Times};
use std::time::Duration;

/// Asks once over IPv4: the address, or what is wrong.
async fn ask(source: &Source) -> Result<String, String> {
    ask_trusting(source, Vec::new()).await
}

/// The same where these files of authorities are trusted.
async fn ask_trusting(source: &Source, ca_files: Vec<std::path::PathBuf>) -> Result<String, String> {
    let network = Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() });
    let allow = ["127.0.0.0/8", "198.51.100.0/24", "203.0.113.0/24"];
    let filters =
        Filters { allow: allow.map(|block| block.parse().expect("a prefix")).to_vec(), ..Filters::default() };
    let times = Times { source_timeout: Duration::from_secs(10), ..Times::default() };
    let rules =
        Rules::new(Some(1), None, Rule::Majority).and_then(|rules| rules.timed(times)).expect("rules");
    let sources = [source.clone()];
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    let mut answers = inquiry.ask_all(Family::V4).await.answers;
    let said = answers.pop().expect("one answer").said;
    said.map(|opinion| opinion.to_string()).map_err(|failure| failure.fault.to_string())
}

fn source(spec: &str, extras: &Extras) -> Source {
    Source::parse_with(spec, extras).expect("a source")
}

/// A port for a listener of somebody else.
fn free_port() -> u16 {
    dynflare_testkit::port::free().expect("loopback has free ports")
}

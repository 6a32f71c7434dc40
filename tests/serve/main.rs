//! The listening side: one's own echo server with its signed answers, and what the daemon shows of itself.

#[cfg(feature = "acme")]
mod acme;
#[cfg(unix)]
mod control;
mod init;
mod kept;
mod limits;
mod program;
mod proxies;
#[cfg(all(unix, feature = "nameserver"))]
mod reload;
mod signed;
mod standing;
mod status;
mod updates;

use dynflare::net::{Network, NetworkSettings};
use dynflare::server::client::{Telling, Trust};
use dynflare::server::echo::Echo;
use dynflare::server::listen::{Limits, Server};
use dynflare::signed::Signer;
use dynflare::source::{Filters, Inquiry, Source};
use dynflare_core::address::Family;
use dynflare_core::quorum::{Rule, Rules, Times};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An echo server on loopback that believes these proxies.
async fn serve(signer: Option<Signer>, proxies: &[&str], way: Telling) -> Server {
    let proxies = proxies.iter().map(|text| text.parse().expect("a prefix")).collect();
    start("127.0.0.1:0", Echo { trust: Trust { proxies, way }, signer }, Limits::default()).await
}

async fn start(address: &str, echo: Echo, limits: Limits) -> Server {
    let listener = TcpListener::bind(address).await.expect("loopback has free ports");
    Server::start(listener, None, limits, Arc::new(echo)).expect("it starts")
}

/// Sends these bytes and reads everything that comes back.
async fn exchange(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.expect("it listens");
    // A server that has had enough may close first.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(to: SocketAddr, path: &str, headers: &str) -> String {
    exchange(
        to,
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
    )
    .await
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim_end())
}

/// Asks once: the address, or what is wrong.
async fn ask(source: &Source, family: Family) -> Result<String, String> {
    let network = Network::new(NetworkSettings::default());
    let allow = ["127.0.0.0/8", "198.51.100.0/24", "203.0.113.0/24"];
    let filters =
        Filters { allow: allow.map(|block| block.parse().expect("a prefix")).to_vec(), ..Filters::default() };
    let times = Times { source_timeout: Duration::from_secs(10), ..Times::default() };
    let rules =
        Rules::new(Some(1), None, Rule::Majority).and_then(|rules| rules.timed(times)).expect("rules");
    let sources = [source.clone()];
    let inquiry = Inquiry { sources: &sources, rules: &rules, filters: &filters, network: &network };
    let mut answers = inquiry.ask_all(family).await.answers;
    let said = answers.pop().expect("one answer").said;
    said.map(|opinion| opinion.to_string()).map_err(|failure| failure.fault.to_string())
}

//! Targets of notifications against what is really at the other end: requests as recorded, a broker, a mail server,
//! programs.
#![cfg(feature = "notify")]

mod http;
#[cfg(feature = "mail")]
mod mail;
#[cfg(feature = "mqtt")]
mod mqtt;
mod program;

use dynflare::net::{Network, NetworkSettings};
use dynflare::notify::settings::Value;
use dynflare::notify::{Notifier, Settings, What, kinds};
use dynflare::report::clean::Cleaner;
use dynflare::report::news::{self, News, Subject};
use dynflare::secret::Secret;
use dynflare_core::fault::Fault;
use dynflare_testkit::tls::Authority;
use std::collections::BTreeMap;

/// 2026-11-23 08:00 UTC.
const THEN: u64 = 1_795_420_800;

fn network() -> Network {
    Network::new(NetworkSettings { user_agent: "dynflare/test".to_owned(), ..NetworkSettings::default() })
}

fn trusting(authority: &Authority) -> Network {
    Network::new(NetworkSettings {
        ca_files: vec![authority.file().to_owned()],
        user_agent: "dynflare/test".to_owned(),
    })
}

fn of(kind: &str) -> Settings {
    Settings::new(kinds::find(kind).expect("a kind of this build"))
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn secret(text: impl Into<String>) -> Value {
    Value::Secret(Secret::new(text))
}

fn news(what: news::What) -> News {
    let record = Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    News { at: THEN, record: Some(record), what, ballots: vec![] }
}

fn changed() -> News {
    news(news::What::Changed { from: vec!["203.0.113.5".into()], to: vec!["203.0.113.7".into()] })
}

fn failing() -> News {
    let cause = "the token was refused (HTTP 403, \"<no> & *never*\")".to_owned();
    news(news::What::Failing { times: 3, since: THEN, cause })
}

fn target(settings: Settings) -> BTreeMap<String, Settings> {
    BTreeMap::from([("x".to_owned(), settings)])
}

/// Tells one target one piece of news, and waits for what comes of it.
async fn told(settings: Settings, network: &Network, news: &News) -> Result<(), Fault> {
    let (notifier, mut outcomes) = Notifier::start(&target(settings), network, Cleaner::default());
    notifier.tell(news);
    ended(&mut outcomes).await
}

async fn ended(outcomes: &mut tokio::sync::mpsc::Receiver<dynflare::notify::Outcome>) -> Result<(), Fault> {
    match outcomes.recv().await.expect("the target's task goes on").what {
        What::Delivered { .. } => Ok(()),
        What::Failed { fault, .. } => Err(fault),
        What::Dropped { count } => panic!("{count} dropped"),
    }
}

/// Sends one target a test, and says what came of it.
async fn tested(settings: Settings, network: &Network) -> Result<(), Fault> {
    let mut results = dynflare::notify::test(&target(settings), network, THEN).await;
    results.pop().expect("one target").1
}

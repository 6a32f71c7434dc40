//! The endpoint as its clients see it, request by request, without sockets.

use super::account::{Account, Pattern};
use super::counters::Counters;
use super::endpoint::{Endpoint, Settings};
use super::password::{Kept, KeptToken, tests::quick};
use super::rate::Rate;
use super::setter::fake::Fake;
use super::setter::{Set, Want, Why};
use crate::secret::Secret;
use crate::server::client::{Telling, Trust};
use crate::server::{Answer, Asked, Reply, Service};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "a-token-of-the-fleet";

struct Stage {
    endpoint: Endpoint,
    setter: Arc<Fake>,
    headers: HeaderMap,
    peer: &'static str,
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn account(own: &str, password: Option<Kept>, names: &[&str], families: &[Family]) -> Account {
    let names = names.iter().map(|text| Pattern::of(name(text))).collect();
    let token = password.is_none().then(|| KeptToken::of(&Secret::new(TOKEN)));
    Account { name: own.into(), password, token, names, families: families.to_vec() }
}

fn settings() -> Settings {
    let blocks = ["203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"];
    Settings {
        accounts: vec![
            account(
                "home",
                Some(quick("right")),
                &["home.example.org", "xn--bcher-kva.example.org"],
                &Family::BOTH,
            ),
            account("six", Some(quick("right six")), &["six.example.org"], &[Family::V6]),
            account("fleet", None, &["*.fleet.example.org"], &Family::BOTH),
        ],
        allow: blocks.iter().map(|block| block.parse().expect("a prefix")).collect(),
        ..Settings::default()
    }
}

impl Stage {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let setter = Arc::new(Fake::default());
        let endpoint = Endpoint::new(settings, setter.clone(), None, Arc::default()).expect("randomness");
        let stage = Self { endpoint, setter, headers: HeaderMap::new(), peer: "203.0.113.9:4711" };
        stage.head("authorization", "Basic aG9tZTpyaWdodA==")
    }

    fn head(mut self, key: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a value");
        self.headers.insert(HeaderName::from_static(key), value);
        self
    }

    fn bare(mut self) -> Self {
        self.headers.remove(AUTHORIZATION);
        self
    }

    fn from(mut self, peer: &'static str) -> Self {
        self.peer = peer;
        self
    }

    async fn ask(&self, method: Method, path: &str, query: &str) -> Reply {
        self.post(method, path, query, b"").await
    }

    async fn post(&self, method: Method, path: &str, query: &str, body: &[u8]) -> Reply {
        let peer = self.peer.parse().expect("a socket address");
        let headers = &self.headers;
        let asked = Asked { peer, told: None, method: &method, path, query: Some(query), headers, body };
        match self.endpoint.answer(&asked) {
            Answer::Now(reply) => reply,
            Answer::Later(reply) => reply.await,
        }
    }

    /// Status and body of an update.
    async fn update(&self, query: &str) -> (u16, String) {
        let reply = self.ask(Method::GET, "/nic/update", query).await;
        (reply.status, reply.body)
    }
}

fn said(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

#[tokio::test]
async fn good_and_then_nochg_in_the_order_of_the_names() {
    let stage = Stage::new();
    let query = "hostname=home.example.org,other.example.org,home,B%C3%BCcher.example.org.,HOME.example.org&myip=203.0.113.7,2001:db8::7";
    let expected = |word: &str| {
        said(
            200,
            &format!(
                "{word} 203.0.113.7,2001:db8::7\nnohost\nnotfqdn\n{word} 203.0.113.7,2001:db8::7\n{word} 203.0.113.7,2001:db8::7\n"
            ),
        )
    };
    assert_eq!(stage.update(query).await, expected("good"));
    assert_eq!(stage.update(query).await, expected("nochg"));
    let heard = stage.setter.heard.lock().expect("not poisoned").clone();
    assert_eq!(heard.len(), 4, "a name that stands there twice is wished for once");
    assert_eq!((heard[0].from, &*heard[0].account), (IpAddr::from([203, 0, 113, 9]), "home"));
    assert_eq!(stage.ask(Method::GET, "/v3/update", query).await.body, expected("nochg").1);
}

#[tokio::test]
async fn without_an_address_it_is_the_senders_and_the_other_family_stays() {
    let stage = Stage::new();
    assert_eq!(stage.update("hostname=home.example.org").await, said(200, "good 203.0.113.9\n"));
    let stage = stage.from("[2001:db8::9]:4711");
    assert_eq!(stage.update("hostname=home.example.org&myip=").await, said(200, "good 2001:db8::9\n"));
    assert_eq!(stage.setter.held("home.example.org", Family::V4), Some(IpAddr::from([203, 0, 113, 9])));
    let stage = stage.from("[::ffff:203.0.113.9]:4711");
    assert_eq!(stage.update("hostname=home.example.org").await, said(200, "nochg 203.0.113.9\n"));
    assert_eq!(stage.update("hostname=home.example.org&offline=YES").await, said(200, "good\n"));
    assert_eq!(stage.setter.held("home.example.org", Family::V4), None);
    assert_eq!(stage.setter.held("home.example.org", Family::V6), None);
}

#[tokio::test]
async fn a_proxy_speaks_for_its_clients_only_where_it_is_trusted() {
    let trust =
        Trust { proxies: vec!["203.0.113.9/32".parse().expect("a prefix")], way: Telling::XForwardedFor };
    let stage = Stage::with(Settings { trust, ..settings() }).head("x-forwarded-for", "198.51.100.4");
    assert_eq!(stage.update("hostname=home.example.org").await, said(200, "good 198.51.100.4\n"));
    let stage = stage.from("203.0.113.10:4711");
    assert_eq!(stage.update("hostname=home.example.org").await, said(200, "good 203.0.113.10\n"));
    let stage = stage.from("203.0.113.9:4711").head("x-forwarded-for", "unknown");
    assert_eq!(stage.update("hostname=home.example.org").await.0, 400);
}

#[tokio::test]
async fn what_cannot_be_published_is_refused_for_each_name_and_never_replaced_by_the_sender() {
    let stage = Stage::new();
    for (query, expected) in [
        ("myip=10.0.0.1", "dnserr 10.0.0.1 is not public: private use (RFC 1918) (10.0.0.0/8)\nnohost\n"),
        (
            "myip=203.0.113.7,fd00::1",
            "dnserr fd00::1 is not public: unique local (RFC 4193) (fc00::/7)\nnohost\n",
        ),
        ("myip=<ipaddr>", "dnserr ?ipaddr? is no address that can stand there\nnohost\n"),
        (
            "myip=::ffff:203.0.113.7",
            "dnserr ::ffff:203.0.113.7 is not public: IPv4-mapped (RFC 4291) (::ffff:0.0.0.0/96)\nnohost\n",
        ),
    ] {
        let (status, body) = stage.update(&format!("hostname=home.example.org,x.example.org&{query}")).await;
        assert_eq!(status, 200);
        let plain = |text: &str| text.split(" (").next().unwrap_or_default().to_owned();
        assert_eq!(plain(&body), plain(expected), "{query}: {body}");
        assert!(body.ends_with("\nnohost\n"), "{body}");
    }
    assert!(stage.setter.heard.lock().expect("not poisoned").is_empty(), "nothing was wished for");
}

#[tokio::test]
async fn an_account_sets_its_own_types_alone() {
    let stage = Stage::new().head("authorization", "Basic c2l4OnJpZ2h0IHNpeA==");
    let both = "hostname=six.example.org&myip=203.0.113.7&myip6=2001:db8::7";
    assert_eq!(stage.update(both).await, said(200, "good 2001:db8::7\n"));
    assert_eq!(stage.setter.held("six.example.org", Family::V4), None);
    let (_, body) = stage.update("hostname=six.example.org&myip=203.0.113.7").await;
    assert_eq!(body, "dnserr this account does not set addresses of that family\n");
    assert_eq!(stage.update("hostname=six.example.org&offline=yes").await, said(200, "good\n"));
    let heard = stage.setter.heard.lock().expect("not poisoned").clone();
    assert_eq!(heard.last().map(|wish| (wish.v4, wish.v6)), Some((Want::Keep, Want::Offline)));
}

#[tokio::test]
async fn too_many_names_and_none_at_all() {
    let stage = Stage::new();
    let many = vec!["home.example.org"; 21].join(",");
    assert_eq!(stage.update(&format!("hostname={many}&myip=203.0.113.7")).await, said(200, "numhost\n"));
    let twenty = vec!["home.example.org"; 20].join(",");
    let (_, body) = stage.update(&format!("hostname={twenty}&myip=203.0.113.7")).await;
    assert_eq!(body.lines().count(), 20);
    assert_eq!(stage.update("myip=203.0.113.7").await, said(200, "notfqdn\n"));
}

#[tokio::test]
async fn missing_and_wrong_credentials_are_401_with_a_challenge_or_200_for_those_that_fill_in_urls() {
    let query = "hostname=home.example.org&myip=203.0.113.7";
    let stage = Stage::new().bare();
    let reply = stage.ask(Method::GET, "/nic/update", query).await;
    assert_eq!((reply.status, reply.body.as_str()), (401, "badauth\n"));
    assert!(reply.headers.iter().any(|(name, value)| name == WWW_AUTHENTICATE
        && value.to_str().is_ok_and(|value| value.starts_with("Basic realm="))));
    let wrong = stage.head("authorization", "Basic aG9tZTp3cm9uZw==");
    assert_eq!(wrong.update(query).await, said(401, "badauth\n"));
    let nobody = wrong.head("authorization", "Basic bm9ib2R5Ondyb25n");
    assert_eq!(
        nobody.update(query).await,
        said(401, "badauth\n"),
        "the same for an account that does not exist"
    );
    let stage = nobody.bare();
    assert_eq!(stage.update(&format!("{query}&user=home&pass=wrong")).await, said(200, "badauth\n"));
    assert_eq!(stage.update(&format!("{query}&user=nobody&pass=wrong")).await, said(200, "badauth\n"));
    assert_eq!(stage.update(&format!("{query}&user=home&pass=right")).await, said(200, "good 203.0.113.7\n"));
    let form = b"hostname=home.example.org&myip=203.0.113.7&username=home&password=right";
    assert_eq!(stage.post(Method::POST, "/nic/update", "", form).await.body, "nochg 203.0.113.7\n");
    let head = stage.ask(Method::HEAD, "/nic/update", &format!("{query}&user=home&pass=right")).await;
    assert_eq!((head.status, head.body.as_str()), (405, "badagent\n"));
}

#[tokio::test]
async fn a_token_is_enough_and_reaches_its_own_names_alone() {
    let stage = Stage::new().head("authorization", &format!("Bearer {TOKEN}"));
    let query = "hostname=a.fleet.example.org,home.example.org&myip=203.0.113.7";
    assert_eq!(stage.update(query).await, said(200, "good 203.0.113.7\nnohost\n"));
    let stage = stage.head("authorization", "Bearer another");
    assert_eq!(stage.update(query).await, said(401, "badauth\n"));
}

#[tokio::test]
async fn guessing_locks_the_guesser_and_leaves_the_account_to_its_owner() {
    let query = "hostname=home.example.org&myip=203.0.113.7";
    let mut stage = Stage::new().from("198.51.100.66:1").bare();
    for guess in 0..5 {
        let (_, body) = stage.update(&format!("{query}&user=home&pass=guess{guess}")).await;
        assert_eq!(body, "badauth\n");
    }
    // Even the right password is of no use now: an answer would be one.
    let (status, body) = stage.update(&format!("{query}&user=home&pass=right")).await;
    assert!(status == 200 && body.starts_with("911 ask again in "), "{status} {body}");
    stage.headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic aG9tZTpyaWdodA=="));
    let reply = stage.ask(Method::GET, "/nic/update", query).await;
    assert_eq!(reply.status, 429);
    assert!(reply.headers.iter().any(|(name, _)| name == RETRY_AFTER));
    let stage = stage.from("203.0.113.9:1");
    assert_eq!(stage.update(query).await, said(200, "good 203.0.113.7\n"), "its owner, from elsewhere");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_too_often_is_told_to_wait_and_then_that_it_is_abuse() {
    let slow = Rate { burst: 2, every: Duration::from_secs(60) };
    let stage = Stage::with(Settings {
        per_account: slow,
        per_address: Rate { burst: 1000, every: Duration::from_millis(1) },
        ..settings()
    });
    let query = "hostname=home.example.org&myip=203.0.113.7";
    assert_eq!(stage.update(query).await, said(200, "good 203.0.113.7\n"));
    assert_eq!(stage.update(query).await, said(200, "nochg 203.0.113.7\n"));
    assert_eq!(stage.update(query).await, said(429, "911 ask again in 60 seconds\n"));
    for _ in 0..40 {
        stage.update(query).await;
    }
    assert_eq!(stage.update(query).await, said(429, "abuse ask again in 2400 seconds\n"));
    tokio::time::advance(Duration::from_secs(2401)).await;
    assert_eq!(stage.update(query).await, said(200, "nochg 203.0.113.7\n"));
    let by_address = Settings { per_address: slow, ..settings() };
    let stage = Stage::with(by_address).bare();
    for _ in 0..2 {
        assert_eq!(stage.update(query).await.0, 401);
    }
    assert_eq!(stage.update(query).await, said(429, "911 ask again in 60 seconds\n"));
}

#[tokio::test]
async fn the_setter_has_the_last_word_and_its_reasons_stay_at_home() {
    let stage = Stage::new();
    let query = "hostname=home.example.org&myip=203.0.113.7";
    let fault = Fault::new(Class::Unavailable, "the provider cannot be reached at 192.0.2.1");
    for (set, expected) in [
        (Set::Refused(Why::NoZone), "nohost\n"),
        (Set::Refused(Why::Foreign("the record is somebody's".into())), "!yours\n"),
        (Set::Refused(Why::Rejected("the guard says no".into())), "dnserr\n"),
        (Set::Later(fault), "911\n"),
    ] {
        stage.setter.says.lock().expect("not poisoned").insert(name("home.example.org"), set);
        assert_eq!(stage.update(query).await, said(200, expected));
    }
}

#[tokio::test]
async fn a_reload_counts_from_the_next_request_on() {
    let stage = Stage::new();
    let query = "hostname=home.example.org&myip=203.0.113.7";
    assert_eq!(stage.update(query).await, said(200, "good 203.0.113.7\n"));
    let mut other = settings();
    other.accounts[0] = account("home", Some(quick("new")), &["home.example.org"], &Family::BOTH);
    stage.endpoint.turn_to(other).expect("randomness");
    assert_eq!(stage.update(query).await, said(401, "badauth\n"));
    stage.endpoint.turn_to(settings()).expect("randomness");
    assert_eq!(
        stage.update(query).await,
        said(200, "nochg 203.0.113.7\n"),
        "what was wrong may be right again"
    );
}

#[tokio::test]
async fn checkip_is_the_classic_page() {
    let stage = Stage::new().bare();
    let reply = stage.ask(Method::GET, "/nic/checkip", "").await;
    assert_eq!((reply.status, reply.kind), (200, "text/html; charset=utf-8"));
    assert_eq!(
        reply.body,
        "<html><head><title>Current IP Check</title></head><body>Current IP Address: 203.0.113.9</body></html>\r\n"
    );
    assert_eq!(stage.ask(Method::GET, "/nic/other", "").await.status, 404);
    assert!(Endpoint::owns("/nic/update") && Endpoint::owns("/nic/checkip/") && !Endpoint::owns("/"));
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let counters = Arc::new(Counters::default());
    let endpoint = Endpoint::new(settings(), Arc::new(Fake::default()), None, counters.clone());
    let stage = Stage { endpoint: endpoint.expect("randomness"), ..Stage::new() };
    stage.update("hostname=home.example.org,x.example.org&myip=203.0.113.7").await;
    let samples: Vec<(&str, u64)> =
        counters.read().into_iter().flat_map(|one| one.samples).filter(|(_, count)| *count > 0).collect();
    assert_eq!(samples, [("good", 1), ("nohost", 1), ("right", 1)]);
}

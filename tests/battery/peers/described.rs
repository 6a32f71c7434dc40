//! DigitalOcean and Azure, as they describe their APIs by machine: every request of the adapters, and every answer of
//! the battery's own fakes, is checked against the description, and the answers that it gives as examples are read.

use super::open;
use crate::asked::Asked;
use crate::fake::{Fake, Reply, with};
use crate::fakes;
use crate::store::Store;
use crate::world::{NAME, World, key, name};
use dynflare::net::http::header::{AUTHORIZATION, HeaderValue};
use dynflare::net::http::{Client, Method, Request};
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare::provider::{RrSets, Zone, registry, rest};
use dynflare_core::fault::Class;
use dynflare_core::plan::Replace;
use dynflare_core::record::RecordType::{self, A, Aaaa, Txt};
use dynflare_testkit::prism::{Beside, Prism, Published, Tap, excerpt, passed_on};
use dynflare_testkit::serve::handler;
use serde_json::{Value, json};
use std::time::Duration;

const NOTHING: [String; 0] = [];

/// A provider and what its description says of DNS.
struct Described {
    id: &'static str,
    document: Value,
    /// What the path of a login ends in, which is at another host and in no description.
    login: Option<&'static str>,
}

impl Described {
    fn digitalocean() -> Option<Self> {
        let whole = Published::DigitalOcean.document()?;
        let document = excerpt(&whole, "/v2", "/domains");
        Some(Self { id: "digitalocean", document, login: None }.at(&whole, "/v2"))
    }

    fn azure() -> Option<Self> {
        let document = Published::Azure.document()?;
        let whole = document.clone();
        Some(Self { id: "azure", document, login: Some("/token") }.at(&whole, ""))
    }

    /// The paths are where the adapter looks for them.
    fn at(self, whole: &Value, base: &str) -> Self {
        let row = rest::ROWS.iter().find(|row| row.info.id == self.id).expect("a row");
        let server = whole["servers"][0]["url"].as_str().expect("a server");
        assert_eq!(row.base, format!("{server}{base}"));
        self
    }

    fn fake(&self) -> &'static dyn Fake {
        *fakes::all().iter().find(|fake| fake.id() == self.id).expect("a fake")
    }

    /// A fake behind the check, and the tap before it.
    async fn chain(&self, fake: &'static dyn Fake) -> Option<(World, Tap, Prism)> {
        let mut between = None;
        let fill = |store: &mut Store| {
            for number in 0..230 {
                store.add_zone(&format!("zone{number}.example.net"));
            }
            store.add_zone("example.com");
        };
        let world = World::behind(fake, fill, async |server| {
            let prism = Prism::start(&self.document, server.base())?;
            let address = server.address();
            let beside = self
                .login
                .map(|end| -> Beside { (end, handler(move |request| passed_on(address, request))) });
            let tap = Tap::before(&prism, beside).await;
            let base = tap.base().to_owned();
            between = Some((tap, prism));
            Some(base)
        });
        let world = world.await?;
        let (tap, prism) = between.expect("it was put in between");
        Some((world, tap, prism))
    }

    /// An account where the description's own examples are all there is.
    async fn examples(&self) -> Option<(Box<dyn RrSets>, Tap, Prism)> {
        let prism = Prism::mock(&self.document)?;
        let token = || with(200, &json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "t" }));
        let beside = self.login.map(|end| -> Beside { (end, handler(move |_| async move { token() })) });
        let tap = Tap::before(&prism, beside).await;
        let adapter = open(self.id, Some(tap.base()), self.fake().fields());
        Some((adapter, tap, prism))
    }
}

/// All that the adapter ever asks.
async fn everything(world: &World) {
    assert_eq!(world.get(&key(NAME, A)).await.values, [] as [&str; 0]);
    for (at, rtype, steps) in [
        (
            NAME,
            A,
            &[&["192.0.2.1"][..], &["192.0.2.2"], &["192.0.2.2", "192.0.2.9"], &["192.0.2.9"], &[]][..],
        ),
        (NAME, Aaaa, &[&["2001:db8::1"], &["2001:db8::2"], &[]]),
        ("_spf.example.org", Txt, &[&["\"v=spf1 ip4:192.0.2.1 -all\""], &["\"v=spf1 -all\""], &[]]),
        ("example.org", A, &[&["192.0.2.1"], &["192.0.2.2"]]),
        ("*.example.org", A, &[&["192.0.2.1"], &["192.0.2.2"]]),
    ] {
        for values in steps {
            world.put(&key(at, rtype), values, 300).await.unwrap_or_else(|fault| panic!("{at}: {fault}"));
            assert_eq!(world.get(&key(at, rtype)).await.values, *values, "{at} {rtype}");
        }
    }
    let found = world.adapter.locate(None, &name("www.example.com")).await.expect("it is on the last page");
    assert_eq!(found.name, name("example.com"));
    let elsewhere = key("home.example.edu", A);
    let read = async {
        let zone = world.adapter.locate(Some(&name("example.edu")), &elsewhere.name).await?;
        world.adapter.get(&zone, &elsewhere).await
    };
    assert_eq!(read.await.expect_err("there is no such zone").class, Class::NoSuchZone);
}

async fn fits(described: &Described) {
    let Some((world, tap, _prism)) = described.chain(described.fake()).await else { return };
    everything(&world).await;
    assert_eq!(tap.take_objections(), NOTHING);
    let asked = world.state.lock().expect("nobody panics").asked.len();
    let logins = usize::from(described.login.is_some());
    assert!(tap.passed() > 20 && tap.passed() == asked - logins, "{} of {asked}", tap.passed());
}

#[tokio::test]
async fn every_request_to_digitalocean_and_every_answer_fits_its_description() {
    let Some(described) = Described::digitalocean() else { return };
    fits(&described).await;
}

#[tokio::test]
async fn every_request_to_azure_and_every_answer_fits_its_description() {
    let Some(described) = Described::azure() else { return };
    fits(&described).await;
}

/// Reads a set among the examples and writes these values; gives those that were there.
async fn replaced(
    adapter: &dyn RrSets,
    zone: &Zone,
    (at, rtype): (&str, RecordType),
    to: &[&str],
) -> Vec<String> {
    let expect = adapter.get(zone, &key(at, rtype)).await.expect("the example is read");
    let before = expect.values.clone();
    let step = Replace { expect, values: to.iter().map(|value| (*value).to_owned()).collect(), ttl: 300 };
    adapter.replace(zone, &step).await.expect("the example is taken for what it is");
    before
}

#[tokio::test]
async fn the_examples_of_digitalocean_are_understood() {
    let Some(described) = Described::digitalocean() else { return };
    let Some((adapter, tap, _prism)) = described.examples().await else { return };
    let zone = adapter.locate(None, &name("www.example.com")).await.expect("the example has this zone");
    assert_eq!(zone, Zone { name: name("example.com"), id: "example.com".to_owned() });
    let adapter = adapter.as_ref();
    let there = replaced(adapter, &zone, ("example.com", A), &["192.0.2.1"]).await;
    assert_eq!(there, ["1.2.3.4"]);
    assert_eq!(replaced(adapter, &zone, ("example.com", A), &[]).await, ["1.2.3.4"]);
    let none: [&str; 0] = [];
    assert_eq!(replaced(adapter, &zone, ("home.example.com", Aaaa), &["2001:db8::1"]).await, none);
    assert_eq!(tap.take_objections(), NOTHING);
}

#[tokio::test]
async fn the_examples_of_azure_are_understood() {
    let Some(described) = Described::azure() else { return };
    let Some((adapter, tap, _prism)) = described.examples().await else { return };
    let zone = adapter.locate(None, &name("record1.zone1")).await.expect("the example has this zone");
    assert_eq!(zone, Zone { name: name("zone1"), id: "zone1".to_owned() });
    let adapter = adapter.as_ref();
    let there = replaced(adapter, &zone, ("record1.zone1", A), &["192.0.2.1"]).await;
    assert_eq!(there, ["127.0.0.1"]);
    assert_eq!(replaced(adapter, &zone, ("record1.zone1", A), &[]).await, ["127.0.0.1"]);
    assert_eq!(tap.take_objections(), NOTHING);
}

/// Without this the others could pass for want of a check.
async fn is_noticed(described: &Described, wrong: &[(Method, &str, &str)]) {
    let Some((_, tap, _prism)) = described.examples().await else { return };
    let network = Network::new(NetworkSettings::default());
    let client = Client::new(&network, tap.base().parse().expect("a base"), Route::default());
    for (method, path, body) in wrong {
        let bearer = (AUTHORIZATION, HeaderValue::from_static("Bearer t"));
        let json = ("content-type".parse().expect("a name"), HeaderValue::from_static("application/json"));
        let request = Request {
            method: method.clone(),
            path: (*path).to_owned(),
            headers: vec![bearer, json],
            body: (!body.is_empty()).then(|| body.as_bytes().to_vec()),
            timeout: Duration::from_secs(60),
            limit: 1 << 20,
        };
        let status = client.send(request).await.expect("it answers").status;
        let objections = tap.take_objections();
        assert_eq!((status, objections.len()), (422, 1), "{method} {path} {body}: {objections:?}");
    }
}

#[tokio::test]
async fn a_wrong_request_to_digitalocean_is_noticed() {
    let Some(described) = Described::digitalocean() else { return };
    let records = "/domains/example.com/records";
    let record = "/domains/example.com/records/1";
    let wrong = [
        (Method::GET, "/domains?per_page=201", ""),
        (Method::GET, "/domains/example.com/records?type=ADDRESS", ""),
        (Method::POST, records, r#"{"type":"A","name":"www","data":"192.0.2.1","ttl":"300"}"#),
        (Method::POST, records, r#"{"name":"www"}"#),
        (Method::PATCH, record, r#"{"data":"192.0.2.1"}"#),
        (Method::DELETE, "/domains/example.com/records/first", ""),
    ];
    is_noticed(&described, &wrong).await;
}

#[tokio::test]
async fn a_wrong_request_to_azure_is_noticed() {
    let Some(described) = Described::azure() else { return };
    let zones = "/subscriptions/sub-1/resourceGroups/group-1/providers/Microsoft.Network/dnsZones";
    let at = |path: &str| format!("{zones}{path}");
    let (list, odd, set) = (
        at("?version=2018-05-01"),
        at("/example.org/ADDRESS/home?api-version=2018-05-01"),
        at("/example.org/A/home?api-version=2018-05-01"),
    );
    let wrong = [
        (Method::GET, list.as_str(), ""),
        (Method::GET, odd.as_str(), ""),
        (
            Method::PUT,
            set.as_str(),
            r#"{"properties":{"TTL":"300","ARecords":[{"ipv4Address":"192.0.2.1"}]}}"#,
        ),
        (Method::PUT, set.as_str(), r#"{"properties":{"TTL":300,"ARecords":{"ipv4Address":"192.0.2.1"}}}"#),
    ];
    is_noticed(&described, &wrong).await;
}

/// A fake that answers what no description allows.
struct Lying(&'static dyn Fake, &'static str);

impl Fake for Lying {
    fn id(&self) -> &'static str {
        self.0.id()
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        self.0.fields()
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        self.0.lets_in(asked)
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        if asked.path.ends_with("/token") {
            return self.0.answer(store, asked);
        }
        with(200, &serde_json::from_str(self.1).expect("JSON"))
    }
}

#[tokio::test]
async fn a_wrong_answer_of_a_fake_is_noticed() {
    let both = [
        (Described::digitalocean(), r#"{"domains":7,"links":{},"meta":{"total":1}}"#),
        (Described::azure(), r#"{"value":[{"name":7,"location":"global"}]}"#),
    ];
    for (described, answer) in both {
        let Some(described) = described else { return };
        let fake: &'static dyn Fake = Box::leak(Box::new(Lying(described.fake(), answer)));
        let Some((world, tap, _prism)) = described.chain(fake).await else { return };
        let at = name("example.org");
        world.adapter.locate(None, &at).await.expect_err("that is no list of zones");
        assert_eq!(tap.take_objections().len(), 1, "{}", described.id);
    }
}

#[test]
fn whoever_claims_a_description_is_held_to_it() {
    for id in ["azure", "digitalocean"] {
        let verified = registry::find(id).expect("a provider").verified;
        assert!(verified.to_string().contains("published schema"), "{id}: {verified}");
    }
}

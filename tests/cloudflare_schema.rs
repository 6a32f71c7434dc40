//! Every kind of request the Cloudflare adapter sends and every kind of answer the fake gives, checked against the
//! published schema by a proxy between the two.

use dynflare::net::http::{Base, Client, Method, Request, header};
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare::provider::cloudflare::{Cloudflare, Credential, Settings};
use dynflare::provider::{Records, Scope, Zone};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::name::Name;
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, Key, Record, RecordType};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant, On, Trouble, schema};
use dynflare_testkit::prism::{self, Prism, Tap};
use dynflare_testkit::serve::Server;
use serde_json::Value;
use std::time::Duration;

const DOCUMENT: &str = "cloudflare-dns-subset.json";
const TOKEN: &str = "cfut_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678";
const EMAIL: &str = "someone@example.org";
const KEY: &str = "0123456789abcdef0123456789abcdef01234";

/// The adapter, a tap that notes what the schema check says, the check, the fake.
struct Chain {
    fake: FakeCloudflare,
    tap: Tap,
    _prism: Prism,
    _server: Server,
}

impl Chain {
    async fn new(document: &Value, fake: FakeCloudflare) -> Option<Self> {
        let server = fake.serve().await;
        let prism = Prism::start(document, server.base())?;
        let tap = Tap::before(&prism, None).await;
        Some(Self { fake, tap, _prism: prism, _server: server })
    }

    fn adapter(&self, credential: Credential) -> Cloudflare {
        let base = self.tap.base().parse().expect("a loopback URL");
        Cloudflare::new(Settings { base, credential }, &Network::new(NetworkSettings::default()))
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn key(text: &str, rtype: RecordType) -> Key {
    Key { name: name(text), rtype }
}

fn wish(at: &str, rtype: RecordType, content: &str) -> Change {
    Change::Create { key: key(at, rtype), content: content.to_owned(), attributes: everything(300) }
}

fn everything(ttl: u32) -> Attributes {
    Attributes {
        ttl: Some(ttl),
        proxied: Some(false),
        comment: Some("dynflare".to_owned()),
        tags: Some(vec!["owner:dynflare".to_owned()]),
    }
}

fn content(record: &Record, content: &str) -> Change {
    let attributes = Attributes::default();
    Change::Update { record: record.clone(), content: Some(content.to_owned()), attributes }
}

fn classes(outcomes: &[Result<(), Fault>]) -> Vec<Option<Class>> {
    outcomes.iter().map(|outcome| outcome.as_ref().err().map(|fault| fault.class)).collect()
}

fn filled() -> FakeCloudflare {
    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::all());
    fake.global_key(EMAIL, KEY, Grant::all());
    fake.zone(FakeZone::new("example.org").paid());
    for number in 0..60 {
        fake.zone(FakeZone::new(&format!("zone{number}.example")).status("pending"));
    }
    fake.record(
        "example.org",
        FakeRecord::new("A", "www.example.org", "192.0.2.1").proxied().comment("mine"),
    );
    fake.record(
        "example.org",
        FakeRecord::new("AAAA", "www.example.org", "2001:db8::1").ttl(300).comment("mine"),
    );
    fake.record("example.org", FakeRecord::new("TXT", "www.example.org", "v=spf1 -all").comment("mine"));
    fake.record("example.org", FakeRecord::new("MX", "example.org", "mail.example.org"));
    fake.record("example.org", FakeRecord::new("CNAME", "alias.example.org", "www.example.org"));
    for number in 1..=101 {
        let address = format!("198.51.100.{number}");
        fake.record("example.org", FakeRecord::new("A", "many.example.org", &address));
    }
    fake
}

async fn read_everything(cloudflare: &Cloudflare) -> (Zone, Vec<Record>) {
    let zone = cloudflare.locate(Some(&name("example.org")), &name("www.example.org")).await.expect("a zone");
    cloudflare.locate(None, &name("www.zone59.example")).await.expect("a zone on the second page");
    let one = [key("many.example.org", RecordType::A)];
    assert_eq!(cloudflare.list(&zone, Scope::Keys(&one)).await.expect("two pages").len(), 101);
    let two = [key("www.example.org", RecordType::A), key("*.example.org", RecordType::Aaaa)];
    assert_eq!(cloudflare.list(&zone, Scope::Keys(&two)).await.expect("two lists").len(), 1);
    let all = cloudflare.list(&zone, Scope::All).await.expect("the whole zone");
    assert_eq!(all.len(), 106);
    (zone, all)
}

async fn write_everything(cloudflare: &Cloudflare, zone: &Zone, all: &[Record]) {
    let at = |at: &str, rtype| {
        all.iter().find(|record| record.key == key(at, rtype)).expect("the record is there").clone()
    };
    let a = at("www.example.org", RecordType::A);
    let aaaa = at("www.example.org", RecordType::Aaaa);
    let txt = at("www.example.org", RecordType::Txt);
    let mx = at("example.org", RecordType::Mx);
    let alone = [
        wish("new.example.org", RecordType::A, "192.0.2.7"),
        wish("new.example.org", RecordType::Aaaa, "2001:db8::7"),
        wish("new.example.org", RecordType::Txt, "\"v=spf1 ip4:192.0.2.7 -all\""),
        wish("new.example.org", RecordType::Mx, "10 mail.example.org"),
        wish("*.example.org", RecordType::A, "192.0.2.7"),
        content(&a, "192.0.2.2"),
        content(&aaaa, "2001:db8::2"),
        content(&txt, "\"v=spf1 +all\""),
        content(&mx, "20 mail.example.org"),
        Change::Update { record: a.clone(), content: None, attributes: everything(600) },
        Change::Delete { record: txt },
    ];
    for change in alone {
        let outcome = cloudflare.apply(zone, std::slice::from_ref(&change)).await.remove(0);
        assert_eq!(outcome, Ok(()), "{change:?}");
    }
    let many: Vec<Record> =
        all.iter().filter(|record| record.key.name == name("many.example.org")).cloned().collect();
    let together = [
        content(&a, "192.0.2.3"),
        content(&aaaa, "2001:db8::3"),
        wish("both.example.org", RecordType::A, "192.0.2.8"),
        Change::Delete { record: many[0].clone() },
    ];
    assert_eq!(cloudflare.apply(zone, &together).await, [Ok(()), Ok(()), Ok(()), Ok(())]);
    let refused = [
        wish("alias.example.org", RecordType::A, "192.0.2.9"),
        wish("both.example.org", RecordType::A, "192.0.2.8"),
        Change::Delete { record: many[0].clone() },
        content(&many[1], "198.51.100.201"),
    ];
    assert_eq!(
        classes(&cloudflare.apply(zone, &refused).await),
        [Some(Class::Invalid), Some(Class::Unconfirmed), Some(Class::Unconfirmed), None]
    );
}

#[tokio::test]
async fn every_request_and_answer_fits_the_schema() {
    let Some(document) = prism::document(DOCUMENT) else { return };
    let Some(chain) = Chain::new(&schema::reconciled(document), filled()).await else { return };
    let cloudflare = chain.adapter(Credential::Token(Secret::new(TOKEN)));
    let (zone, all) = read_everything(&cloudflare).await;
    write_everything(&cloudflare, &zone, &all).await;

    // The whole record, where the API does not take a partial one.
    chain.fake.refuse_partial_patches();
    let rest: Vec<&Record> =
        all.iter().filter(|record| record.key.name == name("many.example.org")).skip(2).collect();
    let single = [content(rest[0], "198.51.100.202")];
    assert_eq!(cloudflare.apply(&zone, &single).await, [Ok(())]);
    let batch = [content(rest[1], "198.51.100.203"), content(rest[2], "198.51.100.204")];
    assert_eq!(cloudflare.apply(&zone, &batch).await, [Ok(()), Ok(())]);

    let key = chain.adapter(Credential::GlobalKey { email: EMAIL.to_owned(), key: Secret::new(KEY) });
    key.locate(Some(&zone.name), &zone.name).await.expect("the pair is known");

    assert_eq!(chain.tap.take_objections(), [] as [String; 0]);
    assert_eq!(chain.tap.passed(), chain.fake.log().len());
}

#[tokio::test]
async fn every_refusal_of_the_fake_fits_the_schema() {
    let Some(document) = prism::document(DOCUMENT) else { return };
    let fake = filled();
    let tokens = ["plain", "reader", "blind", "listless", "elsewhere"].map(|who| format!("{who:_<40}"));
    let grants = [
        None,
        Some(Grant::all().read_only()),
        Some(Grant::all().without_zone_read()),
        Some(Grant::all().refused_zone_list()),
        Some(Grant::all().refused_from("203.0.113.7")),
    ];
    for (token, grant) in tokens.iter().zip(grants) {
        if let Some(grant) = grant {
            fake.token(token, grant);
        }
    }
    let Some(chain) = Chain::new(&schema::reconciled(document), fake).await else { return };
    let at = name("example.org");
    let good = chain.adapter(Credential::Token(Secret::new(TOKEN)));
    let zone = good.locate(Some(&at), &at).await.expect("a zone");
    good.locate(Some(&name("example.net")), &at).await.expect_err("not there");
    let reads = [key("www.example.org", RecordType::A)];
    for token in tokens.iter().map(String::as_str).chain(["short"]) {
        let cloudflare = chain.adapter(Credential::Token(Secret::new(token)));
        let located = cloudflare.locate(Some(&at), &at).await.is_ok();
        let listed = cloudflare.list(&zone, Scope::Keys(&reads)).await.is_ok();
        let change = [wish("new.example.org", RecordType::A, "192.0.2.1")];
        let made = cloudflare.apply(&zone, &change).await[0].is_ok();
        let batch = [
            wish("a.example.org", RecordType::A, "192.0.2.1"),
            wish("b.example.org", RecordType::A, "192.0.2.1"),
        ];
        cloudflare.apply(&zone, &batch).await;
        let reader = token.starts_with("reader");
        let sighted = token.starts_with("blind") || token.starts_with("listless");
        assert_eq!((located, listed), (reader, reader || sighted), "{token}");
        assert!(!made || token.starts_with("blind"), "{token}");
    }
    let nowhere = Zone { name: at.clone(), id: "0".repeat(32) };
    good.list(&nowhere, Scope::Keys(&reads)).await.expect_err("nobody's zone");
    for change in [
        Change::Create { key: reads[0].clone(), content: "192.0.2.1".to_owned(), attributes: everything(30) },
        wish("www.example.org", RecordType::A, "192.0.2.1"),
        wish("alias.example.org", RecordType::A, "192.0.2.1"),
    ] {
        good.apply(&zone, &[change]).await.remove(0).expect_err("refused");
    }
    chain.fake.script(On::Any, Trouble::RateLimited { retry_after: Some(37) });
    good.list(&zone, Scope::All).await.expect_err("limited");
    assert_eq!(chain.tap.take_objections(), [] as [String; 0]);
    assert_eq!(chain.tap.passed(), chain.fake.log().len());
}

/// Without this and the next the other tests could pass for want of a check: Prism lets everything pass where it cannot
/// make sense of a schema.
#[tokio::test]
async fn a_wrong_answer_of_the_fake_is_noticed_for_every_request() {
    let Some(document) = prism::document(DOCUMENT) else { return };
    let Some(chain) = Chain::new(&schema::reconciled(document), filled()).await else { return };
    let cloudflare = chain.adapter(Credential::Token(Secret::new(TOKEN)));
    let (zone, all) = read_everything(&cloudflare).await;
    let a = all.iter().find(|record| record.key.rtype == RecordType::A).expect("an A record");
    let create = wish("new.example.org", RecordType::A, "192.0.2.1");
    let writes = [
        vec![create.clone()],
        vec![content(a, "192.0.2.2")],
        vec![Change::Delete { record: a.clone() }],
        vec![create, wish("other.example.org", RecordType::A, "192.0.2.1")],
    ];
    assert_eq!(chain.tap.take_objections(), [] as [String; 0]);

    let success = r#"{"success":"maybe","errors":7,"messages":[],"result":{"id":7}}"#;
    let refusal = r#"{"success":false,"errors":[{"code":"10000"}],"messages":[],"result":null}"#;
    for (status, body) in [(200, success), (403, refusal)] {
        for changes in &writes {
            chain.fake.script(On::Write, Trouble::json(status, body));
            cloudflare.apply(&zone, changes).await.remove(0).expect_err("an answer of its own kind");
            assert_eq!(chain.tap.take_objections().len(), 1, "{status} {changes:?}");
        }
        chain.fake.script(On::Read, Trouble::json(status, body));
        cloudflare.list(&zone, Scope::All).await.expect_err("an answer of its own kind");
        assert_eq!(chain.tap.take_objections().len(), 1, "{status} list of records");
        let stranger = chain.adapter(Credential::Token(Secret::new(TOKEN)));
        chain.fake.script(On::Read, Trouble::json(status, body));
        stranger.locate(Some(&zone.name), &zone.name).await.expect_err("an answer of its own kind");
        assert_eq!(chain.tap.take_objections().len(), 1, "{status} list of zones");
    }
}

#[tokio::test]
async fn a_wrong_request_is_noticed() {
    let Some(document) = prism::document(DOCUMENT) else { return };
    let Some(chain) = Chain::new(&schema::reconciled(document), filled()).await else { return };
    let base: Base = chain.tap.base().parse().expect("a loopback URL");
    let client = Client::new(&Network::new(NetworkSettings::default()), base, Route::default());
    let id = "0".repeat(32);
    let records = format!("/zones/{id}/dns_records");
    for (method, path, body) in [
        (Method::GET, "/zones?per_page=1000".to_owned(), ""),
        (Method::GET, format!("{records}?per_page=0"), ""),
        (
            Method::POST,
            records.clone(),
            r#"{"type":"A","name":"www.example.org","content":"192.0.2.1","ttl":5}"#,
        ),
        (Method::POST, records.clone(), r#"{"name":"www.example.org","content":"192.0.2.1","ttl":60}"#),
        (
            Method::POST,
            records.clone(),
            r#"{"type":"A","name":"www.example.org","content":"192.0.2.256","ttl":60}"#,
        ),
        (Method::PATCH, format!("{records}/{id}"), r#"{"content":7}"#),
        (Method::PATCH, format!("{records}/{id}"), r#"{"proxied":"yes"}"#),
        (Method::PATCH, format!("{records}/{id}"), r#"{"ttl":5}"#),
        (Method::PATCH, format!("{records}/{id}"), r#"{"contents":"192.0.2.1"}"#),
        (Method::POST, format!("{records}/batch"), r#"{"deletes":["1"]}"#),
        (Method::POST, format!("{records}/batch"), r#"{"patches":[{"content":"192.0.2.1"}]}"#),
        (Method::POST, format!("{records}/batch"), r#"{"posts":[{"content":"192.0.2.1"}]}"#),
    ] {
        let request = Request {
            method: method.clone(),
            path: path.clone(),
            headers: vec![
                (header::AUTHORIZATION, header::HeaderValue::from_static("Bearer x")),
                (header::CONTENT_TYPE, header::HeaderValue::from_static("application/json")),
            ],
            body: (!body.is_empty()).then(|| body.as_bytes().to_vec()),
            timeout: Duration::from_secs(30),
            limit: 1 << 20,
        };
        let answer = client.send(request).await.expect("the tap answers");
        assert_eq!((answer.status, chain.tap.take_objections().len()), (422, 1), "{method} {path} {body}");
    }
    assert_eq!(chain.fake.log(), [], "none of them reached the fake");
}

/// What happens on the day the API enforces its schema: the refusal of the partial update is the only objection, and
/// the update goes through.
#[tokio::test]
async fn ur_25b_against_the_schema_as_published_updates_go_through_whole() {
    let Some(document) = prism::document(DOCUMENT) else { return };
    let fake = filled();
    let Some(chain) = Chain::new(&document, fake).await else { return };
    let cloudflare = chain.adapter(Credential::Token(Secret::new(TOKEN)));
    // The published schema does not know a zone's owner without an identifier, so the zone is not looked up.
    let direct = {
        let server = chain.fake.serve().await;
        let settings = Settings {
            base: server.base().parse().expect("a loopback URL"),
            credential: Credential::Token(Secret::new(TOKEN)),
        };
        let direct = Cloudflare::new(settings, &Network::new(NetworkSettings::default()));
        direct.locate(Some(&name("example.org")), &name("example.org")).await.expect("a zone")
    };
    let keys = [key("www.example.org", RecordType::A), key("www.example.org", RecordType::Aaaa)];
    let records = cloudflare.list(&direct, Scope::Keys(&keys)).await.expect("two lists");
    assert_eq!(chain.tap.take_objections(), [] as [String; 0]);

    assert_eq!(cloudflare.apply(&direct, &[content(&records[0], "192.0.2.2")]).await, [Ok(())]);
    let both = [content(&records[0], "192.0.2.3"), content(&records[1], "2001:db8::3")];
    assert_eq!(cloudflare.apply(&direct, &both).await, [Ok(()), Ok(())]);
    let violations = chain.tap.take_objections();
    assert_eq!(violations.len(), 2, "{violations:#?}");
    assert!(violations.iter().all(|line| line.contains("UNPROCESSABLE_ENTITY")), "{violations:#?}");
    assert_eq!(chain.fake.contents("example.org", "www.example.org", "A"), ["192.0.2.3"]);
    assert_eq!(chain.fake.contents("example.org", "www.example.org", "AAAA"), ["2001:db8::3"]);
}

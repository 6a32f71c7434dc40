//! Reading records: how many requests, and what comes out.

use crate::setting::{Setting, key};
use dynflare::provider::{Records, Scope};
use dynflare_core::record::{Key, RecordType};
use dynflare_testkit::cloudflare::{FakeRecord, On, Trouble};

fn paths(setting: &Setting) -> Vec<String> {
    let mut paths: Vec<String> = setting
        .fake
        .log()
        .into_iter()
        .map(|seen| seen.path.split_once('?').expect("a query").1.to_owned())
        .collect();
    paths.sort();
    paths
}

async fn keys_at(setting: &Setting, keys: &[Key]) -> Vec<String> {
    let zone = setting.zone().await;
    let records = setting.cloudflare.list(&zone, Scope::Keys(keys)).await.expect("a list");
    let mut shown: Vec<String> =
        records.iter().map(|record| format!("{} {}", record.key, record.content)).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn one_key_is_one_request_by_exact_name_and_type() {
    let setting = Setting::new().await;
    setting.fake.record("example.org", FakeRecord::new("A", "www.example.org", "192.0.2.1"));
    setting.fake.record("example.org", FakeRecord::new("AAAA", "www.example.org", "2001:DB8::0:1"));
    setting.fake.record("example.org", FakeRecord::new("A", "mail.example.org", "192.0.2.2"));
    let shown = keys_at(&setting, &[key("www.example.org", RecordType::A)]).await;
    assert_eq!(shown, ["www.example.org A 192.0.2.1"]);
    assert_eq!(paths(&setting), ["name.exact=www.example.org&type=A&page=1&per_page=100"]);

    let both = [key("www.example.org", RecordType::A), key("www.example.org", RecordType::Aaaa)];
    let shown = keys_at(&setting, &both).await;
    assert_eq!(shown, ["www.example.org A 192.0.2.1", "www.example.org AAAA 2001:db8::1"]);
    assert_eq!(setting.fake.log().len(), 2);
}

#[tokio::test]
async fn many_keys_of_a_zone_are_one_request_for_the_zone() {
    let setting = Setting::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("host{number}.example.org")).collect();
    for at in &names {
        setting.fake.record("example.org", FakeRecord::new("A", at, "192.0.2.1"));
    }
    setting.fake.record("example.org", FakeRecord::new("TXT", "host1.example.org", "\"kept apart\""));
    setting.fake.record("example.org", FakeRecord::new("MX", "example.org", "mail.example.org"));
    let keys: Vec<Key> = names.iter().map(|at| key(at, RecordType::A)).collect();
    assert_eq!(keys_at(&setting, &keys).await.len(), 20);
    assert_eq!(paths(&setting), ["page=1&per_page=5000"]);
}

#[tokio::test]
async fn a_cname_in_the_way_comes_along_where_the_whole_zone_is_read() {
    let setting = Setting::new().await;
    setting.fake.record("example.org", FakeRecord::new("CNAME", "a.example.org", "elsewhere.example.com"));
    setting
        .fake
        .record("example.org", FakeRecord::new("CNAME", "other.example.org", "elsewhere.example.com"));
    let keys = ["a", "b", "c"].map(|label| key(&format!("{label}.example.org"), RecordType::A));
    assert_eq!(keys_at(&setting, &keys).await, ["a.example.org CNAME elsewhere.example.com"]);
}

#[tokio::test]
async fn ur_35_all_records_of_one_name_and_all_pages_of_a_zone_are_seen() {
    let setting = Setting::new().await;
    for number in 1..=101 {
        let address = format!("192.0.2.{number}");
        setting.fake.record("example.org", FakeRecord::new("A", "www.example.org", &address));
    }
    assert_eq!(keys_at(&setting, &[key("www.example.org", RecordType::A)]).await.len(), 101);
    assert_eq!(setting.fake.log().len(), 2);

    for number in 0..10_000 {
        let at = format!("host{number}.example.org");
        setting.fake.record("example.org", FakeRecord::new("A", &at, "192.0.2.1"));
    }
    let zone = setting.zone().await;
    let all = setting.cloudflare.list(&zone, Scope::All).await.expect("a list");
    assert_eq!(all.len(), 10_101);
    assert_eq!(setting.fake.log().len(), 3);
}

#[tokio::test]
async fn ur_37_a_wildcard_and_the_apex_are_asked_for_by_their_names() {
    let setting = Setting::new().await;
    setting.fake.record("example.org", FakeRecord::new("A", "*.example.org", "192.0.2.1"));
    setting.fake.record("example.org", FakeRecord::new("A", "example.org", "192.0.2.2"));
    let keys = [key("*.example.org", RecordType::A), key("Example.ORG.", RecordType::A)];
    assert_eq!(keys_at(&setting, &keys).await, ["*.example.org A 192.0.2.1", "example.org A 192.0.2.2"]);
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_no_list() {
    let setting = Setting::new().await;
    for number in 1..=101 {
        let address = format!("192.0.2.{number}");
        setting.fake.record("example.org", FakeRecord::new("A", "www.example.org", &address));
    }
    let zone = setting.zone().await;
    let info = r#""result_info":{"page":1,"per_page":100,"count":0,"total_count":250,"total_pages":3}"#;
    let body = format!(r#"{{"result":[],"success":true,"errors":[],"messages":[],{info}}}"#);
    setting.fake.script(On::Read, Trouble::json(200, body));
    let keys = [key("www.example.org", RecordType::A)];
    let fault = setting.cloudflare.list(&zone, Scope::Keys(&keys)).await.expect_err("not the whole list");
    assert_eq!(fault.to_string(), "the list changed while it was read");
}

#[tokio::test]
async fn a_connection_that_was_opened_beforehand_serves_the_requests() {
    let setting = Setting::new().await;
    setting.cloudflare.warm().await;
    setting.zone().await;
    assert_eq!(setting.accepted(), 1);
}

#[tokio::test]
async fn ur_57_reading_sends_only_get() {
    let setting = Setting::new().await;
    let zone = setting.zone().await;
    setting.cloudflare.warm().await;
    let keys = ["a", "b", "c"].map(|label| key(&format!("{label}.example.org"), RecordType::A));
    setting.cloudflare.list(&zone, Scope::Keys(&keys)).await.expect("a list");
    setting.cloudflare.list(&zone, Scope::Keys(&keys[..1])).await.expect("a list");
    setting.cloudflare.list(&zone, Scope::All).await.expect("a list");
    assert_eq!(setting.fake.log().len(), 3);
    assert_eq!(setting.fake.writes(), []);
}

#[tokio::test]
async fn a_list_of_absurd_length_is_not_read() {
    let setting = Setting::new().await;
    let zone = setting.zone().await;
    let body = r#"{"success":true,"errors":[],"messages":[],"result":[],
        "result_info":{"page":1,"per_page":1,"count":0,"total_count":18446744073709551615}}"#;
    setting.fake.script(On::Read, Trouble::json(200, body));
    let fault = setting.cloudflare.list(&zone, Scope::All).await.expect_err("refused");
    assert_eq!(fault.what, "the API says that its list has 18446744073709551615 pages");
    assert_eq!(setting.fake.log().len(), 1);
}

//! The fake where an adapter does not show it.

use super::{FakeCloudflare, FakeRecord, FakeZone, Grant, Reply};
use hyper::body::Bytes;
use hyper::{Method, Request};
use serde_json::{Value, json};

const TOKEN: &str = "cfut_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678";

fn fake() -> (FakeCloudflare, String) {
    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::all());
    let zone = fake.zone(FakeZone::new("example.org"));
    (fake, zone)
}

fn ask(fake: &FakeCloudflare, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Bytes::from(body.to_string()))
        .expect("a request");
    match fake.reply(&request) {
        Reply::Answer(response) => {
            (response.status().as_u16(), serde_json::from_slice(response.body()).expect("JSON"))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_patch_keeps_what_it_does_not_name_and_a_put_resets_it() {
    let (fake, zone) = fake();
    let record = FakeRecord::new("A", "www.example.org", "192.0.2.1").proxied().comment("mine");
    let id = fake.record("example.org", record);
    let path = format!("/client/v4/zones/{zone}/dns_records/{id}");
    let (status, _) = ask(&fake, Method::PATCH, &path, &json!({ "content": "192.0.2.2" }));
    let kept = &fake.records("example.org")[0];
    assert_eq!((status, kept.proxied, kept.comment.as_deref()), (200, true, Some("mine")));

    let whole = json!({ "name": "www.example.org", "type": "A", "content": "192.0.2.3", "ttl": 300 });
    let (status, _) = ask(&fake, Method::PUT, &path, &whole);
    let reset = &fake.records("example.org")[0];
    assert_eq!((status, reset.proxied, reset.comment.as_deref(), reset.ttl), (200, false, None, 300));
}

#[test]
fn a_batch_deletes_before_it_makes_and_does_all_or_nothing() {
    let (fake, zone) = fake();
    let id = fake.record("example.org", FakeRecord::new("CNAME", "www.example.org", "example.com"));
    let path = format!("/zones/{zone}/dns_records/batch");
    let post = |content| json!({ "name": "www.example.org", "type": "A", "content": content, "ttl": 1 });
    let wrong = json!({ "posts": [post("192.0.2.1"), post("nothing")], "deletes": [{ "id": id }] });
    let (status, body) = ask(&fake, Method::POST, &path, &wrong);
    assert_eq!((status, &body["errors"][0]["code"]), (400, &json!(9005)));
    assert_eq!(fake.contents("example.org", "www.example.org", "CNAME"), ["example.com"]);

    let right = json!({ "posts": [post("192.0.2.1")], "deletes": [{ "id": id }] });
    let (status, body) = ask(&fake, Method::POST, &path, &right);
    assert_eq!((status, &body["result"]["deletes"][0]["id"]), (200, &json!(id)));
    assert_eq!(fake.contents("example.org", "www.example.org", "A"), ["192.0.2.1"]);
}

#[test]
fn a_name_outside_the_zone_is_read_as_relative_to_it() {
    let (fake, zone) = fake();
    let body = json!({ "name": "Site.Example.COM", "type": "A", "content": "192.0.2.1", "ttl": 1 });
    ask(&fake, Method::POST, &format!("/zones/{zone}/dns_records"), &body);
    assert_eq!(fake.records("example.org")[0].name, "site.example.com.example.org");
}

#[test]
fn an_account_token_is_not_verified_by_the_path_for_users() {
    let (fake, _) = fake();
    assert_eq!(ask(&fake, Method::GET, "/user/tokens/verify", &Value::Null).0, 200);
    fake.token(TOKEN, Grant::all().account_owned());
    assert_eq!(ask(&fake, Method::GET, "/user/tokens/verify", &Value::Null).0, 401);
    assert_eq!(ask(&fake, Method::GET, "/zones", &Value::Null).0, 200);
}

#[test]
fn a_token_sees_only_the_zones_of_its_account() {
    let (fake, _) = fake();
    fake.zone(FakeZone::new("example.com").account("Another"));
    fake.token(TOKEN, Grant::all().in_account("Another"));
    let (_, body) = ask(&fake, Method::GET, "/zones", &Value::Null);
    let names: Vec<&Value> =
        body["result"].as_array().expect("a list").iter().map(|zone| &zone["name"]).collect();
    assert_eq!(names, ["example.com"]);
}

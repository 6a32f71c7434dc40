//! What Cloudflare keeps addresses in beside DNS records, against a server that behaves as its API's documentation says.

use crate::{key, name};
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::{Account, Adapter, Budgets, RrSets, Zone, rest};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Replace;
use dynflare_core::record::Key;
use dynflare_core::record::RecordType::{A, Aaaa};
use dynflare_testkit::serve::{Server, handler, reply};
use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";
const TOKEN: &str = "s3cr3t-token";

/// The account. Operations on lists wait until they have been asked for often enough.
struct Cloudflare {
    items: Vec<Value>,
    /// An operation under way: how often it is still asked for, and what it does.
    operation: Option<(usize, Operation)>,
    fails: bool,
    things: Value,
    asked: Vec<String>,
    next: usize,
}

enum Operation {
    Add(Vec<Value>),
    Remove(Vec<String>),
}

fn good(result: &Value) -> Response<Bytes> {
    reply(200, json!({ "success": true, "errors": [], "messages": [], "result": result }).to_string())
}

fn bad(status: u16, code: u32, message: &str) -> Response<Bytes> {
    let errors = json!([{ "code": code, "message": message }]);
    reply(status, json!({ "success": false, "errors": errors, "messages": [], "result": null }).to_string())
}

impl Cloudflare {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        self.asked.push(format!("{} {path} {body}", request.method()));
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        if bearer != Some(&format!("Bearer {TOKEN}")) {
            return bad(403, 10_000, "Authentication error");
        }
        let path: Vec<&str> = path.split('/').skip(1).collect();
        let ["accounts", ACCOUNT, path @ ..] = path.as_slice() else { return bad(404, 7003, "no route") };
        match (request.method().as_str(), path) {
            ("GET", ["rules", "lists"]) => good(&json!([
                { "id": "l1", "name": "blocked", "kind": "ip", "num_items": 0 },
                { "id": "l2", "name": "Office_1", "kind": "ip", "num_items": 2 },
            ])),
            ("GET", ["rules", "lists", "l2", "items"]) => {
                self.page(request.uri().query().unwrap_or_default())
            }
            ("GET", ["rules", "lists", "bulk_operations", id]) => self.operation(id),
            (_, ["rules", "lists", "l2", "items"]) if self.operation.is_some() => {
                bad(429, 10_047, "an outstanding operation is in progress")
            }
            ("POST", ["rules", "lists", "l2", "items"]) => {
                let items = body.as_array().cloned().unwrap_or_default();
                self.begin(Operation::Add(items))
            }
            ("DELETE", ["rules", "lists", "l2", "items"]) => {
                let items = body["items"].as_array().cloned().unwrap_or_default();
                let ids = items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect();
                self.begin(Operation::Remove(ids))
            }
            ("GET", [a, b]) => {
                let all = self.things[format!("{a}/{b}")].clone();
                good(&all)
            }
            (method, [a, b, id]) => {
                let all = self.things[format!("{a}/{b}")].as_array_mut().expect("a kind of things");
                let Some(thing) = all.iter_mut().find(|thing| thing["id"] == **id) else {
                    return bad(404, 1000, "not found");
                };
                match method {
                    "GET" => {}
                    // What is given is overwritten.
                    "PATCH" => {
                        for (key, value) in body.as_object().expect("an object") {
                            thing[key] = value.clone();
                        }
                    }
                    "PUT" => {
                        let mut new = body;
                        new["id"] = thing["id"].clone();
                        *thing = new;
                    }
                    _ => return bad(405, 10_405, "method not allowed"),
                }
                let shown = thing.clone();
                good(&shown)
            }
            _ => bad(404, 7003, "no route"),
        }
    }

    /// Two items on a page.
    fn page(&self, query: &str) -> Response<Bytes> {
        let cursor = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "cursor");
        let from: usize = cursor.map_or(0, |(_, value)| value.parse().expect("our cursor"));
        let shown: Vec<&Value> = self.items.iter().skip(from).take(2).collect();
        let mut info = json!({ "cursors": {} });
        if from + 2 < self.items.len() {
            info["cursors"]["after"] = json!((from + 2).to_string());
        }
        reply(200, json!({ "success": true, "errors": [], "result": shown, "result_info": info }).to_string())
    }

    fn begin(&mut self, operation: Operation) -> Response<Bytes> {
        self.operation = Some((2, operation));
        good(&json!({ "operation_id": "op1" }))
    }

    fn operation(&mut self, id: &str) -> Response<Bytes> {
        if id != "op1" {
            return bad(404, 10_000, "no such operation");
        }
        match self.operation.take() {
            Some((left @ 1.., operation)) => {
                let status = if left == 2 { "pending" } else { "running" };
                self.operation = Some((left - 1, operation));
                good(&json!({ "id": "op1", "status": status }))
            }
            Some(_) if self.fails => good(
                &json!({ "id": "op1", "status": "failed", "error": "the list is full", "completed": "x" }),
            ),
            Some((0, Operation::Add(items))) => {
                for mut item in items {
                    self.next += 1;
                    item["id"] = json!(format!("i{}", self.next));
                    self.items.push(item);
                }
                good(&json!({ "id": "op1", "status": "completed" }))
            }
            Some((0, Operation::Remove(ids))) => {
                self.items.retain(|item| !ids.iter().any(|id| item["id"] == id.as_str()));
                good(&json!({ "id": "op1", "status": "completed" }))
            }
            None => good(&json!({ "id": "op1", "status": "completed" })),
        }
    }
}

struct World {
    state: Arc<Mutex<Cloudflare>>,
    adapter: Box<dyn RrSets>,
    _server: Server,
}

async fn world(provider: &'static str, more: &[(&'static str, &str)]) -> World {
    let items = vec![
        json!({ "id": "i1", "ip": "198.51.100.0/24", "comment": "dynflare" }),
        json!({ "id": "i2", "ip": "203.0.113.9", "comment": "somebody's" }),
        json!({ "id": "i3", "ip": "203.0.113.5/32", "comment": "dynflare" }),
        json!({ "id": "i4", "ip": "192.0.2.1" }),
        json!({ "id": "i5", "ip": "2001:db8:1::/64", "comment": "dynflare" }),
    ];
    let things = json!({
        "load_balancers/pools": [
            { "id": "p1", "name": "Edge", "enabled": true, "monitor": "m1", "origins": [
                { "name": "home", "address": "203.0.113.5", "weight": 0.5, "header": { "Host": ["example.org"] } },
                { "name": "away", "address": "origin.example.org", "weight": 1 },
            ] },
        ],
        "gateway/locations": [
            { "id": "g1", "name": "My Office", "client_default": true, "ecs_support": false, "ip": "2001:db8::53",
              "networks": [{ "network": "203.0.113.5/32" }, { "network": "198.51.100.0/24" }] },
        ],
        "access/groups": [
            { "id": "a1", "name": "admins", "exclude": [], "require": [{ "email_domain": { "domain": "example.org" } }],
              "include": [{ "email": { "email": "a@example.org" } }, { "ip": { "ip": "198.51.100.0/24" } }] },
        ],
    });
    let state = Cloudflare { items, operation: None, fails: false, things, asked: Vec::new(), next: 100 };
    let state = Arc::new(Mutex::new(state));
    let shared = Arc::clone(&state);
    let server = Server::http(handler(move |request| {
        let state = Arc::clone(&shared);
        async move { state.lock().expect("nobody panics").answer(&request) }
    }))
    .await;
    let given = [("account_id", ACCOUNT), ("token", TOKEN)].into_iter().chain(more.iter().copied());
    let fields = given.map(|(key, value)| (key, Secret::new(value))).collect();
    let account = Account { provider, base: Some(server.base().parse().expect("a base")), fields };
    let network = Network::new(NetworkSettings::default());
    let adapter = rest::open(&account, &network, &Budgets::new(), || 1_780_000_000);
    let Some(Adapter::RrSets(adapter)) = adapter else { panic!("{provider} is no REST provider") };
    World { state, adapter, _server: server }
}

impl World {
    async fn zone(&self, text: &str) -> Zone {
        self.adapter.locate(Some(&name(text)), &name(text)).await.expect("it is there")
    }

    async fn put(&self, zone: &str, key: &Key, values: &[&str]) -> Result<(), Fault> {
        let zone = self.zone(zone).await;
        let expect = self.adapter.get(&zone, key).await?;
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.adapter.replace(&zone, &Replace { expect, values, ttl: 300 }).await
    }

    async fn values(&self, zone: &str, key: &Key) -> Vec<String> {
        let zone = self.zone(zone).await;
        self.adapter.get(&zone, key).await.expect("it is read").values
    }

    fn ips(&self) -> Vec<String> {
        let state = self.state.lock().expect("nobody panics");
        state.items.iter().filter_map(|item| item["ip"].as_str().map(str::to_owned)).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_gets_the_new_address_before_it_loses_the_old_one_and_keeps_those_of_others() {
    let world = world("cloudflare-list", &[]).await;
    let key = key("office_1", A);
    assert_eq!(world.values("office_1", &key).await, ["203.0.113.5"]);
    world.put("office_1", &key, &["203.0.113.7"]).await.expect("it is replaced");
    assert_eq!(
        world.ips(),
        ["198.51.100.0/24", "203.0.113.9", "192.0.2.1", "2001:db8:1::/64", "203.0.113.7"]
    );
    let state = world.state.lock().expect("nobody panics");
    assert_eq!(state.items[4]["comment"], "dynflare");
    let writes: Vec<&str> =
        state.asked.iter().filter(|line| !line.starts_with("GET")).map(|line| &line[..6]).collect();
    assert_eq!(writes, ["POST /", "DELETE"]);
    assert!(state.operation.is_none(), "both operations were waited for");
}

#[tokio::test(start_paused = true)]
async fn an_address_in_somebody_elses_item_is_neither_taken_over_nor_ever_removed() {
    let world = world("cloudflare-list", &[]).await;
    let key = key("office_1", A);
    let before = world.state.lock().expect("nobody panics").items.clone();
    for theirs in ["203.0.113.9", "192.0.2.1"] {
        let fault = world.put("office_1", &key, &[theirs]).await.expect_err("the item is somebody else's");
        assert_eq!(fault.class, Class::Invalid, "{fault}");
        assert!(fault.what.contains("in an entry of somebody else's"), "{fault}");
        assert_eq!(world.values("office_1", &key).await, ["203.0.113.5"], "what is ours is as it was");
    }
    assert_eq!(world.state.lock().expect("nobody panics").items, before);
    world.put("office_1", &key, &[]).await.expect("what is ours is removed");
    assert_eq!(world.ips(), ["198.51.100.0/24", "203.0.113.9", "192.0.2.1", "2001:db8:1::/64"]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_fails_is_told_and_nothing_is_lost() {
    let world = world("cloudflare-list", &[]).await;
    world.state.lock().expect("nobody panics").fails = true;
    let fault = world.put("office_1", &key("office_1", A), &["203.0.113.7"]).await.expect_err("it fails");
    assert_eq!(fault.class, Class::Unconfirmed, "{fault}");
    assert!(fault.to_string().contains("the list is full"), "{fault}");
    assert!(world.ips().contains(&"203.0.113.5/32".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_list_holds_a_prefix_of_the_configured_length() {
    let world = world("cloudflare-list", &[("ipv6_prefix", "64")]).await;
    let key = key("office_1", Aaaa);
    assert_eq!(world.values("office_1", &key).await, ["2001:db8:1::"]);
    world.put("office_1", &key, &["2001:db8:2::"]).await.expect("it is replaced");
    assert!(world.ips().contains(&"2001:db8:2::/64".to_owned()), "{:?}", world.ips());
    assert_eq!(world.values("office_1", &key).await, ["2001:db8:2::"]);
    let fault =
        world.put("office_1", &key, &["2001:db8:2::7"]).await.expect_err("it would not be found again");
    assert!(fault.to_string().contains("add `?host_id=::&prefix_len=64` to the record"), "{fault}");
    assert_eq!(fault.class, Class::Invalid);
}

#[tokio::test]
async fn an_origin_of_a_pool_gets_another_address_and_keeps_all_else() {
    let world = world("cloudflare-pool", &[]).await;
    let home = key("home.edge", A);
    assert_eq!(world.values("edge", &home).await, ["203.0.113.5"]);
    world.put("edge", &home, &["203.0.113.7"]).await.expect("it is replaced");
    {
        let state = world.state.lock().expect("nobody panics");
        let pool = &state.things["load_balancers/pools"][0];
        assert_eq!(
            pool["origins"][0],
            json!({ "name": "home", "address": "203.0.113.7", "weight": 0.5, "header": { "Host": ["example.org"] } })
        );
        assert_eq!(
            (&pool["origins"][1]["address"], &pool["monitor"]),
            (&json!("origin.example.org"), &json!("m1"))
        );
    }
    let zone = world.zone("edge").await;
    for (other, expected) in [
        ("away.edge", "the origin holds `origin.example.org`, which is no IPv4 address"),
        ("nobody.edge", "the pool has no origin `nobody`"),
    ] {
        let fault = world.adapter.get(&zone, &key(other, A)).await.expect_err("it cannot be read");
        assert!(fault.to_string().contains(expected), "{fault}");
    }
    let fault = world.put("edge", &home, &[]).await.expect_err("an origin has an address");
    assert!(fault.to_string().contains("an origin cannot be without an address"), "{fault}");
    let none = world.adapter.locate(Some(&name("core")), &name("home.core")).await.expect_err("no such pool");
    assert_eq!(none.class, Class::NoSuchZone);
}

#[tokio::test]
async fn a_location_and_a_group_keep_what_is_not_a_single_address() {
    let gateway = world("cloudflare-gateway", &[]).await;
    let office = key("my-office", A);
    assert_eq!(gateway.values("my-office", &office).await, ["203.0.113.5"]);
    gateway.put("my-office", &office, &["203.0.113.7"]).await.expect("it is replaced");
    let location = gateway.state.lock().expect("nobody panics").things["gateway/locations"][0].clone();
    assert_eq!(
        location["networks"],
        json!([{ "network": "198.51.100.0/24" }, { "network": "203.0.113.7/32" }])
    );
    assert_eq!((&location["name"], &location["client_default"]), (&json!("My Office"), &json!(true)));

    let access = world("cloudflare-access", &[]).await;
    let admins = key("admins", A);
    assert!(access.values("admins", &admins).await.is_empty());
    access.put("admins", &admins, &["203.0.113.7"]).await.expect("it is added");
    access.put("admins", &admins, &["203.0.113.8"]).await.expect("it is replaced");
    let group = access.state.lock().expect("nobody panics").things["access/groups"][0].clone();
    assert_eq!(
        group["include"],
        json!([{ "email": { "email": "a@example.org" } }, { "ip": { "ip": "198.51.100.0/24" } },
               { "ip": { "ip": "203.0.113.8/32" } }])
    );
    assert_eq!(group["require"], json!([{ "email_domain": { "domain": "example.org" } }]));
    access.put("admins", &admins, &[]).await.expect("it is removed");
    assert!(access.values("admins", &admins).await.is_empty());
}

#[tokio::test]
async fn ur_45_refused_credentials_are_told_and_not_shown() {
    let world = world("cloudflare-pool", &[("token", "s3cr3t-other")]).await;
    let fault = world.adapter.locate(Some(&name("edge")), &name("home.edge")).await.expect_err("refused");
    assert_eq!(fault.class, Class::Denied);
    assert!(!format!("{fault} {fault:?}").contains("s3cr3t"), "{fault:?}");
}

//! Exchanges that were recorded with the real APIs, played back: what was really answered is read rightly.
//!
//! Each file `recorded/<id>.toml` has the fields of an account and cases: what lies at a name and type by the recorded
//! answers, and, where a write was recorded too, what it leads to.

use crate::asked::Asked;
use crate::world::{key, name};
use dynflare::net::{Network, NetworkSettings};
use dynflare::provider::{Account, Adapter, Budgets, registry, rest};
use dynflare::secret::Secret;
use dynflare_core::plan::Replace;
use dynflare_testkit::serve::{Server, handler, reply};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    /// The fields of an account; values do not matter unless something is signed.
    fields: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    zone: String,
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    /// What lies there by the answers.
    values: Vec<String>,
    ttl: Option<u32>,
    /// What is to lie there, where writing was recorded.
    write: Option<Vec<String>>,
    exchange: Vec<Exchange>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Exchange {
    method: String,
    /// Below the base, with as much of the query as matters (each pair has to be asked for).
    path: String,
    /// What has to be sent, where it is JSON: each member with this value.
    sent: Option<String>,
    status: u16,
    body: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/battery/recorded"))
}

pub(crate) fn exists(id: &str) -> bool {
    folder().join(format!("{id}.toml")).exists()
}

fn fits(exchange: &Exchange, asked: &Asked) -> bool {
    let (path, query) = exchange.path.split_once('?').unwrap_or((&exchange.path, ""));
    let wanted = form_urlencoded::parse(query.as_bytes());
    exchange.method == asked.method
        && path == asked.path
        && wanted.into_owned().all(|(key, value)| asked.asks(&key) == Some(&value))
}

#[tokio::test]
async fn what_was_recorded_is_read_and_written_as_it_was() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("the folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let id = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let text = std::fs::read_to_string(&file).expect("the file");
        let recorded: Recorded = toml::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(!recorded.case.is_empty(), "{id}");
        for case in &recorded.case {
            play(&id, &recorded.fields, case).await;
        }
    }
}

async fn play(id: &str, fields: &BTreeMap<String, String>, case: &Case) {
    let info = registry::find(id).unwrap_or_else(|| panic!("{id} is no provider"));
    let unasked: Arc<Mutex<Vec<Exchange>>> = Arc::new(Mutex::new(case.exchange.clone()));
    let strays: Arc<Mutex<Vec<String>>> = Arc::default();
    let (all, left, stray) = (case.exchange.clone(), Arc::clone(&unasked), Arc::clone(&strays));
    let server = Server::http(handler(move |request| {
        let asked = Asked::new(&request);
        // What was asked once may be asked again; the first that was not asked yet goes first.
        let mut left = left.lock().expect("nobody panics");
        let answer = match left.iter().position(|exchange| fits(exchange, &asked)) {
            Some(at) => Some(left.remove(at)),
            None => all.iter().find(|exchange| fits(exchange, &asked)).cloned(),
        };
        let response = if let Some(exchange) = answer {
            if let Some(sent) = exchange.sent.as_deref() {
                let wanted: serde_json::Value = serde_json::from_str(sent).expect("JSON");
                if !holds(&asked.json, &wanted) {
                    stray.lock().expect("nobody panics").push(format!("sent {}", asked.body));
                }
            }
            reply(exchange.status, exchange.body)
        } else {
            stray
                .lock()
                .expect("nobody panics")
                .push(format!("{} {} {:?}", asked.method, asked.path, asked.query));
            reply(500, "not recorded")
        };
        async move { response }
    }))
    .await;
    let known = |key: &str| info.fields.iter().find(|field| field.key == key).map(|field| field.key);
    let fields = fields.iter().map(|(key, value)| {
        (known(key).unwrap_or_else(|| panic!("{id} has no `{key}`")), Secret::new(value.as_str()))
    });
    let account = Account {
        provider: info.id,
        base: Some(server.base().parse().expect("a base")),
        fields: fields.collect(),
    };
    let network = Network::new(NetworkSettings::default());
    let Some(Adapter::RrSets(adapter)) = rest::open(&account, &network, &Budgets::new(), || 1_600_000_000)
    else {
        panic!("{id} is no REST provider");
    };
    let key = key(&case.name, case.rtype.parse().expect("a type"));
    let done = async {
        let zone = adapter.locate(Some(&name(&case.zone)), &key.name).await?;
        let set = adapter.get(&zone, &key).await?;
        let read = (set.values.clone(), set.ttl);
        if let Some(values) = &case.write {
            let mut values = values.clone();
            values.sort();
            let ttl = set.ttl.unwrap_or(3600);
            adapter.replace(&zone, &Replace { expect: set, values, ttl }).await?;
        }
        Ok::<_, dynflare_core::fault::Fault>(read)
    };
    let done = done.await;
    let strays = strays.lock().expect("nobody panics").join("\n");
    assert!(strays.is_empty(), "{id} {}: {strays}", case.name);
    let (values, ttl) = done.unwrap_or_else(|fault| panic!("{id} {}: {fault}", case.name));
    assert_eq!(values, case.values, "{id} {}", case.name);
    if case.ttl.is_some() {
        assert_eq!(ttl, case.ttl, "{id} {}", case.name);
    }
    let unasked = unasked.lock().expect("nobody panics");
    let unasked: Vec<String> =
        unasked.iter().map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect();
    assert!(unasked.is_empty(), "{id} {}: never asked {unasked:?}", case.name);
}

/// Whether a value has everything that is wanted, member by member.
fn holds(there: &serde_json::Value, wanted: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Object};
    match (there, wanted) {
        (Object(there), Object(wanted)) => {
            wanted.iter().all(|(key, value)| there.get(key).is_some_and(|there| holds(there, value)))
        }
        (Array(there), Array(wanted)) => {
            there.len() == wanted.len()
                && there.iter().zip(wanted).all(|(there, wanted)| holds(there, wanted))
        }
        (there, wanted) => there == wanted,
    }
}

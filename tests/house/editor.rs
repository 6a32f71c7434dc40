//! The JSON Schema for editors takes what the program takes, and notices slips.

use crate::examples::{DOCUMENTS, blocks, document};
use dynflare_testkit::json_schema::judge;
use serde_json::Value;
use std::fs;

fn as_json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("an example is TOML");
    serde_json::to_value(table).expect("TOML without dates is JSON")
}

const SLIPS: &[&str] = &[
    "records = [\"cloudflare:example.org:A:home\"]",
    "version = 2",
    "version = 1\nrecrods = []",
    "version = 1\nrecords = [{ record = \"cloudflare:example.org:A:home\", tll = 60 }]",
    "version = 1\n[providers.work]\ntype = \"digitalocean\"\ntokn = \"x\"",
    "version = 1\n[providers.work]\ntype = \"cloudflare\"\nserver = \"x\"",
    "version = 1\n[sources.mine]\nspce = \"url:https://ip.example.org\"",
    "version = 1\n[uplink.fibre]\ninterfase = \"eth0\"",
    "version = 1\n[notify.phone]\ntype = \"ntfy\"\ntopik = \"x\"",
];

const GOOD: &[&str] = &[
    "version = 1\nrecords = \"cloudflare:example.org:A:home\"",
    "version = 1\npanel = 7\nconfirm = false\n[providers.work]\ntype = \"digitalocean\"\ntoken = \"file:/run/token\"",
    "version = 1\n[providers.digitalocean]\ntoken = \"file:/run/token\"\n[notify.phone]\ntype = \"ntfy\"\ntopic = \"x\"",
];

#[test]
fn the_schema_takes_every_example_and_no_slip() {
    let schema =
        fs::read(crate::root().join("docs/reference/dynflare.schema.json")).expect("a generated file");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let documents: Vec<String> = DOCUMENTS.iter().map(|name| document(name)).collect();
    let mut good: Vec<&str> = documents.iter().flat_map(|text| blocks(text, "toml")).collect();
    good.extend(GOOD);
    let instances: Vec<Value> = good.iter().chain(SLIPS).map(|text| as_json(text)).collect();
    let Some(judged) = judge(&schema, &instances) else { return };
    for (text, judged) in good.iter().chain(SLIPS).zip(&judged) {
        assert_eq!(judged.is_some(), SLIPS.contains(text), "{text}\n{judged:?}");
    }
}

//! OPNsense, by its manual's page on the API of Unbound.

use crate::asked::Asked;
use crate::fake::{Fake, Reply, unknown, with};
use crate::store::{FakeRecord, Store};
use serde_json::{Value, json};
use std::net::IpAddr;

pub(crate) struct OpnSense;

fn shown(record: &FakeRecord) -> Value {
    let (host, domain) = record.name.split_once('.').expect("two labels");
    let rtype = if record.rtype == "A" { "A (IPv4 address)" } else { "AAAA (IPv6 address)" };
    json!({
        "uuid": record.id, "enabled": "1", "hostname": host, "domain": domain, "rr": rtype, "mxprio": "", "mx": "",
        "server": record.value, "description": "",
    })
}

fn invalid() -> Reply {
    with(
        200,
        &json!({ "result": "failed", "validations": { "host.server": "A valid IP address must be specified." } }),
    )
}

impl Fake for OpnSense {
    fn id(&self) -> &'static str {
        "opnsense"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", "s3cr3t-key"), ("api_secret", "s3cr3t"), ("server", "192.0.2.1")]
    }

    fn has_zones(&self) -> bool {
        false
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.has_basic("s3cr3t-key", "s3cr3t")
    }

    fn shut_out(&self) -> Reply {
        with(401, &json!({ "status": 401, "message": "Authentication Failed" }))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        let address = asked.text("/host/server").to_owned();
        match (method, route.as_slice()) {
            ("GET", ["settings", "searchHostOverride"]) => {
                let rows = store.records.iter().filter(|record| record.rtype != "TXT").map(shown);
                let rows: Vec<Value> = rows.collect();
                // Without the word for all, a page has as many rows as the web interface shows.
                let shown = if asked.asks("rowCount") == Some("-1") { rows.len() } else { 7.min(rows.len()) };
                with(
                    200,
                    &json!({ "rows": rows[..shown], "rowCount": shown, "total": rows.len(), "current": 1 }),
                )
            }
            ("POST", ["settings", "addHostOverride"]) => {
                let Ok(_) = address.parse::<IpAddr>() else { return invalid() };
                let name = format!("{}.{}", asked.text("/host/hostname"), asked.text("/host/domain"));
                let id = store.add(&name, asked.text("/host/rr"), &address, 0);
                with(200, &json!({ "result": "saved", "uuid": id }))
            }
            ("POST", ["settings", "setHostOverride", id]) => {
                let Ok(_) = address.parse::<IpAddr>() else { return invalid() };
                let Some(record) = store.record(id) else { return with(200, &json!({ "result": "failed" })) };
                record.value = address;
                with(200, &json!({ "result": "saved" }))
            }
            ("POST", ["settings", "delHostOverride", id]) => {
                let result = if store.remove(id) { "deleted" } else { "not found" };
                with(200, &json!({ "result": result }))
            }
            ("POST", ["service", "reconfigure"]) => with(200, &json!({ "status": "ok" })),
            _ => unknown(asked),
        }
    }
}

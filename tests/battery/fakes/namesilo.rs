//! `NameSilo`, by <https://www.namesilo.com/api-reference> and `recorded/namesilo.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply};
use crate::store::{Store, absolute};
use dynflare_testkit::serve::reply;

pub(crate) struct NameSilo;

const KEY: &str = "s3cr3t";

fn xml(code: u16, detail: &str, inner: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<namesilo><request><operation>x</operation><ip>192.0.2.1</ip></request>\
         <reply><code>{code}</code><detail>{detail}</detail>{inner}</reply></namesilo>"
    );
    reply(200, body)
}

impl Fake for NameSilo {
    fn id(&self) -> &'static str {
        "namesilo"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY)]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        assert_eq!(
            (asked.method.as_str(), asked.asks("version"), asked.asks("type")),
            ("GET", Some("1"), Some("xml"))
        );
        asked.asks("key") == Some(KEY)
    }

    fn shut_out(&self) -> Reply {
        xml(110, "Invalid API Key", "")
    }

    fn writes(&self, asked: &Asked) -> bool {
        ["/dnsAddRecord", "/dnsUpdateRecord", "/dnsDeleteRecord"].contains(&asked.path.as_str())
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        if asked.path == "/listDomains" {
            let zones: String = store
                .zones
                .iter()
                .map(|zone| format!("<domain>{}</domain>", zone.name))
                .collect::<Vec<_>>()
                .concat();
            return xml(300, "success", &format!("<domains>{zones}</domains>"));
        }
        let zone = asked.asks("domain").unwrap_or_default();
        if store.zone(zone).is_none() {
            return xml(200, "Domain is not active, or does not belong to this user", "");
        }
        let name = absolute(asked.asks("rrhost").unwrap_or_default(), zone);
        let ttl = asked.number("rrttl").and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(7207);
        let value = asked.asks("rrvalue").unwrap_or_default();
        let id = asked.asks("rrid").unwrap_or_default();
        match asked.path.as_str() {
            "/dnsListRecords" => {
                let records: String = store
                    .of(zone, None, None)
                    .iter()
                    .map(|record| {
                        format!(
                            "<resource_record><record_id>{}</record_id><type>{}</type><host>{}</host><value>{}</value>\
                             <ttl>{}</ttl><distance>0</distance></resource_record>",
                            record.id, record.rtype, record.name, record.value, record.ttl
                        )
                    })
                    .collect::<Vec<_>>().concat();
                xml(300, "success", &records)
            }
            "/dnsAddRecord" | "/dnsUpdateRecord" if ttl < 3600 || value.is_empty() => {
                xml(280, "DNS modification error: invalid value or TTL", "")
            }
            "/dnsAddRecord" => {
                let id = store.add(&name, asked.asks("rrtype").unwrap_or_default(), value, ttl);
                xml(300, "success", &format!("<record_id>{id}</record_id>"))
            }
            "/dnsUpdateRecord" => {
                let fresh = store.id();
                let Some(record) = store.record(id) else {
                    return xml(280, "DNS modification error: no such record", "");
                };
                (record.id, record.name, record.ttl) = (fresh.clone(), name, ttl);
                value.clone_into(&mut record.value);
                xml(300, "success", &format!("<record_id>{fresh}</record_id>"))
            }
            "/dnsDeleteRecord" if store.remove(id) => xml(300, "success", ""),
            "/dnsDeleteRecord" => xml(280, "DNS modification error: no such record", ""),
            _ => xml(109, "Missing API operation", ""),
        }
    }
}

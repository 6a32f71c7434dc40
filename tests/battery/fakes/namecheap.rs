//! Namecheap's API, by <https://www.namecheap.com/support/api/methods/> and `recorded/namecheap.toml`.

use crate::asked::Asked;
use crate::fake::{Fake, Reply};
use crate::store::{Store, absolute, relative};
use dynflare_testkit::serve::reply;

pub(crate) struct Namecheap;

const KEY: &str = "s3cr3t";

fn xml(status: &str, errors: &str, name: &str, inner: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<ApiResponse Status=\"{status}\" xmlns=\"http://api.namecheap.com/xml.response\">\r\n\
         <Errors>{errors}</Errors><Warnings /><CommandResponse Type=\"{name}\">{inner}</CommandResponse></ApiResponse>"
    );
    let mut response = reply(200, body);
    response.headers_mut().insert("content-type", "text/xml; charset=utf-8".parse().expect("a media type"));
    response
}

fn error(number: &str, text: &str) -> Reply {
    xml("ERROR", &format!("<Error Number=\"{number}\">{text}</Error>"), "", "")
}

/// Replaces the whole zone by what is sent.
fn set_hosts(store: &mut Store, zone: &str, asked: &Asked) -> Reply {
    if asked.field("EmailType") != Some("FWD") {
        // The real one changes the way of e-mail, which a client must not.
        return error("2050900", "the way of e-mail would be lost");
    }
    let mut records = Vec::new();
    for number in 1.. {
        let of = |key: &str| asked.field(&format!("{key}{number}"));
        let Some(name) = of("HostName") else { break };
        let (Some(rtype), Some(value)) = (of("RecordType"), of("Address")) else {
            return error("2015280", "Parameter is missing");
        };
        let ttl: u32 = of("TTL").and_then(|ttl| ttl.parse().ok()).unwrap_or(1800);
        if !(60..=60_000).contains(&ttl) {
            return error("2015280", "TTL is invalid");
        }
        records.push((absolute(name, zone), rtype.to_owned(), value.to_owned(), ttl));
    }
    let is_sent = |name: &str, rtype: &str, value: &str| {
        records.iter().any(|sent| (sent.0.as_str(), sent.1.as_str(), sent.2.as_str()) == (name, rtype, value))
    };
    store.records.retain(|record| record.zone != zone || is_sent(&record.name, &record.rtype, &record.value));
    for (name, rtype, value, ttl) in records {
        let there = store.records.iter_mut().find(|record| {
            record.zone == zone && record.name == name && record.rtype == rtype && record.value == value
        });
        match there {
            Some(record) => record.ttl = ttl,
            None => {
                store.add(&name, &rtype, &value, ttl);
            }
        }
    }
    let inner = format!(
        "<DomainDNSSetHostsResult Domain=\"{zone}\" IsSuccess=\"true\"><Warnings /></DomainDNSSetHostsResult>"
    );
    xml("OK", "", "namecheap.domains.dns.setHosts", &inner)
}

impl Fake for Namecheap {
    fn id(&self) -> &'static str {
        "namecheap"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("api_key", KEY), ("api_user", "me"), ("client_ip", "192.0.2.1")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.field("ApiKey") == Some(KEY)
            && asked.field("ApiUser") == Some("me")
            && asked.field("UserName") == Some("me")
            && asked.field("ClientIp") == Some("192.0.2.1")
    }

    fn shut_out(&self) -> Reply {
        error("1011102", "API Key is invalid or API access has not been enabled")
    }

    fn busy(&self) -> Reply {
        error("500000", "Too many requests")
    }

    fn writes(&self, asked: &Asked) -> bool {
        asked.asks("Command") == Some("namecheap.domains.dns.setHosts")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/xml.response"));
        let command = asked.asks("Command").unwrap_or_default();
        if command == "namecheap.domains.getList" {
            let (page, size) = (asked.number("Page").unwrap_or(1), asked.number("PageSize").unwrap_or(20));
            assert!((10..=100).contains(&size), "a page has 10 to 100 items");
            let shown = store.zones.iter().skip((page - 1) * size).take(size);
            let shown: String = shown
                .map(|zone| format!("<Domain ID=\"{}\" Name=\"{}\" IsOurDNS=\"true\" />", zone.id, zone.name))
                .collect::<Vec<_>>()
                .concat();
            let inner = format!("<DomainGetListResult>{shown}</DomainGetListResult>");
            return xml("OK", "", command, &inner);
        }
        let zone =
            format!("{}.{}", asked.asks("SLD").unwrap_or_default(), asked.asks("TLD").unwrap_or_default());
        if store.zone(&zone).is_none() {
            return error("2019166", "Domain name not found");
        }
        match command {
            "namecheap.domains.dns.getHosts" => {
                let shown: String = store
                    .of(&zone, None, None)
                    .iter()
                    .map(|record| {
                        format!(
                            "<host HostId=\"{}\" Name=\"{}\" Type=\"{}\" Address=\"{}\" MXPref=\"10\" TTL=\"{}\" IsActive=\"true\" />",
                            record.id, relative(&record.name, &zone, "@"), record.rtype, record.value, record.ttl
                        )
                    })
                    .collect::<Vec<_>>().concat();
                let inner = format!(
                    "<DomainDNSGetHostsResult Domain=\"{zone}\" EmailType=\"FWD\" IsUsingOurDNS=\"true\">{shown}</DomainDNSGetHostsResult>"
                );
                xml("OK", "", command, &inner)
            }
            "namecheap.domains.dns.setHosts" => set_hosts(store, &zone, asked),
            other => error("2011280", other),
        }
    }
}

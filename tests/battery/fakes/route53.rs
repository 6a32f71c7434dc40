//! Amazon Route 53, by <https://docs.aws.amazon.com/Route53/latest/APIReference/>; moto has a test of its own.

use crate::asked::Asked;
use crate::crypt::is_signed_v4;
use crate::fake::{Fake, Reply};
use crate::store::{FakeRecord, Store};
use dynflare_testkit::serve::reply;

pub(crate) struct Route53;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "s3cr3t/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn xml(status: u16, name: &str, inner: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<{name} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">{inner}</{name}>"
    );
    let mut response = reply(status, body);
    response.headers_mut().insert("content-type", "text/xml".parse().expect("a media type"));
    response
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let inner = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId>"
    );
    xml(status, "ErrorResponse", &inner)
}

fn batch(message: &str) -> Reply {
    xml(400, "InvalidChangeBatch", &format!("<Messages><Message>[{message}]</Message></Messages>"))
}

/// What stands between each pair of these tags.
fn all<'t>(text: &'t str, tag: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    text.split(open.as_str()).skip(1).filter_map(|part| part.split(close.as_str()).next()).collect()
}

fn escaped(name: &str) -> String {
    format!("{}.", name.replace('*', "\\052"))
}

fn zones(store: &Store, from: usize, most: usize) -> String {
    let shown = store.zones.iter().skip(from).take(most).map(|zone| {
        format!(
            "<HostedZone><Id>/hostedzone/Z{}</Id><Name>{}.</Name><CallerReference>1</CallerReference>\
             <Config><PrivateZone>false</PrivateZone></Config></HostedZone>",
            zone.id, zone.name
        )
    });
    let shown: String = shown.collect();
    let next = store.zones.get(from + most).map(|zone| format!("<NextMarker>Z{}</NextMarker>", zone.id));
    let is_cut = next.is_some();
    format!(
        "<HostedZones>{shown}</HostedZones><IsTruncated>{is_cut}</IsTruncated>{}<MaxItems>{most}</MaxItems>",
        next.unwrap_or_default()
    )
}

fn quoted(record: &FakeRecord) -> String {
    if record.rtype == "TXT" { format!("&quot;{}&quot;", record.value) } else { record.value.clone() }
}

/// The sets from a name and type on, in the order of reversed labels.
fn sets(store: &Store, zone: &str, asked: &Asked) -> Reply {
    let order = |name: &str, rtype: &str| {
        let labels: Vec<String> = name.trim_end_matches('.').split('.').rev().map(str::to_owned).collect();
        (labels, rtype.to_owned())
    };
    let from = order(asked.asks("name").unwrap_or_default(), asked.asks("type").unwrap_or_default());
    let most = asked.number("maxitems").unwrap_or(300);
    let mut keys: Vec<_> = store.of(zone, None, None).into_iter().map(|r| order(&r.name, &r.rtype)).collect();
    keys.sort();
    keys.dedup();
    let shown = keys.into_iter().filter(|key| *key >= from).take(most).map(|(mut labels, rtype)| {
        labels.reverse();
        let own = store.of(zone, Some(&labels.join(".")), Some(&rtype));
        let records: String = own
            .iter()
            .map(|record| format!("<ResourceRecord><Value>{}</Value></ResourceRecord>", quoted(record)))
            .collect::<Vec<_>>().concat();
        format!(
            "<ResourceRecordSet><Name>{}</Name><Type>{rtype}</Type><TTL>{}</TTL><ResourceRecords>{records}</ResourceRecords></ResourceRecordSet>",
            escaped(&own[0].name), own[0].ttl
        )
    });
    let shown: String = shown.collect();
    xml(
        200,
        "ListResourceRecordSetsResponse",
        &format!("<ResourceRecordSets>{shown}</ResourceRecordSets><IsTruncated>false</IsTruncated>"),
    )
}

fn change(store: &mut Store, zone: &str, body: &str) -> Reply {
    let mut after = store.clone();
    for change in all(body, "Change") {
        let (name, rtype) = (all(change, "Name")[0].trim_end_matches('.'), all(change, "Type")[0]);
        let ttl: u32 = all(change, "TTL")[0].parse().expect("a TTL");
        let mut values: Vec<String> = all(change, "Value").iter().map(|v| v.replace("&quot;", "")).collect();
        values.sort();
        let there = after.values(name, rtype);
        let same = there == values && after.of(zone, Some(name), Some(rtype)).iter().all(|r| r.ttl == ttl);
        match all(change, "Action")[0] {
            "CREATE" if !there.is_empty() => {
                return batch(&format!(
                    "Tried to create resource record set [name='{name}.', type='{rtype}'] but it already exists"
                ));
            }
            "DELETE" if there.is_empty() => {
                return batch(&format!(
                    "Tried to delete resource record set [name='{name}.', type='{rtype}'] but it was not found"
                ));
            }
            "DELETE" if !same => {
                return batch(&format!(
                    "Tried to delete resource record set [name='{name}.', type='{rtype}'] but the values provided do not match the current values"
                ));
            }
            "CREATE" => {
                // What was there before the batch keeps its place.
                after.records.retain(|record| record.name != name || record.rtype != rtype);
                after.records.extend(store.of(zone, Some(name), Some(rtype)).into_iter().cloned());
                after.replace(zone, (name, rtype), &values, ttl);
            }
            "DELETE" => after.replace(zone, (name, rtype), &[], 0),
            other => return error(400, "InvalidInput", other),
        }
    }
    *store = after;
    let info = "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>";
    xml(200, "ChangeResourceRecordSetsResponse", info)
}

impl Fake for Route53 {
    fn id(&self) -> &'static str {
        "route53"
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        &[("access_key_id", KEY_ID), ("secret_access_key", SECRET), ("session_token", "s3cr3t-session")]
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        asked.header("x-amz-security-token") == Some("s3cr3t-session")
            && is_signed_v4(asked, KEY_ID, SECRET, "route53")
    }

    fn shut_out(&self) -> Reply {
        error(403, "InvalidClientTokenId", "The security token included in the request is invalid")
    }

    fn busy(&self) -> Reply {
        error(400, "Throttling", "Rate exceeded")
    }

    fn broken(&self) -> Reply {
        error(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server")
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply {
        let (method, route) = asked.route();
        match (method, route.as_slice()) {
            ("GET", ["2013-04-01", "hostedzone"]) => {
                let is_marked = |id: &str| asked.asks("marker") == Some(&format!("Z{id}"));
                let from = store.zones.iter().position(|zone| is_marked(&zone.id)).unwrap_or(0);
                let most = asked.number("maxitems").unwrap_or(100).min(100);
                xml(200, "ListHostedZonesResponse", &zones(store, from, most))
            }
            ("GET", ["2013-04-01", "hostedzonesbyname"]) => {
                let wanted = asked.asks("dnsname").unwrap_or_default().trim_end_matches('.');
                // Begins with the wanted one, or with what would follow it.
                let from = store.zones.iter().position(|zone| zone.name == wanted).unwrap_or(0);
                xml(200, "ListHostedZonesByNameResponse", &zones(store, from, 100))
            }
            (_, ["2013-04-01", "hostedzone", id, "rrset"]) => {
                let zone = id.strip_prefix('Z').and_then(|id| store.zone(id)).map(|zone| zone.name.clone());
                match (method, zone) {
                    (_, None) => {
                        error(404, "NoSuchHostedZone", &format!("No hosted zone found with ID: {id}"))
                    }
                    ("GET", Some(zone)) => sets(store, &zone, asked),
                    (_, Some(zone)) => change(store, &zone, &asked.body),
                }
            }
            _ => error(400, "InvalidInput", &asked.target),
        }
    }
}

//! Where a record's topics are, and how Home Assistant is told of them
//! (<https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>).

use crate::report::news::Subject;
use serde_json::{Value, json};

/// What the topics of a record begin with: `dynflare/ACCOUNT/NAME/TYPE`.
pub(super) fn topic(prefix: &str, record: &Subject) -> String {
    // No wildcard and no level of its own may come out of a name (MQTT 3.1.1 §4.7).
    let level = |text: &str| text.replace(['+', '#', '/', '\0'], "_");
    format!("{prefix}/{}/{}/{}", level(&record.account), level(&record.name), level(&record.rtype))
}

/// The messages that make two entities of a record: its value, and whether it has a problem. None where there is no
/// prefix.
pub(super) fn announce(
    discovery: &str,
    prefix: &str,
    record: &Subject,
    called: &str,
) -> Vec<(String, Vec<u8>)> {
    if discovery.is_empty() {
        return Vec::new();
    }
    let id = identifier(prefix, record);
    let topic = topic(prefix, record);
    let entity = |own: Value| {
        let mut entity = json!({
            "device": {
                "identifiers": [plain(prefix)],
                "name": "Dynflare",
                "sw_version": env!("CARGO_PKG_VERSION"),
            },
            "origin": {
                "name": "dynflare",
                "sw_version": env!("CARGO_PKG_VERSION"),
                "support_url": env!("CARGO_PKG_REPOSITORY"),
            },
        });
        if let (Value::Object(entity), Value::Object(own)) = (&mut entity, own) {
            entity.extend(own);
        }
        entity.to_string().into_bytes()
    };
    let value = json!({
        "name": called,
        "unique_id": id,
        "state_topic": format!("{topic}/value"),
        "icon": "mdi:ip-network",
    });
    let problem = json!({
        "name": format!("{called} problem"),
        "unique_id": format!("{id}_problem"),
        "state_topic": format!("{topic}/problem"),
        "device_class": "problem",
    });
    vec![
        (format!("{discovery}/sensor/{id}/config"), entity(value)),
        (format!("{discovery}/binary_sensor/{id}_problem/config"), entity(problem)),
    ]
}

/// The same for a record for ever, and of no other record.
fn identifier(prefix: &str, record: &Subject) -> String {
    let Subject { account, name, rtype } = record;
    [prefix, account, name, rtype].map(plain).join("_")
}

/// In the characters that Home Assistant allows: letters, digits, `_` and `-`. Different texts stay different.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => plain.push(c),
            '.' => plain.push('_'),
            other => plain.extend(format!("__{:x}_", u32::from(other)).chars()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Subject {
        Subject { account: "cloudflare".into(), name: name.into(), rtype: "AAAA".into() }
    }

    #[test]
    fn a_record_has_topics_and_two_entities() {
        let record = record("home.example.org");
        assert_eq!(topic("dynflare", &record), "dynflare/cloudflare/home.example.org/AAAA");
        let found = announce("homeassistant", "dynflare", &record, "home.example.org AAAA");
        let [(value_topic, value), (problem_topic, problem)] = found.as_slice() else {
            panic!("two entities")
        };
        assert_eq!(value_topic, "homeassistant/sensor/dynflare_cloudflare_home_example_org_AAAA/config");
        assert_eq!(
            problem_topic,
            "homeassistant/binary_sensor/dynflare_cloudflare_home_example_org_AAAA_problem/config"
        );
        let device = json!({
            "identifiers": ["dynflare"], "name": "Dynflare", "sw_version": env!("CARGO_PKG_VERSION"),
        });
        let origin = json!({
            "name": "dynflare",
            "sw_version": env!("CARGO_PKG_VERSION"),
            "support_url": env!("CARGO_PKG_REPOSITORY"),
        });
        assert_eq!(
            serde_json::from_slice::<Value>(value).expect("JSON"),
            json!({
                "name": "home.example.org AAAA",
                "unique_id": "dynflare_cloudflare_home_example_org_AAAA",
                "state_topic": "dynflare/cloudflare/home.example.org/AAAA/value",
                "icon": "mdi:ip-network",
                "device": device,
                "origin": origin,
            })
        );
        assert_eq!(
            serde_json::from_slice::<Value>(problem).expect("JSON"),
            json!({
                "name": "home.example.org AAAA problem",
                "unique_id": "dynflare_cloudflare_home_example_org_AAAA_problem",
                "state_topic": "dynflare/cloudflare/home.example.org/AAAA/problem",
                "device_class": "problem",
                "device": device,
                "origin": origin,
            })
        );
    }

    #[test]
    fn names_stay_apart_and_make_no_wildcard() {
        let names = ["a.b", "a_b", "a-b", "*.b", "a/b", "a+b", "a#"];
        let mut ids: Vec<String> = names.iter().map(|name| identifier("dynflare", &record(name))).collect();
        for name in names {
            assert!(!topic("dynflare", &record(name)).contains(['+', '#']), "{name}");
        }
        let fits = |id: &String| id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        assert!(ids.iter().all(fits), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), names.len());
    }

    #[test]
    fn without_a_prefix_nobody_is_told() {
        assert!(announce("", "dynflare", &record("home.example.org"), "x").is_empty());
    }
}

//! The JSON of the API, both ways, and its translation to core's values.
//!
//! Only fields that are used are read; everything else may come and go. Shapes as recorded in August 2025.

use super::content::{self, Shown};
use dynflare_core::name::Name;
use dynflare_core::plan::Change;
use dynflare_core::record::{Attributes, Key, Record};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

/// The envelope around every answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) success: bool,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(super) errors: Vec<ApiError>,
    #[serde(default = "none")]
    pub(super) result: Option<T>,
    #[serde(default)]
    pub(super) result_info: Option<ResultInfo>,
}

fn none<T>() -> Option<T> {
    None
}

fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default())
}

/// One error, with the more exact one beneath.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ApiError {
    #[serde(default)]
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(super) error_chain: Vec<ApiError>,
}

/// Where in a list a page stands.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct ResultInfo {
    pub(super) per_page: u64,
    pub(super) total_count: u64,
    #[serde(default)]
    pub(super) total_pages: Option<u64>,
}

impl ResultInfo {
    /// How many pages there are; at least one.
    pub(super) fn pages(self) -> u64 {
        self.total_pages.unwrap_or_else(|| self.total_count.div_ceil(self.per_page.max(1))).max(1)
    }
}

/// A zone as it is listed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireZone {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) plan: Option<WirePlan>,
}

/// What an account pays for a zone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WirePlan {
    #[serde(default)]
    pub(super) legacy_id: Option<String>,
}

/// A record as it is listed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireRecord {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) rtype: String,
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    priority: Option<u16>,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    ttl: Option<u32>,
    #[serde(default)]
    proxied: Option<bool>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    tags: Vec<String>,
}

impl WireRecord {
    /// In core's terms; `None` for a type or a name that core has no word for, which can be nobody's wish.
    pub(super) fn into_record(self) -> Option<Record> {
        let rtype = self.rtype.parse().ok()?;
        let name = read_name(&self.name)?;
        let shown = Shown { content: self.content, priority: self.priority, data: self.data };
        let content = shown.text(rtype)?;
        let mut tags = self.tags;
        tags.sort();
        let attributes =
            Attributes { ttl: self.ttl, proxied: self.proxied, comment: self.comment, tags: Some(tags) };
        Some(Record { id: self.id, key: Key { name, rtype }, content, attributes })
    }
}

/// Reads a name as the API shows it. A-labels and lower case are documented; Unicode is turned into them all the same.
pub(super) fn read_name(text: &str) -> Option<Name> {
    if text.is_ascii() {
        return Name::parse(text).ok();
    }
    Name::parse(&idna::domain_to_ascii(text).ok()?).ok()
}

/// How much of a record an update names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Only what changes.
    Partial,
    /// Name, type, TTL, proxied, comment and tags as listed, and the changes over them.
    Whole,
}

/// The body of a PATCH.
pub(super) fn update(record: &Record, text: Option<&str>, changes: &Attributes, extent: Extent) -> Value {
    let mut body = Map::new();
    if extent == Extent::Whole {
        body.insert("name".to_owned(), json!(record.key.name.as_str()));
        body.insert("type".to_owned(), json!(record.key.rtype.as_str()));
        body.extend(content::fields(record.key.rtype, &record.content));
        // Nobody refuses a record for having the automatic TTL, so it stands in where none was listed.
        body.insert("ttl".to_owned(), json!(record.attributes.ttl.unwrap_or(1)));
        write_attributes(&mut body, &record.attributes);
    }
    if let Some(text) = text {
        body.extend(content::fields(record.key.rtype, text));
    }
    write_attributes(&mut body, changes);
    Value::Object(body)
}

/// The body of a POST.
pub(super) fn create(key: &Key, text: &str, attributes: &Attributes) -> Value {
    let mut body = Map::new();
    body.insert("type".to_owned(), json!(key.rtype.as_str()));
    body.insert("name".to_owned(), json!(key.name.as_str()));
    body.extend(content::fields(key.rtype, text));
    // The schema demands a TTL; 1 is automatic, the API's own default.
    body.insert("ttl".to_owned(), json!(1));
    write_attributes(&mut body, attributes);
    Value::Object(body)
}

fn write_attributes(body: &mut Map<String, Value>, attributes: &Attributes) {
    if let Some(ttl) = attributes.ttl {
        body.insert("ttl".to_owned(), json!(ttl));
    }
    if let Some(proxied) = attributes.proxied {
        body.insert("proxied".to_owned(), json!(proxied));
    }
    if let Some(comment) = &attributes.comment {
        body.insert("comment".to_owned(), json!(comment));
    }
    if let Some(tags) = &attributes.tags {
        body.insert("tags".to_owned(), json!(tags));
    }
}

/// The body of a batch; the API's own order is deletes, patches, puts, posts.
pub(super) fn batch<'a>(changes: impl IntoIterator<Item = &'a Change>, extent: Extent) -> Value {
    let (mut deletes, mut patches, mut posts) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Delete { record } => deletes.push(json!({ "id": record.id })),
            Change::Update { record, content, attributes } => {
                let mut item = update(record, content.as_deref(), attributes, extent);
                item["id"] = json!(record.id);
                patches.push(item);
            }
            Change::Create { key, content, attributes } => posts.push(create(key, content, attributes)),
        }
    }
    let mut body = Map::new();
    for (list, items) in [("deletes", deletes), ("patches", patches), ("posts", posts)] {
        if !items.is_empty() {
            body.insert(list.to_owned(), Value::Array(items));
        }
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: Value) -> Option<Record> {
        serde_json::from_value::<WireRecord>(json).expect("a record").into_record()
    }

    #[test]
    fn a_recorded_record_is_read() {
        let record = listed(json!({
            "id": "56dd4e5c3024bcc3ac04b64c97cda3e3", "name": "www.example.org", "type": "A",
            "content": "192.0.2.1", "proxiable": false, "proxied": false, "ttl": 3600, "settings": {}, "meta": {},
            "comment": null, "tags": [], "created_on": "2025-08-27T20:36:17.634961Z",
            "modified_on": "2025-08-27T20:36:17.634961Z",
        }))
        .expect("a type that core knows");
        assert_eq!(record.key.to_string(), "www.example.org A");
        assert_eq!(record.content, "192.0.2.1");
        let attributes =
            Attributes { ttl: Some(3600), proxied: Some(false), comment: None, tags: Some(vec![]) };
        assert_eq!(record.attributes, attributes);
    }

    #[test]
    fn ur_37_names_and_addresses_come_out_in_one_form() {
        let at = |name: &str, content: &str| {
            let record = listed(json!({ "id": "1", "name": name, "type": "AAAA", "content": content }));
            record.map(|record| (record.key.name.to_string(), record.content))
        };
        let wanted = |name: &str| Some((name.to_owned(), "2001:db8::1".to_owned()));
        assert_eq!(at("Home.Example.COM.", "2001:0DB8:0:0::1"), wanted("home.example.com"));
        assert_eq!(at("*.example.com", "2001:db8::0001"), wanted("*.example.com"));
        assert_eq!(at("bücher.example", "2001:db8::1"), wanted("xn--bcher-kva.example"));
    }

    #[test]
    fn what_core_has_no_word_for_is_left_out() {
        assert_eq!(
            listed(json!({ "id": "1", "name": "example.org", "type": "SSHFP", "content": "1 1 aa" })),
            None
        );
        assert_eq!(
            listed(json!({ "id": "1", "name": "a b.example.org", "type": "A", "content": "192.0.2.1" })),
            None
        );
    }

    #[test]
    fn a_whole_update_repeats_what_was_listed_and_puts_the_change_over_it() {
        let record = listed(json!({
            "id": "1", "name": "www.example.org", "type": "A", "content": "192.0.2.1", "ttl": 1, "proxied": true,
            "comment": "mine", "tags": ["b", "a"],
        }))
        .expect("a type that core knows");
        let none = Attributes::default();
        assert_eq!(
            update(&record, Some("192.0.2.2"), &none, Extent::Partial).to_string(),
            r#"{"content":"192.0.2.2"}"#
        );
        assert_eq!(
            update(&record, Some("192.0.2.2"), &none, Extent::Whole),
            json!({
                "name": "www.example.org", "type": "A", "content": "192.0.2.2", "ttl": 1, "proxied": true,
                "comment": "mine", "tags": ["a", "b"],
            })
        );
    }
}

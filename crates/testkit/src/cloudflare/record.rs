//! Records: their attributes, what the API refuses about them, and how they stand beside each other.

use super::answer::Refusal;
use super::zone::FakeZone;
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A record of the fake with everything that can be set on it.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeRecord {
    /// The identifier; given by the fake.
    pub id: String,
    /// The owner name, absolute.
    pub name: String,
    /// The type's mnemonic.
    pub rtype: String,
    /// The data as the API shows it.
    pub content: String,
    /// Seconds; 1 is automatic.
    pub ttl: u32,
    /// Whether the edge answers in its place.
    pub proxied: bool,
    /// The comment.
    pub comment: Option<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// The preference of an MX record.
    pub priority: Option<u64>,
    /// The parts of the data, for types that are written in parts.
    pub data: Option<Value>,
    /// The settings that only the dashboard and others write.
    pub settings: Value,
}

impl FakeRecord {
    /// A plain record with automatic TTL.
    pub fn new(rtype: &str, name: &str, content: &str) -> Self {
        Self {
            id: String::new(),
            name: name.to_owned(),
            rtype: rtype.to_owned(),
            content: content.to_owned(),
            ttl: 1,
            proxied: false,
            comment: None,
            tags: Vec::new(),
            priority: (rtype == "MX").then_some(10),
            data: None,
            settings: json!({}),
        }
    }

    /// With this TTL in seconds.
    #[must_use]
    pub fn ttl(mut self, ttl: u32) -> Self {
        self.ttl = ttl;
        self
    }

    /// Behind the proxy, which makes the TTL automatic.
    #[must_use]
    pub fn proxied(mut self) -> Self {
        (self.proxied, self.ttl) = (true, 1);
        self
    }

    /// With this comment.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        self.comment = Some(comment.to_owned());
        self
    }

    /// With these tags.
    #[must_use]
    pub fn tags(mut self, tags: &[&str]) -> Self {
        self.tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        self
    }

    /// With these settings.
    #[must_use]
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = settings;
        self
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "name": self.name,
            "type": self.rtype,
            "content": self.content,
            "proxiable": self.proxiable(),
            "proxied": self.proxied,
            "ttl": self.ttl,
            "settings": self.settings,
            "meta": {},
            "comment": self.comment,
            "tags": self.tags,
            "created_on": "2025-08-27T20:36:17.634961Z",
            "modified_on": "2025-08-27T20:36:17.634961Z",
        });
        if let Some(priority) = self.priority {
            json["priority"] = json!(priority);
        }
        if let Some(data) = &self.data {
            json["data"] = data.clone();
        }
        json
    }

    fn proxiable(&self) -> bool {
        matches!(self.rtype.as_str(), "A" | "AAAA" | "CNAME")
    }

    /// This record with the fields of `body` written over it.
    pub(super) fn with(mut self, body: &Value, zone: &FakeZone) -> Result<Self, Refusal> {
        let Value::Object(fields) = body else {
            return Err(Refusal::new(400, 9207, "Request body is invalid."));
        };
        if let Some(name) = text(fields, "name")? {
            self.name = absolute(&name, &zone.name);
        }
        if let Some(rtype) = text(fields, "type")? {
            self.rtype = rtype;
        }
        if let Some(content) = text(fields, "content")? {
            self.content = content;
        }
        if let Some(priority) = fields.get("priority") {
            self.priority = Some(priority.as_u64().ok_or_else(|| wrong_type("priority"))?);
        }
        if let Some(data) = fields.get("data") {
            let parts = data.as_object().ok_or_else(|| wrong_type("data"))?;
            let words: Vec<String> = parts
                .values()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect();
            (self.content, self.data) = (words.join(" "), Some(data.clone()));
        }
        if let Some(ttl) = fields.get("ttl") {
            self.ttl = ttl.as_u64().and_then(|ttl| u32::try_from(ttl).ok()).ok_or_else(wrong_ttl)?;
        }
        if let Some(proxied) = fields.get("proxied") {
            self.proxied = proxied.as_bool().ok_or_else(|| wrong_type("proxied"))?;
        }
        if fields.contains_key("comment") {
            self.comment = text(fields, "comment")?.filter(|comment| !comment.is_empty());
        }
        if let Some(tags) = fields.get("tags") {
            self.tags = serde_json::from_value(tags.clone()).map_err(|_| wrong_type("tags"))?;
        }
        if let Some(settings) = fields.get("settings") {
            self.settings = settings.clone();
        }
        if self.proxied {
            self.ttl = 1;
        }
        self.check(zone)?;
        Ok(self)
    }

    fn check(&self, zone: &FakeZone) -> Result<(), Refusal> {
        let refuse = |code, words: &str| Err(Refusal::new(400, code, words));
        if self.name.is_empty() || self.name.contains(' ') || self.name.contains("..") {
            return refuse(9000, "DNS name is invalid.");
        }
        match self.rtype.as_str() {
            "A" if self.content.parse::<Ipv4Addr>().is_err() => {
                return refuse(9005, "Content for A record must be a valid IPv4 address.");
            }
            "AAAA" if self.content.parse::<Ipv6Addr>().is_err() => {
                return refuse(9006, "Content for AAAA record must be a valid IPv6 address.");
            }
            "" => return refuse(9207, "DNS record type is required."),
            _ => {}
        }
        if self.proxied && !self.proxiable() {
            return refuse(9004, "This record type cannot be proxied.");
        }
        if self.ttl != 1 && !(60..=86400).contains(&self.ttl) {
            return Err(wrong_ttl());
        }
        let longest = if zone.paid { 500 } else { 100 };
        if self.comment.as_ref().is_some_and(|comment| comment.chars().count() > longest) {
            let words = format!("DNS record comment exceeds the maximum length of {longest} characters.");
            return Err(Refusal::new(400, 9313, words));
        }
        if !zone.paid && !self.tags.is_empty() {
            let words = format!("DNS record has {} tags, exceeding the quota of 0.", self.tags.len());
            return Err(Refusal::new(400, 1004, "DNS Validation Error").because(9300, words));
        }
        Ok(())
    }

    /// Whether this record may stand beside the others of its zone.
    pub(super) fn check_beside(&self, others: &[Self]) -> Result<(), Refusal> {
        let here = others.iter().filter(|other| other.id != self.id && other.name == self.name);
        for other in here {
            if other.rtype == self.rtype && other.content == self.content {
                return Err(Refusal::new(400, 81058, "An identical record already exists."));
            }
            match (self.rtype.as_str(), other.rtype.as_str()) {
                ("CNAME", "A" | "AAAA" | "CNAME") => {
                    let words = "An A, AAAA, or CNAME record with that host already exists.";
                    return Err(Refusal::new(400, 81053, words));
                }
                ("A" | "AAAA", "CNAME") => {
                    let words = "A CNAME record with that host already exists.";
                    return Err(Refusal::new(400, 81054, words));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(key)),
    }
}

fn wrong_type(key: &str) -> Refusal {
    Refusal::new(400, 9207, format!("Request body is invalid: {key} has the wrong type."))
}

fn wrong_ttl() -> Refusal {
    Refusal::new(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
}

/// The name as the API reads it: whatever does not end in the zone is relative to it, lower-case.
fn absolute(name: &str, zone: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name == "@" || name == zone {
        zone.to_owned()
    } else if name.ends_with(&format!(".{zone}")) {
        name
    } else {
        format!("{name}.{zone}")
    }
}

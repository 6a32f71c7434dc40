//! The JSON Schema of the configuration, for editors: which keys there are, where, and what each is.
//!
//! It tells keys from mistakes in spelling and words from each other; ranges and what goes with what are the
//! program's business (`dynflare check`), so that the two cannot disagree.

use dynflare::config::{self, TableKey};
use dynflare::notify::kinds::{self, Form};
use dynflare::provider::registry::{self, Info, Sight};
use serde_json::{Map, Value, json};

/// The schema (draft 7, which editors of TOML understand).
pub(super) fn text() -> String {
    let mut top = Map::new();
    top.insert("version".to_owned(), json!({ "const": 1, "description": "the version of this format" }));
    for row in config::KEYS {
        let mut schema = value(row.default);
        schema["description"] = json!(format!("{} (unless set: {})", row.about, row.default));
        top.insert(row.key.to_owned(), schema);
    }
    top["records"] = records();
    top.insert("providers".to_owned(), named("an account at a provider", &providers()));
    top.insert(
        "sources".to_owned(),
        named("a source of your own, or a change to a built-in one", &table(config::SOURCE_KEYS)),
    );
    top.insert("uplink".to_owned(), named("a way out", &table(config::UPLINK_KEYS)));
    top.insert("notify".to_owned(), named("whom to tell", &targets()));
    top.insert("serve".to_owned(), serve());
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Dynflare configuration",
        "type": "object",
        "required": ["version"],
        "properties": top,
        "additionalProperties": false,
    });
    let mut text = serde_json::to_string_pretty(&schema).expect("invariant: a value without odd keys");
    text.push('\n');
    text
}

/// What a setting's default tells of its form: the words of a switch, else anything that a setting can be.
fn value(default: &str) -> Value {
    match default {
        "true" | "false" => json!({ "type": ["boolean", "string"] }),
        _ => json!({ "type": ["string", "integer", "boolean", "array"] }),
    }
}

fn records() -> Value {
    let mut options: Map<String, Value> = Map::new();
    options
        .insert("record".to_owned(), json!({ "type": "string", "description": "PROVIDER:ZONE:TYPE:NAME" }));
    for (key, about) in config::OPTIONS {
        options.insert((*key).to_owned(), json!({ "description": about }));
    }
    let whole = json!({ "type": "object", "required": ["record"], "properties": options, "additionalProperties": false });
    let one = json!({ "anyOf": [{ "type": "string" }, whole] });
    json!({
        "description": "the records to keep right",
        "anyOf": [{ "type": "string" }, { "type": "array", "items": one }],
    })
}

/// Tables by names of the user's own.
fn named(about: &str, each: &Value) -> Value {
    json!({ "type": "object", "description": format!("each table `[….NAME]` is {about}"), "additionalProperties": each })
}

fn table(keys: &[TableKey]) -> Value {
    let of_key = |(key, about): &TableKey| ((*key).to_owned(), json!({ "description": about }));
    let properties: Map<String, Value> = keys.iter().map(of_key).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// What `dynflare serve` serves.
fn serve() -> Value {
    use config::serve::keys;
    let mut whole = table(keys::SERVE_KEYS);
    for (key, about, each) in [
        ("zones", "a zone whose names can be updated", keys::SERVE_ZONE_KEYS),
        ("accounts", "who may update", keys::SERVE_ACCOUNT_KEYS),
        ("keys", "a TSIG key", keys::SERVE_KEY_KEYS),
        ("secondaries", "a name server that copies the zones", keys::SERVE_SECONDARY_KEYS),
    ] {
        whole["properties"][key] = named(about, &table(each));
    }
    whole["properties"]["tls"] = table(keys::SERVE_TLS_KEYS);
    whole["properties"]["limits"] = table(keys::SERVE_LIMIT_KEYS);
    whole
}

/// An account: what its `type` has; without one the table is named like its provider, which a schema cannot look at.
fn providers() -> Value {
    let own = |keys: &[TableKey], id: &str| typed(table(keys), id);
    let mut kinds = vec![
        own(config::CLOUDFLARE_KEYS, "cloudflare"),
        own(config::EXEC_KEYS, "exec"),
        own(config::GET_KEYS, "get"),
        own(config::HTTP_KEYS, "http"),
        own(config::RFC2136_KEYS, "rfc2136"),
    ];
    kinds.extend(
        registry::all()
            .into_iter()
            .filter(|info| !info.fields.is_empty())
            .map(|info| typed(fields(info), info.id)),
    );
    let ids: Vec<&str> = registry::all().iter().map(|info| info.id).collect();
    json!({
        "type": "object",
        "properties": { "type": { "type": "string", "description": format!("the provider, such as {}", ids[..5].join(", ")) } },
        "if": { "required": ["type"], "properties": { "type": { "enum": ids } } },
        "then": { "oneOf": kinds },
    })
}

fn typed(mut table: Value, id: &str) -> Value {
    table["properties"]["type"] = json!({ "const": id });
    table["required"] = json!(["type"]);
    table
}

fn fields(info: &Info) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "base_url".to_owned(),
        json!({ "type": "string", "description": "where the API is, if not at its usual place" }),
    );
    properties.insert(
        "refresh_after".to_owned(),
        json!({ "type": "string", "description": "after how long right values are written again, 1h to 365d" }),
    );
    for field in info.fields {
        let secret = if field.sight == Sight::Secret {
            " (a secret: itself, file:…, env:…, cmd:… or credential:…)"
        } else {
            ""
        };
        properties.insert(
            field.key.to_owned(),
            json!({ "type": "string", "description": format!("{}{secret}", field.about) }),
        );
    }
    json!({ "type": "object", "description": format!("{}: {}", info.name, info.docs), "properties": properties, "additionalProperties": false })
}

fn targets() -> Value {
    let kinds: Vec<Value> = kinds::KINDS
        .iter()
        .map(|kind| {
            let mut properties = Map::new();
            properties
                .insert("on".to_owned(), json!({ "description": "which kinds of events; all unless given" }));
            for field in kind.fields {
                let mut schema = match field.form {
                    Form::Number(least, most) => {
                        json!({ "type": "integer", "minimum": least, "maximum": most })
                    }
                    Form::Words(words) => json!({ "enum": words }),
                    Form::Headers => json!({ "type": "object" }),
                    Form::List(_) => json!({ "type": ["array", "string"] }),
                    Form::Text(_) | Form::Secret(_) | Form::Duration(..) => json!({ "type": "string" }),
                };
                schema["description"] = json!(field.about);
                properties.insert(field.key.to_owned(), schema);
            }
            typed(
                json!({ "type": "object", "properties": properties, "additionalProperties": false }),
                kind.name,
            )
        })
        .collect();
    json!({ "type": "object", "if": { "required": ["type"] }, "then": { "oneOf": kinds } })
}

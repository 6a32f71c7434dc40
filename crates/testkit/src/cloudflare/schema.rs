//! The published schema, and where it is known to be wrong.
//!
//! Newest whole schema to be had: cloudflare/api-schemas of 2024-08-06, with the batch endpoint and the required
//! fields of 2026 laid over it. [`reconciled`] changes it in as few places as the real API is known to behave
//! otherwise, each with its evidence; everything else is checked as published.
//!
//! Not checked: the filter `name.exact`, which is younger than the schema (Prism lets unknown filters pass), and
//! statuses of 500 and above, which the schema does not describe.

use serde_json::{Value, json};

/// One place where the schema and the real API disagree.
pub struct Deviation {
    /// What is changed.
    pub what: &'static str,
    /// Why that is right.
    pub evidence: &'static str,
    change: fn(&mut Value),
}

/// All of them.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        what: "an update, by itself or in a batch, may name only what changes",
        evidence: "the batch documentation says that unnamed fields stay; OpenWrt has shipped content-only PATCH \
                   since January 2025",
        change: partial_updates,
    },
    Deviation {
        what: "a refusal is a refusal only, not a success as well",
        evidence: "the published 4XX schemas demand `success` to be true and false at once, and a `result` that is an \
                   object and null; Prism lets everything pass where it cannot make sense of a schema",
        change: refusals,
    },
    Deviation {
        what: "a record's comment may be null in an answer",
        evidence: "recorded 2025-08-27",
        change: null_comments,
    },
    Deviation {
        what: "a zone's owner may have a null identifier",
        evidence: "recorded 2025-08-27",
        change: null_owners,
    },
    Deviation {
        what: "an error's code may be 0",
        evidence: "users' reports of refused zone listings",
        change: code_zero,
    },
];

/// The schema with all deviations.
pub fn reconciled(mut document: Value) -> Value {
    for deviation in DEVIATIONS {
        (deviation.change)(&mut document);
    }
    document
}

const POST: &str = "#/components/schemas/dns-records_dns-record-post";

fn partial_updates(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    // As strict as the schema of a whole record, whose fields it takes, but with none required and no other allowed.
    schemas["partial-record"] = json!({
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": {
            "id": { "type": "string", "maxLength": 32 },
            "content": { "type": "string" },
            "priority": { "type": "number", "minimum": 0, "maximum": 65535 },
            "ttl": schemas["dns-records_ttl"],
            "proxied": { "type": "boolean" },
            "comment": { "type": "string" },
            "tags": { "type": "array", "items": { "type": "string" } },
        },
    });
    schemas["whole-or-partial-record"] =
        json!({ "oneOf": [{ "$ref": POST }, { "$ref": "#/components/schemas/partial-record" }] });
    let patch = &mut document["paths"]["/zones/{zone_id}/dns_records/{dns_record_id}"]["patch"];
    redirect(&mut patch["requestBody"]);
    redirect(&mut document["components"]["schemas"]["dns-records_dns-record-batch-patch"]);
}

/// Lets what points at a whole record point at a whole or partial one.
fn redirect(value: &mut Value) {
    if value["$ref"] == POST {
        value["$ref"] = json!("#/components/schemas/whole-or-partial-record");
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(redirect),
        Value::Array(items) => items.iter_mut().for_each(redirect),
        _ => {}
    }
}

fn refusals(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    schemas["dns-records_api-response-common-failure"]["properties"]["result"] =
        json!({ "type": "object", "nullable": true });
    let failure = json!({ "$ref": "#/components/schemas/dns-records_api-response-common-failure" });
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(serde_json::Map::values_mut)
    {
        if let Some(schema) = operation.pointer_mut("/responses/4XX/content/application~1json/schema")
            && schema.get("allOf").is_some()
        {
            *schema = failure.clone();
        }
    }
}

fn null_comments(document: &mut Value) {
    document["components"]["schemas"]["dns-records_comment"]["nullable"] = json!(true);
}

fn null_owners(document: &mut Value) {
    let owner = &mut document["components"]["schemas"]["zones_zone"]["properties"]["owner"]["properties"];
    owner["id"] = json!({ "type": "string", "maxLength": 32, "nullable": true });
}

fn code_zero(document: &mut Value) {
    for messages in ["dns-records_messages", "zones_messages"] {
        document["components"]["schemas"][messages]["items"]["properties"]["code"]["minimum"] = json!(0);
    }
}

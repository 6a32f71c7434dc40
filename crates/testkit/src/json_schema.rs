//! JSON Schema, judged by Ajv (which Prism brings along).

use crate::nameserver::skip;
use crate::prism;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Compiles a schema and says of each instance what is wrong with it, `null` for nothing.
const SCRIPT: &str = "
const Ajv = require('ajv');
const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const check = new (Ajv.default || Ajv)({ strict: false, allErrors: false }).compile(input.schema);
console.log(JSON.stringify(input.instances.map(one => check(one) ? null : JSON.stringify(check.errors))));
";

/// What is wrong with each instance by a schema (draft 7).
///
/// `None` where it cannot be judged; under `CI=true` that is a failed test.
pub fn judge(schema: &Value, instances: &[Value]) -> Option<Vec<Option<String>>> {
    match try_judge(schema, instances) {
        Ok(judged) => Some(judged),
        Err(why) => {
            skip(&format!("no schema check, for Ajv cannot run: {why}"));
            None
        }
    }
}

fn try_judge(schema: &Value, instances: &[Value]) -> Result<Vec<Option<String>>, String> {
    let modules = prism::modules()?;
    let text = |error: std::io::Error| error.to_string();
    let mut child = Command::new("node")
        .args(["-e", SCRIPT])
        .env("NODE_PATH", modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(text)?;
    let input = json!({ "schema": schema, "instances": instances }).to_string();
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).map_err(text)?;
    let output = child.wait_with_output().map_err(text)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

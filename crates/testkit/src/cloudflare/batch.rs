//! The batch: deletes, patches, puts and posts in this order, as one transaction.
//!
//! Source: <https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/>. The first refusal
//! undoes everything and is the only one told.

use super::answer::Refusal;
use super::{State, route};
use serde_json::{Value, json};

/// Takes all operations, or none.
pub(super) fn take(state: &mut State, zone: usize, body: &Value) -> Result<Value, Refusal> {
    let before = state.zones[zone].records.clone();
    let done = run(state, zone, body);
    if done.is_err() {
        state.zones[zone].records = before;
    }
    done
}

fn run(state: &mut State, zone: usize, body: &Value) -> Result<Value, Refusal> {
    let [deletes, patches, puts, posts] = ["deletes", "patches", "puts", "posts"].map(|key| items(body, key));
    let (deletes, patches, puts, posts) = (deletes?, patches?, puts?, posts?);
    let most = if state.zones[zone].paid { 3500 } else { 200 };
    if deletes.len() + patches.len() + puts.len() + posts.len() > most {
        return Err(Refusal::new(
            400,
            9207,
            format!("Request body is invalid: more than {most} operations."),
        ));
    }
    let mut done = json!({ "deletes": [], "patches": [], "puts": [], "posts": [] });
    for item in deletes {
        push(&mut done, "deletes", route::delete(state, zone, id(item)?)?);
    }
    for item in patches {
        push(&mut done, "patches", route::patch(state, zone, id(item)?, item)?);
    }
    for item in puts {
        push(&mut done, "puts", route::put(state, zone, id(item)?, item)?);
    }
    for item in posts {
        push(&mut done, "posts", route::create(state, zone, item)?);
    }
    Ok(done)
}

fn push(done: &mut Value, key: &str, item: Value) {
    done[key].as_array_mut().expect("made as an array above").push(item);
}

fn items<'a>(body: &'a Value, key: &str) -> Result<&'a [Value], Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Refusal::new(400, 9207, format!("Request body is invalid: {key} is not a list."))),
    }
}

fn id(item: &Value) -> Result<&str, Refusal> {
    let missing = || Refusal::new(400, 9207, "Request body is invalid: an operation has no id.");
    item.get("id").and_then(Value::as_str).ok_or_else(missing)
}

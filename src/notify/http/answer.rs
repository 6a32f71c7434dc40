//! What the answer to a notification comes to.

use super::HttpRow;
use crate::net::date;
use crate::net::http::Response;
use dynflare_core::fault::{Class, Fault};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Where services put their words, as JSON pointers: Telegram; Gotify; ntfy, Matrix; Discord; Pushover; Uptime Kuma.
const WORDS: [&str; 6] = ["/description", "/errorDescription", "/error", "/message", "/errors/0", "/msg"];

/// Whether it was taken: any status of success is one (RFC 9110 §15.3).
pub(super) fn judge(answer: &Response, row: &HttpRow) -> Result<(), Fault> {
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let wait = || date::retry_after(&answer.headers, SystemTime::now()).or_else(|| wait(json.as_ref()?, row));
    let fault = match answer.status {
        200..=299 => return Ok(()),
        300..=399 => Fault::new(Class::Invalid, "the server sends elsewhere, and redirects are not followed")
            .hint("write the URL it sends to"),
        401 | 403 => Fault::new(Class::Denied, "the credentials were refused")
            .hint("check the token, or the name and the password"),
        404 | 410 => Fault::new(Class::NoSuchName, "the server knows nothing at this URL")
            .hint("check the URL and what is named in it"),
        408 | 425 | 500..=599 => {
            Fault::new(Class::Unavailable, "the server is broken for now").retry_after(wait())
        }
        429 => Fault::new(Class::RateLimited, "the server wants fewer messages").retry_after(wait()),
        400..=499 => Fault::new(Class::Invalid, "the server refused the message"),
        _ => Fault::new(Class::Unexpected, "the answer is none that HTTP knows"),
    };
    let fault = fault.status(format!("HTTP {}", answer.status));
    Err(match said(answer, json.as_ref()) {
        Some(said) => fault.said(said),
        None => fault,
    })
}

/// How long to wait, as the body says it.
fn wait(json: &Value, row: &HttpRow) -> Option<Duration> {
    let at = |pointer: Option<&str>| json.pointer(pointer?)?.as_f64();
    let seconds = at(row.wait_seconds).or_else(|| Some(at(row.wait_milliseconds)? / 1000.0))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The server's own words.
fn said(answer: &Response, json: Option<&Value>) -> Option<String> {
    if let Some(json) = json {
        let words = WORDS.iter().filter_map(|pointer| json.pointer(pointer)?.as_str());
        return words.map(str::to_owned).max_by_key(String::len).filter(|text| !text.is_empty());
    }
    let text = String::from_utf8_lossy(&answer.body).trim().to_owned();
    // A page is for people with browsers.
    (!text.is_empty() && !text.starts_with('<')).then_some(text)
}

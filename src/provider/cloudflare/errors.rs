//! What the API's refusals mean: one table of codes, and the rules for answers without one.
//!
//! Sources: <https://developers.cloudflare.com/fundamentals/api/troubleshooting/> and the error pages of the DNS
//! API, checked against what users report. A code's sentence is ours; the API's own words go into the fault beside
//! it, without any part of the credential.

use super::settings::Credential;
use super::wire::ApiError;
use crate::net::Effect;
use crate::net::http::{Response, header};
use dynflare_core::fault::{Class, Fault};
use dynflare_core::record::Key;
use std::time::Duration;

/// How long everything is refused once the limit of 1,200 requests in five minutes is passed, where the answer does
/// not say: <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.
const BLOCK: Duration = Duration::from_secs(300);

/// What a request was about, for the sentences.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) credential: &'a Credential,
    pub(super) zone: Option<&'a str>,
    pub(super) key: Option<&'a Key>,
}

/// One code. `{who}` is the token or the global key, `{give}` what to do for a permission, `{zone}` and `{record}` what
/// it was about.
struct Row {
    code: i64,
    /// Only where the API's words hold this.
    said: &'static str,
    class: Class,
    what: &'static str,
    hint: &'static str,
}

const fn row(code: i64, said: &'static str, class: Class, what: &'static str, hint: &'static str) -> Row {
    Row { code, said, class, what, hint }
}

const GIVE_EDIT: &str = "{give} Zone.DNS:Edit on {zone} (dash.cloudflare.com, My Profile, API Tokens)";
const PAIR: &str =
    "give either a token alone, or the e-mail address of a user together with that user's global key";

/// Every code that has a sentence, sorted; of several rows of one code the first that fits counts.
#[rustfmt::skip]
const CODES: &[Row] = &[
    row(0, "zone.list", Class::Denied, "the {who} may not list zones",
        "set `zone_id` for {zone}, or {give} Zone.Zone:Read on all zones"),
    row(0, "requires permission", Class::Denied, "the {who} lacks a permission", GIVE_EDIT),
    row(971, "", Class::RateLimited, "the API wants fewer requests",
        "see what else uses this account; 1,200 requests in five minutes are allowed"),
    row(1000, "", Class::Denied, "the {who} is not known to Cloudflare",
        "make a new token with Zone.DNS:Edit on {zone} (dash.cloudflare.com, My Profile, API Tokens)"),
    row(1004, "", Class::Invalid, "the record was refused as invalid", "check the settings of {record}"),
    row(1038, "", Class::Invalid, "the API writes no records in zones under cf, ga, gq, ml and tk",
        "move {zone} to another provider, or change {record} at the dashboard"),
    row(6003, "", Class::Denied, "the headers that carry the {who} were refused",
        "copy the {who} again, without quotes or line breaks"),
    row(6102, "", Class::Denied, "the e-mail address beside the global key is malformed", PAIR),
    row(6103, "", Class::Denied, "the global key is malformed", PAIR),
    row(6111, "", Class::Denied, "the text of the {who} is malformed",
        "copy the {who} again: a line break, quotes, or the name of a file or secret stands in its place"),
    row(7000, "", Class::Unexpected, "the API does not know this path", "check the base URL of the provider"),
    row(7001, "", Class::Unexpected, "the API does not allow this method here",
        "check the base URL of the provider"),
    row(7003, "", Class::NoSuchZone, "the zone's identifier is not one that Cloudflare knows",
        "check `zone_id`: the 32 digits and letters on the overview page of {zone}"),
    row(9000, "", Class::Invalid, "the name was refused as invalid", "check the name of {record}"),
    row(9004, "", Class::Invalid, "a record of this type cannot be proxied", "remove `proxied` from {record}"),
    row(9005, "", Class::Invalid, "the content was refused as no valid content of this type",
        "check the content of {record}"),
    row(9006, "", Class::Invalid, "the content was refused as no valid IPv6 address",
        "check the content of {record}"),
    row(9021, "", Class::Invalid, "the TTL was refused", "set `ttl` to 1 (automatic) or to 60 to 86400 seconds"),
    row(9103, "", Class::Denied, "the e-mail address and the global key do not belong together", PAIR),
    row(9106, "", Class::Denied, "the credentials arrived in a form that the API does not take", PAIR),
    row(9109, "location", Class::Denied, "the {who} may not be used from this machine's address",
        "remove the client IP filter of the {who}: with a changing address it locks itself out \
         (dash.cloudflare.com, My Profile, API Tokens)"),
    row(9109, "Unauthorized", Class::Denied, "the {who} cannot see {zone}",
        "check `zone_id`, where it is set; {give} Zone.DNS:Edit on {zone} (dash.cloudflare.com, My Profile, API Tokens)"),
    row(9109, "", Class::Denied, "the {who} was refused", GIVE_EDIT),
    row(9207, "", Class::Invalid, "the API could not make sense of the request",
        "check the settings of {record}; if they are right, this is a fault of this program: report it"),
    row(9300, "", Class::Invalid, "the plan of {zone} has no room for these tags", "remove `tags` from {record}"),
    row(9313, "", Class::Invalid, "the comment is longer than the plan of {zone} allows",
        "shorten the comment to 100 characters"),
    row(10000, "", Class::Denied, "the {who} is not valid, or may not do this", GIVE_EDIT),
    row(81044, "", Class::Unconfirmed, "the record is no longer there", ""),
    row(81045, "", Class::Invalid, "{zone} holds as many records as its plan allows",
        "remove records that are not needed"),
    row(81053, "", Class::Invalid, "another record at this name excludes {record}",
        "remove the other record, or leave {record} out"),
    row(81054, "", Class::Invalid, "a CNAME record at this name excludes {record}",
        "remove the CNAME record, or leave {record} out"),
    row(81057, "", Class::Unconfirmed, "the record is there already", ""),
    row(81058, "", Class::Unconfirmed, "an identical record is there already", ""),
];

/// What a failed answer means for the request it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The API looked at the request and refused what it asks for; another request may do better.
    Refused,
    /// The API has no such path or method.
    Missing,
    /// It is not about this request: credentials, limits, outage, or nobody knows.
    Other,
}

/// A failed request.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) fault: Box<Fault>,
    pub(super) verdict: Verdict,
    /// The most exact code that has a sentence, else the most exact one.
    pub(super) code: Option<i64>,
}

impl Failure {
    /// A failure that is not about the request.
    pub(super) fn other(fault: Fault) -> Self {
        Self { fault: Box::new(fault), verdict: Verdict::Other, code: None }
    }

    /// Whether the API may want the whole record instead of what changes. Codes that name another reason say no;
    /// one that nobody knows yet is worth one more request.
    pub(super) fn may_want_whole_record(&self) -> bool {
        self.verdict == Verdict::Refused
            && self.fault.class == Class::Invalid
            && !matches!(
                self.code,
                Some(1038 | 9000 | 9004 | 9005 | 9006 | 9300 | 9313 | 81045 | 81053 | 81054)
            )
    }

    /// Whether another record stands in the way.
    pub(super) fn is_clash(&self) -> bool {
        matches!(self.code, Some(81053 | 81054))
    }
}

/// What an answer in the API's envelope without success means.
pub(super) fn refused(answer: &Response, errors: &[ApiError], effect: Effect, about: About<'_>) -> Failure {
    let (codes, said) = unwind(errors);
    let status = status(answer.status, &codes);
    let by_table = codes.iter().rev().find_map(|code| lookup(*code, &said));
    let code = by_table.map(|row| row.code).or_else(|| codes.last().copied());
    let (fault, verdict) = match (answer.status, by_table) {
        (429, _) => (limited(answer), Verdict::Other),
        (500.., _) => (outage(effect), Verdict::Other),
        (_, Some(row)) => (by_row(row, answer, about), verdict(row)),
        (status, None) => by_status(status, effect, about),
    };
    let fault = fault.status(status);
    let fault = if said.is_empty() { fault } else { fault.said(about.credential.scrub(&said)) };
    Failure { fault: Box::new(suspect(fault, about)), verdict, code }
}

fn by_row(row: &Row, answer: &Response, about: About<'_>) -> Fault {
    if row.class == Class::RateLimited {
        return limited(answer);
    }
    let fault = Fault::new(row.class, fill(row.what, about));
    if row.hint.is_empty() { fault } else { fault.hint(fill(row.hint, about)) }
}

fn lookup(code: i64, said: &str) -> Option<&'static Row> {
    CODES.iter().find(|row| row.code == code && said.contains(row.said))
}

fn verdict(row: &Row) -> Verdict {
    match row.class {
        Class::Invalid | Class::Unconfirmed => Verdict::Refused,
        Class::Unexpected => Verdict::Missing,
        Class::Denied
        | Class::NoSuchZone
        | Class::NoSuchName
        | Class::RateLimited
        | Class::Barred
        | Class::Unavailable => Verdict::Other,
    }
}

/// What an answer means that is not in the API's envelope: a page of the edge, or of somebody in between.
pub(super) fn unreadable(answer: &Response, effect: Effect, about: About<'_>) -> Failure {
    let said = plain(&String::from_utf8_lossy(&answer.body));
    let edge = edge_code(&said);
    let status = match edge {
        Some(code) => format!("HTTP {}, error {code}", answer.status),
        None => format!("HTTP {}", answer.status),
    };
    let (fault, verdict) = match (answer.status, edge) {
        (429, _) | (_, Some(1015)) => (limited(answer), Verdict::Other),
        (_, Some(code)) => (by_edge_code(code), Verdict::Other),
        (500.., None) => (outage(effect), Verdict::Other),
        (200..=299, None) => {
            let media = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            (not_the_api(media, effect), Verdict::Other)
        }
        (status, None) => by_status(status, effect, about),
    };
    let fault = fault.status(status);
    let fault = if said.is_empty() { fault } else { fault.said(about.credential.scrub(&said)) };
    Failure { fault: Box::new(suspect(fault, about)), verdict, code: None }
}

/// An answer in the envelope whose contents do not have the documented types.
pub(super) fn malformed(answer: &Response, reason: &str, effect: Effect) -> Failure {
    let what = format!("the answer of the API is not as documented: {reason}");
    Failure::other(Fault::new(unknown(effect), what).status(format!("HTTP {}", answer.status)))
}

/// The class of an answer that leaves the outcome open.
fn unknown(effect: Effect) -> Class {
    match effect {
        Effect::Read => Class::Unexpected,
        Effect::Write => Class::Unconfirmed,
    }
}

fn by_status(status: u16, effect: Effect, about: About<'_>) -> (Fault, Verdict) {
    let fault = |class, what: &str| Fault::new(class, fill(what, about));
    match status {
        200..=299 => (fault(unknown(effect), "the API says neither yes nor why not"), Verdict::Other),
        300..=399 => (
            fault(Class::Unexpected, "the API answered with a redirect, which is not followed")
                .hint("check the base URL of the provider"),
            Verdict::Other,
        ),
        401 | 403 => {
            (fault(Class::Denied, "the API refused the {who}").hint(fill(GIVE_EDIT, about)), Verdict::Other)
        }
        404 | 405 => (
            fault(Class::Unexpected, "the API does not know this request")
                .hint("check the base URL of the provider"),
            Verdict::Missing,
        ),
        408 => (outage(effect), Verdict::Other),
        _ => (fault(Class::Invalid, "the API refused the request"), Verdict::Refused),
    }
}

fn outage(effect: Effect) -> Fault {
    match effect {
        Effect::Read => Fault::new(Class::Unavailable, "the API is out of order"),
        Effect::Write => Fault::new(
            Class::Unconfirmed,
            "the API failed while it was told to write, so it may have written",
        ),
    }
}

fn limited(answer: &Response) -> Fault {
    Fault::new(Class::RateLimited, "the API wants fewer requests")
        .hint("see what else uses this account; 1,200 requests in five minutes are allowed")
        .retry_after(Some(wait(answer)))
}

/// How long a limited client waits: `Retry-After`, else `t` of `Ratelimit: "default";r=0;t=30`, else the block.
fn wait(answer: &Response) -> Duration {
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = |text: &str| text.trim().parse().ok().map(Duration::from_secs);
    let reset = || {
        let limits = header("ratelimit")?.split(',').filter_map(|limit| {
            let mut parts = limit.split(';').map(str::trim);
            let left = parts.clone().find_map(|part| part.strip_prefix("r="))?;
            let reset = parts.find_map(|part| part.strip_prefix("t="))?;
            (left == "0").then(|| seconds(reset)).flatten()
        });
        limits.max()
    };
    header("retry-after").and_then(seconds).or_else(reset).unwrap_or(BLOCK)
}

/// Pages of the edge in front of the API; none of them reached the API.
///
/// Source: <https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/>.
fn by_edge_code(code: u32) -> Fault {
    match code {
        1006 | 1007 | 1008 | 1009 | 1010 | 1012 | 1020 | 1106 => {
            Fault::new(Class::Barred, "Cloudflare's edge refuses everything from this address")
                .hint("look the error up at Cloudflare and ask them to lift the block")
        }
        _ => Fault::new(Class::Unavailable, "Cloudflare's edge answered in place of the API"),
    }
}

fn not_the_api(media: Option<&str>, effect: Effect) -> Fault {
    let what = match media {
        Some(media) => format!("the answer is {media}, which is not what the API speaks"),
        None => "the answer is not what the API speaks".to_owned(),
    };
    Fault::new(unknown(effect), what).hint(
        "something between this machine and Cloudflare answers in its place; check the base URL and proxies",
    )
}

/// The number in `error code: 1020` and `Error 1020`, where it is one of the edge's.
fn edge_code(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    text.match_indices("error").find_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start();
        let rest = rest.strip_prefix("code").unwrap_or(rest);
        let rest = rest.trim_start_matches([':', ' ']);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|code| (1000..1200).contains(code))
    })
}

/// The text of a page without its tags, on one line.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut in_tag = false;
    for c in text.chars().take(4096) {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                shown.push(' ');
            }
            _ if in_tag => {}
            _ => shown.push(c),
        }
    }
    shown.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// The codes from the outermost to the most exact, and all words on the way.
fn unwind(errors: &[ApiError]) -> (Vec<i64>, String) {
    let (mut codes, mut said) = (Vec::new(), Vec::new());
    let mut level = errors;
    while let Some(error) = level.first() {
        codes.push(error.code);
        said.push(error.message.as_str());
        level = &error.error_chain;
    }
    (codes, said.join(": "))
}

/// `HTTP 403, 9109`, with a chain as `HTTP 400, 6003/6111`.
fn status(status: u16, codes: &[i64]) -> String {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    if codes.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}, {}", codes.join("/")) }
}

/// Puts the better hint in where a refused credential looks like one of the other kind.
fn suspect(fault: Fault, about: About<'_>) -> Fault {
    match about.credential.suspicion() {
        Some(hint) if fault.class == Class::Denied => fault.hint(hint),
        _ => fault,
    }
}

fn fill(text: &str, about: About<'_>) -> String {
    let record = about.key.map_or_else(|| "the record".to_owned(), ToString::to_string);
    text.replace("{who}", about.credential.noun())
        .replace("{give}", about.credential.give())
        .replace("{zone}", about.zone.unwrap_or("the zone"))
        .replace("{record}", &record)
}

#[cfg(test)]
mod tests;

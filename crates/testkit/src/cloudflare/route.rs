//! Paths and methods.

use super::access::Owned;
use super::answer::{Refusal, page, success};
use super::batch;
use super::query::Query;
use super::record::FakeRecord;
use super::{State, access::Grant};
use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

/// Takes the request; a refusal changes nothing.
pub(super) fn answer(state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
    dispatch(state, request).unwrap_or_else(|refusal| refusal.response())
}

fn dispatch(state: &mut State, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let grant = state.access.grant(request.headers())?;
    let path = request.uri().path();
    let path = path.strip_prefix("/client/v4").unwrap_or(path);
    let query = Query::parse(request.uri().query().unwrap_or(""));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["user", "tokens", "verify"]) => verify(&grant, Owned::ByUser),
        (&Method::GET, ["accounts", _, "tokens", "verify"]) => verify(&grant, Owned::ByAccount),
        (&Method::GET, ["zones"]) => list_zones(state, &grant, &query),
        (_, ["zones", id, "dns_records", rest @ ..]) => {
            let zone = zone_position(state, id)?;
            records(state, &grant, zone, (request, &query, rest))
        }
        (_, ["zones" | "user", ..]) => Err(not_allowed(request.method())),
        _ => Err(Refusal::new(404, 7000, "No route for that URI")),
    }
}

fn not_allowed(method: &Method) -> Refusal {
    Refusal::new(405, 7001, format!("Method {method} not available for that URI."))
}

fn verify(grant: &Grant, owned: Owned) -> Result<Response<Bytes>, Refusal> {
    grant.may_verify(owned)?;
    Ok(success(&grant.told()))
}

fn list_zones(state: &State, grant: &Grant, query: &Query) -> Result<Response<Bytes>, Refusal> {
    grant.may_list()?;
    let (number, per_page) = query.page(5, 20, 50)?;
    let hits: Vec<Value> = state
        .zones
        .iter()
        .filter(|zone| grant.lists(zone))
        .filter(|zone| query.get("name").is_none_or(|name| zone.name == name))
        .filter(|zone| query.get("status").is_none_or(|status| zone.status == status))
        .map(|zone| zone.json(&grant.permissions()))
        .collect();
    Ok(slice(hits, number, per_page))
}

fn slice(hits: Vec<Value>, number: usize, per_page: usize) -> Response<Bytes> {
    let total = hits.len();
    let result: Vec<Value> = hits.into_iter().skip((number - 1) * per_page).take(per_page).collect();
    page(&result, number, per_page, total)
}

fn zone_position(state: &State, id: &str) -> Result<usize, Refusal> {
    if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        let words = format!(
            "Could not route to /client/v4/zones/{id}/dns_records, perhaps your object identifier is invalid?"
        );
        return Err(Refusal::new(400, 7003, words));
    }
    let unknown = || Refusal::new(403, 9109, "Unauthorized to access requested resource");
    state.zones.iter().position(|zone| zone.id == id).ok_or_else(unknown)
}

type Asked<'a> = (&'a Request<Bytes>, &'a Query, &'a [&'a str]);

fn records(
    state: &mut State,
    grant: &Grant,
    zone: usize,
    (request, query, rest): Asked<'_>,
) -> Result<Response<Bytes>, Refusal> {
    let method = request.method();
    if method == Method::GET {
        grant.may_read(&state.zones[zone])?;
        return match rest {
            [] => list_records(state, zone, query),
            [id] => Ok(success(&state.zones[zone].records[position(state, zone, id)?].json())),
            _ => Err(not_allowed(method)),
        };
    }
    grant.may_write(&state.zones[zone])?;
    if state.zones[zone].is_free_tld() {
        let words = "You cannot use this API for domains with a .cf, .ga, .gq, .ml, or .tk TLD (top-level \
                     domain). To configure the DNS settings for this domain, use the Cloudflare Dashboard.";
        return Err(Refusal::new(403, 1038, words));
    }
    let body = || -> Result<Value, Refusal> {
        serde_json::from_slice(request.body())
            .map_err(|_| Refusal::new(400, 9207, "Request body is invalid: it is not JSON."))
    };
    match (method, rest) {
        (&Method::POST, []) => create(state, zone, &body()?).map(|made| success(&made)),
        (&Method::POST, ["batch"]) if !state.script.no_batch => {
            batch::take(state, zone, &body()?).map(|done| success(&done))
        }
        (&Method::PATCH, [id]) => patch(state, zone, id, &body()?).map(|done| success(&done)),
        (&Method::PUT, [id]) => put(state, zone, id, &body()?).map(|done| success(&done)),
        (&Method::DELETE, [id]) => delete(state, zone, id).map(|_| success(&json!({ "id": id }))),
        _ => Err(not_allowed(method)),
    }
}

fn list_records(state: &State, zone: usize, query: &Query) -> Result<Response<Bytes>, Refusal> {
    let (number, per_page) = query.page(1, 100, 5_000_000)?;
    let name = query.get("name.exact").or_else(|| query.get("name")).map(str::to_ascii_lowercase);
    let hits: Vec<Value> = state.zones[zone]
        .records
        .iter()
        .filter(|record| name.as_ref().is_none_or(|name| record.name.eq_ignore_ascii_case(name)))
        .filter(|record| query.get("type").is_none_or(|rtype| record.rtype == rtype))
        .filter(|record| query.get("content").is_none_or(|content| record.content == content))
        .map(FakeRecord::json)
        .collect();
    Ok(slice(hits, number, per_page))
}

fn position(state: &State, zone: usize, id: &str) -> Result<usize, Refusal> {
    let unknown = || Refusal::new(404, 81044, "Record does not exist.");
    state.zones[zone].records.iter().position(|record| record.id == id).ok_or_else(unknown)
}

/// POST of one record.
pub(super) fn create(state: &mut State, zone: usize, body: &Value) -> Result<Value, Refusal> {
    let id = state.identifier();
    let empty = FakeRecord { id, ..FakeRecord::new("", "", "") };
    let made = empty.with(body, &state.zones[zone])?;
    made.check_beside(&state.zones[zone].records)?;
    let json = made.json();
    state.zones[zone].records.push(made);
    Ok(json)
}

/// PATCH: what is not named stays.
pub(super) fn patch(state: &mut State, zone: usize, id: &str, body: &Value) -> Result<Value, Refusal> {
    let at = position(state, zone, id)?;
    if state.script.whole_records_only && ["name", "type", "ttl"].iter().any(|key| body.get(key).is_none()) {
        let words = "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.";
        return Err(Refusal::new(400, 1004, "DNS Validation Error").because(9021, words));
    }
    let before = state.zones[zone].records[at].clone();
    store(state, zone, at, before.with(body, &state.zones[zone]))
}

/// PUT: what is not named goes back to its default.
pub(super) fn put(state: &mut State, zone: usize, id: &str, body: &Value) -> Result<Value, Refusal> {
    let at = position(state, zone, id)?;
    let empty = FakeRecord { id: id.to_owned(), ..FakeRecord::new("", "", "") };
    store(state, zone, at, empty.with(body, &state.zones[zone]))
}

fn store(
    state: &mut State,
    zone: usize,
    at: usize,
    record: Result<FakeRecord, Refusal>,
) -> Result<Value, Refusal> {
    let record = record?;
    record.check_beside(&state.zones[zone].records)?;
    let json = record.json();
    state.zones[zone].records[at] = record;
    Ok(json)
}

/// DELETE; gives the record that was there.
pub(super) fn delete(state: &mut State, zone: usize, id: &str) -> Result<Value, Refusal> {
    let at = position(state, zone, id)?;
    Ok(state.zones[zone].records.remove(at).json())
}

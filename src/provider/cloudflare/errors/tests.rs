//! Every refusal with its literal sentence.

use super::*;
use crate::net::http::header::{HeaderMap, HeaderName, HeaderValue};
use crate::secret::Secret;
use dynflare_core::name::Name;
use dynflare_core::record::RecordType;

const READ: Effect = Effect::Read;
const WRITE: Effect = Effect::Write;

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
    let headers: HeaderMap = headers
        .iter()
        .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    Response { status, headers, body: body.as_bytes().to_vec() }
}

fn error(code: i64, message: &str) -> ApiError {
    ApiError { code, message: message.to_owned(), error_chain: Vec::new() }
}

fn token() -> Credential {
    Credential::Token(Secret::new("cfut_very-secret"))
}

fn key() -> Key {
    Key { name: Name::parse("www.example.org").expect("a name"), rtype: RecordType::A }
}

fn judge(answer: &Response, errors: &[ApiError], effect: Effect) -> Failure {
    let about = About { credential: &token(), zone: Some("example.org"), key: Some(&key()) };
    refused(answer, errors, effect, about)
}

fn judge_page(answer: &Response, effect: Effect) -> Failure {
    let about = About { credential: &token(), zone: Some("example.org"), key: Some(&key()) };
    unreadable(answer, effect, about)
}

/// Code, the API's words, our sentence, our hint.
type Sentence = (i64, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const SENTENCES: &[Sentence] = &[
    (0, "Actor 'x' requires permission 'com.cloudflare.api.account.zone.list' to list zones",
        "the token may not list zones",
        "set `zone_id` for example.org, or give the token Zone.Zone:Read on all zones"),
    (0, "Actor 'x' requires permission 'com.cloudflare.api.account.zone.dns'",
        "the token lacks a permission",
        "give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)"),
    (971, "Please wait and consider throttling your request speed",
        "the API wants fewer requests",
        "see what else uses this account; 1,200 requests in five minutes are allowed"),
    (1000, "Invalid API Token",
        "the token is not known to Cloudflare",
        "make a new token with Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)"),
    (1004, "DNS Validation Error",
        "the record was refused as invalid",
        "check the settings of www.example.org A"),
    (1038, "You cannot use this API for domains with a .cf, .ga, .gq, .ml, or .tk TLD",
        "the API writes no records in zones under cf, ga, gq, ml and tk",
        "move example.org to another provider, or change www.example.org A at the dashboard"),
    (6003, "Invalid request headers",
        "the headers that carry the token were refused",
        "copy the token again, without quotes or line breaks"),
    (6102, "Invalid format for X-Auth-Email header",
        "the e-mail address beside the global key is malformed",
        "give either a token alone, or the e-mail address of a user together with that user's global key"),
    (6103, "Invalid format for X-Auth-Key header",
        "the global key is malformed",
        "give either a token alone, or the e-mail address of a user together with that user's global key"),
    (6111, "Invalid format for Authorization header",
        "the text of the token is malformed",
        "copy the token again: a line break, quotes, or the name of a file or secret stands in its place"),
    (7000, "No route for that URI",
        "the API does not know this path",
        "check the base URL of the provider"),
    (7001, "Method POST not available for that URI",
        "the API does not allow this method here",
        "check the base URL of the provider"),
    (7003, "Could not route to /zones/x/dns_records, perhaps your object identifier is invalid?",
        "the zone's identifier is not one that Cloudflare knows",
        "check `zone_id`: the 32 digits and letters on the overview page of example.org"),
    (9000, "DNS name is invalid.",
        "the name was refused as invalid",
        "check the name of www.example.org A"),
    (9004, "This record type cannot be proxied.",
        "a record of this type cannot be proxied",
        "remove `proxied` from www.example.org A"),
    (9005, "Content for A record must be a valid IPv4 address.",
        "the content was refused as no valid content of this type",
        "check the content of www.example.org A"),
    (9006, "Content for AAAA record must be a valid IPv6 address.",
        "the content was refused as no valid IPv6 address",
        "check the content of www.example.org A"),
    (9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.",
        "the TTL was refused",
        "set `ttl` to 1 (automatic) or to 60 to 86400 seconds"),
    (9103, "Unknown X-Auth-Key or X-Auth-Email",
        "the e-mail address and the global key do not belong together",
        "give either a token alone, or the e-mail address of a user together with that user's global key"),
    (9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers",
        "the credentials arrived in a form that the API does not take",
        "give either a token alone, or the e-mail address of a user together with that user's global key"),
    (9109, "Cannot use the access token from location: 203.0.113.7",
        "the token may not be used from this machine's address",
        "remove the client IP filter of the token: with a changing address it locks itself out (dash.cloudflare.com, \
         My Profile, API Tokens)"),
    (9109, "Unauthorized to access requested resource",
        "the token cannot see example.org",
        "check `zone_id`, where it is set; give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, \
         My Profile, API Tokens)"),
    (9109, "Invalid access token",
        "the token was refused",
        "give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)"),
    (9207, "Request body is invalid.",
        "the API could not make sense of the request",
        "check the settings of www.example.org A; if they are right, this is a fault of this program: report it"),
    (9300, "DNS record has 1 tags, exceeding the quota of 0.",
        "the plan of example.org has no room for these tags",
        "remove `tags` from www.example.org A"),
    (9313, "DNS record comment exceeds the maximum length of 100 characters.",
        "the comment is longer than the plan of example.org allows",
        "shorten the comment to 100 characters"),
    (10000, "Authentication error",
        "the token is not valid, or may not do this",
        "give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)"),
    (81044, "Record does not exist.",
        "the record is no longer there",
        ""),
    (81045, "Record quota exceeded.",
        "example.org holds as many records as its plan allows",
        "remove records that are not needed"),
    (81053, "An A, AAAA, or CNAME record with that host already exists.",
        "another record at this name excludes www.example.org A",
        "remove the other record, or leave www.example.org A out"),
    (81054, "A CNAME record with that host already exists.",
        "a CNAME record at this name excludes www.example.org A",
        "remove the CNAME record, or leave www.example.org A out"),
    (81057, "The record already exists.",
        "the record is there already",
        ""),
    (81058, "An identical record already exists.",
        "an identical record is there already",
        ""),
];

#[test]
fn every_code_has_its_own_sentence_and_hint() {
    assert!(CODES.is_sorted_by_key(|row| row.code));
    assert_eq!(SENTENCES.len(), CODES.len());
    for (row, (code, said, what, hint)) in CODES.iter().zip(SENTENCES) {
        let fault = judge(&answer(400, &[], ""), &[error(*code, said)], WRITE).fault;
        assert_eq!(fault.to_string(), format!("{what} (HTTP 400, {code} {said:?})"));
        assert_eq!(fault.hint.as_deref().unwrap_or(""), *hint, "{code}");
        assert_eq!(fault.class, row.class, "{code}");
    }
}

#[test]
fn ur_43_five_refusals_of_credentials_have_five_sentences() {
    let malformed = ApiError {
        error_chain: vec![error(6111, "Invalid format for Authorization header")],
        ..error(6003, "Invalid request headers")
    };
    let cases = [
        (400, malformed),
        (400, error(6103, "Invalid format for X-Auth-Key header")),
        (403, error(9109, "Invalid access token")),
        (401, error(10000, "Authentication error")),
        (403, error(9109, "Cannot use the access token from location: 203.0.113.7")),
    ];
    let sentences = cases.map(|(status, error)| {
        let failure = judge(&answer(status, &[], ""), &[error], WRITE);
        assert_eq!((failure.fault.class, failure.verdict), (Class::Denied, Verdict::Other));
        failure.fault.to_string()
    });
    assert_eq!(
        sentences,
        [
            "the text of the token is malformed (HTTP 400, 6003/6111 \"Invalid request headers: Invalid format for \
             Authorization header\")",
            "the global key is malformed (HTTP 400, 6103 \"Invalid format for X-Auth-Key header\")",
            "the token was refused (HTTP 403, 9109 \"Invalid access token\")",
            "the token is not valid, or may not do this (HTTP 401, 10000 \"Authentication error\")",
            "the token may not be used from this machine's address (HTTP 403, 9109 \"Cannot use the access token \
             from location: 203.0.113.7\")",
        ]
    );
}

#[test]
fn the_most_exact_code_that_has_a_sentence_counts() {
    let chain = |inner| ApiError { error_chain: vec![inner], ..error(1004, "DNS Validation Error") };
    let judged = |inner| judge(&answer(400, &[], ""), &[chain(inner)], WRITE).fault.to_string();
    assert_eq!(
        judged(error(9021, "Invalid TTL.")),
        "the TTL was refused (HTTP 400, 1004/9021 \"DNS Validation Error: Invalid TTL.\")"
    );
    assert_eq!(
        judged(error(9999, "New.")),
        "the record was refused as invalid (HTTP 400, 1004/9999 \"DNS Validation Error: New.\")"
    );
}

#[test]
fn ur_42_a_refused_token_that_looks_like_a_global_key_is_told_so() {
    let credential = Credential::Token(Secret::new("0123456789abcdef0123456789abcdef01234"));
    let about = About { credential: &credential, zone: None, key: None };
    let fault = refused(&answer(400, &[], ""), &[error(6003, "Invalid request headers")], READ, about).fault;
    assert!(fault.hint.is_some_and(|hint| hint.starts_with("this looks like the global API key")));
}

#[test]
fn a_refused_global_key_is_not_told_to_be_given_a_permission() {
    let credential = Credential::GlobalKey {
        email: "someone@example.org".to_owned(),
        key: Secret::new("0123456789abcdef0123456789abcdef01234"),
    };
    let about = About { credential: &credential, zone: Some("example.org"), key: None };
    let fault = refused(&answer(401, &[], ""), &[error(10000, "Authentication error")], READ, about).fault;
    assert_eq!(fault.what, "the global key is not valid, or may not do this");
    let hint = "use a token instead that has Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)";
    assert_eq!(fault.hint.as_deref(), Some(hint));
}

#[test]
fn ur_45_words_that_repeat_the_credential_are_cleaned_of_it() {
    let fault = judge(&answer(403, &[], ""), &[error(9109, "bad token cfut_very-secret")], READ).fault;
    assert_eq!(fault.said.as_deref(), Some("bad token ***"));
    let fault = judge_page(&answer(403, &[], "<p>cfut_very-secret</p>"), READ).fault;
    assert_eq!(fault.said.as_deref(), Some("***"));
}

#[test]
fn ur_48_a_limit_says_how_long_to_wait() {
    let wait = |headers: &[(&'static str, &'static str)]| {
        let errors = [error(971, "Please wait")];
        let fault = judge(&answer(429, headers, ""), &errors, WRITE).fault;
        assert_eq!(fault.class, Class::RateLimited);
        fault.retry_after.map(|wait| wait.as_secs())
    };
    assert_eq!(wait(&[("retry-after", "37"), ("ratelimit", "\"default\";r=0;t=240")]), Some(37));
    assert_eq!(wait(&[("ratelimit", "\"default\";r=0;t=240")]), Some(240));
    assert_eq!(wait(&[("ratelimit", "\"burst\";r=0;t=7, \"default\";r=12;t=240")]), Some(7));
    assert_eq!(wait(&[("retry-after", "soon")]), Some(300), "the documented block of five minutes");
    assert_eq!(wait(&[]), Some(300));
}

#[test]
fn an_outage_leaves_a_write_unconfirmed_and_a_read_unavailable() {
    for status in [500, 502, 503, 504, 520, 524] {
        for page in [false, true] {
            let judged = |effect| {
                let answer = answer(status, &[], "<html><title>Bad gateway</title></html>");
                if page { judge_page(&answer, effect) } else { judge(&answer, &[], effect) }
            };
            assert_eq!(judged(READ).fault.class, Class::Unavailable);
            assert_eq!(judged(WRITE).fault.class, Class::Unconfirmed);
            assert_eq!(judged(WRITE).verdict, Verdict::Other);
        }
    }
    let fault = judge_page(&answer(502, &[], "<html><title>Bad gateway</title></html>"), WRITE).fault;
    let wanted =
        "the API failed while it was told to write, so it may have written (HTTP 502 \"Bad gateway\")";
    assert_eq!(fault.to_string(), wanted);
}

#[test]
fn pages_of_the_edge_are_told_by_their_number() {
    let judged = |status, body| judge_page(&answer(status, &[], body), WRITE).fault;
    let blocked = judged(403, "error code: 1020");
    assert_eq!(blocked.class, Class::Barred);
    assert_eq!(
        blocked.to_string(),
        "Cloudflare's edge refuses everything from this address (HTTP 403, error 1020 \"error code: 1020\")"
    );
    let limited =
        judged(429, "<html><h1><span>Error</span> <span>1015</span></h1>You are being rate limited</html>");
    assert_eq!((limited.class, limited.retry_after), (Class::RateLimited, Some(BLOCK)));
    assert_eq!(limited.status.as_deref(), Some("HTTP 429, error 1015"));
    let misplaced = judged(403, "<title>Error 1034: Edge IP Restricted</title>");
    assert_eq!(misplaced.class, Class::Unavailable);
    assert_eq!(misplaced.what, "Cloudflare's edge answered in place of the API");
}

#[test]
fn an_answer_that_is_not_json_is_told_by_its_type() {
    let page = answer(200, &[("content-type", "text/html")], "<html>Please log in</html>");
    let fault = judge_page(&page, READ).fault;
    assert_eq!(fault.class, Class::Unexpected);
    let wanted = "the answer is text/html, which is not what the API speaks (HTTP 200 \"Please log in\")";
    assert_eq!(fault.to_string(), wanted);
    assert_eq!(judge_page(&page, WRITE).fault.class, Class::Unconfirmed);
}

#[test]
fn no_success_without_a_reason_is_no_success() {
    let fault = judge(&answer(200, &[], ""), &[], READ).fault;
    assert_eq!(
        (fault.class, fault.to_string()),
        (Class::Unexpected, "the API says neither yes nor why not (HTTP 200)".to_owned())
    );
    assert_eq!(judge(&answer(200, &[], ""), &[], WRITE).fault.class, Class::Unconfirmed);
}

#[test]
fn statuses_without_a_known_code_have_sentences() {
    let judged = |status| judge(&answer(status, &[], ""), &[error(4242, "New.")], WRITE);
    for (status, class, verdict, what) in [
        (301, Class::Unexpected, Verdict::Other, "the API answered with a redirect, which is not followed"),
        (400, Class::Invalid, Verdict::Refused, "the API refused the request"),
        (401, Class::Denied, Verdict::Other, "the API refused the token"),
        (403, Class::Denied, Verdict::Other, "the API refused the token"),
        (404, Class::Unexpected, Verdict::Missing, "the API does not know this request"),
        (
            408,
            Class::Unconfirmed,
            Verdict::Other,
            "the API failed while it was told to write, so it may have written",
        ),
        (422, Class::Invalid, Verdict::Refused, "the API refused the request"),
    ] {
        let failure = judged(status);
        assert_eq!(
            (failure.fault.class, failure.verdict, failure.fault.what.as_str()),
            (class, verdict, what)
        );
    }
}

#[test]
fn ur_25b_only_a_refusal_without_another_reason_may_want_the_whole_record() {
    let wants =
        |status, code| judge(&answer(status, &[], ""), &[error(code, "")], WRITE).may_want_whole_record();
    for code in [1004, 9021, 9207, 4242] {
        assert!(wants(400, code), "{code}");
    }
    for code in [1038, 9000, 9005, 9109, 10000, 81044, 81053, 81054, 81058] {
        assert!(!wants(400, code), "{code}");
    }
    assert!(!wants(429, 9021) && !wants(500, 9021));
}

//! Web services that tell a client its address.
//!
//! The family is forced at the socket, so that a name with both families answers for the one asked. Nothing is
//! believed but a status of 200 and a body in exactly the form agreed on; redirects are not followed and headers hold
//! no address. One question is one connection.

use super::{Answering, Engine, Failure, LIMIT, Pattern, Question, beginning, not_an_address, one_address};
use crate::net::base::Scheme;
use crate::net::date;
use crate::net::http::header::HeaderName;
use crate::net::http::{Base, BaseError, Client, Method, Request, Response};
use crate::net::proxy::Proxy;
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use hyper::header::HeaderValue;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

/// Where in an answer the address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is the whole body.
    Text,
    /// It is the rest of the body after these words.
    After(&'static str),
    /// It stands in a line of its own, between these words.
    Line(Cow<'static, str>, Cow<'static, str>),
    /// It is the group of the one line that matches.
    Match(Pattern),
    /// It is a string in a JSON document, found by a pointer (RFC 6901).
    Json(Cow<'static, str>),
    /// As [`Form::Json`], where the document must not say `true` at the second pointer.
    JsonUnless(&'static str, &'static str),
    /// It is the `ip` among the lines of Cloudflare's `/cdn-cgi/trace`, whose `h` is the host asked and whose
    /// `warp` is off.
    Trace,
}

/// One service, with a URL for each family it answers over.
#[derive(Clone, Debug)]
pub struct Http {
    v4: Option<Url>,
    v6: Option<Url>,
    form: Form,
    /// Sent along; values are marked as sensitive.
    headers: Vec<(HeaderName, HeaderValue)>,
    proxy: Option<Proxy>,
}

#[derive(Clone)]
struct Url {
    base: Base,
    /// With the query.
    path: String,
}

/// Without the query, which may hold a key.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, self.path.split('?').next().unwrap_or_default())
    }
}

impl Url {
    fn parse(text: &str) -> Result<Self, BaseError> {
        let (base, path) = Base::split(text)?;
        Ok(Self { base, path })
    }
}

impl Http {
    /// A service with a URL per family. A URL whose host is an address serves the family of that address alone.
    pub fn new(v4: Option<&str>, v6: Option<&str>, form: Form) -> Result<Self, BaseError> {
        let url = |family: Family, text: Option<&str>| -> Result<Option<Url>, BaseError> {
            let url = text.map(Url::parse).transpose()?;
            Ok(url.filter(|url| {
                url.base.host().parse().map_or(true, |host: IpAddr| Family::of(host) == family)
            }))
        };
        Ok(Self {
            v4: url(Family::V4, v4)?,
            v6: url(Family::V6, v6)?,
            form,
            headers: Vec::new(),
            proxy: None,
        })
    }

    /// The same service asked with these headers, through this proxy where there is one.
    #[must_use]
    pub fn asked_with(self, headers: Vec<(HeaderName, HeaderValue)>, proxy: Option<Proxy>) -> Self {
        Self { headers, proxy, ..self }
    }

    /// The hosts it asks.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        [&self.v4, &self.v6].into_iter().flatten().map(|url| url.base.host())
    }

    async fn get(&self, url: &Url, question: Question<'_>) -> Result<Response, Failure> {
        let request = Request {
            method: Method::GET,
            path: url.path.clone(),
            headers: self.headers.clone(),
            body: None,
            timeout: question.timeout,
            limit: LIMIT,
        };
        let client = Client::new(question.network, url.base.clone(), question.route);
        let client = client.through(self.proxy.clone());
        Ok(client.send(request).await?)
    }

    fn url(&self, family: Family) -> Option<&Url> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }
}

impl Engine for Http {
    fn kind(&self) -> &'static str {
        let plain = |url: &Url| url.base.scheme() == Scheme::Http;
        if [&self.v4, &self.v6].into_iter().flatten().any(plain) { "http" } else { "https" }
    }

    fn serves(&self, family: Family) -> bool {
        self.url(family).is_some()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let family = question.family;
            let Some(url) = self.url(family) else {
                return Err(Fault::new(Class::Invalid, format!("does not answer over {family}")).into());
            };
            let answer = self.get(url, question).await?;
            check_status(&answer)?;
            Ok(Opinion::Address(read(&answer.body, &self.form, &url.base, family)?))
        })
    }

    fn with_base(&self, families: &[Family], base: &Base) -> Option<Arc<dyn Engine>> {
        let mut other = self.clone();
        for family in families {
            let url = match family {
                Family::V4 => &mut other.v4,
                Family::V6 => &mut other.v6,
            };
            if let Some(url) = url {
                url.base = base.clone();
            }
        }
        Some(Arc::new(other))
    }
}

pub(super) fn check_status(answer: &Response) -> Result<(), Fault> {
    let wait = || date::retry_after(&answer.headers, SystemTime::now());
    let fault = match answer.status {
        200 => return Ok(()),
        429 => Fault::new(Class::RateLimited, "asks to be left alone for a while").retry_after(wait()),
        503 => Fault::new(Class::Unavailable, "is broken for now").retry_after(wait()),
        300..=399 => Fault::new(Class::Unexpected, "redirects, which is not followed")
            .hint("look for a captive portal or a proxy between this machine and the internet"),
        403 => Fault::new(Class::Unavailable, "refuses to answer this machine"),
        400..=499 => Fault::new(Class::Unexpected, "does not know the question"),
        500..=599 => Fault::new(Class::Unavailable, "is broken for now"),
        _ => Fault::new(Class::Unexpected, "answered with a status that is not a success"),
    };
    Err(fault.status(format!("HTTP {}", answer.status)))
}

/// The address in a body; `base` is what was asked.
fn read(body: &[u8], form: &Form, base: &Base, family: Family) -> Result<IpAddr, Fault> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Fault::new(Class::Unexpected, "the answer is not text"))?
        .trim_ascii();
    match form {
        Form::Text => one_address(text, family),
        Form::After(words) => {
            one_address(text.strip_prefix(words).ok_or_else(|| not_an_address(text))?, family)
        }
        Form::Line(before, after) => one_address(line(text, before, after)?, family),
        Form::Match(pattern) => {
            let found = pattern.find(text).ok_or_else(|| not_an_address(text))?;
            one_address(found, family)
        }
        Form::Json(pointer) => one_address(&field(&json(text)?, pointer)?, family),
        Form::JsonUnless(pointer, unless) => {
            let document = json(text)?;
            if document.pointer(unless) == Some(&Value::Bool(true)) {
                return Err(Fault::new(Class::Unexpected, "says that it was asked through its own tunnel"));
            }
            one_address(&field(&document, pointer)?, family)
        }
        Form::Trace => trace(text, base, family),
    }
}

/// What stands between the words, in the one line that has nothing else.
fn line<'t>(text: &'t str, before: &str, after: &str) -> Result<&'t str, Fault> {
    let within = |line: &'t str| line.trim_ascii().strip_prefix(before)?.strip_suffix(after);
    let mut found = text.lines().filter_map(within);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            Err(Fault::new(Class::Unexpected, "no line of the answer is as `line` says")
                .said(beginning(text)))
        }
        (Some(_), Some(_)) => {
            Err(Fault::new(Class::Unexpected, "several lines of the answer are as `line` says"))
        }
    }
}

fn json(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|_| match not_an_address(text) {
        page if page.hint.is_some() => page,
        _ => Fault::new(Class::Unexpected, "the answer is not JSON").said(beginning(text)),
    })
}

fn field(document: &Value, pointer: &str) -> Result<String, Fault> {
    match document.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => {
            let what = format!("the answer holds no text at {pointer}");
            Err(Fault::new(Class::Unexpected, what).said(beginning(&document.to_string())))
        }
    }
}

fn trace(text: &str, base: &Base, family: Family) -> Result<IpAddr, Fault> {
    let fault = |what: &str| Err(Fault::new(Class::Unexpected, what).said(beginning(text)));
    let value = |wanted: &str| {
        let mut found =
            text.lines().filter_map(|line| line.split_once('=')).filter(|(key, _)| *key == wanted);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.trim_ascii())
    };
    if text.starts_with('<') {
        return Err(not_an_address(text));
    }
    // The page of another host tells the address as that host sees it: a proxy's, or a made-up one.
    if !value("h").is_some_and(|host| host.eq_ignore_ascii_case(base.host()) || host == base.authority()) {
        return fault("the answer comes from another host than the one asked");
    }
    if matches!(value("warp"), Some("on" | "plus")) {
        return fault("was asked through WARP, and so sees the tunnel instead of this machine");
    }
    value("ip").map_or_else(|| fault("the answer names no address"), |ip| one_address(ip, family))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        "https://api.example.com".parse().expect("a base")
    }

    /// The address, or what is wrong.
    fn v4(body: &str, form: &Form) -> String {
        match read(body.as_bytes(), form, &base(), Family::V4) {
            Ok(address) => address.to_string(),
            Err(fault) => fault.what,
        }
    }

    const NOT_ONE: &str = "the answer is not one address and nothing else";

    #[test]
    fn the_whole_body_is_one_address() {
        for body in ["203.0.113.7", "203.0.113.7\n", " \t203.0.113.7\r\n\r\n"] {
            assert_eq!(v4(body, &Form::Text), "203.0.113.7", "{body:?}");
        }
        let v6 = read(b"2001:db8::7", &Form::Text, &base(), Family::V6).expect("an address");
        assert_eq!(v6.to_string(), "2001:db8::7");
    }

    #[test]
    fn ur_10_two_addresses_are_neither_joined_nor_chosen_from() {
        for body in [
            "203.0.113.7\n203.0.113.8",
            "203.0.113.7 203.0.113.8",
            "203.0.113.7203.0.113.8",
            "203.0.113.7,203.0.113.8",
            "203.0.113.7, 10.0.0.1",
        ] {
            assert_eq!(v4(body, &Form::Text), NOT_ONE, "{body:?}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_none() {
        for body in
            ["203.0.113.07", "203.0.113", "203.0.113.7/32", "203.0.113.7:80", "\"203.0.113.7\"", "0xcb007107"]
        {
            assert_eq!(v4(body, &Form::Text), NOT_ONE, "{body:?}");
        }
        assert_eq!(v4(" \n", &Form::Text), "the answer is empty");
        assert!(read(&[0xff, 0xfe], &Form::Text, &base(), Family::V4).is_err());
        assert!(read(b"fe80::1%eth0", &Form::Text, &base(), Family::V6).is_err());
    }

    #[test]
    fn ur_9_the_other_family_is_refused() {
        assert_eq!(v4("2001:db8::7", &Form::Text), "answered with an IPv6 address where IPv4 was asked");
        let fault = read(b"203.0.113.7", &Form::Text, &base(), Family::V6).expect_err("refused");
        assert_eq!(fault.what, "answered with an IPv4 address where IPv6 was asked");
    }

    #[test]
    fn fixed_words_may_stand_before_the_address() {
        let form = Form::After("Current IP Address:");
        assert_eq!(v4("Current IP Address: 203.0.113.7\r\n", &form), "203.0.113.7");
        assert_ne!(v4("203.0.113.7", &form), "203.0.113.7");
        assert_ne!(v4("<html>Current IP Address: 203.0.113.7</html>", &form), "203.0.113.7");
    }

    #[test]
    fn a_line_between_fixed_words_is_taken_if_it_is_the_only_one() {
        let form = Form::Line("<td>".into(), "</td>".into());
        assert_eq!(v4("<html>\n  <td>203.0.113.7</td>\r\n</html>", &form), "203.0.113.7");
        for body in [
            "<td>203.0.113.7</td>\n<td>203.0.113.8</td>",
            "<td>203.0.113.7</td> <td>203.0.113.8</td>",
            "x <td>203.0.113.7</td>",
            "<td>203.0.113.7",
            "<td></td>",
            "",
        ] {
            assert_ne!(v4(body, &form), "203.0.113.7", "{body}");
        }
    }

    #[test]
    fn a_json_field_is_found_by_its_pointer() {
        let form = Form::Json("/data/ip".into());
        assert_eq!(v4(r#"{"data":{"ip":"203.0.113.7"},"ip":"x"}"#, &form), "203.0.113.7");
        assert_eq!(v4(r#"{"ip":"203.0.113.7"}"#, &form), "the answer holds no text at /data/ip");
        assert_eq!(v4(r#"{"data":{"ip":3405803783}}"#, &form), "the answer holds no text at /data/ip");
        assert_eq!(v4("203.0.113.7", &form), "the answer is not JSON");
    }

    #[test]
    fn an_answer_through_the_operators_own_tunnel_is_refused() {
        let form = Form::JsonUnless("/ip", "/mullvad_exit_ip");
        let body = |exit: &str| format!(r#"{{"ip":"203.0.113.7","mullvad_exit_ip":{exit}}}"#);
        assert_eq!(v4(&body("false"), &form), "203.0.113.7");
        assert_ne!(v4(&body("true"), &form), "203.0.113.7");
    }

    #[test]
    fn a_trace_counts_for_the_host_asked_and_without_a_tunnel() {
        let body =
            |h: &str, ip: &str, warp: &str| format!("fl=1\nh={h}\nip={ip}\nts=1\nwarp={warp}\nkex=X\n");
        assert_eq!(v4(&body("api.example.com", "203.0.113.7", "off"), &Form::Trace), "203.0.113.7");
        for (h, ip, warp) in [
            ("www.example.com", "203.0.113.7", "off"),
            ("api.example.com", "203.0.113.7", "on"),
            ("api.example.com", "203.0.113.7", "plus"),
            ("api.example.com", "2001:db8::7", "off"),
            ("api.example.com", "203.0.113.7\nip=203.0.113.8", "off"),
            ("api.example.com", "", "off"),
        ] {
            assert_ne!(v4(&body(h, ip, warp), &Form::Trace), "203.0.113.7", "{h} {ip} {warp}");
        }
        assert_ne!(v4("<html>h=api.example.com\nip=203.0.113.7</html>", &Form::Trace), "203.0.113.7");
    }

    #[test]
    fn a_url_with_an_address_serves_the_family_of_the_address() {
        let url = Some("http://127.0.0.1:8080/ip");
        let http = Http::new(url, url, Form::Text).expect("a source");
        assert!(http.serves(Family::V4) && !http.serves(Family::V6));
    }
}

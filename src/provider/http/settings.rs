//! What a user says about an API of their own. The configuration has checked it.

use super::template::Template;
use crate::net::Base;
use crate::net::http::Method;
use crate::net::http::header::HeaderName;
use crate::secret::Secret;
use std::collections::BTreeMap;

/// One API.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What messages call it: the account's name.
    pub name: String,
    /// The call that writes an address.
    pub write: Call,
    /// When that has succeeded.
    pub success: Success,
    /// How what is there is read, where it can be.
    pub read: Option<Read>,
    /// What `{secret:KEY}` stands for.
    pub secrets: BTreeMap<String, Secret>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET, POST, …
    pub method: Method,
    /// Where it goes.
    pub base: Base,
    /// Path and query.
    pub path: Template,
    /// Headers beside those that every request has.
    pub headers: Vec<(HeaderName, Template)>,
    /// The body, where there is one.
    pub body: Option<Template>,
}

/// When a call has succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Success {
    /// The statuses that say so; any from 200 to 299 where there are none.
    pub status: Vec<u16>,
    /// What the answer has to hold.
    pub contains: Option<String>,
}

/// How what is there is read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The call.
    pub call: Call,
    /// Where the value is in the answer (RFC 6901); the whole answer is the value where there is none.
    pub pointer: Option<String>,
}
